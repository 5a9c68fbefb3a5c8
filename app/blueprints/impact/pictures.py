"""Pictures to take along, made of values: the thank-you picture for the end of a post, the card of a month.

Night ground, the ridge and the scale of the member card, as on the screen. They carry the words they are
given: nobody else's name or words come into them here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

from app.core.lettering import PLAIN, VOICE, Fitted, draw, draw_lines, fit, legible, measure
from app.core.qr import QUIET, modules

SPRITE = Path(__file__).parents[2] / "static" / "icons" / "sprite.svg"
PAPER, INK, INK2, INK3, LINE2 = "#0d1429", "#eef0f7", "#b6bdd3", "#98a1bc", "#44507a"
RIDGE = ("#1c2747", "#131c37", "#0a1022")
LAMP = "#ffb42b"
# what is drawn without smoothing is drawn so many times larger first
FINE = 2
LEADING = 1.42


@dataclass(frozen=True)
class PictureWords:
    """What the thank-you picture says, in the reader's language: `voice` asks, `hint` says how."""

    voice: str
    hint: str


@lru_cache
def _ridges() -> list[list[tuple[float, float]]]:
    """The three hills of the ridge as the outlines of the sprite's drawing, in its box of 800 by 160."""
    drawing = re.search(r'<symbol id="ridge".*?</symbol>', SPRITE.read_text("utf-8"), re.DOTALL)
    hills = re.findall(r' d="M0 160V\S+?(Q[^"]*?)V160z"', drawing[0] if drawing else "")
    return [
        [
            ((float(x) + float(end_x)) / 2, (float(y) + float(end_y)) / 2)
            for (x, y), (end_x, end_y) in pairwise(re.findall(r"(-?[\d.]+) (-?[\d.]+)", hill))
        ]
        for hill in hills
    ]


def _ridge(picture: Image.Image, high: int) -> None:
    """The ridge along the foot of a picture, as wide as it is, `high` pixels high."""
    wide, foot = picture.size
    scale = max(wide / 800, high / 160)
    left = (800 * scale - wide) / 2
    for hill, fill in zip(_ridges(), RIDGE, strict=True):
        spots = [(FINE * (x * scale - left), FINE * (high - (160 - y) * scale)) for x, y in hill]
        mask = Image.new("L", (wide * FINE, high * FINE))
        around = [(spots[0][0], FINE * high), *spots, (FINE * wide, spots[-1][1]), (FINE * wide, FINE * high)]
        ImageDraw.Draw(mask).polygon(around, fill=255)
        picture.paste(fill, (0, foot - high), mask.reduce(FINE))


def _scale(picture: Image.Image, high: int) -> None:
    """The ticks of the focus scale along the upper edge, every tenth and twentieth of a hundred longer."""
    pen, step = ImageDraw.Draw(picture), picture.width / 100
    for tick in range(1, 100):
        long = high if tick % 20 == 0 else high * 0.65 if tick % 10 == 0 else high * 0.4
        x = round(tick * step)
        pen.rectangle((x, 0, x + 2, round(long)), fill=LINE2)


def _rounded(picture: Image.Image, box: tuple[int, int, int, int], radius: int, fill: str) -> None:
    left, top, right, foot = box
    mask = Image.new("L", ((right - left) * FINE, (foot - top) * FINE))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius * FINE, fill=255)
    picture.paste(fill, (left, top), mask.reduce(FINE))


def _code(url: str, side: int) -> Image.Image:
    """A QR code with its quiet edge, of about `side` pixels: as many as its modules are whole pixels."""
    rows = modules(url)
    plain = Image.new("L", (len(rows) + 2 * QUIET,) * 2, 255)
    inner = Image.frombytes("L", (len(rows),) * 2, bytes(255 * (not dark) for row in rows for dark in row))
    plain.paste(inner, (QUIET, QUIET))
    module = max(1, round(side / plain.width))
    return plain.resize((plain.width * module,) * 2, Image.Resampling.NEAREST)


def _tile(picture: Image.Image, code: Image.Image, at: tuple[int, int]) -> None:
    """A QR code on a white tile with round corners."""
    _rounded(picture, (*at, at[0] + code.width, at[1] + code.height), code.width // 16, "#ffffff")
    picture.paste(PAPER, at, code.point(lambda value: 255 - value))


def _mark(picture: Image.Image, at: tuple[int, int], side: int) -> None:
    """The sign of Lightup: a ring, and its lit point."""
    fine = Image.new("RGBA", (side * FINE, side * FINE))
    pen, unit = ImageDraw.Draw(fine), side * FINE / 24
    pen.ellipse((3 * unit, 5 * unit, 19 * unit, 21 * unit), outline=INK, width=round(1.8 * unit))
    pen.ellipse((13.2 * unit, 2.2 * unit, 21.8 * unit, 10.8 * unit), fill=PAPER)
    pen.ellipse((14.5 * unit, 3.5 * unit, 20.5 * unit, 9.5 * unit), fill=LAMP)
    small = fine.reduce(FINE)
    picture.paste(small, at, small)


def _bytes(picture: Image.Image) -> bytes:
    # a picture of so few colours is a third of the size with a palette, and is packed sooner
    few = picture.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    file = BytesIO()
    few.save(file, "PNG", compress_level=6)
    return file.getvalue()


def report_picture(
    *, name: str, month_label: str, headline: str, brand: str, stamp: str, url: str | None
) -> bytes:
    """The card of a month as a PNG of 1500 by 900: `name` (may be "") and `month_label`, the `headline` as
    somebody speaking, the `brand` and a `stamp` such as "2026.10" at its foot, and the QR code of `url`."""
    picture = Image.new("RGB", (1500, 900), PAPER)
    edge = 88
    _ridge(picture, 400)
    _scale(picture, 34)
    right = picture.width - edge
    if url is not None:
        code = _code(url, 372)
        right -= code.width + 64
        _tile(picture, code, (picture.width - edge - code.width, edge))
    label = _label(name, month_label, width=right - edge)
    under = draw_lines(picture, (edge, edge + 54), label, fill=INK3)
    said = fit(headline, size=118, smallest=84, width=right - edge, lines=2, face=VOICE)
    if not said.whole:
        said = fit(headline, size=84, smallest=48, width=right - edge, lines=3, face=VOICE)
    # in the middle between what stands over it and the ridge
    first = (under + 500) / 2 + said.size * 0.6 - (len(said.lines) - 1) * said.size * LEADING / 2
    draw_lines(picture, (edge, first), said, fill=INK, leading=LEADING)
    foot = picture.height - edge + 4
    marked = legible(stamp)
    draw(picture, (picture.width - edge, foot), marked, size=46, fill=INK2, end=True)
    room = picture.width - 2 * edge - measure(marked, 46) - 48
    draw_lines(picture, (edge, foot), fit(brand, size=46, smallest=30, width=room), fill=INK2)
    return _bytes(picture)


def _label(name: str, month: str, *, width: float) -> Fitted:
    """A name and its month on one line, or on two when they are too long for it."""
    who, when = legible(name), legible(month)
    whole = f"{who} \u00b7 {when}" if who else when
    line = fit(whole, size=48, smallest=42, width=width)
    if not who or line.whole:
        return line
    first = fit(who, size=44, smallest=34, width=width)
    return Fitted([*first.lines, when], first.size, PLAIN)


def thanks_picture(*, title: str, name: str, words: PictureWords, url: str, brand: str) -> bytes:
    """A picture for the end of a post as a PNG of 1080 by 1440: it asks to say so if it helped, with the QR
    code and the address `url`, the post's `title`, whose it is (`name`, may be "") and the `brand`."""
    picture = Image.new("RGB", (1080, 1440), PAPER)
    edge = 88
    wide = picture.width - 2 * edge
    _ridge(picture, 460)
    _scale(picture, 30)
    asked = fit(words.voice, size=96, smallest=48, width=wide, lines=2, face=VOICE)
    after = draw_lines(picture, (edge, 130 + asked.size * 0.8), asked, fill=INK, leading=LEADING)
    about = fit(title, size=42, smallest=36, width=wide, lines=2)
    after = draw_lines(picture, (edge, after), about, fill=INK2, leading=1.5)
    who = fit(name, size=38, smallest=28, width=wide)
    draw_lines(picture, (edge, after + 4), who, fill=INK3)
    code, top = _code(url, 520), 640
    _tile(picture, code, ((picture.width - code.width) // 2, top))
    hint = fit(words.hint, size=40, smallest=28, width=wide)
    shown = fit(re.sub(r"^https?://", "", url), size=36, smallest=22, width=wide)
    for line, y, fill in ((hint, top + code.height + 72, INK), (shown, top + code.height + 126, INK2)):
        draw_lines(picture, ((picture.width - line.width) / 2, y), line, fill=fill)
    mark = 48
    foot = fit(brand, size=34, smallest=24, width=wide - mark - 14)
    left = round((picture.width - foot.width - mark - 14) / 2)
    _mark(picture, (left, 1440 - 56 - mark), mark)
    draw_lines(picture, (left + mark + 14, 1440 - 56 - 13), foot, fill=INK2)
    return _bytes(picture)
