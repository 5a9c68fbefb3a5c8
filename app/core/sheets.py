"""Tables that come in and go out as files, as spreadsheets read and write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from app.core.errors import Invalid
from app.core.i18n import N_

# Excel takes a file for UTF-8 only with this in front
MARK = "\ufeff"
# what a spreadsheet would run as a formula, some also the wide signs (OWASP, CSV injection)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


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


def plain(cell: object) -> str:
    """A cell as words: what a sheet would take for a formula gets a mark in front."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip(" \u3000\n")[:1] in FORMULA else text


def unmarked(cell: str) -> str:
    """A cell without the mark that `plain`, or somebody's hand, put in front."""
    return cell.removeprefix("'").strip()


def streamed(lines: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """The lines of a file, one by one, as they are sent: with the mark by which spreadsheets know UTF-8,
    whole numbers as they are (never a formula, whatever their sign), everything else as words."""
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    yield MARK.encode()
    for row in lines:
        writer.writerow([cell if isinstance(cell, int) else plain(cell) for cell in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def written(lines: Iterable[Iterable[object]]) -> str:
    """As `streamed`, the whole file as one text."""
    return b"".join(streamed(lines)).decode()
