"""Lines that are written into one entry of the feed while others are taken out of it: every number is exact.

The control counts by what it once read, and must lose some; else the races would prove nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.blueprints.impact import queries_people, services
from app.blueprints.impact.models import ImpactBundle
from app.blueprints.members import services as members
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.impact.recounted import Cause, Recount
from tests.races.at_once import at_once
from tests.races.press_lines import line

PEOPLE, PROCESSES = 24, 3


@pytest.fixture
def helper(make_member: Callable[..., Actor]) -> Actor:
    return make_member("helper")


@pytest.fixture
def people(make_member: Callable[..., Actor], helper: Actor) -> list[Actor]:
    """Each helped once, all in one entry."""
    people = [make_member(f"p{n}") for n in range(PEOPLE)]
    with unit_of_work():
        services.add_lines([line(helper.id, person.id, "before") for person in people])
    return people


def press(app: Flask, helper: Actor, groups: list[tuple[str, list[Actor]]], guard: str) -> Counter[str]:
    """Each group a process: what it does, and with whose lines, a thread for each of them."""
    processes = [(",".join(str(person.id) for person in people), guard, act) for act, people in groups]
    return at_once(app, "tests/races/press_lines.py", helper.id, processes=processes)


def causes(helper: Actor, before: list[Actor], after: list[Actor]) -> dict[str, Cause]:
    return {
        line(helper.id, person.id, which).key: Cause(helper.id, "credit", person=person.id)
        for which, people in (("before", before), ("after", after))
        for person in people
    }


def lines(helper: Actor) -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(ImpactBundle.lines).where(ImpactBundle.member_id == helper.id)))


@pytest.mark.race
def test_lines_written_at_once_are_all_counted(app: Flask, helper: Actor, people: list[Actor]) -> None:
    thirds = [("add", people[n::PROCESSES]) for n in range(PROCESSES)]
    assert press(app, helper, thirds, "on") == {"add": PEOPLE}
    assert lines(helper) == [2 * PEOPLE]
    assert Recount().differences(causes(helper, people, people)) == []


@pytest.mark.race
def test_written_and_withdrawn_at_once(app: Flask, helper: Actor, people: list[Actor]) -> None:
    """A third of the people get a second line, a third lose theirs (two processes withdraw the same), a third
    have one withdrawn and another written."""
    add, withdraw, both = (people[n::3] for n in range(3))
    groups = [("add", add), ("withdraw", withdraw), ("withdraw", withdraw), ("both", both)]
    went = press(app, helper, groups, "on")
    assert went == {"add": len(add), "withdraw": 2 * len(withdraw), "both": len(both)}
    assert lines(helper) == [2 * len(add) + len(both)]
    assert Recount().differences(causes(helper, add, add + both)) == []
    assert queries_people.ripple(helper.id, 12).first == PEOPLE - len(withdraw)


@pytest.mark.race
def test_the_last_line_withdrawn_while_another_is_written(
    app: Flask, helper: Actor, people: list[Actor]
) -> None:
    """The same people: whoever wins, each has the new line alone and stays counted."""
    groups = [
        ("withdraw", people[::2]),
        ("add", people[::2]),
        ("withdraw", people[1::2]),
        ("add", people[1::2]),
    ]
    assert press(app, helper, groups, "on") == {"withdraw": PEOPLE, "add": PEOPLE}
    assert lines(helper) == [PEOPLE]
    assert Recount().differences(causes(helper, [], people)) == []


@pytest.mark.race
def test_both_their_lines_withdrawn_at_once(app: Flask, helper: Actor, people: list[Actor]) -> None:
    """Whoever is let count for their other line meanwhile isn't left with one that goes."""
    with unit_of_work():
        services.add_lines([line(helper.id, person.id, "after") for person in people])
    went = press(app, helper, [("withdraw", people), ("again", people)], "on")
    assert went == {"withdraw": PEOPLE, "again": PEOPLE}
    assert lines(helper) == []
    assert Recount().differences({}) == []


@pytest.mark.race
def test_somebodys_first_helps_at_once(
    app: Flask, helper: Actor, people: list[Actor], make_member: Callable[..., Actor]
) -> None:
    """Their mentor reads once that they have passed the light on, and every help is counted."""
    mentor = make_member("mentor", capabilities=("mentor",))
    members.set_mentor(helper.id, mentor.id, by=make_member("admin", capabilities=("admin",)))
    with unit_of_work():
        services.withdraw_lines([line(helper.id, person.id, "before").key for person in people])
    thirds = [("alone", people[n::PROCESSES]) for n in range(PROCESSES)]
    assert press(app, helper, thirds, "on") == {"alone": PEOPLE}
    assert lines(helper) == [1] * PEOPLE
    assert lines(mentor) == [1]
    helps = {
        line(helper.id, person.id, "alone").key: Cause(helper.id, "credit", person=person.id)
        for person in people
    }
    assert Recount().differences(helps) == []


@pytest.mark.race
def test_without_the_guard_lines_are_lost(app: Flask, helper: Actor, people: list[Actor]) -> None:
    """The control of all: the same recount finds it."""
    thirds = [("add", people[n::PROCESSES]) for n in range(PROCESSES)]
    assert press(app, helper, thirds, "off") == {"add": PEOPLE}
    assert lines(helper) != [2 * PEOPLE]
    assert any("instead of" in each for each in Recount().differences(causes(helper, people, people)))
