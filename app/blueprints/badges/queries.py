"""What pages read about badges, and expressions for other features' queries."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.blueprints.badges.models import Award, Badge, Fact
from app.blueprints.members import queries as members
from app.core.db import db, read
from app.core.errors import NotFound


def has_lit(member_id: Any, badge_id: Any) -> ColumnElement[bool]:
    """Whether the member has lit the badge whose id is `badge_id` (a column or a number)."""
    return select(Award.id).where(Award.member_id == member_id, Award.badge_id == badge_id).exists()


def award_count(badge_id: Any) -> Any:
    """How many members have lit the badge, as a scalar subquery."""
    return func.coalesce(select(Badge.award_count).where(Badge.id == badge_id).scalar_subquery(), 0)


def oldest_unlit_award(member_id: Any) -> Any:
    """The first award that its member hasn't seen light up, as a scalar subquery on a column."""
    return (
        select(func.min(Award.id))
        .where(Award.member_id == member_id, Award.shown_at.is_(None))
        .scalar_subquery()
    )


@lru_cache
def _would_light() -> Select[Any]:
    member, fact = bindparam("me", type_=Integer), bindparam("fact", type_=String)
    count = (
        select(func.count())
        .where(Fact.member_id == member, Fact.name == fact, Fact.scope == Badge.fact_scope)
        .correlate(Badge)
        .scalar_subquery()
    )
    lit = select(Award.id).where(Award.member_id == member, Award.badge_id == Badge.id)
    return select(
        Badge.id,
        Badge.name,
        Badge.name_en,
        Badge.track_key,
        Badge.icon,
        Badge.rung,
        members.track_column(Badge.track_key, "shape").label("shape"),
    ).where(
        Badge.fact == fact,
        Badge.fact_scope.in_(bindparam("scopes", expanding=True)),
        Badge.fact_count <= count + 1,
        ~lit.exists(),
    )


def would_light(member_id: int, *, fact: str, scopes: list[str]) -> list[Any]:
    """The badges that one more `fact` in these scopes would light.

    id, name, name_en, track_key, icon, rung, shape.
    """
    values = {"me": member_id, "fact": fact, "scopes": scopes}
    return list(read(_would_light(), values).all())


def would_light_for(member_ids: Sequence[int], *, fact: str, scopes: list[str]) -> list[Any]:
    """As `would_light`, for several members in one query: each row also has member_id."""
    if not member_ids:
        return []
    asked = union_all(*(select(literal(each).label("member_id")) for each in member_ids)).subquery("asked")
    count = (
        select(func.count(Fact.id))
        .where(Fact.member_id == asked.c.member_id, Fact.name == fact, Fact.scope == Badge.fact_scope)
        .correlate(Badge, asked)
        .scalar_subquery()
    )
    lit = select(Award.id).where(Award.member_id == asked.c.member_id, Award.badge_id == Badge.id)
    return list(
        read(
            select(*_drawing(), asked.c.member_id)
            .select_from(Badge)
            .join(asked, Badge.fact_count <= count + 1)
            .where(Badge.fact == fact, Badge.fact_scope.in_(scopes), ~lit.exists())
            .order_by(Badge.id, asked.c.member_id)
        ).all()
    )


def name_of(badge_id: Any, *, english: bool = False) -> Any:
    """The name of the badge whose id a column holds, as a scalar subquery."""
    return select(Badge.name_en if english else Badge.name).where(Badge.id == badge_id).scalar_subquery()


def choices() -> Select[Any]:
    """All badges, for a feature above to choose from: id, name, name_en, icon, rung, track words, track_key,
    fact, fact_scope."""
    return select(*_drawing(), Badge.track_key, Badge.fact, Badge.fact_scope)


# --- the badges' own pages; each statement is built once, as building costs more than running ----------

ME: Any = bindparam("me", type_=Integer)
WHICH: Any = bindparam("which", type_=Integer)


def _drawing() -> list[Any]:
    return [
        Badge.id,
        Badge.name,
        Badge.name_en,
        Badge.icon,
        Badge.rung,
        *members.track_words(Badge.track_key),
    ]


def _nth(badge_id: Any) -> Any:
    """How many had lit the badge when the outer award was given."""
    earlier = aliased(Award)
    return (
        select(func.count(earlier.id))
        .where(earlier.badge_id == badge_id, earlier.id <= Award.id)
        .correlate(Award, Badge)
        .scalar_subquery()
    )


_mine = and_(Award.badge_id == Badge.id, Award.member_id == ME)


@lru_cache
def _collection() -> Select[Any]:
    lit = select(func.count(Award.id)).where(Award.member_id == ME).scalar_subquery()
    known = select(func.count(Badge.id)).correlate(None).scalar_subquery()
    return (
        select(
            *_drawing(),
            Award.id.label("award_id"),
            Award.awarded_at,
            lit.label("lit"),
            known.label("known"),
        )
        .outerjoin(Award, _mine)
        .order_by(Award.id.is_(None), Award.id.desc(), Badge.rung, Badge.id)
        .limit(bindparam("most", type_=Integer))
    )


def collection(member_id: int, most: int = 12) -> list[Any]:
    """Badges as a member's collection: what is lit first, the latest leading, then what isn't.

    id, name, name_en, icon, rung, track words, award_id, awarded_at, lit (how many in all), known (how
    many exist).
    """
    return list(read(_collection(), {"me": member_id, "most": most}).all())


@lru_cache
def _badge() -> Select[Any]:
    have = (
        select(func.count(Fact.id))
        .where(Fact.member_id == ME, Fact.name == Badge.fact, Fact.scope == Badge.fact_scope)
        .correlate(Badge)
        .scalar_subquery()
    )
    return (
        select(
            *_drawing(),
            Badge.fact,
            Badge.fact_scope,
            Badge.fact_count,
            Badge.award_count,
            Award.id.label("award_id"),
            Award.awarded_at,
            Award.link,
            Award.story,
            have.label("have"),
            _nth(Badge.id).label("nth"),
        )
        .outerjoin(Award, _mine)
        .where(Badge.id == WHICH)
    )


def badge(badge_id: int, member_id: int) -> Any:
    """One badge as a member sees it: what it is and takes, how many have it, and when they lit it.

    id, name, name_en, icon, rung, fact, fact_scope, fact_count, award_count, award_id, awarded_at, link,
    story, have (how often the fact has happened to them), nth (they were the so manieth to light it), and
    the track's words. Raises NotFound.
    """
    row = read(_badge(), {"me": member_id, "which": badge_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


@lru_cache
def _neighbours() -> Select[Any]:
    which = aliased(Badge)
    track = select(which.track_key).where(which.id == WHICH).scalar_subquery()
    return (
        select(*_drawing(), Award.id.label("award_id"))
        .outerjoin(Award, _mine)
        .where(Badge.track_key == track)
        .order_by(Badge.rung, Badge.id)
        .limit(6)
    )


def neighbours(badge_id: int, member_id: int) -> list[Any]:
    """Up to six badges of the same track, by rung: id, name, name_en, icon, rung, track words, award_id."""
    return list(read(_neighbours(), {"me": member_id, "which": badge_id}).all())


@lru_cache
def _award() -> Select[Any]:
    return (
        select(
            Award.id,
            Award.badge_id,
            Award.awarded_at,
            Award.link,
            Award.story,
            Award.shown_at,
            Badge.name,
            Badge.name_en,
            Badge.icon,
            Badge.rung,
            Badge.track_key,
            _nth(Award.badge_id).label("nth"),
            *members.track_words(Badge.track_key),
        )
        .join(Badge, Badge.id == Award.badge_id)
        .where(Award.id == WHICH, Award.member_id == ME)
    )


def award(award_id: int, member_id: int) -> Any:
    """A member's own award with its badge, and `nth`: how many had lit the badge when they did.

    id, badge_id, awarded_at, link, story, shown_at, name, name_en, icon, rung, track_key, track words.
    Raises NotFound for somebody else's.
    """
    row = read(_award(), {"me": member_id, "which": award_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class TrackDays:
    """The badges of a track lit in each of some days."""

    track_key: str
    name: str
    name_en: str
    shape: str
    days: list[int]

    @property
    def lit(self) -> int:
        return sum(self.days)


def lit_by_day(edges: Sequence[datetime]) -> list[TrackDays]:
    """Badges lit between each two neighbours of `edges`, by track, the tracks with most first."""
    counts = [
        func.count(Award.id).filter(Award.awarded_at >= start, Award.awarded_at < end)
        for start, end in itertools.pairwise(edges)
    ]
    rows = db.session.execute(
        select(
            Badge.track_key,
            *(
                members.track_column(Badge.track_key, name).label(name)
                for name in ("name", "name_en", "shape")
            ),
            *counts,
        )
        .select_from(Award)
        .join(Badge, Badge.id == Award.badge_id)
        .where(Award.awarded_at >= edges[0], Award.awarded_at < edges[-1])
        .group_by(Badge.track_key)
    ).all()
    found = [TrackDays(row[0], row.name, row.name_en, row.shape, list(row[4:])) for row in rows]
    return sorted(found, key=lambda each: -each.lit)
