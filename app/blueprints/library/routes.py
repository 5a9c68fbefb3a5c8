"""Reading what others have written."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from app.blueprints.library import queries
from app.blueprints.library.prose import as_html
from app.core.access import actor, member
from app.core.errors import NotFound
from app.core.html import reply
from app.core.i18n import current_locale

blueprint = Blueprint("library", __name__)


@blueprint.get("/library/<int(max=2147483647):resource_id>")
@member
def read(resource_id: int) -> Response:
    resource = queries.resource(resource_id)
    if resource is None:
        raise NotFound
    english = current_locale() == "en" and resource.body_en
    body = as_html(resource.body_en if english else resource.body)
    quests = queries.uses_of(resource_id, actor())
    return reply("library/read.html", resource=resource, body=body, quests=quests)
