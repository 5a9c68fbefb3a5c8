"""Whom a member helped."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.impact import queries, queries_people
from app.blueprints.impact.policies import DRAWN, KINDS, spread
from app.core.access import actor, member
from app.core.html import reply, wants_fragment

blueprint = Blueprint("impact", __name__)


@blueprint.get("/impact")
@member
def feed() -> Response:
    me, show = actor().id, request.args.get("show", "")
    show = show if show in KINDS else ""
    page = queries.entries(me, show, request.args.get("after"))
    if wants_fragment():
        return reply("impact/_lines.html", page=page, show=show)
    ripple = queries_people.ripple(me, DRAWN)
    return reply(
        "impact/feed.html",
        page=page,
        show=show,
        totals=queries_people.totals(me),
        ripple=ripple,
        dots=spread(ripple.people),
    )


@blueprint.get("/impact/people")
@member
def people() -> Response:
    page = queries_people.people(actor().id, request.args.get("after"))
    return reply("impact/people.html", fragment="impact/_people.html", page=page)
