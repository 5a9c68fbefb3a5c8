"""A badge's own page."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from app.blueprints.badges import queries
from app.blueprints.badges.policies import what_it_takes
from app.core.access import actor, member
from app.core.html import reply

blueprint = Blueprint("badges", __name__)


@blueprint.get("/badges/<int(max=2147483647):badge_id>")
@member
def show(badge_id: int) -> Response:
    found = queries.badge(badge_id, actor().id)
    return reply(
        "badges/badge.html",
        badge=found,
        takes=what_it_takes(found.fact, found.fact_scope),
        neighbours=queries.neighbours(badge_id, actor().id),
    )
