"""What staff read of a quick task's answers: counts, texts, and all of it row by row.

What counts is what is approved; of a poll, the vote as it stands now. A question that was changed keeps the
words of its latest version, for all answers that were given to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select

from app.blueprints.members import queries as members
from app.blueprints.quests.models import (
    Evidence,
    PollTally,
    PollVote,
    Quest,
    QuestVersion,
    Submission,
)
from app.blueprints.quests.policies_quick import CHOSEN, Share, Step, asked_of, counted, form_of, result_of
from app.core.actor import TIERS
from app.core.db import read
from app.core.errors import NotFound
from app.core.paging import Page, keyset, page_of

TEXTS = 30
CHUNK = 500


@dataclass(frozen=True)
class Question:
    """A step with its result: `shares` of what was chosen, by `people`; `mean` of a scale."""

    step: Step
    shares: list[Share] = field(default_factory=list)
    people: int = 0
    mean: float | None = None


@dataclass(frozen=True)
class Task:
    """A quick task: titles, form, and every step that it ever asked, the present ones first."""

    id: int
    title: str
    title_en: str
    form: str
    steps: list[Step]

    @property
    def chosen(self) -> list[Step]:
        return [step for step in self.steps if step["evidence"] in CHOSEN]

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step["key"] == key), None)


def task(quest_id: int) -> Task:
    """One query. Raises NotFound for what isn't a quick task."""
    versions = read(
        select(
            Quest.id,
            Quest.preset,
            Quest.kind,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.steps,
        )
        .join(QuestVersion, QuestVersion.quest_id == Quest.id)
        .where(Quest.id == quest_id, Quest.preset == "quick_task")
        .order_by((QuestVersion.id == Quest.version_id).desc(), QuestVersion.number.desc())
    ).all()
    if not versions:
        raise NotFound
    now = versions[0]
    steps: dict[str, Step] = {}
    for version in versions:
        for step in asked_of(version.steps):
            steps.setdefault(step["key"], step)
    form = form_of(now.preset, now.kind, now.steps)
    return Task(now.id, now.title, now.title_en, form, list(steps.values()))


def _of(quest_id: int, tier: str) -> list[Any]:
    """Which submissions count."""
    wanted = [Submission.quest_id == quest_id, Submission.state == "approved"]
    return [*wanted, members.tier_of(Submission.member_id) == tier] if tier in TIERS else wanted


def number(quest_id: int, tier: str = "") -> int:
    """How many answers count."""
    return read(select(func.count(Submission.id)).where(*_of(quest_id, tier))).scalar() or 0


def results(of: Task, tier: str = "") -> list[Question]:
    """What was chosen, question by question; one query."""
    if of.form == "poll":
        step = of.steps[0]
        votes = _votes(of.id, tier)
        return [Question(step, result_of(step, votes), sum(votes.values()))]
    rows = read(
        select(Evidence.step_key, Evidence.body, func.count().label("number"))
        .join(Submission, _sent())
        .where(*_of(of.id, tier), Evidence.kind == "choice")
        .group_by(Evidence.step_key, Evidence.body)
    ).all()
    return [
        _question(step, [(row.body, row.number) for row in rows if row.step_key == step["key"]])
        for step in of.chosen
    ]


def _sent() -> Any:
    return and_(Evidence.submission_id == Submission.id, Evidence.round == Submission.round)


def _votes(quest_id: int, tier: str) -> dict[str, int]:
    """The tally; of one tier counted from the votes, as nothing keeps that."""
    if tier not in TIERS:
        kept = select(PollTally.option_key, PollTally.votes).where(PollTally.quest_id == quest_id)
    else:
        kept = (
            select(PollVote.option_key, func.count().label("votes"))
            .where(PollVote.quest_id == quest_id, members.tier_of(PollVote.member_id) == tier)
            .group_by(PollVote.option_key)
        )
    return {row.option_key: row.votes for row in read(kept)}


def _question(step: Step, bodies: Sequence[tuple[str, int]]) -> Question:
    people = sum(number for _body, number in bodies)
    votes = counted(step, bodies)
    mean = None
    if step["evidence"] == "scale" and people:
        mean = sum(int(key) * number for key, number in votes.items() if key.isdigit()) / people
    return Question(step, result_of(step, votes), people, mean)


def texts(of: Task, tier: str, cursor: str | None) -> Page[Any]:
    """What was written, the newest first: step_key, body, member_id, name, is_here, at."""
    query, size = keyset(
        select(
            Evidence.id,
            Evidence.step_key,
            Evidence.kind,
            Evidence.body,
            Submission.id.label("work_id"),
            Submission.submitted_at.label("at"),
            Submission.useful_count,
            Submission.member_id,
            members.name_of(Submission.member_id).label("name"),
            members.is_here(Submission.member_id).label("is_here"),
        )
        .join(Submission, _sent())
        .where(*_of(of.id, tier), Evidence.kind.in_(("text", "link"))),
        Evidence.id,
        cursor=cursor,
        size=TEXTS,
    )
    return page_of(read(query).all(), size, "id")


@dataclass(frozen=True)
class Line:
    """One member's answers. `answers` by step key as they are kept; a poll's is the vote as it stands."""

    name: str | None
    tier: str
    at: datetime
    points: int
    useful: int
    answers: Mapping[str, str]


def lines(of: Task, tier: str = "") -> Iterator[Line]:
    """Everybody's answers in the order in which they came, read in parts: two queries for each five hundred.

    Whoever has left has no name.
    """
    after = 0
    while works := _works(of.id, tier, after):
        given = _given([work.id for work in works])
        for work in works:
            answers = dict(given.get(work.id, {}))
            if of.form == "poll" and work.option_key is not None:
                answers[of.steps[0]["key"]] = work.option_key
            name = work.name if work.is_here else None
            yield Line(
                name, work.tier, work.submitted_at, work.points_awarded or 0, work.useful_count, answers
            )
        after = works[-1].id


def _works(quest_id: int, tier: str, after: int) -> Sequence[Any]:
    return read(
        select(
            Submission.id,
            Submission.submitted_at,
            Submission.points_awarded,
            Submission.useful_count,
            PollVote.option_key,
            members.name_of(Submission.member_id).label("name"),
            members.is_here(Submission.member_id).label("is_here"),
            members.tier_of(Submission.member_id).label("tier"),
        )
        .outerjoin(PollVote, PollVote.submission_id == Submission.id)
        .where(*_of(quest_id, tier), Submission.id > after)
        .order_by(Submission.id)
        .limit(CHUNK)
    ).all()


def _given(work_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """What was typed or chosen in these works, by step; a photo says that it is there."""
    given: dict[int, dict[str, str]] = {}
    for row in read(
        select(Evidence.submission_id, Evidence.step_key, Evidence.body, Evidence.media_id)
        .join(Submission, _sent())
        .where(Submission.id.in_(work_ids))
        .order_by(Evidence.position, Evidence.id)
    ):
        said = row.body if row.media_id is None else f"media:{row.media_id}"
        given.setdefault(row.submission_id, {})[row.step_key] = said
    return given
