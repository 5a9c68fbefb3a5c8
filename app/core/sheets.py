"""Tables that come in and go out as files, as spreadsheets read and write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from app.core.errors import Invalid
from app.core.i18n import N_

# Excel takes a file for UTF-8 only with this in front
MARK = "\ufeff"


def decoded(content: bytes, *, most_bytes: int) -> str:
    """A file's text: UTF-8, or GB18030 as spreadsheets in China write it. Raises Invalid (field "file")."""
    if len(content) > most_bytes:
        raise Invalid(
            fields={"file": N_("That file is too large: %(limit)s KB at most. Split it, please.")},
            limit=most_bytes // 1024,
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding).replace("\x00", "")
        except UnicodeDecodeError:
            continue
    raise Invalid(fields={"file": N_("That file can't be read. Save it as CSV in UTF-8, please.")})


def rows(text: str, *, blank: bool = False) -> list[tuple[int, list[str]]]:
    """The lines, each with its number, in cells without space around them; what divides the cells of the
    first divides all. Lines with nothing in them only if `blank`, and never those at the end."""
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text.rstrip(), newline=""), delimiter=delimiter)
    found = []
    try:
        for cells in reader:
            if blank or any(cell.strip() for cell in cells):
                found.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error:
        return found
    return found


def plain(cell: str) -> str:
    """A cell as words: what a sheet would take for a formula gets a mark in front."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def unmarked(cell: str) -> str:
    """A cell without the mark that `plain`, or somebody's hand, put in front."""
    return cell.removeprefix("'").strip()


def written(lines: Iterable[Iterable[object]]) -> str:
    """The lines as a file's text, with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return MARK + out.getvalue()
