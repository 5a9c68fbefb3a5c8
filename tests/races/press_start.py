"""One process of the race for a quest's only place (see test_start.py): its own app on the same database,
threads in which different members begin it at the same moment.

Given: database URL, data folder, quest, guard, members (ids with commas). `guard` "off" believes that the
place is free, as the page showed it.
"""

from __future__ import annotations

from sqlalchemy import update

from app.blueprints.members import queries as members
from app.blueprints.quests import services
from app.blueprints.quests.models import Quest
from app.core.actor import Actor
from app.core.db import db
from tests.races.at_once import press_together, racing_app


def believed(quest_id: int) -> bool:
    """What the guard replaces: nobody had begun it, so one has now."""
    db.session.execute(update(Quest).where(Quest.id == quest_id).values(started_count=1))
    return True


def main(url: str, data: str, quest: str, guard: str, ids: str) -> None:
    app = racing_app(url, data)
    with app.app_context():
        people = [members.as_actor(int(each)) for each in ids.split(",")]
        db.session.rollback()
    if guard == "off":
        services._take_place = believed

    def begin(by: Actor) -> str:
        services.start_quest(int(quest), by=by)
        return "begun"

    press_together(app, [(one,) for one in people], begin)
