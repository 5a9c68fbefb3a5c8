"""The door for a voucher's codes: a file, a dry run line by line, and all of it or nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.mall import queries_staff, schemas_codes, services_items
from app.blueprints.mall.routes_staff import ITEM, said_told
from app.core import sheets
from app.core.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.html import go, programme, reply
from app.core.i18n import current_locale, gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("codes_staff", __name__, url_prefix="/staff/mall")
# lines with something wrong that a page shows
SHOWN = 100


def voucher(item_id: int) -> Any:
    """The good. Raises NotFound for one without codes."""
    item = queries_staff.item(item_id)
    if item.kind != "voucher":
        raise NotFound
    return item


def page(item: Any, *, text: str = "", trial: Any = None, errors: dict[str, str] | None = None) -> Response:
    return reply(
        "mall_staff/codes.html",
        status=422 if errors or (trial and trial.errors) else 200,
        item=item,
        left=queries_staff.codes_left(item.id),
        text=text,
        trial=trial,
        errors=errors or {},
        shown=SHOWN,
        say=gettext,
    )


def tried() -> tuple[str, schemas_codes.Trial]:
    """The text that was sent, as a file or with the page that showed it, and what it says. Raises Invalid."""
    file = request.files.get("file")
    if file is not None and file.filename:
        content = file.stream.read(schemas_codes.MOST_BYTES + 1)
    else:
        content = request.form.get("text", "").encode(errors="replace")
    text = sheets.decoded(content, most_bytes=schemas_codes.MOST_BYTES)
    return text, schemas_codes.tried(text, programme().timezone, current_locale())


@blueprint.get(f"{ITEM}/codes")
@requires("mall:manage")
def form(item_id: int) -> Response:
    return page(voucher(item_id))


@blueprint.post(f"{ITEM}/codes")
@requires("mall:manage")
def dry_run(item_id: int) -> Response:
    item = voucher(item_id)
    try:
        text, trial = tried()
    except Invalid as error:
        return page(item, errors=field_errors(error))
    return page(item, text=text, trial=trial)


@blueprint.post(f"{ITEM}/codes/run")
@requires("mall:manage")
def run(item_id: int) -> Response:
    item = voucher(item_id)
    try:
        text, trial = tried()
    except Invalid as error:
        return page(item, errors=field_errors(error))
    if trial.errors:
        return page(item, text=text, trial=trial)
    told = services_items.add_codes(item_id, trial.codes, by=actor())
    return go("mall_staff.show", toast=said_told(told), item_id=item_id)


@blueprint.post(f"{ITEM}/codes/errors")
@requires("mall:manage")
def errors(item_id: int) -> Response:
    """The lines that couldn't be taken, as a file to correct."""
    item = voucher(item_id)
    try:
        _text, trial = tried()
    except Invalid as error:
        return page(item, errors=field_errors(error))
    response = Response(schemas_codes.errors_csv(trial, gettext), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="codes-to-correct.csv"'
    return response
