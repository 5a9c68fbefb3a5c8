"""The board that each process keeps: any change that members may see outdates it, nothing else does."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, update

from app.blueprints.badges.models import Badge
from app.blueprints.members.models import Member, Track
from app.blueprints.quests import queries, services, services_staff
from app.blueprints.quests.models import Quest, QuestBoard, QuestPrerequisite, QuestVersion
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work
from tests.quests.conftest import WORDS_ONLY, counted


def version() -> str:
    return db.session.scalars(select(QuestBoard.version)).one()


def titles(member) -> list[str]:
    return [row.title for row in queries.quest_list(member).parts["start"].rows]


@pytest.mark.parametrize(
    "change",
    [
        lambda one, two: update(Quest).where(Quest.id == one).values(min_stars=1),
        lambda one, two: update(Quest).where(Quest.id == one).values(state="closed"),
        lambda one, two: update(Quest).where(Quest.id == one).values(closes_at=clock.now()),
        lambda one, two: update(QuestVersion).where(QuestVersion.quest_id == one).values(title="另一个"),
        lambda one, two: insert(QuestPrerequisite).values(quest_id=one, requires_quest_id=two),
        lambda one, two: update(Badge).values(name="另一枚"),
        lambda one, two: update(Track).where(Track.key == "photo").values(name="影"),
    ],
    ids=["stars", "state", "window", "terms", "prerequisite", "badge", "track"],
)
def test_what_members_may_see_outdates_it(make_quest, change) -> None:
    one, two = make_quest("首次夜拍"), make_quest("蓝调时刻")
    before = version()
    with unit_of_work() as session:
        session.execute(change(one, two))
    assert version() != before


def test_a_prerequisite_that_goes_outdates_it(make_quest, make_member) -> None:
    first = make_quest("首次夜拍")
    make_quest("蓝调时刻", after=[first])
    member = make_member("linxia")
    assert titles(member) == ["首次夜拍"]
    with unit_of_work() as session:
        session.execute(delete(QuestPrerequisite))
    assert titles(member) == ["首次夜拍", "蓝调时刻"]


def test_a_host_who_is_called_otherwise_outdates_it_other_members_do_not(make_quest, make_member) -> None:
    host, other = make_member("alan"), make_member("laohe")
    make_quest("车窗外的十一月", hosted_by_id=host.id)
    before = version()
    with unit_of_work() as session:
        session.execute(update(Member).where(Member.id == other.id).values(name="老何"))
    assert version() == before
    with unit_of_work() as session:
        session.execute(update(Member).where(Member.id == host.id).values(name="阿蓝"))
    assert version() != before


def test_typing_at_a_draft_and_starting_do_not(make_quest, make_member) -> None:
    quest = make_quest("首次夜拍", capacity=5)
    publisher = make_member("luoning", capabilities=("publisher",))
    before = version()
    draft = services_staff.create_quest("skill_challenge", by=publisher)
    services_staff.save_quest(draft, {"title": "写到一半"}, by=publisher)
    services.start_quest(quest, by=make_member("linxia"))
    assert version() == before


def test_what_an_undone_change_showed_is_not_kept(make_quest, make_member) -> None:
    member = make_member("linxia")
    quest = make_quest("首次夜拍")

    def change_and_fail() -> None:
        with unit_of_work() as session:
            session.execute(update(QuestVersion).where(QuestVersion.quest_id == quest).values(title="从未"))
            assert titles(member) == ["从未"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert titles(member) == ["首次夜拍"]
    with unit_of_work() as session:
        session.execute(update(QuestVersion).where(QuestVersion.quest_id == quest).values(title="第一夜"))
    assert titles(member) == ["第一夜"]


def test_it_is_read_once_and_again_after_a_change(make_quest, make_member) -> None:
    member = make_member("linxia")
    quest = make_quest("首次夜拍", steps=WORDS_ONLY)
    titles(member)
    with counted() as warm:
        titles(member)
    with unit_of_work() as session:
        session.execute(update(Quest).where(Quest.id == quest).values(rung=2))
    with counted() as cold:
        titles(member)
    with counted() as again:
        titles(member)
    assert (len(warm), len(cold), len(again)) == (2, 5, 2)
