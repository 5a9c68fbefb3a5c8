"""Whom a member helped, and whom these helped: counted from the lines, never estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Integer,
    and_,
    bindparam,
    case,
    distinct,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.blueprints.impact.models import Helped, HelpedReader, ImpactLine
from app.blueprints.impact.policies import KINDS
from app.blueprints.members import queries as members
from app.core.db import read
from app.core.paging import Page, below, page_by_id

ME: Any = bindparam("me", type_=Integer)
BELOW: Any = bindparam("below", type_=Integer)
PAGE = 20


@dataclass(frozen=True)
class Totals:
    """Lines by what they show (keys of KINDS), and how many people lit something with this member's help."""

    by_show: dict[str, int]
    lit_with_me: int


@lru_cache
def _totals() -> Any:
    return (
        select(
            ImpactLine.kind,
            func.count(ImpactLine.id).label("lines"),
            func.count(distinct(ImpactLine.person_id)).label("people"),
        )
        .where(ImpactLine.member_id == ME)
        .group_by(ImpactLine.kind)
    )


def totals(member_id: int) -> Totals:
    """How many lines of each kind a member has, counted."""
    by_kind = {row.kind: row for row in read(_totals(), {"me": member_id})}
    return Totals(
        {
            show: sum(by_kind[kind].lines for kind in kinds if kind in by_kind)
            for show, kinds in KINDS.items()
        },
        by_kind["credit"].people if "credit" in by_kind else 0,
    )


@dataclass(frozen=True)
class Month:
    """A member's lines of one month, by kind, and how many different people they are of: members (`people`)
    and readers without an account (`readers`), each once within the month."""

    start: datetime
    lines: dict[str, int]
    people: int
    readers: int


@lru_cache
def _months(number: int) -> Any:
    at = ImpactLine.occurred_at
    ends = [bindparam(f"edge{place}", type_=at.type) for place in range(number + 1)]
    month = case(*((at < end, place) for place, end in enumerate(ends[1:]))).label("month")
    lines = (
        select(month, ImpactLine.kind, ImpactLine.person_id, ImpactLine.reader)
        .where(ImpactLine.member_id == ME, at >= ends[0], at < ends[-1])
        .cte("lines")
    )
    kinds = select(lines.c.month, lines.c.kind, func.count().label("number"), literal(0).label("readers"))
    people = select(
        lines.c.month, null(), func.count(distinct(lines.c.person_id)), func.count(distinct(lines.c.reader))
    )
    return union_all(kinds.group_by(lines.c.month, lines.c.kind), people.group_by(lines.c.month))


def months(member_id: int, edges: Sequence[datetime]) -> list[Month]:
    """A member's lines by month, in one query. `edges` are the moments at which months begin, the earliest
    first, and the one at which the last of them ends: so there is one month fewer."""
    number = len(edges) - 1
    values = {f"edge{place}": edge for place, edge in enumerate(edges)}
    found: list[Month] = [Month(edge, {}, 0, 0) for edge in edges[:-1]]
    for row in read(_months(number), {"me": member_id, **values}):
        if row.kind is None:
            found[row.month] = replace(found[row.month], people=row.number, readers=row.readers)
        else:
            found[row.month].lines[row.kind] = row.number
    return found


@dataclass(frozen=True)
class Ripple:
    """Those a member helped (`first`), how many of those helped others (`carried`), and whom they helped
    (`second`: different people, the member left out). `people` are the first degree, who passed most on
    leading: person_id, name, second. `readers` without an account were helped besides: nobody knows whom they
    help."""

    first: int
    carried: int
    second: int
    readers: int
    people: list[Any]


def helped_by(helper: Any) -> Any:
    """How many members, the reader of the page left out, the one whose id a column holds has helped, as a
    scalar subquery."""
    on = aliased(Helped)
    return select(func.count()).where(on.member_id == helper, on.person_id != ME).scalar_subquery()


@lru_cache
def _ripple() -> Any:
    # each number by itself is answered from an index; together, as one join, each would sort all of it
    first, on = aliased(Helped), aliased(Helped)
    mine = first.member_id == ME
    theirs = and_(on.member_id == first.person_id, on.person_id != ME)
    second = select(on.person_id).select_from(first).join(on, theirs).where(mine).group_by(on.person_id)
    numbers = {
        "first": select(func.count()).select_from(first).where(mine),
        "carried": select(func.count()).select_from(first).where(mine, exists().where(theirs)),
        "second": select(func.count()).select_from(second.subquery()),
        "readers": select(func.count()).select_from(HelpedReader).where(HelpedReader.member_id == ME),
    }
    return select(*(number.scalar_subquery().label(name) for name, number in numbers.items()))


def ripple(member_id: int, drawn: int) -> Ripple:
    """The ripple in exact numbers, and its first `drawn` people."""
    numbers = read(_ripple(), {"me": member_id}).one()
    people = read(_drawn(), {"me": member_id, "most": drawn}).all() if numbers.first else []
    return Ripple(numbers.first, numbers.carried, numbers.second, numbers.readers, list(people))


@lru_cache
def _drawn() -> Any:
    second = helped_by(Helped.person_id).label("second")
    # only those who are drawn are asked for their names
    most = (
        select(Helped.person_id, Helped.first_line_id, second)
        .where(Helped.member_id == ME)
        .order_by(second.desc(), Helped.first_line_id.desc())
        .limit(bindparam("most", type_=Integer))
        .subquery("most")
    )
    return select(most, members.appears_as(most.c.person_id).label("name")).order_by(
        most.c.second.desc(), most.c.first_line_id.desc()
    )


@lru_cache
def _everybody() -> Any:
    return (
        select(
            Helped.person_id,
            members.appears_as(Helped.person_id).label("name"),
            helped_by(Helped.person_id).label("second"),
            Helped.first_line_id,
            ImpactLine.subject,
            ImpactLine.occurred_at,
        )
        .join(ImpactLine, ImpactLine.id == Helped.first_line_id)
        .where(Helped.member_id == ME, Helped.first_line_id < BELOW)
        .order_by(Helped.first_line_id.desc())
        .limit(PAGE + 1)
    )


def people(member_id: int, cursor: str | None) -> Page[Any]:
    """Everybody a member helped, each once, the latest first.

    person_id, name, second (how many they helped), first_line_id, subject, occurred_at.
    """
    rows = read(_everybody(), {"me": member_id, "below": below(cursor)}).all()
    return page_by_id(rows, PAGE, "first_line_id")
