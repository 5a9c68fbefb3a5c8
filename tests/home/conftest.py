"""A small sky, and members who light its stars through the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from app.blueprints.badges import services as badges
from app.blueprints.members import queries as members
from app.blueprints.quests import services, services_review
from app.blueprints.quests.models import Quest, QuestPrerequisite, QuestVersion
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work


@pytest.fixture
def make_quest(app) -> Callable[..., int]:
    """make_quest("Blue hour", track="photo", rung=2, after=[quest_id], **columns of quest) -> id."""

    def make(
        title: str, *, track: str = "photo", rung: int = 1, after: tuple[int, ...] = (), **more: Any
    ) -> int:
        now = clock.now()
        with unit_of_work():
            quest_id = db.session.scalar(
                insert(Quest)
                .values(
                    preset="skill_challenge", state="live", track_key=track, rung=rung, icon="i-camera",
                    created_at=now, updated_at=now, **more,
                )
                .returning(Quest.id)
            )  # fmt: skip
            badge_id = badges.define_badge(
                key=f"b{quest_id}", name=f"{title}徽章", name_en=f"{title} badge", track_key=track,
                icon="i-camera", rung=rung, fact="quest.approved", fact_scope=f"quest:{quest_id}",
            )  # fmt: skip
            version_id = db.session.scalar(
                insert(QuestVersion)
                .values(
                    quest_id=quest_id, title=f"{title}题", title_en=title, summary="一句话",
                    summary_en="One line", rule_key="original_post", created_at=now, review_hours=48,
                    effort_minutes=40, scores=[], criteria=[], phrases={}, results_ladder=[],
                    steps=[{"key": "words", "title": "写", "evidence": "text", "required": True}],
                )
                .returning(QuestVersion.id)
            )  # fmt: skip
            db.session.execute(
                update(Quest).where(Quest.id == quest_id).values(version_id=version_id, badge_id=badge_id)
            )
            for first in after:
                db.session.execute(
                    insert(QuestPrerequisite).values(quest_id=quest_id, requires_quest_id=first)
                )
        return quest_id

    return make


@pytest.fixture
def reviewer(make_member) -> Actor:
    return make_member("luoning", name="Luo Ning", capabilities=("reviewer",))


@pytest.fixture
def work(reviewer: Actor) -> Callable[..., int]:
    """work(member, quest, state="approved", helper=…, days_ago=…) -> submission id.

    Other states: "working", "submitted", "changes".
    """

    def do(
        member: Actor,
        quest_id: int,
        *,
        state: str = "approved",
        helper: Actor | None = None,
        days_ago: float = 0,
    ) -> int:
        member = members.as_actor(member.id)
        with clock.at(clock.now() - timedelta(days=days_ago)):
            work_id = services.start_quest(quest_id, by=member)
            if state == "working":
                return work_id
            helpers = [(helper.id, None)] if helper else []
            services.submit_work(work_id, Draft(texts={"words": "x"}, helpers=helpers), by=member)
            if state == "submitted":
                return work_id
            services_review.open_for_review(work_id, by=reviewer)
            verdict = Verdict(round=1, highlight="The light holds", suggestion="Add live sound")
            if state == "changes":
                services_review.ask_changes(work_id, verdict, by=reviewer)
            else:
                services_review.approve_submission(work_id, verdict, by=reviewer)
        return work_id

    return do


@pytest.fixture
def counted(app) -> Callable[[], Any]:
    """with counted() as statements: … -> what was asked of the database."""

    @contextmanager
    def count() -> Iterator[list[str]]:
        said: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT", "ROLLBACK")):
                said.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield said
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return count


@pytest.fixture
def text(login) -> Callable[..., str]:
    """text(client, path) -> the page in English; it must answer 200."""

    def get(client, path: str, locale: str = "en") -> str:
        response = client.get(path, headers={"Accept-Language": locale})
        assert response.status_code == 200, (path, response.status_code, response.headers.get("Location"))
        return response.get_data(as_text=True)

    return get


@pytest.fixture
def seen(app) -> Callable[[Actor], None]:
    """seen(member): every badge so far has been shown."""
    from app.blueprints.badges.models import Award

    def mark(member: Actor) -> None:
        with unit_of_work():
            db.session.execute(update(Award).where(Award.member_id == member.id).values(shown_at=clock.now()))

    return mark
