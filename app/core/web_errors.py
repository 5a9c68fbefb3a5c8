"""A domain error becomes a status and words: a page, or for htmx a fragment."""

from __future__ import annotations

import errno
from types import SimpleNamespace

from flask import Flask, g, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.core.db import db
from app.core.errors import DomainError, Invalid
from app.core.html import render, wants_fragment
from app.core.i18n import N_, gettext
from app.core.log import log

WORDS: dict[int, tuple[str, str]] = {
    400: (N_("That request got lost on the way"), N_("Go back, refresh the page and try once more.")),
    401: (N_("Please log in first"), N_("This page belongs to members.")),
    403: (N_("This door isn't yours"), N_("It opens for other roles. If you think it should open for you, ask your contact person.")),  # noqa: E501
    404: (N_("Nothing here"), N_("The page may have moved, or it isn't shared with you.")),
    405: (N_("Nothing here"), N_("The page may have moved, or it isn't shared with you.")),
    409: (N_("It has moved on meanwhile"), N_("Refresh to see where it stands now. Nothing was lost.")),
    413: (N_("That file is too large"), N_("Choose a smaller one. Everything else is kept.")),
    422: (N_("Something is missing"), N_("Have another look at what you entered.")),
    429: (N_("Too many tries"), N_("Wait a few minutes, then try again.")),
    500: (N_("Something broke on our side"), N_("We have been told. What you saved is safe.")),
    503: (N_("We can't save anything right now"), N_("Nothing was changed. Try again in a minute.")),
}  # fmt: skip


DISK_TAKES_NOTHING = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}

NOWHERE = SimpleNamespace(name="Lightup", name_en="Lightup", timezone="UTC", is_demo=False)


def field_errors(error: Invalid) -> dict[str, str]:
    """The messages of `error` by field, translated."""
    return {name: gettext(message, **error.params) for name, message in error.fields.items()}


def error_response(status: int, message: str | None = None) -> Response:
    """The page, or for htmx the fragment, that says what happened in kind words."""
    try:
        body = _draw(status, message)
    except SQLAlchemyError:
        # the database is what is away: the page is drawn as for a visitor, without asking it again
        db.session.rollback()
        g.actor, g.programme = None, NOWHERE
        body = _draw(status, message)
    response = Response(body, status, content_type="text/html; charset=utf-8")
    if wants_fragment():
        # an error is shown where toasts are, whatever the request wanted to swap
        response.headers["HX-Retarget"] = "#toasts"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _draw(status: int, message: str | None) -> str:
    title, hint = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    template = "errors/_error.html" if wants_fragment() else "errors/error.html"
    return render(template, status=status, title=gettext(title), message=message or gettext(hint))


def init_web_errors(app: Flask) -> None:
    @app.errorhandler(DomainError)
    def domain(error: DomainError) -> Response:
        message = gettext(error.message, **error.params) if error.message else None
        if isinstance(error, Invalid) and not message and error.fields:
            message = " ".join(field_errors(error).values())
        return error_response(error.status, message)

    @app.errorhandler(CSRFError)
    def csrf(_error: CSRFError) -> Response:
        return error_response(400, gettext("This page has been open too long. Refresh it and try once more."))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.response is not None:
            return error.response  # type: ignore[return-value]
        response = error_response(error.code or 500)
        for name, value in error.get_headers():
            if name.lower() in ("retry-after", "allow"):
                response.headers[name] = value
        return response

    @app.errorhandler(OperationalError)
    def database(error: OperationalError) -> Response:
        log.error("database_unavailable", path=request.path, kind=type(error.orig).__name__)
        return error_response(503)

    @app.errorhandler(OSError)
    def disk(error: OSError) -> Response:
        # a large form is kept in a file while it comes in, before any command is asked
        if error.errno not in DISK_TAKES_NOTHING:
            return unexpected(error)
        log.error("disk", path=request.path, errno=error.errno)
        return error_response(503)

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        if app.testing and app.config.get("PROPAGATE"):
            raise error
        log.error("unexpected", endpoint=request.endpoint, exc_info=error)
        return error_response(500)
