"""A rush on the mall, by real processes: never one piece, seat or code more than there are.

The control believes what the page showed and must give more than there is; else the race would prove nothing.
LIGHTUP_FULL=1: 8 processes with 200 attempts each on 100 pieces, ten times, every time in another order;
and 10,000 codes of a voucher, claimed 50,000 times.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.mall import services_items
from app.blueprints.mall.models import MallItem, MallSlot, Redemption, VoucherCode
from app.blueprints.mall.policies import REFUSALS
from app.blueprints.mall.services_items import NewCode
from app.blueprints.points import queries_audit
from app.blueprints.points.models import Account, Transfer
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.mall.conftest import earn, keeper, make_item, rich
from tests.races.at_once import at_once

__all__ = ["keeper", "make_item", "rich"]

FULL = bool(os.environ.get("LIGHTUP_FULL"))
PROCESSES, ATTEMPTS, STOCK, PEOPLE = (8, 200, 100, 40) if FULL else (3, 12, 12, 8)
SEEDS = range(10 if FULL else 1)
CODES, CLAIMS = (10_000, 50_000) if FULL else (40, 120)
THREADS, PRICE = 4, 10
# so many seats have the two dates; so many of the pieces are kept for all; so many each may have
SEATS, KEPT, EACH = (3, 5), STOCK // 3, 2


@dataclass
class Shop:
    items: dict[str, int]
    slots: list[int]
    people: list[int]

    def attempts(self) -> list[dict[str, Any]]:
        """More than there is of everything, by everybody, in no order."""
        most = PROCESSES * ATTEMPTS
        each: list[tuple[str, str, int | None]] = [("mug", f"m{n}", None) for n in range(most)]
        each += [("first", f"f{n}", None) for n in range(most // 2)]
        each += [("voucher", f"v{n}", None) for n in range(most // 2)]
        each += [("date", f"d{n}", self.slots[n // PEOPLE % 2]) for n in range(most // 2)]
        found = [(goods, self.people[n % PEOPLE], token, slot) for n, (goods, token, slot) in enumerate(each)]
        for who in self.people:
            found += [("limited", who, f"l{n}", None) for n in range(EACH * 3)]
            found += [("tapped", who, "once", None)] * 3
        return [
            {"goods": goods, "item": self.items[goods], "member": who, "token": token, "slot": slot,
             "price": PRICE}
            for goods, who, token, slot in found
        ]  # fmt: skip


@pytest.fixture
def shop(app: Flask, make_item: Callable[..., int], make_member: Callable[..., Actor], keeper: Actor) -> Shop:
    now = clock.now()
    with unit_of_work():
        people = [make_member(f"member{n}") for n in range(PEOPLE)]
        for each in people:
            earn(each, 10_000_000)
        more = {"price": PRICE, "pickup": "店里", "pickup_en": "the shop"}
        plenty = PROCESSES * ATTEMPTS
        items = {
            "mug": make_item(stock=STOCK, **more),
            "limited": make_item(stock=plenty, per_member=EACH, **more),
            "tapped": make_item(stock=plenty, **more),
            "first": make_item(
                stock=STOCK, kept_for_all=KEPT, priority_star=1, priority_from=now - timedelta(days=1),
                **more | {"opens_at": now + timedelta(days=1)},
            ),
            "voucher": make_item("voucher", price=PRICE),
            "date": make_item("experience", price=PRICE),
        }  # fmt: skip
        services_items.add_codes(items["voucher"], [NewCode(f"YS8K-{n:04}") for n in range(STOCK)], by=keeper)
        slots = [
            services_items.add_slot(
                items["date"], starts_at=now + timedelta(days=n), ends_at=now + timedelta(days=n, hours=2),
                seats=seats, by=keeper,
            )
            for n, seats in enumerate(SEATS, start=1)
        ]  # fmt: skip
    db.session.rollback()
    return Shop(items, slots, [each.id for each in people])


def rush(
    app: Flask, shop: Shop, folder: Path, guard: str, *, seed: int = 0, goods: Sequence[str] = (), of: int = 2
) -> Counter[str]:
    """How all attempts went, or those on some goods, made by `of` processes."""
    attempts = [each for each in shop.attempts() if not goods or each["goods"] in goods]
    random.Random(seed).shuffle(attempts)
    return let_go(app, attempts, folder, guard, seed, of)


def let_go(
    app: Flask, attempts: list[dict[str, Any]], folder: Path, guard: str, seed: int, of: int
) -> Counter[str]:
    plan = folder / "attempts.json"
    plan.write_text(json.dumps(attempts))
    own = [(number, of) for number in range(of)]
    went = at_once(app, "tests/races/press_redeem.py", plan, THREADS, guard, seed, processes=own)
    assert went.total() == len(attempts)
    db.session.rollback()
    return went


def orders(item: int) -> int:
    found = select(func.count(Redemption.id)).where(Redemption.item_id == item)
    return db.session.scalars(found).one()


def most_of_one(item: int) -> int:
    """How many the member has who has most."""
    each = select(func.count().label("n")).where(Redemption.item_id == item).group_by(Redemption.member_id)
    return db.session.scalars(select(func.max(each.subquery().c.n))).one()


def points_set_aside() -> int:
    account = select(Account.id).where(Account.kind == "held").scalar_subquery()
    return db.session.scalars(select(func.count()).where(Transfer.credit_id == account)).one()


@pytest.mark.race
@pytest.mark.parametrize("seed", SEEDS)
def test_a_rush_gives_what_there_is(app: Flask, shop: Shop, tmp_path: Path, seed: int) -> None:
    went = rush(app, shop, tmp_path, "on", seed=seed, of=PROCESSES)
    attempts = Counter(each["goods"] for each in shop.attempts())
    gone, kept, limit = (REFUSALS[why] for why in ("sold_out", "rest_later", "limit"))
    given = {"mug": STOCK, "first": STOCK - KEPT, "voucher": STOCK, "date": sum(SEATS)}
    for goods, most in given.items():
        assert went.pop(f"{goods}: order") == orders(shop.items[goods]) == most
        # who came too late is told so, and nothing else
        late = {why: went.pop(f"{goods}: {why}", 0) for why in (gone, kept)}
        assert sum(late.values()) == attempts[goods] - most, goods
        assert late[gone if goods != "first" else kept] > 0
    assert went.pop("limited: order") == orders(shop.items["limited"]) == PEOPLE * EACH
    assert went.pop(f"limited: {limit}") == attempts["limited"] - PEOPLE * EACH
    assert most_of_one(shop.items["limited"]) == EACH
    # whoever taps three times is told the same order three times
    assert orders(shop.items["tapped"]) == len(went) == PEOPLE
    assert set(went.values()) == {3}

    db.session.rollback()
    stock = dict(db.session.execute(select(MallItem.id, MallItem.stock)).all())  # type: ignore[arg-type]
    left = [stock[shop.items[goods]] for goods in ("mug", "first", "voucher", "date")]
    assert left == [0, KEPT, 0, 0]
    assert set(db.session.scalars(select(MallSlot.seats))) == {0}
    for slot, seats in zip(shop.slots, SEATS, strict=True):
        assert db.session.scalar(select(func.count()).where(Redemption.slot_id == slot)) == seats
    codes = select(func.count(VoucherCode.redemption_id)).join(
        Redemption, (Redemption.id == VoucherCode.redemption_id) & (Redemption.item_id == VoucherCode.item_id)
    )
    assert db.session.scalar(codes) == STOCK
    assert points_set_aside() == db.session.scalar(select(func.count(Redemption.id)))
    assert list(queries_audit.differences()) == []


@pytest.mark.race
def test_codes_go_out_once(
    app: Flask, shop: Shop, tmp_path: Path, keeper: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.races.at_once.PATIENCE", 3600)
    item, more = shop.items["voucher"], CODES - STOCK
    services_items.add_codes(item, [NewCode(f"MORE-{n:05}") for n in range(more)], by=keeper)
    attempts = [
        {"goods": "voucher", "item": item, "member": shop.people[n % PEOPLE], "token": f"c{n}", "slot": None,
         "price": PRICE}
        for n in range(CLAIMS)
    ]  # fmt: skip
    went = let_go(app, attempts, tmp_path, "on", 0, PROCESSES)
    assert went == {"voucher: order": CODES, f"voucher: {REFUSALS['sold_out']}": CLAIMS - CODES}
    assert orders(item) == CODES
    # each of the redemptions has one, and none has another's
    given = select(VoucherCode.redemption_id).join(Redemption, Redemption.id == VoucherCode.redemption_id)
    found = db.session.scalars(given.where(Redemption.item_id == item, VoucherCode.item_id == item)).all()
    assert len(found) == len(set(found)) == CODES
    assert list(queries_audit.differences()) == []


@pytest.mark.race
def test_believing_the_page_gives_more_than_there_is(app: Flask, shop: Shop, tmp_path: Path) -> None:
    """The control."""
    rush(app, shop, tmp_path, "off")
    assert orders(shop.items["mug"]) > STOCK
    assert orders(shop.items["first"]) > STOCK - KEPT
    assert orders(shop.items["date"]) > sum(SEATS)
    assert most_of_one(shop.items["limited"]) > EACH
    assert orders(shop.items["tapped"]) > PEOPLE
    handed_out = db.session.scalar(select(func.count(VoucherCode.redemption_id)))
    assert orders(shop.items["voucher"]) > handed_out


@pytest.mark.race
def test_without_the_wallets_lock_taps_pass_the_limit(app: Flask, shop: Shop, tmp_path: Path) -> None:
    """The other control: the limit is counted under that lock alone."""
    rush(app, shop, tmp_path, "wallet", goods=["limited"])
    if db.engine.dialect.name == "sqlite":
        # one writer at a time is all the lock there is, and enough
        assert most_of_one(shop.items["limited"]) == EACH
    else:
        assert most_of_one(shop.items["limited"]) > EACH
