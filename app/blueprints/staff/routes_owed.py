"""The board of what we owe."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.staff import queries_owed
from app.core.access import actor, requires
from app.core.html import programme, reply, wants_fragment

blueprint = Blueprint("owed", __name__, url_prefix="/staff/owed")
SHORT = 5


@blueprint.get("")
@requires("staff:console")
def board() -> Response:
    """The whole board; beside the queue, where `short` asks for it, its beginning."""
    mine, short = bool(request.args.get("mine")), bool(request.args.get("short"))
    found = queries_owed.board(actor(), programme().timezone, mine=mine)
    if short and wants_fragment():
        rows = found.rows[:SHORT]
        return reply("staff/_owed.html", board=found, rows=rows, mine=mine, short=True, more_url="")
    page = queries_owed.page(found, request.args.get("after"))
    return reply(
        "staff/owed.html",
        fragment="staff/_owed_rows.html" if "after" in request.args else None,
        board=found,
        rows=page.rows,
        mine=mine,
        short=False,
        more_url=url_for(".board", mine="1" if mine else None, after=page.next) if page.next else "",
    )
