"""Any order of redeeming, moving on, stocking up, awards and corrections, held against a plain model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from app.blueprints.mall import policies, services, services_items
from app.blueprints.mall.models import MallItem, MallSlot, Redemption, VoucherCode
from app.blueprints.mall.services_items import NewCode
from app.blueprints.points import queries_audit
from app.blueprints.points import services as points
from app.blueprints.points.models import Account, Transfer
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Invalid, NotFound, Refused, Stale
from app.core.i18n import pair
from app.core.uow import unit_of_work

KINDS = ("physical", "voucher", "experience", "loan")
PRICES = {"physical": 70, "voucher": 40, "experience": 110, "loan": 90}
LIMIT = 2  # of the physical one for each member
STATES = sorted({to for moves in policies.MOVES.values() for to in moves})


@dataclass
class Person:
    actor: Actor
    balance: int = 0
    owed: int = 0
    lifetime: int = 0
    awards: dict[int, int] = field(default_factory=dict)

    def give_back(self, amount: int) -> None:
        repaid = min(self.owed, amount)
        self.balance += amount - repaid
        self.owed -= repaid


@dataclass
class Order:
    who: int
    kind: str
    state: str
    token: str


# what an order does to the shelf and the programme's accounts, by where it stands
OFF_THE_SHELF = {"held", "shipped", "delivered", "missed", "refunded"}
SPENT = {"shipped", "delivered", "missed", "returned"}


def test_the_mall_keeps_its_promises(
    app: Flask,
    _pristine: Callable[[], None],  # noqa: PT019
    make_member: Callable[..., Actor],
) -> None:
    class Mall(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            db.session.remove()
            _pristine()
            self.number = 0
            self.orders: dict[int, Order] = {}
            self.items: dict[str, int] = {}
            now = clock.now()
            with unit_of_work():
                self.keeper = make_member("keeper", capabilities=("publisher",))
                self.people = [Person(make_member(login)) for login in ("one", "two")]
                for kind in KINDS:
                    plain = kind in ("physical", "loan")
                    values: dict[str, Any] = {
                        "name": kind, "name_en": kind, "price": PRICES[kind], "opens_at": now,
                        "loan_days": 14 if kind == "loan" else None, "pickup": "店里" if plain else "",
                        "per_member": LIMIT if kind == "physical" else None,
                    }  # fmt: skip
                    stock = 2 if plain else 0
                    item = services_items.add_item(kind, by=self.keeper, stock=stock, **values)
                    services_items.set_state(item, "live", by=self.keeper)
                    self.items[kind] = item
                self.total = dict.fromkeys(KINDS, 2)
                hours = {"starts_at": now + timedelta(days=1), "ends_at": now + timedelta(days=2)}
                item = self.items["experience"]
                self.slot = services_items.add_slot(item, seats=2, by=self.keeper, **hours)
                self.stock_up_codes(2)

        def stock_up_codes(self, count: int) -> None:
            codes = [NewCode(f"code {self.new()}") for _ in range(count)]
            services_items.add_codes(self.items["voucher"], codes, by=self.keeper)

        def new(self) -> str:
            self.number += 1
            return str(self.number)

        def left(self, kind: str) -> int:
            away = [one for one in self.orders.values() if one.kind == kind and one.state in OFF_THE_SHELF]
            return self.total[kind] - len(away)

        @rule(who=st.integers(0, 1), amount=st.sampled_from([30, 120, 400]))
        def award(self, who: int, amount: int) -> None:
            person = self.people[who]
            with unit_of_work():
                paid = points.award(
                    person.actor.id, key=f"a{self.new()}", rule_key=None, promised=amount,
                    acted_at=clock.now(), title=pair("写", "Wrote"),
                )  # fmt: skip
            assert paid.transfer_id is not None
            person.awards[paid.transfer_id] = amount
            person.lifetime += amount
            person.give_back(amount)

        @precondition(lambda self: any(person.awards for person in self.people))
        @rule(data=st.data())
        def reverse(self, data: st.DataObject) -> None:
            known = [(person, number) for person in self.people for number in person.awards]
            at = data.draw(st.integers(0, len(known) - 1))
            person, number = known[at]
            amount = person.awards.pop(number)
            points.reverse(number, key=f"r{number}", reason=pair("记错", "A mistake"), by=None)
            taken = min(person.balance, amount)
            person.balance -= taken
            person.owed += amount - taken
            person.lifetime -= amount

        def press(self, who: int, kind: str, token: str) -> int:
            slot = self.slot if kind == "experience" else None
            return services.redeem(
                self.items[kind], token=token, price=PRICES[kind], slot_id=slot, address="pickup",
                by=self.people[who].actor,
            )  # fmt: skip

        @rule(who=st.integers(0, 1), kind=st.sampled_from(KINDS))
        def redeem(self, who: int, kind: str) -> None:
            person, token = self.people[who], self.new()
            had = sum(
                one.who == who and one.kind == kind and one.state not in policies.VOID
                for one in self.orders.values()
            )
            if self.left(kind) <= 0 or person.balance < PRICES[kind] or (kind == "physical" and had >= LIMIT):
                with pytest.raises(Refused):
                    self.press(who, kind, token)
                return
            order = self.press(who, kind, token)
            assert order not in self.orders
            self.orders[order] = Order(who, kind, "delivered" if kind == "voucher" else "held", token)
            person.balance -= PRICES[kind]

        @precondition(lambda self: self.orders)
        @rule(data=st.data())
        def tap_again(self, data: st.DataObject) -> None:
            number = data.draw(st.sampled_from(sorted(self.orders)))
            one = self.orders[number]
            assert self.press(one.who, one.kind, one.token) == number

        @precondition(lambda self: self.orders)
        @rule(data=st.data(), to=st.sampled_from(STATES), by_member=st.booleans())
        def move(self, data: st.DataObject, to: str, by_member: bool) -> None:
            number = data.draw(st.sampled_from(sorted(self.orders)))
            one = self.orders[number]
            person = self.people[one.who]
            if by_member and to == "cancelled":
                with pytest.raises(NotFound):
                    services.cancel(number, by=self.people[1 - one.who].actor)

            def go() -> None:
                if by_member and to == "cancelled":
                    services.cancel(number, by=person.actor)
                elif by_member and to == "delivered":
                    services.say_received(number, by=person.actor)
                else:
                    with unit_of_work():
                        services.move(number, to, by=self.keeper)

            if to not in policies.MOVES.get((one.kind, one.state), ()):
                with pytest.raises(Stale):
                    go()
                return
            go()
            one.state = to
            if to in ("cancelled", "refused", "refunded"):
                person.give_back(PRICES[one.kind])

        @rule(kind=st.sampled_from(KINDS), pieces=st.integers(-2, 2))
        def restock(self, kind: str, pieces: int) -> None:
            if kind == "voucher":
                self.stock_up_codes(abs(pieces))
                self.total[kind] += abs(pieces)
            elif kind == "experience":
                with pytest.raises(Refused):
                    services_items.change_stock(self.items[kind], pieces, by=self.keeper)
            elif self.left(kind) + pieces < 0:
                with pytest.raises(Invalid):
                    services_items.change_stock(self.items[kind], pieces, by=self.keeper)
            else:
                services_items.change_stock(self.items[kind], pieces, by=self.keeper)
                self.total[kind] += pieces

        @invariant()
        def wallets_follow_from_the_model(self) -> None:
            if not hasattr(self, "people"):
                return
            db.session.rollback()
            rows = db.session.execute(
                select(Account.member_id, Account.kind, Account.balance, Account.lifetime).where(
                    Account.member_id.is_not(None)
                )
            ).all()
            found = {(row.member_id, row.kind): (row.balance, row.lifetime) for row in rows}
            for person in self.people:
                assert found[person.actor.id, "wallet"] == (person.balance, person.lifetime)
                assert found.get((person.actor.id, "debt"), (0, 0)) == (-person.owed, 0)
            for kind, states in (("held", {"held"}), ("redeemed", SPENT)):
                assert on_account(kind) == sum(
                    PRICES[one.kind] for one in self.orders.values() if one.state in states
                )
            assert list(queries_audit.differences()) == []

        @invariant()
        def shelves_follow_from_the_orders(self) -> None:
            if not hasattr(self, "people"):
                return
            stock = {row.kind: row for row in db.session.execute(select(*MallItem.__table__.c))}
            for kind in KINDS:
                assert (stock[kind].stock, stock[kind].stock_total) == (self.left(kind), self.total[kind])
            assert db.session.scalars(select(MallSlot.seats)).one() == self.left("experience")
            given = db.session.scalars(
                select(VoucherCode.redemption_id).where(VoucherCode.redemption_id.is_not(None))
            ).all()
            assert sorted(given) == [n for n, one in sorted(self.orders.items()) if one.kind == "voucher"]
            states = dict(db.session.execute(select(Redemption.id, Redemption.state)).all())  # type: ignore[arg-type]
            assert states == {number: one.state for number, one in self.orders.items()}

    run_state_machine_as_test(
        Mall,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def on_account(kind: str) -> int:
    """What stands on one of the programme's accounts."""
    account = select(Account.id).where(Account.kind == kind).scalar_subquery()
    came = db.session.scalar(select(func.sum(Transfer.amount)).where(Transfer.credit_id == account)) or 0
    went = db.session.scalar(select(func.sum(Transfer.amount)).where(Transfer.debit_id == account)) or 0
    return came - went
