"""The main job at the level of commands: one star lit, end to end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, insert, select

from app.blueprints.badges import services as badges
from app.blueprints.badges.models import Award
from app.blueprints.impact.models import Helped, ImpactLine
from app.blueprints.inbox.models import Notice
from app.blueprints.points.models import Account, Transfer
from app.blueprints.quests import services, services_review
from app.blueprints.quests.models import Evidence, Quest, QuestVersion, Submission
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Invalid, Stale
from app.core.uow import unit_of_work


@pytest.fixture
def quest(app) -> int:
    """A live skill challenge that asks for one sentence, read by staff."""
    with unit_of_work():
        badge = badges.define_badge(
            key="night",
            name="首次夜拍",
            name_en="First night shot",
            track_key="photo",
            icon="i-camera",
            rung=1,
            fact="quest.approved",
            fact_scope="quest:1",
        )
        quest_id = db.session.scalar(
            insert(Quest)
            .values(
                preset="skill_challenge",
                state="live",
                track_key="photo",
                badge_id=badge,
                created_at=clock.now(),
                updated_at=clock.now(),
            )
            .returning(Quest.id)
        )
        version = db.session.scalar(
            insert(QuestVersion)
            .values(
                quest_id=quest_id,
                title="首次夜拍",
                title_en="First night shot",
                rule_key="original_post",
                steps=[{"key": "words", "title": "写一句话", "evidence": "text", "required": True}],
                scores=[{"zh": "光", "en": "Light"}],
                criteria=[{"zh": "光有来处", "en": "Light has a source"}],
                phrases={},
                results_ladder=[],
                created_at=clock.now(),
            )
            .returning(QuestVersion.id)
        )
        db.session.execute(Quest.__table__.update().values(version_id=version))
    return quest_id


def test_one_star_lit(quest: int, make_member: Callable[..., Actor]) -> None:
    member, helper = make_member("linxia"), make_member("zhoumo")
    reviewer = make_member("luoning", capabilities=("reviewer",))
    work = services.start_quest(quest, by=member)
    assert services.start_quest(quest, by=member) == work
    with pytest.raises(Invalid) as refused:
        services.submit_work(work, Draft(), by=member)
    assert "step:words" in refused.value.fields
    draft = Draft(texts={"words": "第一次夜拍"}, helpers=[(helper.id, None)])
    assert services.submit_work(work, draft, by=member) == "submitted"
    assert services_review.open_for_review(work, by=reviewer)
    with pytest.raises(Stale):
        services.take_back(work, by=member)
    services_review.ask_changes(
        work, Verdict(round=1, highlight="光很好", suggestion="写下参数"), by=reviewer
    )
    assert services.submit_work(work, Draft(texts={"words": "第二次"}), by=member) == "submitted"
    paid = services_review.approve_submission(
        work, Verdict(round=2, highlight="好", scores={"0": 5}, checks=[0]), by=reviewer
    )
    assert paid is not None
    assert paid.amount == 100
    assert services_review.approve_submission(work, Verdict(round=2, highlight="好"), by=reviewer) is None

    count = lambda table: db.session.scalar(select(func.count()).select_from(table))  # noqa: E731
    assert [count(table) for table in (Transfer, Award, ImpactLine, Helped)] == [1, 1, 1, 1]
    assert db.session.scalar(select(Account.balance).where(Account.member_id == member.id)) == 100
    rounds = db.session.execute(select(Evidence.round, Evidence.body).order_by(Evidence.round)).all()
    assert [tuple(row) for row in rounds] == [(1, "第一次夜拍"), (2, "第二次")]
    assert db.session.scalar(select(Submission.state)) == "approved"
    assert count(Notice) == 3
