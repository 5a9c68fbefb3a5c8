"""The console's first page: every figure is a count of what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, update

from app.blueprints.badges import services as badges
from app.blueprints.quests import services, services_review
from app.blueprints.quests.models import Quest, QuestVersion
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.blueprints.staff import queries
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work

ZONE = "Asia/Shanghai"
# 00:30 on the 20th in Shanghai, still the 19th in UTC
NOW = datetime(2026, 10, 19, 16, 30, tzinfo=UTC)


@pytest.fixture
def quest(app: Flask) -> int:
    with clock.at(NOW - timedelta(days=60)), unit_of_work():
        badge = badges.define_badge(
            key="night", name="夜", name_en="Night", track_key="photo", icon="i-camera", rung=1,
            fact="quest.approved", fact_scope="quest:1",
        )  # fmt: skip
        quest_id = db.session.scalar(
            insert(Quest)
            .values(
                preset="skill_challenge", state="live", track_key="photo", badge_id=badge,
                created_at=clock.now(), updated_at=clock.now(),
            )
            .returning(Quest.id)
        )  # fmt: skip
        version = db.session.scalar(
            insert(QuestVersion)
            .values(
                quest_id=quest_id, title="首次夜拍", title_en="First night shot", rule_key="original_post",
                steps=[{"key": "words", "title": "写", "evidence": "text", "required": True}], scores=[],
                criteria=[], phrases={}, results_ladder=[], created_at=clock.now(),
            )
            .returning(QuestVersion.id)
        )  # fmt: skip
        db.session.execute(update(Quest).values(version_id=version))
    return quest_id


@pytest.fixture
def month(quest: int, make_member: Callable[..., Actor]) -> dict[str, Actor]:
    """October: two lit on the 2nd, one just after midnight of the 20th; one in September; one asked to change
    and back; one newcomer still since the 8th; one waits."""
    with clock.at(NOW - timedelta(days=50)):
        staff = make_member("luoning", name="罗宁", capabilities=("reviewer", "publisher"))
        people = [make_member(f"m{n}", name=f"M{n}") for n in range(6)]

    def send(member: Actor, at: datetime, helpers: Any = None) -> int:
        with clock.at(at):
            work = services.start_quest(quest, by=member)
            services.submit_work(work, Draft(texts={"words": "写了"}, helpers=helpers), by=member)
        return work

    def lit(work: int, at: datetime) -> None:
        with clock.at(at):
            services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=staff)

    second = datetime(2026, 10, 2, 4, tzinfo=UTC)
    lit(send(people[0], datetime(2026, 9, 29, tzinfo=UTC)), datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
    lit(send(people[1], second, [(people[0].id, None)]), second)
    lit(send(people[2], second), second + timedelta(hours=3))
    lit(send(people[3], NOW - timedelta(hours=3)), NOW - timedelta(minutes=15))
    again = send(people[4], NOW - timedelta(days=3))
    with clock.at(NOW - timedelta(days=2)):
        services_review.ask_changes(again, Verdict(round=1, highlight="好", suggestion="再试"), by=staff)
    with clock.at(NOW - timedelta(days=1)):
        services.submit_work(again, Draft(), by=people[4])
    with clock.at(NOW - timedelta(days=12)):
        newcomer = make_member("new", name="方远")
        services.start_quest(quest, by=newcomer)
    return {"staff": staff, "newcomer": newcomer}


def test_every_figure(month: dict[str, Actor]) -> None:
    with clock.at(NOW):
        day = queries.today(month["staff"], ZONE)
    assert {one.number: one.lit for one in day.days if one.lit} == {2: 2, 20: 1}
    assert [one.lit for one in day.days[20:]] == [None] * 11
    assert (day.lit, day.dot, day.highest) == (3, 1, 2)
    assert [(row.track_key, row.lit) for row in day.tracks] == [("photo", 3)]
    assert [(row.key, row.amount) for row in day.paid] == [("original_post", 300)]
    assert day.helped == 1
    assert (day.members.all, day.members.joined) == (8, 1)
    assert (day.work.senders, day.work.asked, day.work.again) == (4, 1, 1)
    assert [row.name for row in day.stopped] == ["方远"]
    assert (day.reviews.all, day.reviews.soon, day.reviews.read, day.reviews.in_time) == (1, 1, 2, 2)


@pytest.mark.parametrize(
    ("most", "dot", "highest"), [(0, 1, 0), (26, 1, 26), (27, 2, 14), (260, 10, 26), (261, 11, 24)]
)
def test_many_badges_share_a_dot(most: int, dot: int, highest: int) -> None:
    day = queries.Today(None, None, [], [queries.Day(1, most), queries.Day(2, None)], [], [], 0, None, None)
    assert (day.dot, day.highest) == (dot, highest)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/Santiago", "UTC"])
def test_days_follow_the_zone(zone: str) -> None:
    """A month with a change of the clocks still has each day once, from midnight to midnight."""
    for month, days in [(3, 31), (4, 30), (9, 30), (10, 31)]:
        start, end = queries.month_bounds(datetime(2026, month, 15, 12, tzinfo=UTC), zone)
        found = queries.midnights(start, end, zone)
        assert [one.day for one in found] == list(range(1, days + 1))


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh", ["罗宁，今天有 3 件事", "1 份作品等审阅", "1 位新人停了一周", "方远", "一共点亮了 3 颗"]),
        (
            "en",
            [
                "罗宁, 3 things wait today",
                "1 piece of work waits",
                "1 newcomer has been still",
                "3 badges lit",
            ],
        ),
    ],
)
def test_page(locale: str, words: list[str], month: dict[str, Actor], login: Callable[..., Any]) -> None:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    with clock.at(NOW):
        client = login(month["staff"])
        client.get("/staff")
        event.listen(db.engine, "before_cursor_execute", note)
        page = client.get("/staff", headers={"Accept-Language": locale}).get_data(as_text=True)
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(seen) <= 9
    for text in words:
        assert text in page


def test_nothing_to_do_says_so(make_member: Callable[..., Actor], login: Callable[..., Any]) -> None:
    client = login(make_member("luoning", name="罗宁", capabilities=("publisher",)))
    page = client.get("/staff", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "罗宁, nothing waits right now" in page
    assert 'class="flow' not in page


@pytest.mark.parametrize(
    ("capabilities", "doors", "closed"),
    [
        (("reviewer",), ["/staff", "/review", "/staff/members", "/"], ["/staff/quests"]),
        (("publisher",), ["/staff", "/staff/quests", "/staff/members", "/"], ["/review"]),
        (("admin",), ["/staff", "/staff/quests", "/review", "/staff/members", "/"], []),
    ],
)
def test_rail_has_the_doors_that_open(capabilities, doors, closed, app, make_member, login) -> None:
    client = login(make_member("somebody", capabilities=capabilities))
    rail = client.get("/staff").get_data(as_text=True).split('class="tabs rail"')[1].split("</nav>")[0]
    there = {rule.rule for rule in app.url_map.iter_rules()}
    for address in doors:
        assert (f'href="{address}"' in rail) is (address in there)
    for address in closed:
        assert f'href="{address}"' not in rail


@pytest.mark.parametrize("capabilities", [(), ("mentor",), ("expert",)])
def test_not_for_others(capabilities, make_member, login) -> None:
    assert login(make_member("somebody", capabilities=capabilities)).get("/staff").status_code == 403
