"""The desk's page of rules: values from a day on, campaigns, and what the public page makes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.blueprints.points import services
from app.blueprints.points.models import Campaign, PointRuleValue
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def desk(make_member: Callable[..., Actor], login: Callable[..., FlaskClient]) -> FlaskClient:
    return login(make_member("luoning", capabilities=("publisher",), locale="zh"))


def day(days: int) -> str:
    return (clock.now().astimezone(SHANGHAI) + timedelta(days=days)).date().isoformat()


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def worth(days: int = 0) -> int | None:
    db.session.rollback()
    return services.rule_at("original_post", clock.now() + timedelta(days=days)).value.worth()


def test_a_value_from_a_day_on(desk: FlaskClient) -> None:
    answer = desk.post("/staff/points/original_post/value", data={"value": "120", "starts_on": day(3)})
    assert answer.status_code == 303
    assert (worth(), worth(2), worth(4)) == (100, 100, 120)
    begins = db.session.scalar(select(func.max(PointRuleValue.starts_at)))
    assert begins is not None
    assert begins.astimezone(SHANGHAI).strftime("%H:%M") == "00:00"
    html = page(desk, "/staff/points/original_post")
    assert "120" in html
    assert "撤掉" in html
    value_id = db.session.scalar(select(PointRuleValue.id).where(PointRuleValue.value == 120))
    assert desk.post(f"/staff/points/values/{value_id}/withdraw").status_code == 303
    assert worth(4) == 100
    # one that counts can't be taken back, nor one that isn't there
    value_id = db.session.scalar(select(PointRuleValue.id).where(PointRuleValue.rule_key == "original_post"))
    assert desk.post(f"/staff/points/values/{value_id}/withdraw").status_code == 409
    assert desk.post("/staff/points/values/99999/withdraw").status_code == 404
    acts = db.session.scalars(
        select(AuditLine.act).where(AuditLine.subject == "rule:original_post").order_by(AuditLine.id)
    ).all()
    assert acts[-2:] == ["point_rule.value", "point_rule.withdraw"]


def test_today_counts_from_now_on(desk: FlaskClient) -> None:
    before = clock.now()
    assert (
        desk.post("/staff/points/original_post/value", data={"value": "110", "starts_on": day(0)}).status_code
        == 303
    )
    assert worth() == 110
    assert services.rule_at("original_post", before).value.worth() == 100
    assert "110" in page(desk, "/rules")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"value": "0", "starts_on": "+3"}, "f-value"),
        ({"value": "a lot", "starts_on": "+3"}, "f-value"),
        ({"value": "9" * 5000, "starts_on": "+3"}, "f-value"),
        ({"value": "", "starts_on": "+3"}, "f-value"),
        ({"value": "120", "starts_on": ""}, "f-value-day"),
        ({"value": "120", "starts_on": "-1"}, "f-value-day"),
        ({"value": "120", "starts_on": "9999-12-31"}, "f-value-day"),
        ({"value": "120", "starts_on": "soon"}, "f-value-day"),
    ],
)
def test_a_value_that_cannot_be(desk: FlaskClient, form: dict[str, str], field: str) -> None:
    form = form | ({"starts_on": day(int(form["starts_on"]))} if form["starts_on"][:1] in ("+", "-") else {})
    answer = desk.post("/staff/points/original_post/value", data=form)
    html = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in html[html.index(f'id="{field}"') :][:6000]
    assert f'value="{form["value"]}"' in html
    assert worth(9) == 100


def test_a_campaign_runs_and_ends(desk: FlaskClient) -> None:
    form = {
        "rule_key": "original_post",
        "percent": "200",
        "starts_on": day(0),
        "ends_on": day(5),
        "reason": "入冬了",
    }
    assert desk.post("/staff/points/campaigns", data=form).status_code == 303
    assert (worth(), worth(4), worth(7)) == (200, 200, 100)
    html = page(desk, "/staff/points")
    assert "「入冬了」" in html
    assert "×2" in page(desk, "/rules")
    campaign = db.session.scalar(select(Campaign.id))
    during = clock.now()
    assert desk.post(f"/staff/points/campaigns/{campaign}/end").status_code == 303
    assert worth() == 100
    assert services.rule_at("original_post", during).value.worth() == 200
    assert desk.post(f"/staff/points/campaigns/{campaign}/end").status_code == 409


def test_a_campaign_to_come_can_be_withdrawn(desk: FlaskClient) -> None:
    form = {
        "rule_key": "original_post",
        "percent": "300",
        "starts_on": day(2),
        "ends_on": day(5),
        "reason": "入冬了",
    }
    desk.post("/staff/points/campaigns", data=form)
    assert (worth(), worth(4)) == (100, 300)
    desk.post(f"/staff/points/campaigns/{db.session.scalar(select(Campaign.id))}/end")
    assert worth(4) == 100


@pytest.mark.parametrize(
    "odd",
    [
        {"percent": "201"},
        {"percent": "x"},
        {"starts_on": "2001-01-01"},
        {"ends_on": "2001-01-01"},
        {"reason": " "},
        {"reason": "长" * 121},
        {"rule_key": ""},
        {"starts_on": "x"},
    ],
)
def test_a_campaign_that_cannot_be(desk: FlaskClient, odd: dict[str, str]) -> None:
    form = {
        "rule_key": "original_post",
        "percent": "200",
        "starts_on": day(1),
        "ends_on": day(5),
        "reason": "入冬了",
    }
    answer = desk.post("/staff/points/campaigns", data=form | odd)
    html = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert 'class="err"' in html
    if "reason" not in odd:
        assert "入冬了" in html
    assert db.session.scalar(select(func.count()).select_from(Campaign)) == 0


def test_rules_there_are_not(desk: FlaskClient) -> None:
    form = {"value": "5", "starts_on": day(1)}
    assert desk.get("/staff/points/nothing").status_code == 404
    assert desk.post("/staff/points/nothing/value", data=form).status_code == 404
    assert desk.post("/staff/points/quest/value", data=form).status_code == 404
    campaign = {
        "rule_key": "nothing",
        "percent": "200",
        "starts_on": day(1),
        "ends_on": day(5),
        "reason": "x",
    }
    assert desk.post("/staff/points/campaigns", data=campaign).status_code == 404


@pytest.mark.parametrize("capabilities", [(), ("mentor",), ("reviewer",)])
def test_only_publishers(
    make_member: Callable[..., Actor], login: Callable[..., FlaskClient], capabilities: tuple[str, ...]
) -> None:
    client = login(make_member("somebody", capabilities=capabilities))
    assert client.get("/staff/points").status_code == 403
    form = {"value": "5", "starts_on": datetime.now(SHANGHAI).date().isoformat()}
    assert client.post("/staff/points/original_post/value", data=form).status_code == 403
    assert client.post("/staff/points/campaigns").status_code == 403
