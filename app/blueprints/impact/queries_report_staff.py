"""What the programme's report of a month reads, and its files: five queries, however many members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, bindparam, case, distinct, extract, func, literal, null, or_, select, union_all

from app.blueprints.impact.models import ImpactBundle, ImpactLine, Thanks, ThanksLink
from app.blueprints.impact.policies_report import Month
from app.blueprints.impact.queries_report import IN_MONTH, LINE, PEOPLE, SEARCHED, SHOWN, month_values
from app.blueprints.members import queries as members
from app.core.db import db, read

# of the works so many are on the page; the file has all of them
WORKS = 20
OF_WORK = and_(ThanksLink.about == ImpactLine.about, ThanksLink.member_id == ImpactLine.member_id)


@dataclass
class Figures:
    """A month's lines by kind, and the people in them: `people` are members, each once; `readers` have no
    account and are known to one author only, so they count once for each author."""

    month: Month
    lines: dict[str, int] = field(default_factory=dict)
    people: int = 0
    readers: int = 0

    @property
    def all(self) -> int:
        return self.people + self.readers


@lru_cache
def _figures(number: int) -> Any:
    # month by month: to group all of them by their month would sort every line
    at = ImpactLine.occurred_at
    edges = [bindparam(f"edge{place}", type_=at.type) for place in range(number + 1)]
    parts = []
    for place, (starts, ends) in enumerate(pairwise(edges)):
        month, within = literal(place).label("month"), and_(at >= starts, at < ends)
        kinds = select(month, ImpactLine.kind, func.count().label("number"), literal(0).label("readers"))
        people = select(
            month,
            null(),
            func.count(distinct(ImpactLine.person_id)),
            func.count(distinct(ImpactLine.reader)),
        )
        parts += [kinds.where(within).group_by(ImpactLine.kind), people.where(within)]
    return union_all(*parts)


def figures(months: Sequence[Month]) -> list[Figures]:
    """The programme's figures of months that follow each other, the earliest first, in one query."""
    edges = [*(month.starts for month in months), months[-1].ends]
    found = [Figures(month) for month in months]
    for row in read(_figures(len(months)), {f"edge{n}": edge for n, edge in enumerate(edges)}):
        of = found[row.month]
        if row.kind is None:
            of.people, of.readers = row.number, row.readers
        else:
            of.lines[row.kind] = row.number
    return found


@lru_cache
def _thanks() -> Any:
    return (
        select(Thanks.source, Thanks.outcome, func.count().label("number"))
        .join(ImpactLine, ImpactLine.thanks_id == Thanks.id)
        .where(*IN_MONTH)
        .group_by(Thanks.source, Thanks.outcome)
    )


def thanks(month: Month) -> Sequence[Any]:
    """The month's thank-yous by source and outcome: source, outcome, number."""
    return read(_thanks(), month_values(month)).all()


@lru_cache
def _held() -> Any:
    minutes = (extract("epoch", Thanks.decided_at) - extract("epoch", Thanks.created_at)) / 60
    waited = (
        select(
            Thanks.decided_at,
            minutes.label("minutes"),
            # those that still wait have no place among those that were read
            case(
                (
                    Thanks.decided_at.is_not(None),
                    func.row_number().over(partition_by=Thanks.decided_at.is_(None), order_by=minutes),
                )
            ).label("place"),
            func.count(Thanks.decided_at).over().label("of"),
        )
        .join(ImpactLine, ImpactLine.thanks_id == Thanks.id)
        .where(*IN_MONTH, or_(Thanks.words_state == "held", Thanks.decided_at.is_not(None)))
        .subquery()
    )
    return select(
        func.count().label("held"),
        func.count(waited.c.decided_at).label("read"),
        func.min(case((waited.c.place * 2 >= waited.c.of, waited.c.minutes))).label("half_minutes"),
    ).select_from(waited)


def held(month: Month) -> Any:
    """The month's words that waited for staff: held, read (of them, until now), half_minutes (half of those
    read waited no longer)."""
    return read(_held(), month_values(month)).one()


@lru_cache
def _works() -> Any:
    latest = func.max(ImpactLine.occurred_at)
    return (
        select(
            ThanksLink.code,
            ThanksLink.kind,
            ThanksLink.title,
            PEOPLE.label("people"),
            func.count().label("lines"),
            latest.label("latest_at"),
            func.count().over().label("works"),
        )
        .join(
            ImpactLine,
            OF_WORK,
        )
        .where(*IN_MONTH)
        .group_by(ThanksLink.id, ThanksLink.code, ThanksLink.kind)
        .order_by(latest.desc(), ThanksLink.id)
    )


def works(month: Month) -> Sequence[Any]:
    """The works that helped somebody in the month, at most WORKS, by when they last did: it is no ranking.

    code, kind, title, people, lines, latest_at, works (their number in all).
    """
    return read(_works().limit(WORKS), month_values(month)).all()


def all_works(month: Month) -> Iterator[Any]:
    """As `works`, all of them, read as they are needed."""
    found = db.session.execute(_works(), month_values(month), execution_options={"yield_per": 500})
    yield from found


@lru_cache
def _said() -> Any:
    return (
        select(*LINE, members.name_of(ImpactLine.member_id).label("member_name"), ThanksLink.title)
        .join(ImpactBundle, ImpactBundle.id == ImpactLine.bundle_id)
        .outerjoin(
            ThanksLink,
            OF_WORK,
        )
        .where(*IN_MONTH, *SHOWN)
        .order_by(ImpactLine.occurred_at.desc(), ImpactLine.id.desc())
        .limit(SEARCHED)
    )


def said(month: Month) -> Sequence[Any]:
    """The month's newest words that their members haven't hidden, as queries_report.said; and member_name
    (whom they thank) and title (of the work; None for what has no thank-you link)."""
    return read(_said(), month_values(month)).all()
