"""Goods on a shelf, and members with points."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from app.blueprints.mall import services_items
from app.blueprints.points import services as points
from app.core import clock
from app.core.actor import Actor
from app.core.i18n import pair
from app.core.uow import unit_of_work

_number = count(1)


@pytest.fixture
def keeper(make_member: Callable[..., Actor]) -> Actor:
    """Somebody of staff who fills the shelves and sends what was redeemed."""
    return make_member("keeper", capabilities=("publisher",))


@pytest.fixture
def make_item(keeper: Actor) -> Callable[..., int]:
    """make_item("physical", stock=3, price=100, …) -> its number, on the shelf since yesterday."""

    def make(kind: str = "physical", **more: Any) -> int:
        values: dict[str, Any] = {
            "name": "山脊保温杯",
            "name_en": "Ridge mug",
            "price": 100,
            "opens_at": clock.now() - timedelta(days=1),
            "loan_days": 14 if kind == "loan" else None,
        }
        stock = more.pop("stock", 3 if kind in ("physical", "loan") else 0)
        item_id = services_items.add_item(kind, by=keeper, stock=stock, **values | more)
        services_items.set_state(item_id, "live", by=keeper)
        return item_id

    return make


def earn(member: Actor, amount: int) -> None:
    """Let a member have so many points more."""
    with unit_of_work():
        points.award(
            member.id,
            key=f"earned:{next(_number)}",
            rule_key=None,
            promised=amount,
            acted_at=clock.now(),
            title=pair("攒的", "Saved up"),
        )


@pytest.fixture
def rich(make_member: Callable[..., Actor]) -> Callable[..., Actor]:
    """rich("linxia", 1000) -> a member with so many points and no stars for them."""

    def make(login: str = "linxia", points: int = 1000, **more: Any) -> Actor:
        member = make_member(login, **more)
        earn(member, points)
        return member

    return make
