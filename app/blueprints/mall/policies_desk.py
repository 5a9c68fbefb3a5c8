"""The rules of the desk behind the mall: pure. Source: product.md 4.5 and 4.11."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from app.blueprints.mall.policies import TAKEN_FOR, taken_by_other
from app.core.dates import zone

# what is put into somebody's hands, by post or at a counter
SENT = ("physical", "loan")
# an evening's guests come a little early; until the day after, who was put down as absent may have been there
DOORS_OPEN = timedelta(hours=12)
PUT_RIGHT = timedelta(days=1)

TABS: dict[str, tuple[str, ...]] = {
    "todo": ("held",),
    "way": ("shipped",),
    "lent": ("shipped",),
    "arrived": ("delivered", "returned", "missed"),
    "void": ("cancelled", "refused", "refunded"),
}
# which kinds a tab looks at; a tab without a line looks at all
TAB_KINDS: dict[str, tuple[str, ...]] = {"todo": SENT, "way": ("physical",), "lent": ("loan",)}

MOST_REASON, MOST_CARRIER = 200, 20
_TRACKING = re.compile(r"[A-Za-z0-9-]{3,40}")


def tracking_number(text: str) -> str | None:
    """A parcel's number as it is kept, without the gaps in which it is printed; None for what is none."""
    number = re.sub(r"\s+", "", text)
    return number if _TRACKING.fullmatch(number) else None


def days_left(moment: datetime, now: datetime, timezone: str) -> int:
    """How many midnights of the programme's zone lie before `moment`; below zero once its day is over."""
    here = zone(timezone)
    return (moment.astimezone(here).date() - now.astimezone(here).date()).days


def hand(row: Any, who: int, now: datetime) -> str:
    """In whose hands an order is, for `who`: "me", "other" or "" for nobody's any more."""
    if taken_by_other(row.taker_id, row.taken_at, who, now):
        return "other"
    return "me" if row.taker_id == who else ""


def lapsed(now: datetime) -> datetime:
    """What was taken until this moment is free again."""
    return now - TAKEN_FOR
