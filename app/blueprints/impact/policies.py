"""How impact lines are sorted and where the ripple's people stand: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin
from typing import Any, NamedTuple

# what the feed's filters show -> the kinds of lines
KINDS = {
    "lit": ("credit",),
    "thanks": ("thanks", "relay", "praise"),
    "answers": ("answer",),
    "ideas": ("idea",),
    "milestones": ("milestone", "referral", "reach"),
}
DRAWN = 12
FAN = 6
CENTRE = (175, 170)


class Place(NamedTuple):
    """Where somebody of the first degree stands, where their ray begins, and the dots of whom they helped."""

    x: int
    y: int
    from_x: int
    from_y: int
    second: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Dot:
    """A person of the first degree in the picture."""

    place: Place
    name: str
    named: bool


def at(angle: float, radius: float) -> tuple[int, int]:
    """The point of the picture at that angle (0 is up) and distance from its centre."""
    turn = radians(angle - 90)
    return round(CENTRE[0] + radius * cos(turn)), round(CENTRE[1] + radius * sin(turn))


def spread(people: Sequence[Any]) -> list[Dot]:
    """Where the first people of a ripple stand, at most DRAWN; those who helped others stand further out.

    The first five who helped others are named, of those who allow it. Rows have `name` and `second`; at most
    FAN dots are drawn behind one person, however many they helped: the words below say how many.
    """
    shown = people[:DRAWN]
    # who passed light on is spread among the others, so that the fans have room
    carriers = [row for row in shown if row.second]
    others = [row for row in shown if not row.second]
    ring: list[Any] = []
    while carriers or others:
        ring += carriers[:1] + others[:1]
        carriers, others = carriers[1:], others[1:]
    with_name = [row for row in shown if row.name]
    named = {id(row) for row in [row for row in with_name if row.second][:5] or with_name[:3]}
    found = places(tuple(min(row.second, FAN) for row in ring))
    return [Dot(place, row.name or "", id(row) in named) for place, row in zip(found, ring, strict=True)]


@lru_cache(maxsize=1024)
def places(seconds: tuple[int, ...]) -> tuple[Place, ...]:
    """Where people stand around the middle who helped so many others: the same for everybody of whom that is
    so, as is what is drawn of it."""
    sector = 360 / max(len(seconds), 1)
    found = []
    for number, count in enumerate(seconds):
        angle = 20 + number * sector
        radius = 88 if count else (76, 92)[number // 2 % 2]
        width = min(sector * 1.5, 13 * (count - 1))
        fan = tuple(
            at(angle + (width * (step / (count - 1) - 0.5) if count > 1 else 0), (142, 154)[step % 2])
            for step in range(count)
        )
        found.append(Place(*at(angle, radius), *at(angle, 24), fan))
    return tuple(found)
