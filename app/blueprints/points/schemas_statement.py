"""A statement as comma-separated values that every spreadsheet opens as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from app.core.i18n import N_, pair, pick

# Excel takes a file for UTF-8 only with this in front
MARK = "\ufeff"
# what a spreadsheet would run as a formula, some also the wide signs (OWASP, CSV injection)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HEAD = (
    N_("Number"),
    N_("Day"),
    N_("What"),
    N_("Rule"),
    N_("Base"),
    N_("Multiplier"),
    N_("Points"),
    N_("Balance after"),
)


def cell(value: object) -> object:
    """A value as a sheet shows it: a number stays one, a text that would be run is marked as text."""
    if isinstance(value, int) or value is None:
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip(" \u3000\n")[:1] in FORMULA else text


def statement(head: Iterable[str], lines: Iterable[Any], *, locale: str, here: Any) -> Iterator[bytes]:
    """The file, line by line: `head` translated, texts in `locale`, days in the zone `here`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    yield MARK.encode()
    writer.writerow(head)
    for line in lines:
        writer.writerow(
            [
                line.id,
                day(line.created_at, here),
                cell(what(line, locale)),
                cell(pick(pair(line.name, line.name_en), locale) if line.name else None),
                line.base,
                f"{line.multiplier_percent / 100:g}" if line.multiplier_percent else None,
                line.amount,
                line.balance,
            ]
        )
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def day(moment: datetime, here: Any) -> str:
    return moment.astimezone(here).strftime("%Y-%m-%d %H:%M")


def what(line: Any, locale: str) -> str:
    """The line's title, and its note where it has one."""
    title, note = pick(line.title, locale), pick(line.note, locale)
    return f"{title}: {note}" if note else str(title)
