"""Agreeing to a quest's terms. The only writer of `TermsAgreement`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select

from app.blueprints.quests.models import Quest, QuestVersion, TermsAgreement
from app.blueprints.quests.policies_terms import AGREE, CHANGED
from app.blueprints.quests.queries_board import outlook
from app.core import clock
from app.core.actor import Actor
from app.core.db import read, table, upsert, write
from app.core.errors import Invalid, NotFound, Refused
from app.core.uow import unit_of_work


def agree(quest_id: int, version_id: int | None, *, by: Actor) -> None:
    """Write down that the member agreed to the terms of this version of the quest; once, however often.

    Raises NotFound for a quest that isn't theirs to see, Invalid (field "agree") without a version, Refused
    for one whose terms aren't those that hold now: what was read is what is agreed to.
    """
    with unit_of_work():
        view = outlook(by)
        quest = view.board.quests.get(quest_id)
        if quest is None or quest.state != "live" or not view.on_offer(quest):
            raise NotFound
        if version_id is None:
            raise Invalid(fields={"agree": AGREE})
        rows = read(_terms(), {"quest": quest_id, "version": version_id}).all()
        if len({(row.terms, row.terms_en) for row in rows}) != 1 or version_id not in {
            row.id for row in rows
        }:
            raise Refused(CHANGED)
        write(_agreed(), {"member_id": by.id, "version_id": quest.version_id, "agreed_at": clock.now()})


@lru_cache
def _terms() -> Any:
    """The terms of a quest as they are, and as they were in one of its versions."""
    return (
        select(QuestVersion.id, QuestVersion.terms, QuestVersion.terms_en)
        .join(Quest, Quest.id == QuestVersion.quest_id)
        .where(
            Quest.id == bindparam("quest"),
            (QuestVersion.id == bindparam("version")) | (QuestVersion.id == Quest.version_id),
        )
    )


@lru_cache
def _agreed() -> Any:
    return upsert(table(TermsAgreement)).on_conflict_do_nothing()
