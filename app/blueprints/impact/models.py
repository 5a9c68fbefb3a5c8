"""Whom a member helped. Every line leads to the person, the post or the change behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant, Json


class ImpactLine(Base):
    """One proven help: `member_id` helped `person_id` (or a named stranger).

    `key` is unique, so that the same help is never counted twice. `subject` says with what,
    `outcome` what came of it, both as {"zh", "en"}; `link` leads to the proof.
    """

    __tablename__ = "impact_line"
    __table_args__ = (
        CheckConstraint("kind IN ('credit', 'thanks', 'relay', 'answer', 'milestone', 'idea')", name="kind"),
        CheckConstraint("person_id IS NULL OR person_id <> member_id", name="not_oneself"),
        Index("ix_impact_line_member_id_id", "member_id", "id"),
        Index("ix_impact_line_member_id_kind_id", "member_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    person_name: Mapped[str | None]
    subject: Mapped[dict[str, Any]] = mapped_column(Json)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(Json)
    quote: Mapped[str | None]
    link: Mapped[str | None]
    occurred_at: Mapped[datetime] = mapped_column(Instant)


class Helped(Base):
    """Each person a member helped, once: what "people helped" counts and the ripple is drawn from."""

    __tablename__ = "helped"
    __table_args__ = (Index("ix_helped_person_id", "person_id"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    first_line_id: Mapped[int] = mapped_column(ForeignKey("impact_line.id"))
