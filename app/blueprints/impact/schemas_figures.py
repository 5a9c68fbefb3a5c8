"""What comes in about figures: the form by which a member reports them, and staff's files.

A file has a line for each post, its columns named in the first line, in either language: `link` or `post`
(its number), then either a column for each metric, or `metric` and `value`; `date` where the figures aren't
of today.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.blueprints.impact import queries_posts as queries
from app.blueprints.impact.policies_links import shared
from app.blueprints.impact.policies_posts import METRICS, figure
from app.blueprints.impact.services_posts import Said
from app.core import clock, sheets
from app.core.dates import zone
from app.core.errors import Invalid
from app.core.i18n import N_, both

# it comes back with the dry run as a field of a form, which may not be larger than half a megabyte
MOST_BYTES = 128 * 1024
MOST_LINES = 2000

A_NUMBER = N_("A number, please, such as 12,400")
# what a file may call a column, beside its own name: the same in Chinese
COLUMNS = {
    "link": N_("link"), "post": N_("post"), "metric": N_("metric"), "value": N_("value"), "date": N_("date"),
    "views": N_("views"), "likes": N_("likes"), "comments": N_("comments"), "saves": N_("saves"),
}  # fmt: skip


def figures(form: Mapping[str, str]) -> dict[str, int]:
    """The figures that a form reports, by metric; what was left empty isn't reported. Raises Invalid."""
    found, wrong = {}, {}
    for metric in METRICS:
        text = form.get(metric, "").strip()[:40]
        if not text:
            continue
        value = figure(text)
        if value is None:
            wrong[metric] = A_NUMBER
        else:
            found[metric] = value
    if wrong:
        raise Invalid(fields=wrong)
    return found


# --- a file -----------------------------------------------------------------------------------------


@dataclass
class Line:
    """A line of a file: what stands in it, and what is wrong with it or what it says. `empty`: it names a
    post and no figure, as lines of our own file do until somebody fills them in."""

    number: int
    cells: list[str]
    said: list[Said] = field(default_factory=list)
    post: Any = None
    wrong: str = ""
    empty: bool = False


@dataclass(frozen=True)
class Table:
    """A file as it was understood, before anything is written. `wrong` says what is wrong with all of it."""

    header: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    wrong: str = ""

    @property
    def errors(self) -> list[Line]:
        return [line for line in self.lines if line.wrong]

    @property
    def told(self) -> list[Line]:
        """The lines that say something, right or wrong."""
        return [line for line in self.lines if not line.empty]

    @property
    def said(self) -> list[Said]:
        return [one for line in self.lines if not line.wrong for one in line.said]


def table(text: str, timezone: str) -> Table:
    """Read a file's text and look up the posts it means; nothing is written."""
    rows = sheets.rows(text)
    if not rows:
        return Table(wrong=N_("There is nothing in it."))
    (_, header), *body = rows
    columns = [_column(cell) for cell in header]
    if len(body) > MOST_LINES:
        return Table(wrong=N_("At most 2,000 lines at once. Split it, please."))
    whose, what = {"link", "post"} & set(columns), ({"metric", "value"} <= set(columns))
    if not whose or not (what or set(METRICS) & set(columns)):
        return Table(
            wrong=N_("The first line names the columns: link or post, then views, likes, comments, saves.")
        )
    lines = [Line(number, cells) for number, cells in body]
    _understand(lines, columns, timezone)
    return Table(header, lines)


def _column(name: str) -> str:
    wanted = name.strip().lower()
    return next((key for key, text in COLUMNS.items() if wanted in (key, both(text)["zh"])), "")


def _understand(lines: list[Line], columns: list[str], timezone: str) -> None:
    values = {line.number: _named(line.cells, columns) for line in lines}
    found = {number: shared(row.get("link", "")) for number, row in values.items()}
    ids = {number: _whole(row.get("post", "")) for number, row in values.items()}
    posts = queries.named_posts(
        {one.key for one in found.values() if one is not None}, {one for one in ids.values() if one}
    )
    for line in lines:
        row, link = values[line.number], found[line.number]
        mine = [
            post
            for post in posts
            if (post.id == ids[line.number] if ids[line.number] else link and post.link_key == link.key)
        ]
        if len(mine) != 1:
            line.wrong = (
                N_("Nobody has registered this post.")
                if not mine
                else N_("Two members registered this link. Use the post's number.")
            )
            continue
        line.post = mine[0]
        at = _moment(row.get("date", ""), timezone)
        if at is None:
            line.wrong = N_("A date such as 2026-11-03, not in the future, please.")
            continue
        said = _figures(row)
        if not said and "metric" not in columns:
            line.empty = True
            continue
        if not said or None in said.values():
            line.wrong = A_NUMBER
            continue
        line.said = [
            Said(line.post.id, metric, value, at) for metric, value in said.items() if value is not None
        ]


def _named(cells: list[str], columns: list[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(columns, cells, strict=False) if name and cell}


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _figures(row: Mapping[str, str]) -> dict[str, int | None]:
    """The figures of a line; None for one that is none."""
    if "metric" in row:
        metric = _column(row["metric"])
        return {metric: figure(row.get("value", ""))} if metric in METRICS else {}
    return {metric: figure(row[metric]) for metric in METRICS if metric in row}


def _moment(text: str, timezone: str) -> datetime | None:
    """The noon of a day, or now without one; None for what is no day, or is still to come."""
    now = clock.now()
    if not text:
        return now.replace(hour=0, minute=0, second=0, microsecond=0)
    parts = re.match(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])", text)
    try:
        day = datetime(int(parts[1]), int(parts[2]), int(parts[3])) if parts else None
    except ValueError:
        day = None
    if day is None:
        return None
    local = day.replace(hour=12, tzinfo=zone(timezone))
    if local.date() > now.astimezone(zone(timezone)).date() or day.year < 2000:
        return None
    return min(local, now)


# what our own file of posts says beside the columns that a file may have
WHOSE = {"title": N_("title"), "member": N_("member")}
LONGEST_LINK, LONGEST_TITLE = 200, 60


def posts_csv(posts: Sequence[Any], say: Any) -> str:
    """Posts with their numbers and empty columns for their figures: a file to fill in and import as it is.

    The number says which post it is, so a link that would make the file too large to come back is left out.
    """
    columns = {**COLUMNS, **WHOSE}
    lines: list[list[object]] = [
        [say(columns[name]) for name in ("post", "link", "title", "member", *METRICS, "date")]
    ]
    for post in posts:
        link = post.link if len(post.link) <= LONGEST_LINK else ""
        texts = (link, post.title[:LONGEST_TITLE], post.member_name or "")
        lines.append([post.id, *texts, *([""] * (len(METRICS) + 1))])
    return sheets.written(lines)


def errors_csv(wrong: Table, say: Any) -> str:
    """The lines that couldn't be taken, each with what is wrong; no cell of it is a formula to a sheet."""
    head = [say(N_("line")), *wrong.header, say(N_("what to change"))]
    lines = [[line.number, *line.cells, say(line.wrong)] for line in wrong.errors]
    return sheets.written([head, *lines])
