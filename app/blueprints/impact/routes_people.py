"""The lists behind a member's numbers: people, and lines by month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.impact import queries_further, queries_people
from app.blueprints.impact.policies import KINDS
from app.blueprints.impact.policies_months import edges_of, edges_until, name_of
from app.core import clock
from app.core.access import actor, member
from app.core.errors import NotFound
from app.core.html import programme, reply, wants_fragment

blueprint = Blueprint("impact_people", __name__)
MONTHS = 12


@blueprint.get("/impact/people/carried")
@member
def carried() -> Response:
    page = queries_further.carried(actor().id, request.args.get("after"))
    return reply("impact/carried.html", fragment="impact/_carried.html", page=page)


@blueprint.get("/impact/people/further")
@member
def further() -> Response:
    through = request.args.get("through", type=int)
    if through is not None and not 0 < through < 2**31:
        raise NotFound
    page = queries_further.further(actor().id, through, request.args.get("after"))
    return reply("impact/further.html", fragment="impact/_further.html", page=page, through=through)


@blueprint.get("/impact/months")
@member
def months() -> Response:
    zone = programme().timezone
    found = queries_people.months(actor().id, edges_until(clock.now(), MONTHS, zone))
    return reply(
        "impact/months.html",
        months=[(month, name_of(month.start, zone), by_show(month.lines)) for month in reversed(found)],
        most=max(month.people + month.readers for month in found),
    )


@blueprint.get("/impact/months/<name>")
@member
def month(name: str) -> Response:
    edges = edges_of(name, programme().timezone)
    if edges is None:
        raise NotFound
    me, show = actor().id, request.args.get("show", "")
    show = show if show in KINDS else ""
    page = queries_further.lines_between(me, edges, show, request.args.get("after"))
    if wants_fragment():
        return reply("impact/_month.html", page=page, name=name, show=show)
    (found,) = queries_people.months(me, edges)
    return reply(
        "impact/month.html", page=page, name=name, show=show, month=found, by_show=by_show(found.lines)
    )


def by_show(lines: Mapping[str, int]) -> dict[str, int]:
    """Lines by what they show (keys of KINDS, in their order; those without any left out)."""
    number = Counter(lines)
    every = {show: sum(number[kind] for kind in kinds) for show, kinds in KINDS.items()}
    return {show: many for show, many in every.items() if many}
