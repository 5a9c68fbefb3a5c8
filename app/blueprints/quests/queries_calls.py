"""What pages read of calls that members start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.blueprints.members import queries as members
from app.blueprints.quests.models import CallProposal, Quest, QuestVersion, Submission
from app.blueprints.quests.queries_staff import shown_state
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, keyset, page_of

PAGE = 20


def _sent(*where: Any) -> Any:
    return (
        select(func.count()).where(Submission.quest_id == Quest.id, *where).correlate(Quest).scalar_subquery()
    )


def _calls() -> Any:
    """A call, its proposal, and what was sent to it: waiting and lit."""
    return (
        select(
            CallProposal.quest_id,
            CallProposal.state,
            CallProposal.reason,
            CallProposal.created_at,
            CallProposal.decided_at,
            CallProposal.member_id,
            members.name_of(CallProposal.member_id).label("member_name"),
            members.tier_of(CallProposal.member_id).label("tier"),
            members.name_of(CallProposal.decided_by_id).label("decided_by"),
            *members.track_words(Quest.track_key),
            Quest.icon,
            Quest.rung,
            Quest.closes_at,
            shown_state(clock.now()).label("shown_state"),
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.summary,
            QuestVersion.summary_en,
            QuestVersion.steps,
            _sent(
                Submission.state == "submitted", Submission.mentor_id == Quest.hosted_by_id
            ).label("waiting"),
            _sent(Submission.state == "approved").label("lit"),
        )
        .select_from(CallProposal)
        .join(Quest, Quest.id == CallProposal.quest_id)
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
    )  # fmt: skip


def calls_of(member_id: int) -> Sequence[Any]:
    """A member's own calls, the newest first."""
    mine = _calls().where(CallProposal.member_id == member_id)
    return db.session.execute(mine.order_by(CallProposal.quest_id.desc()).limit(PAGE)).all()


def proposals_page(cursor: str | None = None, size: int = PAGE) -> Page[Any]:
    """Calls that wait for an answer, the oldest first."""
    waiting = _calls().where(CallProposal.state == "proposed")
    query, size = keyset(
        waiting, CallProposal.created_at, CallProposal.quest_id, cursor=cursor, size=size, newest_first=False
    )
    return page_of(db.session.execute(query).all(), size, "created_at", "quest_id")


def call(quest_id: int) -> Any:
    """One call with its proposal. Raises NotFound."""
    row = db.session.execute(_calls().where(CallProposal.quest_id == quest_id)).one_or_none()
    if row is None:
        raise NotFound
    return row
