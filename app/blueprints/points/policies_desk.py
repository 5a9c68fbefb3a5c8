"""Who may sign an adjustment, and by when a question is answered: plain rules of the desk."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from app.core.dates import zone

# beyond this many points, given or taken, an adjustment needs a second signature (product.md 4.4)
ALONE = 1000
MOST = 100_000

# a question is answered by the end of the third working day after it was asked
WORKING_DAYS, CLOSES = 3, time(18)
SATURDAY = 5


def needs_second(amount: int) -> bool:
    return abs(amount) > ALONE


def may_sign(adjustment: object, member_id: int) -> bool:
    """Whether this admin may agree to what waits, or decline it: not its proposer, not its member."""
    whose = (getattr(adjustment, "proposed_by_id", None), getattr(adjustment, "member_id", None))
    return getattr(adjustment, "state", "") == "waiting" and member_id not in whose


def answer_due(asked_at: datetime, timezone: str) -> datetime:
    """The evening of the third working day after `asked_at`, in the programme's zone.

    Saturdays and Sundays don't count; public holidays are not known here.
    """
    here = zone(timezone)
    day, left = asked_at.astimezone(here).date(), WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return datetime.combine(day, CLOSES, here)
