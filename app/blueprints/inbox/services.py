"""Leaving notices and marking them read. The only writers of this table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, update

from app.blueprints.inbox.models import Notice
from app.blueprints.members.policies import TIER_NAMES
from app.core import clock
from app.core.db import add, db, table, upsert, write
from app.core.i18n import both, pair
from app.core.uow import unit_of_work


@dataclass(frozen=True, kw_only=True)
class NewNotice:
    """A notice to leave: texts as {"zh", "en"}, `icon` a name of the sprite, `link` an address of ours."""

    key: str
    member_id: int
    icon: str
    title: dict[str, Any]
    link: str
    body: dict[str, Any] | None = None


def notify(notices: list[NewNotice]) -> None:
    """Leave notices, each `key` once for ever. Joins the caller's unit of work."""
    if notices:
        now = clock.now()
        add(Notice, [{**vars(each), "created_at": now} for each in notices])


def notify_once(notice: NewNotice) -> None:
    """Leave a notice unless one of its key was left before. Joins the caller's unit of work."""
    write(_unless_left(), {**vars(notice), "created_at": clock.now()})


def notify_all_once(notices: list[NewNotice]) -> int:
    """As `notify_once` for many; how many were new. Joins the caller's unit of work.

    Callers who may run at the same time give them in the same order, so that none waits crosswise.
    """
    now = clock.now()
    rows = [{**vars(each), "created_at": now} for each in notices]
    return len(write(_unless_left().returning(table(Notice).c.id), rows).all()) if rows else 0


@lru_cache
def _unless_left() -> Any:
    return upsert(table(Notice)).on_conflict_do_nothing(index_elements=["key"])


def withdraw(keys: list[str]) -> None:
    """Take back notices of what is no longer so. Joins the caller's unit of work."""
    if keys:
        db.session.execute(delete(Notice).where(Notice.key.in_(keys)))


def tell_tier(member_id: int, tier: str, reason: str, _by_id: int) -> None:
    """Tell a member of their new tier in the words staff gave as the reason (members.when_tier_changed)."""
    notice = NewNotice(
        key=f"tier:{member_id}:{clock.now().isoformat()}",
        member_id=member_id,
        icon="i-people",
        title=both("Your tier is now %(tier)s", tier=both(TIER_NAMES[tier])),
        body=pair(reason, None),
        link=f"/members/{member_id}",
    )
    notify([notice])


def mark_read(*, by: int, notice_id: int | None = None) -> None:
    """Mark one notice read, or all of the member's."""
    with unit_of_work():
        mine = update(Notice).where(Notice.member_id == by, Notice.read_at.is_(None))
        if notice_id is not None:
            mine = mine.where(Notice.id == notice_id)
        db.session.execute(mine.values(read_at=clock.now()))
