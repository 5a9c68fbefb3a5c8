"""A question about a line: asked once, promised by a working day, answered for the member to read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.blueprints.inbox.models import Notice
from app.blueprints.points import queries_questions, services, services_questions
from app.blueprints.points.models import LineQuestion
from app.blueprints.points.policies_desk import answer_due
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, Refused, Stale
from app.core.uow import unit_of_work


def line_of(member: Actor) -> int:
    now = clock.now()
    with unit_of_work():
        paid = services.award(
            member.id, key=f"one:{member.id}", rule_key="original_post", acted_at=now,
            title={"zh": "点亮一", "en": "Lit one"},
        )  # fmt: skip
    assert paid.transfer_id is not None
    return paid.transfer_id


@pytest.fixture
def linxia(make_member: Callable[..., Actor]) -> Actor:
    return make_member("linxia", name="林夏", locale="en")


@pytest.fixture
def staff(make_member: Callable[..., Actor]) -> Actor:
    return make_member("luoning", name="罗宁", capabilities=("reviewer",), locale="en")


@pytest.mark.parametrize(
    ("asked", "timezone", "due"),
    [
        ("2025-11-10 09:00", "Asia/Shanghai", "2025-11-13 18:00"),  # Monday
        ("2025-11-14 23:59", "Asia/Shanghai", "2025-11-19 18:00"),  # Friday: the weekend doesn't count
        ("2025-11-15 00:01", "Asia/Shanghai", "2025-11-19 18:00"),  # Saturday
        ("2025-10-31 22:00", "America/New_York", "2025-11-05 18:00"),  # the clocks go back between
    ],
)
def test_three_working_days_in_the_programmes_zone(asked: str, timezone: str, due: str) -> None:
    here = ZoneInfo(timezone)
    moment = datetime.fromisoformat(asked).replace(tzinfo=here).astimezone(UTC)
    assert answer_due(moment, timezone) == datetime.fromisoformat(due).replace(tzinfo=here)


def test_asked_queued_and_answered(linxia: Actor, staff: Actor, login: Callable[..., FlaskClient]) -> None:
    line = line_of(linxia)
    client = login(linxia)
    for text in ("", "长" * 501):
        answer = client.post(f"/wallet/{line}/question", data={"text": text})
        assert answer.status_code == 422
        assert 'class="err"' in answer.get_data(as_text=True)
        assert text in answer.get_data(as_text=True)
    assert client.post(f"/wallet/{line}/question", data={"text": "为什么是 100?"}).status_code == 303
    assert client.post(f"/wallet/{line}/question", data={"text": "again"}).status_code == 409
    page = client.get(f"/wallet/{line}").get_data(as_text=True)
    assert "为什么是 100?" in page
    assert "You have an answer by" in page
    assert 'name="text"' not in page
    db.session.rollback()
    promise = db.session.execute(queries_questions.questions_open()).one()
    assert (promise.name, promise.title["en"]) == ("林夏", "Lit one")
    desk = login(staff)
    assert f'id="{promise.link.split("#")[1]}"' in desk.get(promise.link).get_data(as_text=True)
    where = f"/staff/points/questions/{promise.id}/answer"
    assert desk.post(where, data={"answer": " "}).status_code == 422
    assert desk.post(where, data={"answer": "按那天的规则"}).status_code == 303
    assert desk.post(where, data={"answer": "twice"}).status_code == 409
    db.session.rollback()
    assert db.session.execute(queries_questions.questions_open()).all() == []
    assert "按那天的规则" in desk.get("/staff/points/questions").get_data(as_text=True)
    client = login(linxia)
    page = unescape(client.get(f"/wallet/{line}").get_data(as_text=True))
    assert "按那天的规则" in page
    assert "罗宁" in page
    assert 'name="text"' in page
    db.session.rollback()
    link = db.session.scalar(select(Notice.link).where(Notice.member_id == linxia.id))
    assert link == f"/wallet/{line}#asked"


def test_who_may_not(linxia: Actor, staff: Actor, login: Callable[..., FlaskClient]) -> None:
    line, own = line_of(linxia), line_of(staff)
    client = login(linxia)
    assert client.post(f"/wallet/{own}/question", data={"text": "x"}).status_code == 404
    services_questions.ask(own, "自己的", by=staff)
    services_questions.ask(line, "别人的", by=linxia)
    first, second = db.session.scalars(select(LineQuestion.id).order_by(LineQuestion.id)).all()
    with pytest.raises(Refused):
        services_questions.answer(first, "x", by=staff)
    with pytest.raises(Forbidden):
        services_questions.answer(first, "x", by=linxia)
    services_questions.answer(second, "x", by=staff)
    with pytest.raises(Stale):
        services_questions.answer(second, "y", by=staff)
    assert db.session.scalar(select(func.count()).where(LineQuestion.answered_at.is_(None))) == 1
