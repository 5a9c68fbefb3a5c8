"""What points can be exchanged for, and every exchange with where it stands.

Stock is a number that only guarded updates change: it never falls below zero, and during a priority window
never below what is kept for everybody. For an experience it is the sum of the seats of its dates, for a
voucher the number of codes that nobody has.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant, Json


class MallShelf(Base):
    """A shelf of the mall: a filter on its page."""

    __tablename__ = "mall_shelf"

    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str]
    name_en: Mapped[str]


class MallItem(Base):
    """A good. `price` in points for one; `unit` is its Chinese measure word, if it has one.

    From `priority_from` until before `opens_at` only members with `priority_star` stars or more may redeem,
    and `kept_for_all` pieces stay for those who come at `opens_at`; without `priority_star` it begins then
    for everybody. `min_star` and `min_tier` hold all the time. `facts` is a list of {"label", "label_en",
    "text", "text_en"}; `drawing` a symbol of the goods' sprite, for want of a picture. `promise_days`:
    within how many days it is sent or handed over. `cost_cents`: what one costs the programme, in hundredths
    of its currency.
    """

    __tablename__ = "mall_item"
    __table_args__ = (
        CheckConstraint("kind IN ('physical', 'voucher', 'experience', 'loan')", name="kind"),
        CheckConstraint("state IN ('draft', 'live', 'closed')", name="state"),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("stock >= 0", name="stock"),
        CheckConstraint("stock_total >= stock", name="stock_total"),
        CheckConstraint("kept_for_all >= 0", name="kept_for_all"),
        CheckConstraint("per_member IS NULL OR per_member > 0", name="per_member"),
        CheckConstraint("min_star >= 0", name="min_star"),
        CheckConstraint(
            "min_tier IS NULL OR min_tier IN ('participant', 'contributor', 'cocreator')", name="min_tier"
        ),
        CheckConstraint(
            "(priority_star IS NULL) = (priority_from IS NULL) AND "
            "(priority_from IS NULL OR priority_from < opens_at)",
            name="priority",
        ),
        CheckConstraint("closes_at IS NULL OR closes_at > opens_at", name="closes"),
        CheckConstraint("promise_days BETWEEN 0 AND 365", name="promise_days"),
        CheckConstraint("(kind = 'loan') = (loan_days IS NOT NULL)", name="loan_days"),
        CheckConstraint("cost_cents IS NULL OR cost_cents >= 0", name="cost_cents"),
        Index("ix_mall_item_state_position_id", "state", "position", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    position: Mapped[int] = mapped_column(default=0)
    shelf_key: Mapped[str | None] = mapped_column(ForeignKey("mall_shelf.key"))
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    blurb: Mapped[str] = mapped_column(default="")
    blurb_en: Mapped[str] = mapped_column(default="")
    unit: Mapped[str] = mapped_column(default="")
    facts: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    drawing: Mapped[str | None]
    price: Mapped[int]
    stock: Mapped[int] = mapped_column(default=0)
    stock_total: Mapped[int] = mapped_column(default=0)
    kept_for_all: Mapped[int] = mapped_column(default=0)
    per_member: Mapped[int | None]
    min_star: Mapped[int] = mapped_column(default=0)
    min_tier: Mapped[str | None]
    priority_star: Mapped[int | None]
    priority_from: Mapped[datetime | None] = mapped_column(Instant)
    opens_at: Mapped[datetime] = mapped_column(Instant)
    closes_at: Mapped[datetime | None] = mapped_column(Instant)
    promise_days: Mapped[int] = mapped_column(default=7)
    loan_days: Mapped[int | None]
    pickup: Mapped[str] = mapped_column(default="")
    pickup_en: Mapped[str] = mapped_column(default="")
    how_to: Mapped[str] = mapped_column(default="")
    how_to_en: Mapped[str] = mapped_column(default="")
    again: Mapped[str] = mapped_column(default="")
    again_en: Mapped[str] = mapped_column(default="")
    cost_cents: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant)


class MallPicture(Base):
    """A picture of a good, in its order; the first one is on the shelf."""

    __tablename__ = "mall_picture"
    __table_args__ = (UniqueConstraint("item_id", "position"),)

    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"))
    position: Mapped[int]


class MallSlot(Base):
    """A date of an experience, with its seats."""

    __tablename__ = "mall_slot"
    __table_args__ = (
        CheckConstraint("seats >= 0", name="seats"),
        CheckConstraint("seats_total >= seats", name="seats_total"),
        CheckConstraint("ends_at > starts_at", name="dates"),
        Index("ix_mall_slot_item_id_starts_at", "item_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    place: Mapped[str] = mapped_column(default="")
    place_en: Mapped[str] = mapped_column(default="")
    seats: Mapped[int]
    seats_total: Mapped[int]


class Redemption(Base):
    """A member's exchange of points for a good, for ever.

    `token` is the form's one-use token: a second tap finds the first. `kind`, `price` and the names are those
    that were confirmed. `address` is sealed and the order's own. `taker_id` is whoever fulfils it, since
    `taken_at`. The points' transfers carry keys made of the id (points/services_holds.py).
    """

    __tablename__ = "redemption"
    __table_args__ = (
        CheckConstraint(
            "state IN ('held', 'shipped', 'delivered', 'returned', 'refunded', 'cancelled', 'refused', "
            "'missed')",
            name="state",
        ),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("(taker_id IS NULL) = (taken_at IS NULL)", name="taken"),
        UniqueConstraint("member_id", "token"),
        Index("ix_redemption_member_id_id", "member_id", "id"),
        Index("ix_redemption_item_id_member_id", "item_id", "member_id"),
        Index("ix_redemption_state_due_at_id", "state", "due_at", "id"),
        Index("ix_redemption_slot_id", "slot_id", sqlite_where=text("slot_id IS NOT NULL"),
              postgresql_where=text("slot_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"))
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("mall_slot.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="held")
    price: Mapped[int]
    name: Mapped[str]
    name_en: Mapped[str]
    address: Mapped[str | None]
    due_at: Mapped[datetime] = mapped_column(Instant)
    taker_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    carrier: Mapped[str | None]
    tracking: Mapped[str | None] = mapped_column(index=True)
    reason: Mapped[str | None]
    back_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    moved_at: Mapped[datetime] = mapped_column(Instant)


class RedemptionStep(Base):
    """Where an exchange went, when, and who moved it (None: the programme itself)."""

    __tablename__ = "redemption_step"
    __table_args__ = (Index("ix_redemption_step_redemption_id_id", "redemption_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    redemption_id: Mapped[int] = mapped_column(ForeignKey("redemption.id"))
    state: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class VoucherCode(Base):
    """A code of a voucher, sealed. `digest` finds a code that was imported before, whatever item has it."""

    __tablename__ = "voucher_code"
    __table_args__ = (
        UniqueConstraint("digest"),
        UniqueConstraint("redemption_id"),
        Index("ix_voucher_code_item_id_redemption_id_id", "item_id", "redemption_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"))
    digest: Mapped[str]
    sealed: Mapped[str]
    valid_until: Mapped[date | None]
    redemption_id: Mapped[int | None] = mapped_column(ForeignKey("redemption.id"))
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    imported_at: Mapped[datetime] = mapped_column(Instant)


class MallWish(Base):
    """The one good a member saves for."""

    __tablename__ = "mall_wish"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"), index=True)
    since: Mapped[datetime] = mapped_column(Instant)


class RestockWatch(Base):
    """A member who wants a word when a good is back."""

    __tablename__ = "restock_watch"
    __table_args__ = (Index("ix_restock_watch_item_id_asked_at", "item_id", "asked_at"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("mall_item.id"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(Instant)
