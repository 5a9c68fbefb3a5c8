"""What pages show of remarks: pins beside what they are about, and the last lines of a dialogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, cast, literal, null, select, union_all

from app.blueprints.members import queries as members
from app.blueprints.quests.models import Quest, Remark, Review, Submission
from app.blueprints.quests.policies import may_review
from app.blueprints.quests.policies_stages import TALKS, was_sent
from app.core.actor import Actor
from app.core.db import read
from app.core.errors import NotFound
from app.core.paging import BEYOND, Page, below, page_by_id

WORK: Any = bindparam("work", type_=Integer)
BELOW: Any = bindparam("below", type_=Integer)
# the last lines of a dialogue that a work's page shows, and the most pins
LINES, PINS = 12, 200
PAGE = 40


def columns() -> tuple[Any, ...]:
    return (
        Remark.id,
        Remark.kind,
        Remark.round,
        Remark.step_key,
        Remark.media_id,
        Remark.body,
        Remark.created_at,
        Remark.author_id,
        members.name_of(Remark.author_id).label("author_name"),
    )


def newest(kind: str, most: int) -> Any:
    """The newest remarks of a kind about a piece of work (parameter `work`), as a table."""
    return (
        select(*columns())
        .where(Remark.submission_id == WORK, Remark.kind == kind)
        .order_by(Remark.id.desc())
        .limit(most)
        .subquery(f"{kind}s")
    )


@lru_cache
def _remarks() -> Any:
    pins, lines = newest("pin", PINS), newest("talk", LINES + 1)
    no_step, no_file, nothing = cast(null(), String), cast(null(), Integer), literal("")
    what = (Review.id, Review.decision, Review.round, no_step, no_file, nothing)
    passed = select(*what, Review.created_at, Review.reviewer_id, nothing).where(
        Review.submission_id == WORK, Review.decision == "passed", Review.undone_at.is_(None)
    )
    both = union_all(select(pins), select(lines), passed).subquery("remarks")
    return select(both).order_by(both.c.id)


@dataclass(frozen=True)
class Remarks:
    """`lines` of the dialogue, the earliest first; `earlier` when there are more before them. `passed` are
    the verdicts by which a stage was through, in the order of the stages."""

    pins: list[Any] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)
    earlier: bool = False
    passed: list[Any] = field(default_factory=list)

    def on(self, step_key: str, round_: int, media_id: int | None = None) -> list[Any]:
        """What was pinned in a round to a step, or to one of its files."""
        return [
            row
            for row in self.pins
            if row.step_key == step_key and row.round == round_ and row.media_id == media_id
        ]

    def before(self, round_: int) -> Remarks:
        """The same without the pins of this round and later ones."""
        return replace(self, pins=[row for row in self.pins if row.round < round_])

    def gone(self, step_key: str, round_: int, held: Iterable[int]) -> list[Any]:
        """What was pinned in a round to files of a step that aren't among those held any more."""
        there = set(held)
        return [
            row
            for row in self.pins
            if row.step_key == step_key
            and row.round == round_
            and row.media_id is not None
            and row.media_id not in there
        ]


def gathered(rows: Sequence[Any]) -> Remarks:
    """Remarks of rows with the columns of `newest`, the earliest first."""
    lines = [row for row in rows if row.kind == "talk"]
    passed = [row for row in rows if row.kind == "passed"]
    return Remarks([row for row in rows if row.kind == "pin"], lines[-LINES:], len(lines) > LINES, passed)


def remarks(submission_id: int) -> Remarks:
    """The pins on a piece of work and the last lines of its dialogue, in one query."""
    return gathered(read(_remarks(), {"work": submission_id}).all())


@lru_cache
def _lines() -> Any:
    return (
        select(*columns())
        .where(Remark.submission_id == WORK, Remark.kind == "talk", Remark.id < BELOW)
        .order_by(Remark.id.desc())
        .limit(PAGE + 1)
    )


def lines(submission_id: int, cursor: str | None) -> Page[Any]:
    """A dialogue, the latest line first."""
    before = below(cursor) if cursor else BEYOND
    return page_by_id(read(_lines(), {"work": submission_id, "below": before}).all(), PAGE)


def talked_about(submission_id: int, by: Actor, *, reviewing: bool) -> None:
    """Raise NotFound unless there is a dialogue about the work, and this is one of those it is between."""
    row = read(
        select(
            Submission.member_id,
            Submission.mentor_id,
            Submission.state,
            Submission.stage,
            Submission.look,
            Submission.declined_by_id,
            Quest.preset,
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .where(Submission.id == submission_id)
    ).one_or_none()
    if row is None or row.preset not in TALKS or not was_sent(row):
        raise NotFound
    if not (may_review(by, row) if reviewing else row.member_id == by.id):
        raise NotFound
