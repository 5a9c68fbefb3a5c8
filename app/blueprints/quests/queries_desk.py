"""What the console's first page reads of the work on quests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, distinct, func, or_, select

from app.blueprints.members import queries as members
from app.blueprints.quests.models import (
    CallProposal,
    Evidence,
    QuestVersion,
    Review,
    Submission,
    SubmissionEvent,
)
from app.blueprints.quests.policies import EDITABLE
from app.core import clock
from app.core.db import db

NEW = timedelta(days=30)
STOPPED = timedelta(days=7)


def pulse(since: datetime) -> Any:
    """senders: members who sent work since; asked: how often changes were asked for since; again: how many
    of these came back with a next round; proposals: calls of members that wait for a nod."""
    next_sent = (
        select(SubmissionEvent.id)
        .where(
            SubmissionEvent.submission_id == Review.submission_id,
            SubmissionEvent.kind == "submitted",
            SubmissionEvent.round == Review.round + 1,
        )
        .exists()
    )
    asked = select(func.count(Review.id)).where(Review.decision == "changes", Review.created_at >= since)
    return db.session.execute(
        select(
            select(func.count(distinct(Submission.member_id)))
            .where(Submission.submitted_at >= since)
            .scalar_subquery()
            .label("senders"),
            asked.scalar_subquery().label("asked"),
            asked.where(next_sent).scalar_subquery().label("again"),
            select(func.count(CallProposal.quest_id))
            .where(CallProposal.state == "proposed")
            .scalar_subquery()
            .label("proposals"),
        )
    ).one()


def stopped_newcomers(limit: int = 20) -> Sequence[Any]:
    """Who joined in the last thirty days, has work begun, and hasn't touched it for a week: name, title,
    title_en; the longest silence first."""
    now = clock.now()
    quiet_since = now - STOPPED
    moved = select(SubmissionEvent.id).where(
        SubmissionEvent.submission_id == Submission.id, SubmissionEvent.at > quiet_since
    )
    added = select(Evidence.id).where(
        Evidence.submission_id == Submission.id, Evidence.created_at > quiet_since
    )
    return db.session.execute(
        select(
            Submission.member_id,
            members.name_of(Submission.member_id).label("name"),
            QuestVersion.title,
            QuestVersion.title_en,
        )
        .select_from(Submission)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(
            Submission.state.in_(EDITABLE),
            Submission.started_at <= quiet_since,
            Submission.member_id.in_(members.joined_since(now - NEW)),
            and_(~moved.exists(), ~added.exists()),
            or_(Submission.submitted_at.is_(None), Submission.submitted_at <= quiet_since),
        )
        .order_by(Submission.started_at)
        .limit(limit)
    ).all()
