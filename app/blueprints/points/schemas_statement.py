"""A statement as comma-separated values that every spreadsheet opens as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from app.core import sheets
from app.core.i18n import N_, pair, pick

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


def statement(head: Iterable[str], lines: Iterable[Any], *, locale: str, here: Any) -> Iterator[bytes]:
    """The file, line by line: `head` translated, texts in `locale`, days in the zone `here`."""

    def row(line: Any) -> tuple[object, ...]:
        return (
            line.id,
            day(line.created_at, here),
            what(line, locale),
            pick(pair(line.name, line.name_en), locale) if line.name else None,
            line.base,
            f"{line.multiplier_percent / 100:g}" if line.multiplier_percent else None,
            line.amount,
            line.balance,
        )

    return sheets.streamed(chain([head], map(row, lines)))


def day(moment: datetime, here: Any) -> str:
    return moment.astimezone(here).strftime("%Y-%m-%d %H:%M")


def what(line: Any, locale: str) -> str:
    """The line's title, and its note where it has one."""
    title, note = pick(line.title, locale), pick(line.note, locale)
    return f"{title}: {note}" if note else str(title)
