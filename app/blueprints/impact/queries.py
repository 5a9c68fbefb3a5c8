"""What pages read of the impact: counted from the lines, never estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, case, distinct, func, select

from app.blueprints.impact.models import ImpactBundle, ImpactLine
from app.blueprints.impact.policies import KINDS
from app.blueprints.members import queries as members
from app.core.db import db, read
from app.core.paging import Page, keyset, page_of

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
    query: Any = select(*BUNDLE).where(ImpactBundle.member_id == member_id, ImpactBundle.hidden_at.is_(None))
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


def helped_since(moment: datetime) -> int:
    """How many people somebody has helped since `moment`, each counted once."""
    return (
        db.session.scalar(
            select(func.count(distinct(ImpactLine.person_id))).where(ImpactLine.occurred_at >= moment)
        )
        or 0
    )
