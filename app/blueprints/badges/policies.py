"""What a badge counts, in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Takes:
    """`kind`: "quest" (complete the one with `quest_id`), "track", "quests", "given" by staff, or "other"."""

    kind: str
    quest_id: int | None = None


def what_it_takes(fact: str | None, scope: str) -> Takes:
    """How a badge that counts `fact` in `scope` is lit."""
    if fact is None:
        return Takes("given")
    if fact != "quest.approved":
        return Takes("other")
    where, _, key = scope.partition(":")
    if where == "quest" and key.isdigit():
        return Takes("quest", int(key))
    return Takes("track" if where == "track" else "quests")
