"""What pages show of a results ladder: its rungs, which are paid, and where the figures stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, cast, literal, null, select, union_all

from app.blueprints.impact import queries_posts as posts
from app.blueprints.quests.models import QuestVersion, RungPaid, Submission
from app.blueprints.quests.policies_ladder import MADE_FOR, Rung, rungs
from app.core.db import Instant, read


@dataclass(frozen=True)
class Published:
    """What a work became: the ids of its posts, the figures that count (the highest of all of them), its
    ladder."""

    posts: list[int] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)
    rungs: list[Rung] = field(default_factory=list)


@lru_cache
def _published() -> Any:
    reached = posts.made_of(lambda made_for: made_for == bindparam("made_for", type_=String)).subquery(
        "reached"
    )
    never = cast(null(), Instant)
    paid = select(
        literal("paid").label("what"), RungPaid.metric, RungPaid.threshold.label("value"), RungPaid.at,
        literal(0).label("post_id"),
    ).where(RungPaid.submission_id == bindparam("work", type_=Integer))  # fmt: skip
    return union_all(
        paid, select(literal("post"), reached.c.metric, reached.c.value, never, reached.c.post_id)
    )


def published(work: Any) -> Published:
    """The posts of an approved work and its ladder, in one query."""
    ids: list[int] = []
    figures: dict[str, int] = {}
    paid = {}
    for row in read(_published(), {"work": work.id, "made_for": f"{MADE_FOR}{work.id}"}):
        if row.what == "paid":
            paid[row.metric, row.value] = row.at
            continue
        if row.post_id not in ids:
            ids.append(row.post_id)
        if row.metric is not None:
            figures[row.metric] = max(row.value, figures.get(row.metric, 0))
    return Published(ids, figures, rungs(work.results_ladder, paid))


@lru_cache
def _ladders() -> Any:
    return (
        select(Submission.id, QuestVersion.results_ladder, RungPaid.metric, RungPaid.threshold, RungPaid.at)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .outerjoin(RungPaid, RungPaid.submission_id == Submission.id)
        .where(Submission.id.in_(bindparam("works", expanding=True)))
    )


def rungs_of(made_for: Collection[str]) -> dict[str, Sequence[Any]]:
    """The ladders of works by what posts were made for, in one query (impact's `tell_rewards`)."""
    numbers = [int(one.removeprefix(MADE_FOR)) for one in made_for if one.startswith(MADE_FOR)]
    ladders: dict[int, Any] = {}
    paid: dict[int, dict[tuple[str, int], datetime]] = {}
    for row in read(_ladders(), {"works": numbers or [0]}):
        ladders[row.id] = row.results_ladder
        if row.metric is not None:
            paid.setdefault(row.id, {})[row.metric, row.threshold] = row.at
    return {f"{MADE_FOR}{number}": rungs(ladder, paid.get(number, {})) for number, ladder in ladders.items()}
