"""Approve pressed fifty times at once, by five processes: all is given once. On the database of the run.

The control takes the guard away first and must pay more than once; else the race would prove nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update

from app.blueprints.badges import services as badges
from app.blueprints.badges.models import Award, Badge, Fact
from app.blueprints.impact.models import Helped, ImpactLine
from app.blueprints.inbox.models import Notice
from app.blueprints.points.models import Account, Transfer
from app.blueprints.quests import services
from app.blueprints.quests.models import Quest, QuestVersion, Review, Submission
from app.blueprints.quests.services import Draft
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db
from app.core.uow import unit_of_work
from tests.races.at_once import at_once

PROCESSES, PRESSES = 5, 10


@pytest.fixture
def quest(app: Flask) -> int:
    with unit_of_work():
        badge_id = badges.define_badge(
            key="night", name="首次夜拍", name_en="First night shot", track_key="photo", icon="i-camera",
            rung=1, fact="quest.approved", fact_scope="track:photo",
        )  # fmt: skip
        quest_id = db.session.scalar(
            insert(Quest)
            .values(
                preset="skill_challenge", state="live", track_key="photo", badge_id=badge_id,
                created_at=clock.now(), updated_at=clock.now(),
            )
            .returning(Quest.id)
        )  # fmt: skip
        version_id = db.session.scalar(
            insert(QuestVersion)
            .values(
                quest_id=quest_id, title="首次夜拍", title_en="First night shot", rule_key="original_post",
                steps=[{"key": "words", "title": "写", "evidence": "text", "required": True}], scores=[],
                criteria=[], phrases={}, results_ladder=[], created_at=clock.now(),
            )
            .returning(QuestVersion.id)
        )  # fmt: skip
        db.session.execute(update(Quest).values(version_id=version_id))
    return quest_id


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> dict[str, Actor]:
    return {
        "member": make_member("linxia"),
        "helper": make_member("zhoumo"),
        "reviewer": make_member("luoning", capabilities=("reviewer",)),
    }


@pytest.fixture
def work(quest: int, people: dict[str, Actor]) -> int:
    submission_id = services.start_quest(quest, by=people["member"])
    draft = Draft(texts={"words": "第一次夜拍"}, helpers=[(people["helper"].id, None)])
    services.submit_work(submission_id, draft, by=people["member"])
    db.session.rollback()
    return submission_id


def press(app: Flask, work: int, by: Actor, guard: str) -> Counter[str]:
    """How fifty presses at once went."""
    script = "tests/races/press_approve.py"
    return at_once(app, script, work, by.id, PRESSES, guard, processes=[()] * PROCESSES)


def count(table: Any, *where: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def balance(member: Actor) -> int:
    db.session.rollback()
    return db.session.scalar(select(Account.balance).where(Account.member_id == member.id)) or 0


@pytest.mark.race
def test_fifty_presses_give_once(app: Flask, work: int, people: dict[str, Actor]) -> None:
    assert press(app, work, people["reviewer"], "on") == {"paid 100": 1, "nothing": PROCESSES * PRESSES - 1}
    once = (Transfer, Award, ImpactLine, Helped, Review)
    assert [count(table) for table in once] == [1] * len(once)
    assert count(Notice, Notice.member_id == people["member"].id) == 1
    assert count(Notice, Notice.member_id == people["helper"].id) == 1
    assert count(AuditLine, AuditLine.act == "submission.approve") == 1
    assert count(Fact, Fact.scope == "track:photo") == 1
    assert balance(people["member"]) == 100
    assert db.session.scalar(select(Badge.award_count)) == 1
    assert db.session.scalar(select(Submission.points_awarded)) == 100


@pytest.mark.race
def test_the_keys_alone_would_hold_too(app: Flask, work: int, people: dict[str, Actor]) -> None:
    """The second net: without lock and state the other presses fail whole, at a unique key or, where two of
    them wait for each other's rows, as the one the database gives up (a deadlock is `Unavailable`)."""
    went = press(app, work, people["reviewer"], "keys")
    assert went.pop("paid 100") == 1
    assert set(went) <= {"IntegrityError", "Unavailable"}
    assert went["IntegrityError"] > 0
    assert went.total() == PROCESSES * PRESSES - 1
    assert [count(table) for table in (Transfer, Award, ImpactLine, Helped)] == [1] * 4
    assert count(Notice) == 2
    assert balance(people["member"]) == 100


@pytest.mark.race
def test_without_any_guard_it_pays_many_times(app: Flask, work: int, people: dict[str, Actor]) -> None:
    """The control."""
    went = press(app, work, people["reviewer"], "off")
    assert went["paid 100"] > 1
    assert count(Transfer) == went["paid 100"]
    assert balance(people["member"]) == 100 * went["paid 100"]
    assert count(ImpactLine) > 1
    assert count(Notice, Notice.member_id == people["member"].id) > 1
