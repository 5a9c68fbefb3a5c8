"""Five hundred orders, each sent by staff and cancelled by its member at once: one of the two happens.

The control takes the guard away first and must go wrong; else the race would prove nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.inbox.models import Notice
from app.blueprints.mall import services, services_items
from app.blueprints.mall.models import MallItem, Redemption
from app.blueprints.points import queries_audit
from app.blueprints.points import services as points
from app.blueprints.points.models import Account, Transfer
from app.core import clock
from app.core.actor import Actor
from app.core.crypto import seal
from app.core.db import db
from app.core.i18n import pair
from app.core.uow import unit_of_work
from tests.races.at_once import at_once

ORDERS, MEMBERS, PRICE = 500, 5, 10


@pytest.fixture
def sender(make_member: Callable[..., Actor]) -> Actor:
    return make_member("luoning", capabilities=("publisher",))


@pytest.fixture
def orders(
    app: Flask, make_member: Callable[..., Actor], sender: Actor, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[int, int]]:
    """Orders to be posted, each with its member."""
    monkeypatch.setattr(services.books, "sealed_copy", lambda *_: seal(json.dumps({})))
    people = [make_member(f"member{n}") for n in range(MEMBERS)]
    with unit_of_work():
        item = services_items.add_item(
            "physical", by=sender, stock=ORDERS, name="杯子", price=PRICE,
            opens_at=clock.now() - timedelta(days=1),
        )  # fmt: skip
        services_items.set_state(item, "live", by=sender)
        for one in people:
            points.award(
                one.id, key=f"earned:{one.id}", rule_key=None, promised=ORDERS * PRICE,
                acted_at=clock.now(), title=pair("攒的", "Saved up"),
            )  # fmt: skip
        made = []
        for n in range(ORDERS):
            who = people[n % MEMBERS]
            order = services.redeem(item, token=f"t{n}", price=PRICE, address="1", by=who)
            made.append((order, who.id))
    return made


def press(app: Flask, orders: list[tuple[int, int]], sender: Actor, guard: str) -> Counter[str]:
    """Two processes send, two cancel, a half of the orders each."""
    halves = [",".join(f"{order}:{who}" for order, who in orders[n::2]) for n in range(2)]
    each = [(act, sender.id, half) for act in ("ship", "cancel") for half in halves]
    return at_once(app, "tests/races/press_ship.py", guard, processes=each)


def states() -> Counter[str]:
    db.session.rollback()
    return Counter(db.session.scalars(select(Redemption.state)))


@pytest.mark.race
def test_sent_or_cancelled_never_both(app: Flask, orders: list[tuple[int, int]], sender: Actor) -> None:
    went = press(app, orders, sender, "on")
    assert went.pop("Stale") == ORDERS
    assert set(went.values()) == {1}
    now = Counter(line.split()[1] for line in went)
    assert now.total() == ORDERS
    assert min(now["shipped"], now["cancelled"]) > 0
    assert states() == now
    back = select(func.count()).select_from(Transfer).where(Transfer.key.like("redemption:%:back"))
    spent = select(func.count()).select_from(Transfer).where(Transfer.key.like("redemption:%:spent"))
    assert (db.session.scalar(back), db.session.scalar(spent)) == (now["cancelled"], now["shipped"])
    assert db.session.scalar(select(func.count()).select_from(Notice)) == now["shipped"]
    assert db.session.scalar(select(MallItem.stock)) == now["cancelled"]
    wallets = select(func.sum(Account.balance)).where(Account.kind == "wallet")
    assert db.session.scalar(wallets) == MEMBERS * ORDERS * PRICE - now["shipped"] * PRICE
    assert list(queries_audit.differences()) == []


@pytest.mark.race
def test_without_the_guard_both_happen(app: Flask, orders: list[tuple[int, int]], sender: Actor) -> None:
    """The control: a parcel for points that came back, unless the hold's second answer is refused."""
    went = press(app, orders[:100], sender, "off")
    assert went["Stale"] == 0
    each = Counter(line.split()[0] for line in went if line != "IntegrityError")
    assert sum(n > 1 for n in each.values()) + went["IntegrityError"] == 100
