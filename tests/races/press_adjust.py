"""One process of the race for an adjustment (see test_adjust.py): its own app on the same database, threads
in which two admins agree and its proposer withdraws at the same moment.

argv: database URL, data folder, adjustment, proposer, two who sign, rounds, guard. `guard` "off" lets
whoever comes take the adjustment out of "waiting", and each booking make up its own key.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import update

from app.blueprints.inbox import services as inbox
from app.blueprints.members import queries as members
from app.blueprints.points import services, services_adjust
from app.blueprints.points.models import Adjustment
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from tests.races.at_once import press_together, racing_app


def take_guard_away() -> None:
    def decide(adjustment_id: int, state: str, *, by: Actor, refusal: str = "") -> None:
        signed = {"signed_by_id": by.id} if state == "booked" else {}
        db.session.execute(
            update(Adjustment)
            .where(Adjustment.id == adjustment_id)
            .values(state=state, decided_at=clock.now(), **signed)
        )

    write: Any = services.write_line
    services_adjust.decide = decide  # type: ignore[assignment]
    services.write_line = lambda *, key, **more: write(key=f"{key}:{uuid.uuid4()}", **more)
    inbox.notify = lambda notices: None  # type: ignore[assignment]


def main(
    url: str, data: str, adjustment: str, proposer: str, one: str, two: str, rounds: str, guard: str
) -> None:
    app = racing_app(url, data)
    with app.app_context():
        people = {name: members.as_actor(int(name)) for name in (proposer, one, two)}
        db.session.rollback()
    if guard == "off":
        take_guard_away()

    def press(who: str) -> str:
        if who == proposer:
            services_adjust.withdraw(int(adjustment), by=people[who])
            return "withdrawn"
        services_adjust.agree(int(adjustment), by=people[who])
        return "booked"

    press_together(app, [(who,) for who in (one, proposer, two)] * int(rounds), press)
