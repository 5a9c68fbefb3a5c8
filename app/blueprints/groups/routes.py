"""The member's circle."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from app.blueprints.groups import queries
from app.core.access import actor, member
from app.core.html import reply

blueprint = Blueprint("groups", __name__)


@blueprint.get("/circle")
@member
def index() -> Response:
    return reply("groups/index.html", circle=queries.circle(actor().id))
