"""What holds a reader's words until staff have read them: listed words, links, phone numbers. Pure.

Words are compared as they look, not as they are written: full width as narrow, capitals as small letters,
without what stands between the letters to get past a list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

# why words are held -> said beside them on the desk (templates/impact_staff/_words.html)
REASONS = ("word", "link", "number", "rush")
MOST_WORD = 30

UNSEEN = re.compile("[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
# between two letters of a listed word or two digits of a number somebody may write nearly anything
BETWEEN = r"[\W_]{0,3}"
# a number as it is spoken, digit by digit: zero (two ways), one (two ways) to nine
SPOKEN = str.maketrans(
    "\u3007\u96f6\u4e00\u5e7a\u4e8c\u4e24\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d", "0011223456789"
)
# a mobile number; seven digits and more in a row (QQ, a landline); an address of a mailbox
NUMBERS = (
    re.compile(rf"(?<!\d)1{BETWEEN}[3-9](?:{BETWEEN}\d){{9}}(?!\d)"),
    re.compile(r"(?<!\d)\d(?:[ \-.]?\d){6,}(?!\d)"),
)
LINKS = (
    re.compile(r"https?\s*[:/]+\s*\S+", re.IGNORECASE),
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(
        r"(?<![\w.])(?:[a-z0-9-]+\.)+(?:com|cn|net|org|top|xyz|vip|cc|me|io|shop|club|site|link|app|tv|info|biz)"
        r"(?:/\S*)?(?![\w-])",
        re.IGNORECASE,
    ),
)


@dataclass(frozen=True)
class Piece:
    """A part of what was written, in order; `why` is a key of REASONS where it is held for that, else ""."""

    text: str
    why: str


def comparable(text: str) -> str:
    """A text as listed words are compared: NFKC, small letters, nothing unseen, no space at its ends."""
    return UNSEEN.sub("", unicodedata.normalize("NFKC", text)).casefold().strip()


def pieces(text: str, listed: Collection[str]) -> list[Piece]:
    """What was written, cut where something in it is held; the texts together are `text`.

    `listed` are words as `comparable` makes them.
    """
    seen, places = _as_seen(text)
    marks: dict[int, str] = {}
    for why, spans in (
        ("word", _listed(seen, listed)),
        ("link", _found(LINKS, seen)),
        ("number", _found(NUMBERS, seen.translate(SPOKEN))),
    ):
        for start, end in spans:
            # from the first to the last letter that was written of it
            for place in range(places[start], places[end - 1] + 1):
                marks.setdefault(place, why)
    cut: list[Piece] = []
    for place, letter in enumerate(text):
        why = marks.get(place, "")
        if cut and cut[-1].why == why:
            cut[-1] = Piece(cut[-1].text + letter, why)
        else:
            cut.append(Piece(letter, why))
    return cut


def held_for(texts: Iterable[str], listed: Collection[str]) -> list[str]:
    """Why these texts are held, of REASONS in their order; [] where nothing is."""
    found = {piece.why for text in texts for piece in pieces(text, listed)}
    return [why for why in REASONS if why in found]


def without(text: str, listed: Collection[str]) -> str:
    """A text without what it is held for."""
    return " ".join("".join(piece.text for piece in pieces(text, listed) if not piece.why).split())


def _as_seen(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each letter of that its place in what was written."""
    seen, places = [], []
    for place, letter in enumerate(text):
        for one in unicodedata.normalize("NFKC", letter).casefold():
            if not UNSEEN.match(one):
                seen.append(one)
                places.append(place)
    return "".join(seen), places


def _listed(seen: str, listed: Collection[str]) -> Iterable[tuple[int, int]]:
    for word in listed:
        letters = [re.escape(letter) for letter in word if not letter.isspace()]
        # a Latin word is one only where no further letter stands beside it
        edge = r"(?<![a-z])", r"(?![a-z])"
        before, after = edge if word.isascii() else ("", "")
        if letters:
            yield from _found([re.compile(before + BETWEEN.join(letters) + after)], seen)


def _found(patterns: Iterable[re.Pattern[str]], seen: str) -> Iterable[tuple[int, int]]:
    for pattern in patterns:
        for match in pattern.finditer(seen):
            yield match.span()
