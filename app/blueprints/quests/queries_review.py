"""What reviewers read: the queue, one piece of work with everything said about it, what approval would give.

A mentor reads what was routed to them, staff everything, nobody their own (`_reviewable` is
`policies.may_review` as SQL).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from app.blueprints.badges import queries as badges
from app.blueprints.library import queries as library
from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.quests.models import (
    Evidence,
    Quest,
    QuestVersion,
    Review,
    Submission,
    SubmissionHelper,
)
from app.blueprints.quests.policies import facts_of, held_by_another, may_review
from app.core import clock
from app.core.actor import Actor
from app.core.db import Instant, read
from app.core.errors import NotFound
from app.core.paging import Page, keyset, page_of

SHOWS = ("soon", "mine", "mentees")
SOON = timedelta(days=1)
WEEK = timedelta(days=7)
# figures look at so many rows at most: beyond it the page says "200+"
COUNTED = 200
PAGE = 20
BESIDE = 12

# written out, as a partial index can't be used for a parameter
WAITING = Submission.state == literal_column("'submitted'")


@dataclass(frozen=True)
class Asked:
    """Which part of the queue is looked at."""

    show: str = ""
    track: str = ""
    quest: int | None = None

    @property
    def args(self) -> dict[str, Any]:
        """The same as arguments of an address."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Waiting:
    """A row of the queue. `held` is "", "me" or "other"; minutes are whole and rounded up."""

    id: int
    member_id: int
    member_name: str
    title: str
    title_en: str
    round: int
    mentor_name: str | None
    photo_id: int | None
    kind: str | None
    due_at: datetime
    minutes_left: int
    held: str
    holder_name: str | None
    held_minutes: int


# Statements are built once and kept: building one costs more than running it.
ME: Any = bindparam("me", type_=Integer)
NOW: Any = bindparam("now", type_=Instant)
IN_A_DAY: Any = bindparam("in_a_day", type_=Instant)
WORK: Any = bindparam("work", type_=Integer)


@dataclass(frozen=True)
class Shape:
    """What of a question decides which statement asks it."""

    staff: bool
    show: str
    track: bool
    quest: bool


def _shape(by: Actor, asked: Asked) -> Shape:
    return Shape(by.can("reviews:staff"), asked.show, bool(asked.track), asked.quest is not None)


def _values(by: Actor, asked: Asked, now: datetime) -> dict[str, Any]:
    values = {"me": by.id, "now": now, "in_a_day": now + SOON, "track": asked.track, "quest": asked.quest}
    return {name: value for name, value in values.items() if value not in ("", None)}


def _reviewable(staff: bool) -> ColumnElement[bool]:
    """Whether the one who asks may review a submission."""
    if staff:
        return Submission.member_id != ME
    return and_(Submission.mentor_id == ME, Submission.member_id != ME)


def _asked(query: Any, shape: Shape) -> Any:
    query = query.where(WAITING, _reviewable(shape.staff))
    if shape.show == "soon":
        query = query.where(Submission.due_at <= IN_A_DAY)
    elif shape.show == "mine":
        query = query.where(Submission.claimed_by_id == ME, Submission.claimed_until > NOW)
    elif shape.show == "mentees":
        query = query.where(Submission.mentor_id == ME)
    if shape.track:
        query = query.join(Quest, Quest.id == Submission.quest_id).where(
            Quest.track_key == bindparam("track")
        )
    if shape.quest:
        query = query.where(Submission.quest_id == bindparam("quest"))
    return query


@lru_cache(maxsize=64)
def _rows(shape: Shape) -> Any:
    photo = (
        select(Evidence.media_id)
        .where(
            Evidence.submission_id == Submission.id,
            Evidence.round == Submission.round,
            Evidence.kind == "photo",
        )
        .order_by(Evidence.position, Evidence.id)
        .limit(1)
        .scalar_subquery()
    )
    kind = (
        select(func.max(Evidence.kind))
        .where(Evidence.submission_id == Submission.id, Evidence.round == Submission.round)
        .scalar_subquery()
    )
    return _asked(
        select(
            Submission.id,
            Submission.member_id,
            Submission.round,
            Submission.due_at,
            Submission.claimed_by_id,
            Submission.claimed_until,
            QuestVersion.title,
            QuestVersion.title_en,
            photo.label("photo_id"),
            kind.label("kind"),
            members.name_of(Submission.member_id).label("member_name"),
            members.mentor_name_of(Submission.member_id).label("mentor_name"),
            members.name_of(Submission.claimed_by_id).label("holder_name"),
        )
        .select_from(Submission)
        .join(QuestVersion, QuestVersion.id == Submission.version_id),
        shape,
    )


@lru_cache(maxsize=64)
def _first_rows(shape: Shape, size: int) -> Any:
    return _page(shape, None, size)


def _page(shape: Shape, cursor: str | None, size: int) -> Any:
    key = (Submission.due_at, Submission.id)
    return keyset(_rows(shape), *key, cursor=cursor, size=size, newest_first=False)[0]


def queue(by: Actor, asked: Asked, cursor: str | None = None, size: int = PAGE) -> Page[Waiting]:
    """Work that waits, the earliest promise first."""
    shape, now = _shape(by, asked), clock.now()
    statement = _page(shape, cursor, size) if cursor else _first_rows(shape, size)
    page = page_of(read(statement, _values(by, asked, now)).all(), size, "due_at", "id")
    return Page([_waiting(row, by, now) for row in page.rows], page.next)


def _waiting(row: Any, by: Actor, now: datetime) -> Waiting:
    held, minutes = "", 0
    if row.claimed_by_id is not None and row.claimed_until > now:
        held, minutes = ("me" if row.claimed_by_id == by.id else "other"), minutes_to(row.claimed_until, now)
    return Waiting(
        row.id, row.member_id, row.member_name, row.title, row.title_en, row.round, row.mentor_name,
        row.photo_id, row.kind, row.due_at, minutes_to(row.due_at, now), held, row.holder_name, minutes,
    )  # fmt: skip


def minutes_to(moment: datetime, now: datetime) -> int:
    """Whole minutes until `moment`, rounded up; below zero once it is past."""
    return -int((now - moment).total_seconds() // 60)


@lru_cache(maxsize=64)
def _after_deciding(shape: Shape) -> Any:
    free = case((and_(Submission.claimed_by_id != ME, Submission.claimed_until > NOW), False), else_=True)
    following = (
        _asked(select(Submission.id), shape)
        .where(free, Submission.id != WORK)
        .order_by(Submission.due_at, Submission.id)
        .limit(1)
        .scalar_subquery()
    )
    work = aliased(Submission)
    return (
        select(
            QuestVersion.title,
            QuestVersion.title_en,
            work.points_awarded,
            members.name_of(work.member_id).label("member_name"),
            following.label("next_id"),
        )
        .select_from(work)
        .join(QuestVersion, QuestVersion.id == work.version_id)
        .where(work.id == WORK)
    )


def after_deciding(submission_id: int, *, by: Actor, asked: Asked) -> Any:
    """What has just been decided on, in words (title, title_en, member_name, points_awarded), and next_id:
    the work of the queue that comes now and that nobody else has open."""
    values = _values(by, asked, clock.now()) | {"work": submission_id}
    return read(_after_deciding(_shape(by, asked)), values).one()


@lru_cache
def _figures(staff: bool, with_quest: bool) -> Any:
    rows = (
        select(Submission.due_at, Submission.claimed_by_id, Submission.claimed_until, Submission.mentor_id)
        .where(WAITING, _reviewable(staff))
        .order_by(Submission.due_at, Submission.id)
        .limit(COUNTED)
        .subquery()
    )
    counts = select(
        func.count().label("all"),
        _sum(rows.c.due_at <= IN_A_DAY).label("soon"),
        _sum(and_(rows.c.claimed_by_id == ME, rows.c.claimed_until > NOW)).label("mine"),
        _sum(rows.c.mentor_id == ME).label("mentees"),
        func.min(rows.c.due_at).label("first_due_at"),
    ).select_from(rows)
    recent = select(Review.in_time, Review.waited_minutes).where(
        Review.created_at > bindparam("week_ago", type_=Instant)
    )
    if not staff:
        recent = recent.where(Review.reviewer_id == ME)
    kept = _kept(recent.order_by(Review.created_at.desc()).limit(COUNTED).subquery()).subquery()
    counted = counts.subquery()
    titles = select(QuestVersion.title).join(Quest, Quest.version_id == QuestVersion.id)
    titles = titles.where(Quest.id == bindparam("quest") if with_quest else false())
    return select(
        counted,
        kept,
        titles.scalar_subquery().label("quest_title"),
        titles.with_only_columns(QuestVersion.title_en).scalar_subquery().label("quest_title_en"),
    ).select_from(counted.join(kept, true()))


def figures(by: Actor, asked: Asked | None = None) -> Any:
    """How much waits and how the promise is kept, in one query.

    all, soon, mine, mentees (of at most COUNTED), first_due_at; of the last seven days read, in_time,
    half_minutes (half of the answers took no longer): a mentor's own, for staff everybody's.
    quest_title, quest_title_en of the quest asked for.
    """
    shape, now = _shape(by, asked or Asked()), clock.now()
    values = _values(by, asked or Asked(), now) | {"week_ago": now - WEEK}
    return read(_figures(shape.staff, shape.quest), values).one()


def _kept(recent: Any) -> Any:
    place = select(
        recent.c.in_time,
        recent.c.waited_minutes,
        func.row_number().over(order_by=recent.c.waited_minutes).label("place"),
        func.count().over().label("of"),
    ).subquery()
    return select(
        func.count().label("read"),
        _sum(place.c.in_time).label("in_time"),
        func.min(case((place.c.place * 2 >= place.c.of, place.c.waited_minutes))).label("half_minutes"),
    ).select_from(place)


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


# --- one piece of work ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """One thing that was sent. `tile` is the file's, `link` the address in a pasted text."""

    kind: str
    step_key: str
    body: str
    tile: media.Tile | None = None

    @property
    def link(self) -> str | None:
        found = re.search(r"https?://[^\s<>\"']+", self.body)
        return found[0] if found else None


@dataclass(frozen=True)
class Round:
    """What was sent in one round by step, and what was said to it (None: nothing yet)."""

    number: int
    pieces: list[Piece] = field(default_factory=list)
    review: Any | None = None

    def of(self, step_key: str) -> list[Piece]:
        return [piece for piece in self.pieces if piece.step_key == step_key]


@dataclass(frozen=True)
class Opened:
    """A piece of work as its reviewer sees it; the row's columns are attributes of it."""

    row: Any
    helpers: list[Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def shown_round(self) -> int:
        """The round that was sent last: while changes are asked for, the next is its member's alone."""
        return self.row.round - 1 if self.row.state == "changes" else self.row.round

    def held(self, by: Actor) -> bool:
        return self.row.state == "submitted" and held_by_another(self.row, by, clock.now())


@lru_cache
def _opened() -> Any:
    resource = library.title_of(SubmissionHelper.resource_id)
    return (
        select(
            Submission.id, Submission.quest_id, Submission.member_id, Submission.state, Submission.round,
            Submission.mentor_id, Submission.promised_points, Submission.points_awarded, Submission.original,
            Submission.library_consent, Submission.submitted_at, Submission.due_at, Submission.opened_at,
            Submission.claimed_by_id, Submission.claimed_until, Submission.decided_at,
            Quest.track_key, Quest.preset, Quest.rung, Quest.icon,
            QuestVersion.title, QuestVersion.title_en, QuestVersion.steps, QuestVersion.criteria,
            QuestVersion.scores, QuestVersion.phrases, QuestVersion.rule_key, QuestVersion.points,
            QuestVersion.perk, QuestVersion.perk_en, QuestVersion.draft_rounds,
            members.track_column(Quest.track_key, "shape").label("shape"),
            members.name_of(Submission.member_id).label("member_name"),
            members.tier_of(Submission.member_id).label("tier"),
            members.stars_of(Submission.member_id).label("stars"),
            members.mentor_name_of(Submission.member_id).label("mentor_name"),
            members.name_of(Submission.claimed_by_id).label("holder_name"),
            SubmissionHelper.helper_id,
            SubmissionHelper.resource_id,
            members.name_of(SubmissionHelper.helper_id).label("helper_name"),
            resource["zh"].label("resource_title"),
            resource["en"].label("resource_title_en"),
        )
        .select_from(Submission)
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .outerjoin(SubmissionHelper, SubmissionHelper.submission_id == Submission.id)
        .where(Submission.id == WORK)
        .order_by(SubmissionHelper.position)
    )  # fmt: skip


def opened(submission_id: int, *, by: Actor) -> Opened:
    """Work that has been sent, with its terms, its member and who helped.

    Raises NotFound for work that isn't this reviewer's to read, or that was never sent.
    """
    rows = read(_opened(), {"work": submission_id}).all()
    if not rows or not may_review(by, rows[0]) or rows[0].state == "working":
        raise NotFound
    return Opened(rows[0], [row for row in rows if row.helper_id is not None])


@lru_cache
def _rounds() -> Any:
    tile = media.tile_table()
    nothing = null()
    sent = (
        select(
            Evidence.round.label("round"),
            Evidence.kind.label("kind"),
            Evidence.step_key,
            Evidence.body,
            cast(nothing, Evidence.body.type).label("suggestion"),
            cast(nothing, Evidence.body.type).label("reason"),
            cast(nothing, JSON).label("scores"),
            cast(nothing, JSON).label("checks"),
            cast(nothing, Evidence.body.type).label("reviewer_name"),
            Evidence.created_at.label("at"),
            Evidence.position.label("position"),
            *tile.c,
        )
        .outerjoin(tile, tile.c.id == Evidence.media_id)
        .where(Evidence.submission_id == WORK, Evidence.round <= bindparam("shown", type_=Integer))
    )
    said = select(
        Review.round,
        Review.decision,
        literal(""),
        Review.highlight,
        Review.suggestion,
        Review.reason,
        cast(Review.scores, JSON),
        cast(Review.checks, JSON),
        members.name_of(Review.reviewer_id),
        Review.created_at,
        literal(0),
        *(cast(nothing, column.type).label(column.key) for column in tile.c),
    ).where(Review.submission_id == WORK)
    return union_all(sent, said).order_by("round", "position")


def rounds_of(work: Opened) -> list[Round]:
    """Everything sent and said so far, the earliest round first, in one query."""
    rows = read(_rounds(), {"work": work.id, "shown": work.shown_round}).all()
    return [_round(number, rows) for number in range(1, work.shown_round + 1)]


def _round(number: int, rows: Sequence[Any]) -> Round:
    mine = [row for row in rows if row.round == number]
    said = [row for row in mine if row.kind in DECISIONS]
    pieces = [
        Piece(row.kind, row.step_key, row.body, media.as_tile(row) if row.id is not None else None)
        for row in mine
        if row.kind not in DECISIONS
    ]
    return Round(number, pieces, said[0] if said else None)


DECISIONS = ("approved", "changes", "declined")


@dataclass(frozen=True)
class Gift:
    """What approval would give: `paid` as points.queries.Preview, the badges it would light."""

    paid: points.Preview
    badges: list[Any]


def would_give(work: Opened, *, timezone: str) -> Gift:
    """What approving this work now comes to, by the same rules as the approval itself; two queries."""
    fact, scopes = facts_of(work)
    return Gift(
        points.preview(
            work.member_id,
            rule_key=work.rule_key,
            own=work.points,
            promised=work.promised_points,
            acted_at=work.submitted_at,
            timezone=timezone,
        ),
        badges.would_light(work.member_id, fact=fact, scopes=scopes),
    )
