"""What comes in with remarks: pins from the review page's form, a line of a dialogue."""

from __future__ import annotations

import re

from werkzeug.datastructures import MultiDict

from app.blueprints.quests.schemas import clean
from app.blueprints.quests.services_remarks import Pin

PLACE = re.compile(r"pin:([^:]{1,60}):(\d{1,9})")


def pins(form: MultiDict[str, str], only: str = "") -> list[Pin]:
    """The pins that were typed: all with words in them, or the one at the place `only`, empty or not."""
    found = []
    for name, body in form.items():
        match = PLACE.fullmatch(name)
        if match is None:
            continue
        one = Pin(
            clean(match[1]), int(match[2]) or None, clean(body), clean(form.get(f"key:{name[4:]}", ""))[:200]
        )
        if one.place == only or (not only and one.body.strip()):
            found.append(one)
    return found
