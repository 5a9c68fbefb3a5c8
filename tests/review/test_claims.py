"""Opening work claims it for fifteen minutes, so that two reviewers don't read the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.blueprints.quests import services
from app.blueprints.quests.models import Submission, SubmissionEvent
from app.core import clock
from app.core.db import db
from app.core.errors import Stale

NOW = clock.now().replace(microsecond=0)
EN = {"Accept-Language": "en"}


@pytest.fixture
def work(people, send) -> int:
    with clock.at(NOW):
        return send(people["linxia"])


def claim(work: int) -> tuple:
    db.session.rollback()
    return tuple(
        db.session.execute(
            select(Submission.claimed_by_id, Submission.claimed_until).where(Submission.id == work)
        ).one()
    )


def test_opening_claims_and_opens_once(work, people, login) -> None:
    client = login(people["luoning"])
    with clock.at(NOW):
        assert 'name="decision"' in client.get(f"/review/{work}").get_data(as_text=True)
    assert claim(work) == (people["luoning"].id, NOW + timedelta(minutes=15))
    with clock.at(NOW + timedelta(minutes=3)):
        client.get(f"/review/{work}")
    assert claim(work)[1] == NOW + timedelta(minutes=15)
    with clock.at(NOW + timedelta(minutes=8)):
        client.get(f"/review/{work}")
    assert claim(work)[1] == NOW + timedelta(minutes=23)
    opened = select(SubmissionEvent.kind).where(
        SubmissionEvent.submission_id == work, SubmissionEvent.kind == "opened"
    )
    assert len(db.session.scalars(opened).all()) == 1
    with pytest.raises(Stale):
        services.take_back(work, by=people["linxia"])


def test_a_colleague_reads_but_cannot_decide_until_it_runs_out(work, people, login, verdict) -> None:
    with clock.at(NOW):
        login(people["luoning"]).get(f"/review/{work}")
        colleague = login(people["guyan"])
        page = colleague.get(f"/review/{work}", headers=EN).get_data(as_text=True)
        assert "罗宁 is looking at it, for another 15 minutes" in page
        assert "第一次夜拍，风很大" in page
        assert 'name="decision"' not in page
        assert "罗宁 is looking at it" in colleague.get("/review", headers=EN).get_data(as_text=True)
        refused = colleague.post(f"/review/{work}", data=verdict(highlight="想了很久的一句"), headers=EN)
        assert refused.status_code == 409
        kept = refused.get_data(as_text=True)
        assert "A colleague has this open" in kept
        assert "想了很久的一句" in kept
        assert 'href="/review"' in kept
    assert claim(work)[0] == people["luoning"].id
    with clock.at(NOW + timedelta(minutes=14, seconds=59)):
        assert 'name="decision"' not in colleague.get(f"/review/{work}").get_data(as_text=True)
    with clock.at(NOW + timedelta(minutes=15)):
        assert 'name="decision"' in colleague.get(f"/review/{work}").get_data(as_text=True)
    assert claim(work)[0] == people["guyan"].id


def test_putting_back_frees_it(work, people, login) -> None:
    with clock.at(NOW):
        client = login(people["luoning"])
        client.get(f"/review/{work}")
        answer = client.post(f"/review/{work}/release")
        assert (answer.status_code, answer.location) == (303, "/review")
        assert claim(work) == (None, None)


def test_nobody_puts_back_a_colleagues(work, people, login) -> None:
    with clock.at(NOW):
        login(people["luoning"]).get(f"/review/{work}")
        login(people["guyan"]).post(f"/review/{work}/release")
    assert claim(work)[0] == people["luoning"].id


def test_deciding_ends_the_claim(work, people, login, verdict) -> None:
    with clock.at(NOW):
        client = login(people["luoning"])
        client.get(f"/review/{work}")
        client.post(f"/review/{work}", data=verdict())
    assert claim(work) == (None, None)
