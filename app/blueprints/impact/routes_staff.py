"""The desk's doors for figures: what members reported, and files."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.impact import queries_posts, schemas_figures, services_posts
from app.core import sheets
from app.core.access import actor, requires
from app.core.errors import Invalid
from app.core.html import go, programme, reply, wants_fragment
from app.core.i18n import gettext, ngettext
from app.core.web_errors import field_errors

blueprint = Blueprint("figures_staff", __name__, url_prefix="/staff/figures")


@blueprint.get("")
@requires("staff:console")
def queue() -> Response:
    page = queries_posts.waiting_reports(request.args.get("after"))
    fragment = "figures_staff/_rows.html" if request.args.get("after") and wants_fragment() else None
    return reply("figures_staff/queue.html", fragment=fragment, page=page)


@blueprint.post("/<int(max=2147483647):figure_id>/<any(confirm, refuse):decision>")
@requires("staff:console")
def decide(figure_id: int, decision: str) -> Response:
    reason = request.form.get("reason", "").replace("\x00", "")
    confirm = decision == "confirm"
    services_posts.decide_report(figure_id, confirm=confirm, reason=reason, by=actor())
    said = gettext("Confirmed; it counts now") if confirm else gettext("Refused; they are told kindly")
    return go(".queue", toast=said)


@blueprint.get("/import")
@requires("staff:console")
def import_form() -> Response:
    return form_page()


def form_page(
    *, status: int = 200, errors: dict[str, str] | None = None, text: str = "", table: Any = None
) -> Response:
    return reply(
        "figures_staff/import.html",
        status=status,
        errors=errors or {},
        text=text,
        table=table,
        say=gettext,
        last=queries_posts.last_number(),
        in_file=queries_posts.IN_FILE,
    )


@blueprint.get("/posts.csv")
@requires("staff:console")
def posts() -> Response:
    """The posts from a number on, as a file to fill in."""
    first = request.args.get("from", "")
    rows = queries_posts.known_posts(int(first) if re.fullmatch("[0-9]{1,9}", first) else 1)
    response = Response(schemas_figures.posts_csv(rows, gettext), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="posts.csv"'
    return response


@blueprint.post("/import")
@requires("staff:console")
def dry_run() -> Response:
    """What the file says, line by line; nothing is written yet."""
    file = request.files.get("file")
    try:
        if file is not None and file.filename:
            content = file.stream.read(schemas_figures.MOST_BYTES + 1)
        else:
            content = request.form.get("text", "").encode(errors="replace")
        text = sheets.decoded(content, most_bytes=schemas_figures.MOST_BYTES)
    except Invalid as error:
        return form_page(status=422, errors=field_errors(error))
    table = schemas_figures.table(text, programme().timezone)
    if table.wrong:
        return form_page(status=422, errors={"file": gettext(table.wrong)}, text=text)
    return form_page(status=422 if table.errors else 200, text=text, table=table)


@blueprint.post("/import/run")
@requires("staff:console")
def run() -> Response:
    """Take over what the lines without an error say, after the dry run that showed them."""
    table = schemas_figures.table(request.form.get("text", "").replace("\x00", ""), programme().timezone)
    if table.wrong:
        return form_page(status=422, errors={"file": gettext(table.wrong)})
    new = services_posts.import_figures(table.said, by=actor())
    toast = ngettext("%(num)s new figure counts now", "%(num)s new figures count now", new)
    return go(".queue", toast=toast)


@blueprint.post("/import/errors")
@requires("staff:console")
def errors() -> Response:
    """The lines that couldn't be taken, as a file to correct."""
    table = schemas_figures.table(request.form.get("text", "").replace("\x00", ""), programme().timezone)
    response = Response(schemas_figures.errors_csv(table, gettext), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="errors.csv"'
    return response
