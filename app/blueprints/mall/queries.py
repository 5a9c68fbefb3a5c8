"""What members read of the mall. Statements are built once; who asks comes in as parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    String,
    bindparam,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from app.blueprints.mall import policies
from app.blueprints.mall.models import (
    MallItem,
    MallPicture,
    MallShelf,
    MallSlot,
    MallWish,
    Redemption,
    RedemptionStep,
    RestockWatch,
    VoucherCode,
)
from app.blueprints.mall.policies import Standing
from app.blueprints.members import queries as members
from app.blueprints.points import queries_wallet as points
from app.blueprints.quests.queries_board import outlook
from app.core import clock
from app.core.actor import Actor
from app.core.crypto import unseal
from app.core.db import Instant, read
from app.core.errors import NotFound
from app.core.paging import Page, below, page_by_id, page_of_list

ME: Any = bindparam("me", type_=Integer)
ITEM: Any = bindparam("item", type_=Integer)
NOW: Any = bindparam("now", type_=Instant)
SHELF_PAGE = 24
ORDERS_PAGE = 20
# a shelf longer than this would need a search, not a scroll
MOST = 500

# what decides whether somebody may redeem (policies.standing), and what a tile shows
TILE = (
    MallItem.id,
    MallItem.kind,
    MallItem.state,
    MallItem.position,
    MallItem.shelf_key,
    MallItem.name,
    MallItem.name_en,
    MallItem.unit,
    MallItem.drawing,
    MallItem.price,
    MallItem.stock,
    MallItem.kept_for_all,
    MallItem.per_member,
    MallItem.min_star,
    MallItem.min_tier,
    MallItem.priority_star,
    MallItem.priority_from,
    MallItem.opens_at,
    MallItem.closes_at,
)


def _picture(item_id: Any) -> Any:
    """The first picture of a good, as a scalar subquery."""
    first = select(MallPicture.media_id).where(MallPicture.item_id == item_id)
    return first.order_by(MallPicture.position).limit(1).scalar_subquery()


def _had(item_id: Any) -> Any:
    """How many of a good the member has redeemed."""
    mine = select(func.count(Redemption.id)).where(
        Redemption.item_id == item_id, Redemption.member_id == ME, Redemption.state.not_in(policies.VOID)
    )
    return mine.scalar_subquery()


@dataclass(frozen=True)
class Good:
    """A good as one member sees it: its row, and where they stand with it."""

    row: Any
    standing: Standing


@dataclass(frozen=True)
class Shelf:
    """A page of the mall. `shelves` are (key, name, name_en) of those that have something on them; `wish` is
    the good the member saves for, None without one."""

    balance: int
    wish: Any | None
    shelves: list[tuple[str, str, str]]
    goods: Page[Good]


@lru_cache
def _on_shelf() -> Any:
    return (
        select(
            *TILE,
            MallShelf.name.label("shelf_name"),
            MallShelf.name_en.label("shelf_name_en"),
            MallShelf.position.label("shelf_position"),
            _picture(MallItem.id).label("picture"),
            _had(MallItem.id).label("had"),
        )
        .outerjoin(MallShelf, MallShelf.key == MallItem.shelf_key)
        .where(MallItem.state == "live", MallItem.closes_at.is_(None) | (MallItem.closes_at > NOW))
        .order_by(MallItem.position, MallItem.id)
        .limit(MOST)
    )


@lru_cache
def _purse() -> Select[Any]:
    wish = select(MallWish.item_id).where(MallWish.member_id == ME).scalar_subquery()
    return select(points.balance(ME).label("balance"), wish.label("wish_id"))


def shelf(member: Actor, *, only: str = "", shelf_key: str = "", cursor: str | None = None) -> Shelf:
    """What is on the shelves, in three queries with the session's. `only` "now" leaves what the member can
    redeem at this moment; `shelf_key` one shelf. What is gone comes last."""
    now = clock.now()
    purse = read(_purse(), {"me": member.id}).one()
    rows = read(_on_shelf(), {"me": member.id, "now": now}).all()
    goods = [Good(row, _standing(row, member, purse.balance, now)) for row in rows]
    shelves = sorted({(row.shelf_position, row.shelf_key, row.shelf_name, row.shelf_name_en)
                      for row in rows if row.shelf_key is not None})  # fmt: skip
    shown = [
        good
        for good in goods
        if (only != "now" or good.standing.open) and (not shelf_key or good.row.shelf_key == shelf_key)
    ]

    def place(good: Good) -> tuple[int, ...]:
        return int(good.standing.why == "sold_out"), good.row.position, good.row.id

    shown.sort(key=place)
    wish = next((row for row in rows if row.id == purse.wish_id), None)
    return Shelf(
        purse.balance,
        wish,
        [(key, name, name_en) for _, key, name, name_en in shelves],
        page_of_list(shown, place, cursor=cursor, size=SHELF_PAGE),
    )


def _standing(row: Any, member: Actor, balance: int, now: datetime, seats: int | None = None) -> Standing:
    return policies.standing(
        row, star=member.star_level, tier=member.tier, balance=balance, had=row.had, now=now, seats=seats
    )


@dataclass(frozen=True)
class Item:
    """A good's page. `slots` are the dates still ahead (`number`: seats left), `pictures` media ids in their
    order; the row has what the member saves for: wish_id, wish_name, wish_name_en, wish_price."""

    row: Any
    balance: int
    standing: Standing
    pictures: list[int]
    slots: list[Any]
    now: datetime

    @property
    def missing(self) -> int:
        """How many points the member lacks."""
        return max(self.row.price - self.balance, 0)


@lru_cache
def _item() -> Select[Any]:
    wished = MallItem.__table__.alias("wished")
    wish = select(MallWish.item_id).where(MallWish.member_id == ME).scalar_subquery()
    watched = select(RestockWatch.item_id).where(RestockWatch.member_id == ME, RestockWatch.item_id == ITEM)
    return (
        select(
            *MallItem.__table__.c,
            _had(MallItem.id).label("had"),
            points.balance(ME).label("balance"),
            watched.scalar_subquery().label("watched"),
            wished.c.id.label("wish_id"),
            wished.c.name.label("wish_name"),
            wished.c.name_en.label("wish_name_en"),
            wished.c.price.label("wish_price"),
        )
        .outerjoin(wished, wished.c.id == wish)
        .where(MallItem.id == ITEM)
    )


@lru_cache
def _with_item() -> Any:
    """Pictures, then dates, of one good."""
    pictures = select(
        literal("picture").label("what"),
        MallPicture.media_id.label("id"),
        MallPicture.position.label("number"),
        type_coerce(null(), Instant).label("starts_at"),
        type_coerce(null(), Instant).label("ends_at"),
        type_coerce(null(), String).label("place"),
        type_coerce(null(), String).label("place_en"),
    ).where(MallPicture.item_id == ITEM)
    slots = select(
        literal("slot"),
        MallSlot.id,
        MallSlot.seats,
        MallSlot.starts_at,
        MallSlot.ends_at,
        MallSlot.place,
        MallSlot.place_en,
    ).where(MallSlot.item_id == ITEM, MallSlot.starts_at > NOW)
    found = union_all(pictures, slots).subquery()
    return select(found).order_by(found.c.what, found.c.starts_at, found.c.number, found.c.id)


def item(item_id: int, member: Actor) -> Item:
    """One good, in three queries with the session's. Raises NotFound; a draft is seen by those who fill the
    shelves."""
    now = clock.now()
    row = read(_item(), {"me": member.id, "item": item_id}).one_or_none()
    if row is None or (row.state == "draft" and not member.can("mall:manage")):
        raise NotFound
    more = read(_with_item(), {"item": item_id, "now": now}).all()
    return Item(
        row,
        row.balance,
        _standing(row, member, row.balance, now),
        [each.id for each in more if each.what == "picture"],
        [each for each in more if each.what == "slot"],
        now,
    )


@dataclass(frozen=True)
class Way:
    """Something that would bring so many points: a quest, or a rule so many `times`."""

    title: str
    title_en: str
    points: int
    quest_id: int | None = None
    times: int = 1


# more than this reads like work; the rest is said in one line
MOST_QUESTS, MOST_TIMES = 3, 5


def ways_to(missing: int, member: Actor) -> list[Way]:
    """What would bring so many points: first what the member can start now, then a public rule. Two queries.

    The quests' points are what they offer today, before caps.
    """
    found: list[Way] = []
    left = missing
    view = outlook(member)
    for quest in view.start:
        if left <= 0 or len(found) == MOST_QUESTS:
            break
        worth, _percent = view.offer(quest)
        if worth > 0 and quest.preset != "quick_task":
            found.append(Way(quest.title, quest.title_en, worth, quest.id))
            left -= worth
    if left > 0:
        # the smallest sure thing: what most members do most
        rule = next((rule for rule in points.rules_today() if rule.base), None)
        if rule is not None:
            worth = rule.base * rule.percent // 100
            times = min(-(-left // worth), MOST_TIMES)
            found.append(Way(rule.name, rule.name_en, worth * times, times=times))
    return found


@lru_cache
def _wish() -> Select[Any]:
    return (
        select(
            MallItem.id,
            MallItem.name,
            MallItem.name_en,
            MallItem.price,
            MallItem.drawing,
            _picture(MallItem.id).label("picture"),
        )
        .join(MallWish, MallWish.item_id == MallItem.id)
        .where(MallWish.member_id == ME, MallItem.state == "live")
    )


def wish_of(member_id: int) -> Any | None:
    """The good a member saves for: id, name, name_en, price, drawing, picture."""
    return read(_wish(), {"me": member_id}).one_or_none()


# --- what was redeemed ------------------------------------------------------------------------

ORDER = (
    Redemption.id,
    Redemption.item_id,
    Redemption.kind,
    Redemption.state,
    Redemption.price,
    Redemption.name,
    Redemption.name_en,
    Redemption.due_at,
    Redemption.back_on,
    Redemption.carrier,
    Redemption.tracking,
    Redemption.reason,
    Redemption.created_at,
    Redemption.moved_at,
    Redemption.address.is_(None).label("pickup"),
)


@lru_cache
def _orders() -> Any:
    return (
        select(
            *ORDER,
            MallItem.drawing,
            MallSlot.starts_at,
            MallSlot.ends_at,
            MallSlot.place,
            MallSlot.place_en,
            _picture(Redemption.item_id).label("picture"),
        )
        .join(MallItem, MallItem.id == Redemption.item_id)
        .outerjoin(MallSlot, MallSlot.id == Redemption.slot_id)
        .where(Redemption.member_id == ME, Redemption.id < bindparam("below", type_=Integer))
        .order_by(Redemption.id.desc())
        .limit(ORDERS_PAGE + 1)
    )


def orders(member_id: int, cursor: str | None) -> Page[Any]:
    """A member's exchanges, newest first, in one query."""
    rows = read(_orders(), {"me": member_id, "below": below(cursor)}).all()
    return page_by_id(rows, ORDERS_PAGE)


@dataclass(frozen=True)
class Order:
    """One exchange. `steps` are what happened (state, at, name of who did it), newest first; `address` the
    sealed text; `code` a voucher's code in the clear, for its owner."""

    row: Any
    steps: Sequence[Any]
    code: str | None
    now: datetime

    def at(self, state: str) -> datetime | None:
        """When it came to a state."""
        return next((step.at for step in self.steps if step.state == state), None)


@lru_cache
def _order() -> Any:
    return (
        select(
            *ORDER,
            Redemption.address,
            members.name_of(Redemption.taker_id).label("taker_name"),
            MallItem.drawing,
            MallItem.pickup.label("pickup_at"),
            MallItem.pickup_en.label("pickup_at_en"),
            MallItem.how_to,
            MallItem.how_to_en,
            MallSlot.starts_at,
            MallSlot.ends_at,
            MallSlot.place,
            MallSlot.place_en,
            VoucherCode.sealed,
            VoucherCode.valid_until,
            _picture(Redemption.item_id).label("picture"),
        )
        .join(MallItem, MallItem.id == Redemption.item_id)
        .outerjoin(MallSlot, MallSlot.id == Redemption.slot_id)
        .outerjoin(VoucherCode, VoucherCode.redemption_id == Redemption.id)
        .where(Redemption.id == bindparam("order", type_=Integer), Redemption.member_id == ME)
    )


@lru_cache
def _steps() -> Select[Any]:
    return (
        select(
            RedemptionStep.state,
            RedemptionStep.at,
            RedemptionStep.by_id,
            members.name_of(RedemptionStep.by_id).label("by_name"),
        )
        .where(RedemptionStep.redemption_id == bindparam("order", type_=Integer))
        .order_by(RedemptionStep.id.desc())
    )


def order(redemption_id: int, member_id: int) -> Order:
    """One of the member's own exchanges, in two queries. Raises NotFound."""
    row = read(_order(), {"me": member_id, "order": redemption_id}).one_or_none()
    if row is None:
        raise NotFound
    steps = read(_steps(), {"order": redemption_id}).all()
    return Order(row, steps, unseal(row.sealed) if row.sealed is not None else None, clock.now())
