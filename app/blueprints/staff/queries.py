"""What the console's first page reads: counted from what happened, in the programme's months and days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.blueprints.badges import queries as badges
from app.blueprints.impact import queries as impact
from app.blueprints.impact import queries_desk as thanks
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.quests import queries_desk, queries_review
from app.core import clock
from app.core.actor import Actor
from app.core.dates import month_bounds, zone

# how high a column of dots may grow; beyond it one dot stands for several badges
HIGHEST = 26


@dataclass(frozen=True)
class Day:
    """The badges lit on one day of the month; None for days still ahead."""

    number: int
    lit: int | None


@dataclass(frozen=True)
class Today:
    """`reviews` as queries_review.figures, `work` as queries_desk.pulse; `tracks` rows with `lit`,
    `paid` rows (name, name_en, amount) by rule; `words` of thanks that wait to be read."""

    reviews: Any
    work: Any
    stopped: Sequence[Any]
    days: list[Day]
    tracks: list[Any]
    paid: Sequence[Any]
    helped: int
    members: Any
    words: thanks.Counts

    @property
    def lit(self) -> int:
        return sum(day.lit or 0 for day in self.days)

    @property
    def dot(self) -> int:
        """How many badges one dot stands for."""
        return -(-max(day.lit or 0 for day in self.days) // HIGHEST) or 1

    @property
    def highest(self) -> int:
        """How many dots the fullest day has."""
        return -(-max(day.lit or 0 for day in self.days) // self.dot)


def today(by: Actor, timezone: str) -> Today:
    now = clock.now()
    start, end = month_bounds(now, timezone)
    starts = midnights(start, end, timezone)
    rows = badges.lit_by_day([*starts, end])
    return Today(
        reviews=queries_review.figures(by),
        work=queries_desk.pulse(start),
        stopped=queries_desk.stopped_newcomers(),
        days=[
            Day(n + 1, sum(row.days[n] for row in rows) if midnight <= now else None)
            for n, midnight in enumerate(starts)
        ],
        tracks=rows,
        paid=points.paid_by_rule(start, end),
        helped=impact.helped_since(start),
        members=members.counts(joined_since=start),
        words=thanks.waiting(),
    )


def midnights(start: datetime, end: datetime, timezone: str) -> list[datetime]:
    """The beginnings of the days from `start` until before `end`, as the zone's calendar has them."""
    local, found = start.astimezone(zone(timezone)), []
    while local < end:
        found.append(local)
        local = (local + timedelta(hours=36)).replace(hour=0, minute=0, fold=0)
    return found
