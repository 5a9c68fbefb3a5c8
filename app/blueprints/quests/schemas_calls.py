"""What the forms of members' calls send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from app.blueprints.quests.policies_publish import BOUNDS, is_day
from app.core.dates import zone
from app.core.errors import Invalid


def proposal(form: Mapping[str, str], timezone: str) -> dict[str, Any]:
    """A proposed call: it is open until the named day is over, in the programme's zone."""
    day = form.get("until", "")
    closes_at = None
    if is_day(day):
        after = date.fromisoformat(day) + timedelta(days=1)
        closes_at = datetime.combine(after, time(), zone(timezone))
    return {"closes_at": closes_at} | {name: form.get(name, "") for name in ("title", "about", "asks")}


def points(form: Mapping[str, str]) -> int | None:
    """The points of its own that staff give a call; nothing typed is none. Raises Invalid."""
    typed = form.get("points", "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 8):
        raise Invalid(fields={"points": BOUNDS["points"][2]})
    return int(typed)
