"""Placing the stars of the sky. Where a star stands is no part of a quest's terms: it moves at once."""

from __future__ import annotations

from math import dist

from sqlalchemy import select, update

from app.blueprints.quests.models import Quest
from app.blueprints.quests.services_staff import publisher
from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound, Refused
from app.core.i18n import N_
from app.core.uow import unit_of_work

# nearer, and two stars can't be told apart by a finger
APART = 26


def place_star(quest_id: int, at: tuple[int, int] | None, *, by: Actor) -> None:
    """Put the star of a skill challenge there, or (None) let it find a place by itself.

    Raises NotFound for what is no star, Refused too near another one of its track.
    """
    publisher(by)
    with unit_of_work():
        track = select(Quest.track_key).where(Quest.id == quest_id).scalar_subquery()
        stars = {
            row.id: row
            for row in db.session.execute(
                select(Quest.id, Quest.sky_x, Quest.sky_y)
                .where(Quest.track_key == track, Quest.preset == "skill_challenge", Quest.state != "archived")
                .order_by(Quest.id)
                .with_for_update()
            )
        }
        star = stars.pop(quest_id, None)
        if star is None:
            raise NotFound
        taken = [(row.sky_x, row.sky_y) for row in stars.values() if row.sky_x is not None]
        if at is not None and any(dist(at, other) < APART for other in taken):
            raise Refused(N_("Another star stands there already. A little further off, please."))
        x, y = at or (None, None)
        if (x, y) == (star.sky_x, star.sky_y):
            return
        db.session.execute(update(Quest).where(Quest.id == quest_id).values(sky_x=x, sky_y=y))
        audit.record(
            "quest.place",
            f"quest:{quest_id}",
            by=by.id,
            before={"at": [star.sky_x, star.sky_y]},
            after={"at": [x, y]},
        )
