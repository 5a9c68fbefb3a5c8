"""What the circle page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.blueprints.members import queries as members
from app.blueprints.quests import queries_sky as quests


@dataclass(frozen=True)
class Circle:
    """`progress` is by mentee id: lit, under_way, sent, last_at."""

    profile: Any
    mentees: list[Any]
    progress: dict[int, Any]


def circle(member_id: int) -> Circle:
    """Who leads the member, and whom they lead, in four queries with the session's."""
    mentees = members.mentees_of(member_id)
    return Circle(members.profile(member_id), mentees, quests.progress_of([mentee.id for mentee in mentees]))
