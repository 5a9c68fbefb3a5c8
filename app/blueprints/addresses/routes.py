"""A member's address book."""

from __future__ import annotations

from flask import Blueprint, flash, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.addresses import policies, policies_regions, queries, schemas, services
from app.blueprints.addresses.policies import Address
from app.core.access import actor, member
from app.core.errors import Invalid, Refused
from app.core.html import go, reply
from app.core.i18n import gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("addresses", __name__, url_prefix="/addresses")

ONE = "/<int:address_id>"
# the fragment that each of the form's own buttons asks for
PARTS = {"paste": "addresses/_fields.html", "regions": "addresses/_regions.html"}


# --- where the member came from -----------------------------------------------------------------


def item() -> int | None:
    """The number of the item (`for`) whose redeem page sent the member here; None for anything else."""
    text = request.values.get("for", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def redeem_path(item_id: int) -> str:
    """An item's redeem page. The mall's own address, made here from a number and nothing that was sent: this
    folder stands below the mall and can't ask it."""
    return f"/mall/{item_id}/redeem"


def book_path() -> str:
    wanted = item()
    return url_for(".index") if wanted is None else f"{url_for('.index')}?for={wanted}"


def back(toast: str) -> Response:
    """To the redeem page that sent the member here, else to the book."""
    wanted = item()
    if wanted is None:
        return go(".index", toast=toast)
    flash(toast)
    if request.headers.get("HX-Request") == "true":
        return Response(status=204, headers={"HX-Redirect": redeem_path(wanted)})
    return Response(status=303, headers={"Location": redeem_path(wanted)})


# --- the book -----------------------------------------------------------------------------------


@blueprint.get("")
@member
def index() -> Response:
    wanted = item()
    return reply(
        "addresses/index.html",
        book=queries.book(actor().id),
        most=policies.MOST,
        wanted=wanted,
        origin=redeem_path(wanted) if wanted is not None else url_for("members.settings"),
    )


def choices(names: list[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in names]


def form_page(
    address: Address, *, action: str, default: bool, address_id: int | None = None, part: str = "",
    errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return reply(
        "addresses/form.html",
        fragment=PARTS.get(part),
        status=status,
        address=address,
        address_id=address_id,
        action=action,
        default=default,
        errors=errors or {},
        paste=request.form.get("paste", ""),
        provinces=choices(policies_regions.provinces()),
        cities=choices(policies_regions.cities(address.province)),
        districts=choices(policies_regions.districts(address.province, address.city)),
        wanted=item(),
        origin=book_path(),
    )


def typed() -> tuple[Address, str]:
    """What the form holds, and which of its own buttons was pressed ("" for the one that saves)."""
    part = request.form.get("act", "")
    address = schemas.address_in(request.form)
    if part == "paste":
        return schemas.with_pasted(address, request.form.get("paste", "")), part
    return address, part if part in PARTS else ""


@blueprint.get("/new")
@member
def new() -> Response:
    return form_page(Address(), action=url_for(".add"), default=False)


@blueprint.post("/new")
@member
def add() -> Response:
    address, part = typed()
    default = "default" in request.form
    if part:
        return form_page(address, action=url_for(".add"), default=default, part=part)
    try:
        services.add_address(address, default=default, by=actor())
    except (Invalid, Refused) as error:
        return form_page(
            address, action=url_for(".add"), default=default, errors=told(error), status=error.status
        )
    return back(gettext("Kept in your book"))


def told(error: Invalid | Refused) -> dict[str, str]:
    """What is wrong by field; a refusal of the whole stands above the form."""
    return field_errors(error) if isinstance(error, Invalid) else {"": gettext(error.message)}


@blueprint.get(f"{ONE}/edit")
@member
def edit(address_id: int) -> Response:
    address, default = queries.own(address_id, actor().id)
    return form_page(
        address, action=url_for(".change", address_id=address_id), default=default, address_id=address_id
    )


@blueprint.post(f"{ONE}/edit")
@member
def change(address_id: int) -> Response:
    queries.sealed_copy(address_id, actor().id)
    address, part = typed()
    default, action = "default" in request.form, url_for(".change", address_id=address_id)
    if part:
        return form_page(address, action=action, default=default, address_id=address_id, part=part)
    try:
        services.change_address(address_id, address, default=default, by=actor())
    except Invalid as error:
        return form_page(
            address, action=action, default=default, address_id=address_id, errors=told(error), status=422
        )
    return back(gettext("Saved"))


@blueprint.post(f"{ONE}/default")
@member
def default(address_id: int) -> Response:
    services.make_default(address_id, by=actor())
    return go(".index", toast=gettext("It stands first from now on"), **{"for": item()})


@blueprint.post(f"{ONE}/remove")
@member
def remove(address_id: int) -> Response:
    services.remove_address(address_id, by=actor())
    return go(".index", toast=gettext("Removed from your book"), **{"for": item()})
