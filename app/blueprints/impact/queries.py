"""What pages read of the impact: counted from the lines, never estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, case, distinct, func, select
from sqlalchemy.orm import aliased

from app.blueprints.impact.models import Helped, HelpedReader, ImpactBundle, ImpactLine
from app.blueprints.impact.policies import KINDS
from app.blueprints.members import queries as members
from app.core.db import db, read
from app.core.paging import Page, below, keyset, page_by_id, page_of

ME: Any = bindparam("me", type_=Integer)
BELOW: Any = bindparam("below", type_=Integer)
PAGE = 20
# of an entry of the feed the newest so many lines are read; it says how many there are
NAMED = 3


def _line_columns(line: Any) -> tuple[Any, ...]:
    """What a page shows of a line; `name` as the member allows, "" unnamed, NULL for a former member."""
    return (
        line.id,
        line.bundle_id,
        line.kind,
        line.thanks_id,
        line.person_id,
        case((line.person_id.is_(None), line.person_name), else_=members.appears_as(line.person_id)).label(
            "name"
        ),
        line.reader,
        line.subject,
        line.outcome,
        line.quote,
        line.link,
        line.occurred_at,
    )


@lru_cache
def _latest() -> Any:
    return (
        select(*_line_columns(ImpactLine))
        .join(ImpactBundle, ImpactBundle.id == ImpactLine.bundle_id)
        .where(ImpactLine.member_id == ME, ImpactBundle.hidden_at.is_(None))
        .order_by(ImpactLine.id.desc())
        .limit(1)
    )


def latest(member_id: int) -> Any | None:
    """A member's newest impact line that they haven't hidden."""
    return read(_latest(), {"me": member_id}).one_or_none()


@dataclass(frozen=True)
class Entry:
    """An entry of the feed: its bundle (id, kind, lines, latest_at), and the newest of its lines first."""

    bundle: Any
    lines: list[Any]


BUNDLE = (ImpactBundle.id, ImpactBundle.kind, ImpactBundle.lines, ImpactBundle.latest_at)


@lru_cache
def _newest_of() -> Any:
    nth = func.row_number().over(partition_by=ImpactLine.bundle_id, order_by=ImpactLine.id.desc())
    newest = (
        select(ImpactLine.id, nth.label("nth"))
        .where(ImpactLine.bundle_id.in_(bindparam("bundles", type_=Integer, expanding=True)))
        .subquery("newest")
    )
    return (
        select(*_line_columns(ImpactLine))
        .join(newest, newest.c.id == ImpactLine.id)
        .where(newest.c.nth <= NAMED)
        .order_by(ImpactLine.id.desc())
    )


def entries(member_id: int, show: str, cursor: str | None) -> Page[Entry]:
    """A member's feed, newest first, in two queries; `show` is a key of KINDS or "" for all."""
    query: Any = select(*BUNDLE).where(
        ImpactBundle.member_id == member_id, ImpactBundle.hidden_at.is_(None)
    )
    if show:
        query = query.where(ImpactBundle.kind.in_(KINDS[show]))
    query, size = keyset(query, ImpactBundle.latest_at, ImpactBundle.id, cursor=cursor, size=PAGE)
    page = page_of(read(query).all(), size, "latest_at", "id")
    return Page(_with_lines(page.rows), page.next)


def _with_lines(bundles: Sequence[Any]) -> list[Entry]:
    if not bundles:
        return []
    rows = read(_newest_of(), {"bundles": [bundle.id for bundle in bundles]}).all()
    return [Entry(bundle, [row for row in rows if row.bundle_id == bundle.id]) for bundle in bundles]


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


@lru_cache
def _ripple() -> Any:
    first, on = aliased(Helped), aliased(Helped)
    further = and_(on.member_id == first.person_id, on.person_id != ME)
    readers = select(func.count()).select_from(HelpedReader).where(HelpedReader.member_id == ME)
    return (
        select(
            func.count(distinct(first.person_id)).label("first"),
            func.count(distinct(on.member_id)).label("carried"),
            func.count(distinct(on.person_id)).label("second"),
            readers.scalar_subquery().label("readers"),
        )
        .select_from(first)
        .outerjoin(on, further)
        .where(first.member_id == ME)
    )


def ripple(member_id: int, drawn: int) -> Ripple:
    """The ripple in exact numbers, and its first `drawn` people."""
    numbers = read(_ripple(), {"me": member_id}).one()
    if not numbers.first:
        return Ripple(0, 0, 0, numbers.readers, [])
    people = read(_drawn(), {"me": member_id, "most": drawn}).all()
    return Ripple(numbers.first, numbers.carried, numbers.second, numbers.readers, list(people))


def _people() -> tuple[Select[Any], Any]:
    on = aliased(Helped)
    second = (
        select(func.count(on.person_id))
        .where(on.member_id == Helped.person_id, on.person_id != ME)
        .correlate(Helped)
        .scalar_subquery()
    )
    query = select(
        Helped.person_id,
        members.appears_as(Helped.person_id).label("name"),
        second.label("second"),
        Helped.first_line_id,
    ).where(Helped.member_id == ME)
    return query, second


@lru_cache
def _drawn() -> Any:
    query, second = _people()
    return query.order_by(second.desc(), Helped.first_line_id.desc()).limit(bindparam("most", type_=Integer))


@lru_cache
def _everybody() -> Any:
    query, _second = _people()
    return (
        query.add_columns(ImpactLine.subject, ImpactLine.occurred_at)
        .join(ImpactLine, ImpactLine.id == Helped.first_line_id)
        .where(Helped.first_line_id < BELOW)
        .order_by(Helped.first_line_id.desc())
        .limit(PAGE + 1)
    )


def people(member_id: int, cursor: str | None) -> Page[Any]:
    """Everybody a member helped, each once, the latest first.

    person_id, name, second (how many they helped), first_line_id, subject, occurred_at.
    """
    rows = read(_everybody(), {"me": member_id, "below": below(cursor)}).all()
    return page_by_id(rows, PAGE, "first_line_id")


def helped_since(moment: datetime) -> int:
    """How many people somebody has helped since `moment`, each counted once."""
    return (
        db.session.scalar(
            select(func.count(distinct(ImpactLine.person_id))).where(ImpactLine.occurred_at >= moment)
        )
        or 0
    )
