"""Voucher codes from a file, tried out before anything is written.

A line for each code; a second column may say until which day it can be used. The text of a file goes with the
page and back again: no code is kept anywhere in the clear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.blueprints.mall import queries_staff
from app.blueprints.mall.services_items import NewCode
from app.core import clock, sheets
from app.core.dates import day, zone
from app.core.errors import Invalid
from app.core.i18n import N_, both

MOST_BYTES = 512 * 1024
MOST_LINES = 10_000
LEAST, MOST = 4, 64
HEADS = (N_("code"), N_("valid until"))


@dataclass
class Line:
    """A line that can't be taken: what stands in it, and what is wrong with it (a text and its values)."""

    number: int
    cells: list[str]
    wrong: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """What a file says: the codes that can be taken, the lines that can't, and how many lines there are."""

    codes: list[NewCode]
    errors: list[Line]
    total: int


def tried(text: str, timezone: str, locale: str) -> Trial:
    """Read a file's text and look its codes up; nothing is written. Raises Invalid ("file")."""
    rows = sheets.rows(text, blank=True)
    if rows and _is_head(rows[0][1]):
        rows = rows[1:]
    if not rows:
        raise Invalid(fields={"file": N_("There is nothing in it.")})
    if len(rows) > MOST_LINES:
        raise Invalid(fields={"file": N_("At most 10,000 codes at once. Split it, please.")})
    today = clock.now().astimezone(zone(timezone)).date()
    known = queries_staff.imported_before(list({cells[0] for _n, cells in rows if cells and cells[0]}))
    first: dict[str, int] = {}
    codes, errors = [], []
    for number, cells in rows:
        code, until = _code(cells), _until(cells)
        wrong, values = _wrong(code, until, today)
        if not wrong and code in first:
            wrong, values = N_("the same as line %(line)s"), {"line": first[code]}
        if not wrong and code in known:
            wrong, values = _known(known[code], timezone, locale)
        if code:
            first.setdefault(code, number)
        if wrong:
            errors.append(Line(number, [cell for cell in cells if cell], wrong, values))
        else:
            codes.append(NewCode(code, until if isinstance(until, date) else None))
    return Trial(codes, errors, len(rows))


def _is_head(cells: list[str]) -> bool:
    names = {name for text in HEADS[:1] for name in (text, both(text)["zh"])}
    return bool(cells) and cells[0].lower() in names


def _code(cells: list[str]) -> str:
    return cells[0] if cells else ""


def _until(cells: list[str]) -> date | str | None:
    """The day in the second column; the text itself when it is none, None when it is empty."""
    text = cells[1] if len(cells) > 1 else ""
    if not text:
        return None
    parts = re.fullmatch(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", text)
    try:
        return date(int(parts[1]), int(parts[2]), int(parts[3])) if parts else text
    except ValueError:
        return text


def _wrong(code: str, until: date | str | None, today: date) -> tuple[str, dict[str, Any]]:
    if not code and until is None:
        return N_("an empty line"), {}
    if len(code) < LEAST:
        return N_("too short for a code: %(least)s characters at least"), {"least": LEAST}
    if len(code) > MOST:
        return N_("too long for a code: %(most)s characters at most"), {"most": MOST}
    if re.search(r"\s|[^\x21-\x7e]", code):
        return N_("a code has letters, digits and signs, and no space in it"), {}
    if isinstance(until, str):
        return N_("the second column is a day such as 2027-03-31"), {}
    if until is not None and until < today:
        return N_("its day is over already"), {}
    return "", {}


def _known(row: Any, timezone: str, locale: str) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"day": _day(row.imported_at, timezone, locale)}
    if row.member_name:
        text = N_("imported on %(day)s, and %(name)s has it")
        return text, values | {"name": row.member_name}
    return N_("imported on %(day)s"), values


def _day(moment: datetime, timezone: str, locale: str) -> str:
    return day(moment, timezone, locale)


def errors_csv(trial: Trial, say: Any) -> str:
    """The lines to correct, each with what is wrong with it."""
    head = [say(N_("line")), say(HEADS[0]), say(HEADS[1]), say(N_("what to change"))]
    lines = [
        [line.number, *[*line.cells, "", ""][:2], say(line.wrong, **line.values)] for line in trial.errors
    ]
    return sheets.written([head, *lines])
