"""The console's first page: what waits, and how the month goes."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint
from werkzeug.wrappers import Response

from app.blueprints.quests.queries_review import COUNTED, minutes_to
from app.blueprints.staff import queries
from app.core import clock
from app.core.access import actor, requires
from app.core.dates import span
from app.core.html import programme, reply
from app.core.i18n import current_locale

blueprint = Blueprint("staff", __name__, url_prefix="/staff")


def waited_minutes(since: datetime | None, now: datetime) -> int:
    """How long the oldest of something has waited; 0 where nothing waits."""
    return 0 if since is None else int((now - since).total_seconds() // 60)


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
        waited=waited_minutes(day.words.since, now),
        now=now,
    )
