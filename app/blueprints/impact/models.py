"""Whom a member helped. Every line leads to the person, the post or the change behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
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


class Post(Base):
    """What a member published elsewhere. `link_key` names it however its link was shared; `made_for` says
    which work of theirs it came from ("submission:12")."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("member_id", "link_key"),
        Index("ix_post_link_key", "link_key"),
        Index("ix_post_made_for", "made_for"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    link: Mapped[str]
    link_key: Mapped[str]
    platform: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    made_for: Mapped[str | None]
    registered_at: Mapped[datetime] = mapped_column(Instant)


class PostFigure(Base):
    """What a post had reached at a moment, as its member reported it, staff confirmed or a file said.

    A reported figure counts from `confirmed_at` on; an imported one at once. Figures are never edited.
    """

    __tablename__ = "post_figure"
    __table_args__ = (
        CheckConstraint("metric IN ('views', 'likes', 'comments', 'saves')", name="metric"),
        CheckConstraint("value >= 0", name="value"),
        CheckConstraint("source IN ('reported', 'imported')", name="source"),
        CheckConstraint("state IN ('waiting', 'confirmed', 'refused')", name="state"),
        UniqueConstraint("key"),
        Index("ix_post_figure_post_id_metric_at", "post_id", "metric", "at"),
        Index(
            "ix_post_figure_waiting",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    metric: Mapped[str]
    value: Mapped[int]
    source: Mapped[str]
    state: Mapped[str]
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
