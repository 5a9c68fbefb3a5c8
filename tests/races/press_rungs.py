"""One process of the race for a rung (see test_rungs.py): its own app on the same database, threads that
confirm and import figures of one post at the same moment.

Given: database URL, data folder, post, staff member, threads, guard, number of this process. `guard` "off"
takes the rung's row away and lets each payment make up its own key.
"""

from __future__ import annotations

import uuid
from typing import Any

from app.blueprints.impact import services_posts
from app.blueprints.members import queries as members
from app.blueprints.quests import services_ladder
from app.core import clock
from app.core.db import db
from tests.races.at_once import press_together, racing_app


def main(url: str, data: str, post: str, staff: str, threads: str, guard: str, number: str) -> None:
    app = racing_app(url, data)
    with app.app_context():
        by = members.as_actor(int(staff))
        db.session.rollback()
    if guard == "off":
        services_ladder._first = lambda *_: True  # type: ignore[assignment]
        own = services_ladder.rung_key
        services_ladder.rung_key = lambda *given: f"{own(*given)}:{uuid.uuid4()}"  # type: ignore[assignment]

    def hear(n: int) -> str:
        # every other thread confirms what was reported, the others import another figure
        value = 1000 + int(number) * 100 + n
        if n % 2:
            services_posts.decide_report(int(number) * int(threads) + n + 1, confirm=True, by=by)
        else:
            said: Any = services_posts.Said(int(post), "views", value, clock.now())
            services_posts.import_figures([said], by=by)
        return "done"

    press_together(app, [(n,) for n in range(int(threads))], hear)
