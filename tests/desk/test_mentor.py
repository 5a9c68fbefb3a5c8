"""A mentor says something before staff decide, on mentees' work only, and learns what becomes of it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select, update

from app.blueprints.inbox.models import Notice
from app.blueprints.quests import services_desk, services_review
from app.blueprints.quests.models import Quest, Remark
from app.blueprints.quests.services_review import Verdict
from app.core.db import db
from app.core.errors import NotFound, Stale
from app.core.uow import unit_of_work
from tests.desk.conftest import EN, state

GOOD = Verdict(round=1, highlight="好", suggestion="再等一辆车", reason="看得见车牌")


@pytest.fixture
def work(people, send) -> int:
    return send(people["linxia"])


def notices(member) -> list[str]:
    db.session.rollback()
    rows = db.session.scalars(select(Notice.title).where(Notice.member_id == member.id).order_by(Notice.id))
    return [title["en"] for title in rows]


def test_said_once_seen_by_staff_and_the_outcome_told(work, people, login, verdict) -> None:
    client = login(people["zhoumo"])
    queue = client.get("/review", headers=EN).get_data(as_text=True)
    assert f'href="/review/{work}"' in queue
    assert "say something before staff decide" in queue
    page = client.get(f"/review/{work}", headers=EN).get_data(as_text=True)
    assert 'name="decision"' not in page
    assert "Lighting it will give" not in page
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    empty = client.post(f"/review/{work}/say", data={"key": key, "body": " "}, headers=EN)
    assert empty.status_code == 422
    for _ in range(2):
        said = client.post(f"/review/{work}/say", data={"key": key, "body": "她等了四辆车<b>"}, headers=EN)
        assert said.status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Remark)) == 1
    # nothing was decided or claimed by it
    assert client.post(f"/review/{work}", data=verdict()).status_code == 404
    staff = login(people["luoning"])
    beside = staff.get(f"/review/{work}", headers=EN).get_data(as_text=True)
    assert "她等了四辆车&lt;b&gt;" in beside
    assert "mentor, before staff decide" in beside
    staff.post(f"/review/{work}", data=verdict())
    assert notices(people["zhoumo"]) == ["“First night shot” by 林夏, which you spoke for, is lit"]
    services_desk.undo_approval(work, by=people["luoning"])
    assert notices(people["zhoumo"]) == []
    services_review.decline_submission(work, GOOD, by=people["luoning"])
    assert notices(people["zhoumo"]) == ["“First night shot” by 林夏 was not accepted"]
    assert login(people["zhoumo"]).get(f"/review/{work}").status_code == 200


def test_other_groups_stay_closed(people, send, make_member, login) -> None:
    stranger = send(people["xiaoman"])
    other = make_member("other", capabilities=("mentor",))
    mine = send(people["linxia"])
    for who, work in ((people["zhoumo"], stranger), (other, mine), (people["linxia"], mine)):
        with pytest.raises(NotFound):
            services_desk.say_before(work, "一句", "k", by=who)
    client = login(people["zhoumo"])
    assert client.get(f"/review/{stranger}").status_code == 404
    assert f'href="/review/{stranger}"' not in client.get("/review").get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(Remark)) == 0


def test_after_the_decision_it_is_too_late(work, people) -> None:
    services_review.approve_submission(work, GOOD, by=people["luoning"])
    with pytest.raises(NotFound):
        services_desk.say_before(work, "一句", "k", by=people["zhoumo"])
    services_desk.undo_approval(work, by=people["luoning"])
    services_desk.say_before(work, "一句", "k", by=people["zhoumo"])
    services_review.approve_submission(work, GOOD, by=people["luoning"])
    with pytest.raises(Stale):
        services_desk.say_before(work, "再一句", "k2", by=people["zhoumo"])


def test_what_is_confidential_stays_with_staff(work, people, login) -> None:
    with unit_of_work():
        db.session.execute(update(Quest).values(confidential=True))
    client = login(people["zhoumo"])
    assert client.get(f"/review/{work}").status_code == 404
    assert f'href="/review/{work}"' not in client.get("/review").get_data(as_text=True)
    assert state(work) == "submitted"


def test_nobody_uses_up_a_colleagues_token(work, people, make_member) -> None:
    services_desk.say_before(work, "一句", "same", by=people["zhoumo"])
    services_desk.say_before(work, "又一句", "same", by=people["zhoumo"])
    services_desk.say_before(work, "第二句", "next", by=people["zhoumo"])
    assert db.session.scalars(select(Remark.body).order_by(Remark.id)).all() == ["一句", "第二句"]
