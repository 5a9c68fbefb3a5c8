"""Notices in the app. The text is a snapshot in both languages: it says what was true then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant, Json


class Notice(Base):
    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_member_id_id", "member_id", "id"),
        Index(
            "ix_notice_unread",
            "member_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    icon: Mapped[str]
    title: Mapped[dict[str, Any]] = mapped_column(Json)
    body: Mapped[dict[str, Any] | None] = mapped_column(Json)
    link: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
