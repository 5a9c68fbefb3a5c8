"""What the report of a month reads: of one member, and of many at once for their notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, case, distinct, exists, func, or_, select

from app.blueprints.impact.models import ImpactBundle, ImpactLine, Thanks, ThanksLink
from app.blueprints.impact.policies_report import Month
from app.blueprints.members import queries as members
from app.core.db import read
from app.core.paging import Page, below, page_by_id

ME: Any = bindparam("me", type_=Integer)
BELOW: Any = bindparam("below", type_=Integer)
STARTS: Any = bindparam("starts", type_=ImpactLine.occurred_at.type)
ENDS: Any = bindparam("ends", type_=ImpactLine.occurred_at.type)
IN_MONTH = (ImpactLine.occurred_at >= STARTS, ImpactLine.occurred_at < ENDS)
SOMEBODY = or_(ImpactLine.person_id.is_not(None), ImpactLine.reader.is_not(None))
# words that the member hasn't hidden from their feed
SHOWN = (ImpactLine.quote.is_not(None), ImpactBundle.hidden_at.is_(None))
# what came of a line: what its reader chose, else what kind of help it is (policies_report.WAYS)
WAY = func.coalesce(Thanks.outcome, case((ImpactLine.kind == "relay", "thanks"), else_=ImpactLine.kind))
PEOPLE = func.count(distinct(ImpactLine.person_id)) + func.count(distinct(ImpactLine.reader))
NAME = case(
    (ImpactLine.person_id.is_(None), ImpactLine.person_name), else_=members.appears_as(ImpactLine.person_id)
)
# among so many of the newest words the page looks for the ones it shows
SEARCHED = 60
PAGE = 20


def month_values(month: Month, **more: Any) -> dict[str, Any]:
    return {"starts": month.starts, "ends": month.ends, **more}


# --- one member's month ------------------------------------------------------------------------------


@lru_cache
def _about() -> Any:
    mine = ImpactLine.member_id == ME
    return select(
        members.joined_of(ME).label("joined_at"),
        exists().where(ThanksLink.member_id == ME).label("has_works"),
        exists().where(mine, ImpactLine.occurred_at < STARTS, SOMEBODY).label("helped_before"),
    )


def about(member_id: int, month: Month) -> Any:
    """What a month's page needs to know of its member: joined_at, has_works (with a thank-you link),
    helped_before (somebody, before this month)."""
    return read(_about(), {"me": member_id, "starts": month.starts}).one()


@dataclass(frozen=True)
class Way:
    """Of a month the people helped in one way, each once, and the lines that say so."""

    key: str
    people: int
    lines: int


@lru_cache
def _ways() -> Any:
    return (
        select(WAY.label("key"), PEOPLE.label("people"), func.count().label("lines"))
        .select_from(ImpactLine)
        .outerjoin(Thanks, Thanks.id == ImpactLine.thanks_id)
        .where(ImpactLine.member_id == ME, *IN_MONTH)
        .group_by(WAY)
    )


def ways(member_id: int, month: Month) -> list[Way]:
    """How people were helped in a month, the way of most of them first."""
    rows = read(_ways(), month_values(month, me=member_id))
    return sorted(
        (Way(row.key, row.people, row.lines) for row in rows),
        key=lambda way: (-way.people, -way.lines, way.key),
    )


LINE = (
    ImpactLine.id,
    ImpactLine.kind,
    ImpactLine.about,
    ImpactLine.person_id,
    ImpactLine.reader,
    NAME.label("name"),
    ImpactLine.subject,
    ImpactLine.outcome,
    ImpactLine.quote,
    ImpactLine.occurred_at,
)


@lru_cache
def _said() -> Any:
    return (
        select(*LINE)
        .join(ImpactBundle, ImpactBundle.id == ImpactLine.bundle_id)
        .where(ImpactLine.member_id == ME, *IN_MONTH, *SHOWN)
        .order_by(ImpactLine.occurred_at.desc(), ImpactLine.id.desc())
        .limit(SEARCHED)
    )


def said(member_id: int, month: Month) -> Sequence[Any]:
    """The month's lines with words that the member hasn't hidden, the newest SEARCHED of them.

    id, kind, about, person_id, reader, name (as they allow; "" unnamed, NULL a former member), subject,
    outcome, quote, occurred_at.
    """
    return read(_said(), month_values(month, me=member_id)).all()


@lru_cache
def _of_way() -> Any:
    return (
        select(*LINE)
        .outerjoin(Thanks, Thanks.id == ImpactLine.thanks_id)
        .where(ImpactLine.member_id == ME, *IN_MONTH, bindparam("way") == WAY, ImpactLine.id < BELOW)
        .order_by(ImpactLine.id.desc())
        .limit(PAGE + 1)
    )


def of_way(member_id: int, month: Month, way: str, cursor: str | None) -> Page[Any]:
    """The lines behind a number of the page, the newest first (as `said`, hidden ones too: they count)."""
    rows = read(_of_way(), month_values(month, me=member_id, way=way, below=below(cursor))).all()
    return page_by_id(rows, PAGE)


# --- many members at once, for their notices -----------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What a notice says of a member's month: its people in all and by way."""

    people: int
    by_way: dict[str, int]


THEM: Any = bindparam("them", type_=Integer, expanding=True)


@lru_cache
def _people_of() -> Any:
    return (
        select(ImpactLine.member_id, PEOPLE.label("people"))
        .where(ImpactLine.member_id.in_(THEM), *IN_MONTH)
        .group_by(ImpactLine.member_id)
    )


@lru_cache
def _ways_of() -> Any:
    return (
        select(ImpactLine.member_id, WAY.label("way"), PEOPLE.label("people"))
        .select_from(ImpactLine)
        .outerjoin(Thanks, Thanks.id == ImpactLine.thanks_id)
        .where(ImpactLine.member_id.in_(THEM), *IN_MONTH)
        .group_by(ImpactLine.member_id, WAY)
    )


@lru_cache
def _helped_before() -> Any:
    return (
        select(ImpactLine.member_id)
        .where(ImpactLine.member_id.in_(THEM), ImpactLine.occurred_at < STARTS, SOMEBODY)
        .group_by(ImpactLine.member_id)
    )


def counted(ids: Sequence[int], month: Month) -> dict[int, Counted]:
    """Of these members the month's people, in two queries; who helped nobody in it is missing."""
    if not ids:
        return {}
    values = month_values(month, them=ids)
    by_way: dict[int, dict[str, int]] = {}
    for row in read(_ways_of(), values):
        by_way.setdefault(row.member_id, {})[row.way] = row.people
    return {
        row.member_id: Counted(row.people, by_way[row.member_id])
        for row in read(_people_of(), values)
        if row.people
    }


def helped_before(ids: Sequence[int], month: Month) -> set[int]:
    """Which of these members had helped somebody before the month began."""
    if not ids:
        return set()
    return set(read(_helped_before(), {"them": ids, "starts": month.starts}).scalars())
