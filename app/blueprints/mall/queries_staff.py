"""What the desk behind the mall reads: goods with what became of them, orders, the guests of a date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, literal_column, or_, select

from app.blueprints.addresses import policies as addresses
from app.blueprints.mall.models import (
    MallItem,
    MallPicture,
    MallShelf,
    MallSlot,
    Redemption,
    RedemptionStep,
    VoucherCode,
)
from app.blueprints.mall.policies import VOID
from app.blueprints.mall.policies_desk import TAB_KINDS, TABS, days_left, hand, lapsed
from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.blueprints.points import queries_staff as points
from app.core import clock
from app.core.actor import Actor
from app.core.crypto import digest
from app.core.db import read
from app.core.errors import NotFound
from app.core.paging import Page, keyset, page_of

PAGE = 20
# what a number counts at most: beyond it the page says "999+"
COUNTED = 999
STATES = ("live", "draft", "closed")


# --- goods -----------------------------------------------------------------------------------------------


def _redeemed() -> Any:
    """How many of a good were redeemed and not given back."""
    return (
        select(func.count(Redemption.id))
        .where(Redemption.item_id == MallItem.id, Redemption.state.not_in(VOID))
        .scalar_subquery()
    )


def goods_page(state: str, cursor: str | None = None, size: int = PAGE) -> Page[Any]:
    """Goods of a state in the order of their shelves, with how many there are and were redeemed."""
    first = (
        select(MallPicture.media_id)
        .where(MallPicture.item_id == MallItem.id)
        .order_by(MallPicture.position)
        .limit(1)
        .scalar_subquery()
    )
    query: Any = select(
        MallItem.id,
        MallItem.position,
        MallItem.kind,
        MallItem.state,
        MallItem.name,
        MallItem.name_en,
        MallItem.price,
        MallItem.stock,
        MallItem.stock_total,
        MallItem.opens_at,
        MallItem.closes_at,
        first.label("picture_id"),
        _redeemed().label("redeemed"),
    ).where(MallItem.state == state)
    query, size = keyset(query, MallItem.position, MallItem.id, cursor=cursor, size=size, newest_first=False)
    return page_of(read(query).all(), size, "position", "id")


@dataclass(frozen=True)
class Good:
    """A good with its pictures (tiles) and dates (rows with `had`: how many ever redeemed a seat)."""

    item: Any
    pictures: list[media.Tile]
    slots: Sequence[Any]


def item(item_id: int) -> Any:
    """Every column of a good, with `redeemed`, `shelf`, `shelf_en`. Raises NotFound."""
    row = read(
        select(
            *MallItem.__table__.c,
            _redeemed().label("redeemed"),
            MallShelf.name.label("shelf"),
            MallShelf.name_en.label("shelf_en"),
        )
        .outerjoin(MallShelf, MallShelf.key == MallItem.shelf_key)
        .where(MallItem.id == item_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def good(item_id: int) -> Good:
    """Three queries. Raises NotFound."""
    row = item(item_id)
    tile = media.tile_table()
    shown = (
        select(*tile.c)
        .join(MallPicture, MallPicture.media_id == tile.c.id)
        .where(MallPicture.item_id == item_id)
        .order_by(MallPicture.position)
    )
    pictures = [media.as_tile(one) for one in read(shown)]
    return Good(row, pictures, slots(item_id) if row.kind == "experience" else ())


def slots(item_id: int) -> Sequence[Any]:
    """The dates of an experience, the latest first."""
    had = select(func.count(Redemption.id)).where(Redemption.slot_id == MallSlot.id).scalar_subquery()
    return read(
        select(*MallSlot.__table__.c, had.label("had"))
        .where(MallSlot.item_id == item_id)
        .order_by(MallSlot.starts_at.desc(), MallSlot.id.desc())
        .limit(50)
    ).all()


def shelves() -> Sequence[Any]:
    return read(select(*MallShelf.__table__.c).order_by(MallShelf.position, MallShelf.key)).all()


@dataclass(frozen=True)
class Outstanding:
    """Points in wallets, and what they would cost by what goods cost lately; `spent` are the points that were
    redeemed for goods whose cost is known, `cents` that cost."""

    points: int
    spent: int
    cents: int

    @property
    def would_cost(self) -> int | None:
        """In whole units of the currency; None when nothing was redeemed."""
        return round(self.points * self.cents / self.spent / 100) if self.spent else None


RECENT = timedelta(days=92)


def outstanding() -> Outstanding:
    """One query over the last three months' redemptions (product.md 4.11)."""
    recent = (
        select(
            func.coalesce(func.sum(Redemption.price), 0).label("spent"),
            func.coalesce(func.sum(MallItem.cost_cents), 0).label("cents"),
        )
        .select_from(Redemption)
        .join(MallItem, MallItem.id == Redemption.item_id)
        .where(
            Redemption.created_at > clock.now() - RECENT,
            Redemption.state.not_in(VOID),
            MallItem.cost_cents.is_not(None),
        )
        .subquery()
    )
    row = read(select(points.in_wallets().label("points"), recent.c.spent, recent.c.cents)).one()
    return Outstanding(int(row.points), int(row.spent), int(row.cents))


# --- codes -----------------------------------------------------------------------------------------------


def codes_left(item_id: int) -> Any:
    """How many codes of a voucher are `free`, and how many there are in `all`."""
    return read(
        select(
            func.count(VoucherCode.id).label("all"),
            (func.count(VoucherCode.id) - func.count(VoucherCode.redemption_id)).label("free"),
        ).where(VoucherCode.item_id == item_id)
    ).one()


def imported_before(codes: Sequence[str]) -> dict[str, Any]:
    """Of these codes those that were imported before: `imported_at`, and `member_name` who has it, if any."""
    by_digest = {digest(code): code for code in codes}
    names, found = list(by_digest), {}
    for at in range(0, len(names), 500):
        rows = read(
            select(
                VoucherCode.digest,
                VoucherCode.imported_at,
                members.name_of(Redemption.member_id).label("member_name"),
            )
            .outerjoin(Redemption, Redemption.id == VoucherCode.redemption_id)
            .where(VoucherCode.digest.in_(names[at : at + 500]))
        )
        found.update({by_digest[row.digest]: row for row in rows})
    return found


# --- orders ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """Which part of the orders is looked at."""

    tab: str = "todo"
    item: int | None = None
    mine: bool = False

    @property
    def args(self) -> dict[str, Any]:
        """The same as arguments of an address."""
        return {"tab": self.tab, "item": self.item, "mine": "1" if self.mine else None}


def _of(tab: str, asked: Asked, by: Actor) -> list[Any]:
    where: list[Any] = [Redemption.state.in_(TABS[tab])]
    if tab in TAB_KINDS:
        where.append(Redemption.kind.in_(TAB_KINDS[tab]))
    if asked.item is not None:
        where.append(Redemption.item_id == asked.item)
    if asked.mine:
        where.append(Redemption.taker_id == by.id)
    return where


def _columns() -> list[Any]:
    # the address itself is never among them
    return [
        Redemption.id,
        Redemption.kind,
        Redemption.state,
        Redemption.name,
        Redemption.name_en,
        Redemption.price,
        Redemption.member_id,
        Redemption.item_id,
        Redemption.slot_id,
        Redemption.due_at,
        Redemption.moved_at,
        Redemption.created_at,
        Redemption.taker_id,
        Redemption.taken_at,
        Redemption.carrier,
        Redemption.tracking,
        Redemption.reason,
        Redemption.back_on,
        Redemption.address.is_not(None).label("posted"),
        # who has left has no name any more
        func.coalesce(members.name_of(Redemption.member_id), literal_column("'–'")).label("member_name"),
        members.name_of(Redemption.taker_id).label("taker_name"),
    ]


def orders_page(
    asked: Asked, *, by: Actor, timezone: str, cursor: str | None = None, size: int = PAGE
) -> Page[Any]:
    """Orders of a tab: what is still owed by its date, the earliest first; what is done by the last move."""
    open_ = asked.tab in ("todo", "way", "lent")
    key = (Redemption.due_at if open_ else Redemption.moved_at, Redemption.id)
    query = select(*_columns()).where(*_of(asked.tab, asked, by))
    query, size = keyset(query, *key, cursor=cursor, size=size, newest_first=not open_)
    page = page_of(read(query).all(), size, "due_at" if open_ else "moved_at", "id")
    return Page([_shown(row, by, timezone) for row in page.rows], page.next)


def _shown(row: Any, by: Actor, timezone: str) -> Any:
    """`row` with `days` until it is due and in whose `hand` it is ("me", "other", "")."""
    now = clock.now()
    return SimpleNamespace(
        **row._mapping, days=days_left(row.due_at, now, timezone), hand=hand(row, by.id, now)
    )


def counts(asked: Asked, *, by: Actor) -> Any:
    """How many orders each tab has, up to COUNTED and one more; `to_post`, how many are free to be sent."""

    def count(*where: Any) -> Any:
        some = select(Redemption.id).where(*where).limit(COUNTED + 1).subquery()
        return select(func.count()).select_from(some).scalar_subquery()

    free = or_(
        Redemption.taker_id.is_(None),
        Redemption.taker_id == by.id,
        Redemption.taken_at <= lapsed(clock.now()),
    )
    each = [count(*_of(tab, asked, by)).label(tab) for tab in TABS]
    to_post = count(*_of("todo", asked, by), Redemption.address.is_not(None), free)
    return read(select(*each, to_post.label("to_post"))).one()


def ordered_goods() -> Sequence[Any]:
    """Goods that members have redeemed (id, name, name_en), to choose from."""
    some = select(Redemption.id).where(Redemption.item_id == MallItem.id).exists()
    return read(
        select(MallItem.id, MallItem.name, MallItem.name_en)
        .where(some)
        .order_by(MallItem.position, MallItem.id)
        .limit(200)
    ).all()


@dataclass(frozen=True)
class Order:
    """An order and its way (rows state, at, name), the latest step first."""

    row: Any
    steps: Sequence[Any]


def order(redemption_id: int, *, by: Actor, timezone: str) -> Order:
    """Two queries. Raises NotFound."""
    row = read(
        select(*_columns(), MallItem.pickup, MallItem.pickup_en, MallItem.loan_days, MallSlot.starts_at)
        .join(MallItem, MallItem.id == Redemption.item_id)
        .outerjoin(MallSlot, MallSlot.id == Redemption.slot_id)
        .where(Redemption.id == redemption_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    steps = read(
        select(RedemptionStep.state, RedemptionStep.at, members.name_of(RedemptionStep.by_id).label("name"))
        .where(RedemptionStep.redemption_id == redemption_id)
        .order_by(RedemptionStep.id.desc())
    ).all()
    return Order(_shown(row, by, timezone), steps)


def parcels(ids: Sequence[int], *, by: Actor) -> Iterator[tuple[Any, Any]]:
    """Of these orders those in `by`'s hands, each with its address, the earliest promise first."""
    for at in range(0, len(ids), 500):
        yield from (
            (row, addresses.opened(row.address))
            for row in read(
                select(Redemption.id, Redemption.name, Redemption.name_en, Redemption.address)
                .where(
                    Redemption.id.in_(ids[at : at + 500]),
                    Redemption.taker_id == by.id,
                    Redemption.address.is_not(None),
                )
                .order_by(Redemption.due_at, Redemption.id)
            ).all()
        )


def where_they_are(ids: Sequence[int]) -> dict[int, Any]:
    """Orders by number, as a file of parcels asks for them."""
    found: dict[int, Any] = {}
    for at in range(0, len(ids), 500):
        rows = read(select(*_columns()).where(Redemption.id.in_(ids[at : at + 500])))
        found.update({row.id: row for row in rows})
    return found


# --- dates -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Date:
    """A date of an experience with its good's name, and its guests."""

    slot: Any
    guests: Sequence[Any]
    now: datetime

    @property
    def begun(self) -> bool:
        return bool(self.slot.starts_at <= self.now)


def slot(slot_id: int) -> Date:
    """Two queries: the date, and who has a seat or had one until it began. Raises NotFound."""
    row = read(
        select(*MallSlot.__table__.c, MallItem.name, MallItem.name_en)
        .join(MallItem, MallItem.id == MallSlot.item_id)
        .where(MallSlot.id == slot_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    guests = read(
        select(*_columns())
        .where(Redemption.slot_id == slot_id, Redemption.state.not_in(VOID))
        .order_by(Redemption.id)
    ).all()
    return Date(row, guests, clock.now())
