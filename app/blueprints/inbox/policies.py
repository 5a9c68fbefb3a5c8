"""How notices are gathered on their page: today's, this week's, earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from app.core import clock
from app.core.dates import day_bounds


def gathered(notices: Sequence[Any], timezone: str) -> list[tuple[str, list[Any]]]:
    """Notices, newest first, under "today", "week" (the six days before) or "earlier", in that zone."""
    today = day_bounds(clock.now(), timezone)[0]
    week = today - timedelta(days=6)

    def when(notice: Any) -> str:
        if notice.created_at >= today:
            return "today"
        return "week" if notice.created_at >= week else "earlier"

    return [(key, list(group)) for key, group in groupby(notices, when)]
