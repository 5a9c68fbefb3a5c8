"""A friend became an owner: written down by staff once, paid by the public rule, through the front door."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.blueprints.impact import queries, services_owner
from app.blueprints.impact.models import ImpactLine
from app.blueprints.impact.services_owner import Friend
from app.blueprints.inbox import queries as inbox
from app.blueprints.points import services as points
from app.core import clock
from app.core.dates import zone
from app.core.db import db

HTMX = {"HX-Request": "true"}
EN = {"Accept-Language": "en"}


@pytest.fixture
def author(make_member):
    return make_member("author", name="何知远")


@pytest.fixture
def staff(make_member):
    return make_member("luoning", name="罗宁", capabilities=("reviewer",))


def page_of(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def friend(make_member):
    return make_member("gubei", name="顾北")


def owner(member, friend=None, **more) -> dict:
    whole = {"member": str(member.id), "kind": "member", "day": today(), "token": "t1"}
    return whole | ({"friend": str(friend.id)} if friend else {}) | more


def today() -> str:
    return clock.now().astimezone(zone("Asia/Shanghai")).date().isoformat()


def wallet(member) -> int:
    return db.session.scalar(
        text("SELECT balance FROM account WHERE kind = 'wallet' AND member_id = :id"), {"id": member.id}
    )


def test_a_friend_became_an_owner(author, friend, desk) -> None:
    before = wallet(author)
    assert desk.post("/staff/thanks/owner", data=owner(author, friend), headers=EN).status_code == 303
    assert wallet(author) == before + 500
    line = queries.latest(author.id)
    assert (line.kind, line.person_id, line.outcome["en"]) == ("referral", friend.id, "became an owner")
    notice = inbox.notices(author.id, None).rows[0]
    assert "became an owner" in notice.title["en"]
    assert "500 points" in notice.body["en"]
    assert "顾北" not in str(notice.title) + str(notice.body), "no member's name is copied"
    page = page_of(desk.get("/staff/thanks/owner", headers=EN))
    assert "Recorded. 500 points paid" in page
    # once for each friend, whoever asks again
    desk.post("/staff/thanks/owner", data=owner(author, friend, token="t2"), headers=EN)
    assert "was recorded before" in page_of(desk.get("/staff/thanks/owner", headers=EN))
    assert wallet(author) == before + 500


def test_a_friend_is_one_members(author, friend, desk, make_member) -> None:
    other = make_member("other")
    desk.post("/staff/thanks/owner", data=owner(author, friend))
    answer = desk.post("/staff/thanks/owner", data=owner(other, friend, token="t2"), headers=EN)
    assert answer.status_code == 409
    assert "recorded already, for somebody else" in page_of(answer)
    assert wallet(other) == 0


def test_somebody_without_an_account(author, desk) -> None:
    sent = owner(author, kind="other", name="小周", agreed="1")
    for _tap in range(2):
        assert desk.post("/staff/thanks/owner", data=sent).status_code == 303
    assert wallet(author) == 500
    assert queries.latest(author.id).name == "小周"
    # the same name once more is asked about; nobody's name needs no asking
    again = desk.post("/staff/thanks/owner", data=sent | {"token": "t2"}, headers=EN)
    assert again.status_code == 422
    assert "A friend of this name is recorded" in page_of(again)
    assert 'name="another"' in page_of(again)
    assert desk.post("/staff/thanks/owner", data=sent | {"token": "t2", "another": "1"}).status_code == 303
    assert desk.post("/staff/thanks/owner", data=sent | {"token": "t3", "name": ""}).status_code == 303
    assert wallet(author) == 1500
    assert queries.latest(author.id).name is None


def test_what_cannot_be_recorded(author, friend, desk, staff) -> None:
    tomorrow = (clock.now() + timedelta(days=2)).date().isoformat()
    for wrong, says in [
        ({"member": ""}, "Nobody is found by this"),
        ({"friend": ""}, "Nobody is found by this"),
        ({"friend": str(author.id)}, "Nobody is their own friend"),
        ({"member": "999999"}, "Choose who told their friend"),
        ({"friend": "999999"}, "Choose who became an owner"),
        ({"day": tomorrow}, "A day within the last year"),
        ({"day": "2019-01-01"}, "A day within the last year"),
        ({"day": "soon"}, "The day on which"),
        ({"kind": "other", "name": "小周"}, "Leave the name out, or tick"),
    ]:
        answer = desk.post("/staff/thanks/owner", data=owner(author, friend) | wrong, headers=EN)
        assert (answer.status_code, says in page_of(answer)) == (422, True), wrong
    assert desk.post("/staff/thanks/owner", data=owner(staff, friend)).status_code == 403
    assert wallet(author) == wallet(staff) == 0
    assert queries.latest(author.id) is None


@pytest.mark.parametrize("way", ["name", "login", "number"])
def test_people_are_found_as_they_are_called(way, author, friend, desk) -> None:
    who = {"name": "知远", "login": "author", "number": str(author.number)}[way]
    found = page_of(desk.post("/staff/thanks/owner/look?for=member", data={"who": who}, headers=HTMX))
    assert re.search(rf'name="member" value="{author.id}" checked', found)
    # without a script, and without choosing, the only one that is found is meant
    sent = owner(author, friend) | {"member": "", "who": who}
    page = page_of(desk.post("/staff/thanks/owner/look", data=sent))
    assert re.search(rf'name="member" value="{author.id}" checked', page)
    assert re.search(rf'name="friend" value="{friend.id}" checked', page)
    assert desk.post("/staff/thanks/owner", data=sent).status_code == 303


def test_several_that_may_be_meant_are_to_choose_from(author, friend, desk, make_member) -> None:
    make_member("second", name="何知远")
    sent = owner(author, friend) | {"member": "", "who": "知远"}
    answer = desk.post("/staff/thanks/owner", data=sent, headers=EN)
    assert answer.status_code == 422
    assert "Choose which of them." in page_of(answer)
    assert page_of(answer).count('name="member"') == 2


def test_points_are_those_of_that_day(author, friend, staff) -> None:
    now = clock.now()
    with clock.at(now - timedelta(days=3)):
        points.set_value("referral", 800, starts_at=clock.now(), by=None)
    for days, person, worth in ((10, friend, 500), (1, staff, 800)):
        done = services_owner.record_owner(
            author.id, Friend(person_id=person.id), since=now - timedelta(days=days), token="t", by=staff
        )
        assert done.points == worth


@pytest.mark.race
def test_two_who_record_the_same_friend_at_once(app, author, friend, staff, make_member) -> None:
    """One is written and paid, whatever the order; the other hears that it is there, or whose it is."""
    other = make_member("other")
    told: list[str] = []
    start = threading.Barrier(6)
    db.session.rollback()

    def record(whose) -> None:
        with app.app_context():
            start.wait()
            try:
                done = services_owner.record_owner(
                    whose.id, Friend(person_id=friend.id), since=clock.now(), token="t", by=staff
                )
                told.append("new" if done.new else "known")
            except Exception as error:
                told.append(type(error).__name__)
            db.session.remove()

    threads = [threading.Thread(target=record, args=(whose,)) for whose in (author, other) * 3]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    db.session.rollback()
    assert sorted(told) == ["Stale"] * 3 + ["known"] * 2 + ["new"]
    assert wallet(author) + wallet(other) == 500
    assert db.session.scalar(select(func.count()).select_from(ImpactLine)) == 1


@pytest.mark.race
def test_two_who_both_found_nothing(app, author, friend, staff, make_member, monkeypatch) -> None:
    """Each looked before the other wrote, where the database lets two write at once: the key decides."""
    other, told = make_member("other"), []
    look, met = services_owner._is_there, threading.Barrier(2)

    def look_together(*args):
        found = look(*args)
        with suppress(threading.BrokenBarrierError):
            met.wait(1)
        return found

    monkeypatch.setattr(services_owner, "_is_there", look_together)
    db.session.rollback()

    def record(whose) -> None:
        with app.app_context():
            try:
                asked = Friend(person_id=friend.id)
                services_owner.record_owner(whose.id, asked, since=clock.now(), token="t", by=staff)
                told.append("new")
            except Exception as error:
                told.append(type(error).__name__)
            db.session.remove()

    threads = [threading.Thread(target=record, args=(whose,)) for whose in (author, other)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    db.session.rollback()
    assert sorted(told) == ["Stale", "new"]
    assert wallet(author) + wallet(other) == 500
