"""One process of the race for orders (see test_ship.py): its own app on the same database, and one person who
sends one order after the other, or members who cancel theirs.

argv: database URL, data folder, guard, act ("ship" or "cancel"), who sends, orders ("1:7,2:8": each with its
member). `guard` is "on", or "off": no state is asked, and the new one is written whatever it is by now.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from app.blueprints.mall import policies, services, services_fulfil
from app.blueprints.mall.models import Redemption
from app.blueprints.members import queries as members
from app.core.actor import Actor
from app.core.db import db, write
from tests.races.at_once import outcome, press_together, racing_app


def take_guard_away() -> None:
    def settle(row: Any, to: str, **values: Any) -> bool:
        write(update(Redemption).where(Redemption.id == row.id).values(state=to, **values))
        return True

    policies.moved = lambda _kind, _state, to: to
    services._settle = settle


def main(database_url: str, data: str, guard: str, act: str, who: str, orders: str) -> None:
    app = racing_app(database_url, data)
    with app.app_context():
        by = members.as_actor(int(who))
        db.session.rollback()
    if guard == "off":
        take_guard_away()

    def ship(order: int, _member: int) -> str:
        services_fulfil.ship(order, tracking="SF1542", by=by)
        return f"{order} shipped"

    def cancel(order: int, member: int) -> str:
        services.cancel(order, by=Actor(id=member, name=""))
        return f"{order} cancelled"

    command = {"ship": ship, "cancel": cancel}[act]
    pairs = [tuple(map(int, pair.split(":"))) for pair in orders.split(",")]
    press_together(app, [()], lambda: "\n".join(outcome(command, *pair) for pair in pairs))
