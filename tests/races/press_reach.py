"""One process of the race for a milestone (see test_reach.py): its own app on the same database, threads that
import figures of the same posts at the same moment.

Given: database URL, data folder, staff member, posts, threads, guard, number of this process. `guard` "look"
leaves of it only the look whether the line is there, "off" not even that.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from app.blueprints.impact import services, services_posts, services_reach
from app.blueprints.impact.services_posts import Said
from app.blueprints.members import queries as members
from app.core import clock
from app.core.db import db
from tests.races.at_once import press_together, racing_app


def main(url: str, data: str, staff: str, posts: str, threads: str, guard: str, number: str) -> None:
    app = racing_app(url, data)
    with app.app_context():
        by = members.as_actor(int(staff))
        db.session.rollback()
    if guard != "on":
        services.add_line_once = lambda one: bool(services.add_lines([one]) or True)  # type: ignore[assignment]
    if guard == "off":
        own = services_reach._key
        services_reach._key = lambda *given: f"{own(*given)}:{uuid.uuid4()}"  # type: ignore[assignment]

    def hear(n: int) -> str:
        moment = clock.now() - timedelta(seconds=int(number) * int(threads) + n)
        # half of them name the posts the other way round
        numbers = range(1, int(posts) + 1)
        said = [Said(post, "views", 12_000 + n, moment) for post in (numbers if n % 2 else reversed(numbers))]
        services_posts.import_figures(said, by=by)
        return "done"

    press_together(app, [(n,) for n in range(int(threads))], hear)
