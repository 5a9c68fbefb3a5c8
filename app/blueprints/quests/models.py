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
QUICK_KINDS = ("poll", "photo_call", "tip", "survey", "share")
REVIEW_MODES = ("staff", "mentor", "self", "auto")
# what a step may ask for; answers to a choice, a multiple choice and a scale are evidence of kind "choice"
EVIDENCE_KINDS = ("photo", "video", "link", "text", "none", "choice", "multiple", "scale")


class Quest(Base):
    """`started_count` counts those who hold a place of `capacity`; a guarded update keeps it within.

    `kind` says what a quick task is. A `confidential` quest shows what it is only to who has agreed to its
    terms. A member-started call is `hosted_by_id` the member under whose name it is, who reads what is sent.
    """

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
        CheckConstraint(
            "kind IS NULL OR (preset = 'quick_task' "
            "AND kind IN ('poll', 'photo_call', 'tip', 'survey', 'share'))",
            name="kind",
        ),
        Index("ix_quest_state_track_key", "state", "track_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    preset: Mapped[str]
    kind: Mapped[str | None]
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
    confidential: Mapped[bool] = mapped_column(default=False)
    hosted_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
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

    steps: [{"key", "title", "title_en", "hint", "hint_en", "evidence", "min", "max", "required", "stage"}],
        for a choice and a multiple choice "options": [{"key", "zh", "en"}], for a scale (1 to 5) "low",
        "low_en", "high", "high_en"; "limit" is the most characters of a text
    stages: [{"title", "title_en", "due_on"}], what a brief or an open call passes one after the other, each
        read by itself (draft and published link; proposal and milestones); a step's "stage" counts from 1.
        Empty: all steps are sent at once. "due_on" is a day "2026-12-01" or None
    focus: [{"zh", "en"}], what a brief is about; `format` the form it asks for
    criteria: [{"zh", "en", "hint", "hint_en"}], the points that a member checks off and a reviewer ticks
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
    stages: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    focus: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    format: Mapped[str] = mapped_column(default="")
    format_en: Mapped[str] = mapped_column(default="")
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


class QuestSeen(Base):
    """Who has had a quest's page open: where its funnel begins."""

    __tablename__ = "quest_seen"

    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class QuestSkip(Base):
    """A member doesn't want a quest recommended until then."""

    __tablename__ = "quest_skip"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"), primary_key=True)
    until: Mapped[datetime] = mapped_column(Instant)


class TermsAgreement(Base):
    """A member agreed to the terms of a quest as they stand in one of its versions."""

    __tablename__ = "terms_agreement"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("quest_version.id"), primary_key=True)
    agreed_at: Mapped[datetime] = mapped_column(Instant)


class CallProposal(Base):
    """A call that a member proposed: a draft until staff nod, or say why not."""

    __tablename__ = "call_proposal"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'nodded', 'refused', 'withdrawn')", name="state"),
        Index(
            "ix_call_proposal_waiting",
            "created_at",
            sqlite_where=text("state = 'proposed'"),
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_call_proposal_member_id", "member_id"),
    )

    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    state: Mapped[str] = mapped_column(default="proposed")
    reason: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class Submission(Base):
    """A member's work on a quest, from start to decision.

    `promised_points` is what the quest offered at the start, `due_at` by when the member was told
    to have an answer, `claimed_by_id` the reviewer who has it open until `claimed_until`.

    `stage` is the one of its terms that it is in, which began with `stage_round`. `look` is 2 once a second
    look was asked for at what `declined_by_id` had not accepted. `undone_count` counts the approvals that
    were taken back, so that each has keys of its own. `checks` are the indexes of the criteria that the
    member checked off. `sampled` work is scored by a second reviewer, `useful_count` members found it useful.
    """

    __tablename__ = "submission"
    __table_args__ = (
        CheckConstraint(
            "state IN ('working', 'submitted', 'changes', 'approved', 'declined', 'withdrawn')", name="state"
        ),
        CheckConstraint("round > 0", name="round"),
        CheckConstraint("promised_points >= 0", name="promised_points"),
        CheckConstraint("stage > 0", name="stage"),
        CheckConstraint("look IN (1, 2)", name="look"),
        CheckConstraint("useful_count >= 0", name="useful_count"),
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
        Index(
            "ix_submission_useful",
            "quest_id",
            "useful_count",
            "id",
            sqlite_where=text("state = 'approved'"),
            postgresql_where=text("state = 'approved'"),
        ),
        Index("ix_submission_sampled", "id", sqlite_where=text("sampled"), postgresql_where=text("sampled")),
        Index("ix_submission_member_id_state", "member_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("quest_version.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="working")
    round: Mapped[int] = mapped_column(default=1)
    stage: Mapped[int] = mapped_column(default=1)
    stage_round: Mapped[int] = mapped_column(default=1)
    look: Mapped[int] = mapped_column(default=1)
    declined_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    undone_count: Mapped[int] = mapped_column(default=0)
    checks: Mapped[list[int]] = mapped_column(Json, default=list)
    sampled: Mapped[bool] = mapped_column(default=False)
    useful_count: Mapped[int] = mapped_column(default=0)
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
    """One photo, video, link, text or answer of one round. What was sent never changes.

    `link_key` names what a link leads to, however it was shared, so that the same is known again.
    """

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
        Index("ix_evidence_link_key", "link_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    round: Mapped[int]
    step_key: Mapped[str]
    kind: Mapped[str]
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    body: Mapped[str] = mapped_column(default="")
    link_key: Mapped[str | None]
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
    A verdict that was taken back stays, `undone_at`; each look at a round has one that counts.
    """

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("decision IN ('approved', 'changes', 'declined', 'passed')", name="decision"),
        Index(
            "uq_review_that_counts",
            "submission_id",
            "round",
            "look",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_review_submission_id_round", "submission_id", "round"),
        Index("ix_review_reviewer_id_created_at", "reviewer_id", "created_at"),
        Index("ix_review_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    round: Mapped[int]
    look: Mapped[int] = mapped_column(default=1)
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
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


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


class Remark(Base):
    """Something said about a piece of work beside its verdicts. `key` is the form's one-use token.

    kind: "pin" a reviewer's word on a step or one of its files, "mentor" what a mentor says before staff
    decide, "talk" a line of the dialogue about a proposal.
    """

    __tablename__ = "remark"
    __table_args__ = (
        CheckConstraint("kind IN ('pin', 'mentor', 'talk')", name="kind"),
        Index("ix_remark_submission_id_id", "submission_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    round: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[str]
    step_key: Mapped[str | None]
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)


class SecondScore(Base):
    """What another reviewer would have said of a sampled piece of work, without seeing the first verdict."""

    __tablename__ = "second_score"
    __table_args__ = (
        CheckConstraint("decision IN ('approved', 'changes', 'declined')", name="decision"),
        Index("ix_second_score_created_at", "created_at"),
    )

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    decision: Mapped[str]
    scores: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Nomination(Base):
    """Work that a reviewer put forward: "case" for the library, "month" for the best of the month."""

    __tablename__ = "nomination"
    __table_args__ = (
        CheckConstraint("kind IN ('case', 'month')", name="kind"),
        Index("ix_nomination_kind_created_at", "kind", "created_at"),
    )

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)


class LikenessCleared(Base):
    """A reviewer saw that two pieces of work that look alike are two: they aren't asked about again."""

    __tablename__ = "likeness_cleared"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    earlier_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime] = mapped_column(Instant)


class PollVote(Base):
    """A member's one vote in a poll; it can be changed until the poll closes."""

    __tablename__ = "poll_vote"
    __table_args__ = (Index("ix_poll_vote_submission_id", "submission_id"),)

    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    option_key: Mapped[str]
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"))
    voted_at: Mapped[datetime] = mapped_column(Instant)


class PollTally(Base):
    """How many votes an option has, kept with each vote: counting anew would grow with the programme."""

    __tablename__ = "poll_tally"
    __table_args__ = (CheckConstraint("votes >= 0", name="votes"),)

    quest_id: Mapped[int] = mapped_column(ForeignKey("quest.id"), primary_key=True)
    option_key: Mapped[str] = mapped_column(primary_key=True)
    votes: Mapped[int] = mapped_column(default=0)


class TipUseful(Base):
    """A member found a tip useful."""

    __tablename__ = "tip_useful"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class RungPaid(Base):
    """A rung of a results ladder that a piece of work reached, once for ever, however its figures move."""

    __tablename__ = "rung_paid"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    threshold: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
