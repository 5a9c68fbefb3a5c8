"""The rules of the mall: pure, for commands, routes and templates alike. Source: product.md 4.5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.actor import TIERS
from app.core.errors import Stale
from app.core.i18n import N_

KINDS = ("physical", "voucher", "experience", "loan")
# how long whoever took an order has it for themselves
TAKEN_FOR = timedelta(days=3)

# (kind, state now) -> what can come next. What isn't here can't happen.
MOVES: dict[tuple[str, str], frozenset[str]] = {
    ("physical", "held"): frozenset({"shipped", "cancelled", "refused"}),
    ("physical", "shipped"): frozenset({"delivered", "refunded"}),
    ("physical", "delivered"): frozenset({"refunded"}),
    ("voucher", "held"): frozenset({"delivered"}),
    ("voucher", "delivered"): frozenset({"refunded"}),
    ("experience", "held"): frozenset({"delivered", "missed", "cancelled", "refused"}),
    # within the day, when somebody was put down as absent who then came
    ("experience", "missed"): frozenset({"delivered"}),
    ("loan", "held"): frozenset({"shipped", "cancelled", "refused"}),
    ("loan", "shipped"): frozenset({"returned"}),
}
# where points that were set aside are spent, given back, or come back after they were spent
SPENDS = frozenset({"shipped", "delivered", "missed"})
RELEASES = frozenset({"cancelled", "refused"})
# an exchange that came to nothing doesn't count against a member's limit
VOID = ("cancelled", "refused", "refunded")
# still on its way: somebody is owed something
OPEN = ("held", "shipped")

WHERE_NOW = {
    "held": N_("It waits to be sent."),
    "shipped": N_("It is on its way already."),
    "delivered": N_("It has arrived already."),
    "returned": N_("It has come back already."),
    "refunded": N_("The points have gone back already."),
    "cancelled": N_("It was cancelled. The points are back."),
    "refused": N_("It could not be sent. The points are back."),
    "missed": N_("The date is over."),
}


def moved(kind: str, state: str, to: str) -> str:
    """The state `to` when it may follow. Raises Stale, which says where it is now."""
    if to not in MOVES.get((kind, state), ()):
        raise Stale(WHERE_NOW[state])
    return to


def can(kind: str, state: str, to: str) -> bool:
    return to in MOVES.get((kind, state), ())


@dataclass(frozen=True)
class Standing:
    """Whether somebody may redeem a good now. `why` is "open", or what is in the way; `at` is when that ends,
    `need` the star, tier, limit or number of points that is meant. `first` says whether its first days are
    running, in which some go before all others; `left` how many there are for now."""

    why: str
    at: datetime | None = None
    need: Any = None
    first: bool = False
    left: int = 0

    @property
    def open(self) -> bool:
        return self.why == "open"


def begins(item: Any, star: int) -> datetime:
    """From when on a member with so many stars may redeem."""
    first = item.priority_star is not None and star >= item.priority_star
    return item.priority_from if first else item.opens_at


def in_priority(item: Any, now: datetime) -> bool:
    return item.priority_from is not None and item.priority_from <= now < item.opens_at


def floor(item: Any, now: datetime) -> int:
    """What has to stay on the shelf at this moment: during the priority window, the part kept for all."""
    return item.kept_for_all if in_priority(item, now) else 0


def standing(
    item: Any, *, star: int, tier: str, balance: int, had: int, now: datetime, seats: int | None = None
) -> Standing:
    """Where a member stands with a good: the first thing in their way, those first that no doing of theirs
    can change. `had` is how many they have redeemed, `seats` what the chosen date has left.

    The boundary moment belongs to what begins with it.
    """
    start, first = begins(item, star), in_priority(item, now)
    left = item.stock - floor(item, now)
    if seats is not None:
        left = min(left, seats)

    def stands(why: str, at: datetime | None = None, need: Any = None) -> Standing:
        return Standing(why, at, need, first, max(left, 0))

    if item.state != "live" or (item.closes_at is not None and now >= item.closes_at):
        return stands("ended", item.closes_at)
    if now < start:
        return stands("priority", start, item.priority_star) if first else stands("soon", start)
    if left <= 0:
        return stands("rest_later", item.opens_at) if first and item.stock > 0 else stands("sold_out")
    if star < item.min_star:
        return stands("star", need=item.min_star)
    if item.min_tier is not None and TIERS.index(tier) < TIERS.index(item.min_tier):
        return stands("tier", need=item.min_tier)
    if item.per_member is not None and had >= item.per_member:
        return stands("limit", need=item.per_member)
    if balance < item.price:
        return stands("short", need=item.price - balance)
    return stands("open")


# the refusals of the command; the page says them with dates and numbers
REFUSALS = {
    "ended": N_("This one is no longer on the shelf. Nothing was taken."),
    "soon": N_("It isn't open yet. The page says when. Nothing was taken."),
    "priority": N_("It is open to others first; the page says when your turn begins. Nothing was taken."),
    "sold_out": N_("Somebody was faster: the last one has just gone. Nothing was taken from you."),
    "rest_later": N_("What was kept for the first days is gone; the rest opens for all. Nothing was taken."),
    "star": N_("It asks for more stars than you have. Nothing was taken."),
    "tier": N_("It is for another tier at the moment. Nothing was taken."),
    "limit": N_("You have had as many as there are for each member. Nothing was taken."),
    "short": N_("Your points aren't enough yet. Nothing was taken."),
}  # fmt: skip


def hold_key(redemption_id: int) -> str:
    """The key of the transfer that set a redemption's points aside (points/services_holds.py)."""
    return f"redemption:{redemption_id}"


def taken_by_other(taker_id: int | None, taken_at: datetime | None, who: int, now: datetime) -> bool:
    """Whether somebody else has an order in hand."""
    return taker_id is not None and taker_id != who and taken_at is not None and taken_at + TAKEN_FOR > now
