"""The member's notices."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from app.blueprints.inbox import queries, services
from app.blueprints.inbox.policies import gathered
from app.core.access import actor, member
from app.core.html import go, programme, reply
from app.core.i18n import gettext as _

blueprint = Blueprint("inbox", __name__)


@blueprint.get("/inbox")
@member
def index() -> Response:
    page = queries.notices(actor().id, request.args.get("after"))
    return reply(
        "inbox/index.html",
        fragment="inbox/_groups.html",
        groups=gathered(page.rows, programme().timezone),
        next=page.next,
        group_before=request.args.get("group", ""),
        waiting=actor().unread,
    )


@blueprint.get("/inbox/<int(max=2147483647):notice_id>")
@member
def open(notice_id: int) -> Response:
    link = queries.link_of(notice_id, actor().id)
    services.mark_read(by=actor().id, notice_id=notice_id)
    return redirect(link, 303)


@blueprint.post("/inbox/read")
@member
def read() -> Response:
    services.mark_read(by=actor().id)
    return go("inbox.index", toast=_("All read"))
