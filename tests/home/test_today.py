"""Today: one star in reach with its reason, what waits, whom one lit; and the same sky everywhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.blueprints.home.policies import day_with_us, part_of_day
from app.blueprints.points import services as points
from app.core import clock


@pytest.fixture
def member(make_member):
    return make_member("linxia", name="Lin Xia", tracks=("photo",))


@pytest.mark.parametrize(
    ("hour", "part"),
    [
        (4, "night"),
        (5, "morning"),
        (11, "noon"),
        (13, "afternoon"),
        (18, "evening"),
        (22, "evening"),
        (23, "night"),
    ],
)
def test_the_day_is_greeted_in_the_programmes_zone(hour: int, part: str) -> None:
    assert part_of_day(datetime(2025, 11, 10, hour, tzinfo=UTC) - timedelta(hours=8), "Asia/Shanghai") == part


def test_the_day_of_joining_is_day_one() -> None:
    joined = datetime(2025, 11, 10, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert day_with_us(joined, joined, "Asia/Shanghai") == 1
    assert day_with_us(joined, joined + timedelta(minutes=1), "Asia/Shanghai") == 2


def test_somebody_new_sees_exactly_one_star_in_reach(member, make_quest, login, text) -> None:
    first = make_quest("Night shot", position=1)
    make_quest("Rain", position=2)
    make_quest("Blue hour", rung=2, after=(first,))
    make_quest("Sound diary", track="video")
    page = text(login(member), "/")
    assert page.count("#st-next") == 1
    assert page.count("#st-focus") == 1
    assert re.search(r'id="nx">Night shot<', page)
    for words in ("Day 1 with us", "Your first star", "It opens “Blue hour”", "How it goes", "about 40 min"):
        assert words in page, words
    assert f'href="/quests/{first}"' in page


def test_the_next_star_is_theirs_then_low_then_the_same(member, make_quest, work, seen, login, text) -> None:
    make_quest("Cutting", track="video")
    high = make_quest("High", rung=2)
    low = make_quest("Low", position=5)
    make_quest("Other low", position=6)
    make_quest("Stars", min_stars=1)
    make_quest("Not for them", to_participant=False)
    make_quest("Over", closes_at=clock.now() - timedelta(days=1), opens_at=clock.now() - timedelta(days=2))
    client = login(member)
    assert [re.search(r'id="nx">([^<]+)<', text(client, "/")).group(1) for _ in range(2)] == ["Low", "Low"]
    work(member, low, state="working")
    assert 'id="nx">Other low<' in text(client, "/")
    assert "because you like Photography" not in text(client, "/sky")
    assert "because you like Photography" in text(client, "/")
    work(member, high)
    seen(member)
    assert 'id="nx">Other low<' in text(client, "/")


def test_a_full_quest_is_not_recommended(member, make_member, make_quest, work, login, text) -> None:
    full = make_quest("Full", capacity=1, position=1)
    make_quest("Free", position=2)
    work(make_member("other"), full, state="working")
    assert 'id="nx">Free<' in text(login(member), "/")


def test_nothing_in_reach_says_so(member, login, text) -> None:
    page = text(login(member), "/")
    assert "Nothing new in reach at the moment" in page


def test_what_waits_says_who_acts_next(member, make_quest, work, seen, login, text) -> None:
    begun, sent, asked, late = (make_quest(name) for name in ("Begun", "Sent", "Asked", "Late"))
    work(member, begun, state="working")
    work(member, sent, state="submitted")
    work(member, asked, state="changes")
    work(member, late, state="submitted", days_ago=5)
    page = text(login(member), "/")
    waiting = page[page.index('id="waiting"') :]
    titles = re.findall(r"<b>(\w+)</b>", waiting)
    assert titles[:2] == ["Asked", "Begun"]
    assert set(titles) == {"Asked", "Begun", "Late", "Sent"}
    for words in ("Not yet: Add live sound", "your draft is kept", "Sent, waiting to be read", "We are late"):
        assert words in waiting, words


def test_the_helper_sees_whom_they_lit(member, make_member, make_quest, work, login, text) -> None:
    work(make_member("lan", name="Lan"), make_quest("Night shot"), helper=member)
    page = text(login(member), "/")
    assert "This week you lit" in page
    assert "Lan lit “Night shot”" in page


def test_a_campaign_says_what_counts_and_until_when(member, login, text) -> None:
    now = clock.now()
    points.run_campaign(
        "adopted_suggestion", multiplier_percent=200, starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=3), reason="x", by=None,
    )  # fmt: skip
    assert "“Adopted suggestion” counts 2,000 points" in text(login(member), "/")


def test_staff_and_reviewers_see_their_desk(reviewer, member, make_quest, work, login, text) -> None:
    work(member, make_quest("Night shot"), state="submitted")
    page = text(login(reviewer), "/")
    assert 'href="/staff"' in page
    assert "1 work to read" in page
    assert 'href="/staff"' not in text(login(member), "/")


def test_today_the_sky_the_wallet_and_me_agree(
    member, make_member, make_quest, work, seen, login, text
) -> None:
    first = make_quest("Night shot", sky_x=100, sky_y=80)
    second = make_quest("Blue hour", rung=2, after=(first,), sky_x=200, sky_y=120)
    make_quest("Nowhere yet", track="build")
    other = make_member("helper", name="Helper")
    work(member, first, helper=other)
    seen(member)
    client = login(member)
    sky = text(client, "/sky")
    assert re.search(r'aria-label="Night shot, lit"', sky)
    assert re.search(r'aria-label="Blue hour, can be started"', sky)
    assert re.search(r'aria-label="Nowhere yet, can be started"', sky)
    assert '<b class="lampc">1</b> lit, 2 more in reach' in sky
    assert sky.count('"#star-focus"') == 1
    assert f'href="/quests/{second}"' in sky
    assert re.search(r'id="nx">Blue hour<', text(client, "/"))
    for path in ("/", "/wallet", "/me"):
        assert ">100<" in text(client, path), path
    assert "Lit “Night shot”" in text(client, "/wallet")
    assert "1 of 3, sky map" in text(client, "/me")
    assert "Lin Xia lit “Night shot”" in text(login(other), "/impact")


def test_the_sky_shows_stars_without_a_place_and_none_twice_in_one(member, make_quest, login, text) -> None:
    for number in range(8):
        make_quest(f"Star {number}")
    sky = text(login(member), "/sky")
    places = re.findall(r'<circle class="hit" cx="(\d+)" cy="(\d+)"', sky)
    assert len(places) == len(set(places)) == 8


def test_what_was_lit_stays_in_the_sky_when_a_quest_closes(
    member, make_quest, work, seen, login, text
) -> None:
    from sqlalchemy import update

    from app.blueprints.quests.models import Quest
    from app.core.db import db
    from app.core.uow import unit_of_work

    quest = make_quest("Night shot")
    make_quest("Closed one")
    work(member, quest)
    seen(member)
    with unit_of_work():
        db.session.execute(update(Quest).values(state="closed"))
    sky = text(login(member), "/sky")
    assert "Night shot, lit" in sky
    assert "Closed one" not in sky


def test_me_is_a_card_with_a_code(make_member, login, text) -> None:
    contact = make_member("luoning", name="Luo Ning", capabilities=("reviewer", "publisher"))
    member = make_member("linxia", name="Lin Xia", contact_person_id=contact.id)
    page = text(login(member), "/me")
    assert re.search(r'class="qr" viewBox="0 0 (\d+) \1"', page)
    assert "style=" not in page
    for words in (
        f"No. {member.number:04d}",
        "Luo Ning",
        'href="/me/settings"',
        'href="/rules"',
        'action="/logout"',
    ):
        assert words in page, words
    assert 'href="/staff"' not in page
    staff = text(login(contact), "/me")
    assert 'href="/staff"' in staff
    assert 'href="/review"' in staff


def test_the_circle_says_who_walks_with_whom(make_member, make_quest, work, seen, login, text) -> None:
    from app.blueprints.members import services as members

    admin = make_member("guanli", capabilities=("admin",))
    mentor = make_member("zhoumo", name="Zhou Mo", capabilities=("mentor",))
    mentee = make_member("linxia", name="Lin Xia")
    members.set_mentor(mentee.id, mentor.id, by=admin)
    work(mentee, make_quest("One"))
    work(mentee, make_quest("Two"), state="working")
    seen(mentee)
    assert "1 lit · 1 under way" in text(login(mentor), "/circle")
    assert "Zhou Mo" in text(login(mentee), "/circle")
    assert "Circles of three to six" in text(login(make_member("alone")), "/circle")


def test_the_sky_is_kept_only_while_it_looks_the_same(member, make_quest, work, login, text) -> None:
    from sqlalchemy import update

    from app.blueprints.quests.models import QuestVersion
    from app.core.db import db
    from app.core.uow import unit_of_work

    quest = make_quest("Night shot")
    client = login(member)
    assert 'aria-label="Night shot, can be started"' in text(client, "/sky")
    assert 'aria-label="Night shot题，可以开始"' in text(client, "/sky", "zh")
    work(member, quest, state="working")
    assert 'aria-label="Night shot, under way"' in text(client, "/sky")
    with unit_of_work():
        db.session.execute(update(QuestVersion).values(title_en="<b>Renamed"))
    assert 'aria-label="&lt;b&gt;Renamed, under way"' in text(client, "/sky")
