"""What pages read of the library, and expressions for other features' queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.library.models import Resource
from app.blueprints.members import queries as members
from app.core import clock
from app.core.actor import Actor
from app.core.db import Instant, db

# what a resource was made for, told by the features above: (resource id, member) -> rows
_uses: list[Callable[[int, Actor], Sequence[Any]]] = []


def uses_of(resource_id: int, member: Actor) -> list[Any]:
    """What a resource was made for: id, title, title_en, icon, rung, shape of each quest."""
    return [row for tell in _uses for row in tell(resource_id, member)]


def authors_of(resource_ids: Sequence[int]) -> dict[int, int]:
    """Who wrote each of these published resources; those of the programme itself are left out."""
    if not resource_ids:
        return {}
    rows = db.session.execute(
        select(Resource.id, Resource.author_id).where(
            Resource.id.in_(resource_ids), Resource.author_id.is_not(None), published()
        )
    )
    return {row.id: row.author_id for row in rows}


def title_of(resource_id: Any) -> dict[str, Any]:
    """The two titles of the resource whose id a column holds, as scalar subqueries {"zh", "en"}."""
    which = aliased(Resource)
    return {
        "zh": select(which.title).where(which.id == resource_id).scalar_subquery(),
        "en": select(which.title_en).where(which.id == resource_id).scalar_subquery(),
    }


def published() -> Any:
    """Condition: members may read it now."""
    return Resource.published_at.is_not(None) & (Resource.published_at <= clock.now())


def resource(resource_id: int) -> Any | None:
    """One published resource with its author's name, or None."""
    return db.session.execute(
        select(
            Resource.id,
            Resource.kind,
            Resource.title,
            Resource.title_en,
            Resource.summary,
            Resource.summary_en,
            Resource.body,
            Resource.body_en,
            Resource.author_id,
            Resource.cover_media_id,
            Resource.reading_minutes,
            Resource.published_at,
            members.name_of(Resource.author_id).label("author_name"),
        ).where(Resource.id == resource_id, published())
    ).one_or_none()


def listing(ids: Any = None, limit: int = 12) -> Any:
    """The statement of `short_list`, to be kept; it wants `now`."""
    query = select(
        Resource.id,
        Resource.kind,
        Resource.title,
        Resource.title_en,
        Resource.reading_minutes,
        Resource.author_id,
        members.name_of(Resource.author_id).label("author_name"),
    ).where(Resource.published_at.is_not(None), Resource.published_at <= bindparam("now", type_=Instant))
    if ids is not None:
        query = query.where(Resource.id.in_(ids))
    return query.order_by(Resource.published_at.desc()).limit(limit)


def short_list(ids: Any = None, limit: int = 12) -> Sequence[Any]:
    """Published resources (of these ids: a list or a subquery): id, titles, kind, minutes, author."""
    return db.session.execute(listing(ids, limit), {"now": clock.now()}).all()


def find(text: str, limit: int = 6) -> Sequence[Any]:
    """Published resources with an author whose title contains `text`, for naming what helped."""
    pattern = "%" + text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    return db.session.execute(
        select(
            Resource.id,
            Resource.title,
            Resource.title_en,
            Resource.author_id,
            members.name_of(Resource.author_id).label("author_name"),
        )
        .where(
            published(),
            Resource.author_id.is_not(None),
            or_(Resource.title.ilike(pattern, escape="\\"), Resource.title_en.ilike(pattern, escape="\\")),
        )
        .order_by(Resource.published_at.desc())
        .limit(limit)
    ).all()
