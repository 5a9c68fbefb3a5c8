"""A fixed number of queries, however many goods, orders and codes there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.blueprints.mall import services, services_items
from app.blueprints.mall.services_items import NewCode
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from tests.quests.conftest import counted

# of the command; with the session's own, an address and a wish that ends a redemption takes 12 at most
MOST = {"physical": 7, "loan": 7, "voucher": 9, "experience": 9}


@pytest.mark.parametrize("kind", MOST)
def test_a_redemption_keeps_its_number_of_queries(
    kind: str, make_item: Callable[..., int], rich: Callable[..., Actor], keeper: Actor
) -> None:
    linxia, now = rich(points=5000), clock.now()
    more: dict[str, Any] = {"pickup": "店里", "pickup_en": "the shop"} if kind in ("physical", "loan") else {}
    item, slot = make_item(kind, **more | ({"stock": 9} if more else {})), None
    services.wish(item, by=linxia)
    if kind == "experience":
        hours = {"starts_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=2)}
        slot = services_items.add_slot(item, seats=9, by=keeper, **hours)
    for number in range(8):
        if kind == "voucher":
            services_items.add_codes(item, [NewCode(f"YS8K-{number}")], by=keeper)
        db.session.rollback()
        with counted() as seen:
            services.redeem(item, token=f"t{number}", price=100, slot_id=slot, address="pickup", by=linxia)
        # the first one also ends the wish
        assert len(seen) - (number == 0) <= MOST[kind], "\n".join(seen)
