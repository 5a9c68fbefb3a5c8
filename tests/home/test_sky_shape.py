"""The sky's geometry: what opens what is joined, everything hangs together, nothing lies on anything else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import dist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.blueprints.home.policies import WIDTH, around, fitted, shape_of, text_width


@dataclass(frozen=True)
class Star:
    id: int
    sky_x: int | None = None
    sky_y: int | None = None
    before: str | None = None


def test_what_opens_a_star_is_joined_to_it() -> None:
    stars = [Star(1, 46, 130), Star(2, 300, 60, "1"), Star(3, 60, 140)]
    lines = shape_of(stars, ["a", "b", "c"], "photo").lines
    assert lines[0] == (1, 2)  # however far
    assert (1, 3) in lines  # the rest by the shortest way
    assert len(lines) == 2


def test_what_opens_it_in_another_track_draws_no_line() -> None:
    assert shape_of([Star(1, 40, 90, "99")], ["a"], "photo").lines == ()


@given(st.integers(1, 14), st.integers(0, 14))
@settings(max_examples=60, deadline=None)
def test_stars_without_a_place_find_a_free_one(count: int, placed: int) -> None:
    stars = [Star(n, 40 + n * 23 % 280, 70 + n * 37 % 180) if n < placed else Star(n) for n in range(count)]
    shape = shape_of(stars, [f"Star {n}" for n in range(count)], "video")
    assert set(shape.spots) == set(range(count))
    assert len(shape.lines) == count - 1
    for one, other in combinations(shape.spots.values(), 2):
        assert (one.x, one.y) != (other.x, other.y)


@pytest.mark.parametrize("title", ["星", "写给爸妈的说明书", "A manual for Mum and Dad"])
def test_names_stay_in_the_picture(title: str) -> None:
    for x in (46, 175, 302):
        spot = shape_of([Star(1, x, 120)], [title], "photo").spots[1]
        width = text_width(title)
        left = {"middle": spot.label_x - width / 2, "start": spot.label_x, "end": spot.label_x - width}
        assert left[spot.anchor] >= -20
        assert left[spot.anchor] + width <= WIDTH + 20


def test_the_window_holds_every_star() -> None:
    spots = shape_of([Star(1, 10, 300), Star(2, 340, 20), Star(3, 100, 100)], ["", "", ""], "photo").spots
    assert fitted(spots, (40, 36, 310, 126)) == {1: (40, 126), 2: (310, 36), 3: (114, 62)}
    assert fitted({1: spots[1]}, (40, 36, 310, 126)) == {1: (175, 81)}


def test_around_the_lit_one_there_is_room() -> None:
    shape = shape_of([Star(n, 100 + n, 100 + n) for n in range(7)], [""] * 7, "photo")
    places = around(shape, 3, (195, 170))
    assert len(places) == 5
    for one, other in combinations([*places.values(), (195, 170)], 2):
        assert dist(one, other) > 60
    for x, y in places.values():
        assert 0 < x < 390
        assert 0 < y < 330
    assert around(shape, 99, (195, 170)) == {}
