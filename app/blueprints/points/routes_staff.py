"""The desk's doors to the public rules: their values from a day on, and campaigns."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.points import queries_staff, services, services_rules
from app.blueprints.points.queries_preview import Change, Would, last_month
from app.blueprints.points.schemas_staff import CampaignIn, CapsIn, RuleIn, ValueIn, beginning, end_of
from app.core import clock
from app.core.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.html import go, programme, reply, wants_fragment
from app.core.i18n import gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("points_staff", __name__, url_prefix="/staff/points")


def page(
    selected: str | None = None, *, form: str = "", error: Invalid | None = None, would: Would | None = None
) -> Response:
    """The rules beside the campaigns; after a refusal with the errors, and what was typed in `form`.

    `would` is what it would have cost last month; htmx gets only that, or the errors in its place.
    """
    errors = field_errors(error) if error else {}
    status = 200 if error is None else 422
    if wants_fragment():
        return reply("points_staff/_would.html", status=status, form=form, would=would, errors=errors)
    book = queries_staff.rule_book()
    chosen = book.rule(selected) if selected else next(iter(book.rules), None)
    if selected and chosen is None:
        raise NotFound
    return reply(
        "points_staff/rules.html",
        status=status,
        book=book,
        chosen=chosen,
        campaigns=queries_staff.campaigns(),
        form=form,
        would=would,
        errors=errors,
        typed=request.form if form else {},
    )


def would_have(rule_key: str, change: Change) -> Would:
    return last_month(rule_key, change, now=clock.now(), timezone=programme().timezone)


@blueprint.get("")
@requires("points:rules")
def rules() -> Response:
    return page()


@blueprint.get("/<rule_key>")
@requires("points:rules")
def rule(rule_key: str) -> Response:
    return page(rule_key)


@blueprint.get("/new")
@requires("points:rules")
def new() -> Response:
    return reply("points_staff/new.html", errors={}, typed={})


@blueprint.post("/new")
@requires("points:rules")
def add() -> Response:
    try:
        asked = RuleIn.read(request.form)
        starts_at = beginning(asked.pop("starts_on"), programme().timezone)
        rule_key = services_rules.new_rule(**asked, starts_at=starts_at, by=actor())
    except Invalid as error:
        return reply("points_staff/new.html", status=422, errors=field_errors(error), typed=request.form)
    return go(".rule", toast=gettext("Added. It stands on the public page now"), rule_key=rule_key)


@blueprint.post("/<rule_key>/value")
@requires("points:rules")
def set_value(rule_key: str) -> Response:
    """With `look` nothing is set: it shows what it would have cost last month."""
    known(rule_key, with_value=True)
    try:
        asked = ValueIn.read(request.form, partial=("starts_on",) if "look" in request.form else ())
        if "look" in request.form:
            return page(rule_key, form="value", would=would_have(rule_key, Change(value=asked["value"])))
        starts_at = beginning(asked["starts_on"], programme().timezone)
        services.set_value(rule_key, asked["value"], starts_at=starts_at, by=actor().id)
    except Invalid as error:
        return page(rule_key, form="value", error=renamed(error))
    return go(".rule", toast=gettext("Set. The public page shows it from that day on"), rule_key=rule_key)


@blueprint.post("/<rule_key>/caps")
@requires("points:rules")
def set_caps(rule_key: str) -> Response:
    known(rule_key)
    try:
        asked = CapsIn.read(request.form)
        caps = (asked.get("daily_cap"), asked.get("monthly_cap"))
        services_rules.caps_or_invalid(*caps)
        if "look" in request.form:
            return page(rule_key, form="caps", would=would_have(rule_key, Change(caps=caps)))
        services_rules.set_caps(rule_key, daily_cap=caps[0], monthly_cap=caps[1], by=actor())
    except Invalid as error:
        return page(rule_key, form="caps", error=error)
    return go(".rule", toast=gettext("Set. It counts from now on"), rule_key=rule_key)


@blueprint.post("/values/<int:value_id>/withdraw")
@requires("points:rules")
def withdraw_value(value_id: int) -> Response:
    rule_key = services.withdraw_value(value_id, by=actor().id)
    return go(".rule", toast=gettext("Withdrawn. It never counted"), rule_key=rule_key)


@blueprint.post("/campaigns")
@requires("points:rules")
def run_campaign() -> Response:
    try:
        looks = "look" in request.form
        asked = CampaignIn.read(request.form, partial=("starts_on", "ends_on", "reason") if looks else ())
        known(asked["rule_key"])
        if looks:
            would = would_have(asked["rule_key"], Change(percent=asked["percent"]))
            return page(form="campaign", would=would)
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
