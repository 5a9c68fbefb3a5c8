"""Staff's doors: who is here, what they may do, and the invites."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.blueprints.members import policies, queries, services
from app.blueprints.members.schemas import (
    CapabilitiesIn,
    ContactIn,
    InviteIn,
    MentorIn,
    SearchIn,
    TierIn,
    TitleIn,
)
from app.core import dates, qr
from app.core.access import actor, requires
from app.core.actor import CAPABILITIES, TIERS
from app.core.errors import Invalid
from app.core.html import go, programme, reply
from app.core.i18n import N_, gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("members_staff", __name__, url_prefix="/staff")

INVITE_STATES = {
    "open": N_("Still open"),
    "used": N_("Used up"),
    "expired": N_("Run out"),
    "withdrawn": N_("Withdrawn"),
}


def named(names: dict[str, str], keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """(key, name in the reader's language) of these keys, for choices in a form."""
    return [(key, gettext(names[key])) for key in keys]


def words() -> dict[str, Any]:
    return {
        "tiers": named(policies.TIER_NAMES, TIERS),
        "capability_names": dict(named(policies.CAPABILITY_NAMES, CAPABILITIES)),
        "invite_states": named(INVITE_STATES, tuple(INVITE_STATES)),
    }


# --- members --------------------------------------------------------------------------------------


def found_members() -> dict[str, Any]:
    """The list as the address asks for it: its rows, and what it was asked."""
    asked = SearchIn.read(request.args)
    tier = asked["tier"] if asked["tier"] in TIERS else ""
    page = queries.members_page(asked["q"], tier, asked["after"] or None)
    more = url_for(".index", q=asked["q"] or None, tier=tier or None, after=page.next) if page.next else ""
    return {"people": page.rows, "more_url": more, "q": asked["q"], "tier": tier}


@blueprint.get("/members")
@requires("staff:console")
def index() -> Response:
    return reply(
        "members/staff_members.html", fragment="members/_staff_rows.html", **found_members(), **words()
    )


def member_page(member_id: int, form: str = "", error: Invalid | None = None) -> Response:
    """One member beside the list; after a refusal with the errors and what was typed in `form`."""
    manages = actor().can("members:manage")
    others = [one for one in queries.people_with_capabilities() if one.id != member_id] if manages else []
    return reply(
        "members/staff_member.html",
        status=200 if error is None else 422,
        profile=queries.profile(member_id),
        mentees=queries.mentees_of(member_id),
        mentors=[(one.id, one.name) for one in others if "mentor" in one.capabilities],
        contacts=[
            (one.id, one.name)
            for one in others
            if not one.capabilities.isdisjoint(queries.CONTACT_CAPABILITIES)
        ],
        manages=manages,
        form=form,
        errors=field_errors(error) if error else {},
        typed=request.form,
        ticked=request.form.getlist("capabilities"),
        **found_members(),
        **words(),
    )


@blueprint.get("/members/<int:member_id>")
@requires("staff:console")
def member(member_id: int) -> Response:
    return member_page(member_id)


@blueprint.post("/members/<int:member_id>/tier")
@requires("members:manage")
def set_tier(member_id: int) -> Response:
    try:
        services.set_tier(member_id, **TierIn.read(request.form), by=actor())
    except Invalid as error:
        return member_page(member_id, "tier", error)
    return go(".member", toast=gettext("Tier changed"), member_id=member_id)


@blueprint.post("/members/<int:member_id>/capabilities")
@requires("members:manage")
def set_capabilities(member_id: int) -> Response:
    try:
        services.set_capabilities(member_id, **CapabilitiesIn.read(request.form), by=actor())
    except Invalid as error:
        return member_page(member_id, "capabilities", error)
    return go(".member", toast=gettext("Saved. They have to log in again"), member_id=member_id)


@blueprint.post("/members/<int:member_id>/mentor")
@requires("members:manage")
def set_mentor(member_id: int) -> Response:
    try:
        services.set_mentor(member_id, MentorIn.read(request.form)["mentor"], by=actor())
    except Invalid as error:
        return member_page(member_id, "mentor", error)
    return go(".member", toast=gettext("Saved"), member_id=member_id)


@blueprint.post("/members/<int:member_id>/contact")
@requires("members:manage")
def set_contact(member_id: int) -> Response:
    try:
        services.set_contact(member_id, ContactIn.read(request.form)["contact"], by=actor())
    except Invalid as error:
        return member_page(member_id, "contact", error)
    return go(".member", toast=gettext("Saved"), member_id=member_id)


@blueprint.post("/members/<int:member_id>/title")
@requires("members:manage")
def set_title(member_id: int) -> Response:
    try:
        services.set_title(member_id, **TitleIn.read(request.form), by=actor())
    except Invalid as error:
        return member_page(member_id, "title", error)
    return go(".member", toast=gettext("Saved"), member_id=member_id)


# --- invites --------------------------------------------------------------------------------------


def last_moment(day: date | None) -> datetime | None:
    """The end of that day in the programme's zone."""
    if day is None:
        return None
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=dates.zone(programme().timezone))
    return dates.day_bounds(noon, programme().timezone)[1] - timedelta(microseconds=1)


def found_invites() -> dict[str, Any]:
    page = queries.invites_page(request.args.get("after"))
    return {"rows": page.rows, "more_url": url_for(".invites", after=page.next) if page.next else ""}


@blueprint.get("/invites")
@requires("members:invite")
def invites() -> Response:
    rows = "members/_staff_invite_rows.html"
    return reply("members/staff_invites.html", fragment=rows, **found_invites(), **words())


def new_invite_page(error: Invalid | None = None) -> Response:
    return reply(
        "members/staff_invite_new.html",
        status=200 if error is None else 422,
        contacts=[(one.id, one.name) for one in queries.staff_with(*queries.CONTACT_CAPABILITIES)],
        errors=field_errors(error) if error else {},
        typed=request.form if error else MultiDict({"contact": str(actor().id)}),
        **found_invites(),
        **words(),
    )


@blueprint.get("/invites/new")
@requires("members:invite")
def new_invite() -> Response:
    return new_invite_page()


@blueprint.post("/invites/new")
@requires("members:invite")
def create_invites() -> Response:
    try:
        values = InviteIn.read(request.form)
        contact, expires = values.pop("contact"), last_moment(values.pop("expires"))
        made = services.create_invites(**values, contact_person_id=contact, expires_at=expires, by=actor())
    except Invalid as error:
        return new_invite_page(error)
    if len(made) == 1:
        return go(".invite", toast=gettext("The invite is ready"), invite_id=made[0][0])
    return go(".invites", toast=gettext("%(n)s invites are ready", n=len(made)))


@blueprint.get("/invites/<int:invite_id>")
@requires("members:invite")
def invite(invite_id: int) -> Response:
    found = queries.invite(invite_id)
    return reply(
        "members/staff_invite.html",
        invite=found,
        link=url_for("members.invite", code=found.code, _external=True),
        joined=queries.joined_by(invite_id),
        **found_invites(),
        **words(),
    )


@blueprint.get("/invites/<int:invite_id>/qr.svg")
@requires("members:invite")
def invite_qr(invite_id: int) -> Response:
    """The invite's address as a picture to print or show."""
    link = url_for("members.invite", code=queries.invite(invite_id).code, _external=True)
    return Response(qr.file(link, "svg"), content_type="image/svg+xml")


@blueprint.post("/invites/<int:invite_id>/withdraw")
@requires("members:invite")
def withdraw_invite(invite_id: int) -> Response:
    services.withdraw_invite(invite_id, by=actor())
    return go(".invite", toast=gettext("Withdrawn. The link lets nobody in any more"), invite_id=invite_id)
