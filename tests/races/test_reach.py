"""A milestone is passed in forty imports at once, of the same posts: its line is written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.impact import services_posts
from app.blueprints.impact.models import ImpactBundle, ImpactLine, PostFigure
from app.blueprints.impact.policies_links import shared
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.races.at_once import at_once

PROCESSES, THREADS, POSTS = 4, 10, 3


@pytest.fixture
def staff(make_member: Callable[..., Actor]) -> Actor:
    """Who imports; three members have a post each."""
    for number in range(POSTS):
        member = make_member(f"m{number}")
        found = shared(f"https://b23.tv/post{number}")
        assert found is not None
        with unit_of_work():
            services_posts.register(found, member_id=member.id)
    return make_member("luoning", capabilities=("reviewer",))


def press(app: Flask, by: Actor, guard: str) -> Counter[str]:
    numbers = [(number,) for number in range(PROCESSES)]
    return at_once(app, "tests/races/press_reach.py", by.id, POSTS, THREADS, guard, processes=numbers)


def count(table: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.race
def test_forty_imports_write_a_milestone_once(app: Flask, staff: Actor) -> None:
    assert press(app, staff, "on") == {"done": PROCESSES * THREADS}
    assert count(PostFigure) == PROCESSES * THREADS * POSTS
    assert count(ImpactLine) == count(ImpactBundle) == POSTS
    assert set(db.session.scalars(select(ImpactBundle.lines))) == {1}


@pytest.mark.race
def test_without_the_guard_it_is_written_many_times(app: Flask, staff: Actor) -> None:
    """The control."""
    assert press(app, staff, "off")["done"] > 1
    assert count(ImpactLine) > POSTS


@pytest.mark.race
def test_to_look_first_is_not_enough_where_two_write_at_once(app: Flask, staff: Actor) -> None:
    """The other control: PostgreSQL lets two look before either has written, and imports fail for it."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("one writes at a time")
    assert press(app, staff, "look")["done"] < PROCESSES * THREADS
