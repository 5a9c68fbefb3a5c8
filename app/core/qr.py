"""QR codes: of an address, as a path for a page, or as a file to keep."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import segno

# the quiet around a code, in its modules, as the standard asks for
QUIET = 4
DARK = "#171b2c"


def modules(text: str) -> list[list[bool]]:
    """The rows of a code, its dark modules True."""
    return [[bool(cell) for cell in row] for row in segno.make(text, error="m", micro=False).matrix]


@lru_cache(maxsize=256)
def path(text: str) -> tuple[int, str]:
    """A code as its size in modules and one SVG path: no picture, no style."""
    rows = modules(text)
    drawn = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                drawn.append(f"M{x} {y}h{run - x}v1h-{run - x}z")
            x = max(run, x + 1)
    return len(rows), "".join(drawn)


def file(text: str, kind: str) -> bytes:
    """A code with its quiet edge as a file, `kind` "svg" or "png"."""
    made = BytesIO()
    more = {"nl": False} if kind == "svg" else {}
    code = segno.make(text, error="m", micro=False)
    code.save(
        made, kind=kind, scale=8 if kind == "svg" else 16, border=QUIET, dark=DARK, light="#ffffff", **more
    )
    return made.getvalue()
