"""Whom a member helped: lines with their proof, thank-you links and what came by them, posts and figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant, Json

KINDS = ("credit", "thanks", "relay", "answer", "praise", "milestone", "referral", "idea", "reach")
OUTCOMES = ("chose", "solved", "learned", "decided", "enjoyed")
HEARD = ("chat", "store", "phone", "comments", "elsewhere")


def _among(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class ImpactBundle(Base):
    """What the feed shows as one entry: the lines of those who did the same, newest entry first.

    `key` names what they have in common; a line that stands alone has a bundle of its own. `lines` is their
    number, at least one. A member may hide one from their feed (`hidden_at`): its lines stay counted.
    """

    __tablename__ = "impact_bundle"
    __table_args__ = (
        CheckConstraint(_among("kind", KINDS), name="kind"),
        CheckConstraint("lines > 0", name="lines"),
        Index("ix_impact_bundle_member_id_latest_at_id", "member_id", "latest_at", "id"),
        Index("ix_impact_bundle_member_id_kind_latest_at_id", "member_id", "kind", "latest_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str]
    lines: Mapped[int]
    latest_at: Mapped[datetime] = mapped_column(Instant)
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)


class ImpactLine(Base):
    """One proven help: `member_id` helped `person_id`, or a `reader` without an account.

    `key` is unique, so that the same help is never counted twice; and nobody is counted twice for the same
    work (`about`, such as "post:12"). `subject` says with what, `outcome` what came of it, both as
    {"zh", "en"}; `link` leads to the proof. A member's name is never copied here: it is shown as they allow
    now. `person_name` is what a reader calls themselves.
    """

    __tablename__ = "impact_line"
    __table_args__ = (
        CheckConstraint(_among("kind", KINDS), name="kind"),
        CheckConstraint("person_id IS NULL OR person_id <> member_id", name="not_oneself"),
        CheckConstraint("person_id IS NULL OR (reader IS NULL AND person_name IS NULL)", name="one_person"),
        UniqueConstraint("member_id", "about", "person_id"),
        UniqueConstraint("member_id", "about", "reader"),
        Index("ix_impact_line_member_id_id", "member_id", "id"),
        Index("ix_impact_line_member_id_kind_id", "member_id", "kind", "id"),
        Index("ix_impact_line_member_id_occurred_at", "member_id", "occurred_at"),
        Index("ix_impact_line_bundle_id_id", "bundle_id", "id"),
        Index("ix_impact_line_occurred_at", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str]
    about: Mapped[str]
    bundle_id: Mapped[int] = mapped_column(ForeignKey("impact_bundle.id"))
    thanks_id: Mapped[int | None] = mapped_column(ForeignKey("thanks.id"), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    reader: Mapped[str | None]
    person_name: Mapped[str | None]
    subject: Mapped[dict[str, Any]] = mapped_column(Json)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(Json)
    quote: Mapped[str | None]
    link: Mapped[str | None]
    occurred_at: Mapped[datetime] = mapped_column(Instant)


class Helped(Base):
    """Each member somebody helped, once: what "people helped" counts and the ripple is drawn from."""

    __tablename__ = "helped"
    __table_args__ = (Index("ix_helped_person_id", "person_id"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    first_line_id: Mapped[int] = mapped_column(ForeignKey("impact_line.id"))


class HelpedReader(Base):
    """Each person without an account somebody helped, once; `reader` says nothing of them elsewhere."""

    __tablename__ = "helped_reader"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    first_line_id: Mapped[int] = mapped_column(ForeignKey("impact_line.id"))


class ThanksLink(Base):
    """The short public address under a member's post, tutorial or case (`about`: "post:12", "resource:5").

    `title` is {"zh", "en"}. What comes in within an hour is counted here, all of it and what came with words,
    so that a flood ends at the quota however many processes take part in it. `hour` counts from 1970.
    """

    __tablename__ = "thanks_link"
    __table_args__ = (
        CheckConstraint(_among("kind", ("post", "tutorial", "case")), name="kind"),
        CheckConstraint("hour_thanks >= 0 AND hour_words >= 0", name="hour"),
        Index("ix_thanks_link_member_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    about: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str]
    title: Mapped[dict[str, Any]] = mapped_column(Json)
    cover_media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    hour: Mapped[int] = mapped_column(default=0)
    hour_thanks: Mapped[int] = mapped_column(default=0)
    hour_words: Mapped[int] = mapped_column(default=0)


class Thanks(Base):
    """One thank-you: a reader's own (source "reader"), a member's ("member"), or passed on ("relay").

    One for each reader and work. `words` and `name` are what was said; they are shown once `words_state` is
    "shown". `held_for` says why staff look at them first. `by_id` passed a relay on, `heard` says where.
    """

    __tablename__ = "thanks"
    __table_args__ = (
        CheckConstraint(_among("source", ("reader", "member", "relay")), name="source"),
        CheckConstraint(_among("outcome", OUTCOMES), name="outcome"),
        CheckConstraint(
            _among("words_state", ("none", "shown", "held", "refused", "passed")), name="words_state"
        ),
        CheckConstraint("(source = 'relay') = (by_id IS NOT NULL)", name="relayed"),
        CheckConstraint(f"heard IS NULL OR {_among('heard', HEARD)}", name="heard"),
        UniqueConstraint("link_id", "reader"),
        Index(
            "ix_thanks_held",
            "id",
            sqlite_where=text("words_state = 'held'"),
            postgresql_where=text("words_state = 'held'"),
        ),
        Index(
            "ix_thanks_relay",
            "id",
            sqlite_where=text("source = 'relay'"),
            postgresql_where=text("source = 'relay'"),
        ),
        Index(
            "ix_thanks_refused",
            "id",
            sqlite_where=text("words_state = 'refused'"),
            postgresql_where=text("words_state = 'refused'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("thanks_link.id"))
    source: Mapped[str]
    reader: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    outcome: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    words_state: Mapped[str]
    held_for: Mapped[list[str]] = mapped_column(Json)
    rule: Mapped[str | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    heard: Mapped[str | None]
    may_name: Mapped[bool] = mapped_column(default=False)
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class ThanksReply(Base):
    """What a member answered to a line of theirs, once; held like words of readers when it trips the list."""

    __tablename__ = "thanks_reply"
    __table_args__ = (
        CheckConstraint(_among("state", ("sent", "held", "refused")), name="state"),
        Index(
            "ix_thanks_reply_held",
            "line_id",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )

    line_id: Mapped[int] = mapped_column(ForeignKey("impact_line.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    words: Mapped[str]
    state: Mapped[str]
    held_for: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class HeldWord(Base):
    """A word whose appearance holds what was written until staff have read it; kept as it is compared."""

    __tablename__ = "held_word"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)


class ThanksSetting(Base):
    """What staff set for the public page: the invite that a reader may follow."""

    __tablename__ = "thanks_setting"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invite_code: Mapped[str | None]


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
