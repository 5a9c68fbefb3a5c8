"""A wallet's lines as a statement: every one, oldest first, with the balance after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select

from app.blueprints.points.models import PointRule, Transfer
from app.core.db import db


def lines(wallet_id: int, begins: datetime | None, ends: datetime | None) -> Iterator[Any]:
    """Lines written from `begins` until before `ends`, row by row as the database sends them.

    id, created_at, title, note, cause, base, multiplier_percent, amount (signed), balance (after it), name
    and name_en (the rule's). The balance is summed over all lines of the wallet, also those left out before.
    """
    signed = case((Transfer.credit_id == wallet_id, Transfer.amount), else_=-Transfer.amount)
    every = (
        select(
            Transfer.id,
            signed.label("signed"),
            func.sum(signed).over(order_by=Transfer.id).label("balance"),
        )
        .where(or_(Transfer.credit_id == wallet_id, Transfer.debit_id == wallet_id))
        .subquery()
    )
    query = (
        select(
            Transfer.id,
            Transfer.created_at,
            Transfer.title,
            Transfer.note,
            Transfer.cause,
            Transfer.base,
            Transfer.multiplier_percent,
            every.c.signed.label("amount"),
            every.c.balance,
            PointRule.name,
            PointRule.name_en,
        )
        .join(every, every.c.id == Transfer.id)
        .outerjoin(PointRule, PointRule.key == Transfer.rule_key)
        .order_by(Transfer.id)
    )
    if begins is not None:
        query = query.where(Transfer.created_at >= begins)
    if ends is not None:
        query = query.where(Transfer.created_at < ends)
    yield from db.session.execute(query, execution_options={"yield_per": 500})
