"""Work to review: a quest that asks for one sentence, sent by whom a test names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, update

from app.blueprints.badges import services as badges
from app.blueprints.members import services as members
from app.blueprints.quests import services
from app.blueprints.quests.models import Quest, QuestVersion
from app.blueprints.quests.services import Draft
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work

TERMS: dict[str, Any] = {
    "title": "首次夜拍", "title_en": "First night shot", "rule_key": "original_post",
    "steps": [{"key": "words", "title": "写一句话", "title_en": "Write a line", "evidence": "text"}],
    "scores": [{"zh": "光", "en": "Light"}, {"zh": "构图", "en": "Framing"}],
    "criteria": [{"zh": "光有来处", "en": "The light has a source"}, {"zh": "没有手抖", "en": "No shake"}],
    "phrases": {"zh": ["写下快门"], "en": ["Write down the shutter time"]}, "results_ladder": [],
}  # fmt: skip
WORDS = "第一次夜拍，风很大"


@pytest.fixture
def make_quest(app: Flask) -> Callable[..., int]:
    """make_quest(…columns of QuestVersion) -> id of a live quest with a badge of its own."""

    def make(track_key: str = "photo", **terms: Any) -> int:
        now = clock.now()
        with unit_of_work():
            quest_id = db.session.scalar(
                insert(Quest)
                .values(
                    preset="skill_challenge",
                    state="live",
                    track_key=track_key,
                    icon="i-camera",
                    created_at=now,
                    updated_at=now,
                )
                .returning(Quest.id)
            )
            badge_id = badges.define_badge(
                key=f"quest-{quest_id}", name="首次夜拍", name_en="First night shot", track_key=track_key,
                icon="i-camera", rung=1, fact="quest.approved", fact_scope=f"quest:{quest_id}",
            )  # fmt: skip
            version_id = db.session.scalar(
                insert(QuestVersion)
                .values(quest_id=quest_id, created_at=now, **(TERMS | terms))
                .returning(QuestVersion.id)
            )
            db.session.execute(
                update(Quest).where(Quest.id == quest_id).values(version_id=version_id, badge_id=badge_id)
            )
        return quest_id

    return make


@pytest.fixture
def quest(make_quest: Callable[..., int]) -> int:
    return make_quest()


@pytest.fixture
def send(quest: int) -> Callable[..., int]:
    """send(member) -> id of their work on `quest` (or another), sent to be read."""

    def sent(member: Actor, quest_id: int = quest, words: str = WORDS, **more: Any) -> int:
        work = services.start_quest(quest_id, by=member)
        services.submit_work(work, Draft(texts={"words": words}, **more), by=member)
        return work

    return sent


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> dict[str, Actor]:
    """linxia a member, zhoumo her mentor, luoning and guyan reviewers, xiaoman a member without mentor."""
    found = {
        "linxia": make_member("linxia", name="林夏"),
        "xiaoman": make_member("xiaoman", name="黎小满"),
        "zhoumo": make_member("zhoumo", name="周末", capabilities=("mentor",)),
        "luoning": make_member("luoning", name="罗宁", capabilities=("reviewer",)),
        "guyan": make_member("guyan", name="顾言", capabilities=("reviewer",)),
    }
    admin = make_member("guanli", capabilities=("admin",))
    members.set_mentor(found["linxia"].id, found["zhoumo"].id, by=admin)
    return found


def form(**more: Any) -> dict[str, Any]:
    """A whole verdict as the page sends it."""
    return {
        "round": "1", "decision": "approve", "highlight": "光很好", "suggestion": "写下快门", "score-0": "5",
        "score-1": "4", "checks": ["0"], **more,
    }  # fmt: skip


@pytest.fixture
def verdict() -> Callable[..., dict[str, Any]]:
    return form


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.split()[0] not in ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def counted() -> Callable[..., Any]:
    return counted_statements
