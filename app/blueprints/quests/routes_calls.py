"""Calls that members start: their own doors, and the desk's."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.members.policies import TIER_NAMES
from app.blueprints.quests import queries_calls, schemas_calls, services_calls
from app.blueprints.quests.policies_calls import may_propose
from app.core import clock
from app.core.access import actor, member, requires
from app.core.dates import zone
from app.core.errors import Invalid, Refused
from app.core.html import go, programme, reply
from app.core.i18n import N_, gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("calls", __name__, url_prefix="/calls")
desk = Blueprint("calls_staff", __name__, url_prefix="/staff/calls")

# no address names a number that a database can't hold
CALL = "/<int(max=2147483647):quest_id>"
ASK_NAMES = {"photo": N_("Photos"), "text": N_("A few lines"), "link": N_("A link")}


def asks() -> dict[str, str]:
    return {key: gettext(name) for key, name in ASK_NAMES.items()}


@blueprint.get("")
@member
def index() -> Response:
    return reply("calls/index.html", calls=queries_calls.calls_of(actor().id), may=may_propose(actor()))


@blueprint.get("/new")
@member
def new() -> Response:
    return new_page()


def new_page(errors: dict[str, str] | None = None) -> Response:
    today = clock.now().astimezone(zone(programme().timezone)).date()
    offered = {"until": (today + timedelta(days=14)).isoformat(), "asks": "photo"}
    return reply(
        "calls/new.html",
        status=422 if errors else 200,
        may=may_propose(actor()),
        asks=asks(),
        typed=request.form if errors else offered,
        today=today,
        errors=errors or {},
    )


@blueprint.post("/new")
@member
def propose() -> Response:
    if not may_propose(actor()):
        return new_page({"": gettext("Contributors can start calls of their own.")})
    try:
        services_calls.propose_call(**schemas_calls.proposal(request.form, programme().timezone), by=actor())
    except Invalid as error:
        return new_page(field_errors(error))
    except Refused as error:
        return new_page({"": gettext(error.message)})
    return go(".index", toast=gettext("Proposed. Somebody of the team reads it and answers you here"))


@blueprint.post(f"{CALL}/withdraw")
@member
def withdraw(quest_id: int) -> Response:
    services_calls.withdraw_call(quest_id, by=actor())
    return go(".index", toast=gettext("Withdrawn"))


# --- the desk ----------------------------------------------------------------------------------------


@desk.get("")
@requires("quests:publish")
def proposals() -> Response:
    page = queries_calls.proposals_page(request.args.get("after"))
    return reply("calls/proposals.html", fragment="calls/_proposals.html", page=page)


@desk.get(CALL)
@requires("quests:publish")
def show(quest_id: int) -> Response:
    return call_page(quest_id)


def call_page(quest_id: int, errors: dict[str, str] | None = None) -> Response:
    return reply(
        "calls/proposal.html",
        status=422 if errors else 200,
        call=queries_calls.call(quest_id),
        asks=asks(),
        tier_names={key: gettext(name) for key, name in TIER_NAMES.items()},
        typed=request.form,
        errors=errors or {},
    )


@desk.post(f"{CALL}/nod")
@requires("quests:publish")
def nod(quest_id: int) -> Response:
    try:
        services_calls.nod_call(quest_id, schemas_calls.points(request.form), by=actor())
    except Invalid as error:
        return call_page(quest_id, field_errors(error))
    return go("quests_staff.show", toast=gettext("It is out under their name"), quest_id=quest_id)


@desk.post(f"{CALL}/refuse")
@requires("quests:publish")
def refuse(quest_id: int) -> Response:
    try:
        services_calls.refuse_call(quest_id, request.form.get("reason", ""), by=actor())
    except Invalid as error:
        return call_page(quest_id, field_errors(error))
    return go(".proposals", toast=gettext("They read your reason now"))
