"""What Today recommends: put aside for two weeks, taken up again, never nothing while anything is in reach;
and the stars, placed by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.blueprints.quests import services_publish, services_staff
from app.blueprints.quests.models import Quest, QuestSkip
from app.blueprints.quests.policies_presets import QuestIn
from app.blueprints.quests.queries_board import Board, OnBoard, Outlook, Standing, outlook
from app.core import clock
from app.core.actor import TIERS, Actor
from app.core.db import db
from app.core.paging import page_of_list

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def on_board(quest_id: int, *, tiers: frozenset[str], min_stars: int, repeat_days: int | None,
             requires: frozenset[int], state: str, rung: int) -> OnBoard:  # fmt: skip
    return OnBoard(
        id=quest_id, preset="skill_challenge", kind=None, confidential=False, hosted_by_id=None,
        host_name=None,
        state=state, track_key="photo", track_name="影像", track_name_en="Photo", shape="s-photo", rung=rung,
        position=quest_id, icon="i-star", badge_id=None, tiers=tiers, min_stars=min_stars,
        named_members_only=False, opens_at=None, closes_at=None, repeat_days=repeat_days, requires=requires,
        requires_badges=frozenset(), sky_x=None, sky_y=None, version_id=quest_id, title=f"q{quest_id}",
        title_en="", summary="", summary_en="", effort_minutes=5, rule_key=None, points=None,
        has_terms=False, before="",
    )  # fmt: skip


ids = st.integers(1, 8)
boards = st.dictionaries(
    ids,
    st.builds(
        dict,
        tiers=st.frozensets(st.sampled_from(TIERS), min_size=1),
        min_stars=st.integers(0, 2),
        repeat_days=st.sampled_from([None, 1, 30]),
        requires=st.frozensets(ids, max_size=2),
        state=st.sampled_from(["live", "live", "closed"]),
        rung=st.integers(1, 3),
    ),
    max_size=8,
)
standings = st.builds(
    Standing,
    tier=st.sampled_from(TIERS),
    stars=st.integers(0, 2),
    now=st.just(NOW),
    active=st.dictionaries(ids, ids, max_size=3),
    lit_at=st.dictionaries(
        ids, st.sampled_from([NOW - timedelta(days=3), NOW - timedelta(days=60)]), max_size=6
    ),
    full=st.sets(ids, max_size=3),
    skipped=st.sets(ids, max_size=8),
)


def all_of(asked: dict) -> dict[int, OnBoard]:
    return {
        key: on_board(key, **{**said, "requires": said["requires"] & asked.keys() - {key}})
        for key, said in asked.items()
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(boards, standings)
def test_what_is_in_reach_is_what_a_plain_recount_says(asked: dict, mine: Standing) -> None:
    quests = all_of(asked)

    def undone(quest: OnBoard) -> list[int]:
        return [first for first in quest.requires if first not in mine.lit_at]

    def lacks(quest: OnBoard) -> int:
        return len(undone(quest)) + max(quest.min_stars - mine.stars, 0)

    def done(quest: OnBoard) -> bool:
        lit_at = mine.lit_at.get(quest.id)
        again = lit_at and quest.repeat_days and lit_at + timedelta(days=quest.repeat_days) <= NOW
        return lit_at is not None and not again

    near = [
        quest
        for quest in sorted(quests.values(), key=lambda quest: (quest.rung, quest.position))
        if quest.state == "live" and mine.tier in quest.tiers and quest.id not in mine.active
        if not done(quest)
    ]
    start = [quest for quest in near if not lacks(quest) and quest.id not in mine.full]
    step = [
        quest
        for quest in near
        if (lacks(quest) == 1 and not any(undone(quests[first]) for first in undone(quest)))
        or (not lacks(quest) and quest.id in mine.full)
    ]
    view = Outlook(Board(quests, [], {}), mine)
    assert (list(view.start), list(view.step)) == (start, step)
    paged, cursor = [], None
    for _ in range(len(start) + 1):
        page = page_of_list(view.start, view.place, cursor=cursor, size=2)
        paged += page.rows
        cursor = page.next
        if cursor is None:
            break
    assert (paged, cursor) == (start, None)


# what is drawn is large: on a busy machine that alone took longer than is thought healthy
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(boards, standings)
def test_today_is_never_empty_while_something_can_be_started(asked: dict, mine: Standing) -> None:
    view = Outlook(Board(all_of(asked), [], {}), mine)
    chosen = view.next()
    can_start = list(view.start)
    assert (chosen is None) == (not can_start)
    if chosen is not None:
        assert chosen.quest in can_start
        unskipped = [quest for quest in can_start if quest.id not in mine.skipped]
        assert chosen.skipped == (not unskipped)


@pytest.fixture
def staff(make_member: Callable[..., Actor]) -> Actor:
    return make_member("luoning", capabilities=("publisher",))


@pytest.fixture
def quests(staff: Actor) -> list[int]:
    return [published(staff, title) for title in ("雾里的路", "雨里的路")]


def published(staff: Actor, title: str) -> int:
    quest_id = services_staff.create_quest("skill_challenge", by=staff)
    services_staff.save_quest(quest_id, QuestIn(title=title), by=staff)
    services_publish.publish_quest(quest_id, by=staff)
    return quest_id


def test_not_now_hides_it_for_two_weeks(
    quests: list[int], make_member: Callable[..., Actor], login: Callable[..., FlaskClient]
) -> None:
    member = make_member("anan")
    client = login("anan")
    first, second = quests
    assert f"/quests/{first}/skip" in client.get("/").text
    aside = client.post(f"/quests/{first}/skip")
    assert (aside.status_code, aside.headers["Location"]) == (303, f"/?aside={first}")
    page = client.get(aside.headers["Location"]).text
    assert f"/quests/{first}/unskip" in page
    assert f"/quests/{second}/skip" in page
    assert "雾里的路" in client.get("/quests").text
    db.session.rollback()
    with clock.at(clock.now() + timedelta(days=13)):
        assert outlook(member).next().quest.id == second
    with clock.at(clock.now() + timedelta(days=15)):
        assert outlook(member).next().quest.id == first
    client.post(f"/quests/{first}/unskip")
    assert f"/quests/{first}/skip" in client.get("/").text


def test_everything_put_aside_still_recommends_one(
    quests: list[int], make_member: Callable[..., Actor], login: Callable[..., FlaskClient]
) -> None:
    make_member("anan")
    client = login("anan")
    for quest_id in (*quests, quests[0]):
        assert client.post(f"/quests/{quest_id}/skip").status_code == 303
    page = client.get("/").text
    assert f'href="/quests/{quests[0]}"' in page
    assert "/skip" not in page
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(QuestSkip)) == 2


def test_what_one_cannot_see_cannot_be_put_aside(
    quests: list[int], staff: Actor, make_member: Callable[..., Actor], login: Callable
) -> None:
    draft = services_staff.create_quest("skill_challenge", by=staff)
    make_member("anan")
    client = login("anan")
    assert client.post(f"/quests/{draft}/skip").status_code == 404
    assert client.post("/quests/9999/skip").status_code == 404
    assert client.post(f"/quests/{quests[0]}/skip").status_code == 303


# --- the sky -------------------------------------------------------------------------------------------


def place(quest_id: int) -> tuple[int | None, int | None]:
    db.session.rollback()
    return db.session.execute(select(Quest.sky_x, Quest.sky_y).where(Quest.id == quest_id)).one()


def test_a_tap_on_the_picture_places_the_star(quests: list[int], login: Callable[..., FlaskClient]) -> None:
    client = login("luoning")
    first, second = quests
    page = client.get("/staff/sky/photo")
    assert 'type="image"' in page.text
    picture = client.get(f"/staff/sky/photo/figure.svg?star={first}")
    assert picture.mimetype == "image/svg+xml"
    assert "雾里的路" in picture.text
    tapped = client.post("/staff/sky/photo", data={"star": first, "at.x": "80", "at.y": "120"})
    assert tapped.status_code == 303
    # 280 pixels show 350 of the picture
    assert place(first) == (100, 150)
    near = client.post("/staff/sky/photo", data={"star": second, "at.x": "84", "at.y": "124"})
    assert near.status_code == 409
    assert place(second) == (None, None)
    client.post("/staff/sky/photo", data={"star": first, "move": "right"})
    assert place(first) == (108, 150)
    client.post("/staff/sky/photo", data={"star": first, "at.x": "-50", "at.y": "99999"})
    assert place(first) == (24, 290)
    client.post("/staff/sky/photo", data={"star": first, "move": "off"})
    assert place(first) == (None, None)


def test_the_sky_shows_it_where_it_was_put(
    quests: list[int], make_member: Callable[..., Actor], login: Callable[..., FlaskClient]
) -> None:
    client = login("luoning")
    client.post("/staff/sky/photo", data={"star": quests[0], "at.x": "80", "at.y": "120"})
    client.post("/logout")
    make_member("anan")
    assert 'cx="120" cy="150"' in login("anan").get("/sky").text


def test_nonsense_moves_nothing(quests: list[int], login: Callable[..., FlaskClient]) -> None:
    client = login("luoning")
    for data in ({}, {"star": "x", "at.x": "y"}, {"star": quests[0], "move": "sideways"}):
        assert client.post("/staff/sky/photo", data=data).status_code == 303
    assert client.post("/staff/sky/nowhere", data={}).status_code == 404
    assert [place(quest_id) for quest_id in quests] == [(None, None)] * 2
