"""Staff who nod to the same call at once, while its member withdraws it: it is out once, or not at all.

The controls take the guard away first and must go wrong; else the races would prove nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.inbox.models import Notice
from app.blueprints.members.models import MemberCapability
from app.blueprints.quests import services_calls
from app.blueprints.quests.models import CallProposal, Quest
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db
from tests.races.at_once import at_once

PRESSES = 8


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> dict[str, Actor]:
    return {
        "host": make_member("alan", tier="contributor"),
        "one": make_member("luoning", capabilities=("publisher",)),
        "two": make_member("guanli", capabilities=("admin",)),
    }


@pytest.fixture
def call(people: dict[str, Actor]) -> int:
    quest_id = services_calls.propose_call(
        title="窗外",
        about="今晚的",
        asks="text",
        closes_at=clock.now() + timedelta(days=9),
        by=people["host"],
    )
    db.session.rollback()
    return quest_id


def press(app: Flask, call: int, who: list[tuple[Actor, str]], guard: str) -> Counter[str]:
    acts = [(by.id, act) for by, act in who]
    return at_once(app, "tests/races/press_nod.py", call, PRESSES, guard, processes=acts)


def found(call: int) -> tuple[str, str, int]:
    """The quest's state, the proposal's, and how many notices its member has."""
    db.session.rollback()
    return (
        db.session.scalar(select(Quest.state).where(Quest.id == call)),
        db.session.scalar(select(CallProposal.state).where(CallProposal.quest_id == call)),
        db.session.scalar(select(func.count()).select_from(Notice)),
    )


@pytest.mark.race
def test_two_nod_and_it_is_out_once(app: Flask, call: int, people: dict[str, Actor]) -> None:
    went = press(app, call, [(people["one"], "nod"), (people["two"], "nod")], "on")
    assert went == {"nod": 2 * PRESSES}
    assert found(call) == ("live", "nodded", 1)
    acts = Counter(db.session.scalars(select(AuditLine.act).where(AuditLine.subject == f"quest:{call}")))
    assert (acts["call.nod"], acts["quest.publish"]) == (1, 1)
    assert list(db.session.scalars(select(MemberCapability.capability).where(
        MemberCapability.member_id == people["host"].id
    ))) == ["host"]  # fmt: skip


@pytest.mark.race
def test_nodded_or_withdrawn_never_both(app: Flask, call: int, people: dict[str, Actor]) -> None:
    went = press(app, call, [(people["one"], "nod"), (people["host"], "withdraw")], "on")
    if went["withdraw"]:
        assert went == {"withdraw": 1, "Stale": 2 * PRESSES - 1}
        assert found(call) == ("archived", "withdrawn", 0)
    else:
        assert went == {"nod": PRESSES, "Stale": PRESSES}
        assert found(call) == ("live", "nodded", 1)


@pytest.mark.race
def test_without_the_guard_it_is_told_many_times(app: Flask, call: int, people: dict[str, Actor]) -> None:
    """The control of both."""
    went = press(app, call, [(people["one"], "nod"), (people["host"], "withdraw")], "off")
    assert went["nod"] > 1
    assert went["withdraw"] > 1
    assert found(call)[2] > 1
