"""Questions about lines of the wallet: what a member asked, and what staff still owe an answer to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, cast, literal, select

from app.blueprints.members import queries as members
from app.blueprints.points.models import LineQuestion, PointRule, Transfer
from app.core.db import db, read
from app.core.paging import Page, keyset, page_of

PAGE, ANSWERED = 20, 10


def questions_open() -> Select[Any]:
    """What is owed as promises: a statement of the open questions, the one due first leading.

    Columns: id, member_id, name (the member's), title (the line's, {"zh", "en"}), asked_at, due_at, link (the
    desk's page). For a board of promises over several features; who reads it needs `points:answer`.
    """
    return (
        select(
            LineQuestion.id,
            LineQuestion.member_id,
            members.name_of(LineQuestion.member_id).label("name"),
            Transfer.title,
            LineQuestion.asked_at,
            LineQuestion.due_at,
            (literal("/staff/points/questions#q-") + cast(LineQuestion.id, String)).label("link"),
        )
        .join(Transfer, Transfer.id == LineQuestion.transfer_id)
        .where(LineQuestion.answered_at.is_(None))
        .order_by(LineQuestion.due_at, LineQuestion.id)
    )


def _about() -> Select[Any]:
    """A question with the line that it is about, as staff see both."""
    return (
        select(
            LineQuestion.id,
            LineQuestion.member_id,
            members.name_of(LineQuestion.member_id).label("name"),
            LineQuestion.text,
            LineQuestion.asked_at,
            LineQuestion.due_at,
            LineQuestion.answer,
            LineQuestion.answered_at,
            members.name_of(LineQuestion.answered_by_id).label("answered_by"),
            LineQuestion.transfer_id,
            Transfer.title,
            Transfer.note,
            Transfer.amount,
            Transfer.cause,
            Transfer.base,
            Transfer.multiplier_percent,
            Transfer.uncapped,
            Transfer.created_at,
            PointRule.name.label("rule_name"),
            PointRule.name_en.label("rule_name_en"),
        )
        .select_from(LineQuestion)
        .join(Transfer, Transfer.id == LineQuestion.transfer_id)
        .outerjoin(PointRule, PointRule.key == Transfer.rule_key)
    )


def waiting(cursor: str | None) -> Page[Any]:
    """The open questions, oldest first."""
    query, size = keyset(
        _about().where(LineQuestion.answered_at.is_(None)),
        LineQuestion.asked_at,
        LineQuestion.id,
        cursor=cursor,
        size=PAGE,
        newest_first=False,
    )
    return page_of(db.session.execute(query).all(), size, "asked_at", "id")


def answered() -> Sequence[Any]:
    """What was answered last, newest first."""
    return db.session.execute(
        _about()
        .where(LineQuestion.answered_at.is_not(None))
        .order_by(LineQuestion.answered_at.desc(), LineQuestion.id.desc())
        .limit(ANSWERED)
    ).all()


@lru_cache
def _asked() -> Select[Any]:
    return (
        select(
            LineQuestion.text,
            LineQuestion.asked_at,
            LineQuestion.due_at,
            LineQuestion.answer,
            LineQuestion.answered_at,
            members.name_of(LineQuestion.answered_by_id).label("answered_by"),
        )
        .where(
            LineQuestion.member_id == bindparam("me", type_=Integer),
            LineQuestion.transfer_id == bindparam("line", type_=Integer),
        )
        .order_by(LineQuestion.id)
    )


def asked(transfer_id: int, member_id: int) -> list[Any]:
    """What a member asked about a line, in order, with due_at and, once answered, by whom and when."""
    return list(read(_asked(), {"me": member_id, "line": transfer_id}).all())
