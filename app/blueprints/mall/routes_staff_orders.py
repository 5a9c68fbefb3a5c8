"""The fulfilment queue: orders by where they are, one order, its moves, files out and in, dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request, send_file, url_for
from werkzeug.wrappers import Response

from app.blueprints.addresses import policies as addresses
from app.blueprints.mall import policies, queries_staff, schemas_orders, services_fulfil
from app.blueprints.mall.policies_desk import TABS
from app.blueprints.mall.queries_staff import Asked
from app.core import sheets
from app.core.access import actor, requires
from app.core.actor import Actor
from app.core.dates import ago
from app.core.errors import Invalid
from app.core.html import go, programme, reply, wants_fragment
from app.core.i18n import N_, current_locale, gettext, ngettext
from app.core.web_errors import field_errors

blueprint = Blueprint("orders_staff", __name__, url_prefix="/staff/mall")

TAB_NAMES = {
    "todo": N_("To send"),
    "way": N_("On the way"),
    "lent": N_("Lent out"),
    "arrived": N_("Arrived"),
    "void": N_("Came to nothing"),
}
STEP_NAMES = {
    "held": N_("Redeemed"),
    "shipped": N_("Sent, handed out or ready"),
    "delivered": N_("Arrived"),
    "returned": N_("Came back"),
    "refunded": N_("Points given back"),
    "cancelled": N_("Cancelled by the member"),
    "refused": N_("Could not be sent"),
    "missed": N_("Didn't come"),
}
ORDER = "/orders/<int(max=2147483647):order_id>"
DATE = "/dates/<int(max=2147483647):slot_id>"


def asked() -> Asked:
    """Which part of the orders the address asks for."""
    tab, item = request.values.get("tab", "todo"), request.values.get("item", "")
    number = int(item) if item.isascii() and item.isdigit() and len(item) < 10 else None
    return Asked(tab if tab in TABS else "todo", number, bool(request.values.get("mine")))


def words() -> dict[str, Any]:
    return {
        "can": policies.can,
        "step_names": {key: gettext(name) for key, name in STEP_NAMES.items()},
        "tab_names": {key: gettext(name) for key, name in TAB_NAMES.items()},
    }


@blueprint.get("/orders")
@requires("mall:fulfil")
def index() -> Response:
    wanted, who = asked(), actor()
    page = queries_staff.orders_page(
        wanted, by=who, timezone=programme().timezone, cursor=request.args.get("after")
    )
    more = url_for(".index", **wanted.args, after=page.next) if page.next else ""
    here = {"rows": page.rows, "more_url": more, "asked": wanted, "errors": {}, "typed": {}, **words()}
    if "after" in request.args and wants_fragment():
        return reply("mall_staff/_orders.html", **here)
    return reply(
        "mall_staff/orders.html",
        **here,
        counts=queries_staff.counts(wanted, by=who),
        most=queries_staff.COUNTED,
        goods=queries_staff.ordered_goods(),
    )


@blueprint.get(ORDER)
@requires("mall:fulfil")
def show(order_id: int) -> Response:
    return order_page(order_id)


def order_page(order_id: int, *, address: Any = None, error: Invalid | None = None) -> Response:
    """One order; with its address only in the answer to whoever asked for it."""
    found = queries_staff.order(order_id, by=actor(), timezone=programme().timezone)
    return reply(
        "mall_staff/order.html",
        status=422 if error else 200,
        order=found.row,
        steps=found.steps,
        address=address,
        errors=field_errors(error) if error else {},
        typed=request.form if error else {},
        **words(),
    )


@blueprint.post(f"{ORDER}/address")
@requires("mall:fulfil")
def address(order_id: int) -> Response:
    opened = addresses.opened(services_fulfil.sealed_address(order_id, by=actor()))
    if wants_fragment():
        return reply("mall_staff/_address.html", address=opened)
    return order_page(order_id, address=opened)


# --- its moves -------------------------------------------------------------------------------------------

ACTS: dict[str, tuple[Callable[..., None], str]] = {
    "take": (services_fulfil.take, N_("It is yours to send")),
    "release": (services_fulfil.give_back, N_("Others can send it now")),
    "arrived": (services_fulfil.arrive, N_("Arrived. The member has been told")),
    "returned": (services_fulfil.take_back, N_("Back on the shelf. The member has been thanked")),
}


@blueprint.post(f"{ORDER}/<any({', '.join(ACTS)}):act>")
@requires("mall:fulfil")
def act(order_id: int, act: str) -> Response:
    command, said = ACTS[act]
    command(order_id, by=actor())
    return go(".index", toast=gettext(said), **asked().args)


@blueprint.post(f"{ORDER}/ship")
@requires("mall:fulfil")
def ship(order_id: int) -> Response:
    tracking, carrier = (request.form.get(name, "").replace("\x00", "") for name in ("tracking", "carrier"))
    try:
        services_fulfil.ship(order_id, tracking=tracking, carrier=carrier, by=actor())
    except Invalid as error:
        return order_page(order_id, error=error)
    return go(".index", toast=gettext("On its way. The member has been told"), **asked().args)


@blueprint.post(f"{ORDER}/refuse")
@requires("mall:fulfil")
def refuse(order_id: int) -> Response:
    back = request.form.get("shelf", "1") == "1"
    try:
        services_fulfil.refuse(order_id, reason=reason(), back_on_shelf=back, by=actor())
    except Invalid as error:
        return order_page(order_id, error=error)
    return go(".index", toast=gettext("The points are back, and the member knows why"), **asked().args)


@blueprint.post(f"{ORDER}/refund")
@requires("mall:fulfil")
def refund(order_id: int) -> Response:
    try:
        services_fulfil.refund(order_id, reason=reason(), by=actor())
    except Invalid as error:
        return order_page(order_id, error=error)
    return go(".index", toast=gettext("The points are back, and the member knows why"), **asked().args)


def reason() -> str:
    return request.form.get("reason", "").replace("\x00", "")


# --- files -----------------------------------------------------------------------------------------------


@blueprint.post("/orders/export")
@requires("mall:fulfil")
def export() -> Response:
    """Take all that is free to be sent, and download it with its addresses."""
    who, wanted = actor(), asked()
    ids = services_fulfil.take_together(wanted.item, by=who)
    lines = schemas_orders.lines(queries_staff.parcels(ids, by=who), current_locale())
    as_csv = request.form.get("as") == "csv"
    file = schemas_orders.csv(lines, gettext) if as_csv else schemas_orders.xlsx(lines, gettext)
    kind = "text/csv; charset=utf-8" if as_csv else XLSX
    name = "to-send.csv" if as_csv else "to-send.xlsx"
    response = send_file(file, mimetype=kind, as_attachment=True, download_name=name, max_age=None)
    response.headers["Cache-Control"] = "no-store"
    return response


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/tracking")
@requires("mall:fulfil")
def tracking() -> Response:
    return tracking_page()


def tracking_page(*, text: str = "", trial: Any = None, errors: dict[str, str] | None = None) -> Response:
    return reply(
        "mall_staff/tracking.html",
        status=422 if errors else 200,
        text=text,
        trial=trial,
        errors=errors or {},
        say=said,
    )


def said(text: str, values: dict[str, Any]) -> str:
    """Why a line is passed over, its moments in words."""
    shown = {
        key: ago(value, programme().timezone, current_locale()) if hasattr(value, "tzinfo") else value
        for key, value in values.items()
    }
    return gettext(text, **shown)


def tried(who: Actor) -> tuple[str, schemas_orders.Trial]:
    """The text that was sent, as a file or with the page that showed it, and what it says. Raises Invalid."""
    file = request.files.get("file")
    if file is not None and file.filename:
        content = file.stream.read(schemas_orders.MOST_BYTES + 1)
    else:
        content = request.form.get("text", "").encode(errors="replace")
    text = sheets.decoded(content, most_bytes=schemas_orders.MOST_BYTES)
    return text, schemas_orders.tried(text, by=who)


@blueprint.post("/tracking")
@requires("mall:fulfil")
def try_tracking() -> Response:
    try:
        text, trial = tried(actor())
    except Invalid as error:
        return tracking_page(errors=field_errors(error))
    return tracking_page(text=text, trial=trial)


@blueprint.post("/tracking/run")
@requires("mall:fulfil")
def run_tracking() -> Response:
    try:
        _text, trial = tried(actor())
    except Invalid as error:
        return tracking_page(errors=field_errors(error))
    sent = services_fulfil.ship_together(trial.parcels, by=actor())
    toast = ngettext("%(num)s order is on its way", "%(num)s orders are on their way", sent)
    return go(".index", toast=toast, tab="way")


# --- dates -----------------------------------------------------------------------------------------------


@blueprint.get(DATE)
@requires("mall:fulfil")
def date(slot_id: int) -> Response:
    return reply("mall_staff/date.html", date=queries_staff.slot(slot_id), **words())


@blueprint.post(f"{DATE}/<int(max=2147483647):order_id>/<any(came, missed):what>")
@requires("mall:fulfil")
def attend(slot_id: int, order_id: int, what: str) -> Response:
    if what == "came":
        services_fulfil.check_in(order_id, by=actor())
    else:
        services_fulfil.miss(order_id, by=actor())
    return go(".date", slot_id=slot_id)
