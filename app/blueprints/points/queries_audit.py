"""What `flask points audit` and the console's page of it read: everything recomputed from the transfers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.members import queries as members
from app.blueprints.points.models import Account, Transfer
from app.blueprints.points.queries import own_account
from app.core.db import db


def _moved(side: Any, *, beyond: Any, kind: str) -> Any:
    """What moved on one side of each account: `points` in all, `by_kind` those with an account of that kind
    beyond. Both come out of one index, in its order."""
    by_kind = func.sum(Transfer.amount).filter(beyond == own_account(kind))
    columns = side.label("id"), func.sum(Transfer.amount).label("points"), by_kind.label("by_kind")
    return select(*columns).group_by(side).subquery()


def differences() -> Iterator[tuple[str, str, int, int]]:
    """Everything that doesn't follow from the transfers: what, whose, as it stands, as it should be.

    Balances and lifetime points are recomputed by the database, each side of the transfers in one pass; what
    differs comes back, and the programme's own accounts.
    """
    # read at once, not by and by: for a cursor of its own PostgreSQL doesn't work in parallel
    came = _moved(Transfer.credit_id, beyond=Transfer.debit_id, kind="issued")
    went = _moved(Transfer.debit_id, beyond=Transfer.credit_id, kind="reversed")
    # what a reversal could not take from the wallet it took from the debt: lifetime falls by both
    undone = func.sum(func.coalesce(went.c.by_kind, 0)).over(partition_by=Account.member_id)
    each = (
        select(
            *Account.__table__.c,
            (func.coalesce(came.c.points, 0) - func.coalesce(went.c.points, 0)).label("moved"),
            (func.coalesce(came.c.by_kind, 0) - undone).label("earned"),
        )
        .outerjoin(came, came.c.id == Account.id)
        .outerjoin(went, went.c.id == Account.id)
        .subquery()
    )
    wrong = or_(
        each.c.balance != each.c.moved, (each.c.kind == "wallet") & (each.c.lifetime != each.c.earned)
    )
    own = 0
    for row in db.session.execute(
        select(each).where(or_(each.c.member_id.is_(None), wrong)).order_by(each.c.id)
    ):
        should = 0 if row.member_id is None else row.moved
        own += row.moved if row.member_id is None else 0
        if row.balance != should:
            yield "balance", whose(row.kind, row.member_id), row.balance, should
        if row.kind == "wallet" and row.lifetime != row.earned:
            yield "lifetime", whose(row.kind, row.member_id), row.lifetime, row.earned

    has, reaches = members.stars_of(Account.member_id), members.level_for(Account.lifetime)
    for row in db.session.execute(
        select(Account.member_id, has.label("stars"), reaches.label("should"))
        .where(Account.kind == "wallet", has != reaches)
        .order_by(Account.id)
    ):
        yield "stars", whose("wallet", row.member_id), row.stars, row.should

    # from those that name another, in the order of their index: what they name is looked up by its id
    first, points = aliased(Transfer), func.sum(Transfer.amount)
    amount = select(first.amount).where(first.id == Transfer.reverses_id).scalar_subquery()
    for row in db.session.execute(
        select(Transfer.reverses_id, points.label("points"), amount.label("amount"))
        .where(Transfer.reverses_id.is_not(None))
        .group_by(Transfer.reverses_id)
        .having(points != amount)
        .order_by(Transfer.reverses_id)
    ):
        yield "reversal", f"transfer {row.reverses_id}", row.points, row.amount

    kept = db.session.scalar(select(func.coalesce(func.sum(Account.balance), 0))) or 0
    if kept + own != 0:
        yield "sum", "all accounts", kept + own, 0


def whose(kind: str, member_id: int | None) -> str:
    """An account's name in the audit."""
    return f"programme's {kind}" if member_id is None else f"member {member_id}'s {kind}"


def balances() -> dict[str, int]:
    """What all accounts of each kind hold together: the programme's summed from the transfers, the members'
    as their rows keep it. All of them together are zero."""
    held = dict.fromkeys(("wallet", "debt", "issued", "held", "redeemed", "reversed", "expired"), 0)
    for kind, points in db.session.execute(
        select(Account.kind, func.sum(Account.balance))
        .where(Account.member_id.is_not(None))
        .group_by(Account.kind)
    ):
        held[kind] = int(points)
    for side, sign in ((Transfer.credit_id, 1), (Transfer.debit_id, -1)):
        for kind, points in db.session.execute(
            select(Account.kind, func.sum(Transfer.amount))
            .join(Account, Account.id == side)
            .where(Account.member_id.is_(None))
            .group_by(Account.kind)
        ):
            held[kind] += sign * int(points)
    return held


def audited() -> tuple[int, int]:
    """How many accounts and transfers there are."""
    return (
        db.session.scalar(select(func.count(Account.id))) or 0,
        db.session.scalar(select(func.count(Transfer.id))) or 0,
    )
