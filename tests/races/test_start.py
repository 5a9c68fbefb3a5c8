"""Twenty members begin a quest that has one place, at the same moment, in four processes: one gets it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.quests.models import Quest, Submission
from app.core.actor import Actor
from app.core.db import db
from tests.quests.conftest import make_quest
from tests.races.at_once import at_once

__all__ = ["make_quest"]

PROCESSES, EACH = 4, 5


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> list[Actor]:
    return [make_member(f"member{n}") for n in range(PROCESSES * EACH)]


def begin(app: Flask, quest: int, people: list[Actor], guard: str) -> Counter[str]:
    db.session.rollback()
    groups = [people[n::PROCESSES] for n in range(PROCESSES)]
    own = [(",".join(str(one.id) for one in group),) for group in groups]
    return at_once(app, "tests/races/press_start.py", quest, guard, processes=own)


def begun() -> tuple[int, int]:
    db.session.rollback()
    works = db.session.scalar(select(func.count()).select_from(Submission)) or 0
    return works, db.session.scalars(select(Quest.started_count)).one()


@pytest.mark.race
def test_one_place_is_taken_once(app: Flask, make_quest: Callable[..., int], people: list[Actor]) -> None:
    quest = make_quest("一个名额", capacity=1)
    assert begin(app, quest, people, "on") == {"begun": 1, "Refused": len(people) - 1}
    assert begun() == (1, 1)


@pytest.mark.race
def test_without_the_guard_all_get_it(
    app: Flask, make_quest: Callable[..., int], people: list[Actor]
) -> None:
    """The control."""
    quest = make_quest("一个名额", capacity=1)
    went = begin(app, quest, people, "off")
    assert went["begun"] > 1
    assert begun()[0] == went["begun"]
