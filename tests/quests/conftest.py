"""Quests to test on, written straight into the tables: publishing has tests of its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import event, insert, update

from app.blueprints.badges import services as badges
from app.blueprints.library import services as library
from app.blueprints.quests.models import (
    Quest,
    QuestNamedMember,
    QuestPrerequisite,
    QuestResource,
    QuestVersion,
)
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work

STEPS: list[dict[str, Any]] = [
    {"key": "park", "title": "停稳，找一盏灯", "title_en": "Park, find one lamp", "evidence": "none"},
    {
        "key": "photos",
        "title": "拍一到三张",
        "title_en": "Take one to three",
        "hint": "垫稳手机",
        "hint_en": "Steady the phone",
        "evidence": "photo",
        "min": 1,
        "max": 3,
        "required": True,
    },
    {"key": "line", "title": "写一句话", "title_en": "Write one line", "evidence": "text", "required": True},
    {"key": "post", "title": "发布的链接", "title_en": "Link to it", "evidence": "link", "required": False},
]
WORDS_ONLY = [STEPS[2]]


@pytest.fixture
def make_quest(app: Any) -> Callable[..., int]:
    """make_quest("首次夜拍", …columns of Quest or QuestVersion, after=[quests], resources=[…], named=[…])."""

    def make(title: str = "首次夜拍", **more: Any) -> int:
        after, resources, named = (more.pop(name, ()) for name in ("after", "resources", "named"))
        version_columns = {column.key for column in QuestVersion.__table__.columns}
        terms = {name: more.pop(name) for name in list(more) if name in version_columns}
        now = clock.now()
        with unit_of_work():
            quest_id = db.session.scalar(
                insert(Quest)
                .values(
                    **{"preset": "skill_challenge", "state": "live", "track_key": "photo", "icon": "i-camera"}
                    | {"created_at": now - timedelta(days=9), "updated_at": now}
                    | more
                )
                .returning(Quest.id)
            )
            values = {
                "title": title,
                "title_en": f"{title} en",
                "summary": "天黑以后，找一盏灯。",
                "steps": STEPS,
            }
            values |= {
                "criteria": [{"zh": "光有来处", "en": "Light has a source", "hint": "", "hint_en": ""}]
            }
            values |= {"scores": [], "phrases": {}, "results_ladder": [], "created_at": now, "needs": "手机"}
            version_id = db.session.scalar(
                insert(QuestVersion).values(quest_id=quest_id, **(values | terms)).returning(QuestVersion.id)
            )
            badge_id = badges.define_badge(
                key=f"quest-{quest_id}",
                name=title,
                name_en=f"{title} en",
                track_key=more.get("track_key", "photo"),
                icon="i-camera",
                rung=more.get("rung", 1),
                fact="quest.approved",
                fact_scope=f"quest:{quest_id}",
            )
            db.session.execute(
                update(Quest).where(Quest.id == quest_id).values(version_id=version_id, badge_id=badge_id)
            )
            for needed in after:
                db.session.execute(
                    insert(QuestPrerequisite).values(quest_id=quest_id, requires_quest_id=needed)
                )
            for number, resource in enumerate(resources):
                db.session.execute(
                    insert(QuestResource).values(quest_id=quest_id, resource_id=resource, position=number)
                )
            for member in named:
                db.session.execute(insert(QuestNamedMember).values(quest_id=quest_id, member_id=member.id))
        return quest_id

    return make


@pytest.fixture
def new_terms(app: Any) -> Callable[..., None]:
    """Give a quest a second version."""

    def change(quest_id: int, **terms: Any) -> None:
        with unit_of_work():
            values = {
                "title": "首次夜拍",
                "steps": STEPS,
                "criteria": [],
                "scores": [],
                "phrases": {},
                "results_ladder": [],
                "number": 2,
                "created_at": clock.now(),
            }
            version_id = db.session.scalar(
                insert(QuestVersion).values(quest_id=quest_id, **(values | terms)).returning(QuestVersion.id)
            )
            db.session.execute(update(Quest).where(Quest.id == quest_id).values(version_id=version_id))

    return change


@pytest.fixture
def make_resource(app: Any) -> Callable[..., int]:
    def make(title: str = "夜拍三件事", author: Any = None, **more: Any) -> int:
        return library.publish_resource(
            kind="tutorial",
            title=title,
            body=more.pop("body", "先让手机站稳。"),
            author_id=author.id if author else None,
            **more,
        )

    return make


def photo(shade: int = 90, size: tuple[int, int] = (640, 480)) -> io.BytesIO:
    """A small real JPEG; another shade is another picture."""
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 40, 120)).save(out, "JPEG")
    out.seek(0)
    return out


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL statements of the block."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.split()[0] not in ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA"):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
