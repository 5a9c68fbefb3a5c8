"""Text in pictures: measured, wrapped, fitted and drawn, whatever people are called.

Each font is loaded once, at one size, and what it draws is made smaller: a font at each size would be held
in memory again and again, and the width of a text is in proportion to its size. A character is drawn by the
first font that has it. What none has is left out when it is decoration (emoji), and shown as a geta mark, as
printers do, when it is a letter.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock

import brotli
from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parent / "fonts"
PLAIN = ("sans", "rare", "hongkong", "japan")
# a person speaking; names and rare characters may be in the plain face
VOICE = ("serif", *PLAIN)
Face = tuple[str, ...]
# in pixels: nothing is drawn larger
MASTER = 128
# what reaches above and below the line, in parts of the size: accents over capitals, and tails
ABOVE, UNDER = 1.25, 0.45
MISSING = "\u3013"
ELLIPSIS = "\u2026"
# what no line begins with, and what none ends with
CLOSING = frozenset(
    "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f\u300d\u300f\uff09\u300b\u3009\u3011\u3015\u201d"
    "\u2019\u2026\u2014\u00b7\u30fb\uff5e\uff05%,.:;!?)]}\u3005\u30fc"
)
OPENING = frozenset("\u300c\u300e\uff08\u300a\u3008\u3010\u3014\u201c\u2018([{#\uffe5$")
# a line is better broken behind one of these than between two characters
PAUSE = frozenset("\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f\u300d\u300f\uff09\u300b\u2026\u2014,.:;!?)")
# where wide characters begin and end, in turn
WIDE = (0x2E80, 0xA4D0, 0xAC00, 0xD7A4, 0xF900, 0xFB00, 0xFE30, 0xFE50, 0xFF00, 0xFFF0, 0x20000, 0x40000)
MOST_LETTERS = 400
# how much smaller a text becomes at a time, and at most so that its lines break at pauses
STEP, CALMER = 0.95, 0.8

# FreeType draws with one thread at a time
_one_at_a_time = RLock()


@dataclass(frozen=True)
class Font:
    """A font with what it has: the first and the last character of each range, in order."""

    drawn: ImageFont.FreeTypeFont
    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    def has(self, character: str) -> bool:
        at = bisect_right(self.firsts, ord(character)) - 1
        return at >= 0 and ord(character) <= self.lasts[at]


@lru_cache
def _font(name: str) -> Font:
    content = brotli.decompress((FONTS / f"{name}.ttf.br").read_bytes())
    drawn = _opened(content)
    ranges = list(_ranges(content))
    return Font(drawn, tuple(first for first, _ in ranges), tuple(last for _, last in ranges))


def _opened(content: bytes) -> ImageFont.FreeTypeFont:
    """A font to draw with. FreeType maps it from a file, which is gone from its folder at once, and so reads
    what it draws and no more; without room for one it is held in memory, twice."""
    try:
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "font.ttf"
            path.write_bytes(content)
            return ImageFont.truetype(path, MASTER, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return ImageFont.truetype(BytesIO(content), MASTER, layout_engine=ImageFont.Layout.BASIC)


def _ranges(content: bytes) -> Iterator[tuple[int, int]]:
    """What a font has, from its `cmap`: the fonts here are made with one table of it, of format 12."""
    tables = struct.unpack_from(">H", content, 4)[0]
    for entry in range(12, 12 + 16 * tables, 16):
        tag, _sum, start, _length = struct.unpack_from(">4sLLL", content, entry)
        if tag == b"cmap":
            table = start + struct.unpack_from(">L", content, start + 8)[0]
            groups = struct.unpack_from(">L", content, table + 12)[0]
            for group in range(table + 16, table + 16 + 12 * groups, 12):
                yield struct.unpack_from(">LL", content, group)


@lru_cache(maxsize=8192)
def _drawn_by(character: str, face: Face) -> str | None:
    """The first font of a face that has a character."""
    with _one_at_a_time:
        return next((name for name in face if _font(name).has(character)), None)


@lru_cache(maxsize=8192)
def _advance(character: str, face: Face) -> float:
    """How wide a character is, in parts of the size."""
    name = _drawn_by(character, face)
    if name is None:
        return 0.0
    with _one_at_a_time:
        return _font(name).drawn.getlength(character) / MASTER


def legible(text: str, face: Face = PLAIN) -> str:
    """A text as it can be drawn, on one line: composed, without what is not drawn (controls, emoji), and with
    a geta mark for letters that no font has. "" when not one of its letters could be read."""
    plain = unicodedata.normalize("NFC", " ".join(text.split()))[:MOST_LETTERS]
    letters = [(one, _drawn_by(one, face) is not None) for one in plain if unicodedata.category(one) != "Cf"]
    if any(one.isalpha() for one, _ in letters) and not any(has and one.isalnum() for one, has in letters):
        return ""
    kept = (one if has else MISSING if unicodedata.category(one)[0] in "LN" else "" for one, has in letters)
    return re.sub(f"{MISSING}[{MISSING} ]*{MISSING}", MISSING, " ".join("".join(kept).split()))


def measure(text: str, size: float, face: Face = PLAIN) -> float:
    """How wide a legible text is on one line, in pixels."""
    return size * sum(_advance(one, face) for one in text)


def _is_wide(character: str) -> bool:
    return bisect_right(WIDE, ord(character)) % 2 == 1


def _units(text: str) -> list[str]:
    """A text in the pieces that stay together: a character of Chinese or Japanese with the signs that go with
    it, or a word with the space behind it."""
    units: list[str] = []
    for one in text:
        last = units[-1] if units else ""
        sticks = bool(last) and (
            one in CLOSING
            or one == " "
            or last[-1] in OPENING
            or (last[-1] != " " and not _is_wide(one) and not _is_wide(last[-1]))
        )
        if sticks:
            units[-1] += one
        else:
            units.append(one)
    return units


def wrap(text: str, size: float, width: float, face: Face = PLAIN) -> list[str]:
    """A legible text in as few lines of `width` pixels as can be, of nearly the same length, broken behind
    a pause where there is one near. A word that is wider than a line is broken anywhere."""
    room = width / size
    pieces = [piece for unit in _units(text) for piece in _broken(unit, room, face)]
    widths = [_width(piece, face) for piece in pieces]
    fewest = _greedy(widths, [_width(piece.rstrip(), face) for piece in pieces], room)
    if fewest <= 1:
        return [text] if text else []
    ideal = sum(widths) / fewest
    # best[n][i]: the least cost of the first i pieces on n lines, and where the last of these begins
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for number in range(1, fewest + 1):
        now: dict[int, tuple[float, int]] = {}
        for start, (cost, _) in best[-1].items():
            for end, long in _ends(pieces, widths, start, room, face):
                ragged = (long - ideal) ** 2
                cut = 0.0 if end == len(pieces) else _cut(pieces[end - 1].rstrip(), pieces[end])
                if (end == len(pieces)) == (number == fewest):
                    total = cost + ragged + cut
                    if end not in now or total < now[end][0]:
                        now[end] = (total, start)
        best.append(now)
    lines, end = [], len(pieces)
    for number in range(fewest, 0, -1):
        start = best[number][end][1]
        lines.append("".join(pieces[start:end]).strip())
        end = start
    return lines[::-1]


def _cut(before: str, behind: str) -> float:
    """What it costs to break a line between two pieces: nothing at a pause, little between two words."""
    if before[-1:] in PAUSE:
        return 0.0
    return 8.0 if _is_wide(before[-1:] or " ") or _is_wide(behind[0]) else 1.0


def _width(text: str, face: Face) -> float:
    return sum(_advance(one, face) for one in text)


def _broken(unit: str, room: float, face: Face) -> Iterator[str]:
    """A piece, or when it is too wide for a line, parts of it that aren't."""
    part, long = "", 0.0
    for one in unit:
        wide = _advance(one, face)
        if part and one != " " and long + wide > room:
            yield part
            part, long = "", 0.0
        part, long = part + one, long + wide
    yield part


def _ends(
    pieces: list[str], widths: list[float], start: int, room: float, face: Face
) -> Iterator[tuple[int, float]]:
    """Where a line that begins with piece `start` may end, and how long it is then; one piece always fits."""
    before = 0.0
    for end in range(start, len(pieces)):
        long = before + _width(pieces[end].rstrip(), face)
        if long > room and end > start:
            return
        yield end + 1, long
        before += widths[end]


def _greedy(widths: list[float], bare: list[float], room: float) -> int:
    """How many lines it takes at least."""
    lines, before = (1, 0.0) if widths else (0, 0.0)
    for wide, seen in zip(widths, bare, strict=True):
        if before and before + seen > room:
            lines, before = lines + 1, 0.0
        before += wide
    return lines


@dataclass(frozen=True)
class Fitted:
    """Lines as they are drawn, at which size, and whether they are the whole text."""

    lines: list[str]
    size: float
    face: Face
    whole: bool = True

    @property
    def width(self) -> float:
        return max((measure(line, self.size, self.face) for line in self.lines), default=0.0)


def fit(
    text: str, *, size: float, smallest: float, width: float, lines: int = 1, face: Face = PLAIN
) -> Fitted:
    """A text made smaller, from `size` down to `smallest`, until it stands on so many lines of `width`; what
    is too long even then ends with an ellipsis. A little smaller still, when it then breaks at pauses."""
    plain = legible(text, face)
    found = wrap(plain, size, width, face)
    # one character may be wider than a line
    while size > smallest and (len(found) > lines or any(measure(one, size, face) > width for one in found)):
        size = max(smallest, size * STEP)
        found = wrap(plain, size, width, face)
    if len(found) > lines:
        return Fitted(_shortened(plain, lines, size, width, face), size, face, whole=False)
    calmer, least = size, max(smallest, size * CALMER)
    while _torn(found) and calmer > least:
        calmer = max(least, calmer * STEP)
        other = wrap(plain, calmer, width, face)
        if not _torn(other):
            return Fitted(other, calmer, face)
    return Fitted(found, size, face)


def _torn(lines: list[str]) -> bool:
    return any(_cut(line, following) > 1 for line, following in pairwise(lines))


def _shortened(text: str, lines: int, size: float, width: float, face: Face) -> list[str]:
    """The first lines of a text, each as full as it can be, and an ellipsis at the end of the last."""
    room = width / size
    pieces = [piece for unit in _units(text) for piece in _broken(unit, room, face)]
    kept = []
    for _ in range(lines - 1):
        line = pieces.pop(0)
        while _width(line + pieces[0].rstrip(), face) <= room:
            line += pieces.pop(0)
        kept.append(line.strip())
    last, room = "", room - _advance(ELLIPSIS, face)
    for one in "".join(pieces):
        room -= _advance(one, face)
        if room < 0:
            break
        last += one
    return [*kept, last.rstrip("".join((" ", *PAUSE))) + ELLIPSIS]


def draw(
    picture: Image.Image,
    at: tuple[float, float],
    text: str,
    *,
    size: float,
    fill: str,
    face: Face = PLAIN,
    end: bool = False,
) -> None:
    """Draw a legible line into a picture, its baseline beginning at `at`, or ending there (`end`).

    Raises ValueError for a size above MASTER.
    """
    if size > MASTER:
        raise ValueError(f"letters of {size} pixels, at most {MASTER}")
    long = measure(text, size, face)
    if not long:
        return
    x = at[0] - long if end else at[0]
    edge = MASTER // 4
    strip = Image.new("L", (round(long * MASTER / size) + 2 * edge, round((ABOVE + UNDER) * MASTER)))
    pen, place = ImageDraw.Draw(strip), float(edge)
    with _one_at_a_time:
        for name, run in groupby(text, key=lambda one: _drawn_by(one, face)):
            letters = "".join(run)
            if name is not None:
                pen.text((place, ABOVE * MASTER), letters, fill=255, font=_font(name).drawn, anchor="ls")
            place += measure(letters, MASTER, face)
    small = (max(1, round(strip.width * size / MASTER)), max(1, round(strip.height * size / MASTER)))
    mask = strip.resize(small, Image.Resampling.LANCZOS) if small != strip.size else strip
    corner = (round(x - edge * size / MASTER), round(at[1] - ABOVE * size))
    picture.paste(fill, corner, mask)


def draw_lines(
    picture: Image.Image, at: tuple[float, float], fitted: Fitted, *, fill: str, leading: float = 1.4
) -> float:
    """Draw lines under each other, the first baseline at `at`; where the next baseline would be."""
    x, y = at
    for line in fitted.lines:
        draw(picture, (x, y), line, size=fitted.size, fill=fill, face=fitted.face)
        y += fitted.size * leading
    return y
