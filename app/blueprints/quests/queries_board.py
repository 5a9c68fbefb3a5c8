"""The board: all quests that are or were open, as everybody sees them, and where one member stands with them.

What a quest is changes a few times a day and is read on every page. So each process keeps the board for as
long as the database says that nothing on it has changed: triggers give `quest_board.version` a new value in
the transaction of any such change (migration 0002). What differs between members is one query; `policies`
joins the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.blueprints.badges import queries as badges
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.points.policies import RuleValue
from app.blueprints.quests import policies
from app.blueprints.quests.models import (
    Quest,
    QuestBoard,
    QuestNamedMember,
    QuestPrerequisite,
    QuestSkip,
    QuestVersion,
    Submission,
    TermsAgreement,
)
from app.blueprints.quests.policies import ACTIVE
from app.blueprints.quests.policies_terms import VEILED
from app.core import clock
from app.core.actor import TIERS, Actor
from app.core.db import Instant, read
from app.core.i18n import both


@dataclass(frozen=True, slots=True)
class OnBoard:
    """A quest with what lists show of it. `requires` and `requires_badges` have to be done and lit first."""

    id: int
    preset: str
    kind: str | None
    confidential: bool
    hosted_by_id: int | None
    host_name: str | None
    state: str
    track_key: str
    track_name: str
    track_name_en: str
    shape: str
    rung: int
    position: int
    icon: str
    badge_id: int | None
    tiers: frozenset[str]
    min_stars: int
    named_members_only: bool
    opens_at: datetime | None
    closes_at: datetime | None
    repeat_days: int | None
    requires: frozenset[int]
    requires_badges: frozenset[int]
    sky_x: int | None
    sky_y: int | None
    version_id: int
    title: str
    title_en: str
    summary: str
    summary_en: str
    effort_minutes: int
    rule_key: str | None
    points: int | None
    has_terms: bool
    before: str

    @property
    def gated(self) -> bool:
        """Whether it asks for anything before it can be started."""
        return bool(self.min_stars or self.requires or self.requires_badges)


@dataclass(frozen=True)
class Board:
    """All that is on it, by id and in the order of the ladder; `names` are those of badges that open some."""

    quests: dict[int, OnBoard]
    tracks: Sequence[Any]
    names: dict[int, tuple[str, str]]

    @cached_property
    def partial(self) -> dict[tuple[frozenset[int], frozenset[int]], Board]:
        """This board as those see it who may not know all of it, as far as somebody has asked."""
        return {}

    @cached_property
    def confidential(self) -> list[OnBoard]:
        """What not everybody may know of."""
        return [quest for quest in self.quests.values() if quest.confidential]

    @cached_property
    def _ladders(self) -> dict[tuple[str, frozenset[str]], list[OnBoard]]:
        return {}

    def ladder(self, tier: str, likes: frozenset[str]) -> list[OnBoard]:
        """The live quests of a tier in the order in which those see them who like these tracks.

        Each order is made when it is first asked for: many members share one.
        """
        kept = self._ladders.get((tier, likes))
        if kept is None:
            live = (quest for quest in self.quests.values() if quest.state == "live" and tier in quest.tiers)
            kept = self._ladders[tier, likes] = sorted(live, key=lambda quest: place(quest, likes))
        return kept

    @cached_property
    def challenges(self) -> dict[str, list[OnBoard]]:
        """By track, the stars of the sky."""
        found: dict[str, list[OnBoard]] = {track.key: [] for track in self.tracks}
        for quest in self.quests.values():
            if quest.preset == "skill_challenge" and quest.state in ("live", "closed"):
                found[quest.track_key].append(quest)
        return found

    @cached_property
    def opened_by(self) -> dict[int, list[OnBoard]]:
        """By quest, the live ones that it opens."""
        found: dict[int, list[OnBoard]] = {}
        for quest in self.quests.values():
            if quest.state == "live":
                for first in quest.requires:
                    found.setdefault(first, []).append(quest)
        return found


def place(quest: OnBoard, likes: Set[str]) -> tuple[int, int, int, int, int]:
    """Where a quest stands among others: challenges first, then tracks one likes, the low rungs first."""
    other_kind = int(quest.preset != "skill_challenge")
    return other_kind, int(quest.track_key not in likes), quest.rung, quest.position, quest.id


@lru_cache
def _quests() -> Any:
    on_board = or_(
        Quest.state.in_(("live", "closed", "archived")),
        Quest.id.in_(select(QuestPrerequisite.requires_quest_id)),
    )
    return (
        select(
            Quest.id, Quest.preset, Quest.kind, Quest.confidential, Quest.hosted_by_id,
            members.name_of(Quest.hosted_by_id).label("host_name"), Quest.state,
            Quest.track_key, Quest.rung, Quest.position, Quest.icon,
            Quest.badge_id, Quest.to_participant, Quest.to_contributor, Quest.to_cocreator, Quest.min_stars,
            Quest.named_members_only, Quest.opens_at, Quest.closes_at, Quest.repeat_days, Quest.sky_x,
            Quest.sky_y, Quest.version_id, QuestVersion.title, QuestVersion.title_en, QuestVersion.summary,
            QuestVersion.summary_en, QuestVersion.effort_minutes, QuestVersion.rule_key, QuestVersion.points,
            or_(QuestVersion.terms != "", Quest.confidential).label("has_terms"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(on_board)
        .order_by(Quest.rung, Quest.position, Quest.id)
    )  # fmt: skip


@lru_cache
def _prerequisites() -> Any:
    needs = QuestPrerequisite
    return select(
        needs.quest_id,
        needs.requires_quest_id,
        needs.requires_badge_id,
        badges.name_of(needs.requires_badge_id).label("name"),
        badges.name_of(needs.requires_badge_id, english=True).label("name_en"),
    ).order_by(needs.id)


_kept: tuple[str, Board] | None = None


def _board(version: str) -> Board:
    """The board as of `version`. Two threads that find it outdated both read it; neither waits."""
    global _kept
    kept = _kept
    if kept is None or kept[0] != version:
        # a version is never used again, so what an undone transaction read can't be taken for anything else
        _kept = kept = (version, _read_board())
    return kept[1]


def _read_board() -> Board:
    tracks = members.tracks()
    words = {
        track.key: {"track_name": track.name, "track_name_en": track.name_en, "shape": track.shape}
        for track in tracks
    }
    quests_first: dict[int, list[int]] = {}
    badges_first: dict[int, list[int]] = {}
    names = {}
    for row in read(_prerequisites()):
        if row.requires_quest_id is not None:
            quests_first.setdefault(row.quest_id, []).append(row.requires_quest_id)
        else:
            badges_first.setdefault(row.quest_id, []).append(row.requires_badge_id)
            names[row.requires_badge_id] = (row.name, row.name_en)
    found = {}
    for row in read(_quests()):
        columns = row._asdict()
        tiers = frozenset(tier for tier in TIERS if columns.pop(f"to_{tier}"))
        requires = frozenset(quests_first.get(row.id, ()))
        found[row.id] = OnBoard(
            **columns,
            **words[row.track_key],
            tiers=tiers,
            requires=requires,
            requires_badges=frozenset(badges_first.get(row.id, ())),
            before=",".join(map(str, sorted(requires))),
        )
    return Board(found, tracks, names)


# --- where one member stands ------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """What of a member decides which quests are theirs, at `now`.

    By quest: `active` the work under way, `lit_at` when it was last approved, `attempts` how often it was
    begun. `named` quests call them by name, `skipped` ones are put aside, `full` ones have no place left,
    `agreed` are those whose present terms they agreed to, `opened` are lit badges.
    """

    tier: str
    stars: int
    now: datetime
    active: dict[int, int] = field(default_factory=dict)
    lit_at: dict[int, datetime] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    full: set[int] = field(default_factory=set)
    skipped: set[int] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)
    agreed: set[int] = field(default_factory=set)
    likes: set[str] = field(default_factory=set)
    rules: dict[str, RuleValue] = field(default_factory=dict)


@lru_cache
def _standing() -> Any:
    """Everything of a Standing in one statement: rows of (what, key, number, other, more, at)."""
    me, now = bindparam("me", type_=Integer), bindparam("now", type_=Instant)
    no_key, no_number, never = cast(null(), String), cast(null(), Integer), cast(null(), Instant)

    def word(text: str) -> Any:
        return literal_column(f"'{text}'", String)

    def rows(what: str, *, key: Any = no_key, number: Any = no_number, other: Any = no_number) -> Any:
        return select(word(what), key, number, other, no_number, never)

    under_way = case((or_(*(Submission.state == word(state) for state in ACTIVE)), Submission.id))
    lit_at = case((Submission.state == word("approved"), Submission.decided_at))
    full = and_(Quest.capacity.is_not(None), Quest.started_count >= Quest.capacity)
    needed, present = QuestPrerequisite.requires_badge_id, aliased(QuestVersion)
    liked, rules = members.liked_tracks(me).subquery(), points.values_at(now).subquery()
    return union_all(
        select(
            word("board").label("what"),
            QuestBoard.version.label("key"),
            no_number.label("number"),
            no_number.label("other"),
            no_number.label("more"),
            never.label("at"),
        ),
        select(word("work"), no_key, Submission.quest_id, func.max(under_way), func.count(), func.max(lit_at))
        .where(Submission.member_id == me)
        .group_by(Submission.quest_id),
        rows("named", number=QuestNamedMember.quest_id).where(QuestNamedMember.member_id == me),
        rows("skipped", number=QuestSkip.quest_id).where(QuestSkip.member_id == me, QuestSkip.until > now),
        rows("full", number=Quest.id).where(Quest.state == word("live"), full),
        select(word("agreed"), no_key, QuestVersion.quest_id, no_number, no_number, never)
        .select_from(TermsAgreement)
        .join(QuestVersion, QuestVersion.id == TermsAgreement.version_id)
        .join(Quest, Quest.id == QuestVersion.quest_id)
        .join(present, present.id == Quest.version_id)
        .where(
            TermsAgreement.member_id == me,
            present.terms == QuestVersion.terms,
            present.terms_en == QuestVersion.terms_en,
        ),
        rows("opened", number=needed).where(needed.is_not(None), badges.has_lit(me, needed)),
        rows("likes", key=liked.c.track_key),
        rows("rule", key=rules.c.key, number=rules.c.base, other=rules.c.percent),
    )


# --- both together ----------------------------------------------------------------------------------


class Row(NamedTuple):
    """A quest in the list. `steps` is how far away it is, `unmet` what has to come first."""

    id: int
    track_key: str
    icon: str
    rung: int
    min_stars: int
    title: str
    title_en: str
    summary: str
    summary_en: str
    effort_minutes: int
    points: int
    percent: int
    steps: int
    unmet: str | None
    unmet_en: str | None
    host: str | None


class Star(NamedTuple):
    """A quest in the sky. `state` is "lit", "begun", "next" (in reach) or "lock"; `before` "3,7" names the
    quests that open it, `needs` is the first of them that
    a locked one waits for, `stars` how many it wants."""

    id: int
    track_key: str
    rung: int
    icon: str
    badge_id: int | None
    sky_x: int | None
    sky_y: int | None
    title: str
    title_en: str
    before: str
    state: str
    needs: tuple[str, str] | None = None
    stars: int = 0


@dataclass(frozen=True)
class Next:
    """The quest to recommend: what it offers now, whether it is of a track they like, what it opens, and
    whether they have lit it before or had put it aside."""

    quest: OnBoard
    offer: int
    liked: bool
    opens: OnBoard | None
    again: bool = False
    skipped: bool = False


@dataclass(frozen=True)
class Outlook:
    """The board as one member sees it: what is confidential and not for them isn't on it, and of what is for
    them it says nothing until they have agreed to the terms (`veiled`)."""

    board: Board
    mine: Standing
    veiled: frozenset[int] = frozenset()

    def must_agree(self, quest: OnBoard) -> bool:
        """Whether the quest has terms that the member hasn't agreed to as they are now."""
        return quest.has_terms and quest.id not in self.mine.agreed

    def is_for(self, quest: OnBoard) -> bool:
        return policies.is_for(quest, self.mine)

    def on_offer(self, quest: OnBoard) -> bool:
        """Whether the member sees it without having begun it."""
        return quest.state == "live" and self.is_for(quest) and policies.is_open(quest, self.mine.now)

    def offer(self, quest: OnBoard) -> tuple[int, int]:
        """The points of doing it now, as `points.offer` says it in SQL, and the percent of its rule."""
        if quest.rule_key is None:
            return quest.points or 0, 100
        rule = self.mine.rules[quest.rule_key]
        return rule.worth(quest.points), rule.multiplier_percent

    def unmet(self, quest: OnBoard) -> tuple[str, str, int | None] | None:
        """What has to come first: its name in both languages, and its id if it is a quest."""
        undone = quest.requires.difference(self.mine.lit_at)
        if undone:
            needed = self.board.quests[min(undone)]
            return needed.title, needed.title_en, needed.id
        unlit = quest.requires_badges - self.mine.opened
        return (*self.board.names[min(unlit)], None) if unlit else None

    def place(self, quest: OnBoard) -> tuple[int, ...]:
        """Where it stands among others on the member's own ladder."""
        return place(quest, self.mine.likes)

    @cached_property
    def ladder(self) -> list[OnBoard]:
        """The live quests of the member's tier, in order of place."""
        return self.board.ladder(self.mine.tier, frozenset(self.mine.likes))

    @property
    def start(self) -> Iterator[OnBoard]:
        """What can be started now, in order of place; looked for only as far as somebody asks."""
        return filter(self.can_start, self.ladder)

    def can_start(self, quest: OnBoard) -> bool:
        """Whether the member could start a quest of their ladder now."""
        return quest.id not in self.mine.full and self._could_do(quest, 0)

    @property
    def step(self) -> Iterator[OnBoard]:
        """What is one step away: one quest, badge or star is lacking, or only a place."""
        full = self.mine.full
        return (
            quest
            for quest in self.ladder
            if (quest.gated and self._could_do(quest, 1) and self._next_up(quest))
            or (quest.id in full and self._could_do(quest, 0))
        )

    def _could_do(self, quest: OnBoard, steps: int) -> bool:
        """Whether, were there a place, the member could do a quest of their ladder after so many steps."""
        mine = self.mine
        return (
            quest.id not in mine.active
            and (policies.steps_to(quest, mine) if quest.gated else 0) == steps
            and (quest.id not in mine.lit_at or not policies.rests(quest, mine))
            and self.on_offer(quest)
        )

    def _next_up(self, quest: OnBoard) -> bool:
        """Whether what it lacks lacks nothing itself."""
        unmet = self.unmet(quest)
        return unmet is None or unmet[2] is None or self.unmet(self.board.quests[unmet[2]]) is None

    def row(self, quest: OnBoard) -> Row:
        """What a list shows of it."""
        offer, percent = self.offer(quest)
        unmet = self.unmet(quest) or (None, None, None)
        return Row(
            quest.id, quest.track_key, quest.icon, quest.rung, quest.min_stars, quest.title, quest.title_en,
            quest.summary, quest.summary_en, quest.effort_minutes, offer, percent,
            policies.steps_to(quest, self.mine), unmet[0], unmet[1], quest.host_name,
        )  # fmt: skip

    def opened_by(self, quest_id: int) -> list[OnBoard]:
        """The quests on offer that this one opens, the low rungs first."""
        return [quest for quest in self.board.opened_by.get(quest_id, ()) if self.on_offer(quest)]

    def next(self) -> Next | None:
        """The one quest to recommend: the first of what can be started, rather one that they haven't put
        aside, rather one that they have never lit.

        Quick tasks aren't stars and have a place of their own: they come last. It stays the same until it is
        begun or put aside. None only when nothing can be started.
        """
        skipped, lit = self.mine.skipped, self.mine.lit_at
        first, least = None, (True, True, True)
        for quest in self.start:
            against = quest.id in skipped, quest.preset == "quick_task", quest.id in lit
            if first is None or against < least:
                first, least = quest, against
            if not any(least):
                break  # the rest stands further down
        if first is None:
            return None
        tier = self.mine.tier
        opens = next((quest for quest in self.board.opened_by.get(first.id, ()) if tier in quest.tiers), None)
        liked = first.track_key in self.mine.likes
        return Next(first, self.offer(first)[0], liked, opens, first.id in lit, first.id in skipped)

    def stars(self, track_key: str, most: int | None = None) -> list[Star]:
        """The first stars of one constellation, the low rungs first: what the member sees or has lit."""
        found = (
            self._star(quest)
            for quest in self.board.challenges.get(track_key, ())
            if quest.id in self.mine.lit_at or (quest.state == "live" and policies.is_for(quest, self.mine))
        )
        return list(islice(found, most))

    def _star(self, quest: OnBoard) -> Star:
        light = self._light(quest)
        unmet = self.unmet(quest) if light == "lock" else None
        lacks = light == "lock" and quest.min_stars > self.mine.stars
        return Star(
            quest.id, quest.track_key, quest.rung, quest.icon, quest.badge_id, quest.sky_x, quest.sky_y,
            quest.title, quest.title_en, quest.before, light, unmet[:2] if unmet else None,
            quest.min_stars if lacks else 0,
        )  # fmt: skip

    def _light(self, quest: OnBoard) -> str:
        mine = self.mine
        if quest.id in mine.lit_at:
            return "lit"
        if quest.id in mine.active:
            return "begun"
        can = self.on_offer(quest) and quest.id not in mine.full and not policies.steps_to(quest, mine)
        return "next" if can else "lock"


def outlook(member: Actor) -> Outlook:
    """One query; three more when something on the board has changed since this process read it."""
    now = clock.now()
    mine = Standing(member.tier, member.star_level, now)
    version = ""
    rows: Sequence[Any] = read(_standing(), {"me": member.id, "now": now}).all()
    for what, key, number, other, more, at in rows:
        if what == "work":
            mine.attempts[number] = more
            if other is not None:
                mine.active[number] = other
            if at is not None:
                mine.lit_at[number] = at
        elif what == "rule":
            mine.rules[key] = RuleValue(number, other)
        elif what == "likes":
            mine.likes.add(key)
        elif what == "board":
            version = key
        else:
            getattr(mine, what).add(number)
    return seen(_board(version), mine, staff=member.is_staff)


def seen(board: Board, mine: Standing, *, staff: bool) -> Outlook:
    """The one place where confidential quests are kept from who may not know of them.

    Who is named by audience, or has begun one, knows that there is one; what it is they read once they
    agreed to its present terms, and staff always.
    """
    if not board.confidential:
        return Outlook(board, mine)
    veiled, hidden = set(), set()
    for quest in board.confidential:
        if not (policies.is_for(quest, mine) or quest.id in mine.attempts):
            hidden.add(quest.id)
        elif not staff and quest.id not in mine.agreed:
            veiled.add(quest.id)
    if not (veiled or hidden):
        return Outlook(board, mine)
    return Outlook(_without(board, frozenset(veiled), frozenset(hidden)), mine, frozenset(veiled))


def _without(board: Board, veiled: frozenset[int], hidden: frozenset[int]) -> Board:
    """The board without the hidden quests, and with the veiled ones under a neutral name.

    There are as many such boards as kinds of members: few, and each is made once for a board.
    """
    kept = board.partial.get((veiled, hidden))
    if kept is None:
        kept = board.partial[veiled, hidden] = _cut(board, veiled, hidden)
    return kept


def _cut(board: Board, veiled: frozenset[int], hidden: frozenset[int]) -> Board:
    name = both(VEILED)
    away = set(hidden)
    # what only opens after a hidden one can't be reached by them, and its "first light" would tell of it
    while behind := {
        quest.id
        for quest in board.quests.values()
        if quest.id not in away and not away.isdisjoint(quest.requires)
    }:
        away |= behind
    quests = {}
    for quest in board.quests.values():
        if quest.id in veiled:
            quests[quest.id] = replace(
                quest, title=name["zh"], title_en=name["en"], summary="", summary_en="", icon="i-lock",
                badge_id=None, kind=None, hosted_by_id=None,
            )  # fmt: skip
        elif quest.id not in away:
            quests[quest.id] = quest
    secret = {board.quests[one].badge_id for one in veiled | away}
    names = {
        badge: (name["zh"], name["en"]) if badge in secret else text for badge, text in board.names.items()
    }
    return Board(quests, board.tracks, names)
