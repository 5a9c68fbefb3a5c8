"""A value that changes while a piece of work waits to be read: what counted when it was sent is paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.blueprints.points import services as points
from app.blueprints.points.models import Transfer
from app.blueprints.quests import services, services_review
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from tests.quests.conftest import make_quest

__all__ = ["make_quest"]

SENT = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(("late", "paid"), [(1, 100), (0, 250)])
def test_the_value_when_it_was_sent(
    make_quest: Callable[..., int], make_member: Callable[..., Actor], late: int, paid: int
) -> None:
    """The new value begins `late` seconds after it was sent."""
    member, desk = make_member("linxia"), make_member("luoning", capabilities=("reviewer",))
    steps = [{"key": "words", "title": "x", "evidence": "text"}]
    quest = make_quest("夜拍", steps=steps, criteria=[], rule_key="original_post")
    with clock.at(SENT - timedelta(days=1)):
        work = services.start_quest(quest, by=member)
    with clock.at(SENT):
        services.submit_work(work, Draft(texts={"words": "第一次夜拍"}), by=member)
    points.set_value("original_post", 250, starts_at=SENT + timedelta(seconds=late), by=None)
    with clock.at(SENT + timedelta(days=2)):
        services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=desk)
    assert db.session.scalars(select(Transfer.amount)).one() == paid
