"""What the page says approval will give is what approval gives: the same rule, whatever its values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.blueprints.badges import services as badges
from app.blueprints.points import queries as points
from app.blueprints.points import services as ledger
from app.blueprints.points.models import PointRule
from app.blueprints.quests import queries_review, services_review
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.i18n import both
from app.core.uow import unit_of_work

NOW = clock.now().replace(day=15, hour=8, minute=0, second=0, microsecond=0)
ZONE = "Asia/Shanghai"


@pytest.fixture
def member(make_member: Callable[..., Actor]) -> Actor:
    return make_member("linxia")


def earn(member: Actor, amount: int, rule: str = "quest", days_ago: int = 0) -> None:
    with unit_of_work():
        ledger.award(
            member.id, key=f"before-{rule}-{days_ago}", rule_key=rule, own=amount, title=both("x"),
            acted_at=NOW - timedelta(days=days_ago),
        )  # fmt: skip


def agree(member: Actor, **values: Any) -> points.Preview:
    """The preview, having checked that an award with the same values comes to the same."""
    values = {"rule_key": "tested", "own": None, "promised": 0, "acted_at": NOW} | values
    seen = points.preview(member.id, timezone=ZONE, **values)
    with unit_of_work():
        paid = ledger.award(member.id, key="the award", title=both("x"), **values)
    assert (seen.amount, seen.cut) == (paid.amount, paid.cut)
    if paid.amount:
        assert seen.lifetime + seen.amount == paid.lifetime
        assert (seen.star.level if seen.star else paid.stars_before) == paid.stars_after
    return seen


def add_rule(value: int | None = 100, **caps: Any) -> None:
    ledger.add_rule("tested", name="规则", name_en="Rule", position=9, per_quest=value is None, **caps)
    if value:
        ledger.set_value("tested", value, starts_at=NOW - timedelta(days=30), by=None)


def run(percent: int, hours: int = 1) -> None:
    ledger.run_campaign(
        "tested", multiplier_percent=percent, starts_at=NOW - timedelta(hours=hours),
        ends_at=NOW + timedelta(hours=1), reason="双倍", by=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "percents", "amount"),
    [
        ({}, (), 100),
        ({"own": 30}, (), 30),
        ({"promised": 150}, (), 150),
        ({"own": 30, "promised": 20}, (), 30),
        ({}, (200,), 200),
        ({"own": 33}, (150,), 49),
        ({}, (150, 300), 300),
        ({"promised": 250}, (200,), 250),
        ({"rule_key": None, "promised": 40}, (), 40),
        ({"rule_key": None, "own": 40}, (), 0),
    ],
)
def test_values_promises_campaigns(values, percents, amount, member) -> None:
    add_rule()
    for number, percent in enumerate(percents):
        run(percent, number + 1)
    assert agree(member, **values).amount == amount


@pytest.mark.parametrize(
    ("caps", "today", "earlier", "amount", "cut"),
    [
        ({"daily_cap": 120}, 50, 0, 70, 30),
        ({"daily_cap": 120}, 0, 500, 100, 0),
        ({"monthly_cap": 120}, 0, 60, 60, 40),
        ({"daily_cap": 80, "monthly_cap": 130}, 10, 90, 30, 70),
        ({"monthly_cap": 50}, 50, 0, 0, 100),
    ],
)
def test_caps(caps, today, earlier, amount, cut, member) -> None:
    add_rule()
    if today:
        earn(member, today, "tested")
    if earlier:
        earn(member, earlier, "tested", days_ago=3)
    ledger_caps(**caps)
    seen = agree(member)
    assert (seen.amount, seen.cut) == (amount, cut)


def ledger_caps(**caps: Any) -> None:
    """Caps that begin now: what was earned before counts towards them."""
    with unit_of_work():
        db.session.execute(update(PointRule).where(PointRule.key == "tested").values(**caps))


@pytest.mark.parametrize(
    ("before", "own", "level"),
    [(0, 100, None), (950, 100, 1), (950, 49, None), (900, 4100, 2), (1000, 10, None)],
)
def test_stars(before, own, level, member) -> None:
    add_rule(None)
    if before:
        earn(member, before)
    seen = agree(member, own=own)
    assert (seen.star.level if seen.star else None) == level


def test_one_query(member, counted) -> None:
    add_rule(daily_cap=1000)
    with counted() as statements:
        points.preview(member.id, rule_key="tested", own=None, promised=0, acted_at=NOW, timezone=ZONE)
    assert len(statements) == 1


def test_badges_and_stars_on_the_page_are_what_is_lit(people, make_quest, send, login, verdict) -> None:
    """The second of a track lights a badge for two as well, and takes the member to a star."""
    with unit_of_work():
        badges.define_badge(
            key="two", name="看见光", name_en="Seeing light", track_key="photo", icon="i-sun", rung=2,
            fact="quest.approved", fact_scope="track:photo", fact_count=2,
        )  # fmt: skip
    earn(people["linxia"], 890)
    first, second = send(people["linxia"], make_quest()), send(people["linxia"], make_quest())
    with unit_of_work():
        work = queries_review.opened(first, by=people["luoning"])
        assert [one.name for one in queries_review.would_give(work, timezone=ZONE).badges] == ["首次夜拍"]
    services_review.approve_submission(first, Verdict(round=1, highlight="好"), by=people["luoning"])
    client = login(people["luoning"])
    page = client.get(f"/review/{second}", headers={"Accept-Language": "en"}).get_data(as_text=True)
    gives = page.split('class="gives"')[1].split("</ul>")[0]
    for text in ("“First night shot”", "“Seeing light”", "1,090 in all: becomes One-star adviser", "1 star"):
        assert text in gives
    client.post(f"/review/{second}", data=verdict())
    member = client.get(f"/review/{second}", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "1 star" in member
