"""Pins beside what they are about, and the dialogue about a proposal."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from app.blueprints.inbox.models import Notice
from app.blueprints.quests import services
from app.blueprints.quests.models import Evidence, Remark, Submission
from app.blueprints.quests.services import Draft
from app.core.db import db
from tests.briefs.conftest import BRIEF, DRAFT, EN, HTMX, verdict
from tests.quests.conftest import photo

SHOT = {"key": "shot", "title": "拍", "title_en": "Shoot", "evidence": "photo", "min": 1, "max": 3}
PIN = "这一张再暗一点"


@pytest.fixture
def sent(make_quest, people, client_of) -> int:
    """linxia's work with a text and a photo, sent."""
    quest = make_quest("拍一张", **BRIEF | {"steps": [DRAFT, SHOT], "stages": []})
    member = client_of(people["linxia"])
    address = member.post(f"/quests/{quest}/start").headers["Location"]
    put = {"step_key": "shot", "upload_key": "one", "file": (photo(), "a.jpg")}
    member.post(f"{address}/evidence", data=put, headers=HTMX)
    form = {"whole": "1", "text:draft": "写好了", "original": "1", "ask_original": "1"}
    member.post(f"{address}/submit", data=form)
    return int(address.rsplit("/", 1)[1])


def picture_of(work: int) -> int:
    return db.session.scalars(select(Evidence.media_id).where(Evidence.media_id.is_not(None))).first()


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Remark.id))) or 0


def fields(page: str, place: str) -> dict[str, str]:
    """What the form of a place sends beside the words."""
    token = re.search(rf'name="key:{re.escape(place)}" value="([^"]+)"', page)
    assert token is not None
    return {f"key:{place}": token[1]}


def test_a_pin_without_a_script(sent, people, client_of) -> None:
    """Saved at once; the verdict that was being written stands as it was."""
    desk = client_of(people["luoning"])
    place = f"shot:{picture_of(sent)}"
    page = desk.get(f"/review/{sent}").text
    form = verdict(1, "x", highlight="写到一半的话") | fields(page, place) | {f"pin:{place}": PIN}
    answer = desk.post(f"/review/{sent}/pins?at={place}", data=form)
    assert answer.status_code == 200
    assert PIN in answer.text
    assert "写到一半的话" in answer.text
    assert count() == 1
    # a second tap
    desk.post(f"/review/{sent}/pins?at={place}", data=form)
    assert count() == 1


def test_a_pin_with_a_script_is_its_place_anew(sent, people, client_of) -> None:
    desk = client_of(people["luoning"])
    page = desk.get(f"/review/{sent}").text
    form = fields(page, "draft:0") | {"pin:draft:0": PIN, "pin:shot:9": "另一处还没按下"}
    answer = desk.post(f"/review/{sent}/pins?at=draft:0", data=form, headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.startswith('<div class="pins">')
    assert PIN in answer.text
    assert count() == 1
    empty = desk.post(f"/review/{sent}/pins?at=draft:0", data=form | {"pin:draft:0": " "}, headers=HTMX)
    assert empty.status_code == 422
    assert "先写上一两句" in empty.text
    long = desk.post(
        f"/review/{sent}/pins?at=draft:0", data=form | {"pin:draft:0": "长" * 1001}, headers=HTMX
    )
    assert long.status_code == 422
    assert "长" * 1001 in long.text
    assert count() == 1


def test_pins_come_with_the_verdict_and_stand_beside_what_they_are_about(sent, people, client_of) -> None:
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    place = f"shot:{picture_of(sent)}"
    page = desk.get(f"/review/{sent}").text
    form = fields(page, place) | {f"pin:{place}": PIN}
    desk.post(f"/review/{sent}/pins?at={place}", data=form)
    assert PIN not in member.get(f"/work/{sent}").text
    # what is typed and not pinned yet goes along with the verdict
    form = verdict(1, "changes") | fields(page, "draft:0") | {"pin:draft:0": "第二段先写"}
    assert desk.post(f"/review/{sent}", data=form).status_code == 303
    working = member.get(f"/work/{sent}").text
    step = working[working.index('id="step-draft"') : working.index('id="step-shot"')]
    assert "第二段先写" in step
    assert PIN not in step
    assert PIN in working[working.index('id="step-shot"') :]
    assert PIN in member.get(f"/work/{sent}?round=1").text
    # taken out, the word stays and says so
    db.session.rollback()
    kept = db.session.scalar(select(Evidence.id).where(Evidence.round == 2, Evidence.media_id.is_not(None)))
    member.post(f"/evidence/{kept}/remove", headers=HTMX)
    working = member.get(f"/work/{sent}", headers=EN).text
    assert "About a picture that you have taken out" in working
    assert PIN in working


@pytest.mark.parametrize(
    ("who", "place", "status"),
    [
        ("luoning", "draft:0", 200),
        ("luoning", "nowhere:0", 404),
        ("luoning", "draft:999", 404),
        ("xiaoman", "draft:0", 403),
        ("linxia", "draft:0", 403),
    ],
)
def test_who_may_pin_where(sent, people, client_of, who, place, status) -> None:
    form = {f"pin:{place}": PIN, f"key:{place}": "k"}
    answer = client_of(people[who]).post(f"/review/{sent}/pins?at={place}", data=form)
    assert answer.status_code == status
    assert count() == (status == 200)


def test_nobody_pins_on_what_is_decided_or_held_by_another(sent, people, client_of) -> None:
    desk, other = client_of(people["luoning"]), client_of(people["guyan"])
    desk.get(f"/review/{sent}")
    form = {"pin:draft:0": PIN, "key:draft:0": "k", "highlight": "写到一半"}
    held = other.post(f"/review/{sent}/pins?at=draft:0", data=form)
    assert held.status_code == 409
    assert "写到一半" in held.text
    desk.post(f"/review/{sent}", data=verdict(1, "changes"))
    assert desk.post(f"/review/{sent}/pins?at=draft:0", data=form).status_code == 409
    assert count() == 0


# --- the dialogue -----------------------------------------------------------------------------------


@pytest.fixture
def proposal(make_quest, people) -> int:
    quest = make_quest("后备箱", preset="open_call", steps=[DRAFT], criteria=[])
    work = services.start_quest(quest, by=people["linxia"])
    services.submit_work(work, Draft(texts={"draft": "一张小凳"}), by=people["linxia"])
    return work


def test_a_dialogue_between_both_sides(proposal, people, client_of) -> None:
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    assert desk.get(f"/review/{proposal}").status_code == 200  # opened, so that they are told
    said = member.post(f"/work/{proposal}/talk", data={"talk": "能坐人吗", "key": "a"})
    assert said.status_code == 303
    assert said.headers["Location"].endswith(f"/work/{proposal}#talk")
    assert "能坐人吗" in desk.get(f"/review/{proposal}").text
    desk.post(f"/review/{proposal}/talk", data={"talk": "承重 120 公斤", "key": "b"})
    desk.post(f"/review/{proposal}/talk", data={"talk": "承重 120 公斤", "key": "b"})
    page = member.get(f"/work/{proposal}").text
    assert page.index("能坐人吗") < page.index("承重 120 公斤")
    assert count() == 2
    told = db.session.execute(select(Notice.member_id, Notice.link).order_by(Notice.id)).all()
    assert told == [
        (people["luoning"].id, f"/review/{proposal}#talk"),
        (people["linxia"].id, f"/work/{proposal}#talk"),
    ]


def test_a_reviewers_line_keeps_the_verdict_that_is_being_written(proposal, people, client_of) -> None:
    desk = client_of(people["luoning"])
    form = verdict(1, "x", highlight="写到一半的话") | {"talk": "周三方便吗", "key": "a"}
    answer = desk.post(f"/review/{proposal}/talk", data=form)
    assert answer.status_code == 200
    assert "写到一半的话" in answer.text
    assert "周三方便吗" in answer.text
    fragment = desk.post(f"/review/{proposal}/talk", data=form | {"key": "b"}, headers=HTMX)
    assert fragment.text.lstrip().startswith("<section")


def test_empty_words_are_refused_and_long_ones_kept(proposal, people, client_of) -> None:
    member = client_of(people["linxia"])
    assert member.post(f"/work/{proposal}/talk", data={"talk": " ", "key": "a"}).status_code == 422
    long = member.post(f"/work/{proposal}/talk", data={"talk": "长" * 1001, "key": "a"})
    assert long.status_code == 422
    assert "长" * 1001 in long.text
    assert count() == 0


def test_nobody_else_is_in_it(proposal, sent, people, client_of) -> None:
    stranger, member = client_of(people["xiaoman"]), client_of(people["linxia"])
    form = {"talk": "我也想说", "key": "a"}
    assert stranger.post(f"/work/{proposal}/talk", data=form).status_code == 404
    assert stranger.get(f"/work/{proposal}/talk").status_code == 404
    assert stranger.get(f"/review/{proposal}/talk").status_code == 403
    # a work that isn't a call's has none
    assert member.post(f"/work/{sent}/talk", data=form).status_code == 404
    assert "聊一聊" not in member.get(f"/work/{sent}").text
    assert count() == 0


def test_a_long_dialogue_is_paged(proposal, people, client_of) -> None:
    from tests.quests.conftest import counted

    member = client_of(people["linxia"])
    for n in range(60):
        member.post(f"/work/{proposal}/talk", data={"talk": f"第 {n} 句。", "key": str(n)})
    page = member.get(f"/work/{proposal}").text
    assert "第 59 句。" in page
    assert "第 47 句。" not in page
    assert f"/work/{proposal}/talk" in page
    with counted() as statements:
        everything = member.get(f"/work/{proposal}/talk").text
    assert len(statements) <= 4
    assert "第 59 句。" in everything
    following = re.search(r'href="([^"]+after=[^"]+)"', everything)
    assert following is not None
    rest = member.get(following[1].replace("&amp;", "&"), headers=HTMX).text
    assert "第 0 句。" in rest
    assert "第 59 句。" not in rest


def test_nothing_is_said_before_it_was_sent(make_quest, people, client_of) -> None:
    quest = make_quest("后备箱", preset="open_call", steps=[DRAFT], criteria=[])
    work = services.start_quest(quest, by=people["linxia"])
    answer = client_of(people["linxia"]).post(f"/work/{work}/talk", data={"talk": "在吗", "key": "a"})
    assert answer.status_code == 404
    assert db.session.get_one(Submission, work).state == "working"
