"""The desk's rules: what a change would have cost last month, caps, a new rule; what is coming, in public."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.blueprints.members.models import Programme
from app.blueprints.points import services
from app.blueprints.points.models import PointRule
from app.blueprints.points.queries_preview import Change, last_month
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db
from app.core.uow import unit_of_work

SHANGHAI = ZoneInfo("Asia/Shanghai")
TITLE = {"zh": "一笔", "en": "One"}


def award(member: Actor, key: str, at: datetime, **more: object) -> services.Paid:
    with unit_of_work():
        rule = more.pop("rule_key", "capped")
        return services.award(member.id, key=key, rule_key=rule, acted_at=at, title=TITLE, **more)


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=SHANGHAI)


@pytest.fixture
def october(make_member: Callable[..., Actor]) -> Actor:
    """Deeds of October by two members under a rule of 40, at most 100 a day: the first of them."""
    one, two = make_member("one"), make_member("two")
    services.add_rule("capped", name="有上限", name_en="Capped", position=9, daily_cap=100)
    services.set_value("capped", 40, starts_at=local(2025, 1, 1), by=None)
    award(one, "before", local(2025, 9, 30, 23, 59))
    for n in range(3):  # 40, 40 and 20 of the day's 100
        award(one, f"a{n}", local(2025, 10, 1, 9, n))
    award(one, "own", local(2025, 10, 31, 23, 59), own=70)
    award(two, "b", local(2025, 10, 2, 9))
    award(two, "promised", local(2025, 10, 3, 9), promised=90)
    taken = award(two, "wrong", local(2025, 10, 4, 9))
    services.reverse(taken.transfer_id, key="back", reason=TITLE, by=None)
    award(two, "after", local(2025, 11, 1))
    return one


@pytest.mark.parametrize(
    ("change", "worth", "kept"),
    [
        (Change(), 40 * 3 + 70 + 40 + 90, 20),
        (Change(value=60), 60 * 3 + 70 + 60 + 90, 80),
        (Change(value=30), 30 * 3 + 70 + 30 + 90, 0),
        (Change(percent=200), 80 * 3 + 140 + 80 + 90, 140 + 40),
        (Change(caps=(None, None)), 40 * 3 + 70 + 40 + 90, 0),
        (Change(caps=(None, 100)), 40 * 3 + 70 + 40 + 90, 90 + 30),
    ],
)
def test_last_months_deeds_again(october: Actor, change: Change, worth: int, kept: int) -> None:
    found = last_month("capped", change, now=local(2025, 11, 15), timezone="Asia/Shanghai")
    given = 100 + 70 + 40 + 90
    assert (found.times, found.people, found.given) == (6, 2, given)
    assert (found.worth, found.kept, found.more) == (worth, kept, worth - kept - given)


@pytest.fixture
def desk(make_member: Callable[..., Actor], login: Callable[..., FlaskClient]) -> FlaskClient:
    return login(make_member("luoning", capabilities=("publisher",), locale="en"))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("capped/value", {"value": "60"}),
        ("capped/caps", {"daily_cap": "100"}),
        ("campaigns", {"rule_key": "capped", "percent": "200"}),
    ],
)
def test_looking_sets_nothing(october: Actor, desk: FlaskClient, path: str, form: dict[str, str]) -> None:
    last = (clock.now().astimezone(SHANGHAI).replace(day=1) - timedelta(days=3)).replace(hour=9)
    award(october, "lately", last)
    before = db.session.scalar(select(AuditLine.id).order_by(AuditLine.id.desc()).limit(1))
    whole = desk.post(f"/staff/points/{path}", data=form | {"look": "1"})
    assert whole.status_code == 200
    html = whole.get_data(as_text=True)
    assert "If it had been so last month" in html
    assert "1 time · 1 member" in html
    for value in form.values():
        assert f'value="{value}"' in html
    part = desk.post(f"/staff/points/{path}", data=form | {"look": "1"}, headers={"HX-Request": "true"})
    assert part.get_data(as_text=True).lstrip().startswith('<div id="would-')
    wrong = desk.post(
        f"/staff/points/{path}", data=dict.fromkeys(form, "x") | {"look": "1"}, headers={"HX-Request": "true"}
    )
    assert wrong.status_code == 422
    db.session.rollback()
    assert db.session.scalar(select(AuditLine.id).order_by(AuditLine.id.desc()).limit(1)) == before
    assert services.rule_at("capped", clock.now()).value.worth() == 40


def test_caps_count_from_now_on(october: Actor, desk: FlaskClient) -> None:
    form = {"daily_cap": "50", "monthly_cap": "40"}
    assert desk.post("/staff/points/capped/caps", data=form).status_code == 422
    form["monthly_cap"] = ""
    assert desk.post("/staff/points/capped/caps", data=form).status_code == 303
    assert "50 a day" in desk.get("/rules").get_data(as_text=True)
    db.session.rollback()
    # what was paid stays, and counts
    assert award(october, "late", local(2025, 10, 1, 12)).amount == 0
    assert award(october, "other day", local(2025, 10, 7, 12), own=60).amount == 50
    line = db.session.execute(select(AuditLine).where(AuditLine.act == "point_rule.caps")).scalar_one()
    assert (line.before["daily_cap"], line.after["daily_cap"]) == (100, 50)


def test_a_new_rule(desk: FlaskClient) -> None:
    today = clock.now().astimezone(SHANGHAI).date().isoformat()
    form = {"name": "带人试驾", "name_en": "A test drive", "value": "80", "starts_on": today}
    assert desk.post("/staff/points/new", data=form | {"key": "audit"}).status_code == 422
    assert desk.post("/staff/points/new", data=form | {"name_en": ""}).status_code == 422
    answer = desk.post("/staff/points/new", data=form)
    assert (answer.status_code, answer.location) == (303, "/staff/points/a_test_drive")
    again = desk.post("/staff/points/new", data=form)
    assert again.status_code == 422
    assert "带人试驾" in again.get_data(as_text=True)
    db.session.rollback()
    assert services.rule_at("a_test_drive", clock.now()).value.worth() == 80
    assert db.session.scalar(select(PointRule.position).order_by(PointRule.position.desc()).limit(1))


def test_the_public_page_says_what_is_coming(desk: FlaskClient) -> None:
    soon = clock.now() + timedelta(days=9)
    services.set_value("original_post", 1234, starts_at=soon, by=None)
    services.run_campaign(
        "referral", multiplier_percent=300, starts_at=soon, ends_at=soon + timedelta(days=2),
        reason="三倍", reason_en="Three times", by=None,
    )  # fmt: skip
    html = unescape(desk.get("/rules").get_data(as_text=True))
    coming = html[html.index('id="coming"') : html.index('id="caps"')]
    for words in ("1,234", "×3", "Three times"):
        assert words in coming, words


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("Asia/Shanghai", (2025, 11, 10)),
        ("America/New_York", (2025, 11, 2)),  # 25 hours long
        ("Europe/Berlin", (2026, 3, 29)),  # 23 hours long
    ],
)
def test_the_boundary_second_of_a_day_in_the_programmes_zone(
    app: object,
    desk: FlaskClient,
    make_member: Callable[..., Actor],
    timezone: str,
    day: tuple[int, int, int],
) -> None:
    """A value from a day on and a campaign of that day, set at the desk, held against the seconds around."""
    here, second = ZoneInfo(timezone), timedelta(seconds=1)
    first = datetime(*day, tzinfo=here)
    after = datetime.combine(first.date() + timedelta(days=1), first.time(), here)
    with unit_of_work():
        db.session.execute(update(Programme).values(timezone=timezone))
    on = first.date().isoformat()
    with clock.at(first - timedelta(days=2)):
        desk.post("/staff/points/original_post/value", data={"value": "120", "starts_on": on})
        form = {"rule_key": "original_post", "percent": "200", "starts_on": on, "ends_on": on, "reason": "x"}
        assert desk.post("/staff/points/campaigns", data=form).status_code == 303
    begins, ends = first.astimezone(ZoneInfo("UTC")), after.astimezone(ZoneInfo("UTC"))
    moments = (begins - second, begins, ends - second, ends)
    member = make_member("linxia")
    paid = [award(member, f"{at}", at, rule_key="original_post").amount for at in moments]
    assert paid == [100, 240, 240, 120]
