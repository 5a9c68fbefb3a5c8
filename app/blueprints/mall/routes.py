"""The mall's doors for members: shelves, a good, redeeming it, and what was redeemed."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.addresses import policies as addresses
from app.blueprints.addresses import queries as books
from app.blueprints.mall import queries, services
from app.blueprints.members import queries as members
from app.core.access import actor, member
from app.core.crypto import new_token
from app.core.errors import DomainError, Invalid, Refused
from app.core.html import go, reply
from app.core.i18n import gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("mall", __name__, url_prefix="/mall")

NUMBER = "int(max=2147483647)"


@blueprint.get("")
@member
def index() -> Response:
    only = "now" if request.args.get("only") == "now" else ""
    shelf_key = request.args.get("shelf", "")
    shelf = queries.shelf(actor(), only=only, shelf_key=shelf_key, cursor=request.args.get("after"))
    return reply("mall/index.html", fragment="mall/_goods.html", shelf=shelf, only=only, shelf_key=shelf_key)


@blueprint.get(f"/<{NUMBER}:item_id>")
@member
def item(item_id: int) -> Response:
    found = queries.item(item_id, actor())
    short = found.missing if found.standing.why == "short" or found.row.wish_id == item_id else 0
    return reply("mall/item.html", item=found, ways=queries.ways_to(short, actor()) if short else [])


def confirm(item_id: int, *, error: DomainError | None = None) -> Response:
    """The page that asks once more, with what it costs; after a refusal with what is wrong, and what was
    chosen."""
    found = queries.item(item_id, actor())
    sends = found.row.kind in ("physical", "loan")
    return reply(
        "mall/redeem.html",
        status=error.status if error else 200,
        item=found,
        book=books.book(actor().id) if sends else [],
        # the same form sent twice is one redemption
        token=request.form.get("token") or new_token(),
        errors=field_errors(error) if isinstance(error, Invalid) else {},
        refusal=gettext(error.message, **error.params) if isinstance(error, Refused) else "",
        chosen=request.form.get("slot") or request.args.get("slot", ""),
        where=request.form.get("address") or request.args.get("address", ""),
    )


@blueprint.get(f"/<{NUMBER}:item_id>/redeem")
@member
def asking(item_id: int) -> Response:
    return confirm(item_id)


@blueprint.post(f"/<{NUMBER}:item_id>/redeem")
@member
def redeem(item_id: int) -> Response:
    form = request.form
    try:
        redemption_id = services.redeem(
            item_id,
            token=form.get("token", "").replace("\x00", "")[:64] or new_token(),
            price=form.get("price", 0, type=int),
            slot_id=form.get("slot", type=int),
            address=form.get("address"),
            by=actor(),
        )
    except (Invalid, Refused) as error:
        return confirm(item_id, error=error)
    return go(".order", order_id=redemption_id, toast=gettext("It is yours. Here is how it goes on"))


@blueprint.post(f"/<{NUMBER}:item_id>/wish")
@member
def wish(item_id: int) -> Response:
    services.wish(item_id, by=actor())
    return go(".item", item_id=item_id, toast=gettext("Your wish. Today shows how near it is"))


@blueprint.post(f"/<{NUMBER}:item_id>/unwish")
@member
def unwish(item_id: int) -> Response:
    services.unwish(item_id, by=actor())
    return go(".item", item_id=item_id, toast=gettext("No longer your wish"))


@blueprint.post(f"/<{NUMBER}:item_id>/watch")
@member
def watch(item_id: int) -> Response:
    services.watch(item_id, by=actor())
    return go(".item", item_id=item_id, toast=gettext("You'll hear from us when it is back"))


@blueprint.post(f"/<{NUMBER}:item_id>/unwatch")
@member
def unwatch(item_id: int) -> Response:
    services.unwatch(item_id, by=actor())
    return go(".item", item_id=item_id, toast=gettext("No word then"))


@blueprint.get("/orders")
@member
def orders() -> Response:
    page = queries.orders(actor().id, request.args.get("after"))
    return reply("mall/orders.html", fragment="mall/_orders.html", page=page)


@blueprint.get(f"/orders/<{NUMBER}:order_id>")
@member
def order(order_id: int) -> Response:
    found = queries.order(order_id, actor().id)
    return reply(
        "mall/order.html",
        order=found,
        address=addresses.masked(addresses.opened(found.row.address)) if found.row.address else None,
        contact=members.contact_of(actor().id),
    )


@blueprint.post(f"/orders/<{NUMBER}:order_id>/cancel")
@member
def cancel(order_id: int) -> Response:
    services.cancel(order_id, by=actor())
    return go(".order", order_id=order_id, toast=gettext("Cancelled. The points are back"))


@blueprint.post(f"/orders/<{NUMBER}:order_id>/received")
@member
def received(order_id: int) -> Response:
    services.say_received(order_id, by=actor())
    return go(".order", order_id=order_id, toast=gettext("Good that it is there"))
