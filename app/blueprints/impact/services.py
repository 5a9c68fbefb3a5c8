"""Writing down who helped whom. The only writers of these tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from app.blueprints.impact.models import Helped, ImpactLine
from app.core.db import db, table, upsert, write


@dataclass(frozen=True, kw_only=True)
class Help:
    """One help: `member_id` helped `person_id` with `subject`; `outcome` is what came of it.

    `key` names it for ever, so that the same help can't be written twice.
    """

    key: str
    member_id: int
    kind: str
    person_id: int | None
    person_name: str | None
    subject: dict[str, Any]
    outcome: dict[str, Any] | None
    link: str | None
    occurred_at: datetime
    quote: str | None = None


def add_lines(helps: list[Help]) -> None:
    """Write impact lines and count each person helped once. Joins the caller's unit of work.

    Nobody helps themselves: a line from a member to the same member is an error of the caller
    (CHECK not_oneself).
    """
    if not helps:
        return
    ids = write(_lines(), [vars(each) for each in helps]).scalars().all()
    people = [
        {"member_id": each.member_id, "person_id": each.person_id, "first_line_id": line_id}
        for each, line_id in zip(helps, ids, strict=True)
        if each.person_id is not None
    ]
    if people:
        write(_people(), people)


def withdraw_lines(keys: list[str]) -> None:
    """Take back lines whose cause was taken back. A person counts as helped as long as another line says so.

    Joins the caller's unit of work; keys that name nothing are ignored.
    """
    if not keys:
        return
    ids = db.session.scalars(select(ImpactLine.id).where(ImpactLine.key.in_(keys))).all()
    counted = db.session.execute(
        select(Helped.member_id, Helped.person_id)
        .where(Helped.first_line_id.in_(ids))
        .order_by(Helped.member_id, Helped.person_id)
        .with_for_update()
    ).all()
    for member_id, person_id in counted:
        other = db.session.scalar(
            select(func.min(ImpactLine.id)).where(
                ImpactLine.member_id == member_id,
                ImpactLine.person_id == person_id,
                ImpactLine.id.not_in(ids),
            )
        )
        whose = (Helped.member_id == member_id, Helped.person_id == person_id)
        if other is None:
            db.session.execute(delete(Helped).where(*whose))
        else:
            db.session.execute(update(Helped).where(*whose).values(first_line_id=other))
    db.session.execute(delete(ImpactLine).where(ImpactLine.id.in_(ids)))


@lru_cache
def _lines() -> Any:
    lines = table(ImpactLine)
    return insert(lines).returning(lines.c.id, sort_by_parameter_order=True)


@lru_cache
def _people() -> Any:
    return upsert(table(Helped)).on_conflict_do_nothing()
