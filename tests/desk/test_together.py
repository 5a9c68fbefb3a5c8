"""Quick tasks together: the sum said before is what is given, each by itself; one press takes all back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select, update

from app.blueprints.badges import services as badges
from app.blueprints.points import services as points
from app.blueprints.points.models import Account, PointRule, Transfer
from app.blueprints.quests import services_desk, services_review
from app.blueprints.quests.models import Submission
from app.blueprints.quests.policies import SAMPLED_ONE_IN, is_sampled
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.uow import unit_of_work
from tests.desk.conftest import EN, clean_ledger, state


@pytest.fixture
def lot(quick, make_member, send) -> list[int]:
    """Twelve members sent a line; one of them has 995 points, one has earned up to the cap but 4."""
    quest = quick()
    with unit_of_work():
        badges.define_badge(
            key="line", name="抬头看", name_en="Look up", track_key="answer", icon="i-sun", rung=1,
            fact="quest.approved", fact_scope=f"quest:{quest}",
        )  # fmt: skip
        db.session.execute(update(PointRule).where(PointRule.key == "quest").values(monthly_cap=1000))
    people = [make_member(f"q{number}", name=f"成员{number}") for number in range(12)]
    works = [send(each, quest) for each in people]
    first, second = [people[place] for place, work in enumerate(works) if not is_sampled(work)][:2]
    for who, amount, rule in ((first, 995, None), (second, 996, "quest")):
        with unit_of_work():
            points.award(
                who.id, key=f"before-{who.id}", rule_key=rule, own=amount if rule else None, promised=amount,
                acted_at=clock.now(), title={"zh": "x", "en": "x"},
            )  # fmt: skip
    return works


def free(works: list[int]) -> list[int]:
    return [work for work in works if not is_sampled(work)]


def test_the_sum_is_what_is_given_and_one_press_takes_it_back(lot, people, login) -> None:
    client = login(people["luoning"])
    page = client.get("/review/together", headers=EN).get_data(as_text=True)
    gives = page.split('class="gives"')[1].split("</ul>")[0]
    number = len(free(lot))
    assert 0 < number < len(lot) + 1
    total = 10 * (number - 1) + 4
    assert f">{total}<" in gives
    assert f"{number} badges" in gives
    assert "成员" in gives
    assert "reaches 1,005" in gives
    assert "keeps back 6" in gives
    # who has 996 by the rule reaches 1,000 as well, with the 4 that the cap leaves
    assert "reaches 1,000" in gives
    for sampled in set(lot) - set(free(lot)):
        assert f'name="work" value="{sampled}"' not in page
        assert f'href="/review/{sampled}"' in page
    before = paid()
    answer = client.post("/review/together", data={"work": free(lot)}, headers=EN)
    assert answer.status_code == 303
    assert paid() - before == total
    assert {state(work) for work in free(lot)} == {"approved"}
    result = client.get(answer.location, headers=EN).get_data(as_text=True)
    assert f"{number} are lit, {total} points in all" in result
    back = client.post(
        "/review/together/undo", data={"work": re.findall(r'type="hidden" name="work" value="(\d+)"', result)}
    )
    assert back.status_code == 303
    assert {state(work) for work in lot} == {"submitted"}
    assert balance() == 995 + 996
    clean_ledger()


def paid() -> int:
    """What was paid to wallets so far, gross."""
    db.session.rollback()
    issued = select(Account.id).where(Account.kind == "issued").scalar_subquery()
    return db.session.scalar(select(func.sum(Transfer.amount)).where(Transfer.debit_id == issued)) or 0


def balance() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.sum(Account.balance)).where(Account.kind == "wallet")) or 0


def test_the_sum_of_the_ticked_ones_alone(lot, people, login) -> None:
    client = login(people["luoning"])
    two = free(lot)[2:4]
    asked = {"counted": "1", "work": two}
    part = client.get("/review/together", query_string=asked, headers=EN | {"HX-Request": "true"})
    text = part.get_data(as_text=True)
    assert "<html" not in text
    assert ">20<" in text
    assert "Light 2 together" in text
    whole = client.get("/review/together", query_string=asked, headers=EN).get_data(as_text=True)
    assert "Light 2 together" in whole
    assert whole.count(" checked") == 2
    none = client.get("/review/together", query_string={"counted": "1"}, headers=EN).get_data(as_text=True)
    assert "Tick those that are good" in none
    refused = client.post("/review/together", data={}, headers=EN)
    assert refused.status_code == 422


def test_one_that_cannot_be_holds_up_nobody(lot, people, login, send, make_member) -> None:
    held, done, good = free(lot)[2:5]
    sampled = next(iter(set(lot) - set(free(lot))), None)
    long_one = send(make_member("long"))  # no quick task
    services_review.open_for_review(held, by=people["guyan"])
    services_review.approve_submission(
        done, services_review.Verdict(round=1, highlight="好"), by=people["guyan"]
    )
    client = login(people["luoning"])
    chosen = [held, done, good, long_one, 999_999] + ([sampled] if sampled else [])
    answer = client.post("/review/together", data={"work": chosen}, headers=EN)
    page = client.get(answer.location, headers=EN).get_data(as_text=True)
    assert "1 is lit, 10 points in all" in page
    assert "A colleague has this open right now" in page
    assert "to be opened by itself" in page
    assert state(held) == "submitted"
    assert state(good) == "approved"
    assert state(long_one) == "submitted"
    if sampled:
        assert state(sampled) == "submitted"
    # taken back together: the colleague's own approval stays
    client.post("/review/together/undo", data={"work": [good, done]})
    assert (state(good), state(done)) == ("submitted", "approved")
    clean_ledger()


def test_a_page_costs_the_same_however_many(lot, people, login, counted, quick, send, make_member) -> None:
    client = login(people["luoning"])
    client.get("/review/together")
    with counted() as many:
        client.get("/review/together")
    single = quick()
    send(make_member("alone"), single)
    with counted() as one:
        client.get(f"/review/together?quest={single}")
    assert len(many) == len(one) <= 6


def test_whose_door_it_is(lot, people) -> None:
    found = services_desk.approve_together(free(lot)[:1], by=people["zhoumo"])
    assert found.done == []
    with pytest.raises(Invalid):
        services_desk.approve_together(list(range(1, 26)), by=people["luoning"])
    with pytest.raises(NotFound):
        services_desk.undo_approval(free(lot)[0], by=people["luoning"])


def test_about_one_in_ten_is_sampled_and_always_the_same() -> None:
    drawn = [number for number in range(1, 20_001) if is_sampled(number)]
    assert abs(len(drawn) - 20_000 / SAMPLED_ONE_IN) < 200
    assert drawn == [number for number in range(1, 20_001) if is_sampled(number)]


# --- what let itself through ------------------------------------------------------------------------------


def test_reversing_what_approved_itself(quick, people, send, login) -> None:
    quest = quick(review_mode="auto")
    linxia = people["linxia"]
    work = send(linxia, quest, helpers=[(people["xiaoman"].id, None)])
    assert state(work) == "approved"
    client = login(people["luoning"])
    page = client.get(f"/review/samples?quest={quest}", headers=EN).get_data(as_text=True)
    assert f'action="/review/{work}/reverse?quest={quest}"' in page
    refused = client.post(f"/review/{work}/reverse", data={"reason": " "}, headers=EN)
    assert refused.status_code == 422
    assert "Say why, so that it can be understood." in refused.get_data(as_text=True)
    assert state(work) == "approved"
    for _ in range(2):
        done = client.post(f"/review/{work}/reverse", data={"reason": "这不是提醒<b>"}, headers=EN)
        assert done.status_code == 303
    assert state(work) == "declined"
    assert balance() == 0
    clean_ledger()
    journey = login(linxia).get(f"/work/{work}", headers=EN).get_data(as_text=True)
    assert "这不是提醒&lt;b&gt;" in journey
    assert "Ask for a second look" in journey
    # it can be looked at again, and then pays under another name
    services_desk.look_again(work, by=linxia)
    services_review.approve_submission(
        work, services_review.Verdict(round=1, highlight="是提醒"), by=people["guyan"]
    )
    assert balance() == 10
    assert db.session.scalars(select(Transfer.key).order_by(Transfer.id)).all()[-1] == f"submission:{work}:1"
    clean_ledger()


def test_spent_points_of_a_reversed_work_are_owed(quick, people, send) -> None:
    from app.blueprints.points.models import Account as Accounts

    work = send(people["linxia"], quick(review_mode="auto"))
    with unit_of_work():  # as if they had gone into the mall
        db.session.execute(
            update(Accounts)
            .where(Accounts.member_id == people["linxia"].id, Accounts.kind == "wallet")
            .values(balance=3)
        )
    services_desk.reverse_approval(work, "不是提醒", by=people["luoning"])
    owed = db.session.scalar(select(Accounts.balance).where(Accounts.kind == "debt"))
    assert owed == -7


def test_what_a_reviewer_lit_is_not_reversed_so(quick, people, send) -> None:
    read = send(people["linxia"], quick())
    services_review.approve_submission(
        read, services_review.Verdict(round=1, highlight="好"), by=people["guyan"]
    )
    auto = send(people["xiaoman"], quick(review_mode="auto"))
    for work, who in ((read, "luoning"), (auto, "zhoumo"), (auto, "xiaoman")):
        with pytest.raises(NotFound):
            services_desk.reverse_approval(work, "因为", by=people[who])
    assert db.session.scalars(select(Submission.state)).all() == ["approved", "approved"]


@pytest.mark.parametrize("quest", ["0", "-1", "x", "99999999999999999999"])
def test_samples_of_no_such_quest(people, login, quest: str) -> None:
    answer = login(people["luoning"]).get("/review/samples", query_string={"quest": quest}, headers=EN)
    assert answer.status_code == 200


def test_samples_page_by_page(quick, people, send, make_member, login, counted) -> None:
    quest = quick(review_mode="auto")
    works = [send(make_member(f"s{number}"), quest) for number in range(23)]
    client = login(people["luoning"])
    seen: list[int] = []
    address = "/review/samples"
    with counted() as statements:
        page = client.get(address).get_data(as_text=True)
    assert len(statements) <= 4
    while address:
        page = client.get(address).get_data(as_text=True)
        seen += [int(found) for found in re.findall(r'action="/review/(\d+)/reverse', page)]
        more = re.search(r'class="more"><a[^>]*href="([^"]+)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert seen == works[::-1]
