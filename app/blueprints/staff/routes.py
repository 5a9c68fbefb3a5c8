"""The console's first page: what waits, and how the month goes."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from app.blueprints.quests.queries_review import COUNTED, minutes_to
from app.blueprints.quests.routes_review import span
from app.blueprints.staff import queries
from app.core import clock
from app.core.access import actor, requires
from app.core.html import programme, reply
from app.core.i18n import current_locale

blueprint = Blueprint("staff", __name__, url_prefix="/staff")


@blueprint.get("")
@requires("staff:console")
def today() -> Response:
    now, day = clock.now(), queries.today(actor(), programme().timezone)
    return reply(
        "staff/today.html",
        day=day,
        counted=COUNTED,
        first=minutes_to(day.reviews.first_due_at, now) if day.reviews.all else 0,
        span=lambda minutes: span(minutes, current_locale()),
        now=now,
    )
