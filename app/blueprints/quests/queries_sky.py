"""What Today and the lighting-up read about work: what waits, what was said of it, how far members are.

The statements are built once, with bound parameters: building them costs more than running them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, and_, bindparam, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.members import queries as members
from app.blueprints.quests.models import (
    Quest,
    QuestPrerequisite,
    QuestVersion,
    Review,
    Submission,
)
from app.blueprints.quests.policies import ACTIVE
from app.core.actor import Actor
from app.core.db import db, read

ME: Any = bindparam("me", type_=Integer)


def _one_of(column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """As `column.in_(values)`, without the list that would have to be written into the text at each run."""
    return or_(*(column == value for value in values))


@lru_cache
def _waiting() -> Any:
    review = aliased(Review)
    said = (
        select(review.suggestion)
        .where(review.submission_id == Submission.id, review.decision == "changes")
        .order_by(review.round.desc())
        .limit(1)
        .scalar_subquery()
    )
    urgency = case((Submission.state == "changes", 0), (Submission.state == "working", 1), else_=2)
    return (
        select(
            Submission.id,
            Submission.state,
            Submission.stage,
            Submission.due_at,
            Submission.opened_at,
            Submission.started_at,
            Quest.rung,
            Quest.icon,
            QuestVersion.title,
            QuestVersion.title_en,
            case((Submission.state == "changes", said)).label("suggestion"),
            *members.track_words(Quest.track_key),
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(Submission.member_id == ME, _one_of(Submission.state, ACTIVE))
        .order_by(urgency, Submission.due_at, Submission.id.desc())
        .limit(bindparam("most", type_=Integer))
    )


def waiting(member_id: int, limit: int = 6) -> list[Any]:
    """Work under way, what waits for the member first.

    id, state, due_at, opened_at, started_at, rung, icon, titles, suggestion (when changes were asked),
    track_name, track_name_en, shape.
    """
    return list(read(_waiting(), {"me": member_id, "most": limit}).all())


def to_place(track_key: str) -> list[Any]:
    """The stars of a track as staff place them, the low rungs first, drafts among them: id, title, title_en,
    rung, state, sky_x, sky_y, before (the quests that open it, "3,7")."""
    rows = db.session.execute(
        select(
            Quest.id,
            Quest.state,
            Quest.rung,
            Quest.sky_x,
            Quest.sky_y,
            QuestVersion.title,
            QuestVersion.title_en,
            select(func.aggregate_strings(cast(QuestPrerequisite.requires_quest_id, String), ","))
            .where(QuestPrerequisite.quest_id == Quest.id)
            .correlate(Quest)
            .scalar_subquery()
            .label("before"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(Quest.track_key == track_key, Quest.preset == "skill_challenge", Quest.state != "archived")
        .order_by(Quest.rung, Quest.position, Quest.id)
    )
    return list(rows.all())


def to_read(member: Actor) -> Any:
    """How many works wait for this reviewer or mentor to read, and the earliest promise: number, due_at."""
    query = select(
        func.count(Submission.id).label("number"), func.min(Submission.due_at).label("due_at")
    ).where(Submission.state == "submitted", Submission.member_id != member.id)
    if not member.can("reviews:staff"):
        query = query.where(Submission.mentor_id == member.id)
    return db.session.execute(query).one()


@lru_cache
def _verdict() -> Any:
    return (
        select(
            Submission.quest_id,
            Submission.mentor_id,
            Review.highlight,
            Review.suggestion,
            Review.reviewer_id,
            members.name_of(Review.reviewer_id).label("reviewer_name"),
        )
        .outerjoin(
            Review,
            and_(
                Review.submission_id == Submission.id,
                Review.decision == "approved",
                Review.undone_at.is_(None),
            ),
        )
        .where(
            Submission.id == bindparam("work", type_=Integer),
            Submission.member_id == ME,
            Submission.state == "approved",
        )
    )


def verdict_on(submission_id: int, member_id: int) -> Any | None:
    """What was said of a member's own approved work.

    quest_id, highlight, suggestion, reviewer_id, reviewer_name, mentor_id (of the work). None when it
    isn't theirs or isn't approved.
    """
    return read(_verdict(), {"me": member_id, "work": submission_id}).one_or_none()


def progress_of(member_ids: Collection[int]) -> dict[int, Any]:
    """How far these members have come: lit, under_way, sent (waiting to be read), last_at, by member id."""
    if not member_ids:
        return {}

    def how_many(*states: str) -> Any:
        return func.sum(case((Submission.state.in_(states), 1), else_=0))

    last = func.coalesce(Submission.decided_at, Submission.submitted_at, Submission.started_at)
    rows = db.session.execute(
        select(
            Submission.member_id,
            how_many("approved").label("lit"),
            how_many("working", "changes").label("under_way"),
            how_many("submitted").label("sent"),
            func.max(last).label("last_at"),
        )
        .where(Submission.member_id.in_(member_ids))
        .group_by(Submission.member_id)
    )
    return {row.member_id: row for row in rows}
