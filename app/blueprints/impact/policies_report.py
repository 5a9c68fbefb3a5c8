"""The month that a report is of, which of its words it shows, and how its dots are drawn: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from app.blueprints.impact.policies_months import edges_of, edges_until, name_of
from app.core import dates
from app.core.dates import zone
from app.core.i18n import BABEL_LOCALE

# what came of a help, in the order in which equals are named: what readers choose, else the kind of the line
WAYS = (
    "credit",
    "solved",
    "learned",
    "chose",
    "decided",
    "referral",
    "answer",
    "idea",
    "milestone",
    "enjoyed",
    "thanks",
    "praise",
    "reach",
)
# who was helped like this was spared a way round
GOT_ON = {"credit", "solved", "learned", "chose", "decided", "answer"}
MOMENTS = 3
# words longer than this are shortened on the page, so those that fit come first
FITS = 120
# the picture has room for four months and so many dots above each other
COLUMNS = 4
HIGHEST = 20
ROW = 5
STEP = 10.4


@dataclass(frozen=True, order=True)
class Month:
    """A month of the programme: its first moment, and the first of the next, both in UTC."""

    starts: datetime
    ends: datetime
    key: str

    def is_over(self, now: datetime) -> bool:
        """Whether it can be written."""
        return now >= self.ends


def month_of(moment: datetime, zone_name: str) -> Month:
    """The month that a moment falls in, in the programme's zone."""
    starts, ends = edges_until(moment, 1, zone_name)
    return Month(starts, ends, name_of(starts, zone_name))


def month_named(key: str, zone_name: str) -> Month | None:
    """The month of "2026-10"; None for what names none."""
    edges = edges_of(key, zone_name)
    return None if edges is None else Month(edges[0], edges[1], key)


def before(month: Month, zone_name: str) -> Month:
    return month_of(month.starts - timedelta(hours=1), zone_name)


def after(month: Month, zone_name: str) -> Month:
    return month_of(month.ends, zone_name)


def last_over(now: datetime, zone_name: str) -> Month:
    """The latest month that is over at `now`."""
    return before(month_of(now, zone_name), zone_name)


def with_those_before(month: Month, number: int, since: datetime, zone_name: str) -> list[Month]:
    """A month after at most `number` that came before it, the earliest first; none that ended by `since`."""
    found = [month]
    while len(found) <= number and found[0].starts > since:
        found.insert(0, before(found[0], zone_name))
    return found


def month_name(month: Month, zone_name: str, locale: str, width: str = "wide") -> str:
    """What a month is called without its year: "October", or "abbreviated" where there is little room."""
    local = month.starts.astimezone(zone(zone_name))
    return dates.month_names(BABEL_LOCALE[locale], width)[local.month]


def sentence_of(people: dict[str, int], total: int) -> str:
    """Which sentence holds for each of the month's `total` people, by the way most of them were helped.

    A way when it holds for all of them; "detours" where ways of getting on mix; else "reached"; "" of nobody.
    """
    if not total:
        return ""
    way = max(WAYS, key=lambda each: people.get(each, 0))
    if people.get(way, 0) >= total:
        return way
    return "detours" if {each for each, number in people.items() if number} <= GOT_ON else "reached"


def varied(lines: Sequence[Any], number: int = MOMENTS) -> list[Any]:
    """Of lines with a `quote` so many that differ: other people, works and words first, then other people,
    then whatever is left; the longer of two that fit, then the newer. The same lines give the same ones.

    Lines have id, quote, about, person_id and reader.
    """
    waiting = sorted(lines, key=lambda line: (len(line.quote) > FITS, -len(line.quote), -line.id))
    chosen: list[Any] = []
    for differs in (_all_else, _another_person, _anything):
        for line in list(waiting):
            if len(chosen) < number and all(differs(line, other) for other in chosen):
                chosen.append(line)
                waiting.remove(line)
    return chosen


def _who(line: Any) -> Any:
    return line.person_id or line.reader or ("line", line.id)


def _another_person(line: Any, other: Any) -> bool:
    return bool(_who(line) != _who(other))


def _all_else(line: Any, other: Any) -> bool:
    return _another_person(line, other) and line.about != other.about and line.quote != other.quote


def _anything(_line: Any, _other: Any) -> bool:
    return True


@dataclass(frozen=True)
class Column:
    """A month in the picture: its dots from the foot upwards, and where its name and its number stand."""

    x: int
    dots: list[tuple[str, str]]
    name: str
    number: int
    number_x: int
    number_y: str
    beside: bool


@dataclass(frozen=True)
class Dots:
    """The picture: one dot is `unit` people, or begins them."""

    height: int
    unit: int
    columns: list[Column]


def dots(numbers: Sequence[tuple[str, int]]) -> Dots:
    """Draw each month's (name, number of people), at most COLUMNS of them, the latest last.

    One above the other as long as they are few; then in rows; then a dot stands for ten, a hundred, …
    """
    most, unit = max(number for _name, number in numbers), 1
    while most > HIGHEST * ROW * unit:
        unit *= 10
    side_by_side = 1 if most <= HIGHEST * unit else ROW
    rows = ceil(ceil(most / unit) / side_by_side)
    foot = 20 + STEP * max(rows - 1, 4)
    columns = []
    for place, (name, number) in enumerate(numbers):
        x, drawn = 44 + 87 * place, ceil(number / unit)
        left = x - STEP * (side_by_side - 1) / 2
        spots = [
            (f"{left + STEP * (each % side_by_side):.1f}", f"{foot - STEP * (each // side_by_side):.1f}")
            for each in range(drawn)
        ]
        beside = side_by_side == 1 and drawn > 0
        top = foot - STEP * ((drawn - 1) // side_by_side) if drawn else foot + STEP
        number_y = f"{top + 4 if beside else top - STEP:.1f}"
        columns.append(Column(x, spots, name, number, x + 14 if beside else x, number_y, beside))
    return Dots(round(foot) + 32, unit, columns)
