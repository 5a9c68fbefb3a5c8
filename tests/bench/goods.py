"""Fills the shelves of a programme that has none, and lets linxia redeem: `python -m tests.bench.goods`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import create_app
from app.blueprints.mall import services, services_items
from app.blueprints.mall.models import MallItem
from app.blueprints.points import services as points
from app.core import clock
from app.core.db import db
from app.core.i18n import pair
from app.core.uow import unit_of_work
from tests.bench.writes import actor

GOODS, ORDERS, PRICE = 12, 8, 100


def fill() -> None:
    publisher, linxia, now = actor("luoning"), actor("linxia"), clock.now()
    with unit_of_work():
        title = pair("攒的", "Saved up")
        points.award(
            linxia.id, key="bench:saved", rule_key=None, promised=ORDERS * PRICE, acted_at=now, title=title
        )
        for number in range(GOODS):
            good: dict[str, Any] = {
                "name": f"山脊保温杯 {number}", "name_en": f"Ridge mug {number}",
                "price": PRICE + 50 * number,
                "blurb": "走到哪里，茶都是热的。", "blurb_en": "Tea stays hot wherever the road goes.",
                "unit": "只", "pickup": "店里", "pickup_en": "The shop", "drawing": "mug",
                "opens_at": now - timedelta(days=number), "position": number,
            }  # fmt: skip
            item = services_items.add_item("physical", by=publisher, stock=100, **good)
            services_items.set_state(item, "live", by=publisher)
            for order in range(ORDERS if number == 0 else 0):
                services.redeem(item, token=f"bench{order}", price=PRICE, address="pickup", by=linxia)


def main() -> None:
    with create_app().app_context():
        if db.session.scalar(select(MallItem.id).where(MallItem.state == "live").limit(1)) is None:
            fill()


if __name__ == "__main__":
    main()
