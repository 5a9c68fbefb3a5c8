"""One in ten of what is lit is scored a second time, blind; how evenly is counted from both."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.blueprints.quests import queries_together, services_desk, services_review
from app.blueprints.quests.models import SecondScore, Submission
from app.blueprints.quests.policies import is_sampled
from app.blueprints.quests.services_review import Verdict
from app.core.db import db
from app.core.errors import Invalid, NotFound
from tests.desk.conftest import EN


@pytest.fixture
def works(people, make_member, send) -> list[int]:
    """Forty lit by luoning with scores 5 and 3; those of the sample."""
    lit = [send(make_member(f"w{number}", name=f"作者{number}")) for number in range(40)]
    for work in lit:
        verdict = Verdict(round=1, highlight="光从门缝来", scores={"0": 5, "1": 3})
        services_review.approve_submission(work, verdict, by=people["luoning"])
    return lit


@pytest.fixture
def sampled(works) -> list[int]:
    found = [work for work in works if is_sampled(work)]
    assert found
    return found


def test_what_is_sampled(works, sampled, people, send, make_member) -> None:
    kept = db.session.scalars(select(Submission.id).where(Submission.sampled)).all()
    assert sorted(kept) == sampled


def test_blind_and_never_ones_own(sampled, people, login) -> None:
    work = sampled[0]
    own = login(people["luoning"])
    assert f'href="/review/again/{work}"' not in own.get("/review/again").get_data(as_text=True)
    assert own.get(f"/review/again/{work}").status_code == 404
    client = login(people["guyan"])
    assert f'href="/review/again/{work}"' in client.get("/review/again").get_data(as_text=True)
    page = client.get(f"/review/again/{work}", headers=EN).get_data(as_text=True)
    assert "第一次夜拍，风很大" in page
    for told in ("光从门缝来", "罗宁", "checked"):
        assert told not in page
    half = client.post(f"/review/again/{work}", data={"decision": "changes", "score-0": "2"}, headers=EN)
    assert half.status_code == 422
    text = half.get_data(as_text=True)
    assert 'name="score-0" value="2" checked' in text
    assert 'value="changes" checked' in text
    whole = {"decision": "changes", "score-0": "2", "score-1": "3"}
    for _ in range(2):
        assert client.post(f"/review/again/{work}", data=whole).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(SecondScore)) == 1
    assert f"/review/again/{work}" not in client.get("/review/again").get_data(as_text=True)
    even = client.get("/review/evenness", headers=EN).get_data(as_text=True)
    for shown in ("罗宁", "顾言", "0%", "1.5", "The second score less the first, on average: -"):
        assert shown in even


def test_figures_follow_from_the_pairs(sampled, people) -> None:
    """Whoever says the same of everything is nothing apart."""
    for work in sampled:
        services_desk.score_again(work, "approved", {"0": 5, "1": 3}, by=people["guyan"])
    found = queries_together.evenness()
    assert (found.number, found.alike_percent, found.apart, found.leaning) == (len(sampled), 100, 0, 0)
    assert found.widest == []


def test_what_is_refused(works, sampled, people) -> None:
    plain = next(work for work in works if work not in sampled)
    scores = {"0": 5, "1": 3}
    for work, who in ((plain, "guyan"), (sampled[0], "luoning"), (999_999, "guyan")):
        with pytest.raises(NotFound):
            services_desk.score_again(work, "approved", scores, by=people[who])
    for decision, given in (("burn", scores), ("approved", {"0": 5}), ("approved", {"0": 9, "1": 1})):
        with pytest.raises(Invalid):
            services_desk.score_again(sampled[0], decision, given, by=people["guyan"])
    services_desk.undo_approval(sampled[0], by=people["luoning"])
    with pytest.raises(NotFound):
        services_desk.score_again(sampled[0], "approved", scores, by=people["guyan"])


def test_pages_cost_the_same_however_many(sampled, people, login, counted) -> None:
    client = login(people["guyan"])
    client.get("/review/again")
    for address, most in (("/review/again", 4), (f"/review/again/{sampled[0]}", 6), ("/review/evenness", 6)):
        with counted() as statements:
            assert client.get(address).status_code == 200
        assert len(statements) <= most, address
