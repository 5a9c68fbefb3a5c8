"""Whether this process can serve: `/healthz` asks the database, and says nothing more to anybody."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import text
from werkzeug.wrappers import Response

from app.core.access import public
from app.core.db import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """200 "ok" when the database answers; 503 otherwise (core/web_errors)."""
    db.session.execute(text("SELECT 1"))
    return Response("ok", content_type="text/plain")
