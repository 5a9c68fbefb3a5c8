"""What Today, the sky and the lighting-up read about quests: the stars, the next one, the work that waits.

The statements are built once for each tier, with bound parameters: building them costs more than
running them. `me`, `now` and `stars` are the member, the moment and their star level.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, String, and_, bindparam, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.badges import queries as badges
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.quests.models import (
    Quest,
    QuestPrerequisite,
    QuestVersion,
    Review,
    Submission,
)
from app.blueprints.quests.policies import ACTIVE
from app.blueprints.quests.queries import approved_by, in_audience, on_offer
from app.core import clock
from app.core.actor import Actor
from app.core.db import Instant, db, read

ME: Any = bindparam("me", type_=Integer)
NOW: Any = bindparam("now", type_=Instant)
STARS: Any = bindparam("stars", type_=Integer)


def _someone(tier: str) -> Actor:
    """A member of this tier who is only known when the statement runs."""
    return Actor(id=ME, name="", tier=tier)


def _values(member: Actor) -> dict[str, Any]:
    return {"me": member.id, "now": clock.now(), "stars": member.star_level}


def _one_of(column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """As `column.in_(values)`, without the list that would have to be written into the text at each run."""
    return or_(*(column == value for value in values))


def _under_way(quest_id: Any) -> ColumnElement[bool]:
    work = aliased(Submission)
    # coalesce: the member's own rows are few, those of a quest in a state are everybody's
    state = func.coalesce(work.state, "")
    return (
        select(work.id)
        .where(work.member_id == ME, work.quest_id == quest_id, _one_of(state, ACTIVE))
        .exists()
    )


def _open() -> ColumnElement[bool]:
    """Whether everything that opens the outer quest is done and a place is free."""
    lacking = (
        select(QuestPrerequisite.id)
        .where(
            QuestPrerequisite.quest_id == Quest.id,
            or_(
                and_(
                    QuestPrerequisite.requires_quest_id.is_not(None),
                    ~approved_by(ME, QuestPrerequisite.requires_quest_id),
                ),
                and_(
                    QuestPrerequisite.requires_badge_id.is_not(None),
                    ~badges.has_lit(ME, QuestPrerequisite.requires_badge_id),
                ),
            ),
        )
        .correlate(Quest)
        .exists()
    )
    return and_(
        Quest.min_stars <= STARS,
        or_(Quest.capacity.is_(None), Quest.started_count < Quest.capacity),
        ~lacking,
    )


def _opens(tier: str) -> list[Any]:
    """The titles of the first quest that the outer one opens."""
    needs, later, version = aliased(QuestPrerequisite), aliased(Quest), aliased(QuestVersion)
    tier_column = {
        "participant": later.to_participant,
        "contributor": later.to_contributor,
        "cocreator": later.to_cocreator,
    }[tier]
    return [
        select(column)
        .join(later, and_(later.id == version.quest_id, later.version_id == version.id))
        .join(needs, needs.quest_id == later.id)
        .where(needs.requires_quest_id == Quest.id, later.state == "live", tier_column)
        .order_by(later.rung, later.position, later.id)
        .limit(1)
        .correlate(Quest)
        .scalar_subquery()
        .label(name)
        for name, column in (("opens", version.title), ("opens_en", version.title_en))
    ]


@lru_cache
def _next_star(tier: str) -> Any:
    liked = case((members.likes(ME, Quest.track_key), 1), else_=0)
    # first which, then everything about that one: the details of the others are never worked out
    picked = (
        select(Quest.id)
        .where(on_offer(_someone(tier), NOW), _open(), ~approved_by(ME, Quest.id), ~_under_way(Quest.id))
        .order_by(
            case((Quest.preset == "skill_challenge", 0), else_=1),
            liked.desc(),
            Quest.rung,
            Quest.position,
            Quest.id,
        )
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            Quest.id,
            Quest.preset,
            Quest.rung,
            Quest.icon,
            Quest.track_key,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.summary,
            QuestVersion.summary_en,
            QuestVersion.effort_minutes,
            points.offer(QuestVersion.rule_key, QuestVersion.points, NOW).label("offer"),
            liked.label("liked"),
            *_opens(tier),
            *members.track_words(Quest.track_key),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(Quest.id == picked)
    )


def next_star(member: Actor) -> Any | None:
    """The one quest to recommend: in reach, of their tracks, the low rung first; the same until it is begun.

    id, preset, rung, icon, track_key, titles, summaries, effort_minutes, offer, liked (their track),
    opens and opens_en (what it opens), track_name, track_name_en, shape. None when nothing is in reach.
    """
    return read(_next_star(member.tier), _values(member)).one_or_none()


@lru_cache
def _stars(tier: str, one_track: bool) -> Select[Any]:
    done = approved_by(ME, Quest.id)
    before = (
        select(func.aggregate_strings(cast(QuestPrerequisite.requires_quest_id, String), ","))
        .where(QuestPrerequisite.quest_id == Quest.id)
        .correlate(Quest)
        .scalar_subquery()
    )
    state = case(
        (done, "lit"),
        (_under_way(Quest.id), "begun"),
        (and_(on_offer(_someone(tier), NOW), _open()), "next"),
        else_="lock",
    )
    query = (
        select(
            Quest.id,
            Quest.track_key,
            Quest.rung,
            Quest.icon,
            Quest.badge_id,
            Quest.sky_x,
            Quest.sky_y,
            QuestVersion.title,
            QuestVersion.title_en,
            before.label("before"),
            state.label("state"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(
            Quest.preset == "skill_challenge",
            _one_of(Quest.state, ("live", "closed")),
            or_(and_(Quest.state == "live", in_audience(_someone(tier))), done),
        )
        .order_by(Quest.track_key, Quest.rung, Quest.position, Quest.id)
    )
    return query.where(Quest.track_key == bindparam("track")) if one_track else query


def stars(member: Actor, track_key: str | None = None) -> list[Any]:
    """The stars of the sky, or of one constellation: what the member sees or has lit.

    id, track_key, rung, icon, badge_id, sky_x, sky_y, titles, before ("3,7": the quests that open it),
    state: "lit", "begun", "next" (in reach) or "lock".
    """
    values = _values(member)
    if track_key is not None:
        values["track"] = track_key
    return list(read(_stars(member.tier, track_key is not None), values).all())


@lru_cache
def _waiting() -> Select[Any]:
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
        .outerjoin(Review, and_(Review.submission_id == Submission.id, Review.decision == "approved"))
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
