"""Calls that members start: who may propose one, and what may be said in it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.actor import Actor
from app.core.i18n import N_

OPEN_PROPOSALS = 2
REASON = 300
# how long a call may stay open
LONGEST = timedelta(days=92)
# what a call asks for: the drawing it gets, about how many minutes, its step, how many files
ASKS: dict[str, tuple[str, int, str, int]] = {
    "photo": ("i-camera", 10, N_("One to three photos"), 3),
    "text": ("i-pen", 15, N_("A few lines"), 1),
    "link": ("i-share", 30, N_("A link to what you published"), 1),
}
HOURS = 72


def may_propose(actor: Actor) -> bool:
    """Contributors and higher start calls of their own (product: member-started calls)."""
    return actor.tier in ("contributor", "cocreator")


def until(closes_at: datetime | None, now: datetime) -> str | None:
    """What is wrong with the end of a call, as a msgid; None when nothing is."""
    if closes_at is None:
        return N_("Say until when.")
    if closes_at <= now:
        return N_("That day is over already.")
    return N_("Three months at most.") if closes_at > now + LONGEST else None
