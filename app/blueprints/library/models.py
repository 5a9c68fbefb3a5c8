"""What members learn from. `body` is markdown."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant


class Resource(Base):
    """`author_id` is None where the programme itself speaks."""

    __tablename__ = "resource"
    __table_args__ = (CheckConstraint("kind IN ('tutorial', 'case')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    title_en: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    summary_en: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    body_en: Mapped[str] = mapped_column(default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    cover_media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    reading_minutes: Mapped[int] = mapped_column(default=3)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
