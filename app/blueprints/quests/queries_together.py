"""Many at once, and afterwards: quick tasks that can be approved together, what let itself through, the
sample that is scored twice and how evenly it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import mean
from typing import Any

from sqlalchemy import Integer, and_, bindparam, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.badges import queries as badges
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.quests.models import Evidence, Quest, QuestVersion, Review, SecondScore, Submission
from app.blueprints.quests.policies import facts_of, is_sampled
from app.blueprints.quests.queries_review import ME, NOW, WAITING, kind_of, photo_of
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, read
from app.core.errors import NotFound
from app.core.paging import Page, below, page_by_id

# --- quick tasks that wait -----------------------------------------------------------------------------

AT_ONCE = 24


# between a step's key and what was said in it, and between two of those
OF, NEXT = "\x1f", "\x1e"


def words_of() -> Any:
    """What was typed and chosen in the round, as a scalar subquery on the submission: for `said`."""
    return (
        select(func.aggregate_strings(Evidence.step_key + OF + Evidence.body, NEXT))
        .where(
            Evidence.submission_id == Submission.id,
            Evidence.round == Submission.round,
            Evidence.media_id.is_(None),
        )
        .scalar_subquery()
    )


def said(steps: Sequence[dict[str, Any]], words: str | None) -> list[tuple[dict[str, Any], str]]:
    """Each step in which something was typed or chosen, in order, with what `words_of` found of it."""
    bodies = dict(one.split(OF, 1) for one in words.split(NEXT) if OF in one) if words else {}
    return [(step, bodies[step["key"]]) for step in steps if step["key"] in bodies]


def _quick() -> Any:
    """Quick tasks that staff read, wait, are nobody else's now, and aren't the reader's own."""
    free = or_(
        Submission.claimed_by_id.is_(None), Submission.claimed_by_id == ME, Submission.claimed_until <= NOW
    )
    return and_(
        WAITING,
        Submission.member_id != ME,
        Submission.look == literal_column("1"),
        Quest.preset == literal_column("'quick_task'"),
        QuestVersion.review_mode == literal_column("'staff'"),
        free,
    )


@lru_cache
def _quests() -> Any:
    return (
        select(
            Quest.id,
            func.max(QuestVersion.title).label("title"),
            func.max(QuestVersion.title_en).label("title_en"),
            func.count().label("number"),
        )
        .select_from(Submission)
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(_quick())
        .group_by(Quest.id)
        .order_by(func.min(Submission.due_at), Quest.id)
        .limit(12)
    )


@lru_cache
def _works() -> Any:
    return (
        select(
            Submission.id,
            Submission.quest_id,
            Submission.member_id,
            Submission.submitted_at,
            Submission.promised_points,
            members.name_of(Submission.member_id).label("member_name"),
            Quest.track_key,
            Quest.preset,
            QuestVersion.rule_key,
            QuestVersion.points,
            QuestVersion.steps,
            photo_of().label("photo_id"),
            words_of().label("words"),
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(_quick(), Submission.quest_id == bindparam("quest", type_=Integer))
        .order_by(Submission.due_at, Submission.id)
        .limit(AT_ONCE)
    )


@dataclass(frozen=True)
class Each:
    """One of them, with what approving it would give. `sampled`: it is to be opened by itself."""

    row: Any
    paid: points.Preview
    badges: list[Any]

    @property
    def sampled(self) -> bool:
        return is_sampled(self.row.id)


@dataclass(frozen=True)
class Sum:
    """What approving the ticked ones gives in all; names in the order of the list."""

    ticked: list[Each]

    @cached_property
    def points(self) -> int:
        return sum(each.paid.amount for each in self.ticked)

    @cached_property
    def amounts(self) -> list[tuple[int, list[str]]]:
        """Points, and who gets so many, the most frequent first."""
        by_amount: dict[int, list[str]] = {}
        for each in self.ticked:
            by_amount.setdefault(each.paid.amount, []).append(each.row.member_name)
        return sorted(by_amount.items(), key=lambda pair: -len(pair[1]))

    @cached_property
    def badges(self) -> list[tuple[Any, list[str]]]:
        lit: dict[int, tuple[Any, list[str]]] = {}
        for each in self.ticked:
            for badge in each.badges:
                lit.setdefault(badge.id, (badge, []))[1].append(each.row.member_name)
        return list(lit.values())

    @cached_property
    def stars(self) -> list[Each]:
        return [each for each in self.ticked if each.paid.star]

    @cached_property
    def cut(self) -> list[Each]:
        return [each for each in self.ticked if each.paid.cut]


@dataclass(frozen=True)
class Lot:
    """Quests with such tasks (id, title, title_en, number), the one looked at, and its works."""

    quests: Sequence[Any]
    quest: Any | None
    each: list[Each]

    def sum_of(self, ticked: Sequence[int] | None) -> Sum:
        """Of those ticked; None: of all that can be ticked."""
        return Sum([one for one in self.each if not one.sampled and (ticked is None or one.row.id in ticked)])


def lot(quest_id: int | None, *, by: Actor, timezone: str) -> Lot:
    """The quick tasks of one quest that can be approved together, the earliest promise first; four
    queries."""
    who = {"me": by.id, "now": clock.now()}
    quests = read(_quests(), who).all()
    quest = next((row for row in quests if row.id == quest_id), quests[0] if quests else None)
    if quest is None:
        return Lot([], None, [])
    rows = read(_works(), who | {"quest": quest.id}).all()
    paid = points.previews(
        [
            points.Asking(
                member_id=row.member_id,
                rule_key=row.rule_key,
                own=row.points,
                promised=row.promised_points,
                acted_at=row.submitted_at,
            )
            for row in rows
        ],
        timezone=timezone,
    )
    fact, scopes = facts_of(rows[0]) if rows else ("", [])
    lit = badges.would_light_for([row.member_id for row in rows], fact=fact, scopes=scopes)
    return Lot(
        quests,
        quest,
        [
            Each(row, gift, [badge for badge in lit if badge.member_id == row.member_id])
            for row, gift in zip(rows, paid, strict=True)
        ],
    )


def named(ids: Sequence[int]) -> dict[int, Any]:
    """Whose work it is and on what, by id: member_name, title, title_en."""
    rows = db.session.execute(
        select(
            Submission.id,
            members.name_of(Submission.member_id).label("member_name"),
            QuestVersion.title,
            QuestVersion.title_en,
        )
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(Submission.id.in_(list(ids)))
    )
    return {row.id: row for row in rows}


# --- what let itself through ----------------------------------------------------------------------------

SAMPLES = 20


@lru_cache
def _samples(with_quest: bool) -> Any:
    query = (
        select(
            Submission.id,
            Submission.member_id,
            Submission.decided_at,
            Submission.points_awarded,
            members.name_of(Submission.member_id).label("member_name"),
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.steps,
            photo_of().label("photo_id"),
            words_of().label("words"),
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(
            Submission.state == "approved",
            Submission.look == 1,
            Submission.member_id != ME,
            Quest.preset == "quick_task",
            QuestVersion.review_mode.in_(("self", "auto")),
            Submission.id < bindparam("before", type_=Integer),
        )
    )
    if with_quest:
        query = query.where(Submission.quest_id == bindparam("quest", type_=Integer))
    return query.order_by(Submission.id.desc()).limit(SAMPLES + 1)


def samples(quest_id: int | None, cursor: str | None, *, by: Actor) -> Page[Any]:
    """Quick tasks that were approved without a reviewer, the newest first: id, member_id, member_name,
    decided_at, points_awarded, title, title_en, steps, photo_id, words."""
    values = {"me": by.id, "before": below(cursor)} | ({"quest": quest_id} if quest_id is not None else {})
    return page_by_id(read(_samples(quest_id is not None), values).all(), SAMPLES)


def sampled_quests() -> Sequence[Any]:
    """The quests whose quick tasks let themselves through: id, title, title_en."""
    return db.session.execute(
        select(Quest.id, QuestVersion.title, QuestVersion.title_en)
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(
            Quest.preset == "quick_task",
            Quest.state.in_(("live", "closed")),
            QuestVersion.review_mode.in_(("self", "auto")),
        )
        .order_by(Quest.id.desc())
        .limit(12)
    ).all()


# --- scored twice -------------------------------------------------------------------------------------

COMPARED, WIDEST = 200, 12


def _verdict() -> Any:
    return and_(
        Review.submission_id == Submission.id, Review.decision == "approved", Review.undone_at.is_(None)
    )


def _scored() -> Any:
    return select(SecondScore.submission_id).where(SecondScore.submission_id == Submission.id).exists()


@lru_cache
def _to_score() -> Any:
    return (
        select(
            Submission.id,
            Submission.member_id,
            Submission.decided_at,
            members.name_of(Submission.member_id).label("member_name"),
            QuestVersion.title,
            QuestVersion.title_en,
            photo_of().label("photo_id"),
            kind_of().label("kind"),
        )
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .join(Review, _verdict())
        .where(
            Submission.sampled,
            Submission.state == "approved",
            Submission.member_id != ME,
            Review.reviewer_id != ME,
            ~_scored(),
            Submission.id < bindparam("before", type_=Integer),
        )
        .order_by(Submission.id.desc())
        .limit(SAMPLES + 1)
    )


def to_score(cursor: str | None, *, by: Actor) -> Page[Any]:
    """Sampled work that waits for a second score, of others and judged by others, the newest first."""
    return page_by_id(read(_to_score(), {"me": by.id, "before": below(cursor)}).all(), SAMPLES)


@lru_cache
def _blind() -> Any:
    return (
        select(
            Submission.id,
            Submission.member_id,
            Submission.round,
            Submission.submitted_at,
            members.name_of(Submission.member_id).label("member_name"),
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.steps,
            QuestVersion.criteria,
            QuestVersion.scores,
            _scored().label("scored"),
        )
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .join(Review, _verdict())
        .where(
            Submission.id == bindparam("work", type_=Integer),
            Submission.sampled,
            Submission.state == "approved",
            Submission.member_id != ME,
            Review.reviewer_id != ME,
        )
    )


def blind(submission_id: int, *, by: Actor) -> Any:
    """Sampled work without its verdict. Raises NotFound for what isn't this reviewer's to score."""
    row = read(_blind(), {"me": by.id, "work": submission_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class Pair:
    """One piece of work as two people judged it; `rows` are (name, first score, second score)."""

    row: Any
    rows: list[tuple[dict[str, Any], int, int]]

    @property
    def apart(self) -> float:
        """How far the scores lie apart on average; another decision weighs as much as a whole scale."""
        scores = mean(abs(first - second) for _, first, second in self.rows) if self.rows else 0.0
        return scores + (0 if self.row.decision == "approved" else 4)


@dataclass(frozen=True)
class Evenness:
    """Of the newest second scores: how many, how many decided alike, how far scores lie apart (None: no
    scores), which way the second leans, and the widest pairs."""

    number: int
    alike: int
    apart: float | None
    leaning: float | None
    decisions: Counter[str]
    widest: list[Pair]

    @property
    def alike_percent(self) -> int:
        return self.alike * 100 // self.number if self.number else 0


@lru_cache
def _compared() -> Any:
    second = aliased(SecondScore)
    return (
        select(
            Submission.id,
            members.name_of(Submission.member_id).label("member_name"),
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.scores.label("names"),
            Review.scores.label("first_scores"),
            members.name_of(Review.reviewer_id).label("first_name"),
            second.scores.label("second_scores"),
            second.decision,
            second.created_at,
            members.name_of(second.reviewer_id).label("second_name"),
        )
        .select_from(second)
        .join(Submission, Submission.id == second.submission_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .join(Review, _verdict())
        .order_by(second.created_at.desc())
        .limit(COMPARED)
    )


def evenness() -> Evenness:
    """How evenly work is judged, by the newest two hundred second scores; one query."""
    pairs = [_pair(row) for row in read(_compared()).all()]
    gaps = [second - first for pair in pairs for _, first, second in pair.rows]
    widest = sorted(pairs, key=lambda pair: -pair.apart)[:WIDEST]
    return Evenness(
        number=len(pairs),
        alike=sum(pair.row.decision == "approved" for pair in pairs),
        apart=mean(map(abs, gaps)) if gaps else None,
        leaning=mean(gaps) if gaps else None,
        decisions=Counter(pair.row.decision for pair in pairs),
        widest=[pair for pair in widest if pair.apart],
    )


def _pair(row: Any) -> Pair:
    rows = [
        (name, row.first_scores[str(number)], row.second_scores[str(number)])
        for number, name in enumerate(row.names)
        if str(number) in row.first_scores and str(number) in row.second_scores
    ]
    return Pair(row, rows)
