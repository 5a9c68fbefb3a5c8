"""Pages by key: the next page begins after the last row seen, however many rows lie before it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

T = TypeVar("T")
Column = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the next page (None on the last)."""

    rows: Sequence[T]
    next: str | None


def keyset(
    query: Select[Any], *columns: Column, cursor: str | None, size: int, newest_first: bool = True
) -> tuple[Select[Any], int]:
    """Order `query` by `columns` (together unique) and start it after `cursor`.

    Returns the statement, which asks for one row more than `size`; give its rows to `page_of`.
    A cursor that can't be read starts at the beginning. Values must be int, str or a moment.
    """
    order = [column.desc() if newest_first else column.asc() for column in columns]
    after = _read(cursor, columns)
    if after is not None:
        row = tuple_(*columns)
        last = tuple_(*(literal(value, column.type) for value, column in zip(after, columns, strict=True)))
        query = query.where(row < last if newest_first else row > last)
    return query.order_by(*order).limit(size + 1), size


def page_of(rows: Sequence[Any], size: int, *keys: str) -> Page[Any]:
    """Cut the extra row off and make the cursor of the next page from the last row's `keys`."""
    if len(rows) <= size:
        return Page(rows, None)
    last = rows[size - 1]
    return Page(rows[:size], _write([getattr(last, key) for key in keys]))


def page_of_list(
    rows: Iterable[T], key: Callable[[T], tuple[int, ...]], *, cursor: str | None, size: int
) -> Page[T]:
    """The rows after `cursor` of what is ordered by `key` (whole numbers, together unique).

    Of an iterator no more is taken than the page and one beyond.
    """
    after = _decoded(cursor)
    if after is not None and all(type(value) is int for value in after):
        last = tuple(after)
        # a cursor of another list begins at the beginning
        rows = (row for row in rows if len(place := key(row)) != len(last) or place > last)
    found = list(islice(rows, size + 1))
    if len(found) <= size:
        return Page(found, None)
    return Page(found[:size], _write(list(key(found[size - 1]))))


def _write(values: list[Any]) -> str:
    text = json.dumps(values, separators=(",", ":"), default=datetime.isoformat)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(cursor: str | None) -> list[Any] | None:
    if not cursor or len(cursor) > 200:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        return None
    return values if isinstance(values, list) else None


def _read(cursor: str | None, columns: tuple[Column, ...]) -> list[Any] | None:
    values = _decoded(cursor)
    if values is None or len(values) != len(columns):
        return None
    for n, column in enumerate(columns):
        if column.type.python_type is datetime:
            values[n] = _moment(values[n])
        value = values[n]
        if type(value) is not column.type.python_type or (isinstance(value, int) and abs(value) >= 2**63):
            return None
    return values


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, TypeError, OverflowError):
        return None


# --- pages by one id, newest first: the statement stays the same on every page, so that it is built once

BEYOND = 2**31 - 1


def below(cursor: str | None) -> int:
    """The id under which a page begins; one beyond all others where there is no cursor that can be read."""
    if cursor and len(cursor) <= 10 and cursor.isascii() and cursor.isdigit():
        return min(int(cursor), BEYOND)
    return BEYOND


def page_by_id(rows: Sequence[Any], size: int, key: str = "id") -> Page[Any]:
    """Cut the extra row off (the statement asks for one more than `size`); the last row's id leads on."""
    if len(rows) <= size:
        return Page(rows, None)
    return Page(rows[:size], str(getattr(rows[size - 1], key)))
