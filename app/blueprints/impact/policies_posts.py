"""How a post's figures are drawn, read and put together: pure. Reach is not thanks: none of this is amber."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.i18n import N_

METRICS = {
    "views": N_("Views"),
    "likes": N_("Likes"),
    "comments": N_("Comments"),
    "saves": N_("Saves"),
}
# what a rung of a ladder is called
REACHED = {
    "views": N_("%(num)s views"),
    "likes": N_("%(num)s likes"),
    "comments": N_("%(num)s comments"),
    "saves": N_("%(num)s saves"),
}
MOST = 2_000_000_000
# so many views of a post are a line of its member's
MILESTONES = (1_000, 10_000, 50_000, 100_000, 500_000, 1_000_000)
LEFT, RIGHT, TOP, FOOT = 4.0, 326.0, 6.0, 40.0

# as the apps write large numbers: 1.2 ten thousands (also "w"), thousands, a hundred millions
TIMES = {"\u4e07": 10_000, "w": 10_000, "\u5343": 1_000, "k": 1_000, "\u4ebf": 100_000_000}
NUMBER = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,4}))?\s*([\u4e07\u5343\u4ebfwk]?)", re.IGNORECASE)


def figure(text: str) -> int | None:
    """The figure that a text is, as apps show it ("12,400", "1.2w" and the like); None for anything else."""
    plain = re.sub(r"[,\s]", "", unicodedata.normalize("NFKC", text))
    found = NUMBER.fullmatch(plain)
    if found is None or (found[2] and not found[3]):
        return None
    times = TIMES.get(found[3].lower(), 1)
    value = int(found[1]) * times + (int(found[2]) * times // 10 ** len(found[2]) if found[2] else 0)
    return value if value <= MOST else None


def milestones(views: int | None) -> tuple[int, ...]:
    """Those that so many views have passed, the highest last; all of them for None."""
    return tuple(one for one in MILESTONES if views is None or one <= views)


@dataclass(frozen=True)
class Spark:
    """A line of figures over time as the paths of an SVG of 330 by 44, and its last point."""

    area: str
    line: str
    x: str
    y: str


def spark(points: Sequence[tuple[datetime, int]]) -> Spark | None:
    """The line through (moment, value), the earliest first; None for fewer than two points."""
    if len(points) < 2:
        return None
    first, last = points[0][0], points[-1][0]
    wide = (last - first).total_seconds() or 1.0
    high = max(value for _, value in points) or 1
    spots = [
        (
            f"{LEFT + (RIGHT - LEFT) * (at - first).total_seconds() / wide:.1f}",
            f"{FOOT - (FOOT - TOP) * value / high:.1f}",
        )
        for at, value in points
    ]
    line = "M" + "L".join(f"{x} {y}" for x, y in spots)
    return Spark(f"{line}L{spots[-1][0]} {FOOT:g}L{spots[0][0]} {FOOT:g}z", line, *spots[-1])


@dataclass(frozen=True)
class Shown:
    """A post with what counts of its figures: the latest of each metric, the way of its views, and whether
    some wait to be looked at."""

    post: Any
    latest: dict[str, int]
    spark: Spark | None
    waiting: bool
    figures: Sequence[Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.post, name)


def shown(post: Any, figures: Iterable[Any]) -> Shown:
    """Put a post and its figures together; these are the earliest first."""
    rows = [row for row in figures if row.post_id == post.id]
    counted = [row for row in rows if row.state == "confirmed"]
    views = [(row.at, row.value) for row in counted if row.metric == "views"]
    if views and views[0][0] > post.registered_at:
        views.insert(0, (post.registered_at, 0))
    return Shown(
        post,
        {row.metric: row.value for row in counted},
        spark(views),
        any(row.state == "waiting" for row in rows),
        rows,
    )
