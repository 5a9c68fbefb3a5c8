"""Points given or taken by hand: two signatures, one booking, and a ledger that still agrees."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.blueprints.inbox.models import Notice
from app.blueprints.points import queries_wallet, services, services_adjust
from app.blueprints.points.models import Adjustment, Transfer
from app.blueprints.points.queries_audit import differences
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from app.core.uow import unit_of_work


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> SimpleNamespace:
    admin = {"capabilities": ("admin",), "locale": "en"}
    return SimpleNamespace(
        linxia=make_member("linxia", locale="en"),
        first=make_member("gulan", name="Gu Lan", **admin),
        second=make_member("liangqi", name="Liang Qi", **admin),
        reviewer=make_member("luoning", capabilities=("reviewer", "publisher")),
    )


def purse(member: Actor) -> tuple[int, int, int]:
    db.session.rollback()
    row = queries_wallet.purse(member.id)
    return row.balance, row.lifetime, row.owed


def give(people: SimpleNamespace, amount: int, token: str = "t", **more: object) -> tuple[int, str]:
    by = more.pop("by", people.first)
    whose = more.pop("to", people.linxia)
    return services_adjust.propose(whose.id, amount, reason="补上", token=token, by=by, **more)


def spend(member: Actor, amount: int) -> int:
    """A hold as the mall makes one."""
    with unit_of_work():
        hold = services.write_line(
            key=f"hold:{amount}", debit="wallet", credit="held", whose=member.id, amount=amount,
            cause="redemption", title={"zh": "换", "en": "Redeemed a mug"}, acted_at=clock.now(),
        )  # fmt: skip
        table = services.Account.__table__
        db.session.execute(
            table.update()
            .where(table.c.member_id == member.id, table.c.kind == "wallet")
            .values(balance=table.c.balance - amount)
        )
    return hold


def test_up_to_a_thousand_is_booked_at_once_beyond_it_waits(people: SimpleNamespace) -> None:
    assert give(people, 1000, "a")[1] == "booked"
    assert purse(people.linxia) == (1000, 1000, 0)
    waits, state = give(people, 1001, "b")
    assert (state, purse(people.linxia)) == ("waiting", (1000, 1000, 0))
    # neither who proposed it nor the member signs; nobody without the permission does anything
    with pytest.raises(Refused):
        services_adjust.agree(waits, by=people.first)
    with pytest.raises(Forbidden):
        services_adjust.agree(waits, by=people.reviewer)
    with pytest.raises(NotFound):
        services_adjust.withdraw(waits, by=people.second)
    services_adjust.agree(waits, by=people.second)
    assert purse(people.linxia) == (2001, 2001, 0)
    for late in (services_adjust.agree, services_adjust.withdraw):
        with pytest.raises(Stale):
            late(waits, by=people.second if late is services_adjust.agree else people.first)
    assert purse(people.linxia) == (2001, 2001, 0)
    assert db.session.scalar(select(func.count(Notice.id)).where(Notice.member_id == people.linxia.id)) == 2
    of_it = select(AuditLine.act).where(AuditLine.subject == f"adjustment:{waits}").order_by(AuditLine.id)
    acts = db.session.scalars(of_it)
    assert acts.all() == ["adjustment.propose", "adjustment.agree"]
    assert list(differences()) == []


def test_nobody_adjusts_or_signs_their_own(people: SimpleNamespace) -> None:
    with pytest.raises(Refused):
        give(people, 10, to=people.first)
    about_the_second, _ = give(people, 5000, to=people.second)
    with pytest.raises(Refused):
        services_adjust.agree(about_the_second, by=people.second)
    with pytest.raises(Refused):
        services_adjust.decline(about_the_second, refusal="不", by=people.second)
    with pytest.raises(Forbidden):
        give(people, 10, by=people.reviewer)


def test_a_second_press_proposes_nothing_more(people: SimpleNamespace) -> None:
    assert give(people, 100, "once") == give(people, 100, "once")
    assert purse(people.linxia) == (100, 100, 0)


def test_what_is_taken_and_not_there_is_owed_and_repaid_first(
    people: SimpleNamespace, login: Callable[..., FlaskClient]
) -> None:
    give(people, 900, "a")
    spend(people.linxia, 700)
    give(people, -500, "b")
    assert purse(people.linxia) == (0, 400, 300)
    wallet = login(people.linxia).get("/wallet").get_data(as_text=True)
    assert "300 points are owed after a correction. What you earn next repays them first." in wallet
    give(people, 400, "c")
    assert purse(people.linxia) == (100, 800, 0)
    with pytest.raises(Refused) as refused:
        give(people, -801, "d")
    assert refused.value.params == {"points": "800"}
    assert purse(people.linxia) == (100, 800, 0)
    assert list(differences()) == []


@pytest.mark.parametrize("odd", [{"amount": 0}, {"amount": 100_001}, {"reason": " "}, {"reason": "长" * 201}])
def test_what_cannot_be_proposed(people: SimpleNamespace, odd: dict[str, object]) -> None:
    asked = {"amount": 5, "reason": "x"} | odd
    with pytest.raises(Invalid) as refused:
        services_adjust.propose(people.linxia.id, **asked, token="t", by=people.first)
    assert list(refused.value.fields) == list(odd)


def test_through_the_desk(people: SimpleNamespace, login: Callable[..., FlaskClient]) -> None:
    form = {"login": "linxia", "way": "give", "amount": "1500", "reason": "补五位", "token": "one"}
    desk = login(people.first)
    wrong = desk.post("/staff/points/adjustments", data=form | {"login": "nobody"})
    assert wrong.status_code == 422
    assert "补五位" in wrong.get_data(as_text=True)
    assert desk.post("/staff/points/adjustments", data=form).status_code == 303
    db.session.rollback()
    waits = db.session.scalars(select(Adjustment.id)).one()
    html = desk.get("/staff/points/adjustments").get_data(as_text=True)
    assert "can't sign your own" in unescape(html)
    assert f"/adjustments/{waits}/agree" not in html
    desk = login(people.second)
    assert f"/adjustments/{waits}/agree" in desk.get("/staff/points/adjustments").get_data(as_text=True)
    assert desk.post(f"/staff/points/adjustments/{waits}/decline").status_code == 422
    assert desk.post(f"/staff/points/adjustments/{waits}/agree").status_code == 303
    db.session.rollback()
    line = db.session.scalars(select(Transfer.id)).one()
    page = login(people.linxia).get(f"/wallet/{line}").get_data(as_text=True)
    for words in ("补五位", "Gu Lan", "Liang Qi", "Adjusted by staff"):
        assert words in page, words


def test_declined_or_withdrawn_it_never_counts(people: SimpleNamespace) -> None:
    declined, withdrawn = give(people, 2000, "a")[0], give(people, 2000, "b")[0]
    services_adjust.decline(declined, refusal="名单不对", by=people.second)
    services_adjust.withdraw(withdrawn, by=people.first)
    for each in (declined, withdrawn):
        with pytest.raises(Stale):
            services_adjust.agree(each, by=people.second)
    assert purse(people.linxia) == (0, 0, 0)
    assert (
        db.session.scalar(select(Notice.body).where(Notice.member_id == people.first.id))["zh"] == "名单不对"
    )


def test_the_books_in_the_console(people: SimpleNamespace, login: Callable[..., FlaskClient]) -> None:
    give(people, 900, "a")
    spend(people.linxia, 250)
    desk = login(people.first)
    html = desk.get("/staff/points/audit").get_data(as_text=True)
    for words in ("Every balance follows", "<dd>650</dd>", "<dd>250</dd>", "<dd>−900</dd>", "2 transfers"):
        assert words in html, words
    with unit_of_work():
        db.session.execute(services.Account.__table__.update().values(lifetime=7))
    html = unescape(desk.get("/staff/points/audit").get_data(as_text=True))
    assert "stands at 7, should be 900" in html
    assert 'role="alert"' in html


def test_a_hold_says_where_it_stands(people: SimpleNamespace, login: Callable[..., FlaskClient]) -> None:
    give(people, 900, "a")
    hold = spend(people.linxia, 250)
    client = login(people.linxia)
    assert "250 points are kept" in client.get("/wallet").get_data(as_text=True)
    assert "not used up yet" in client.get(f"/wallet/{hold}").get_data(as_text=True)
    with unit_of_work():
        services.write_line(
            key="sent", debit="held", credit="redeemed", whose=people.linxia.id, amount=250,
            cause="redemption", title={"zh": "寄出", "en": "Sent off"}, reverses_id=hold,
            acted_at=clock.now(),
        )  # fmt: skip
    assert "are kept" not in client.get("/wallet").get_data(as_text=True)
    page = client.get(f"/wallet/{hold}").get_data(as_text=True)
    assert "these points are used" in page
    # what moves between the programme's accounts is no line of the wallet
    assert "Sent off" not in page
