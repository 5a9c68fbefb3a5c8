"""What was approved last, kept in the reviewer's own session for ten minutes, so that each page of the desk
can offer to take it back without asking the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import session

from app.blueprints.quests.policies import undo_minutes
from app.core import clock
from app.core.i18n import current_locale, gettext, ngettext, pick

KEPT = "lit"


@dataclass(frozen=True)
class LitLast:
    """`ids` can be taken back for so many minutes; `skipped` are names with the reason they were left out."""

    ids: list[int]
    text: str
    minutes: int
    skipped: list[tuple[str, str]]


def remember(
    ids: Sequence[int],
    *,
    points: int,
    name: str = "",
    title: dict[str, Any] | None = None,
    skipped: Sequence[tuple[str, str]] = (),
) -> None:
    """Offer to take these back. `skipped` are (name, msgid of the reason)."""
    session[KEPT] = {
        "ids": list(ids),
        "points": points,
        "name": name,
        "title": title,
        "skipped": [list(each) for each in skipped],
        "at": clock.now().isoformat(),
    }


def forget() -> None:
    session.pop(KEPT, None)


def lit_last() -> LitLast | None:
    """What can still be taken back, in words; None once the ten minutes are over."""
    kept = session.get(KEPT)
    if not kept:
        return None
    minutes = undo_minutes(datetime.fromisoformat(kept["at"]), clock.now())
    if not minutes:
        return None
    points = f"{kept['points']:,}"
    if kept["title"]:
        title = pick(kept["title"], current_locale())
        text = gettext(
            "“%(quest)s” by %(name)s is lit: %(points)s points", quest=title, name=kept["name"], points=points
        )
    elif kept["ids"]:
        text = ngettext(
            "%(num)s is lit, %(points)s points in all", "%(num)s are lit, %(points)s points in all",
            len(kept["ids"]), points=points,
        )  # fmt: skip
    else:
        text = gettext("None could be lit")
    return LitLast(kept["ids"], text, minutes, [(name, gettext(why)) for name, why in kept["skipped"]])
