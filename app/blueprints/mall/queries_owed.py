"""What the mall has promised and not yet done. Source: product.md 4.5, "What we owe"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from app.blueprints.mall.models import MallItem, MallSlot, Redemption
from app.blueprints.mall.policies_desk import SENT
from app.blueprints.members import queries as members
from app.core.db import read

MOST = 500


@dataclass(frozen=True)
class Promise:
    """Something promised: `lane` of the board ("gift", "answer", "date", "loan"), `what` it is ("send",
    "fetch", "ready", "loan", "date", "review", "second" or "question") of which name; to whom, or to how
    `many`; who sees to it, if anybody; until when; where it is done."""

    lane: str
    what: str
    id: int
    name: str
    name_en: str
    to: str
    due_at: datetime
    owner_id: int | None = None
    owner: str | None = None
    many: int = 0


def promises() -> list[Promise]:
    """Gifts to send or to be fetched, loans that are out, dates with guests; two queries of MOST rows."""
    rows = read(
        select(
            Redemption.id,
            Redemption.kind,
            Redemption.state,
            Redemption.name,
            Redemption.name_en,
            Redemption.due_at,
            Redemption.taker_id,
            Redemption.address.is_not(None).label("posted"),
            members.name_of(Redemption.member_id).label("member_name"),
            members.name_of(Redemption.taker_id).label("taker_name"),
        )
        .where(
            or_(
                and_(Redemption.state == "held", Redemption.kind.in_(SENT)),
                # a parcel on its way is the carrier's; what waits to be fetched, and what is lent, is ours
                and_(
                    Redemption.state == "shipped", Redemption.kind == "physical", Redemption.address.is_(None)
                ),
                and_(Redemption.state == "shipped", Redemption.kind == "loan"),
            )
        )
        .order_by(Redemption.due_at, Redemption.id)
        .limit(MOST)
    )
    return [_gift(row) for row in rows] + [_date(row) for row in _dates()]


def _gift(row: Any) -> Promise:
    lent = row.kind == "loan" and row.state == "shipped"
    what = "loan" if lent else "ready" if row.state == "shipped" else "send" if row.posted else "fetch"
    return Promise(
        "loan" if lent else "gift", what, row.id, row.name, row.name_en, row.member_name or "–", row.due_at,
        row.taker_id, row.taker_name,
    )  # fmt: skip


def _dates() -> Sequence[Any]:
    """Dates whose guests neither came nor stayed away yet."""
    return read(
        select(
            MallSlot.id,
            MallSlot.ends_at,
            MallItem.name,
            MallItem.name_en,
            func.count(Redemption.id).label("guests"),
        )
        .join(Redemption, Redemption.slot_id == MallSlot.id)
        .join(MallItem, MallItem.id == MallSlot.item_id)
        .where(Redemption.state == "held")
        .group_by(MallSlot.id, MallSlot.ends_at, MallItem.name, MallItem.name_en)
        .order_by(MallSlot.ends_at, MallSlot.id)
        .limit(MOST)
    ).all()


def _date(row: Any) -> Promise:
    return Promise(
        "date", "date", row.id, row.name, row.name_en or row.name, "", row.ends_at, many=row.guests
    )
