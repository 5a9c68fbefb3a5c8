"""A results ladder: its rungs and the names under which they are paid. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# what a post is "made for" when it is a piece of work
MADE_FOR = "submission:"


@dataclass(frozen=True)
class Rung:
    """A step of a ladder; `at` is when it was paid, None: not yet."""

    metric: str
    threshold: int
    points: int
    perk: str
    at: datetime | None


def rungs(ladder: Sequence[dict[str, Any]], paid: dict[tuple[str, int], datetime]) -> list[Rung]:
    """The rungs of a ladder, the low ones first, with when each was paid."""
    return [
        Rung(
            row["metric"], row["from"], row.get("points") or 0, row.get("perk") or "",
            paid.get((row["metric"], row["from"])),
        )
        for row in sorted(ladder, key=lambda row: (row["metric"] != "views", row["metric"], row["from"]))
    ]  # fmt: skip


def rung_key(submission_id: int, rung: dict[str, Any]) -> str:
    """The name under which a rung's transfer and notice are written, once for ever."""
    return f"{MADE_FOR}{submission_id}:rung:{rung['metric']}:{rung['from']}"
