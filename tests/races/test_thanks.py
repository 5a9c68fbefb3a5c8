"""Thanks said at once by several processes: one reader counts once, and an hour has as many as it may.

The controls take the guard away first and must go wrong; else the races would prove nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.blueprints.impact import queries_people
from app.blueprints.impact.models import ImpactBundle, ImpactLine, Thanks, ThanksLink
from app.blueprints.impact.policies_thanks import HOUR_THANKS, hour_of
from app.blueprints.inbox.models import Notice
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.races.at_once import at_once
from tests.races.test_flood import give, wait_for_room

PROCESSES, PRESSES = 3, 8
LEFT = 5  # so many may still say thanks in this hour


@pytest.fixture
def author(make_member: Callable[..., Actor]) -> Actor:
    return make_member("author")


@pytest.fixture
def code(author: Actor) -> str:
    return give(author, "post:1")


def press(app: Flask, code: str, guard: str, reader: str) -> Counter[str]:
    wait_for_room(60)
    return at_once(
        app, "tests/races/press_thanks.py", code, PRESSES, guard, processes=[(reader,)] * PROCESSES
    )


def found(author: Actor) -> dict[str, int]:
    db.session.rollback()
    rows = {
        "thanks": select(func.count()).select_from(Thanks),
        "lines": select(func.count()).select_from(ImpactLine),
        "in bundles": select(func.sum(ImpactBundle.lines)),
        "counted": select(ThanksLink.hour_thanks),
    }
    number = {name: db.session.scalar(statement) for name, statement in rows.items()}
    number["people"] = queries_people.ripple(author.id, 12).readers
    db.session.rollback()
    return number


def nearly_full() -> None:
    with unit_of_work():
        hour = {"hour": hour_of(clock.now()), "hour_thanks": HOUR_THANKS - LEFT}
        db.session.execute(update(ThanksLink).values(hour))


@pytest.mark.race
def test_one_reader_counts_once(app: Flask, author: Actor, code: str) -> None:
    assert press(app, code, "on", "r1") == {"thanked": PROCESSES * PRESSES}
    assert set(found(author).values()) == {1}
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 1


@pytest.mark.race
def test_without_the_key_one_reader_counts_often(app: Flask, author: Actor, code: str) -> None:
    """The control."""
    assert press(app, code, "reader", "r1") == {"thanked": PROCESSES * PRESSES}
    assert found(author)["lines"] > 1


@pytest.mark.race
def test_an_hour_has_as_many_as_it_may(app: Flask, author: Actor, code: str) -> None:
    nearly_full()
    assert press(app, code, "on", "") == {"thanked": LEFT, "Full": PROCESSES * PRESSES - LEFT}
    assert found(author) == {
        "thanks": LEFT, "lines": LEFT, "in bundles": LEFT, "people": LEFT, "counted": HOUR_THANKS
    }  # fmt: skip


@pytest.mark.race
def test_without_the_condition_an_hour_has_more(app: Flask, author: Actor, code: str) -> None:
    """The control: to look first and count afterwards is too late."""
    nearly_full()
    assert press(app, code, "quota", "")["thanked"] > LEFT
    assert found(author)["counted"] > HOUR_THANKS
