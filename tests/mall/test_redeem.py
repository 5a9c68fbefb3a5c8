"""Redeeming: what it takes, what it gives, and that a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.blueprints.mall import services, services_items
from app.blueprints.mall.models import MallItem, MallSlot, Redemption, RedemptionStep, VoucherCode
from app.blueprints.mall.services_items import NewCode
from app.blueprints.points import queries_audit
from app.blueprints.points import services as points
from app.blueprints.points.models import Account, Transfer
from app.core import clock
from app.core.actor import Actor
from app.core.crypto import unseal
from app.core.db import db
from app.core.errors import Invalid, Refused, Stale
from app.core.i18n import pair
from app.core.uow import unit_of_work

PICKUP = {"pickup": "店里", "pickup_en": "the shop"}


def wallet(member: Actor) -> tuple[int, int]:
    db.session.rollback()
    row = db.session.execute(
        select(Account.balance, Account.lifetime).where(
            Account.member_id == member.id, Account.kind == "wallet"
        )
    ).one()
    return row.balance, row.lifetime


def held() -> int:
    """What stands on the programme's held account."""
    account = select(Account.id).where(Account.kind == "held").scalar_subquery()
    came = db.session.scalars(select(Transfer.amount).where(Transfer.credit_id == account)).all()
    went = db.session.scalars(select(Transfer.amount).where(Transfer.debit_id == account)).all()
    return sum(came) - sum(went)


def stock(item: int) -> int:
    db.session.rollback()
    return db.session.scalars(select(MallItem.stock).where(MallItem.id == item)).one()


def redeem(item: int, by: Actor, token: str = "t1", **more: Any) -> int:
    price = db.session.scalars(select(MallItem.price).where(MallItem.id == item)).one()
    db.session.rollback()
    return services.redeem(item, token=token, price=more.pop("price", price), by=by, **more)


@pytest.fixture(autouse=True)
def _no_drift(app: Any) -> Any:
    yield
    db.session.rollback()
    assert list(queries_audit.differences()) == []


def test_points_are_held_and_come_back_when_it_is_cancelled(
    make_item: Callable[..., int], rich: Callable[..., Actor]
) -> None:
    item, linxia = make_item(stock=1, **PICKUP), rich(points=150)
    order = redeem(item, linxia, address="pickup")
    assert (wallet(linxia), held(), stock(item)) == ((50, 150), 100, 0)
    services.cancel(order, by=linxia)
    assert (wallet(linxia), held(), stock(item)) == ((150, 150), 0, 1)
    with pytest.raises(Stale):
        services.cancel(order, by=linxia)
    assert (wallet(linxia), stock(item)) == ((150, 150), 1)


def test_the_same_token_is_the_same_redemption(
    make_item: Callable[..., int], rich: Callable[..., Actor]
) -> None:
    item, linxia = make_item(**PICKUP), rich()
    first = redeem(item, linxia, address="pickup")
    assert redeem(item, linxia, address="pickup") == first
    assert redeem(item, linxia, token="t2", address="pickup") != first
    assert (wallet(linxia), stock(item)) == ((800, 1000), 1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"stock": 0}, "gone"),
        ({"price": 1001}, "aren't enough"),
        ({"min_star": 2}, "more stars"),
        ({"min_tier": "contributor"}, "another tier"),
        ({"opens_in": 1}, "isn't open yet"),
        ({"opens_in": 1, "priority_star": 2, "priority_from_in": -1}, "open to others first"),
        ({"closes_in": -0.5}, "no longer on the shelf"),
        ({"per_member": 1, "had": 1}, "as many as there are"),
    ],
)
def test_what_is_in_the_way_is_said_and_nothing_is_taken(
    change: dict[str, Any], why: str, make_item: Callable[..., int], rich: Callable[..., Actor]
) -> None:
    more = dict(change)
    had = more.pop("had", 0)
    for name in ("opens", "closes", "priority_from"):
        if f"{name}_in" in more:
            moment = clock.now() + timedelta(days=more.pop(f"{name}_in"))
            more[name if name == "priority_from" else f"{name}_at"] = moment
    linxia, item = rich(), make_item(**PICKUP, **more)
    plain = make_item(**PICKUP)
    for number in range(had):
        redeem(item, linxia, token=f"before{number}", address="pickup")
    before = wallet(linxia), stock(item), held()
    with pytest.raises(Refused, match=why):
        redeem(item, linxia, address="pickup")
    assert (wallet(linxia), stock(item), held()) == before
    redeem(plain, linxia, token="other", address="pickup")


def test_first_days_leave_what_is_kept_for_all(
    make_item: Callable[..., int], rich: Callable[..., Actor]
) -> None:
    now = clock.now()
    item = make_item(
        stock=3, kept_for_all=2, priority_star=1, priority_from=now - timedelta(days=1),
        opens_at=now + timedelta(days=1), **PICKUP,
    )  # fmt: skip
    starred, other = rich("starred", 2000), rich("other", 500)
    starred = type(starred)(**vars(starred) | {"star_level": 1})
    with pytest.raises(Refused, match="others first"):
        redeem(item, other, address="pickup")
    redeem(item, starred, address="pickup")
    with pytest.raises(Refused, match="first days is gone"):
        redeem(item, starred, token="t2", address="pickup")
    with clock.at(now + timedelta(days=1)):
        redeem(item, other, address="pickup")
    assert stock(item) == 1


def test_a_price_that_changed_meanwhile_is_asked_again(
    make_item: Callable[..., int], rich: Callable[..., Actor], keeper: Actor
) -> None:
    item, linxia = make_item(**PICKUP), rich()
    services_items.edit_item(item, price=120, by=keeper)
    with pytest.raises(Refused, match="price has changed"):
        redeem(item, linxia, price=100, address="pickup")
    redeem(item, linxia, price=120, address="pickup")
    assert wallet(linxia)[0] == 880


def test_a_voucher_gives_its_code_and_spends_at_once(
    make_item: Callable[..., int], rich: Callable[..., Actor], keeper: Actor
) -> None:
    item, linxia = make_item("voucher"), rich()
    services_items.add_codes(item, [NewCode("YS8K-2P4W"), NewCode("YS8K-77QD")], by=keeper)
    orders = [redeem(item, linxia, token=token) for token in ("a", "b")]
    with pytest.raises(Refused, match="gone"):
        redeem(item, linxia, token="c")
    codes = db.session.execute(
        select(VoucherCode.redemption_id, VoucherCode.sealed).order_by(VoucherCode.id)
    ).all()
    assert [(row.redemption_id, unseal(row.sealed)) for row in codes] == [
        (orders[0], "YS8K-2P4W"),
        (orders[1], "YS8K-77QD"),
    ]
    assert (wallet(linxia), held(), stock(item)) == ((800, 1000), 0, 0)
    steps = select(RedemptionStep.state).where(RedemptionStep.redemption_id == orders[0])
    assert db.session.scalars(steps.order_by(RedemptionStep.id)).all() == ["held", "delivered"]


def test_a_seat_belongs_to_its_date(
    make_item: Callable[..., int], rich: Callable[..., Actor], keeper: Actor
) -> None:
    now = clock.now()
    item, linxia = make_item("experience"), rich()
    days = [
        services_items.add_slot(
            item,
            starts_at=now + timedelta(days=n),
            ends_at=now + timedelta(days=n, hours=2),
            seats=n,
            by=keeper,
        )
        for n in (1, 2)
    ]
    with pytest.raises(Invalid) as refused:
        redeem(item, linxia)
    assert refused.value.fields.keys() == {"slot"}
    order = redeem(item, linxia, slot_id=days[0])
    with pytest.raises(Refused, match="gone"):
        redeem(item, linxia, token="t2", slot_id=days[0])
    assert stock(item) == 2
    services.cancel(order, by=linxia)
    seats = db.session.scalars(select(MallSlot.seats).order_by(MallSlot.id)).all()
    assert (seats, stock(item), wallet(linxia)[0]) == ([1, 2], 3, 1000)
    again = redeem(item, linxia, token="t3", slot_id=days[0])
    with clock.at(now + timedelta(days=1)), pytest.raises(Refused, match="has begun"):
        services.cancel(again, by=linxia)
    assert db.session.scalars(select(Redemption.state).where(Redemption.id == again)).one() == "held"


def test_what_is_owed_is_repaid_from_points_that_come_back(
    make_item: Callable[..., int], make_member: Callable[..., Actor]
) -> None:
    """A correction that came while they were set aside would have taken them."""
    linxia, item = make_member("linxia"), make_item(**PICKUP)
    with unit_of_work():
        paid = points.award(
            linxia.id,
            key="award",
            rule_key=None,
            promised=150,
            acted_at=clock.now(),
            title=pair("写", "Wrote"),
        )
    order = redeem(item, linxia, address="pickup")
    assert paid.transfer_id is not None
    points.reverse(paid.transfer_id, key="back", reason=pair("记错", "A mistake"), by=None)
    assert wallet(linxia) == (0, 0)
    services.cancel(order, by=linxia)
    assert wallet(linxia) == (0, 0)
    owed = db.session.scalars(
        select(Account.balance).where(Account.member_id == linxia.id, Account.kind == "debt")
    ).one()
    assert owed == 0
