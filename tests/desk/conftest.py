"""The review's people and quests (tests/review), with figures that must follow whatever is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update

from app.blueprints.badges.models import Award, Badge, Fact
from app.blueprints.impact.models import Helped, ImpactLine
from app.blueprints.inbox.models import Notice
from app.blueprints.points import queries_audit
from app.blueprints.points.models import Account
from app.blueprints.quests.models import Quest, QuestVersion, Submission
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.review.conftest import TERMS, counted, make_quest, people, quest, send, verdict

__all__ = ["counted", "make_quest", "people", "quest", "send", "verdict"]

EN = {"Accept-Language": "en"}


@dataclass(frozen=True)
class Given:
    """What approvals have given in all: to a member their points, to everybody the rest."""

    balance: int
    lifetime: int
    awards: int
    award_count: int
    facts: int
    lines: int
    helped: int
    notices: int


def given(member: Actor) -> Given:
    db.session.rollback()
    wallet = db.session.execute(
        select(Account.balance, Account.lifetime).where(
            Account.member_id == member.id, Account.kind == "wallet"
        )
    ).one()

    def count(table: Any) -> int:
        return db.session.scalar(select(func.count()).select_from(table)) or 0

    return Given(
        *wallet,
        count(Award),
        db.session.scalar(select(func.sum(Badge.award_count))) or 0,
        count(Fact),
        count(ImpactLine),
        count(Helped),
        count(Notice),
    )


NOTHING = Given(0, 0, 0, 0, 0, 0, 0, 0)


def state(work: int) -> str:
    db.session.rollback()
    return db.session.scalar(select(Submission.state).where(Submission.id == work)) or ""


def clean_ledger() -> None:
    """The ledger as `flask points audit` sees it: nothing differs from its transfers."""
    db.session.rollback()
    assert list(queries_audit.differences()) == []


@pytest.fixture
def quick(app: Flask) -> Callable[..., int]:
    """quick(…columns of QuestVersion) -> id of a quick task of one line, worth 10 points, read by staff."""

    def make(**terms: Any) -> int:
        now = clock.now()
        own = {
            "title": "一句提醒",
            "title_en": "A line to keep",
            "rule_key": "quest",
            "points": 10,
            "scores": [],
        }
        with unit_of_work():
            quest_id = db.session.scalar(
                insert(Quest)
                .values(
                    preset="quick_task", kind="tip", state="live", track_key="answer", icon="i-idea",
                    created_at=now, updated_at=now,
                )
                .returning(Quest.id)
            )  # fmt: skip
            version_id = db.session.scalar(
                insert(QuestVersion)
                .values(quest_id=quest_id, created_at=now, **(TERMS | own | terms))
                .returning(QuestVersion.id)
            )
            db.session.execute(update(Quest).where(Quest.id == quest_id).values(version_id=version_id))
        assert quest_id is not None
        return quest_id

    return make
