"""What a member saw and what they put aside. The only writer of both."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import delete

from app.blueprints.quests.models import QuestSeen, QuestSkip
from app.blueprints.quests.queries_board import outlook
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, table, upsert, write
from app.core.errors import NotFound
from app.core.uow import unit_of_work

SKIPPED = timedelta(days=14)


def saw_quest(quest_id: int, *, by: Actor) -> None:
    """Note that the member has had the quest's page open; once for ever. Whoever calls has checked that
    the page is theirs to see."""
    with unit_of_work():
        write(_seen(), {"quest_id": quest_id, "member_id": by.id, "at": clock.now()})


@lru_cache
def _seen() -> Any:
    return upsert(table(QuestSeen)).on_conflict_do_nothing()


def skip_quest(quest_id: int, *, by: Actor) -> None:
    """Don't recommend a quest for two weeks; it stays in the list. Raises NotFound for one that isn't
    theirs to see."""
    with unit_of_work():
        view = outlook(by)
        quest = view.board.quests.get(quest_id)
        if quest is None or not view.on_offer(quest):
            raise NotFound
        new = upsert(table(QuestSkip))
        write(
            new.on_conflict_do_update(
                index_elements=["member_id", "quest_id"], set_={"until": new.excluded.until}
            ),
            {"member_id": by.id, "quest_id": quest_id, "until": clock.now() + SKIPPED},
        )


def take_up_again(quest_id: int, *, by: Actor) -> None:
    """Recommend a quest again that was put aside."""
    with unit_of_work():
        db.session.execute(
            delete(QuestSkip).where(QuestSkip.member_id == by.id, QuestSkip.quest_id == quest_id)
        )
