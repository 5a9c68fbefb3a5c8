"""Whom a member helped, and whom these helped: counted from the lines, never estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
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


@dataclass(frozen=True)
class People(Page[Any]):
    """People somebody helped, each once; how many of them are `members`, and `readers` without an account."""

    members: int
    readers: int


def _one_of(model: Any, person: Any, reader: Any) -> Select[Any]:
    return (
        select(person.label("person_id"), reader.label("reader"), model.first_line_id.label("line_id"))
        .where(model.member_id == ME, model.first_line_id < BELOW)
        .order_by(model.first_line_id.desc())
        .limit(PAGE + 1)
    )


@lru_cache
def _everybody(which: str) -> Any:
    those = {
        "members": _one_of(Helped, Helped.person_id, null()).subquery(),
        "readers": _one_of(HelpedReader, cast(null(), Integer), HelpedReader.reader).subquery(),
    }
    chosen = [those[which]] if which else list(those.values())
    return _listed(union_all(*(select(each) for each in chosen)).subquery("everybody"))


@lru_cache
def _lit_with() -> Any:
    """Members with a credit among the lines, by the first of them."""
    first = func.min(ImpactLine.id)
    lit = (
        select(ImpactLine.person_id, null().label("reader"), first.label("line_id"))
        .where(ImpactLine.member_id == ME, ImpactLine.kind == "credit")
        .group_by(ImpactLine.person_id)
        .having(first < BELOW)
    )
    return _listed(lit.subquery("everybody"))


POSTS = "post:%"


def _thankful(works: str) -> tuple[Any, ...]:
    """The lines of who say that a work helped them, or (POSTS) one of a member's posts."""
    about = ImpactLine.about.like(POSTS) if works == POSTS else ImpactLine.about == bindparam("work")
    return ImpactLine.member_id == ME, ImpactLine.kind.in_(("thanks", "relay")), about


@lru_cache
def _thanked(works: str) -> Any:
    first = func.min(ImpactLine.id)
    those = (
        select(ImpactLine.person_id, ImpactLine.reader, first.label("line_id"))
        .where(*_thankful(works))
        .group_by(ImpactLine.person_id, ImpactLine.reader)
        .having(first < BELOW)
    )
    return _listed(those.subquery("everybody"))


@lru_cache
def _how_thankful(works: str) -> Any:
    return select(
        func.count(distinct(ImpactLine.person_id)).label("members"),
        func.count(distinct(ImpactLine.reader)).label("readers"),
    ).where(*_thankful(works))


def thankful(member_id: int, work: str, cursor: str | None) -> People:
    """Who say that a work of a member's helped them (`work`: "post:12"; POSTS: any of their posts), as
    `people`, each once."""
    values, which = {"me": member_id, "work": work}, POSTS if work == POSTS else ""
    many = read(_how_thankful(which), values).one()
    rows = read(_thanked(which), values | {"below": below(cursor)}).all()
    page = page_by_id(rows, PAGE, "line_id")
    return People(page.rows, page.next, many.members, many.readers)


def _listed(everybody: Any) -> Any:
    name = case(
        (everybody.c.person_id.is_(None), ImpactLine.person_name),
        else_=members.appears_as(everybody.c.person_id),
    )
    return (
        select(
            everybody,
            name.label("name"),
            helped_by(everybody.c.person_id).label("second"),
            ImpactLine.kind,
            ImpactLine.subject,
            ImpactLine.occurred_at,
        )
        .join(ImpactLine, ImpactLine.id == everybody.c.line_id)
        .order_by(everybody.c.line_id.desc())
        .limit(PAGE + 1)
    )


@lru_cache
def _how_many() -> Any:
    lit = select(func.count(distinct(ImpactLine.person_id))).where(
        ImpactLine.member_id == ME, ImpactLine.kind == "credit"
    )
    return select(
        *(
            select(func.count()).select_from(model).where(model.member_id == ME).scalar_subquery().label(name)
            for model, name in ((Helped, "members"), (HelpedReader, "readers"))
        ),
        lit.scalar_subquery().label("lit"),
    )


WHICH = ("", "lit", "members", "readers")


def people(member_id: int, cursor: str | None, which: str = "") -> People:
    """Everybody a member helped, each once, the latest first, in two queries; `which` (of WHICH): only those
    who "lit" something with their help, only "members", or only "readers" without an account.

    person_id or reader, name, second (how many they helped), line_id (of what helped them first, as are
    kind, subject, occurred_at).
    """
    many = read(_how_many(), {"me": member_id}).one()
    query = _lit_with() if which == "lit" else _everybody(which)
    page = page_by_id(read(query, {"me": member_id, "below": below(cursor)}).all(), PAGE, "line_id")
    members_are = many.lit if which == "lit" else 0 if which == "readers" else many.members
    readers_are = many.readers if which in ("", "readers") else 0
    return People(page.rows, page.next, members_are, readers_are)
