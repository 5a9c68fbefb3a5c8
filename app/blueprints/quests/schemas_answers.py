"""The answers of a quick task as a sheet: comma-separated values that every spreadsheet opens as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

# Excel takes a file for UTF-8 only with this in front
MARK = "\ufeff"
# what a spreadsheet would run as a formula, some also the wide signs (OWASP, CSV injection)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(text: object) -> str:
    """A value as a sheet shows it: what would be run as a formula is marked as text."""
    value = str(text)
    first = value.lstrip(" \u3000\n")[:1]
    return f"'{value}" if value.startswith(FORMULA) or first in FORMULA else value


def sheet(rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """The rows as the lines of a file, one by one."""
    line = io.StringIO()
    writer = csv.writer(line)
    yield MARK.encode()
    for row in rows:
        # a number is a number: it is never a formula, whatever its sign
        writer.writerow([value if isinstance(value, int) else cell(value) for value in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
