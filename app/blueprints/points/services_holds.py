"""Points set aside for something that is on its way, then spent or given back.

A hold moves points from the wallet to the programme's held account; what answers it moves the same points on,
to the redeemed account or back, and names the hold. A hold has one answer: `UNIQUE(reverses_id, debit_id)`
refuses a second one whoever sends it. Lifetime points, and the stars with them, stay as they are.

Source of the rules: product.md 4.4 and 4.5. Each command joins the caller's unit of work.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, insert, literal_column, select, update

from app.blueprints.points import services as ledger
from app.blueprints.points.models import Account, Transfer
from app.core import clock
from app.core.db import Instant, Json, table, write
from app.core.errors import NotFound, Refused
from app.core.i18n import N_


def balance_of(member_id: int) -> int:
    """The balance of a member's wallet, whose row is held until the end of the unit of work.

    Whoever counts what a member has had before giving more does so after this. Raises NotFound.
    """
    return ledger.lock_wallet(member_id)


@lru_cache
def _take() -> Any:
    account, taken = table(Account), bindparam("taken", type_=Integer)
    return (
        update(account)
        .where(
            account.c.kind == literal_column("'wallet'"),
            account.c.member_id == ledger.WHOSE,
            account.c.balance >= taken,
        )
        .values(balance=account.c.balance - taken)
        .returning(account.c.balance)
    )


def hold(
    member_id: int, amount: int, *, key: str, title: dict[str, Any], link: str, acted_at: datetime
) -> int:
    """Set `amount` points of a member's aside, once for each `key`: the balance after it.

    Raises Refused when the wallet has less.
    """
    left = write(_take(), {"whose": member_id, "taken": amount}).scalar_one_or_none()
    if left is None:
        raise Refused(N_("The wallet has less than that. Nothing was taken."))
    ledger.write_line(
        key=key,
        debit="wallet",
        credit="held",
        whose=member_id,
        amount=amount,
        cause="redemption",
        title=title,
        link=link,
        by_id=member_id,
        acted_at=acted_at,
    )
    return left


@lru_cache
def _answer(debit: str, credit: str) -> Any:
    """The transfer that moves on the points which the one with the key `first` moved."""
    first, line = table(Transfer).alias("first"), table(Transfer)

    def given(name: str, kind: Any) -> Any:
        return bindparam(name, type_=kind)

    values: dict[str, Any] = {
        "key": given("key", String),
        "debit_id": ledger.account_id(debit),
        "credit_id": ledger.account_id(credit),
        "amount": first.c.amount,
        "cause": literal_column("'redemption'"),
        "reverses_id": first.c.id,
        "title": first.c.title,
        "note": given("note", Json),
        "link": first.c.link,
        "by_id": given("by_id", Integer),
        "acted_at": given("acted_at", Instant),
        "created_at": given("created_at", Instant),
    }
    source = select(*values.values()).where(first.c.key == given("first", String))
    return insert(line).from_select(list(values), source).returning(line.c.amount)


def _move_on(
    debit: str, credit: str, member_id: int, first: str, key: str, note: dict[str, Any] | None, by: int | None
) -> int:
    now = clock.now()
    values = {"whose": member_id, "first": first, "key": key, "note": note, "by_id": by}
    amount = write(_answer(debit, credit), values | {"acted_at": now, "created_at": now}).scalar_one_or_none()
    if amount is None:
        raise NotFound
    return amount


def spend(member_id: int, held: str, *, by: int | None) -> None:
    """Spend the points that the hold with the key `held` set aside. Raises NotFound."""
    _move_on("held", "redeemed", member_id, held, f"{held}:spent", None, by)


@lru_cache
def _give_back() -> Any:
    account, back = table(Account), bindparam("back", type_=Integer)
    return (
        update(account)
        .where(account.c.kind == literal_column("'wallet'"), account.c.member_id == ledger.WHOSE)
        .values(balance=account.c.balance + back)
        .returning(account.c.balance, ledger.owed_by(account.c.member_id).label("owed"))
    )


def _back(member_id: int, amount: int, *, key: str) -> None:
    wallet = write(_give_back(), {"whose": member_id, "back": amount}).one()
    if wallet.owed:
        # a correction that came meanwhile would have taken these points, had they been here
        ledger.repay(member_id, min(wallet.owed, amount), key=key, acted_at=clock.now())


def release(member_id: int, held: str, *, note: dict[str, Any], by: int | None) -> None:
    """Give back the points that the hold with the key `held` set aside; what is owed is repaid from them.

    Raises NotFound.
    """
    key = f"{held}:back"
    _back(member_id, _move_on("held", "wallet", member_id, held, key, note, by), key=key)


def refund(member_id: int, held: str, *, note: dict[str, Any], by: int | None) -> None:
    """Give back what was spent from the hold with the key `held`. Raises NotFound when nothing was."""
    key = f"{held}:refund"
    _back(member_id, _move_on("redeemed", "wallet", member_id, f"{held}:spent", key, note, by), key=key)
