"""Adjustments by hand, as the desk and the member read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from app.blueprints.members import queries as members
from app.blueprints.points.models import Account, Adjustment
from app.core.db import db
from app.core.paging import Page, below, page_by_id

PAGE = 20


def _all() -> Select[Any]:
    return select(
        Adjustment.id,
        Adjustment.member_id,
        members.name_of(Adjustment.member_id).label("name"),
        Adjustment.amount,
        Adjustment.reason,
        Adjustment.reason_en,
        Adjustment.state,
        Adjustment.proposed_by_id,
        members.name_of(Adjustment.proposed_by_id).label("proposed_by"),
        Adjustment.signed_by_id,
        members.name_of(Adjustment.signed_by_id).label("signed_by"),
        Adjustment.refusal,
        Adjustment.created_at,
        Adjustment.decided_at,
    )


def waiting() -> Sequence[Any]:
    """Adjustments that wait for a second signature, oldest first, with the `balance` of the wallet now."""
    balance = (
        select(Account.balance)
        .where(Account.member_id == Adjustment.member_id, Account.kind == "wallet")
        .scalar_subquery()
    )
    return db.session.execute(
        _all()
        .add_columns(balance.label("balance"))
        .where(Adjustment.state == "waiting")
        .order_by(Adjustment.id)
    ).all()


def decided(cursor: str | None) -> Page[Any]:
    """Those that were booked, declined or withdrawn, newest first."""
    query = (
        _all()
        .where(Adjustment.state != "waiting", Adjustment.id < below(cursor))
        .order_by(Adjustment.id.desc())
        .limit(PAGE + 1)
    )
    return page_by_id(db.session.execute(query).all(), PAGE)


def of_line(key: str) -> Any | None:
    """The adjustment that wrote the transfer with this key."""
    number = key.removeprefix("adjustment:").split(":")[0]
    if not number.isdigit():
        return None
    return db.session.execute(_all().where(Adjustment.id == int(number))).one_or_none()
