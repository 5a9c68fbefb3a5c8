"""Badges that have to be lit before a quest: chosen in the form, never in a circle, and checked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.blueprints.badges import services as badges
from app.blueprints.quests import queries_staff, services, services_publish, services_staff
from app.blueprints.quests.policies_presets import QuestIn
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import DomainError
from app.core.uow import unit_of_work
from tests.quests_staff.test_pages import form_of


def made(publisher: Actor, title: str, *, live: bool = True, **more: object) -> int:
    quest_id = services_staff.create_quest("skill_challenge", by=publisher)
    services_staff.save_quest(quest_id, QuestIn(title=title, **more), by=publisher)  # type: ignore[typeddict-item]
    if live:
        services_publish.publish_quest(quest_id, by=publisher)
    return quest_id


def stored(quest_id: int) -> queries_staff.Whole:
    db.session.rollback()
    return queries_staff.whole(quest_id)


def badge(**more: object) -> int:
    with unit_of_work():
        values = {"key": "b", "name": "夜行", "name_en": "Night", "track_key": "photo", "icon": "i-moon",
                  "rung": 1, "fact": None}  # fmt: skip
        return badges.define_badge(**values | more)  # type: ignore[arg-type]


def advice(quest_id: int) -> list[str]:
    db.session.rollback()
    found = services_publish.check_quest(quest_id)
    return [one.params["badge"]["zh"] for one in found if one.field == "requires_badges"]


def test_the_form_asks_for_badges_and_members_wait_for_them(
    desk: FlaskClient, publisher: Actor, make_member: Callable[..., Actor], login: Callable[..., FlaskClient]
) -> None:
    first, then = made(publisher, "首次夜拍"), made(publisher, "星空延时")
    needed = stored(first).badge_id
    form = form_of(desk.get(f"/staff/quests/{then}/edit").text)
    assert form["requires_badges"] == [""]
    saved = desk.post(f"/staff/quests/{then}/edit", data=form | {"requires_badges": [str(needed), ""]})
    assert saved.status_code == 303
    assert stored(then).requires_badges == (needed,)
    again = form_of(desk.get(f"/staff/quests/{then}/edit").text)
    assert again["requires_badges"] == [str(needed), ""]

    member = make_member("linxia")
    assert "先点亮「首次夜拍」" in login(member).get(f"/quests/{then}").text
    with pytest.raises(DomainError):
        services.start_quest(then, by=member)
    with unit_of_work():
        badges.record_fact(member.id, "quest.approved", key="x", scopes=[f"quest:{first}"])
    assert services.start_quest(then, by=member)

    cleared = login(publisher).post(f"/staff/quests/{then}/edit", data=again | {"requires_badges": ["", ""]})
    assert cleared.status_code == 303
    assert stored(then).requires_badges == ()


def test_what_can_never_come_first_is_refused_beside_the_field(desk: FlaskClient, publisher: Actor) -> None:
    one, two, three = (made(publisher, title) for title in "甲乙丙")
    own, of_two, of_three = (stored(quest).badge_id for quest in (one, two, three))
    # three waits for two by its badge, two for one by itself
    services_staff.save_quest(three, QuestIn(requires_badges=(of_two,)), by=publisher)
    services_staff.save_quest(two, QuestIn(requires=(one,)), by=publisher)
    page = desk.get(f"/staff/quests/{one}/edit").text
    choices = page[page.index('id="f-requires_badges"') :]
    assert f'<option value="{of_three}"' in choices
    assert f'<option value="{own}"' not in choices[: choices.index("</select>")]
    for odd, words in (
        (own, "这枚徽章正是这个任务点亮的"),
        (of_two, "都开始不了"),
        (of_three, "都开始不了"),
        (9999, "另选一枚徽章"),
        ("9" * 30, "另选一枚徽章"),
    ):
        form = form_of(page) | {"title": ["打好的字"], "requires_badges": [str(odd)]}
        answer = desk.post(f"/staff/quests/{one}/edit", data=form)
        assert answer.status_code == 422
        assert words in answer.text.split('id="f-requires_badges-e"')[1][:300]
        assert form_of(answer.text)["title"] == ["打好的字"]
    # and a quest is refused as one that waits by a badge
    answer = desk.post(f"/staff/quests/{one}/edit", data=form_of(page) | {"requires": [str(three)]})
    assert answer.status_code == 422
    many = [str(badge(key=f"b{n}")) for n in range(6)]
    answer = desk.post(f"/staff/quests/{one}/edit", data=form_of(page) | {"requires_badges": many})
    assert "最多放五枚徽章" in answer.text
    assert stored(one).requires_badges == ()


def test_the_check_names_a_badge_that_nothing_lights(desk: FlaskClient, publisher: Actor) -> None:
    first = made(publisher, "首次夜拍")
    quest = made(publisher, "星空延时", live=False)
    given = badge(key="given")
    road_ten = {"fact": "quest.approved", "fact_scope": "track:road", "fact_count": 10}
    counted = badge(key="counted", name="十张路", **road_ten)
    needs = (stored(first).badge_id, given, counted)
    services_staff.save_quest(quest, QuestIn(requires_badges=needs), by=publisher)
    assert advice(quest) == ["十张路"]  # no quest of that track is open
    road = made(publisher, "第一次长途", track_key="road")
    assert advice(quest) == []
    services_publish.close_quest(first, by=publisher)
    assert advice(quest) == ["首次夜拍"]
    assert "首次夜拍" in desk.get(f"/staff/quests/{quest}/check").text
    assert services_publish.publish_quest(quest, by=publisher) == "live"  # it is advice
    # one whose time is over lights nothing either
    services_staff.save_quest(road, QuestIn(closes_at=clock.now().replace(year=2090)), by=publisher)
    with clock.at(clock.now().replace(year=2091)):
        assert "十张路" in advice(quest)


def test_a_quick_task_asks_for_none(desk: FlaskClient, publisher: Actor) -> None:
    quest_id = services_staff.create_quest("quick_task", "tip", by=publisher)
    assert "requires_badges" not in form_of(desk.get(f"/staff/quests/{quest_id}/edit").text)
