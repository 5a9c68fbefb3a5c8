"""Quick tasks to test on, written straight into the tables: publishing has tests of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update

from app.blueprints.points.models import Account
from app.blueprints.quests.models import (
    PollTally,
    PollVote,
    Quest,
    QuestNamedMember,
    QuestVersion,
    Submission,
)
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work

HTMX = {"HX-Request": "true"}

OPTIONS = [
    {"key": "fold", "zh": "从椅背翻下来", "en": "Folds down"},
    {"key": "arm", "zh": "从扶手里拉出来", "en": "Pulls out"},
    {"key": "none", "zh": "都不需要", "en": "None"},
]
ISSUES = [
    {"key": "wait", "zh": "等太久", "en": "Too long"},
    {"key": "fast", "zh": "讲解太快", "en": "Too fast"},
    {"key": "fine", "zh": "都挺好", "en": "All fine"},
]


def step(key: str, evidence: str, title: str = "一步", **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "title": title,
        "title_en": f"{title} en",
        "evidence": evidence,
        "required": True,
    } | more


STEPS: dict[str, list[dict[str, Any]]] = {
    "poll": [step("s1", "choice", options=OPTIONS)],
    "photo_call": [step("s1", "photo", "一张照片", min=1, max=1)],
    "tip": [step("s1", "text")],
    "share": [step("s1", "text", limit=30)],
    "survey": [
        step("heard", "scale", "听懂了吗", low="没听懂", low_en="Not at all", high="完全懂", high_en="All"),
        step("better", "multiple", "哪里可以更好", options=ISSUES),
        step("words", "text", "想补一句", required=False, limit=20),
    ],
}


@pytest.fixture
def make_quick(app: Flask) -> Callable[..., int]:
    """make_quick("poll", …columns of Quest or QuestVersion, named=[…]) -> the quest's id; five points."""

    def make(kind: str, title: str = "后排小桌板", **more: Any) -> int:
        named = more.pop("named", ())
        version_columns = {column.key for column in QuestVersion.__table__.columns}
        terms = {name: more.pop(name) for name in list(more) if name in version_columns}
        now = clock.now()
        with unit_of_work():
            quest_id = db.session.scalar(
                insert(Quest)
                .values(
                    **{"preset": "quick_task", "kind": kind, "state": "live", "track_key": "photo"}
                    | {"created_at": now, "updated_at": now, "named_members_only": bool(named)}
                    | more
                )
                .returning(Quest.id)
            )
            values = {
                "title": title, "title_en": f"{title} en", "steps": STEPS[kind], "criteria": [], "scores": [],
                "phrases": {}, "results_ladder": [], "format": "车窗外" * (kind == "photo_call"),
                "review_mode": "auto", "effort_minutes": 1, "points": 5,
                "rule_key": None, "created_at": now,
            }  # fmt: skip
            version_id = db.session.scalar(
                insert(QuestVersion).values(quest_id=quest_id, **(values | terms)).returning(QuestVersion.id)
            )
            db.session.execute(update(Quest).where(Quest.id == quest_id).values(version_id=version_id))
            for member in named:
                db.session.execute(insert(QuestNamedMember).values(quest_id=quest_id, member_id=member.id))
        return quest_id

    return make


def change(*statements: Any) -> None:
    """What staff or time changed meanwhile, past the commands that do so."""
    with unit_of_work():
        for statement in statements:
            db.session.execute(statement)


def votes(quest_id: int) -> dict[str, int]:
    """The tally, which must be what the votes say."""
    db.session.rollback()
    counted = db.session.execute(
        select(PollVote.option_key, func.count())
        .where(PollVote.quest_id == quest_id)
        .group_by(PollVote.option_key)
    ).all()
    kept = db.session.execute(
        select(PollTally.option_key, PollTally.votes).where(
            PollTally.quest_id == quest_id, PollTally.votes > 0
        )
    ).all()
    assert dict(map(tuple, kept)) == dict(map(tuple, counted))
    return dict(map(tuple, kept))


def works(quest_id: int) -> list[Any]:
    db.session.rollback()
    found = select(Submission.member_id, Submission.state, Submission.points_awarded).where(
        Submission.quest_id == quest_id
    )
    return list(db.session.execute(found).all())


def balance(member: Actor) -> int:
    db.session.rollback()
    return db.session.scalar(select(Account.balance).where(Account.member_id == member.id)) or 0
