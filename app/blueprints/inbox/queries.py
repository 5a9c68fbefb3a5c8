"""What pages read of the inbox."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select

from app.blueprints.inbox.models import Notice
from app.core.db import db, read
from app.core.errors import NotFound
from app.core.paging import Page, below, page_by_id

PAGE = 30


def unread_of(member_id: Any) -> Any:
    """How many notices the member whose id a column holds has not read, as a scalar subquery."""
    return (
        select(func.count(Notice.id))
        .where(Notice.member_id == member_id, Notice.read_at.is_(None))
        .scalar_subquery()
    )


@lru_cache
def _notices() -> Select[Any]:
    return (
        select(
            Notice.id, Notice.icon, Notice.title, Notice.body, Notice.link, Notice.created_at, Notice.read_at
        )
        .where(
            Notice.member_id == bindparam("me", type_=Integer), Notice.id < bindparam("below", type_=Integer)
        )
        .order_by(Notice.id.desc())
        .limit(PAGE + 1)
    )


def notices(member_id: int, cursor: str | None) -> Page[Any]:
    """A member's notices, newest first: id, icon, title, body, link, created_at, read_at."""
    return page_by_id(read(_notices(), {"me": member_id, "below": below(cursor)}).all(), PAGE)


def link_of(notice_id: int, member_id: int) -> str:
    """Where one of the member's own notices leads. Raises NotFound."""
    link = db.session.scalar(select(Notice.link).where(Notice.id == notice_id, Notice.member_id == member_id))
    if link is None:
        raise NotFound
    return link
