"""What reviewers read: the queue, one piece of work with everything said about it, what approval would give.

A mentor reads what was routed to them, staff everything, nobody their own (`_reviewable` is
`policies.may_review` as SQL). A mentor also sees what mentees sent to staff, to say something first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from app.blueprints.badges import queries as badges
from app.blueprints.impact.policies_links import platform_of, shared
from app.blueprints.library import queries as library
from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.quests import queries_likeness
from app.blueprints.quests.models import (
    Evidence,
    Quest,
    QuestVersion,
    Remark,
    Review,
    Submission,
    SubmissionHelper,
)
from app.blueprints.quests.policies import (
    NOBODY_WAITED,
    facts_of,
    had_first_look,
    held_by_another,
    may_comment,
    may_review,
)
from app.blueprints.quests.policies_stages import TALKS, last_stage, nth_round, shown_round, was_sent
from app.blueprints.quests.queries_remarks import LINES, PINS, Remarks, gathered, newest
from app.core import clock
from app.core.actor import Actor
from app.core.db import Instant, read
from app.core.errors import NotFound, Refused
from app.core.i18n import N_
from app.core.paging import Page, keyset, page_of

SHOWS = ("soon", "mine", "mentees", "second")
READERS = ("mentor", "staff")
ROUNDS = ("first", "again")
SOON = timedelta(days=1)
WEEK = timedelta(days=7)
# figures look at so many rows at most: beyond it the page says "100+"
COUNTED = 100
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
    preset: str = ""
    reader: str = ""
    round: str = ""

    @property
    def args(self) -> dict[str, Any]:
        """The same as arguments of an address."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Waiting:
    """A row of the queue. `held` is "", "me" or "other"; minutes are whole and rounded up. `comment`: staff
    decide, this mentor can say something before."""

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
    stage_round: int
    look: int
    comment: bool


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
    preset: str
    reader: str
    round: str


def _shape(by: Actor, asked: Asked) -> Shape:
    return Shape(
        by.can("reviews:staff"), asked.show, bool(asked.track), asked.quest is not None, asked.preset,
        asked.reader, asked.round,
    )  # fmt: skip


def _values(by: Actor, asked: Asked, now: datetime) -> dict[str, Any]:
    values = {"me": by.id, "now": now, "in_a_day": now + SOON, "track": asked.track, "quest": asked.quest}
    return {name: value for name, value in values.items() if value not in ("", None)}


def _reviewable(staff: bool) -> ColumnElement[bool]:
    """Whether the one who asks may review a submission, or as a mentor say something on it."""
    if staff:
        another = or_(Submission.look == literal_column("1"), Submission.declined_by_id != ME)
        return and_(Submission.member_id != ME, another)
    # the few of a mentor are gathered first, by two indexes, whatever waits beside them
    theirs, of_mentees, quest = aliased(Submission), aliased(Submission), aliased(Quest)
    routed = select(theirs.id).where(
        theirs.mentor_id == ME,
        theirs.state == literal_column("'submitted'"),
        or_(theirs.look == literal_column("1"), theirs.declined_by_id != ME),
    )
    comments = (
        select(of_mentees.id)
        .join(quest, quest.id == of_mentees.quest_id)
        .where(
            of_mentees.member_id.in_(members.led_by(ME)),
            of_mentees.state == literal_column("'submitted'"),
            of_mentees.mentor_id.is_distinct_from(ME),
            or_(of_mentees.look == literal_column("1"), of_mentees.declined_by_id != ME),
            ~quest.confidential,
        )
    )
    return and_(Submission.id.in_(union_all(routed, comments)), Submission.member_id != ME)


def _asked(query: Any, shape: Shape) -> Any:
    query = query.where(WAITING, _reviewable(shape.staff))
    if shape.show == "soon":
        query = query.where(Submission.due_at <= IN_A_DAY)
    elif shape.show == "mine":
        query = query.where(Submission.claimed_by_id == ME, Submission.claimed_until > NOW)
    elif shape.show == "mentees":
        query = query.where(Submission.mentor_id == ME)
    elif shape.show == "second":
        query = query.where(Submission.look == literal_column("2"))
    if shape.track or shape.preset:
        query = query.join(Quest, Quest.id == Submission.quest_id)
    if shape.track:
        query = query.where(Quest.track_key == bindparam("track"))
    if shape.preset:
        query = query.where(Quest.preset == literal_column(f"'{shape.preset}'"))
    if shape.reader:
        by_mentor = Submission.mentor_id.is_not(None)
        query = query.where(by_mentor if shape.reader == "mentor" else ~by_mentor)
    if shape.round:
        first = Submission.round == literal_column("1")
        query = query.where(first if shape.round == "first" else ~first)
    if shape.quest:
        query = query.where(Submission.quest_id == bindparam("quest"))
    return query


def photo_of() -> Any:
    """The first photo of the round, as a scalar subquery on the submission."""
    return (
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


def kind_of() -> Any:
    """What the round consists of, by one of its pieces, as a scalar subquery on the submission."""
    return (
        select(func.max(Evidence.kind))
        .where(Evidence.submission_id == Submission.id, Evidence.round == Submission.round)
        .scalar_subquery()
    )


@lru_cache(maxsize=64)
def _rows(shape: Shape) -> Any:
    return _asked(
        select(
            Submission.id,
            Submission.member_id,
            Submission.round,
            Submission.stage_round,
            Submission.look,
            Submission.mentor_id,
            Submission.due_at,
            Submission.claimed_by_id,
            Submission.claimed_until,
            QuestVersion.title,
            QuestVersion.title_en,
            photo_of().label("photo_id"),
            kind_of().label("kind"),
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
        row.stage_round,
        row.look, row.mentor_id != by.id and not by.can("reviews:staff"),
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
        select(
            Submission.due_at,
            Submission.claimed_by_id,
            Submission.claimed_until,
            Submission.mentor_id,
            Submission.look,
            Quest.preset,
        )
        .join(Quest, Quest.id == Submission.quest_id)
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
        _sum(rows.c.look == 2).label("second"),
        _sum(rows.c.preset == "quick_task").label("quick"),
        func.min(rows.c.due_at).label("first_due_at"),
    ).select_from(rows)
    recent = select(Review.in_time, Review.waited_minutes).where(
        Review.created_at > bindparam("week_ago", type_=Instant),
        Review.undone_at.is_(None),
        Review.waited_minutes > NOBODY_WAITED,
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

    all, soon, mine, mentees, second, quick (of at most COUNTED), first_due_at; of the last seven days read,
    in_time,
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
    """One thing that was sent. `tile` is the file's, `link` the address in a pasted text, `platform` whose
    page that is (a key of PLATFORMS)."""

    kind: str
    step_key: str
    body: str
    tile: media.Tile | None = None

    @property
    def link(self) -> str | None:
        found = shared(self.body)
        return found.link if found else None

    @property
    def platform(self) -> str:
        return platform_of(self.link or "")


@dataclass(frozen=True)
class Alike:
    """A picture or link of the work that an earlier one resembles. `mine` and `other` are the pictures' ids
    (None for a link); `work_id`, `name`, `member_id`, `at`, `state` are of the earlier work."""

    work_id: int
    member_id: int
    name: str
    at: datetime
    state: str
    mine: int | None
    other: int | None
    link: str


@dataclass(frozen=True)
class Round:
    """What was sent in one round by step, what was said to it (the looks at it in their order), what a
    mentor or its member said `beside`, and the earlier works that it looks like. `remarks` are those on the
    whole work."""

    number: int
    pieces: list[Piece] = field(default_factory=list)
    reviews: list[Any] = field(default_factory=list)
    remarks: Remarks = field(default_factory=Remarks)
    beside: list[Any] = field(default_factory=list)
    alike: list[Alike] = field(default_factory=list)

    @property
    def review(self) -> Any | None:
        """The verdict that counts: that of the last look. None: nothing yet."""
        return self.reviews[-1] if self.reviews else None

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
        """The round that was sent last: the one being worked on is its member's alone."""
        return shown_round(self.row)

    @property
    def last_stage(self) -> bool:
        return last_stage(self.row)

    @property
    def may_ask(self) -> bool:
        """Whether its stage has a round left in which changes could be made."""
        return nth_round(self.row) < self.row.draft_rounds

    def held(self, by: Actor) -> bool:
        return self.row.state == "submitted" and held_by_another(self.row, by, clock.now())


@lru_cache
def _opened() -> Any:
    resource = library.title_of(SubmissionHelper.resource_id)
    commented = (
        select(Remark.id)
        .where(Remark.submission_id == Submission.id, Remark.author_id == ME, Remark.kind == "mentor")
        .exists()
    )
    decided_by = (
        select(Review.reviewer_id)
        .where(
            Review.submission_id == Submission.id,
            Review.decision == "approved",
            Review.undone_at.is_(None),
        )
        .limit(1)
    )
    return (
        select(
            Submission.id, Submission.quest_id, Submission.member_id, Submission.state, Submission.round,
            Submission.mentor_id, Submission.promised_points, Submission.points_awarded, Submission.original,
            Submission.stage, Submission.stage_round, Submission.checks.label("ticked"),
            Submission.library_consent, Submission.submitted_at, Submission.due_at, Submission.opened_at,
            Submission.claimed_by_id, Submission.claimed_until, Submission.decided_at, Submission.look,
            Submission.declined_by_id, Quest.confidential,
            members.mentor_id_of(Submission.member_id).label("mentor_now_id"),
            commented.label("commented"), decided_by.scalar_subquery().label("decided_by_id"),
            Quest.track_key, Quest.preset, Quest.rung, Quest.icon,
            QuestVersion.title, QuestVersion.title_en, QuestVersion.steps, QuestVersion.criteria,
            QuestVersion.scores, QuestVersion.phrases, QuestVersion.rule_key, QuestVersion.points,
            QuestVersion.perk, QuestVersion.perk_en, QuestVersion.draft_rounds, QuestVersion.review_mode,
            QuestVersion.stages, QuestVersion.focus, QuestVersion.format, QuestVersion.format_en,
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

    Raises NotFound for work that isn't this person's to read, or that was never sent, and Refused, with a
    kind word, where a second look is somebody else's.
    """
    rows = read(_opened(), {"work": submission_id, "me": by.id}).all()
    if not rows or not was_sent(rows[0]):
        raise NotFound
    if had_first_look(by, rows[0]):
        raise Refused(N_("You had the first look at this one. The second is somebody else's."))
    if not may_review(by, rows[0]) and not may_comment(by, rows[0]):
        raise NotFound
    return Opened(rows[0], [row for row in rows if row.helper_id is not None])


TEXTS = ("kind", "step_key", "body", "suggestion", "reason", "name", "state")
NUMBERS = ("round", "position", "look", "work_id", "member_id", "mine", "remark_id", "about_id")


def _line(tile: Any, **given: Any) -> Any:
    """A row of the round's union: the columns named, the others empty."""
    types: dict[str, Any] = dict.fromkeys(TEXTS, String()) | dict.fromkeys(NUMBERS, Integer())
    types |= {"at": Instant(), "scores": JSON(), "checks": JSON(), "bits": BigInteger(), "near": BigInteger()}
    types |= {column.key: column.type for column in tile.c}
    return select(
        *(
            (given[name] if name in given else cast(null(), kind)).label(name)
            for name, kind in sorted(types.items())
        )
    )


@lru_cache
def _rounds() -> Any:
    """What was sent, said and seen to be alike, in one statement."""
    tile = media.tile_table()
    at_most = bindparam("shown", type_=Integer)
    # what a file is, its evidence says too
    shown = {column.key: column for column in tile.c if column.key != "kind"}
    sent = (
        _line(
            tile, round=Evidence.round, kind=Evidence.kind, step_key=Evidence.step_key, body=Evidence.body,
            at=Evidence.created_at, position=Evidence.position, **shown,
        )
        .select_from(Evidence)
        .outerjoin(tile, tile.c.id == Evidence.media_id)
        .where(Evidence.submission_id == WORK, Evidence.round <= at_most)
    )  # fmt: skip
    said = _line(
        tile, round=Review.round, kind=Review.decision, body=Review.highlight, suggestion=Review.suggestion,
        reason=Review.reason, scores=cast(Review.scores, JSON), checks=cast(Review.checks, JSON),
        name=members.name_of(Review.reviewer_id), at=Review.created_at, look=Review.look,
    ).where(Review.submission_id == WORK, Review.undone_at.is_(None))  # fmt: skip
    beside = [
        _line(
            tile, round=words.c.round, kind=words.c.kind, step_key=words.c.step_key, body=words.c.body,
            name=words.c.author_name, member_id=words.c.author_id, at=words.c.created_at,
            remark_id=words.c.id, about_id=words.c.media_id,
        ).select_from(words)
        for words in (newest("pin", PINS), newest("talk", LINES + 1), newest("mentor", LINES))
    ]  # fmt: skip
    alike = [
        _line(tile, kind=literal_column("'alike'"), **found.columns).select_from(found.source)
        for found in queries_likeness.found(WORK, at_most)
    ]
    return union_all(sent, said, *beside, *alike).order_by("round", "look", "position", "at")


def rounds_of(work: Opened) -> list[Round]:
    """Everything sent and said so far, the earliest round first, in one query."""
    rows = read(_rounds(), {"work": work.id, "shown": work.shown_round}).all()
    words = sorted((_remark(row) for row in rows if row.remark_id), key=lambda one: one.id)
    sent = [row for row in rows if not row.remark_id]
    talks = work.preset in TALKS
    return [_round(number, sent, words, talks=talks) for number in range(1, work.shown_round + 1)]


def _remark(row: Any) -> Any:
    return SimpleNamespace(
        id=row.remark_id, kind=row.kind, round=row.round, step_key=row.step_key or "", media_id=row.about_id,
        body=row.body, created_at=row.at, author_id=row.member_id, author_name=row.name,
    )  # fmt: skip


def round_alone(submission_id: int, number: int) -> Round:
    """What was sent in one round, without a word of what was said of it."""
    rows = read(_rounds(), {"work": submission_id, "shown": number}).all()
    sent = _round(number, rows, [])
    return Round(number, sent.pieces)


def _round(number: int, rows: Sequence[Any], words: Sequence[Any], *, talks: bool = False) -> Round:
    """One round of `rows`; `words` are all the remarks on the work, which has a dialogue of its own if it
    `talks`: what its member said when asking for a second look stands there then."""
    mine = [row for row in rows if row.round == number]
    pieces = [
        Piece(row.kind, row.step_key, row.body, media.as_tile(row) if row.id is not None else None)
        for row in mine
        if row.kind in SENT
    ]
    return Round(
        number,
        pieces,
        [row for row in mine if row.kind in DECISIONS],
        gathered(words),
        [
            one
            for one in words
            if one.round == number and (one.kind == "mentor" or (one.kind == "talk" and not talks))
        ],
        _alike([row for row in mine if row.kind == "alike"]),
    )


def _alike(rows: Sequence[Any]) -> list[Alike]:
    """Each earlier work once, the nearest first of what is near enough."""
    near = [row for row in rows if row.bits is None or media.looks_alike(row.bits, row.near)]
    each: dict[int, Alike] = {}
    for row in sorted(
        near, key=lambda row: media.distance(row.bits, row.near) if row.bits is not None else 0
    ):
        each.setdefault(
            row.work_id,
            Alike(row.work_id, row.member_id, row.name, row.at, row.state, row.mine, row.id, row.body or ""),
        )
    return list(each.values())[: queries_likeness.SHOWN]


SENT = ("photo", "video", "link", "text", "choice")
DECISIONS = ("approved", "changes", "declined", "passed")


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
