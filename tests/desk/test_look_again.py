"""One tap on what was not accepted: somebody else looks again, once, with the first verdict in view."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.blueprints.inbox.models import Notice
from app.blueprints.quests import queries_review, services, services_desk, services_review
from app.blueprints.quests.models import Review, Submission
from app.blueprints.quests.queries_review import Asked
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound, Refused, Stale
from tests.desk.conftest import EN, clean_ledger, given, state

NOW = clock.now().replace(microsecond=0)
NO = Verdict(round=1, highlight="水珠很好", reason="看得见车牌")


@pytest.fixture
def work(people, send) -> int:
    with clock.at(NOW - timedelta(days=3)):
        work = send(people["linxia"])
    with clock.at(NOW - timedelta(days=2)):
        services_review.decline_submission(work, NO, by=people["luoning"])
    return work


def test_another_person_looks_with_the_first_verdict_in_view(work, people, login, verdict) -> None:
    with clock.at(NOW):
        member = login(people["linxia"])
        assert "Ask for a second look" in member.get(f"/work/{work}", headers=EN).get_data(as_text=True)
        for _ in range(2):
            sent = member.post(f"/work/{work}/look-again", data={"note": "放大也看不清<b>"}, headers=EN)
            assert sent.status_code == 303
        journey = member.get(sent.location, headers=EN).get_data(as_text=True)
        assert "Somebody else looks at it now" in journey
        assert "看得见车牌" in journey
        row = db.session.execute(select(Submission.look, Submission.due_at, Submission.state)).one()
        assert (row.look, row.due_at, row.state) == (2, NOW + timedelta(hours=48), "submitted")

        # what was judged stays as it is, though the first reviewer decided without opening it
        assert "Change it" not in journey
        assert member.post(f"/work/{work}/take-back").status_code == 409

        first = login(people["luoning"])
        assert f'href="/review/{work}"' not in first.get("/review").get_data(as_text=True)
        for answer in (
            first.get(f"/review/{work}", headers=EN),
            first.post(f"/review/{work}", data=verdict(), headers=EN),
        ):
            assert answer.status_code == 409
            assert "You had the first look at this one" in answer.get_data(as_text=True)
        assert state(work) == "submitted"

        second = login(people["guyan"])
        queue = second.get("/review?show=second", headers=EN).get_data(as_text=True)
        assert f'href="/review/{work}' in queue
        assert "second look" in queue
        page = second.get(f"/review/{work}", headers=EN).get_data(as_text=True)
        for text in ("Second look: the first verdict", "看得见车牌", "放大也看不清&lt;b&gt;", "罗宁"):
            assert text in page
    with clock.at(NOW + timedelta(hours=3)):
        second.post(f"/review/{work}", data=verdict())
    assert state(work) == "approved"
    assert given(people["linxia"]).balance == 100
    # it waited from when it was asked for
    kept = db.session.execute(select(Review.look, Review.waited_minutes, Review.in_time).order_by(Review.id))
    assert [tuple(row) for row in kept] == [(1, 24 * 60, True), (2, 180, True)]
    member = login(people["linxia"])
    member.get(member.get(f"/work/{work}").location)
    both = member.get(f"/work/{work}", headers=EN).get_data(as_text=True)
    assert "看得见车牌" in both
    assert "光很好" in both
    clean_ledger()


def test_once_only_and_then_it_is_final(work, people, login) -> None:
    services_desk.look_again(work, by=people["linxia"])
    services_review.decline_submission(work, Verdict(round=1, reason="还是看得见"), by=people["guyan"])
    assert state(work) == "declined"
    with pytest.raises(Refused):
        services_desk.look_again(work, by=people["linxia"])
    page = login(people["linxia"]).get(f"/work/{work}", headers=EN).get_data(as_text=True)
    assert "Ask for a second look" not in page
    for text in ("看得见车牌", "还是看得见"):
        assert text in page
    told = select(Notice.body).where(Notice.member_id == people["linxia"].id).order_by(Notice.id)
    assert [body["zh"] for body in db.session.scalars(told)] == ["看得见车牌", "还是看得见"]


def test_whose_and_when(work, people, send) -> None:
    with pytest.raises(NotFound):
        services_desk.look_again(work, by=people["xiaoman"])
    fresh = send(people["xiaoman"])
    with pytest.raises(Stale):
        services_desk.look_again(fresh, by=people["xiaoman"])


def test_begun_anew_there_is_nothing_to_look_at(work, people) -> None:
    quest = db.session.scalar(select(Submission.quest_id))
    services.start_quest(quest, by=people["linxia"])
    with pytest.raises(Refused) as refused:
        services_desk.look_again(work, by=people["linxia"])
    assert "begun this quest anew" in refused.value.message
    assert db.session.scalar(select(Submission.state).where(Submission.id == work)) == "declined"


def test_lit_by_a_later_try_the_earlier_one_cannot_pay_too(work, people, send, login, verdict) -> None:
    quest = db.session.scalar(select(Submission.quest_id))
    later = send(people["linxia"], quest)
    services_review.approve_submission(later, Verdict(round=1, highlight="好"), by=people["luoning"])
    assert given(people["linxia"]).balance == 100
    member = login(people["linxia"])
    assert "Ask for a second look" not in member.get(f"/work/{work}", headers=EN).get_data(as_text=True)
    refused = member.post(f"/work/{work}/look-again", headers=EN)
    assert refused.status_code == 409
    assert "begun this quest anew" in refused.get_data(as_text=True)
    assert state(work) == "declined"
    login(people["guyan"]).post(f"/review/{work}", data=verdict())
    assert given(people["linxia"]).balance == 100


def test_a_later_try_that_was_given_up_is_in_nobodys_way(work, people) -> None:
    quest = db.session.scalar(select(Submission.quest_id))
    services.withdraw_work(services.start_quest(quest, by=people["linxia"]), by=people["linxia"])
    services_desk.look_again(work, by=people["linxia"])
    assert state(work) == "submitted"


def test_a_mentor_who_declined_leaves_it_to_staff(people, make_quest, send) -> None:
    work = send(people["linxia"], make_quest(review_mode="mentor"))
    services_review.decline_submission(work, NO, by=people["zhoumo"])
    services_desk.look_again(work, by=people["linxia"])
    with pytest.raises(Refused):
        services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=people["zhoumo"])
    for who, there in (("zhoumo", False), ("luoning", True)):
        rows = queries_review.queue(people[who], Asked()).rows
        assert ([row.id for row in rows] == [work]) is there


def test_a_word_too_long_is_kept(work, people, login) -> None:
    answer = login(people["linxia"]).post(f"/work/{work}/look-again", data={"note": "长" * 1001}, headers=EN)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "长" * 1001 in page
    assert 'id="f-note-e"' in page
    assert state(work) == "declined"
