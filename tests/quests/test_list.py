"""The quest list: who sees what, in which part, and at what cost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.blueprints.members.models import Member, MemberTrack
from app.blueprints.points import services as points
from app.blueprints.quests import queries, services, services_review
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work
from tests.quests.conftest import WORDS_ONLY, counted


def parts(member, **filters) -> dict[str, list[str]]:
    """The titles in each part of the member's list."""
    found = queries.quest_list(member, **filters)
    return {name: [row.title for row in found.parts[name].rows] for name in ("doing", "start", "step", "lit")}


@pytest.fixture
def light(make_member):
    """light(quest, member): the member completes the quest."""
    reviewer = make_member("luoning", capabilities=("reviewer",))

    def do(quest_id: int, member) -> int:
        work = services.start_quest(quest_id, by=member)
        services.submit_work(work, Draft(texts={"line": "一盏路灯"}), by=member)
        services_review.approve_submission(work, Verdict(round=1, highlight="稳"), by=reviewer)
        return work

    return do


def test_each_quest_in_its_part(make_quest, make_member, light) -> None:
    member = make_member("linxia", tier="contributor")
    first = make_quest("首次夜拍", steps=WORDS_ONLY)
    blue = make_quest("蓝调时刻", rung=2, after=[first])
    make_quest("星空延时", rung=3, after=[blue])
    make_quest("两星以后", min_stars=2)
    make_quest("一星以后", min_stars=1)
    assert parts(member) == {"doing": [], "start": ["首次夜拍"], "step": ["一星以后", "蓝调时刻"], "lit": []}
    work = services.start_quest(first, by=member)
    assert parts(member) == {"doing": ["首次夜拍"], "start": [], "step": ["一星以后", "蓝调时刻"], "lit": []}
    services.withdraw_work(work, by=member)
    light(first, member)
    assert parts(member) == {
        "doing": [],
        "start": ["蓝调时刻"],
        "step": ["一星以后", "星空延时"],
        "lit": ["首次夜拍"],
    }


@pytest.mark.parametrize(
    ("columns", "seen"),
    [
        ({}, True),
        ({"to_participant": False}, False),
        ({"state": "draft"}, False),
        ({"state": "scheduled"}, False),
        ({"state": "closed"}, False),
        ({"opens_at": timedelta(hours=1)}, False),
        ({"opens_at": timedelta(hours=-1)}, True),
        ({"closes_at": timedelta(hours=-1)}, False),
        ({"closes_at": timedelta(hours=1)}, True),
        ({"named_members_only": True}, False),
    ],
)
def test_who_it_is_for(make_quest, make_member, columns, seen) -> None:
    columns = {k: clock.now() + v if isinstance(v, timedelta) else v for k, v in columns.items()}
    make_quest("首次夜拍", **columns)
    assert (parts(make_member("xin", tier="participant"))["start"] == ["首次夜拍"]) is seen


def test_named_members_only(make_quest, make_member) -> None:
    invited, other = make_member("linxia"), make_member("zhoumo")
    make_quest("圆桌", named_members_only=True, named=[invited])
    assert parts(invited)["start"] == ["圆桌"]
    assert parts(other)["start"] == []


def test_a_full_quest_says_so(make_quest, make_member, login) -> None:
    quest = make_quest("名额", capacity=1)
    services.start_quest(quest, by=make_member("zhoumo"))
    member = make_member("linxia")
    assert parts(member)["step"] == ["名额"]
    page = login(member).get("/quests").text
    assert "名额暂时满了" in page


def test_again_after_some_days(make_quest, make_member, light) -> None:
    member = make_member("linxia")
    quest = make_quest("每周一张", repeat_days=7, steps=WORDS_ONLY)
    light(quest, member)
    assert parts(member)["start"] == []
    with clock.at(clock.now() + timedelta(days=6, hours=23)):
        assert parts(member)["start"] == []
    with clock.at(clock.now() + timedelta(days=7, minutes=1)):
        assert parts(member)["start"] == ["每周一张"]


def test_what_i_like_comes_first_and_is_in_focus(make_quest, make_member, login) -> None:
    make_quest("剪辑", track_key="video", rung=1, position=1)
    make_quest("夜拍", track_key="photo", rung=1, position=2)
    make_quest("难的夜拍", track_key="photo", rung=2, position=0)
    make_quest("轻任务", preset="quick_task", position=0)
    member = make_member("linxia")
    with unit_of_work():
        db.session.execute(MemberTrack.__table__.insert().values(member_id=member.id, track_key="photo"))
    assert parts(member)["start"] == ["夜拍", "难的夜拍", "剪辑", "轻任务"]
    page = login(member).get("/quests").text
    assert page.count('class="b-focus"') == 1
    row = next(part for part in page.split("<li>") if 'class="b-focus"' in part)
    assert "<b>夜拍</b>" in row


def test_filters(make_quest, make_member, login) -> None:
    make_quest("夜拍", effort_minutes=40)
    make_quest("一句话", effort_minutes=5)
    make_quest("剪辑", track_key="video", effort_minutes=15)
    member = make_member("linxia")
    assert parts(member, track="photo")["start"] == ["夜拍", "一句话"]
    assert parts(member, short=True)["start"] == ["一句话", "剪辑"]
    assert parts(member, track="video", short=True)["start"] == ["剪辑"]
    client = login(member)
    page = client.get("/quests?track=video&short=1").text
    assert "<b>剪辑</b>" in page
    assert "<b>夜拍</b>" not in page
    assert re.search(r'href="/quests\?track=video&amp;short=1" aria-current="true"', page)
    for odd in ("track=nowhere", "track=%00", "part=elsewhere", "part=start&after=@@@", "track=" + "x" * 999):
        assert client.get(f"/quests?{odd}").status_code == 200


def test_more_of_a_long_part(make_quest, make_member, login) -> None:
    titles = [f"任务{n:02}" for n in range(30)]
    for n, title in enumerate(titles):
        make_quest(title, position=n)
    client = login(make_member("linxia"))
    page, seen = client.get("/quests").text, []
    for _ in range(5):
        seen += re.findall(r"<b>(任务\d\d)</b>", page)
        following = re.search(r'href="(/quests\?part=start[^"]+)"', page)
        if not following:
            break
        address = following[1].replace("&amp;", "&")
        assert "<html" in client.get(address).text
        page = client.get(address, headers={"HX-Request": "true"}).text
        assert "<html" not in page
    assert seen == titles


def test_points_and_campaign(make_quest, make_member, login, light) -> None:
    quest = make_quest("夜拍", rule_key="original_post", steps=WORDS_ONLY)
    make_quest("自定", points=30)
    member = make_member("linxia")
    client = login(member)
    assert "×" not in client.get("/quests").text
    points.run_campaign(
        rule_key="original_post",
        multiplier_percent=200,
        starts_at=clock.now() - timedelta(hours=1),
        ends_at=clock.now() + timedelta(days=1),
        reason="十一月",
        by=make_member("guanli", capabilities=("admin",)).id,
    )
    page = client.get("/quests").text
    assert "现在 ×2" in page
    assert '<span class="pts">200' in page
    assert '<span class="pts">30' in page
    light(quest, member)
    client.get("/quests", follow_redirects=True)  # the badge lights up first, once
    assert '<span class="pts on">200' in client.get("/quests").text


def test_nothing_yet(make_member, login) -> None:
    client = login(make_member("linxia"))
    assert "新的任务在路上" in client.get("/quests").text
    assert "这里暂时没有" in client.get("/quests?track=photo").text


def test_titles_are_escaped_and_in_english(make_quest, make_member, login) -> None:
    make_quest('<script>x</script>"', title_en="Night <i>shot</i>", summary_en="Find a lamp")
    member = make_member("linxia")
    client = login(member)
    assert "<script>x" not in client.get("/quests").text
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == member.id).values(locale="en"))
    page = client.get("/quests").text
    assert "Night &lt;i&gt;shot" in page
    assert "Find a lamp" in page
    assert "Can start now" in page


def test_visitors_are_sent_to_log_in(client, make_quest) -> None:
    quest = make_quest()
    for path in ("/quests", f"/quests/{quest}", "/work/1", "/library/1"):
        assert client.get(path).status_code == 303


def test_queries(make_quest, make_member, login, light) -> None:
    member = make_member("linxia")
    first = make_quest("一", steps=WORDS_ONLY)
    light(first, member)
    for n in range(25):
        make_quest(f"任务{n}", after=[first] if n % 2 else [])
    services.start_quest(make_quest("做着"), by=member)
    client = login(member)
    client.get("/quests", follow_redirects=True)  # the badge lights up first, once
    for path in ("/quests", "/quests?track=photo&short=1", "/quests?part=start", "/quests?part=lit"):
        with counted() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= 4, seen
