"""Eight processes want the last use of an invite. On the database of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.members import models, services
from app.core.actor import Actor
from app.core.db import db
from tests.races.at_once import at_once

RUNNERS = 8


def race(app: Flask, code: str, guard: str) -> Counter[str]:
    """How it went for RUNNERS processes that all saw the invite open."""
    logins = [(f"runner{number}",) for number in range(RUNNERS)]
    return at_once(app, "tests/members/race_join.py", code, guard, processes=logins)


@pytest.fixture
def code(app: Flask, make_member: Callable[..., Actor]) -> str:
    staff = make_member("luoning", capabilities=("reviewer",))
    code = services.create_invites(by=staff)[0][1]
    db.session.rollback()
    return code


def joined() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(models.InviteUse)) or 0


@pytest.mark.race
def test_of_many_at_once_one_joins(app: Flask, code: str) -> None:
    went = race(app, code, "guarded")
    assert went == {"joined": 1, "InviteClosed used": RUNNERS - 1}
    assert joined() == 1
    numbers = db.session.scalars(select(models.Member.number).order_by(models.Member.number)).all()
    assert list(numbers) == [1, 2]


@pytest.mark.race
def test_without_the_guard_they_all_would(app: Flask, code: str) -> None:
    went = race(app, code, "unguarded")
    assert went["joined"] > 1
    assert joined() > 1
    numbers = db.session.scalars(select(models.Member.number)).all()
    assert len(set(numbers)) == len(numbers)
