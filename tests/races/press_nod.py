"""One process of the race for a member's call (see test_nod.py): its own app on the same database, and
several threads that nod to it, or withdraw it, at the same moment.

Given: database URL, data folder, quest, presses, guard, who acts, act ("nod" or "withdraw"). `guard` is "on",
or "off": what the page once showed is believed, no row is held, no state is looked at, and each notice has a
key of its own.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import update

from app.blueprints.inbox import services as inbox
from app.blueprints.members import queries as members
from app.blueprints.quests import queries_staff, services_calls, services_publish
from app.blueprints.quests.models import CallProposal, Quest
from app.core.db import db
from tests.races.at_once import press_together, racing_app


def take_guard_away(quest_id: int) -> None:
    seen = queries_staff.whole(quest_id)
    db.session.rollback()

    def settle(of: int, state: str, *_by: Any, **_more: Any) -> None:
        db.session.execute(update(CallProposal).where(CallProposal.quest_id == of).values(state=state))

    def give(quest: Any, _by: Any) -> None:
        settle(quest.id, "nodded")
        notice = inbox.NewNotice(
            key=str(uuid.uuid4()),
            member_id=quest.hosted_by_id,
            icon="i-flag",
            title={"zh": "", "en": ""},
            link="/",
        )
        inbox.notify([notice])

    def move(quest: Any, move: str, *_by: Any, **_more: Any) -> None:
        state = {"publish": "live", "archive": "archived"}[move]
        db.session.execute(update(Quest).where(Quest.id == quest.id).values(state=state))

    queries_staff.whole = lambda *_args, **_more: seen  # type: ignore[assignment]
    services_calls._settle = settle  # type: ignore[assignment]
    services_publish._give_to_host = give
    services_publish.move_quest = services_calls.move_quest = move


def main(database_url: str, data: str, quest: str, presses: str, guard: str, who: str, act: str) -> None:
    app = racing_app(database_url, data)
    with app.app_context():
        by = members.as_actor(int(who))
        db.session.rollback()
        if guard == "off":
            take_guard_away(int(quest))
    command = {"nod": services_calls.nod_call, "withdraw": services_calls.withdraw_call}[act]

    def decide() -> str:
        command(int(quest), by=by)
        return act

    press_together(app, [()] * int(presses), decide)
