"""A rung is reached by forty figures at once, confirmed and imported by four processes: it pays once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.impact import services_posts
from app.blueprints.inbox.models import Notice
from app.blueprints.points.models import Transfer
from app.blueprints.points.queries_audit import differences
from app.blueprints.quests import services, services_review
from app.blueprints.quests.models import RungPaid
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core.actor import Actor
from app.core.db import db
from tests.quests.conftest import make_quest
from tests.races.at_once import at_once

__all__ = ["make_quest"]

PROCESSES, THREADS = 4, 10


@pytest.fixture
def staff(make_quest: Callable[..., int], make_member: Callable[..., Actor]) -> Actor:
    """Who confirms; a lit work of a member's has one post, of which forty reports wait."""
    member, desk = make_member("linxia"), make_member("luoning", capabilities=("reviewer",))
    quest = make_quest(
        "夜拍",
        steps=[{"key": "link", "title": "x", "evidence": "link"}],
        results_ladder=[{"metric": "views", "from": 1000, "points": 20, "perk": ""}],
        criteria=[],
    )
    work = services.start_quest(quest, by=member)
    services.submit_work(work, Draft(texts={"link": "https://b23.tv/BV1xx411c7mD"}), by=member)
    services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=desk)
    for n in range(PROCESSES * THREADS):
        services_posts.report_figures(1, {"views": 2000 + n}, key=str(n), by=member)
    db.session.rollback()
    return desk


def press(app: Flask, by: Actor, guard: str) -> Counter[str]:
    numbers = [(number,) for number in range(PROCESSES)]
    return at_once(app, "tests/races/press_rungs.py", 1, by.id, THREADS, guard, processes=numbers)


def count(table: type, *where: object) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0


@pytest.mark.race
def test_forty_figures_pay_a_rung_once(app: Flask, staff: Actor) -> None:
    went = press(app, staff, "on")
    assert went == {"done": PROCESSES * THREADS}
    assert count(RungPaid) == 1
    assert count(Transfer, Transfer.key.like("%:rung:%")) == 1
    assert count(Notice, Notice.key.like("%:rung:%")) == 1
    assert list(differences()) == []


@pytest.mark.race
def test_without_the_guard_it_pays_many_times(app: Flask, staff: Actor) -> None:
    """The control."""
    assert press(app, staff, "off")["done"] > 1
    assert count(Transfer, Transfer.key.like("%:rung:%")) > 1
