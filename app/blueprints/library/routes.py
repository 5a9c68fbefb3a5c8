"""Reading what others have written."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from app.blueprints.impact import queries_thanks, services_thanks
from app.blueprints.impact.policies_thanks import may_take_back
from app.blueprints.impact.services_thanks import Said
from app.blueprints.library import queries
from app.blueprints.library.prose import as_html
from app.core import clock, qr
from app.core.access import actor, member
from app.core.errors import NotFound
from app.core.html import go, reply, wants_fragment
from app.core.i18n import current_locale

blueprint = Blueprint("library", __name__)


ONE = "/library/<int(max=2147483647):resource_id>"


@blueprint.get(ONE)
@member
def read(resource_id: int) -> Response:
    resource = queries.resource(resource_id)
    if resource is None:
        raise NotFound
    english = current_locale() == "en" and resource.body_en
    body = as_html(resource.body_en if english else resource.body)
    quests = queries.uses_of(resource_id, actor())
    help_ = helped_by(resource_id)
    return reply("library/read.html", resource=resource, body=body, quests=quests, help=help_)


def helped_by(resource_id: int) -> dict[str, Any] | None:
    """What the reading page says of whom a resource helped: its link, how many people, whether the reader is
    one of them and may take that back. None for the programme's own, which nobody is to be thanked for."""
    about = f"resource:{resource_id}"
    link = queries_thanks.link_about(about)
    if link is None or link.author is None:
        return None
    mine = link.member_id == actor().id
    said = None if mine else queries_thanks.mine(link, services_thanks.reader_key(link, actor().id))
    address = url_for("thanks.page", code=link.code, _external=True) if mine else ""
    return {
        "link": link,
        "address": address,
        "qr": qr.path(address) if mine else None,
        "count": queries_thanks.thanks_count(about),
        "mine": mine,
        "said": said,
        "may_back": said is not None and may_take_back(said, clock.now()),
    }


@blueprint.post(f"{ONE}/helped")
@member
def helped(resource_id: int) -> Response:
    """The reader says that it helped them; a second tap finds the first."""
    services_thanks.thank(code_of(resource_id), Said(outcome="learned"), reader=actor().id)
    return answer(resource_id)


@blueprint.post(f"{ONE}/helped/back")
@member
def not_helped(resource_id: int) -> Response:
    services_thanks.take_back(code_of(resource_id), reader=actor().id)
    return answer(resource_id)


def code_of(resource_id: int) -> str:
    """The code by which the author of a published resource is thanked. Raises NotFound."""
    link = queries_thanks.link_about(f"resource:{resource_id}")
    if link is None or queries.resource(resource_id) is None:
        raise NotFound
    return str(link.code)


def answer(resource_id: int) -> Response:
    if not wants_fragment():
        return go("library.read", resource_id=resource_id, _anchor="helped")
    resource = queries.resource(resource_id)
    return reply("library/_helped.html", resource=resource, help=helped_by(resource_id))
