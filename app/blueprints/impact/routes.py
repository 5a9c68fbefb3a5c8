"""Whom a member helped.

An open feed asks for what is new every half minute while somebody sees it (static/js/feed.js), rather than
being told over a connection that is held open: a worker has a few threads, and each held connection takes
one, so that a few dozen open feeds would leave nobody else a thread. Two thousand members who look at their
feed at once ask 67 times a second, mostly to hear that nothing is new, which is one indexed query.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.impact import queries, queries_people, services, services_thanks
from app.blueprints.impact.policies import DRAWN, KINDS, spread
from app.blueprints.impact.policies_feed import Seen
from app.core.access import actor, member
from app.core.errors import Invalid
from app.core.html import go, reply, wants_fragment
from app.core.i18n import gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("impact", __name__, url_prefix="/impact")

WORK = re.compile("(?:post|resource):[0-9]{1,10}")

# seconds between two questions of an open feed
EVERY = 30
LINE = "/lines/<int:line_id>"
GROUP = "/groups/<int:bundle_id>"


def shown(*more: str) -> str:
    """Which entries are asked for: a key of KINDS or one of `more`, "" for all."""
    show = request.args.get("show", "")
    return show if show in KINDS or show in more else ""


def reach() -> dict[str, Any]:
    """How far a member's light has come: the numbers and the picture above the lines."""
    ripple = queries_people.ripple(actor().id, DRAWN)
    dots = spread(ripple.people)
    return {
        "totals": queries_people.totals(actor().id),
        "ripple": ripple,
        "dots": dots,
        "shape": tuple(dot.place for dot in dots),
    }


@blueprint.get("")
@member
def feed() -> Response:
    show = shown(queries.HIDDEN)
    page = queries.entries(actor().id, show, request.args.get("after"))
    if wants_fragment():
        return reply("impact/_lines.html", page=page, show=show)
    return reply("impact/feed.html", page=page, seen=page.seen, show=show, every=EVERY, **reach())


@blueprint.get("/new")
@member
def news() -> Response:
    """What an open feed doesn't show yet: 204 when it shows all."""
    show = shown()
    seen = Seen.read(request.args.get("since", ""), request.args.get("seen", ""))
    found = queries.news(actor().id, show, seen)
    if found is None:
        return Response(status=204)
    return reply("impact/_new.html", page=found, seen=found.seen, show=show, every=EVERY, **reach())


@blueprint.get("/people")
@member
def people() -> Response:
    me, which, cursor = actor().id, request.args.get("helped", ""), request.args.get("after")
    if which == "posts" or WORK.fullmatch(which):
        # who say so of a work, or of any post
        page = queries_people.thankful(me, queries_people.POSTS if which == "posts" else which, cursor)
    else:
        which = which if which in queries_people.WHICH else ""
        page = queries_people.people(me, cursor, which)
    return reply("impact/people.html", fragment="impact/_people.html", page=page, which=which)


# --- the proof ----------------------------------------------------------------------------------------


@blueprint.get(GROUP)
@member
def group(bundle_id: int) -> Response:
    page = queries.group(bundle_id, actor().id, request.args.get("after"))
    return reply("impact/group.html", fragment="impact/_group.html", page=page)


@blueprint.post(f"{GROUP}/hide")
@member
def hide(bundle_id: int) -> Response:
    services.hide_bundle(bundle_id, hidden=True, by=actor())
    back = {
        "text": gettext("Left out of your feed. It stays counted."),
        "href": url_for(".feed", show=queries.HIDDEN),
        "action": gettext("What you left out"),
    }
    return go(".feed", toast=back)


@blueprint.post(f"{GROUP}/take-in")
@member
def take_in(bundle_id: int) -> Response:
    services.hide_bundle(bundle_id, hidden=False, by=actor())
    return go(".feed", toast=gettext("It is in your feed again."))


@blueprint.get(LINE)
@member
def line(line_id: int) -> Response:
    """A line with all that stands behind it; to a feed only the answer to it."""
    return line_page(line_id)


def line_page(line_id: int, *, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return reply(
        "impact/line.html",
        fragment="impact/_answer.html",
        status=status,
        line=queries.line(line_id, actor().id),
        typed=request.form.get("reply", ""),
        errors=errors or {},
        opened=wants_fragment(),
    )


@blueprint.post(LINE)
@member
def answer(line_id: int) -> Response:
    try:
        state = services_thanks.reply(line_id, request.form.get("reply", "").replace("\x00", ""), by=actor())
    except Invalid as error:
        return line_page(line_id, status=422, errors=field_errors(error))
    if wants_fragment():
        return line_page(line_id)
    held = state == "held"
    return go(".line", line_id=line_id, toast=gettext("Staff read it first.") if held else gettext("Sent."))


@blueprint.get("/thanks/<int:thanks_id>")
@member
def thanks(thanks_id: int) -> Response:
    """Where a notice leads: to the line of a thanks."""
    line_id = queries.line_of_thanks(thanks_id, actor().id)
    return redirect(url_for(".line", line_id=line_id), 302)
