"""Keeping what was promised: who sends an order, and each step of its way. Source: product.md 4.5.

What is in nobody's hands may be moved by anybody of the desk; what a colleague has taken, only by them until
policies.TAKEN_FOR is over. An address is given to whoever has taken its order, each time with an audit line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from app.blueprints.inbox.services import NewNotice, notify
from app.blueprints.mall import services
from app.blueprints.mall.models import MallItem, MallSlot, Redemption
from app.blueprints.mall.policies import OPEN, WHERE_NOW
from app.blueprints.mall.policies_desk import (
    DOORS_OPEN,
    MOST_CARRIER,
    MOST_REASON,
    PUT_RIGHT,
    SENT,
    lapsed,
    tracking_number,
)
from app.blueprints.members import queries as members
from app.core import audit, clock, dates
from app.core.actor import Actor
from app.core.dates import zone
from app.core.db import read, write
from app.core.errors import Invalid, NotFound, Refused, Stale
from app.core.i18n import LOCALES, N_, both, pair
from app.core.uow import unit_of_work

IN_OTHER_HANDS = N_("A colleague has this one in hand.")
NO_TRACKING = N_("A parcel's number has 3 to 40 letters, digits or hyphens.")
SAY_WHY = N_("Say why, please: the member reads it.")
MOST_AT_ONCE = 2000


# --- who does it -----------------------------------------------------------------------------------------


def _free_for(by: Actor, now: datetime) -> Any:
    """Whether an order is in nobody else's hands."""
    return or_(
        Redemption.taker_id.is_(None), Redemption.taker_id == by.id, Redemption.taken_at <= lapsed(now)
    )


def take(redemption_id: int, *, by: Actor) -> None:
    """Take an order to send it; harmless when one has it. Raises NotFound, and Stale when a colleague has it
    or it has moved on."""
    with unit_of_work():
        now = clock.now()
        went = write(
            update(Redemption)
            .where(
                Redemption.id == redemption_id,
                Redemption.state == "held",
                Redemption.kind.in_(SENT),
                _free_for(by, now),
            )
            .values(taker_id=by.id, taken_at=now)
        ).rowcount
        if not went:
            raise _why_not(redemption_id)
        audit.record("redemption.take", f"redemption:{redemption_id}", by=by.id)


def _why_not(redemption_id: int) -> NotFound | Stale:
    row = read(select(Redemption.state, Redemption.kind).where(Redemption.id == redemption_id)).one_or_none()
    if row is None or row.kind not in SENT:
        return NotFound()
    return Stale(IN_OTHER_HANDS if row.state == "held" else WHERE_NOW[row.state])


def give_back(redemption_id: int, *, by: Actor) -> None:
    """Let others send an order after all; harmless when one hasn't got it."""
    with unit_of_work():
        went = write(
            update(Redemption)
            .where(Redemption.id == redemption_id, Redemption.taker_id == by.id, Redemption.state == "held")
            .values(taker_id=None, taken_at=None)
        ).rowcount
        if went:
            audit.record("redemption.give_back", f"redemption:{redemption_id}", by=by.id)


def sealed_address(redemption_id: int, *, by: Actor) -> str:
    """The sealed address of an order that `by` has in hand and that is still on its way.

    Each look leaves an audit line. Raises NotFound, alike for what isn't there and isn't in their hands.
    """
    with unit_of_work():
        sealed = read(
            select(Redemption.address).where(
                Redemption.id == redemption_id,
                Redemption.taker_id == by.id,
                Redemption.state.in_(OPEN),
                Redemption.address.is_not(None),
            )
        ).scalar_one_or_none()
        if sealed is None:
            raise NotFound
        audit.record("redemption.address", f"redemption:{redemption_id}", by=by.id)
        return sealed


def take_together(item_id: int | None, *, by: Actor) -> list[int]:
    """Take every order to be posted that is free, of one good or of all: these and those `by` had already.

    One audit line names them all, as their addresses go into a file. At most MOST_AT_ONCE, the earliest
    promise first.
    """
    with unit_of_work():
        now = clock.now()
        to_post = [
            Redemption.state == "held",
            Redemption.kind.in_(SENT),
            Redemption.address.is_not(None),
            _free_for(by, now),
        ]
        if item_id is not None:
            to_post.append(Redemption.item_id == item_id)
        first = (
            select(Redemption.id)
            .where(*to_post)
            .order_by(Redemption.due_at, Redemption.id)
            .limit(MOST_AT_ONCE)
            .scalar_subquery()
        )
        taken = write(
            update(Redemption)
            .where(Redemption.id.in_(first), *to_post)
            .values(taker_id=by.id, taken_at=now)
            .returning(Redemption.id)
        ).scalars()
        ids = sorted(taken)
        if not ids:
            raise Refused(N_("Nothing free is left to send here."))
        audit.record("redemption.export", "redemption", by=by.id, after={"orders": ids})
        return ids


def _hold(redemption_id: int, by: Actor) -> None:
    """Let what has just been moved be in the mover's hands. Raises Stale when a colleague has it: then
    nothing has moved."""
    now = clock.now()
    went = write(
        update(Redemption)
        .where(Redemption.id == redemption_id, _free_for(by, now))
        .values(taker_id=by.id, taken_at=now)
    ).rowcount
    if not went:
        raise Stale(IN_OTHER_HANDS)


# --- its way ---------------------------------------------------------------------------------------------


def ship(redemption_id: int, *, tracking: str = "", carrier: str = "", by: Actor) -> None:
    """Send an order, hand a loan out, or say that what is fetched lies ready; its points are spent.

    What is posted needs a parcel's number. A loan is due back its number of days later. Raises NotFound,
    Invalid by field ("tracking", "carrier"), Stale.
    """
    with unit_of_work():
        send(redemption_id, tracking=tracking, carrier=carrier, by=by)


def send(redemption_id: int, *, tracking: str, carrier: str, by: Actor) -> None:
    """As `ship`, within the caller's unit of work."""
    order = _order(redemption_id)
    if order.kind not in SENT:
        raise NotFound
    values: dict[str, Any] = {}
    if order.posted:
        number = tracking_number(tracking)
        carrier = carrier.strip()
        if number is None:
            raise Invalid(fields={"tracking": NO_TRACKING})
        if len(carrier) > MOST_CARRIER:
            raise Invalid(fields={"carrier": N_("Up to %(most)s characters, please.")}, most=MOST_CARRIER)
        values |= {"tracking": number, "carrier": carrier or None}
    if order.kind == "loan":
        values |= _lent_until(order.loan_days)
    _move(redemption_id, "shipped", by=by, **values)
    _hold(redemption_id, by)
    name = _name(order)
    if order.kind == "loan":
        day = {locale: dates.day(values["due_at"], _timezone(), locale) for locale in LOCALES}
        title = both(N_("“%(name)s” is yours until %(day)s"), name=name, day=day)
    elif order.posted:
        title = both(N_("“%(name)s” is on its way to you"), name=name)
    else:
        title = both(N_("“%(name)s” is ready for you to fetch"), name=name)
    if order.posted:
        parcel = " ".join(filter(None, (values["carrier"], values["tracking"])))
        body = both(N_("Parcel number: %(number)s"), number=parcel)
    else:
        body = both(N_("At: %(place)s"), place=pair(order.pickup, order.pickup_en or None))
    _tell(order, "shipped", title, body)


def _lent_until(days: int) -> dict[str, Any]:
    """The day a loan that goes out now is due back, and the end of that day as what is promised next."""
    here = zone(_timezone())
    day = clock.now().astimezone(here).date() + timedelta(days=days)
    return {"back_on": day, "due_at": datetime.combine(day, time(23, 59), here)}


def arrive(redemption_id: int, *, by: Actor) -> None:
    """Say that a parcel has arrived, or that what lay ready was handed over. Raises NotFound, Stale."""
    with unit_of_work():
        order = _order(redemption_id)
        if order.kind != "physical":
            raise NotFound
        _move(redemption_id, "delivered", by=by)
        title = N_("“%(name)s” has arrived") if order.posted else N_("“%(name)s” is in your hands")
        body = both(N_("If it isn't so, a word to your contact person is enough."))
        _tell(order, "delivered", both(title, name=_name(order)), body)


def take_back(redemption_id: int, *, by: Actor) -> None:
    """Say that a loan has come back; the piece is there for the next. Raises NotFound, Stale."""
    with unit_of_work():
        order = _order(redemption_id)
        _move(redemption_id, "returned", by=by)
        title = both(N_("“%(name)s” is back with us. Thank you"), name=_name(order))
        _tell(order, "returned", title, both(N_("The next one is looking forward to it already.")))


def refuse(redemption_id: int, *, reason: str, back_on_shelf: bool, by: Actor) -> None:
    """Say that a promise can't be kept, and why; the points go back, the piece if `back_on_shelf`.

    Raises NotFound, Invalid ("reason"), Stale.
    """
    with unit_of_work():
        order, why = _order(redemption_id), _reason(reason)
        note = both(N_("It could not be sent; the points came back"))
        _move(redemption_id, "refused", by=by, note=note, back_on_shelf=back_on_shelf, reason=why, why=why)
        if order.kind in SENT:
            _hold(redemption_id, by)
        title = N_("“%(name)s” can't come to you after all. Your points are back")
        _tell(order, "refused", both(title, name=_name(order)), pair(why, None))


def refund(redemption_id: int, *, reason: str, by: Actor) -> None:
    """Give back the points of what was sent already. Raises NotFound, Invalid ("reason"), Stale."""
    with unit_of_work():
        order, why = _order(redemption_id), _reason(reason)
        note = both(N_("Given back by the programme"))
        _move(redemption_id, "refunded", by=by, note=note, reason=why, why=why)
        title = both(N_("Your points for “%(name)s” are back"), name=_name(order))
        _tell(order, "refunded", title, pair(why, None))


def check_in(redemption_id: int, *, by: Actor) -> None:
    """Say that somebody has come to a date, also when they were put down as absent before.

    Raises NotFound, Stale, Refused long before the date and long after it.
    """
    with unit_of_work():
        order, now = _guest(redemption_id), clock.now()
        if now < order.starts_at - DOORS_OPEN:
            raise Refused(N_("Checking in begins twelve hours before the date does."))
        if order.state == "missed" and now > order.ends_at + PUT_RIGHT:
            raise Refused(N_("A day after the date its list is closed."))
        _move(redemption_id, "delivered", by=by)
        title = both(N_("Good to have you at “%(name)s”"), name=_name(order))
        _tell(order, "delivered", title, None)


def miss(redemption_id: int, *, by: Actor) -> None:
    """Say that somebody didn't come; the points are spent. Raises NotFound, Stale, Refused before the date
    has begun."""
    with unit_of_work():
        order = _guest(redemption_id)
        if clock.now() < order.starts_at:
            raise Refused(N_("It hasn't begun yet. They may still come."))
        _move(redemption_id, "missed", by=by)
        title = both(N_("We missed you at “%(name)s”"), name=_name(order))
        body = both(N_("If you were there, tell your contact person today and it is put right."))
        _tell(order, "missed", title, body)


# --- numbers from a file ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parcel:
    """A parcel's number for an order, as a file says it."""

    order_id: int
    tracking: str
    carrier: str = ""


def ship_together(parcels: Sequence[Parcel], *, by: Actor) -> int:
    """Send all these orders, or none: how many. Those that aren't waiting any more are passed over, so that a
    file may come twice.

    Raises Stale when one of them is in a colleague's hands, Invalid for a number that is none.
    """
    with unit_of_work():
        ids = [one.order_id for one in parcels]
        waiting: dict[int, int] = {}
        for at in range(0, len(ids), 500):
            found = select(Redemption.id, Redemption.member_id).where(
                Redemption.id.in_(ids[at : at + 500]), Redemption.state == "held"
            )
            waiting |= {row.id: row.member_id for row in read(found)}
        mine = [one for one in parcels if one.order_id in waiting]
        # wallets are locked one after the other: two files at once lock them in one order
        for one in sorted(mine, key=lambda one: (waiting[one.order_id], one.order_id)):
            send(one.order_id, tracking=one.tracking, carrier=one.carrier, by=by)
        return len(mine)


# --- small parts -----------------------------------------------------------------------------------------


def _order(redemption_id: int) -> Any:
    row = read(
        select(
            Redemption.id,
            Redemption.member_id,
            Redemption.kind,
            Redemption.state,
            Redemption.name,
            Redemption.name_en,
            Redemption.slot_id,
            Redemption.address.is_not(None).label("posted"),
            MallItem.loan_days,
            MallItem.pickup,
            MallItem.pickup_en,
            MallSlot.starts_at,
            MallSlot.ends_at,
        )
        .join(MallItem, MallItem.id == Redemption.item_id)
        .outerjoin(MallSlot, MallSlot.id == Redemption.slot_id)
        .where(Redemption.id == redemption_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _guest(redemption_id: int) -> Any:
    order = _order(redemption_id)
    if order.slot_id is None:
        raise NotFound
    return order


def _move(redemption_id: int, to: str, *, by: Actor, why: str | None = None, **values: Any) -> None:
    before = services.move(redemption_id, to, by=by, **values)
    after = {"state": to} | ({"reason": why} if why else {})
    audit.record(
        "redemption.move",
        f"redemption:{redemption_id}",
        by=by.id,
        before={"state": before.state},
        after=after,
    )


def _tell(order: Any, state: str, title: dict[str, Any], body: dict[str, Any] | None) -> None:
    notify(
        [
            NewNotice(
                key=f"redemption:{order.id}:{state}",
                member_id=order.member_id,
                icon="gift",
                title=title,
                body=body,
                link=f"/mall/orders/{order.id}",
            )
        ]
    )


def _name(order: Any) -> dict[str, Any]:
    return pair(order.name, order.name_en or None)


def _reason(text: str) -> str:
    why = " ".join(text.split())
    if not why:
        raise Invalid(fields={"reason": SAY_WHY})
    if len(why) > MOST_REASON:
        raise Invalid(fields={"reason": N_("Up to %(most)s characters, please.")}, most=MOST_REASON)
    return why


def _timezone() -> str:
    return members.programme().timezone
