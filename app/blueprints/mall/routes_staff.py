"""The goods desk: the shelves, one good, its form, its pieces, dates and pictures."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.mall import (
    policies,
    queries_staff,
    schemas_staff,
    services_items,
    services_pictures,
)
from app.blueprints.members.policies import TIER_NAMES
from app.core import clock
from app.core.access import actor, requires
from app.core.actor import TIERS
from app.core.crypto import new_token
from app.core.errors import Invalid
from app.core.html import go, programme, reply
from app.core.i18n import N_, gettext, ngettext
from app.core.web_errors import field_errors

blueprint = Blueprint("mall_staff", __name__, url_prefix="/staff/mall")

STATE_NAMES = {"live": N_("On the shelf"), "draft": N_("Drafts"), "closed": N_("Off the shelf")}
KIND_NAMES = {
    "physical": N_("Something to send"),
    "voucher": N_("Voucher"),
    "experience": N_("Experience"),
    "loan": N_("Loan"),
}
KIND_HINTS = {
    "physical": N_("Sent to an address, or fetched somewhere."),
    "voucher": N_("A code for each, from a file. It arrives at once."),
    "experience": N_("Dates with seats; who comes is checked in."),
    "loan": N_("Goes out for some days and comes back to the shelf."),
}
ITEM = "/<int(max=2147483647):item_id>"
SLOT = "/slots/<int(max=2147483647):slot_id>"
PICTURE = f"{ITEM}/pictures/<int(max=2147483647):media_id>"


def words() -> dict[str, Any]:
    """Names in the reader's language."""
    return {
        "kind_names": {key: gettext(name) for key, name in KIND_NAMES.items()},
        "state_names": {key: gettext(name) for key, name in STATE_NAMES.items()},
        "tier_names": {key: gettext(TIER_NAMES[key]) for key in TIERS},
    }


# --- the shelves -----------------------------------------------------------------------------------------


@blueprint.get("")
@requires("mall:manage")
def index() -> Response:
    state = request.args.get("state", "live")
    state = state if state in queries_staff.STATES else "live"
    page = queries_staff.goods_page(state, request.args.get("after"))
    more = url_for(".index", state=state, after=page.next) if page.next else ""
    here = {"rows": page.rows, "more_url": more, "state": state, **words()}
    if "after" in request.args and request.headers.get("HX-Request") == "true":
        return reply("mall_staff/_goods.html", **here)
    return reply("mall_staff/index.html", **here, money=queries_staff.outstanding())


@blueprint.get(ITEM)
@requires("mall:manage")
def show(item_id: int) -> Response:
    return good_page(item_id)


def good_page(item_id: int, error: Invalid | None = None) -> Response:
    """One good; after a refusal with the errors beside what was typed."""
    good = queries_staff.good(item_id)
    return reply(
        "mall_staff/show.html",
        status=422 if error else 200,
        good=good,
        item=good.item,
        codes=queries_staff.codes_left(item_id) if good.item.kind == "voucher" else None,
        errors=field_errors(error) if error else {},
        typed=request.form if error else {},
        upload_key=new_token()[:24],
        now=clock.now(),
        **words(),
    )


# --- the form --------------------------------------------------------------------------------------------


@blueprint.get("/new")
@requires("mall:manage")
def kinds() -> Response:
    each = [(key, gettext(name), gettext(KIND_HINTS[key])) for key, name in KIND_NAMES.items()]
    return reply("mall_staff/new.html", kinds=each)


@blueprint.route(f"/new/<any({', '.join(policies.KINDS)}):kind>", methods=["GET", "POST"])
@requires("mall:manage")
def new(kind: str) -> Response:
    if request.method == "GET":
        return form_page(kind, schemas_staff.blank(kind))
    if "preview" in request.form:
        return form_page(kind, schemas_staff.typed(request.form))
    try:
        values = schemas_staff.item_in(request.form, kind, programme().timezone)
        stock = 0
        if kind in ("physical", "loan") and schemas_staff.said(request.form, "stock"):
            stock = schemas_staff.pieces_in(request.form, "stock", least=0)
        item_id = services_items.add_item(kind, by=actor(), stock=stock, **values)
    except Invalid as error:
        return form_page(kind, schemas_staff.typed(request.form), errors=field_errors(error))
    return go(
        ".show", toast=gettext("Kept as a draft. Members see it once it is on the shelf"), item_id=item_id
    )


@blueprint.route(f"{ITEM}/edit", methods=["GET", "POST"])
@requires("mall:manage")
def edit(item_id: int) -> Response:
    item = queries_staff.item(item_id)
    if request.method == "GET":
        return form_page(item.kind, schemas_staff.stored(item, programme().timezone), item)
    if "preview" in request.form:
        return form_page(item.kind, schemas_staff.typed(request.form), item)
    try:
        values = schemas_staff.item_in(request.form, item.kind, programme().timezone)
        services_items.edit_item(item_id, by=actor(), **values)
    except Invalid as error:
        return form_page(item.kind, schemas_staff.typed(request.form), item, errors=field_errors(error))
    return go(".show", toast=gettext("Kept. What was redeemed keeps its price"), item_id=item_id)


def form_page(
    kind: str, f: dict[str, Any], item: Any = None, *, errors: dict[str, str] | None = None
) -> Response:
    """The form as it is kept or was typed, and how the shelf would show it."""
    return reply(
        "mall_staff/edit.html",
        fragment="mall_staff/_preview.html" if "preview" in request.form else None,
        status=422 if errors else 200,
        kind=kind,
        item=item,
        f=f,
        errors=errors or {},
        hide=schemas_staff.NOT_FOR[kind],
        drawings=[(key, gettext(name)) for key, name in schemas_staff.DRAWINGS.items()],
        shelves=queries_staff.shelves(),
        levels=range(1, 6),
        opens=parsed(f, "opens_at"),
        first=parsed(f, "priority_from"),
        **words(),
    )


def parsed(f: dict[str, Any], name: str) -> Any:
    """A moment of the form, for the preview; None for what is none."""
    return schemas_staff.moment({name: str(f.get(name) or "")}, name, programme().timezone, {})


# --- what happens to a good ------------------------------------------------------------------------------


@blueprint.post(f"{ITEM}/<any(live, closed):state>")
@requires("mall:manage")
def put(item_id: int, state: str) -> Response:
    services_items.set_state(item_id, state, by=actor())
    said = gettext("It is on the shelf") if state == "live" else gettext("Taken off the shelf. Orders go on")
    return go(".show", toast=said, item_id=item_id)


@blueprint.post(f"{ITEM}/pieces")
@requires("mall:manage")
def pieces(item_id: int) -> Response:
    try:
        told = services_items.change_stock(item_id, schemas_staff.pieces_in(request.form), by=actor())
    except Invalid as error:
        return good_page(item_id, error)
    return go(".show", toast=said_told(told), item_id=item_id)


def said_told(told: int) -> str:
    if not told:
        return gettext("Kept")
    return ngettext(
        "Kept. %(num)s member who waited for it was told", "Kept. %(num)s members who waited were told", told
    )


@blueprint.post(f"{ITEM}/slots")
@requires("mall:manage")
def add_slot(item_id: int) -> Response:
    try:
        services_items.add_slot(
            item_id, **schemas_staff.slot_in(request.form, programme().timezone), by=actor()
        )
    except Invalid as error:
        return good_page(item_id, error)
    return go(".show", toast=gettext("The date is there to be redeemed"), item_id=item_id)


@blueprint.post(f"{SLOT}/seats")
@requires("mall:manage")
def seats(slot_id: int) -> Response:
    item_id = queries_staff.slot(slot_id).slot.item_id
    try:
        seats = schemas_staff.pieces_in(request.form, "seats", least=1)
        told = services_items.change_seats(slot_id, seats, by=actor())
    except Invalid as error:
        return good_page(item_id, renamed(error, f"seats-{slot_id}"))
    return go(".show", toast=said_told(told), item_id=item_id)


def renamed(error: Invalid, name: str) -> Invalid:
    """The error under the name of the one field it is about."""
    return Invalid(fields={name: next(iter(error.fields.values()))}, **error.params)


@blueprint.post(f"{SLOT}/remove")
@requires("mall:manage")
def remove_slot(slot_id: int) -> Response:
    item_id = services_items.remove_slot(slot_id, by=actor())
    return go(".show", toast=gettext("The date is gone"), item_id=item_id)


@blueprint.post(f"{ITEM}/pictures")
@requires("mall:manage")
def add_pictures(item_id: int) -> Response:
    """Several at once; what can be read is kept, what can't is named."""
    key, wrong = request.form.get("upload_key", "")[:60] or new_token()[:24], None
    files = [one for one in request.files.getlist("pictures") if one.filename]
    if not files:
        queries_staff.item(item_id)
        return good_page(item_id, Invalid(fields={"pictures": N_("Choose a photo first.")}))
    for n, file in enumerate(files):
        try:
            services_pictures.add_picture(item_id, file.stream, upload_key=f"{key}:{n}", by=actor())  # type: ignore[arg-type]
        except Invalid as error:
            wrong = error
    return good_page(item_id, wrong) if wrong else go(".show", item_id=item_id)


@blueprint.post(f"{PICTURE}/forward")
@requires("mall:manage")
def forward_picture(item_id: int, media_id: int) -> Response:
    services_pictures.move_forward(item_id, media_id, by=actor())
    return go(".show", item_id=item_id)


@blueprint.post(f"{PICTURE}/remove")
@requires("mall:manage")
def remove_picture(item_id: int, media_id: int) -> Response:
    services_pictures.remove_picture(item_id, media_id, by=actor())
    return go(".show", item_id=item_id)
