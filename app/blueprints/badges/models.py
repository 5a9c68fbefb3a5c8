"""Badges, the facts they count, and who lit them.

Other features tell facts (`record_fact`): "quest.approved" in the scopes "quest:12",
"track:photo" and "". A badge is lit when a member's count of its fact in its scope reaches
its number. This feature never learns what a quest is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant, Json


class Badge(Base):
    """`fact` is None for a badge that staff give by hand; `award_count` counts its awards."""

    __tablename__ = "badge"
    __table_args__ = (
        CheckConstraint("rung BETWEEN 1 AND 3", name="rung"),
        CheckConstraint("fact_count > 0", name="fact_count"),
        Index("ix_badge_fact_scope", "fact", "fact_scope"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    track_key: Mapped[str] = mapped_column(ForeignKey("track.key"))
    icon: Mapped[str]
    rung: Mapped[int] = mapped_column(default=1)
    fact: Mapped[str | None]
    fact_scope: Mapped[str] = mapped_column(default="")
    fact_count: Mapped[int] = mapped_column(default=1)
    award_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Fact(Base):
    """Something that happened to a member, once in each scope it counts in.

    `key` names the event, so that telling it twice counts once; counts are counts of these rows.
    """

    __tablename__ = "fact"
    __table_args__ = (
        UniqueConstraint("key", "scope"),
        Index("ix_fact_member_id_name_scope", "member_id", "name", "scope"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    name: Mapped[str]
    scope: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(Instant)


class Award(Base):
    """A member lit a badge, once for ever. `shown_at`: when the member saw it light up."""

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("member_id", "badge_id"),
        Index(
            "ix_award_unshown",
            "member_id",
            sqlite_where=text("shown_at IS NULL"),
            postgresql_where=text("shown_at IS NULL"),
        ),
        Index("ix_award_badge_id", "badge_id"),
        Index("ix_award_awarded_at", "awarded_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    badge_id: Mapped[int] = mapped_column(ForeignKey("badge.id"))
    awarded_at: Mapped[datetime] = mapped_column(Instant)
    link: Mapped[str | None]
    story: Mapped[dict[str, Any] | None] = mapped_column(Json)
    shown_at: Mapped[datetime | None] = mapped_column(Instant)
