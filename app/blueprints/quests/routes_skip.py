"""The member's door to what Today recommends: not this one for now, and after all."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from app.blueprints.quests import services_seen
from app.core.access import actor, member
from app.core.html import go
from app.core.i18n import gettext

blueprint = Blueprint("skip", __name__, url_prefix="/quests/<int(max=2147483647):quest_id>")


@blueprint.post("/skip")
@member
def put_aside(quest_id: int) -> Response:
    services_seen.skip_quest(quest_id, by=actor())
    return go("home.today", aside=quest_id)


@blueprint.post("/unskip")
@member
def take_up(quest_id: int) -> Response:
    services_seen.take_up_again(quest_id, by=actor())
    return go("home.today", toast=gettext("It may be recommended again"))
