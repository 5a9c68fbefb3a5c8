"""The desk's doors to the public rules: their values from a day on, and campaigns."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.points import queries_staff, services
from app.blueprints.points.schemas_staff import CampaignIn, ValueIn, beginning, end_of
from app.core.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.html import go, programme, reply
from app.core.i18n import gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("points_staff", __name__, url_prefix="/staff/points")


def page(selected: str | None = None, *, form: str = "", error: Invalid | None = None) -> Response:
    """The rules beside the campaigns; after a refusal with the errors and what was typed in `form`."""
    book = queries_staff.rule_book()
    chosen = book.rule(selected) if selected else next(iter(book.rules), None)
    if selected and chosen is None:
        raise NotFound
    return reply(
        "points_staff/rules.html",
        status=200 if error is None else 422,
        book=book,
        chosen=chosen,
        campaigns=queries_staff.campaigns(),
        form=form,
        errors=field_errors(error) if error else {},
        typed=request.form if error else {},
    )


@blueprint.get("")
@requires("points:rules")
def rules() -> Response:
    return page()


@blueprint.get("/<rule_key>")
@requires("points:rules")
def rule(rule_key: str) -> Response:
    return page(rule_key)


@blueprint.post("/<rule_key>/value")
@requires("points:rules")
def set_value(rule_key: str) -> Response:
    known(rule_key, with_value=True)
    try:
        asked = ValueIn.read(request.form)
        starts_at = beginning(asked["starts_on"], programme().timezone)
        services.set_value(rule_key, asked["value"], starts_at=starts_at, by=actor().id)
    except Invalid as error:
        return page(rule_key, form="value", error=renamed(error))
    return go(".rule", toast=gettext("Set. The public page shows it from that day on"), rule_key=rule_key)


@blueprint.post("/values/<int:value_id>/withdraw")
@requires("points:rules")
def withdraw_value(value_id: int) -> Response:
    rule_key = services.withdraw_value(value_id, by=actor().id)
    return go(".rule", toast=gettext("Withdrawn. It never counted"), rule_key=rule_key)


@blueprint.post("/campaigns")
@requires("points:rules")
def run_campaign() -> Response:
    try:
        asked = CampaignIn.read(request.form)
        known(asked["rule_key"])
        services.run_campaign(
            asked["rule_key"],
            multiplier_percent=asked["percent"],
            starts_at=beginning(asked["starts_on"], programme().timezone),
            ends_at=end_of(asked["ends_on"], programme().timezone),
            reason=asked["reason"],
            reason_en=asked["reason_en"],
            by=actor().id,
        )
    except Invalid as error:
        return page(form="campaign", error=renamed(error))
    return go(".rules", toast=gettext("Planned. The public page will say so"))


@blueprint.post("/campaigns/<int:campaign_id>/end")
@requires("points:rules")
def end_campaign(campaign_id: int) -> Response:
    services.end_campaign(campaign_id, by=actor().id)
    return go(".rules", toast=gettext("Ended. What was done until now still counts"))


def known(rule_key: str, *, with_value: bool = False) -> None:
    """Raise NotFound for a rule there isn't, or one whose value is the quests' own."""
    found: Any = queries_staff.rule_book().rule(rule_key)
    if found is None or (with_value and found.per_quest):
        raise NotFound


def renamed(error: Invalid) -> Invalid:
    """The command's field names in the form's."""
    names = {"starts_at": "starts_on", "ends_at": "ends_on", "multiplier_percent": "percent"}
    return Invalid(
        fields={names.get(name, name): text for name, text in error.fields.items()}, **error.params
    )
