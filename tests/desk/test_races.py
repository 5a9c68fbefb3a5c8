"""Several processes decide, take back and look again at the same moment, on the database of the run: one
history comes out, and everything that was given follows from where it ended.

Each control takes the guard away and must break what the race promises; else the race would prove nothing.
"""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.quests import services_review
from app.blueprints.quests.models import Review, SubmissionEvent
from app.blueprints.quests.services_review import Verdict
from app.core.db import db
from tests.desk.conftest import NOTHING, clean_ledger, given, state
from tests.races.at_once import at_once

PROCESSES = 4
NO = Verdict(round=1, reason="看得见车牌")

pytestmark = pytest.mark.race


@pytest.fixture
def work(people, send) -> int:
    return send(people["linxia"], helpers=[(people["xiaoman"].id, None)])


def press(app: Flask, work: int, guard: str, *commands: tuple[str, int]) -> Counter[str]:
    """How it went when each of the processes pressed all these at once."""
    argv = [f"{command}:{member}" for command, member in commands]
    db.session.rollback()
    return at_once(app, "tests/desk/press.py", work, guard, *argv, processes=[()] * PROCESSES)


def verdicts() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Review.id)).where(Review.undone_at.is_(None))) or 0


def follows_from_its_state(work: int, people) -> None:
    """Approved: everything once. Anything else: nothing at all (but what is said of a verdict)."""
    clean_ledger()
    found = given(people["linxia"])
    if state(work) == "approved":
        assert (found.balance, found.awards, found.award_count, found.lines, found.helped) == (
            100,
            1,
            1,
            1,
            1,
        )
    else:
        kept = (found.balance, found.awards, found.award_count, found.facts, found.lines, found.helped)
        assert kept == (0, 0, 0, NOTHING.facts, 0, 0)


def two_decide(people) -> list[tuple[str, int]]:
    return [("approve", people["luoning"].id), ("decline", people["guyan"].id)] * 3


def test_two_decide_at_once(app, work, people) -> None:
    went = press(app, work, "on", *two_decide(people))
    assert state(work) in ("approved", "declined")
    assert verdicts() == 1
    # whoever came second hears that it is decided; pressing one's own again is harmless
    other = "decline" if state(work) == "approved" else "approve"
    assert went[f"{other} done"] == 0
    assert went[f"{other} Stale"] == 3 * PROCESSES
    follows_from_its_state(work, people)


def test_two_decide_without_a_guard(app, work, people) -> None:
    """The control: both are told that they decided."""
    went = press(app, work, "off", *two_decide(people))
    assert went["decline done"] > 0
    assert went["approve done"] > 1
    assert given(people["linxia"]).balance > 100


def approve_and_undo(people) -> list[tuple[str, int]]:
    return [("approve", people["luoning"].id), ("undo", people["luoning"].id)] * 3


def test_approving_and_taking_back_at_once(app, work, people) -> None:
    services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=people["luoning"])
    went = press(app, work, "on", *approve_and_undo(people))
    assert went["undo done"] > 0
    assert state(work) in ("approved", "submitted")
    assert verdicts() == (state(work) == "approved")
    follows_from_its_state(work, people)


def test_approving_and_taking_back_without_a_guard(app, work, people) -> None:
    """The control: more is paid than one approval gives."""
    press(app, work, "off", *approve_and_undo(people))
    assert given(people["linxia"]).balance > 100


def look_and_undo(people) -> list[tuple[str, int]]:
    second = people["guyan"].id
    return [
        ("look", people["linxia"].id),
        ("approve", second),
        ("undo", second),
        ("look", people["linxia"].id),
    ]


def looks() -> int:
    db.session.rollback()
    asked = select(func.count()).where(SubmissionEvent.kind == "look_again")
    return db.session.scalar(asked) or 0


def test_a_second_look_and_taking_back_at_once(app, work, people) -> None:
    services_review.decline_submission(work, NO, by=people["luoning"])
    press(app, work, "on", *look_and_undo(people))
    assert looks() == 1
    assert state(work) in ("submitted", "approved")
    follows_from_its_state(work, people)


def test_a_second_look_without_a_guard(app, work, people) -> None:
    """The control: it is asked for again and again."""
    services_review.decline_submission(work, NO, by=people["luoning"])
    press(app, work, "off", *look_and_undo(people))
    assert looks() > 1
