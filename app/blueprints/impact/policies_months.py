"""Where months begin and end in the programme's zone: pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from app.core.dates import month_bounds, zone

# what an address calls a month
NAME = re.compile(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])", re.ASCII)


def edges_until(moment: datetime, number: int, zone_name: str) -> list[datetime]:
    """The moments, in UTC and the earliest first, at which the last `number` months begin, the one that
    `moment` falls in among them; and behind these the one at which that month ends."""
    first, end = month_bounds(moment, zone_name)
    edges = [end, first]
    while len(edges) <= number:
        edges.append(month_bounds(edges[-1] - timedelta(days=1), zone_name)[0])
    return [edge.astimezone(UTC) for edge in reversed(edges)]


def name_of(start: datetime, zone_name: str) -> str:
    """What an address calls the month that begins then: "2026-11"."""
    return start.astimezone(zone(zone_name)).strftime("%Y-%m")


def edges_of(name: str, zone_name: str) -> list[datetime] | None:
    """The first moment of the month of that name, and that of the next, in UTC; None if there is none."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    middle = datetime(int(found[1]), int(found[2]), 15, tzinfo=zone(zone_name))
    return edges_until(middle, 1, zone_name)
