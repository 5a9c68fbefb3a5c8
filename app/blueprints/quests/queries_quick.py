"""What the cards of quick tasks show, their walls and their tips; what staff read of the answers.

A page of cards costs the same number of queries however many cards and answers there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, func, literal_column, select, union_all
from sqlalchemy.orm import aliased

from app.blueprints.library import queries as library
from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.blueprints.quests import queries
from app.blueprints.quests.models import (
    Evidence,
    PollTally,
    PollVote,
    Quest,
    QuestNamedMember,
    QuestResource,
    QuestSeen,
    QuestVersion,
    Submission,
    TipUseful,
)
from app.blueprints.quests.policies import ACTIVE, is_for, is_open, rests
from app.blueprints.quests.policies_quick import Share, Step, asked_of, form_of, result_of
from app.blueprints.quests.queries_board import OnBoard, Outlook, Standing, outlook
from app.core import clock
from app.core.actor import TIERS, Actor
from app.core.db import read
from app.core.errors import NotFound
from app.core.paging import Page, keyset, page_of, page_of_list

TODO, DONE = 12, 6
SHOTS, TIPS = 5, 3
WALL, TIP_PAGE = 30, 30
# beyond so many answers a page says "more than", as counting would grow with the programme
COUNTED = 1000

ME: Any = bindparam("me", type_=Integer)
APPROVED = Submission.state == literal_column("'approved'", String)


# --- the cards --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """A quick task as one member sees it.

    `form`: "poll", "photo_call", "tip", "share", "survey", or "" when it is worked on at its own page.
    `standing` as of QuestPage; `row` what was answered: work_id, work_state, points_awarded, option_key,
    seen_at, resource_id, resource_title, resource_title_en; and format (a photo call's hashtag), format_en.
    `result` is there once it may be seen; `answers` counts photos or tips, up to COUNTED.
    """

    quest: OnBoard
    form: str
    steps: Sequence[Step]
    standing: str
    again_at: datetime | None
    points: int
    percent: int
    unmet: tuple[str, str, int | None] | None
    row: Any
    may_change: bool
    result: list[Share] = field(default_factory=list)
    votes: int = 0
    shots: list[Any] = field(default_factory=list)
    tips: list[Any] = field(default_factory=list)
    answers: int = 0

    @property
    def done(self) -> bool:
        return self.standing in ("lit", "again")

    @property
    def asked(self) -> list[Step]:
        return asked_of(self.steps)


@lru_cache
def _mine() -> Any:
    """The terms of some quests, and what the member last did with each."""
    mine, shared = aliased(Submission), aliased(QuestResource)
    latest = (
        select(func.max(mine.id)).where(mine.member_id == ME, mine.quest_id == Quest.id).correlate(Quest)
    ).scalar_subquery()
    resource_id = (
        select(shared.resource_id)
        .where(shared.quest_id == Quest.id)
        .order_by(shared.position)
        .limit(1)
        .correlate(Quest)
    ).scalar_subquery()
    title = library.title_of(resource_id)
    return (
        select(
            Quest.id,
            QuestVersion.steps,
            QuestVersion.format,
            QuestVersion.format_en,
            Submission.id.label("work_id"),
            Submission.state.label("work_state"),
            Submission.points_awarded,
            PollVote.option_key,
            QuestSeen.at.label("seen_at"),
            resource_id.label("resource_id"),
            title["zh"].label("resource_title"),
            title["en"].label("resource_title_en"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .outerjoin(Submission, Submission.id == latest)
        .outerjoin(PollVote, and_(PollVote.quest_id == Quest.id, PollVote.member_id == ME))
        .outerjoin(QuestSeen, and_(QuestSeen.quest_id == Quest.id, QuestSeen.member_id == ME))
        .where(Quest.id.in_(bindparam("ids", expanding=True)))
    )


@lru_cache
def _tallies() -> Any:
    return select(PollTally.quest_id, PollTally.option_key, PollTally.votes).where(
        PollTally.quest_id.in_(bindparam("ids", expanding=True))
    )


def _dealt(view: Outlook, quests: Sequence[OnBoard], member: Actor) -> list[Card]:
    """The cards of these quests in their order: at most four queries."""
    if not quests:
        return []
    rows = {row.id: row for row in read(_mine(), {"me": member.id, "ids": [quest.id for quest in quests]})}
    cards = [_card(view, quest, rows[quest.id]) for quest in quests]
    polls = [card.quest.id for card in cards if card.form == "poll" and _may_see_result(view, card)]
    votes: dict[int, dict[str, int]] = {}
    for row in read(_tallies(), {"ids": polls}) if polls else ():
        votes.setdefault(row.quest_id, {})[row.option_key] = row.votes
    shots = _first_of("photo_call", cards, member)
    tips = _first_of("tip", cards, member)
    return [_filled(card, polls, votes, shots, tips) for card in cards]


def _card(view: Outlook, quest: OnBoard, row: Any) -> Card:
    form = form_of(quest.preset, quest.kind, row.steps)
    standing, again_at = queries._standing(row, quest, view)
    if form == "poll" and row.option_key is not None and row.work_state not in ACTIVE:
        standing = "lit"  # a vote is one vote, however often the poll may be done
    points, percent = view.offer(quest)
    open_now = quest.state == "live" and is_open(quest, view.mine.now)
    may_change = form == "poll" and row.option_key is not None and open_now
    unmet = view.unmet(quest)
    return Card(quest, form, row.steps, standing, again_at, points, percent, unmet, row, may_change)


def _may_see_result(view: Outlook, card: Card) -> bool:
    """After voting; once a poll has closed there is nobody left whom its result could sway."""
    over = card.quest.state != "live" or (
        card.quest.closes_at is not None and card.quest.closes_at <= view.mine.now
    )
    return card.row.option_key is not None or over


def _filled(card: Card, polls: list[int], votes: Any, shots: Any, tips: Any) -> Card:
    more: dict[str, Any] = {}
    if card.quest.id in polls:
        mine = votes.get(card.quest.id, {})
        more = {"result": result_of(card.asked[0], mine), "votes": sum(mine.values())}
    elif card.form in ("photo_call", "tip"):
        found = (shots if card.form == "photo_call" else tips).get(card.quest.id, [])
        name = "shots" if card.form == "photo_call" else "tips"
        more = {name: found, "answers": found[0].answers if found else 0}
    return replace(card, **more)


def _first_of(form: str, cards: Sequence[Card], member: Actor) -> dict[int, list[Any]]:
    """The newest photos of walls, or the most useful tips and the member's own, by quest.

    One query; none without such a card.
    """
    wanted = [card.quest.id for card in cards if card.form == form]
    if not wanted:
        return {}
    statement = (_walls if form == "photo_call" else _tip_lists)(len(wanted))
    values = {f"quest_{n}": quest_id for n, quest_id in enumerate(wanted)}
    found: dict[int, list[Any]] = {}
    for row in read(statement, values | {"me": member.id}):
        there = found.setdefault(row.quest_id, [])
        if row not in there:  # the own tip may be among the best
            there.append(row)
    return found


def _number_of(quest_id: Any) -> Any:
    """How many answers of a quest count, up to COUNTED, as a column."""
    one = aliased(Submission)
    some = (
        select(one.id)
        .where(one.quest_id == quest_id, one.state == literal_column("'approved'", String))
        .limit(COUNTED)
    ).subquery()
    return select(func.count()).select_from(some).scalar_subquery().label("answers")


def _some_of(answers: Any, quest_id: Any, size: int, *order: Any) -> Any:
    """The first of a quest's answers in that order, with the number of all, as a part of a union."""
    first = answers.add_columns(_number_of(quest_id)).order_by(*order).limit(size)
    return select(first.subquery())


@lru_cache(maxsize=32)
def _walls(number: int) -> Any:
    newest = (Submission.decided_at.desc(), Submission.id.desc())
    quests: list[Any] = [bindparam(f"quest_{n}", type_=Integer) for n in range(number)]
    return union_all(*(_some_of(_shots(quest_id), quest_id, SHOTS, *newest) for quest_id in quests))


@lru_cache(maxsize=32)
def _tip_lists(number: int) -> Any:
    best = (Submission.useful_count.desc(), Submission.id.desc())
    parts = []
    for n in range(number):
        quest_id: Any = bindparam(f"quest_{n}", type_=Integer)
        own = _tips(quest_id).where(Submission.member_id == ME)
        parts += [_some_of(_tips(quest_id), quest_id, TIPS, *best), _some_of(own, quest_id, 1, *best)]
    return union_all(*parts)


def _who() -> list[Any]:
    """Whose answer it is; whoever has left has no name any more."""
    return [
        Submission.member_id,
        members.name_of(Submission.member_id).label("name"),
        members.is_here(Submission.member_id).label("is_here"),
    ]


def _shots(quest_id: Any) -> Any:
    """The photos of a wall, one of each work that counts."""
    tile, shown = media.tile_table(), aliased(Evidence)
    first = (
        select(shown.media_id)
        .where(
            shown.submission_id == Submission.id,
            shown.round == Submission.round,
            shown.kind == literal_column("'photo'", String),
        )
        .order_by(shown.position, shown.id)
        .limit(1)
        .correlate(Submission)
    ).scalar_subquery()
    return (
        select(
            Submission.quest_id,
            Submission.id.label("work_id"),
            Submission.decided_at,
            *_who(),
            tile.c.id,
            tile.c.width,
            tile.c.height,
        )
        .join(tile, tile.c.id == first)
        .where(Submission.quest_id == quest_id, APPROVED)
    )


def _tips(quest_id: Any) -> Any:
    """The tips of a quest with whether the member finds them useful."""
    return (
        select(
            Submission.quest_id,
            Submission.id,
            Submission.decided_at,
            Submission.useful_count,
            *_who(),
            Evidence.body,
            (Submission.member_id == ME).label("mine"),
            select(TipUseful.member_id)
            .where(TipUseful.submission_id == Submission.id, TipUseful.member_id == ME)
            .correlate(Submission)
            .exists()
            .label("marked"),
        )
        .join(
            Evidence,
            and_(
                Evidence.submission_id == Submission.id,
                Evidence.round == Submission.round,
                Evidence.kind == literal_column("'text'", String),
            ),
        )
        .where(Submission.quest_id == quest_id, APPROVED)
    )


@dataclass(frozen=True)
class Cards:
    """The page of quick tasks: what can be done now, then what has been done, each a page of cards."""

    todo: Page[Card]
    done: Page[Card]


def quick_tasks(view: Outlook) -> list[OnBoard]:
    """The quick tasks that the member has begun or could do now, in the order of their cards."""
    begun = [
        quest
        for quest_id in view.mine.active
        if (quest := view.board.quests.get(quest_id)) is not None and quest.preset == "quick_task"
    ]
    return begun + [quest for quest in view.ladder if quest.preset == "quick_task" and view.can_start(quest)]


def cards(member: Actor, part: str = "", cursor: str | None = None) -> Cards:
    """The first cards of both parts, or of one part ("todo" or "done") those after `cursor`.

    One query for the outlook and at most four for the cards.
    """
    view = outlook(member)
    place = {quest.id: n for n, quest in enumerate(quick_tasks(view))}
    todo = page_of_list(
        [view.board.quests[quest_id] for quest_id in place],
        lambda quest: (place[quest.id],),
        cursor=cursor if part == "todo" else None,
        size=TODO,
    )
    lit = [
        quest
        for quest_id in view.mine.lit_at
        if (quest := view.board.quests.get(quest_id)) is not None
        and quest.preset == "quick_task"
        and quest.state in ("live", "closed")
        and quest_id not in place
        and rests(quest, view.mine)
    ]

    def newest_first(quest: OnBoard) -> tuple[int, ...]:
        return -int(view.mine.lit_at[quest.id].timestamp()), -quest.id

    done = page_of_list(
        sorted(lit, key=newest_first), newest_first, cursor=cursor if part == "done" else None, size=DONE
    )
    shown = {
        "todo": todo.rows if part != "done" else (),
        "done": done.rows if part != "todo" else (),
    }
    dealt = _dealt(view, [*shown["todo"], *shown["done"]], member)
    split = len(shown["todo"])
    return Cards(Page(dealt[:split], todo.next), Page(dealt[split:], done.next))


def card(quest_id: int, member: Actor) -> Card:
    """One card, as its form is answered: with the outlook at most three queries.

    Raises NotFound for what isn't a quick task, or isn't this member's to see.
    """
    view = outlook(member)
    quest = view.board.quests.get(quest_id)
    if quest is None or quest.preset != "quick_task" or not _may_see(view, quest):
        raise NotFound
    return _dealt(view, [quest], member)[0]


def card_in(view: Outlook, quest_id: int, member: Actor) -> Card | None:
    """The card that is a quest's page, at most two queries; None for a quest with another kind of page."""
    quest = view.board.quests.get(quest_id)
    if quest is None or quest.preset != "quick_task" or not _may_see(view, quest):
        return None
    dealt = _dealt(view, [quest], member)[0]
    return dealt if dealt.form else None


def _may_see(view: Outlook, quest: OnBoard) -> bool:
    """What is or was open to them, and what they took part in."""
    there = quest.state in ("live", "closed") and view.is_for(quest)
    return there or quest.id in view.mine.attempts


# --- for the commands -------------------------------------------------------------------------------


@lru_cache
def _terms() -> Any:
    return (
        select(
            Quest.id,
            Quest.preset,
            Quest.kind,
            Quest.state,
            Quest.opens_at,
            Quest.closes_at,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.steps,
            QuestVersion.format,
            QuestVersion.format_en,
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(Quest.id == bindparam("quest", type_=Integer))
    )


def terms_of(quest_id: int) -> Any | None:
    """preset, kind, state, opens_at, closes_at, titles, steps and format of a quest; None without it."""
    return read(_terms(), {"quest": quest_id}).one_or_none()


@lru_cache
def _tip(lock: bool) -> Any:
    found = (
        select(Submission.id, Submission.member_id, Submission.useful_count, *_audience())
        .join(Quest, Quest.id == Submission.quest_id)
        .where(Submission.id == bindparam("work", type_=Integer), APPROVED, Quest.kind == "tip")
    )
    return found.with_for_update(of=Submission) if lock else found


def tip_for(submission_id: int, member: Actor, *, lock: bool = False) -> Any:
    """A tip that the member may see: id, member_id, useful_count, quest_id. Raises NotFound."""
    tip = read(_tip(lock), {"work": submission_id, "me": member.id}).one_or_none()
    if tip is None or not _is_for(tip, member):
        raise NotFound
    return tip


@lru_cache
def _shown_photo() -> Any:
    return (
        select(*_audience())
        .select_from(Submission)
        .join(Quest, Quest.id == Submission.quest_id)
        .join(
            Evidence,
            and_(Evidence.submission_id == Submission.id, Evidence.round == Submission.round),
        )
        .where(
            Submission.id == bindparam("work", type_=Integer),
            APPROVED,
            Quest.kind == "photo_call",
            Evidence.media_id == bindparam("media", type_=Integer),
        )
    )


def may_see_media(row: Any, actor: Actor) -> bool:
    """Who reviews work may see its files; what hangs on a wall, everybody whom its photo call is for."""
    if queries.may_see_media(row, actor):
        return True
    hung = read(_shown_photo(), {"work": row.subject_id, "media": row.id, "me": actor.id}).one_or_none()
    return hung is not None and _is_for(hung, actor)


def _audience() -> list[Any]:
    """What decides whether the member may see a quest, without the whole board: each picture asks it."""
    took_part = aliased(Submission)
    return [
        Quest.id.label("quest_id"),
        Quest.state.label("quest_state"),
        Quest.to_participant,
        Quest.to_contributor,
        Quest.to_cocreator,
        Quest.named_members_only,
        select(QuestNamedMember.quest_id)
        .where(QuestNamedMember.quest_id == Quest.id, QuestNamedMember.member_id == ME)
        .correlate(Quest)
        .exists()
        .label("named"),
        select(took_part.id)
        .where(took_part.quest_id == Quest.id, took_part.member_id == ME)
        .correlate(Quest)
        .exists()
        .label("took_part"),
    ]


@dataclass(frozen=True)
class _For:
    """As much of a quest as `policies.is_for` asks for."""

    id: int
    tiers: frozenset[str]
    named_members_only: bool


def _is_for(row: Any, member: Actor) -> bool:
    tiers = frozenset(tier for tier in TIERS if getattr(row, f"to_{tier}"))
    quest = _For(row.quest_id, tiers, row.named_members_only)
    mine = Standing(member.tier, member.star_level, clock.now(), named={row.quest_id} if row.named else set())
    return row.took_part or (row.quest_state in ("live", "closed") and is_for(quest, mine))


# --- the wall and the tips, on pages of their own -----------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """A photo call with a page of its wall, or a tip with a page of the tips. `terms` as of `terms_of`."""

    quest: OnBoard
    terms: Any
    page: Page[Any]


def _of_form(quest_id: int, member: Actor, form: str) -> tuple[OnBoard, Any]:
    view = outlook(member)
    quest, terms = view.board.quests.get(quest_id), terms_of(quest_id)
    if quest is None or terms is None or not _may_see(view, quest):
        raise NotFound
    if form_of(quest.preset, quest.kind, terms.steps) != form:
        raise NotFound
    return quest, terms


def wall(quest_id: int, member: Actor, cursor: str | None) -> Answers:
    """The photos, newest first; three queries. Raises NotFound for a wall that isn't this member's to see."""
    quest, terms = _of_form(quest_id, member, "photo_call")
    query, size = keyset(_shots(quest_id), Submission.decided_at, Submission.id, cursor=cursor, size=WALL)
    return Answers(quest, terms, page_of(read(query).all(), size, "decided_at", "work_id"))


def tips(quest_id: int, member: Actor, *, by_use: bool, cursor: str | None) -> Answers:
    """The tips, the most useful or the newest first; three queries. Raises as `wall`."""
    quest, terms = _of_form(quest_id, member, "tip")
    first = Submission.useful_count if by_use else Submission.decided_at
    query, size = keyset(_tips(quest_id), first, Submission.id, cursor=cursor, size=TIP_PAGE)
    rows = read(query, {"me": member.id}).all()
    return Answers(quest, terms, page_of(rows, size, "useful_count" if by_use else "decided_at", "id"))
