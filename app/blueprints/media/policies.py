"""Who may see a file: its owner, and whom the feature that it belongs to lets in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.actor import Actor

MaySee = Callable[[Any, Actor], bool]

_doors: dict[str, MaySee] = {}


def allow(prefix: str, may_see: MaySee) -> None:
    """Let `may_see(row, actor)` decide for files that belong to `prefix:<id>`.

    `row` has id, owner_id, belongs_to, kind and `subject_id`, the number behind the prefix.
    """
    _doors[prefix] = may_see


def every_member(_row: Any, _actor: Actor) -> bool:
    """For files that anybody signed in may see, such as covers."""
    return True


def may_see(row: Any, actor: Actor) -> bool:
    """Whether `actor` may see the file of `row`."""
    if row.owner_id == actor.id:
        return True
    prefix, _, number = row.belongs_to.partition(":")
    door = _doors.get(prefix)
    if door is None or not number.isdigit():
        return False
    return door(Subject(row, int(number)), actor)


class Subject:
    """A media row with the number of what it belongs to."""

    def __init__(self, row: Any, subject_id: int) -> None:
        self._row = row
        self.subject_id = subject_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)
