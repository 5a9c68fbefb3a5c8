"""Which work somebody may have meant, from what they said: pure.

Compared are units, a Chinese character or a word of letters each, without what stands between them, so that
a part of a title is found however it was quoted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.blueprints.impact.policies_words import comparable

UNIT = re.compile(r"[a-z0-9]+|[^\W_]")
BORDER = "\x1f"
# of a title three characters in a row, or as much of words of letters, are no accident
LEAST = 3.0
NAMED = 3.0
MOST_SUGGESTED = 4
# how one calls somebody by their family name: old or little such-and-such
FAMILIAR = ("\u8001", "\u5c0f")
CHINESE = re.compile("[\u3400-\u9fff]{2,4}")


@dataclass(frozen=True)
class Suggested:
    """A work that may be meant, and the parts of what was said that it was found by."""

    work: Any
    by: Sequence[str]
    weight: float = 0


def suggested(words: str, works: Iterable[Any], most: int = MOST_SUGGESTED) -> list[Suggested]:
    """Of `works` (title {"zh", "en"}, name of the author) those that the words mention, the surest first and
    the newer of two alike (as `works` come newest first)."""
    units = UNIT.findall(comparable(words))
    if not units:
        return []
    pairs: set[tuple[str, ...]] = {*pairwise(units), *((one,) for one in units)}
    heard, found = _joined(units), []
    for work in works:
        part, weight = max(
            (_part(title, heard, pairs) for title in set(work.title.values())), key=lambda one: one[1]
        )
        called = _called(work.name or "", heard)
        if weight or called:
            by = [one for one in (part, called) if one]
            found.append(Suggested(work, by, weight + (NAMED if called else 0)))
    found.sort(key=lambda one: -one.weight)
    return found[:most]


def surest(found: Sequence[Suggested]) -> Any | None:
    """The one work that stands out among those suggested; None where another could be meant as well.

    Of one author's works of one name, such as a post and its tutorial, the newest: both thank the same.
    """
    best = [one.work for one in found if one.weight == found[0].weight]
    alike = len({(one.member_id, one.title["zh"]) for one in best}) == 1
    return best[0] if alike else None


def _joined(units: Sequence[str]) -> str:
    return BORDER + BORDER.join(units) + BORDER


def _weight(unit: str) -> float:
    return 1.0 if len(unit) == 1 else min(len(unit) / 2, 3.0)


def _part(title: str, heard: str, pairs: set[tuple[str, ...]]) -> tuple[str, float]:
    """The heaviest part of a title that was said, and its weight; ("", 0) where it is too little to tell.

    `pairs` are the units that were said and which stood beside each other: most titles end with them.
    """
    shown = unicodedata.normalize("NFKC", title)
    units = list(UNIT.finditer(shown.lower()))
    texts = [one[0] for one in units]
    best, weight, start = "", 0.0, 0
    while start < len(units):
        end = start + ((texts[start],) in pairs)
        while start < end < len(units) and (texts[end - 1], texts[end]) in pairs:
            end += 1
        # pairs may follow each other that were not said in one go
        while end > start and _joined(texts[start:end]) not in heard:
            end -= 1
        heavy = sum(map(_weight, texts[start:end]))
        if heavy > weight:
            best, weight = shown[units[start].start() : units[end - 1].end()], heavy
        start = max(end, start + 1)
    return (best, weight) if weight >= LEAST else ("", 0.0)


def _called(name: str, heard: str) -> str:
    """How somebody was named in what was said: in full, by their given name, or familiarly; "" for not."""
    ways = [name]
    if CHINESE.fullmatch(name):
        ways += [name[1:]] * (len(name) == 3) + [way + name[0] for way in FAMILIAR]
    for way in ways:
        units = UNIT.findall(comparable(way))
        if sum(map(len, units)) > 1 and _joined(units) in heard:
            return way
    return ""
