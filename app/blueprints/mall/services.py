"""Redeeming, and what members do with their exchanges. The only writers of redemptions, with services_staff.

One redemption is one transaction: points set aside, stock, limit, code, row and step, all or nothing, and
once for each token however often the button is pressed. Rows are locked in one order: wallet, item, date,
code.
Source of the rules: product.md 4.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, delete, func, insert, select, update

from app.blueprints.addresses import queries as books
from app.blueprints.addresses import services as addresses
from app.blueprints.inbox.services import NewNotice, notify
from app.blueprints.mall import policies
from app.blueprints.mall.models import (
    MallItem,
    MallSlot,
    MallWish,
    Redemption,
    RedemptionStep,
    RestockWatch,
    VoucherCode,
)
from app.blueprints.points import services_holds as points
from app.core import clock
from app.core.actor import Actor
from app.core.db import add, db, read, table, upsert, write
from app.core.errors import Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

PICKUP = "pickup"


@lru_cache
def _asked() -> Any:
    """The item with what decides about this member: the first redemption with this token, and how many they
    have had."""
    me, token = bindparam("me", type_=Integer), bindparam("token", type_=String)
    mine = select(func.count(Redemption.id)).where(
        Redemption.member_id == me, Redemption.item_id == MallItem.id, Redemption.state.not_in(policies.VOID)
    )
    before = select(Redemption.id).where(Redemption.member_id == me, Redemption.token == token)
    wished = select(MallWish.item_id).where(MallWish.member_id == me, MallWish.item_id == MallItem.id)
    return select(
        *table(MallItem).c,
        mine.scalar_subquery().label("had"),
        before.scalar_subquery().label("before"),
        wished.scalar_subquery().label("wished"),
    ).where(MallItem.id == bindparam("item", type_=Integer), MallItem.state != "draft")


@lru_cache
def _take_piece() -> Any:
    item = table(MallItem)
    return (
        update(item)
        .where(
            item.c.id == bindparam("item", type_=Integer),
            item.c.state == "live",
            item.c.price == bindparam("seen", type_=Integer),
            item.c.stock > bindparam("floor", type_=Integer),
        )
        .values(stock=item.c.stock - 1)
        .returning(item.c.stock)
    )


@lru_cache
def _take_seat() -> Any:
    slot = table(MallSlot)
    return (
        update(slot)
        .where(slot.c.id == bindparam("slot", type_=Integer), slot.c.seats > 0)
        .values(seats=slot.c.seats - 1)
        .returning(slot.c.seats)
    )


@lru_cache
def _insert() -> Any:
    return insert(table(Redemption)).returning(table(Redemption).c.id)


def redeem(
    item_id: int,
    *,
    token: str,
    price: int,
    slot_id: int | None = None,
    address: str | None = None,
    by: Actor,
) -> int:
    """Exchange points for one piece; returns the redemption, the first one's when `token` was sent before.

    `price` is what the member saw; `slot_id` the date of an experience; `address` the number of one of their
    addresses, or PICKUP where the good may be fetched. Points are set aside, for a voucher spent at once.
    Raises NotFound, Invalid by field ("address", "slot") and Refused, which says what is in the way; then
    nothing has changed.
    """
    with unit_of_work():
        # the wallet's row is the lock under which the limit is counted
        balance = points.balance_of(by.id)
        item = read(_asked(), {"me": by.id, "token": token, "item": item_id}).one_or_none()
        if item is None:
            raise NotFound
        if item.before is not None:
            return item.before
        now = clock.now()
        slot = _slot(item, slot_id, now)
        _check(item, by=by, balance=balance, now=now, slot=slot)
        if item.price != price:
            raise Refused(N_("The price has changed since you opened the page. Nothing was taken."))
        values = {
            "token": token,
            "member_id": by.id,
            "item_id": item_id,
            "slot_id": slot_id if slot is not None else None,
            "kind": item.kind,
            # a voucher arrives at once
            "state": "delivered" if item.kind == "voucher" else "held",
            "price": item.price,
            "name": item.name,
            "name_en": item.name_en or item.name,
            "address": _address(item, address, by),
            "due_at": slot.ends_at if slot is not None else now + timedelta(days=item.promise_days),
            "created_at": now,
            "moved_at": now,
        }
        taken = write(
            _take_piece(), {"item": item_id, "seen": price, "floor": policies.floor(item, now)}
        ).scalar_one_or_none()
        if taken is None:
            raise Refused(policies.REFUSALS["sold_out"])
        if slot is not None and write(_take_seat(), {"slot": slot.id}).scalar_one_or_none() is None:
            raise Refused(policies.REFUSALS["sold_out"])
        redemption_id: int = write(_insert(), values).scalar_one()
        points.hold(
            by.id,
            item.price,
            key=policies.hold_key(redemption_id),
            title=pair(item.name, item.name_en or None),
            link=f"/mall/orders/{redemption_id}",
            acted_at=now,
        )
        _note_steps(redemption_id, ("held", "delivered") if item.kind == "voucher" else ("held",), now, by.id)
        if item.kind == "voucher":
            _hand_out_code(redemption_id, item_id, by)
        if item.wished is not None:
            write(delete(MallWish).where(MallWish.member_id == by.id))
        return redemption_id


def _slot(item: Any, slot_id: int | None, now: datetime) -> Any | None:
    """The date that was chosen, for an experience. Raises Invalid for none, or one that has begun."""
    if item.kind != "experience":
        return None
    slot = None
    if slot_id is not None:
        slot = read(
            select(MallSlot.id, MallSlot.starts_at, MallSlot.ends_at, MallSlot.seats).where(
                MallSlot.id == slot_id, MallSlot.item_id == item.id
            )
        ).one_or_none()
    if slot is None or slot.starts_at <= now:
        raise Invalid(fields={"slot": N_("Choose a date that is still ahead.")})
    return slot


def _check(item: Any, *, by: Actor, balance: int, now: datetime, slot: Any | None) -> None:
    """Raise Refused, saying what is in the member's way."""
    found = policies.standing(
        item,
        star=by.star_level,
        tier=by.tier,
        balance=balance,
        had=item.had,
        now=now,
        seats=slot.seats if slot is not None else None,
    )
    if not found.open:
        raise Refused(policies.REFUSALS[found.why])


def _address(item: Any, asked: str | None, by: Actor) -> str | None:
    """The order's own sealed copy of the address; None where nothing is sent. Raises Invalid, NotFound."""
    if item.kind not in ("physical", "loan") or (asked == PICKUP and item.pickup):
        return None
    if not asked or not asked.isdecimal() or len(asked) > 9:
        raise Invalid(fields={"address": N_("Where should it go? Choose an address, or add one.")})
    sealed = books.sealed_copy(int(asked), by.id)
    addresses.mark_used(int(asked), by=by)
    return sealed


@lru_cache
def _claim() -> Any:
    code = table(VoucherCode)
    free = (
        select(code.c.id)
        .where(code.c.item_id == bindparam("item", type_=Integer), code.c.redemption_id.is_(None))
        .order_by(code.c.id)
        .limit(1)
    )
    return (
        update(code)
        .where(code.c.id == free.scalar_subquery(), code.c.redemption_id.is_(None))
        .values(redemption_id=bindparam("redemption", type_=Integer))
        .returning(code.c.id)
    )


def _hand_out_code(redemption_id: int, item_id: int, by: Actor) -> None:
    """Give the redemption a code that nobody has, and spend its points.

    The item's row, changed before, keeps others from the same code.
    """
    if write(_claim(), {"item": item_id, "redemption": redemption_id}).scalar_one_or_none() is None:
        raise Refused(policies.REFUSALS["sold_out"])
    points.spend(by.id, policies.hold_key(redemption_id), by=by.id)


def _note_steps(redemption_id: int, states: Sequence[str], at: datetime, by_id: int | None) -> None:
    steps = [{"redemption_id": redemption_id, "state": state, "at": at, "by_id": by_id} for state in states]
    add(RedemptionStep, steps)


def move(
    redemption_id: int,
    to: str,
    *,
    by: Actor | None,
    whose: int | None = None,
    note: dict[str, Any] | None = None,
    back_on_shelf: bool = True,
    **values: Any,
) -> Any:
    """Let a redemption go on to the state `to`, with all that hangs on it: points, stock, seat, step.

    Joins the caller's unit of work and returns the row as it was. `whose` limits it to a member's own; `note`
    stands on the line of points that come back; `values` are written with it. Of two that move it at once the
    second finds it moved. Raises NotFound, and Stale where `to` can't follow.
    """
    found = select(
        Redemption.id,
        Redemption.member_id,
        Redemption.item_id,
        Redemption.slot_id,
        Redemption.kind,
        Redemption.state,
        Redemption.name,
        Redemption.name_en,
        Redemption.taker_id,
        Redemption.taken_at,
        Redemption.due_at,
    ).where(Redemption.id == redemption_id)
    if whose is not None:
        found = found.where(Redemption.member_id == whose)
    row = read(found).one_or_none()
    if row is None:
        raise NotFound
    policies.moved(row.kind, row.state, to)
    # whoever locks more than one row begins with the wallet
    points.balance_of(row.member_id)
    now = clock.now()
    if not _settle(row, to, moved_at=now, **values):
        raise Stale(N_("It has just moved on. Have another look."))
    key, by_id = policies.hold_key(row.id), by.id if by is not None else None
    if to in policies.RELEASES:
        points.release(row.member_id, key, note=note or both(N_("The points came back")), by=by_id)
    elif to == "refunded":
        points.refund(row.member_id, key, note=note or both(N_("The points came back")), by=by_id)
    elif to in policies.SPENDS and row.state == "held":
        points.spend(row.member_id, key, by=by_id)
    if (to in policies.RELEASES and back_on_shelf) or to == "returned":
        put_back(row.item_id, row.slot_id)
    _note_steps(row.id, (to,), now, by_id)
    return row


def _settle(row: Any, to: str, **values: Any) -> bool:
    """Write the state `to` unless `row` has moved on meanwhile; whether it is written."""
    going = update(Redemption).where(Redemption.id == row.id, Redemption.state == row.state)
    return bool(write(going.values(state=to, **values)).rowcount)


def put_back(item_id: int, slot_id: int | None) -> None:
    """Let a piece, and the seat of its date, be there again; those who wait for it hear of it."""
    write(update(MallItem).where(MallItem.id == item_id).values(stock=MallItem.stock + 1))
    if slot_id is not None:
        write(update(MallSlot).where(MallSlot.id == slot_id).values(seats=MallSlot.seats + 1))
    tell_watchers(item_id, 1)


def tell_watchers(item_id: int, pieces: int) -> int:
    """Tell those who asked for a word that a good is back; returns how many were told.

    No more of them than there are pieces, who asked first first: the others are told of the next ones.
    Joins the caller's unit of work.
    """
    item = read(select(MallItem.name, MallItem.name_en, MallItem.state).where(MallItem.id == item_id)).one()
    if item.state != "live":
        return 0
    now = clock.now()
    waiting = read(
        select(RestockWatch.member_id, RestockWatch.asked_at)
        .where(RestockWatch.item_id == item_id)
        .order_by(RestockWatch.asked_at, RestockWatch.member_id)
        .limit(pieces)
    ).all()
    notify(
        [
            NewNotice(
                key=f"restock:{item_id}:{one.member_id}:{one.asked_at.timestamp():.6f}",
                member_id=one.member_id,
                icon="gift",
                title=both(N_("“%(name)s” is back on the shelf"), name=pair(item.name, item.name_en or None)),
                body=both(N_("You asked for a word. It isn't kept for you; those who come first have it.")),
                link=f"/mall/{item_id}",
            )
            for one in waiting
        ]
    )
    if waiting:
        write(
            delete(RestockWatch).where(
                RestockWatch.item_id == item_id,
                RestockWatch.member_id.in_([one.member_id for one in waiting]),
                RestockWatch.asked_at <= now,
            )
        )
    return len(waiting)


def cancel(redemption_id: int, *, by: Actor) -> None:
    """Cancel one's own before it is sent; the points go back. An experience: until its date begins.

    Raises NotFound, Stale once it is on its way, Refused when the date has begun.
    """
    with unit_of_work():
        row = move(
            redemption_id,
            "cancelled",
            by=by,
            whose=by.id,
            note=both(N_("You cancelled; the points came back")),
        )
        if row.slot_id is not None:
            starts = read(select(MallSlot.starts_at).where(MallSlot.id == row.slot_id)).scalar_one()
            if starts <= clock.now():
                raise Refused(N_("The date has begun. Ask your contact person if something went wrong."))


def say_received(redemption_id: int, *, by: Actor) -> None:
    """Say that one's own parcel has arrived. Raises NotFound, Stale."""
    with unit_of_work():
        move(redemption_id, "delivered", by=by, whose=by.id)


def wish(item_id: int, *, by: Actor) -> None:
    """Save for a good: it replaces the one before. Raises NotFound for one that isn't shown."""
    with unit_of_work():
        _shown(item_id)
        now = clock.now()
        db.session.execute(
            upsert(MallWish)
            .values(member_id=by.id, item_id=item_id, since=now)
            .on_conflict_do_update(index_elements=["member_id"], set_={"item_id": item_id, "since": now})
        )


def unwish(item_id: int, *, by: Actor) -> None:
    """Save for it no longer; harmless when it is another."""
    with unit_of_work():
        write(delete(MallWish).where(MallWish.member_id == by.id, MallWish.item_id == item_id))


def watch(item_id: int, *, by: Actor) -> None:
    """Ask for a word when a good is back; harmless when it was asked before. Raises NotFound."""
    with unit_of_work():
        _shown(item_id)
        db.session.execute(
            upsert(RestockWatch)
            .values(member_id=by.id, item_id=item_id, asked_at=clock.now())
            .on_conflict_do_nothing()
        )


def unwatch(item_id: int, *, by: Actor) -> None:
    """Want no word any longer; harmless when none was asked for."""
    with unit_of_work():
        write(delete(RestockWatch).where(RestockWatch.member_id == by.id, RestockWatch.item_id == item_id))


def _shown(item_id: int) -> None:
    found = select(MallItem.id).where(MallItem.id == item_id, MallItem.state == "live")
    if read(found).scalar_one_or_none() is None:
        raise NotFound
