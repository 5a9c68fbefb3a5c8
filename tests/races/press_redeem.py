"""One process of the rush on the mall (see test_redeem.py): its own app on the same database, and several
threads that redeem at the same moment, in their own order and with pauses of their own.

argv: database URL, data folder, file with the attempts, threads, guard, seed, number of this process, how
many processes. Of the attempts it makes every so manieth. `guard` is

- "on": as it is
- "wallet": the member's wallet is read and not locked
- "off": what the page showed before the rush is believed: stock, limit, seat and code are written back as
  they were read then, and a token is never seen again
"""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Integer, bindparam, select, update

from app.blueprints.mall import policies, services
from app.blueprints.mall.models import MallItem, MallSlot, VoucherCode
from app.blueprints.members import queries as members
from app.blueprints.points.models import Account
from app.core.db import db, read, table
from app.core.errors import Refused
from tests.races.at_once import press_together, racing_app

PAUSE_SECONDS = 0.003
# of each good and date, and of the one that this thread is at
pages: dict[tuple[int, int | None], SimpleNamespace] = {}
at = threading.local()


def look(item_id: int, slot_id: int | None, by: Any) -> SimpleNamespace:
    """What the page shows before anybody presses."""
    row = read(services._asked(), {"me": by.id, "token": "", "item": item_id}).one()
    free = VoucherCode.item_id == item_id, VoucherCode.redemption_id.is_(None)
    return SimpleNamespace(
        item=SimpleNamespace(**row._mapping),
        seats=db.session.scalar(select(MallSlot.seats).where(MallSlot.id == slot_id)),
        code=db.session.scalar(select(VoucherCode.id).where(*free).order_by(VoucherCode.id).limit(1)),
    )


def believe_the_page() -> None:
    def check(_item: Any, *, by: Any, balance: int, now: Any, slot: Any) -> None:
        found = policies.standing(
            at.page.item, star=by.star_level, tier=by.tier, balance=balance, had=at.page.item.had, now=now,
            seats=at.page.seats,
        )  # fmt: skip
        if not found.open:
            raise Refused(policies.REFUSALS[found.why])

    def written_back(model: Any, name: str, value: int, **where: Any) -> Any:
        column = table(model).c[name]
        given = [bindparam(key, type_=Integer) == bindparam(key, type_=Integer) for key in where.values()]
        found = [table(model).c[key] == bindparam(value, type_=Integer) for key, value in where.items()]
        return update(table(model)).where(*found, *given).values({column: value}).returning(column)

    def piece() -> Any:
        stock = written_back(MallItem, "stock", at.page.item.stock - 1, id="item", price="seen")
        return stock.where(bindparam("floor", type_=Integer) >= 0)

    def code() -> Any:
        codes = table(VoucherCode)
        return (
            update(codes)
            .where(codes.c.id == at.page.code, codes.c.item_id == bindparam("item", type_=Integer))
            .values(redemption_id=bindparam("redemption", type_=Integer))
            .returning(codes.c.id)
        )

    services._check = check
    services._take_piece = piece  # type: ignore[assignment]
    services._take_seat = lambda: written_back(MallSlot, "seats", at.page.seats - 1, id="slot")  # type: ignore[assignment]
    services._claim = code  # type: ignore[assignment]


def unlocked(member_id: int) -> int:
    return db.session.scalars(
        select(Account.balance).where(Account.member_id == member_id, Account.kind == "wallet")
    ).one()


def main(url: str, data: str, plan: str, threads: str, guard: str, seed: str, number: str, of: str) -> None:
    app = racing_app(url, data)
    attempts = json.loads(Path(plan).read_text())[int(number) :: int(of)]
    with app.app_context():
        people = {each["member"]: members.as_actor(each["member"]) for each in attempts}
        if guard == "off":
            for each in attempts:
                here = each["item"], each["slot"]
                pages[here] = pages.get(here) or look(*here, people[each["member"]])
            believe_the_page()
        db.session.rollback()
    if guard in ("wallet", "off"):
        services.points.balance_of = unlocked

    def attempt(goods: str, item: int, member: int, token: str, slot: int | None, price: int) -> str:
        by = people[member]
        if guard == "off":
            at.page = pages[item, slot]
            token = f"{token}:{uuid.uuid4()}"
        try:
            order = services.redeem(item, token=token, price=price, slot_id=slot, address="pickup", by=by)
        except Refused as error:
            return f"{goods}: {error.message}"
        return (
            f"{goods}: {token if goods == 'tapped' else 'order'} {order if goods == 'tapped' else ''}".strip()
        )

    def rush(thread: int) -> str:
        chance = random.Random(f"{seed} {number} {thread}")
        mine = attempts[thread :: int(threads)]
        chance.shuffle(mine)
        said = []
        for each in mine:
            time.sleep(chance.random() * PAUSE_SECONDS)
            said.append(outcome_of(attempt, each))
        return "\n".join(said)

    press_together(app, [(thread,) for thread in range(int(threads))], rush)


def outcome_of(attempt: Callable[..., str], each: dict[str, Any]) -> str:
    """How it went; an error that is no refusal is named, and must not happen."""
    try:
        return attempt(**each)
    except Exception as error:
        return f"{each['goods']}: {type(error).__name__}"
    finally:
        db.session.remove()
