"""What `flask points audit` reads: everything recomputed from the transfers."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased

from app.blueprints.members import queries as members
from app.blueprints.points.models import Account, Transfer
from app.core.db import db


def differences() -> Iterator[tuple[str, str, int, int]]:
    """Everything that doesn't follow from the transfers: what, whose, as it stands, as it should be.

    Balances and lifetime points are recomputed by the database in one pass each; only what differs
    comes back, row by row.
    """
    came, went = aliased(Transfer), aliased(Transfer)
    credits = (
        select(came.credit_id.label("id"), func.sum(came.amount).label("points"))
        .group_by(came.credit_id)
        .subquery()
    )
    debits = (
        select(went.debit_id.label("id"), func.sum(went.amount).label("points"))
        .group_by(went.debit_id)
        .subquery()
    )
    moved = func.coalesce(credits.c.points, 0) - func.coalesce(debits.c.points, 0)
    should = case((Account.member_id.is_not(None), moved), else_=0)
    issued = select(Account.id).where(Account.kind == "issued").scalar_subquery()
    stream = {"yield_per": 1000}
    for row in db.session.execute(
        select(Account.kind, Account.member_id, Account.balance, should.label("should"))
        .outerjoin(credits, credits.c.id == Account.id)
        .outerjoin(debits, debits.c.id == Account.id)
        .where(Account.balance != should)
        .order_by(Account.id),
        execution_options=stream,
    ):
        yield "balance", whose(row.kind, row.member_id), row.balance, row.should

    awarded = (
        select(Transfer.credit_id.label("id"), func.sum(Transfer.amount).label("points"))
        .where(Transfer.debit_id == issued)
        .group_by(Transfer.credit_id)
        .subquery()
    )
    from_account = aliased(Account)
    undone = (
        select(from_account.member_id, func.sum(Transfer.amount).label("points"))
        .select_from(Transfer)
        .join(from_account, from_account.id == Transfer.debit_id)
        .where(Transfer.cause == "reversal")
        .group_by(from_account.member_id)
        .subquery()
    )
    earned = func.coalesce(awarded.c.points, 0) - func.coalesce(undone.c.points, 0)
    for row in db.session.execute(
        select(Account.kind, Account.member_id, Account.lifetime, earned.label("should"))
        .outerjoin(awarded, awarded.c.id == Account.id)
        .outerjoin(undone, undone.c.member_id == Account.member_id)
        .where(Account.kind == "wallet", Account.lifetime != earned)
        .order_by(Account.id),
        execution_options=stream,
    ):
        yield "lifetime", whose(row.kind, row.member_id), row.lifetime, row.should

    has, reaches = members.stars_of(Account.member_id), members.level_for(Account.lifetime)
    for row in db.session.execute(
        select(Account.member_id, has.label("stars"), reaches.label("should"))
        .where(Account.kind == "wallet", has != reaches)
        .order_by(Account.id),
        execution_options=stream,
    ):
        yield "stars", whose("wallet", row.member_id), row.stars, row.should

    first, back = aliased(Transfer), aliased(Transfer)
    for row in db.session.execute(
        select(first.id, func.sum(back.amount).label("points"), first.amount)
        .join(back, back.reverses_id == first.id)
        .group_by(first.id, first.amount)
        .having(func.sum(back.amount) != first.amount)
        .order_by(first.id),
        execution_options=stream,
    ):
        yield "reversal", f"transfer {row.id}", row.points, row.amount

    kept = db.session.scalar(select(func.coalesce(func.sum(Account.balance), 0))) or 0
    programme = select(Account.id).where(Account.member_id.is_(None))
    summed = db.session.scalar(
        select(
            func.coalesce(func.sum(case((Transfer.credit_id.in_(programme), Transfer.amount), else_=0)), 0)
            - func.coalesce(func.sum(case((Transfer.debit_id.in_(programme), Transfer.amount), else_=0)), 0)
        )
    )
    if kept + (summed or 0) != 0:
        yield "sum", "all accounts", kept + (summed or 0), 0


def whose(kind: str, member_id: int | None) -> str:
    """An account's name in the audit."""
    return f"programme's {kind}" if member_id is None else f"member {member_id}'s {kind}"


def audited() -> tuple[int, int]:
    """How many accounts and transfers there are."""
    return (
        db.session.scalar(select(func.count(Account.id))) or 0,
        db.session.scalar(select(func.count(Transfer.id))) or 0,
    )
