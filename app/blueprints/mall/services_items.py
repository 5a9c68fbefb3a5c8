"""What staff put on the shelves: goods, pieces, dates, codes. Source of the rules: product.md 4.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.blueprints.mall import services
from app.blueprints.mall.models import MallItem, MallShelf, MallSlot, Redemption, VoucherCode
from app.core import audit, clock
from app.core.actor import Actor
from app.core.crypto import digest, new_code, seal
from app.core.db import add, db, read, write
from app.core.errors import Invalid, NotFound, Refused
from app.core.i18n import N_
from app.core.uow import unit_of_work

KNOWN_CODES = N_("Some of these codes are there already. Nothing was written.")

# columns that the form may write; stock has commands of its own
EDITABLE = frozenset(
    {
        "shelf_key", "position", "name", "name_en", "blurb", "blurb_en", "unit", "facts", "drawing", "price",
        "kept_for_all", "per_member", "min_star", "min_tier", "priority_star", "priority_from", "opens_at",
        "closes_at", "promise_days", "loan_days", "pickup", "pickup_en", "how_to", "how_to_en", "again",
        "again_en", "cost_cents",
    }
)  # fmt: skip


def add_shelf(key: str, *, name: str, name_en: str, position: int) -> None:
    """Add a shelf; harmless when it is there."""
    with unit_of_work():
        if db.session.scalar(select(MallShelf.key).where(MallShelf.key == key)) is None:
            add(MallShelf, {"key": key, "name": name, "name_en": name_en, "position": position})


def _with_shelf(values: dict[str, Any]) -> dict[str, Any]:
    """`values`, standing on a new shelf when "new_shelf" names one (Chinese, English)."""
    named = values.pop("new_shelf", None)
    if not named:
        return values
    name, name_en = named
    known = read(select(MallShelf.key).where(MallShelf.name == name)).scalar()
    if known is None:
        known = f"shelf-{new_code(6).lower()}"
        last = read(select(func.coalesce(func.max(MallShelf.position), -1))).scalar_one()
        add_shelf(known, name=name, name_en=name_en or name, position=last + 1)
    return values | {"shelf_key": known}


def check(values: Mapping[str, Any], kind: str) -> None:
    """Raise Invalid, by field, for values that don't go together."""
    wrong: dict[str, str] = {}
    opens, first, closes = (values.get(name) for name in ("opens_at", "priority_from", "closes_at"))
    if not values.get("name"):
        wrong["name"] = N_("What is it called?")
    if (values.get("price") or 0) < 1:
        wrong["price"] = N_("A whole number of points from 1 up.")
    if opens is None:
        wrong["opens_at"] = N_("From when on can everybody redeem it?")
    if (values.get("priority_star") is None) != (first is None):
        wrong["priority_star"] = N_("Stars that go first need a beginning, and a beginning needs stars.")
    elif first is not None and opens is not None and first >= opens:
        wrong["priority_from"] = N_("The first days have to begin before it opens for everybody.")
    if closes is not None and opens is not None and closes <= opens:
        wrong["closes_at"] = N_("The end has to come after the beginning.")
    if (kind == "loan") != (values.get("loan_days") is not None):
        wrong["loan_days"] = N_("For how many days is it lent?")
    if wrong:
        raise Invalid(fields=wrong)


def add_item(kind: str, *, by: Actor, stock: int = 0, **values: Any) -> int:
    """Add a good as a draft, with so many pieces (physical and loan only: dates and codes bring their own).

    `values` are columns of MallItem; "new_shelf", a name in both languages, puts it on a shelf of its own.
    Raises Invalid by field.
    """
    with unit_of_work():
        check(values, kind)
        values = _with_shelf(values)
        now = clock.now()
        item_id: int = db.session.execute(
            insert(MallItem)
            .values(
                {key: value for key, value in values.items() if key in EDITABLE}
                | {"kind": kind, "state": "draft", "stock": stock, "stock_total": stock, "created_at": now}
            )
            .returning(MallItem.id)
        ).scalar_one()
        audit.record("mall_item.add", f"mall_item:{item_id}", by=by.id, after={"name": values["name"]})
        return item_id


def edit_item(item_id: int, *, by: Actor, **values: Any) -> None:
    """Change a good; `values` as in `add_item`. What was redeemed keeps the price and name it was redeemed
    under.

    Raises NotFound, Invalid by field.
    """
    with unit_of_work():
        before = _item(item_id)
        values = _with_shelf(values)
        changed = {
            key: value for key, value in values.items() if key in EDITABLE and getattr(before, key) != value
        }
        check({key: getattr(before, key) for key in EDITABLE} | changed, before.kind)
        if not changed:
            return
        db.session.execute(update(MallItem).where(MallItem.id == item_id).values(changed))
        audit.record(
            "mall_item.edit",
            f"mall_item:{item_id}",
            by=by.id,
            before={key: _plain(getattr(before, key)) for key in changed},
            after={key: _plain(value) for key, value in changed.items()},
        )


def set_state(item_id: int, state: str, *, by: Actor) -> None:
    """Put a good on the shelf ("live") or off it ("closed"); what was redeemed goes on. Raises NotFound."""
    with unit_of_work():
        before = _item(item_id)
        if before.state == state:
            return
        db.session.execute(update(MallItem).where(MallItem.id == item_id).values(state=state))
        audit.record(
            "mall_item.state",
            f"mall_item:{item_id}",
            by=by.id,
            before={"state": before.state},
            after={"state": state},
        )


def change_stock(item_id: int, pieces: int, *, by: Actor) -> int:
    """Put more pieces on the shelf, or take some off: how many of those who waited for it were told.

    `pieces` may be negative. Raises NotFound, Invalid when so many aren't there, Refused for a good whose
    number comes from its dates or codes.
    """
    with unit_of_work():
        item = _item(item_id)
        if item.kind not in ("physical", "loan"):
            raise Refused(N_("The number of this one comes from its dates or codes."))
        return _grow(item_id, pieces, by=by)


def _grow(item_id: int, pieces: int, *, by: Actor | None, field: str = "pieces") -> int:
    went = write(
        update(MallItem)
        .where(MallItem.id == item_id, MallItem.stock + pieces >= 0)
        .values(stock=MallItem.stock + pieces, stock_total=MallItem.stock_total + pieces)
    ).rowcount
    if not went:
        raise Invalid(fields={field: N_("So many aren't on the shelf any more.")})
    audit.record(
        "mall_item.stock", f"mall_item:{item_id}", by=by.id if by else None, after={"pieces": pieces}
    )
    return services.tell_watchers(item_id, pieces) if pieces > 0 else 0


def add_slot(
    item_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    seats: int,
    place: str = "",
    place_en: str = "",
    by: Actor,
) -> int:
    """Add a date with seats to an experience. Raises NotFound, Invalid by field."""
    with unit_of_work():
        item = _item(item_id)
        if item.kind != "experience":
            raise NotFound
        if ends_at <= starts_at:
            raise Invalid(fields={"ends_at": N_("The end has to come after the beginning.")})
        if seats < 1:
            raise Invalid(fields={"seats": N_("How many seats are there?")})
        slot_id: int = db.session.execute(
            insert(MallSlot)
            .values(
                item_id=item_id,
                starts_at=starts_at,
                ends_at=ends_at,
                place=place,
                place_en=place_en,
                seats=seats,
                seats_total=seats,
            )
            .returning(MallSlot.id)
        ).scalar_one()
        _grow(item_id, seats, by=by)
        return slot_id


def change_seats(slot_id: int, seats: int, *, by: Actor) -> int:
    """Let a date have so many seats in all: how many of those who waited for one were told.

    Raises NotFound, Invalid ("seats") for fewer than are taken.
    """
    with unit_of_work():
        slot = _slot(slot_id)
        more = seats - slot.seats_total
        if seats < 1:
            raise Invalid(fields={"seats": N_("How many seats are there?")})
        if not more:
            return 0
        # the good's row first, then its date's: as redeeming locks them
        told = _grow(slot.item_id, more, by=by, field="seats")
        went = write(
            update(MallSlot)
            .where(
                MallSlot.id == slot_id, MallSlot.seats_total == slot.seats_total, MallSlot.seats + more >= 0
            )
            .values(seats=MallSlot.seats + more, seats_total=seats)
        ).rowcount
        if not went:
            raise Invalid(fields={"seats": N_("More seats than that are taken already.")})
        return told


def remove_slot(slot_id: int, *, by: Actor) -> int:
    """Remove a date that nobody ever redeemed; returns whose it was. Raises NotFound, Refused."""
    with unit_of_work():
        slot = _slot(slot_id)
        _grow(slot.item_id, -slot.seats_total, by=by, field="seats")
        used = select(Redemption.id).where(Redemption.slot_id == slot_id).exists()
        went = write(delete(MallSlot).where(MallSlot.id == slot_id, ~used)).rowcount
        if not went:
            raise Refused(N_("Somebody has a seat on this date. It can't be removed any more."))
        return slot.item_id


def _slot(slot_id: int) -> Any:
    row = read(
        select(MallSlot.item_id, MallSlot.seats, MallSlot.seats_total).where(MallSlot.id == slot_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class NewCode:
    """A code to add, as it is printed, and until which day it can be used (None: for ever)."""

    code: str
    valid_until: date | None = None


def add_codes(item_id: int, codes: Sequence[NewCode], *, by: Actor) -> int:
    """Add codes to a voucher, all or none: how many of those who waited for it were told.

    Raises NotFound for what isn't a voucher, Refused when one of them was imported before.
    """
    with unit_of_work():
        if _item(item_id).kind != "voucher":
            raise NotFound
        if not codes:
            return 0
        known = known_codes([one.code for one in codes])
        if known or len({one.code for one in codes}) < len(codes):
            raise Refused(KNOWN_CODES)
        now = clock.now()
        rows = [
            {
                "item_id": item_id,
                "digest": digest(one.code),
                "sealed": seal(one.code),
                "valid_until": one.valid_until,
                "imported_by_id": by.id,
                "imported_at": now,
            }
            for one in codes
        ]
        try:
            add(VoucherCode, rows)
        except IntegrityError as error:
            # the same file, sent by somebody else at this moment
            raise Refused(KNOWN_CODES) from error
        return _grow(item_id, len(codes), by=by)


def known_codes(codes: Sequence[str]) -> set[str]:
    """Which of these codes were imported before, for whatever good."""
    by_digest = {digest(code): code for code in codes}
    found: set[str] = set()
    names = list(by_digest)
    for at in range(0, len(names), 500):
        found.update(
            read(select(VoucherCode.digest).where(VoucherCode.digest.in_(names[at : at + 500]))).scalars()
        )
    return {by_digest[name] for name in found}


def _item(item_id: int) -> Any:
    row = read(select(*MallItem.__table__.c).where(MallItem.id == item_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value
