"""Several runs that send the reports of a month at once: each member is told once.

The control takes the guard away first and must go wrong; else the race would prove nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.blueprints.impact import services
from app.blueprints.inbox.models import Notice
from app.blueprints.members.models import Member
from app.core.db import db
from app.core.uow import unit_of_work
from tests.races.at_once import at_once

MEMBERS, PROCESSES, THREADS = 24, 4, 2
WHEN = datetime(2026, 10, 9, tzinfo=UTC)


@pytest.fixture
def helpers(make_member) -> None:
    people = [make_member(f"p{n}") for n in range(MEMBERS)]
    with unit_of_work():
        db.session.execute(update(Member).values(joined_at=datetime(2026, 1, 1, tzinfo=UTC)))
        services.add_lines(
            [
                services.Help(
                    key=f"k{who.id}",
                    member_id=who.id,
                    reader="r",
                    kind="thanks",
                    subject={"zh": "x", "en": "x"},
                    occurred_at=WHEN,
                )
                for who in people
            ]
        )
    db.session.rollback()


def told() -> list[int]:
    db.session.rollback()
    rows = db.session.execute(
        select(func.count()).where(Notice.key.startswith("report:2026-10:")).group_by(Notice.member_id)
    )
    return list(rows.scalars())


def press(app: Flask, guard: str) -> dict[str, int]:
    script = "tests/races/press_reports.py"
    return dict(at_once(app, script, "2026-10", THREADS, guard, processes=[()] * PROCESSES))


@pytest.mark.race
def test_runs_at_once_tell_each_member_once(app: Flask, helpers: None) -> None:
    assert press(app, "on") == {"run": PROCESSES * THREADS, "new": MEMBERS}
    assert told() == [1] * MEMBERS


@pytest.mark.race
def test_without_the_guard_they_are_told_by_every_run(app: Flask, helpers: None) -> None:
    assert press(app, "off") == {"run": PROCESSES * THREADS, "new": PROCESSES * THREADS * MEMBERS}
    assert max(told()) > 1
