"""The publishers' door to what came of a quest: the funnel, everybody by name, and the same as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from flask import Blueprint, request, stream_with_context, url_for
from werkzeug.wrappers import Response

from app.blueprints.members.policies import TIER_NAMES
from app.blueprints.quests import queries_funnel
from app.core import sheets
from app.core.access import requires
from app.core.actor import TIERS
from app.core.dates import zone
from app.core.html import programme, reply
from app.core.i18n import N_, gettext

blueprint = Blueprint("results", __name__, url_prefix="/staff/quests")

PLACE_NAMES = {
    "withdrawn": N_("Withdrawn"),
    "working": N_("Not sent yet"),
    "declined": N_("Not accepted"),
    "changes": N_("Not yet"),
    "submitted": N_("Waits to be read"),
    "approved": N_("Lit"),
}
PART_NAMES = {
    "seen": N_("Everybody who saw it"),
    "idle": N_("Saw it, didn't begin"),
    "started": N_("Began"),
    "unsent": N_("Not sent yet"),
    "sent": N_("Sent"),
    "waiting": N_("Waits to be read"),
    "changes": N_("Not yet"),
    "declined": N_("Not accepted"),
    "lit": N_("Lit"),
    "late": N_("Answered late"),
}
CHIPS = ("unsent", "waiting", "changes", "lit")
RESULTS = "/<int(max=2147483647):quest_id>/results"


def asked() -> tuple[str, str]:
    """Which part of the funnel and which tier is looked at."""
    part, tier = request.args.get("part", ""), request.args.get("tier", "")
    return part if part in queries_funnel.PARTS else "", tier if tier in TIERS else ""


@blueprint.get(RESULTS)
@requires("quests:publish")
def show(quest_id: int) -> Response:
    part, tier = asked()
    found = queries_funnel.results(quest_id, tier)
    chosen = part or "started"
    page = queries_funnel.people_page(quest_id, chosen, tier, request.args.get("after"))
    more = url_for(".show", quest_id=quest_id, part=chosen, tier=tier or None, after=page.next)
    return reply(
        "results/show.html",
        fragment="results/_people.html",
        found=found,
        quest=found.quest,
        rows=page.rows,
        more_url=more if page.next else "",
        part=chosen,
        tier=tier,
        chips=CHIPS if chosen in CHIPS or chosen == "started" else (*CHIPS, chosen),
        tiers={key: gettext(name) for key, name in TIER_NAMES.items()},
        place_names={rank: gettext(PLACE_NAMES[name]) for rank, name in queries_funnel.PLACES.items()},
        part_names={key: gettext(name) for key, name in PART_NAMES.items()},
    )


@blueprint.get(RESULTS + ".csv")
@requires("quests:publish")
def table(quest_id: int) -> Response:
    """The same people as a table, written while it is read."""
    part, tier = asked()
    queries_funnel.results(quest_id, tier)
    head = [gettext(name) for name in HEAD]
    places = {rank: gettext(PLACE_NAMES[name]) for rank, name in queries_funnel.PLACES.items()}
    tiers = {key: gettext(name) for key, name in TIER_NAMES.items()}
    rows = told(queries_funnel.everybody(quest_id, part or "seen", tier), head, places, tiers)
    return Response(
        stream_with_context(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="quest-{quest_id}-results.csv"'},
    )


HEAD = (
    N_("Number"), N_("Name"), N_("Tier"), N_("Where they are"), N_("Began at"), N_("Sent at"),
    N_("Decided at"), N_("Round"), N_("Points"),
)  # fmt: skip


def told(
    people: Iterable[Any], head: list[str], places: dict[int, str], tiers: dict[str, str]
) -> Iterator[bytes]:
    """The people of a part of the funnel as a file, line by line."""
    here = zone(programme().timezone)

    def row(one: Any) -> list[object]:
        moments = [
            moment.astimezone(here).strftime("%Y-%m-%d %H:%M") if moment else ""
            for moment in (one.started_at, one.submitted_at, one.decided_at)
        ]
        place = places[one.rank] if one.rank else ""
        return [one.number, one.name, tiers[one.tier], place, *moments, one.round or "", one.points_awarded]

    return sheets.streamed(chain([head], map(row, people)))
