"""Two admins agree and the proposer withdraws, in four processes at once: one outcome, paid once or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.inbox.models import Notice
from app.blueprints.points import services_adjust
from app.blueprints.points.models import Account, Adjustment, Transfer
from app.blueprints.points.queries_audit import differences
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db
from tests.races.at_once import at_once

PROCESSES, ROUNDS, AMOUNT = 4, 3, 1500


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> list[Actor]:
    """The member, who proposed, and two who may sign."""
    return [make_member("linxia"), *(make_member(f"admin{n}", capabilities=("admin",)) for n in range(3))]


def press(app: Flask, people: list[Actor], guard: str) -> Counter[str]:
    member, proposer, one, two = people
    proposed, _state = services_adjust.propose(member.id, AMOUNT, reason="补上", token="t", by=proposer)
    db.session.rollback()
    ids = (proposer.id, one.id, two.id)
    script = "tests/races/press_adjust.py"
    went = at_once(app, script, proposed, *ids, ROUNDS, guard, processes=[()] * PROCESSES)
    db.session.rollback()
    return went


def count(table: type, *where: object) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0


@pytest.mark.race
def test_one_outcome(app: Flask, people: list[Actor]) -> None:
    went = press(app, people, "on")
    state = db.session.scalars(select(Adjustment.state)).one()
    paid = int(state == "booked")
    assert went == {state: 1, "Stale": PROCESSES * ROUNDS * 3 - 1}
    assert count(Transfer) == count(Notice, Notice.member_id == people[0].id) == paid
    assert count(AuditLine, AuditLine.act.in_(("adjustment.agree", "adjustment.withdraw"))) == 1
    balance = db.session.scalar(select(Account.balance).where(Account.member_id == people[0].id))
    assert balance == AMOUNT * paid
    assert list(differences()) == []


@pytest.mark.race
def test_without_the_guard_it_pays_many_times(app: Flask, people: list[Actor]) -> None:
    """The control."""
    went = press(app, people, "off")
    assert went["booked"] > 1
    assert went["withdrawn"] > 1
    assert count(Transfer) == went["booked"]
