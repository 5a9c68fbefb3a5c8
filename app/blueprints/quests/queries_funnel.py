"""What came of a quest: how far people came and where they stopped, how answers kept their promise, scores.

Each person counts once, however often they began. The database counts, in a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, String, case, cast, func, literal, null, select, true, union, union_all
from sqlalchemy.orm import aliased

from app.blueprints.impact import queries_posts as posts
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.quests.models import (
    Evidence,
    Quest,
    QuestPrerequisite,
    QuestSeen,
    QuestVersion,
    Review,
    SecondScore,
    Submission,
)
from app.blueprints.quests.policies_ladder import MADE_FOR
from app.blueprints.quests.queries_staff import shown_state, was_ever_sent
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, keyset, page_of

PAGE = 20
# the newest so many second readings are compared
COMPARED = 200
# the plot has so many columns until the promised hour, none higher than this
COLUMNS, HIGHEST = 24, 13

# how far a person came at most, by the state of their work
RANKS = {"withdrawn": 1, "working": 2, "declined": 3, "changes": 4, "submitted": 5, "approved": 6}
PLACES = {rank: state for state, rank in RANKS.items()}


def _people(quest_id: int, tier: str) -> Any:
    """Who saw or began it: member_id, rank and sent (of all their work), latest (the newest of it)."""
    work = (
        select(
            Submission.member_id,
            func.max(case(RANKS, value=Submission.state)).label("rank"),
            func.max(case((was_ever_sent(), 1), else_=0)).label("sent"),
            func.max(Submission.id).label("latest"),
        )
        .where(Submission.quest_id == quest_id)
        .group_by(Submission.member_id)
        .subquery("work")
    )
    who = union(
        select(QuestSeen.member_id).where(QuestSeen.quest_id == quest_id), select(work.c.member_id)
    ).subquery("who")
    people = select(who.c.member_id, work.c.rank, work.c.sent, work.c.latest).outerjoin(
        work, work.c.member_id == who.c.member_id
    )
    if tier:
        people = people.where(members.tier_of(who.c.member_id) == tier)
    return people.subquery("people")


def _part(people: Any, part: str) -> Any:
    """Which of the people belong to a part of the funnel."""
    parts = {
        "seen": true(),
        "idle": people.c.rank.is_(None),
        "started": people.c.rank.is_not(None),
        "unsent": people.c.sent == 0,
        "sent": people.c.sent == 1,
        "waiting": people.c.rank == RANKS["submitted"],
        "changes": people.c.rank == RANKS["changes"],
        "declined": people.c.rank == RANKS["declined"],
        "lit": people.c.rank == RANKS["approved"],
    }
    return parts[part]


PARTS = ("seen", "idle", "started", "unsent", "sent", "waiting", "changes", "declined", "lit", "late")
STANDS = Review.undone_at.is_(None)


@dataclass(frozen=True)
class Plot:
    """Answers by how long they took. `columns` says how many dots each column has until the promise, `late`
    how many lie beyond; one dot stands for `dot` answers. Half of them took at most `half_hours`."""

    columns: list[int]
    late: int
    late_answers: int
    dot: int
    answers: int
    half_hours: int | None


@dataclass(frozen=True)
class Score:
    """How often a score was given, from 1 to 5."""

    name: dict[str, str]
    given: list[int]

    @property
    def mean(self) -> float:
        return sum(n * times for n, times in enumerate(self.given, 1)) / sum(self.given)

    @property
    def most(self) -> int:
        return max(self.given)


@dataclass(frozen=True)
class Compared:
    """Work that two reviewers scored: how many agree, how far the scores lie apart, and where they differ."""

    number: int
    same: int
    apart: float | None
    differing: Sequence[Any]


@dataclass(frozen=True)
class Results:
    """`quest` with the counts of PARTS; `stopped` (step, people), `unmet` (quest's titles, people), `stars`
    people who lack stars."""

    quest: Any
    stopped: list[tuple[dict[str, Any], int]]
    unmet: list[tuple[str, str, int]]
    stars: int
    plot: Plot
    scores: list[Score]
    compared: Compared | None


def results(quest_id: int, tier: str = "") -> Results:
    """Everything of the page but its list, in three queries, four where work was scored twice. Raises
    NotFound."""
    quest = _quest(quest_id, tier)
    stopped, unmet, stars = _stops(quest, tier)
    hours, scores = _answers(quest, tier)
    return Results(
        quest, stopped, unmet, stars, _plot(hours, quest.review_hours), scores,
        _compared(quest_id) if quest.second else None,
    )  # fmt: skip


def _quest(quest_id: int, tier: str) -> Any:
    people = _people(quest_id, tier)
    counted = select(
        *(
            func.coalesce(func.sum(case((_part(people, part), 1), else_=0)), 0).label(part)
            for part in PARTS
            if part != "late"
        )
    ).subquery("counted")
    second = (
        select(func.count())
        .select_from(SecondScore)
        .join(Submission, Submission.id == SecondScore.submission_id)
        .where(Submission.quest_id == quest_id)
    )
    row = db.session.execute(
        select(
            Quest.id,
            Quest.preset,
            Quest.icon,
            Quest.rung,
            Quest.min_stars,
            *members.track_words(Quest.track_key),
            shown_state(clock.now()).label("shown_state"),
            QuestVersion.number,
            QuestVersion.created_at.label("version_at"),
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.steps,
            QuestVersion.scores,
            QuestVersion.effort_minutes,
            QuestVersion.review_hours,
            Quest.version_id,
            points.offer(QuestVersion.rule_key, QuestVersion.points, clock.now()).label("offer"),
            second.scalar_subquery().label("second"),
            counted,
        )
        .select_from(Quest)
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .join(counted, true())
        .where(Quest.id == quest_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _stops(quest: Any, tier: str) -> tuple[list[tuple[dict[str, Any], int]], list[tuple[str, str, int]], int]:
    """Where those who began stopped, and what those who only looked would have had to do first."""
    people = _people(quest.id, tier)
    idle, unsent = _part(people, "idle"), _part(people, "unsent")
    steps = [step for step in quest.steps if step.get("required", True) and step.get("evidence") != "none"]
    nothing = cast(null(), String)
    rows = [
        select(
            literal("stars"), cast(null(), Integer), nothing.label("zh"), nothing.label("en"), func.count()
        )
        .select_from(people)
        .where(idle, members.stars_of(people.c.member_id) < quest.min_stars)
    ]
    if steps:
        there = select(Evidence.id).where(Evidence.submission_id == people.c.latest).correlate(people)
        at = case(
            *((~there.where(Evidence.step_key == step["key"]).exists(), n) for n, step in enumerate(steps)),
            else_=len(steps),
        ).label("at")
        stops = select(at).where(unsent).subquery("stops")
        rows.append(select(literal("step"), stops.c.at, nothing, nothing, func.count()).group_by(stops.c.at))
    first, terms, done = aliased(Quest), aliased(QuestVersion), aliased(Submission)
    lit = select(done.id).where(
        done.quest_id == first.id, done.member_id == people.c.member_id, done.state == "approved"
    )
    rows.append(
        select(literal("quest"), first.id, terms.title, terms.title_en, func.count())
        .select_from(QuestPrerequisite)
        .join(first, first.id == QuestPrerequisite.requires_quest_id)
        .join(terms, terms.id == first.version_id)
        .join(people, idle)
        .where(QuestPrerequisite.quest_id == quest.id, ~lit.exists())
        .group_by(first.id, terms.title, terms.title_en)
    )
    stopped, unmet, stars = [], [], 0
    for what, number, zh, en, count in db.session.execute(union_all(*rows)):
        if what == "step" and number < len(steps):
            stopped.append((steps[number], count))
        elif what == "quest":
            unmet.append((zh, en, count))
        elif what == "stars":
            stars = count
    return sorted(stopped, key=lambda row: -row[1]), sorted(unmet, key=lambda row: -row[2]), stars


def _answers(quest: Any, tier: str) -> tuple[list[tuple[int, int, int]], list[Score]]:
    """Answers by the whole hours they took, (hours, answers, late), and the scores by name.

    Scores count where they were given under the names that they have now.
    """
    none = cast(null(), Integer)
    hour = (Review.waited_minutes // 60).label("hour")
    late = func.sum(case((Review.in_time, 0), else_=1))
    here = [Submission.quest_id == quest.id, STANDS]
    if tier:
        here.append(members.tier_of(Submission.member_id) == tier)
    hours = (
        select(literal("hour"), hour, late, none, none, none, func.count())
        .join(Submission, Submission.id == Review.submission_id)
        .where(*here)
        .group_by(hour)
    )
    rows = [hours]
    if quest.scores:
        then, now = aliased(QuestVersion), aliased(QuestVersion)
        names = [Review.scores[str(n)].as_integer() if n < len(quest.scores) else none for n in range(4)]
        given = (
            select(*(name.label(f"s{n}") for n, name in enumerate(names)))
            .select_from(Review)
            .join(Submission, Submission.id == Review.submission_id)
            .join(then, then.id == Submission.version_id)
            .join(now, now.id == quest.version_id)
            .where(*here, cast(then.scores, String) == cast(now.scores, String))
            .subquery("given")
        )
        columns = [given.c[f"s{n}"] for n in range(4)]
        rows.append(select(literal("score"), *columns, none, func.count()).group_by(*columns))
    by_hour, times = [], [[0] * 5 for _ in quest.scores]
    for what, *values, _spare, count in db.session.execute(union_all(*rows)):
        if what == "hour":
            by_hour.append((values[0], count, values[1]))
            continue
        for n, value in enumerate(values[: len(times)]):
            if value is not None and 1 <= value <= 5:
                times[n][value - 1] += count
    scores = [Score(name, row) for name, row in zip(quest.scores, times, strict=True) if any(row)]
    return sorted(by_hour), scores


def _plot(hours: Sequence[tuple[int, int, int]], promised: int) -> Plot:
    columns, late = [0] * COLUMNS, 0
    for hour, answers, too_late in hours:
        late += too_late
        columns[min(hour * COLUMNS // promised, COLUMNS - 1)] += answers - too_late
    answers = sum(columns) + late
    dot = max(1, -(-max(*columns, late) // HIGHEST))
    half, seen = None, 0
    for hour, number, _late in hours:
        seen += number
        if half is None and seen * 2 >= answers:
            half = hour + 1
    return Plot([-(-n // dot) for n in columns], -(-late // dot), late, dot, answers, half)


def _compared(quest_id: int) -> Compared:
    first = aliased(Review)
    verdict = (
        select(func.max(first.id))
        .where(
            first.submission_id == Submission.id,
            first.undone_at.is_(None),
            first.decision.in_(("approved", "declined")),
        )
        .correlate(Submission)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Submission.id,
            members.name_of(Submission.member_id).label("name"),
            Review.decision.label("first"),
            Review.scores.label("scores"),
            SecondScore.decision.label("second"),
            SecondScore.scores.label("again"),
        )
        .select_from(SecondScore)
        .join(Submission, Submission.id == SecondScore.submission_id)
        .join(Review, Review.id == verdict)
        .where(Submission.quest_id == quest_id)
        .order_by(SecondScore.created_at.desc())
        .limit(COMPARED)
    ).all()
    apart = [
        abs(row.scores[name] - row.again[name]) for row in rows for name in row.scores if name in row.again
    ]
    return Compared(
        number=len(rows),
        same=sum(row.first == row.second for row in rows),
        apart=sum(apart) / len(apart) if apart else None,
        differing=[row for row in rows if row.first != row.second][:5],
    )


# --- everybody by name --------------------------------------------------------------------------------


def people_page(
    quest_id: int, part: str, tier: str = "", cursor: str | None = None, size: int = PAGE
) -> Page[Any]:
    """Who belongs to a part of the funnel, the newest members first, with how their newest work stands:
    member_id, name, number, tier, place (the state that counts), filled (steps with something in them), posts
    (the numbers of what that work was published as, "3,12")."""
    people = _people(quest_id, tier)
    filled = (
        select(func.count(Evidence.step_key.distinct()))
        .where(Evidence.submission_id == Submission.id, Evidence.round == Submission.round)
        .correlate(Submission)
        .scalar_subquery()
    )
    query = (
        select(
            people.c.member_id,
            people.c.rank,
            members.name_of(people.c.member_id).label("name"),
            members.number_of(people.c.member_id).label("number"),
            members.tier_of(people.c.member_id).label("tier"),
            Submission.id.label("work_id"),
            Submission.state,
            Submission.round,
            Submission.started_at,
            Submission.submitted_at,
            Submission.decided_at,
            Submission.points_awarded,
            filled.label("filled"),
            posts.numbers_of(MADE_FOR + cast(Submission.id, String)).label("posts"),
        )
        .outerjoin(Submission, Submission.id == people.c.latest)
        .where(_in_part(people, part, quest_id))
    )
    query, size = keyset(query, people.c.member_id, cursor=cursor, size=size)
    return page_of(db.session.execute(query).all(), size, "member_id")


def _in_part(people: Any, part: str, quest_id: int) -> Any:
    if part != "late":
        return _part(people, part)
    late = (
        select(Submission.member_id)
        .join(Review, Review.submission_id == Submission.id)
        .where(Submission.quest_id == quest_id, Review.in_time.is_(False), STANDS)
    )
    return people.c.member_id.in_(late)


def everybody(quest_id: int, part: str, tier: str) -> Iterator[Any]:
    """The same, all of them, read five hundred at a time."""
    cursor: str | None = None
    while True:
        page = people_page(quest_id, part, tier, cursor, size=500)
        yield from page.rows
        cursor = page.next
        if cursor is None:
            return
