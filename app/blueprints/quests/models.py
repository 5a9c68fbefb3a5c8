"""Quests, the work on them, and its review: one mechanism for all presets.

A `Quest` has a place (track, rung, sky), an audience and a window; what it asks and promises
stands in its `QuestVersion`s, which never change once the quest is live. A `Submission` keeps
the version it began with.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant, Json

PRESETS = ("skill_challenge", "quick_task", "brief", "open_call")
QUEST_STATES = ("draft", "scheduled", "live", "closed", "archived")
REVIEW_MODES = ("staff", "mentor", "self", "auto")
EVIDENCE_KINDS = ("photo", "video", "link", "text", "none", "choice")
SUBMISSION_STATES = ("working", "submitted", "changes", "approved", "declined", "withdrawn")


class Quest(Base):
    """`started_count` counts those who hold a place of `capacity`; a guarded update keeps it within."""

    __tablename__ = "quest"
    __table_args__ = (
        CheckConstraint("preset IN ('skill_challenge', 'quick_task', 'brief', 'open_call')", name="preset"),
        CheckConstraint("state IN ('draft', 'scheduled', 'live', 'closed', 'archived')", name="state"),
        CheckConstraint("rung BETWEEN 1 AND 3", name="rung"),
        CheckConstraint("closes_at IS NULL OR opens_at IS NULL OR closes_at > opens_at", name="window"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity"),
        CheckConstraint("started_count >= 0", name="started_count"),
        CheckConstraint("capacity IS NULL OR started_count <= capacity", name="within_capacity"),
        CheckConstraint("repeat_days IS NULL OR repeat_days > 0", name="repeat_days"),
        Index("ix_quest_state_track_key", "state", "track_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    preset: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    track_key: Mapped[str] = mapped_column(ForeignKey("track.key"))
    rung: Mapped[int] = mapped_column(default=1)
    position: Mapped[int] = mapped_column(default=0)
    icon: Mapped[str] = mapped_column(default="i-star")
    version_id: Mapped[int | None]
    badge_id: Mapped[int | None] = mapped_column(ForeignKey("badge.id"))
    to_participant: Mapped[bool] = mapped_column(default=True)
    to_contributor: Mapped[bool] = mapped_column(default=True)
    to_cocreator: Mapped[bool] = mapped_column(default=True)
    min_stars: Mapped[int] = mapped_column(default=0)
    named_members_only: Mapped[bool] = mapped_column(default=False)
    opens_at: Mapped[datetime | None] = mapped_column(Instant)
    closes_at: Mapped[datetime | None] = mapped_column(Instant)
    capacity: Mapped[int | None]
    started_count: Mapped[int] = mapped_column(default=0)
    repeat_days: Mapped[int | None]
    goal: Mapped[str] = mapped_column(default="")
    sky_x: Mapped[int | None]
    sky_y: Mapped[int | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)


class QuestVersion(Base):
    """What a quest asks and promises. Frozen once anybody could have started it.

    steps: [{"key", "title", "title_en", "hint", "hint_en", "evidence", "min", "max", "required"}]
    criteria: [{"zh", "en", "hint", "hint_en"}], the points a reviewer ticks
    scores: [{"zh", "en"}], what is scored 1 to 5
    phrases: {"zh": [...], "en": [...]}, suggestions to start from
    results_ladder: [{"metric", "from", "points", "perk"}]
    Rewards: the value of the public rule `rule_key`, or `points` of its own under it; `perk` in words.
    """

    __tablename__ = "quest_version"
    __table_args__ = (
        UniqueConstraint("quest_id", "number"),
        CheckConstraint("effort_minutes > 0", name="effort_minutes"),
        CheckConstraint("points IS NULL OR points > 0", name="points"),
        CheckConstraint("review_mode IN ('staff', 'mentor', 'self', 'auto')", name="review_mode"),
        CheckConstraint("review_hours > 0", name="review_hours"),
        CheckConstraint("draft_rounds > 0", name="draft_rounds"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"))
    number: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(default="")
    title_en: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    summary_en: Mapped[str] = mapped_column(default="")
    needs: Mapped[str] = mapped_column(default="")
    needs_en: Mapped[str] = mapped_column(default="")
    effort_minutes: Mapped[int] = mapped_column(default=30)
    cover_media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    scores: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    phrases: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    review_mode: Mapped[str] = mapped_column(default="staff")
    review_hours: Mapped[int] = mapped_column(default=48)
    draft_rounds: Mapped[int] = mapped_column(default=3)
    rule_key: Mapped[str | None] = mapped_column(ForeignKey("point_rule.key"))
    points: Mapped[int | None]
    perk: Mapped[str] = mapped_column(default="")
    perk_en: Mapped[str] = mapped_column(default="")
    results_ladder: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    terms: Mapped[str] = mapped_column(default="")
    terms_en: Mapped[str] = mapped_column(default="")
    change_note: Mapped[str] = mapped_column(default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)


class QuestBoard(Base):
    """One row. `version` is another one after any change to what members may see of quests: triggers see
    to it (migration 0002). Never the same twice, so that a reader's copy can't outlive what it shows."""

    __tablename__ = "quest_board"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str]


class QuestPrerequisite(Base):
    """What opens a quest: another quest done, or a badge lit."""

    __tablename__ = "quest_prerequisite"
    __table_args__ = (
        CheckConstraint("(requires_quest_id IS NULL) <> (requires_badge_id IS NULL)", name="one_kind"),
        CheckConstraint("requires_quest_id IS NULL OR requires_quest_id <> quest_id", name="not_itself"),
        UniqueConstraint("quest_id", "requires_quest_id"),
        UniqueConstraint("quest_id", "requires_badge_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"))
    requires_quest_id: Mapped[int | None] = mapped_column(ForeignKey("quest.id"))
    requires_badge_id: Mapped[int | None] = mapped_column(ForeignKey("badge.id"))


class QuestNamedMember(Base):
    """Who may see a quest that is for named members only."""

    __tablename__ = "quest_named_member"

    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)


class QuestResource(Base):
    """A resource that may help with a quest."""

    __tablename__ = "quest_resource"

    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class Submission(Base):
    """A member's work on a quest, from start to decision.

    `promised_points` is what the quest offered at the start, `due_at` by when the member was told
    to have an answer, `claimed_by_id` the reviewer who has it open until `claimed_until`.
    """

    __tablename__ = "submission"
    __table_args__ = (
        CheckConstraint(
            "state IN ('working', 'submitted', 'changes', 'approved', 'declined', 'withdrawn')", name="state"
        ),
        CheckConstraint("round > 0", name="round"),
        CheckConstraint("promised_points >= 0", name="promised_points"),
        UniqueConstraint("member_id", "quest_id", "attempt"),
        # one piece of work at a time on a quest
        Index(
            "uq_submission_active",
            "member_id",
            "quest_id",
            unique=True,
            sqlite_where=text("state IN ('working', 'submitted', 'changes')"),
            postgresql_where=text("state IN ('working', 'submitted', 'changes')"),
        ),
        # the queue: only what waits, in the order it was promised
        Index(
            "ix_submission_queue",
            "due_at",
            "id",
            sqlite_where=text("state = 'submitted'"),
            postgresql_where=text("state = 'submitted'"),
        ),
        Index(
            "ix_submission_mentor_queue",
            "mentor_id",
            "due_at",
            "id",
            sqlite_where=text("state = 'submitted'"),
            postgresql_where=text("state = 'submitted'"),
        ),
        Index("ix_submission_quest_id_state_decided_at", "quest_id", "state", "decided_at"),
        Index("ix_submission_member_id_state", "member_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("quest_version.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="working")
    round: Mapped[int] = mapped_column(default=1)
    promised_points: Mapped[int] = mapped_column(default=0)
    points_awarded: Mapped[int | None]
    original: Mapped[bool] = mapped_column(default=False)
    library_consent: Mapped[bool] = mapped_column(default=False)
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    started_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class Evidence(Base):
    """One photo, video, link or text of one round. Of a round that was sent, nothing changes any more."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("kind IN ('photo', 'video', 'link', 'text', 'choice')", name="kind"),
        CheckConstraint("(media_id IS NOT NULL) = (kind IN ('photo', 'video'))", name="media"),
        UniqueConstraint("submission_id", "round", "media_id"),
        # one text and one link a step and round; media may be several
        Index(
            "uq_evidence_one_text",
            "submission_id",
            "round",
            "step_key",
            "kind",
            unique=True,
            sqlite_where=text("media_id IS NULL"),
            postgresql_where=text("media_id IS NULL"),
        ),
        Index("ix_evidence_submission_id_round_position", "submission_id", "round", "position"),
        Index("ix_evidence_media_id", "media_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    round: Mapped[int]
    step_key: Mapped[str]
    kind: Mapped[str]
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    body: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)


class SubmissionHelper(Base):
    """Who or what helped, as the member named it: a person, or a resource and through it its author."""

    __tablename__ = "submission_helper"
    __table_args__ = (
        CheckConstraint("position BETWEEN 1 AND 3", name="position"),
        UniqueConstraint("submission_id", "helper_id", "resource_id"),
    )

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    helper_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))
    note: Mapped[str] = mapped_column(default="")


class Review(Base):
    """A reviewer's verdict on one round: what shines, one thing to try, the scores, the decision.

    checks: indexes of the ticked criteria; scores: {"0": 1..5} by index of the version's scores.
    `waited_minutes` is how long the round waited for it, `in_time` whether that kept the promise.
    """

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("decision IN ('approved', 'changes', 'declined')", name="decision"),
        UniqueConstraint("submission_id", "round"),
        Index("ix_review_reviewer_id_created_at", "reviewer_id", "created_at"),
        Index("ix_review_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    round: Mapped[int]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    decision: Mapped[str]
    highlight: Mapped[str] = mapped_column(default="")
    suggestion: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    scores: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    checks: Mapped[list[int]] = mapped_column(Json, default=list)
    waited_minutes: Mapped[int] = mapped_column(default=0)
    in_time: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)


class SubmissionEvent(Base):
    """The way a submission went, as its member reads it, like a parcel's."""

    __tablename__ = "submission_event"
    __table_args__ = (Index("ix_submission_event_submission_id_id", "submission_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    kind: Mapped[str]
    round: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime] = mapped_column(Instant)
