"""One process of the race for a poll (see test_race.py): its own app on the same database, a thread for each
member who votes, all at the same moment.

Given: database URL, data folder, poll, guard, then "member:option,option" for each thread, which votes for
these one after the other. `guard` is

- "on": as it is
- "off": nobody's own row is held, a vote is looked for before it is written and the tally is set to what was
  read plus one, as one would do without thinking
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import select, text

from app.blueprints.members import queries as members
from app.blueprints.quests import services_quick
from app.blueprints.quests.models import PollTally
from app.core.db import db
from tests.races.at_once import outcome, press_together, racing_app


def without_thinking(quest_id: int, option_key: str, *, by: Any) -> None:
    """Read, think, write: what the commands never do."""
    known = db.session.scalar(
        select(PollTally.votes).where(PollTally.quest_id == quest_id, PollTally.option_key == option_key)
    )
    db.session.rollback()
    time.sleep(0.01)
    where = {"q": quest_id, "o": option_key, "v": (known or 0) + 1}
    changed = text("UPDATE poll_tally SET votes = :v WHERE quest_id = :q AND option_key = :o")
    if db.session.execute(changed, where).rowcount == 0:  # type: ignore[attr-defined]
        db.session.execute(text("INSERT INTO poll_tally VALUES (:q, :o, :v)"), where)
    db.session.commit()


def main(database_url: str, data: str, poll: str, guard: str, *wishes: str) -> None:
    app = racing_app(database_url, data)
    voters = []
    with app.app_context():
        for wish in wishes:
            member, _, options = wish.partition(":")
            voters.append((members.as_actor(int(member)), options.split(",")))
        db.session.rollback()
    command: Any = services_quick.vote if guard == "on" else without_thinking

    def vote(option: str, by: Any) -> str:
        command(int(poll), option, by=by)
        return "voted"

    def vote_for_each(by: Any, options: list[str]) -> str:
        return "\n".join(outcome(vote, option, by) for option in options)

    press_together(app, voters, vote_for_each)
