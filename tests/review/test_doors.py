"""Whose work is whose to read: mentors what was routed to them, reviewers everything, nobody their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.blueprints.members import services as members
from app.blueprints.quests import services
from app.blueprints.quests.models import Submission
from app.core.actor import Actor
from app.core.db import db


def state(work: int) -> str:
    db.session.rollback()
    return db.session.scalar(select(Submission.state).where(Submission.id == work))


@pytest.fixture
def works(
    people: dict[str, Actor], make_quest: Callable[..., int], send: Callable[..., int]
) -> dict[str, int]:
    """routed: linxia's, read by her mentor; staff: hers on another quest, read by staff; other: xiaoman's."""
    mentored = make_quest(review_mode="mentor")
    return {
        "routed": send(people["linxia"], mentored),
        "staff": send(people["linxia"]),
        "other": send(people["xiaoman"], mentored),
        "own": send(people["zhoumo"], mentored),
        "reviewers": send(people["luoning"]),
    }


@pytest.mark.parametrize(
    ("who", "open_to_them"),
    [
        ("zhoumo", {"routed"}),
        ("luoning", {"routed", "staff", "other", "own"}),
        ("guyan", {"routed", "staff", "other", "own", "reviewers"}),
    ],
)
def test_whose_work(who, open_to_them, people, works, login, verdict) -> None:
    client = login(people[who])
    page = client.get("/review").get_data(as_text=True)
    # her mentor may say something on what staff decide (tests/desk/test_mentor.py)
    to_say = {"staff"} if who == "zhoumo" else set()
    for name, work in works.items():
        mine = name in open_to_them
        seen = mine or name in to_say
        assert (f'href="/review/{work}"' in page) is seen, name
        assert client.get(f"/review/{work}").status_code == (200 if seen else 404), name
        if not mine:
            before = state(work)
            assert client.post(f"/review/{work}", data=verdict()).status_code == 404
            assert state(work) == before
    assert client.get("/review/999999").status_code == 404


@pytest.mark.parametrize("who", ["linxia", "xiaoman"])
def test_members_stay_outside(who, people, works, login, verdict) -> None:
    client = login(people[who])
    for answer in (
        client.get("/review"),
        client.get(f"/review/{works['other']}"),
        client.post(f"/review/{works['other']}", data=verdict()),
        client.post(f"/review/{works['other']}/release"),
    ):
        assert answer.status_code == 403
    assert state(works["other"]) == "submitted"


def test_work_under_way_is_nobodys_to_read(people, quest, login, verdict) -> None:
    work = services.start_quest(quest, by=people["linxia"])
    client = login(people["luoning"])
    assert client.get(f"/review/{work}").status_code == 404
    assert client.post(f"/review/{work}", data=verdict()).status_code == 404


def test_next_round_is_not_shown_before_it_is_sent(people, send, login, verdict) -> None:
    work = send(people["linxia"])
    client = login(people["luoning"])
    client.post(f"/review/{work}", data=verdict(decision="changes"))
    services.save_draft(work, services.Draft(texts={"words": "还没写完的第二稿"}), by=people["linxia"])
    page = client.get(f"/review/{work}").get_data(as_text=True)
    assert "第一次夜拍，风很大" in page
    assert "还没写完的第二稿" not in page
    assert 'name="decision"' not in page


def test_a_former_mentor_keeps_what_was_routed_to_them(people, works, login, make_member) -> None:
    """The work was sent to them; who mentors next gets what is sent next."""
    admin = make_member("boss", capabilities=("admin",))
    members.set_mentor(people["linxia"].id, None, by=admin)
    assert login(people["zhoumo"]).get(f"/review/{works['routed']}").status_code == 200


def test_mentors_keep_their_own_doors_and_staff_the_rail(people, works, login) -> None:
    mentor = login(people["zhoumo"]).get("/review").get_data(as_text=True)
    assert "/staff" not in mentor
    assert 'href="/me"' in mentor
    staff = login(people["luoning"]).get("/review").get_data(as_text=True)
    assert 'href="/staff"' in staff


@pytest.mark.parametrize(
    "address",
    ["/review?show=x&track=%00&quest=abc", "/review?quest=99999999999999999999", "/review?after=%00"],
)
def test_odd_addresses_show_the_queue(address, people, works, login) -> None:
    assert login(people["luoning"]).get(address).status_code == 200
