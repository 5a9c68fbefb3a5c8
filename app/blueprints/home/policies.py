"""Where things stand in the sky, and how the day is greeted: pure.

A constellation lies in a box 350 wide. Stars stand where their quest says; one without a place finds a
free one. Nothing here knows whether a star is lit, so that the work is kept between requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import combinations
from math import atan2, cos, dist, sin
from typing import Any

from app.core.dates import zone

WIDTH = 350
HEIGHT = 260
# how high the boxes of the first tracks are, and where their name stands (templates/home/_figures.html)
BOXES = {
    "photo": (326, "start"),
    "video": (236, "end"),
    "answer": (320, "start"),
    "road": (278, "start"),
    "story": (286, "end"),
    "build": (376, "start"),
    "guide": (250, "end"),
}

Point = tuple[int, int]


@dataclass(frozen=True)
class Spot:
    """Where a star stands and where its name is written."""

    x: int
    y: int
    label_x: int
    label_y: int
    anchor: str = "middle"

    @cached_property
    def at(self) -> str:
        """The corner of its picture, as attributes (written once, drawn many times)."""
        return f'x="{self.x - 24}" y="{self.y - 24}"'

    @cached_property
    def hit(self) -> str:
        """Its middle, as attributes."""
        return f'cx="{self.x}" cy="{self.y}"'

    @cached_property
    def label(self) -> str:
        """Where its name begins, as attributes."""
        return self._label(0)

    @cached_property
    def label_in_focus(self) -> str:
        """The same with room for the brackets around the star."""
        away = 9 if self.label_y > self.y else -7
        return self._label(away if self.anchor == "middle" else 0)

    def _label(self, away: int) -> str:
        return f'x="{self.label_x}" y="{self.label_y + away}" text-anchor="{self.anchor}"'


@dataclass(frozen=True)
class Shape:
    """A constellation's geometry: spots by quest id, and the pairs of stars that are joined."""

    spots: dict[int, Spot]
    lines: tuple[tuple[int, int], ...]

    @cached_property
    def strokes(self) -> list[tuple[int, int, str]]:
        """The lines with their drawing: from, to, path."""
        return [
            (one, other, f"M{a.x} {a.y}L{b.x} {b.y}")
            for one, other in self.lines
            for a, b in ((self.spots[one], self.spots[other]),)
        ]


def part_of_day(now: datetime, timezone: str) -> str:
    """ "night" until 5, "morning" until 11, "noon" until 13, "afternoon" until 18, "evening" until 23."""
    hour = now.astimezone(zone(timezone)).hour
    ends = ((5, "night"), (11, "morning"), (13, "noon"), (18, "afternoon"), (23, "evening"))
    return next((name for end, name in ends if hour < end), "night")


def day_with_us(joined_at: datetime, now: datetime, timezone: str) -> int:
    """The day of joining is day one, in the programme's zone."""
    here = zone(timezone)
    return (now.astimezone(here).date() - joined_at.astimezone(here).date()).days + 1


def shape_of(stars: Sequence[Any], titles: Sequence[str], track_key: str, corner: Point = (0, 0)) -> Shape:
    """The geometry of one constellation; `stars` have id, sky_x, sky_y and before ("3,7").

    `corner` is where its box begins in the picture.
    """
    key = tuple(
        (star.id, star.sky_x, star.sky_y, star.before or "", title)
        for star, title in zip(stars, titles, strict=True)
    )
    return _shape(key, BOXES.get(track_key, (HEIGHT, "start")), corner)


@lru_cache(maxsize=512)
def _shape(
    stars: tuple[tuple[int, int | None, int | None, str, str], ...], box: tuple[int, str], corner: Point
) -> Shape:
    height, side = box
    places: dict[int, Point] = {
        star_id: (x, y) for star_id, x, y, _before, _title in stars if x is not None and y is not None
    }
    for star_id, *_rest in stars:
        if star_id not in places:
            places[star_id] = _free(list(places.values()), height)
    before = {
        star_id: {int(each) for each in needs.split(",") if each} for star_id, _x, _y, needs, _title in stars
    }
    lines = _joined(places, before)
    titles = {star_id: title for star_id, _x, _y, _before, title in stars}
    right, down = corner
    return Shape(
        {
            star: Spot(spot.x + right, spot.y + down, spot.label_x + right, spot.label_y + down, spot.anchor)
            for star, spot in _labelled(places, titles, lines, height, side).items()
        },
        lines,
    )


def _free(taken: list[Point], height: int) -> Point:
    """The place of a coarse grid that is farthest from every star."""
    grid = [(x, y) for y in range(70, height - 40, 42) for x in range(40, WIDTH - 30, 52)]
    return max(grid, key=lambda place: min((dist(place, each) for each in taken), default=0) - place[1] / 90)


def _joined(places: dict[int, Point], before: dict[int, set[int]]) -> tuple[tuple[int, int], ...]:
    """Join what opens what; then the rest by the shortest lines, until all hang together."""
    group = {star: star for star in places}

    def root(star: int) -> int:
        while group[star] != star:
            star = group[star]
        return star

    lines = []
    for star, needs in before.items():
        for need in sorted(needs & places.keys()):
            lines.append((need, star))
            group[root(star)] = root(need)
    near = sorted(combinations(places, 2), key=lambda pair: (dist(places[pair[0]], places[pair[1]]), pair))
    for one, other in near:
        if root(one) != root(other):
            lines.append((one, other))
            group[root(other)] = root(one)
    return tuple(lines)


def text_width(text: str) -> float:
    """How wide a name is about, at 12 px."""
    return sum(12.4 if ord(char) > 0x2E80 else 7 for char in text)


def _labelled(
    places: dict[int, Point], titles: dict[int, str], lines: Sequence[tuple[int, int]], height: int, side: str
) -> dict[int, Spot]:
    """Write each name where it covers least: below its star, above, right or left of it."""
    name = (0, 12, 190, 30) if side == "start" else (WIDTH - 190, 12, WIDTH, 30)
    taken: list[tuple[float, float, float, float]] = [name]
    stars = {star: (x - 15, y - 15, x + 15, y + 15) for star, (x, y) in places.items()}
    # points along the lines: a name rather lies beside them
    dots = [
        (x0 + (x1 - x0) * step / 12, y0 + (y1 - y0) * step / 12)
        for (x0, y0), (x1, y1) in ((places[one], places[other]) for one, other in lines)
        for step in range(1, 12)
    ]
    spots = {}
    for star, (x, y) in places.items():
        width = text_width(titles[star])
        middle = max(width / 2 - 10, min(x, WIDTH + 10 - width / 2))
        choices = []
        for place, (label_x, label_y, anchor, left) in enumerate(
            (
                (middle, y + 31, "middle", middle - width / 2),
                (middle, y - 19, "middle", middle - width / 2),
                (x + 22, y + 4, "start", x + 22),
                (x - 22, y + 4, "end", x - 22 - width),
            )
        ):
            area = (left, label_y - 12, left + width, label_y + 4)
            cost = place * 0.5
            cost += 40 * sum(_overlap(area, other) for other in taken)
            cost += 40 * sum(_overlap(area, box) for other, box in stars.items() if other != star)
            cost += sum(area[0] <= dx <= area[2] and area[1] <= dy <= area[3] for dx, dy in dots)
            cost += 30 * (area[0] < -16 or area[2] > WIDTH + 16) + 20 * (label_y > height)
            choices.append((cost, place, (round(label_x), label_y, anchor), area))
        _cost, _place, (label_x, label_y, anchor), area = min(choices)
        taken.append(area)
        spots[star] = Spot(x, y, label_x, label_y, anchor)
    return spots


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def fitted(spots: dict[int, Spot], area: tuple[int, int, int, int]) -> dict[int, Point]:
    """The stars of a constellation drawn into a smaller area (left, top, right, bottom)."""
    left, top, right, bottom = area
    xs, ys = [spot.x for spot in spots.values()], [spot.y for spot in spots.values()]

    def into(value: int, values: list[int], start: int, end: int) -> int:
        low, high = min(values), max(values)
        if high == low:
            return (start + end) // 2
        return round(start + (value - low) * (end - start) / (high - low))

    return {
        star: (into(spot.x, xs, left, right), into(spot.y, ys, top, bottom)) for star, spot in spots.items()
    }


def around(shape: Shape, centre_id: int, centre: Point, most: int = 5) -> dict[int, Point]:
    """The stars nearest to one, set around it as it stands in the middle of the picture, none too close."""
    if centre_id not in shape.spots:
        return {}
    here = shape.spots[centre_id]
    others = sorted(
        (star for star in shape.spots if star != centre_id),
        key=lambda star: dist((here.x, here.y), (shape.spots[star].x, shape.spots[star].y)),
    )[:most]
    turns = {star: atan2(shape.spots[star].y - here.y, shape.spots[star].x - here.x) for star in others}
    places: dict[int, Point] = {}
    turn = -10.0
    for number, star in enumerate(sorted(others, key=lambda star: turns[star])):
        turn = max(turns[star], turn + 0.62)
        across, down = (158, 138) if number % 2 else (142, 118)
        places[star] = (round(centre[0] + across * cos(turn)), round(centre[1] + down * sin(turn)))
    return places
