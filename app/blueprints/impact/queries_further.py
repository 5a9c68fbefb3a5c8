"""The lists behind the numbers of a member's ripple and months: who, through whom, with what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, case, func, select
from sqlalchemy.orm import aliased

from app.blueprints.impact.models import Helped, ImpactLine
from app.blueprints.impact.policies import KINDS
from app.blueprints.impact.queries_people import helped_by
from app.blueprints.members import queries as members
from app.core.db import read
from app.core.paging import Page, below, keyset, page_by_id, page_of

ME: Any = bindparam("me", type_=Integer)
BELOW: Any = bindparam("below", type_=Integer)
THROUGH: Any = bindparam("through", type_=Integer)
PAGE = 20


@lru_cache
def _carried() -> Any:
    second = helped_by(Helped.person_id)
    who = (
        select(Helped.person_id, Helped.first_line_id, second.label("second"))
        .where(Helped.member_id == ME, Helped.first_line_id < BELOW, second > 0)
        .order_by(Helped.first_line_id.desc())
        .limit(PAGE + 1)
        .subquery("who")
    )
    return select(who, members.appears_as(who.c.person_id).label("name")).order_by(who.c.first_line_id.desc())


def carried(member_id: int, cursor: str | None) -> Page[Any]:
    """Of those a member helped the ones who helped others, whom they helped last leading: person_id, name,
    second (how many they helped, the member left out), first_line_id."""
    rows = read(_carried(), {"me": member_id, "below": below(cursor)}).all()
    return page_by_id(rows, PAGE, "first_line_id")


@lru_cache
def _further(*, through_one: bool) -> Any:
    first, on = aliased(Helped), aliased(Helped)
    line_id = func.min(on.first_line_id)
    who = (
        select(on.person_id, line_id.label("line_id"), func.count().label("ways"))
        .select_from(first)
        .join(on, on.member_id == first.person_id)
        .where(first.member_id == ME, on.person_id != ME)
        .group_by(on.person_id)
        .having(line_id < BELOW)
        .order_by(line_id.desc())
        .limit(PAGE + 1)
    )
    if through_one:
        who = who.where(first.person_id == THROUGH)
    found = who.subquery("who")
    return (
        select(
            found,
            members.appears_as(found.c.person_id).label("name"),
            ImpactLine.member_id.label("through_id"),
            members.appears_as(ImpactLine.member_id).label("through"),
            ImpactLine.occurred_at,
        )
        .join(ImpactLine, ImpactLine.id == found.c.line_id)
        .order_by(found.c.line_id.desc())
    )


def further(member_id: int, through: int | None, cursor: str | None) -> Page[Any]:
    """Whom those helped whom a member helped, each once and the member left out, the latest first.

    With `through` only whom that one helped. person_id, name, line_id, ways (how many helped them), and of
    the first who did: through_id, through (their name) and occurred_at.
    """
    values = {"me": member_id, "below": below(cursor)}
    if through is not None:
        values["through"] = through
    rows = read(_further(through_one=through is not None), values).all()
    return page_by_id(rows, PAGE, "line_id")


def lines_between(member_id: int, edges: Sequence[datetime], show: str, cursor: str | None) -> Page[Any]:
    """A member's lines from the first moment until the second, the latest first; `show` is a key of KINDS, or
    "" for all: id, kind, person_id, name (as `queries.latest` has it), reader, subject, outcome, quote, link,
    occurred_at."""
    name = case(
        (ImpactLine.person_id.is_(None), ImpactLine.person_name),
        else_=members.appears_as(ImpactLine.person_id),
    )
    query: Any = select(
        ImpactLine.id,
        ImpactLine.kind,
        ImpactLine.person_id,
        name.label("name"),
        ImpactLine.reader,
        ImpactLine.subject,
        ImpactLine.outcome,
        ImpactLine.quote,
        ImpactLine.link,
        ImpactLine.occurred_at,
    ).where(
        ImpactLine.member_id == member_id,
        ImpactLine.occurred_at >= edges[0],
        ImpactLine.occurred_at < edges[1],
    )
    if show:
        query = query.where(ImpactLine.kind.in_(KINDS[show]))
    query, size = keyset(query, ImpactLine.occurred_at, ImpactLine.id, cursor=cursor, size=PAGE)
    return page_of(read(query).all(), size, "occurred_at", "id")
