"""Calls that members start: proposed, nodded to or refused, live under their name, read by their host."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.blueprints.inbox.models import Notice
from app.blueprints.members import queries as members
from app.blueprints.members import services as member_services
from app.blueprints.quests import services, services_calls, services_publish
from app.blueprints.quests.models import CallProposal, Quest, Submission
from app.blueprints.quests.queries_board import outlook
from app.blueprints.quests.services import Draft
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, Refused, Stale

GOOD = {"title": "窗外的夜", "about": "每座城的夜不一样", "asks": "text"}


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> dict[str, Actor]:
    return {
        "host": make_member("alan", name="阿蓝", tier="contributor"),
        "other": make_member("anan", name="安安", tier="contributor"),
        "newcomer": make_member("xinxin", name="新新"),
        "staff": make_member("luoning", name="罗宁", capabilities=("publisher", "reviewer")),
    }


def until() -> str:
    return (clock.now() + timedelta(days=10)).date().isoformat()


def propose(by: Actor, title: str = "窗外的夜") -> int:
    return services_calls.propose_call(
        title=title, about="每座城的夜不一样", asks="text", closes_at=clock.now() + timedelta(days=9), by=by
    )


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:600]
    return unescape(answer.text)


def state_of(quest_id: int) -> tuple[str, str]:
    db.session.rollback()
    row = db.session.execute(
        select(Quest.state, CallProposal.state.label("proposal"))
        .join(CallProposal, CallProposal.quest_id == Quest.id)
        .where(Quest.id == quest_id)
    ).one()
    return row.state, row.proposal


def notices(member: Actor) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Notice).where(Notice.member_id == member.id))


def test_from_the_idea_to_what_came_in(people: dict[str, Actor], login: Callable[..., FlaskClient]) -> None:
    """As forms and links alone: proposed, nodded to, found by another, answered by its host."""
    client = login("alan")
    assert "发起征集" in page(client, "/calls")
    sent = client.post("/calls/new", data=GOOD | {"until": until()})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/calls")
    assert "窗外的夜" in page(client, "/calls")
    assert client.get("/review").status_code == 403
    client.post("/logout")

    login("luoning")
    assert "/staff/calls" in page(client, "/staff")
    found = re.search(r"/staff/calls/(\d+)", page(client, "/staff/calls"))
    assert found
    quest_id = int(found.group(1))
    shown = page(client, f"/staff/calls/{quest_id}")
    assert "每座城的夜不一样" in shown
    assert "阿蓝" in shown
    nodded = client.post(f"/staff/calls/{quest_id}/nod", data={"points": "30"})
    assert nodded.status_code == 303
    client.post("/logout")

    login("anan")
    assert "阿蓝" in page(client, "/quests")
    assert "阿蓝" in page(client, f"/quests/{quest_id}")
    work = client.post(f"/quests/{quest_id}/start").headers["Location"]
    client.post(f"{work}/submit", data={"text:s1": "灯火", "step:s1": "灯火", "s1": "灯火"})
    submission_id = int(work.rsplit("/", 1)[1])
    services.submit_work(submission_id, Draft(texts={"s1": "灯火"}), by=people["other"])
    client.post("/logout")

    login("alan")
    assert "安安" in page(client, "/review")
    assert page(client, f"/review/{submission_id}")
    for door in ("/staff", "/staff/members", "/staff/quests", "/staff/points", "/staff/calls"):
        assert client.get(door).status_code == 403


def test_the_host_reads_only_what_came_to_their_call(people: dict[str, Actor], login: Callable) -> None:
    quest_id = propose(people["host"])
    assert services_calls.nod_call(quest_id, 30, by=people["staff"]) == "live"
    mine = services.start_quest(quest_id, by=people["host"])
    services.submit_work(mine, Draft(texts={"s1": "我的"}), by=people["host"])
    theirs = services.start_quest(quest_id, by=people["other"])
    services.submit_work(theirs, Draft(texts={"s1": "她的"}), by=people["other"])
    db.session.rollback()
    routed = dict(db.session.execute(select(Submission.id, Submission.mentor_id)).all())
    assert routed == {mine: None, theirs: people["host"].id}
    client = login("alan")
    assert client.get(f"/review/{theirs}").status_code == 200
    assert client.get(f"/review/{mine}").status_code == 404
    client.post("/logout")
    assert login("luoning").get(f"/review/{mine}").status_code == 200


def test_a_refusal_is_read_with_its_reason(people: dict[str, Actor], login: Callable) -> None:
    quest_id = propose(people["host"])
    client = login("luoning")
    empty = client.post(f"/staff/calls/{quest_id}/refuse", data={"reason": " "})
    assert empty.status_code == 422
    assert state_of(quest_id) == ("draft", "proposed")
    said = client.post(f"/staff/calls/{quest_id}/refuse", data={"reason": "夜里开车时不要拍"})
    assert said.status_code == 303
    assert state_of(quest_id) == ("archived", "refused")
    assert client.post(f"/staff/calls/{quest_id}/nod").status_code == 409
    client.post("/logout")
    assert "夜里开车时不要拍" in page(login("alan"), "/calls")
    assert notices(people["host"]) == 1


def test_nodding_twice_nods_once(people: dict[str, Actor]) -> None:
    quest_id = propose(people["host"])
    for _ in range(2):
        assert services_calls.nod_call(quest_id, by=people["staff"]) == "live"
    assert notices(people["host"]) == 1
    assert "host" in members.as_actor(people["host"].id).capabilities


def test_withdrawn_is_withdrawn(people: dict[str, Actor], login: Callable) -> None:
    quest_id = propose(people["host"])
    with pytest.raises(NotFound):
        services_calls.withdraw_call(quest_id, by=people["other"])
    assert login("alan").post(f"/calls/{quest_id}/withdraw").status_code == 303
    assert state_of(quest_id) == ("archived", "withdrawn")
    with pytest.raises(Stale):
        services_calls.nod_call(quest_id, by=people["staff"])
    with pytest.raises(Stale):
        services_calls.withdraw_call(quest_id, by=people["host"])


def test_publishing_from_the_form_is_a_nod_too(people: dict[str, Actor]) -> None:
    quest_id = propose(people["host"])
    with pytest.raises(Refused):
        services_publish.archive_quest(quest_id, by=people["staff"])
    services_publish.publish_quest(quest_id, by=people["staff"])
    assert state_of(quest_id) == ("live", "nodded")
    assert notices(people["host"]) == 1


def test_two_at_a_time_and_only_from_contributors_on(people: dict[str, Actor], login: Callable) -> None:
    first, _second = propose(people["host"]), propose(people["host"], "第二个")
    with pytest.raises(Refused):
        propose(people["host"], "第三个")
    services_calls.withdraw_call(first, by=people["host"])
    assert propose(people["host"], "第三个")
    with pytest.raises(Forbidden):
        propose(people["newcomer"])
    client = login("xinxin")
    page(client, "/calls/new")
    answer = client.post("/calls/new", data=GOOD | {"until": until()})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("title", "长" * 31), ("about", ""), ("about", "长" * 161), ("asks", "money"),
     ("until", ""), ("until", "2020-01-01"), ("until", "2199-01-01"), ("until", "soon")],
)  # fmt: skip
def test_what_is_wrong_stands_beside_it(
    people: dict[str, Actor], login: Callable, field: str, value: str
) -> None:
    client = login("alan")
    refused = client.post("/calls/new", data=GOOD | {"until": until()} | {field: value})
    assert refused.status_code == 422
    assert f'id="f-{field}-e"' in refused.text
    assert db.session.scalar(select(func.count()).select_from(CallProposal)) == 0
    assert client.post("/calls/new", data=GOOD | {"until": until()}).status_code == 303


def test_a_host_who_changes_their_name_changes_it_on_the_board(people: dict[str, Actor]) -> None:
    quest_id = propose(people["host"])
    services_calls.nod_call(quest_id, by=people["staff"])
    assert outlook(people["other"]).board.quests[quest_id].host_name == "阿蓝"
    db.session.rollback()
    member_services.update_profile(
        name="阿兰", bio="", city="", tracks=(), named_to_helpers=True, by=people["host"]
    )
    assert outlook(people["other"]).board.quests[quest_id].host_name == "阿兰"


def test_points_out_of_bounds_leave_the_call_waiting(people: dict[str, Actor]) -> None:
    quest_id = propose(people["host"])
    with pytest.raises(Invalid):
        services_calls.nod_call(quest_id, 0, by=people["staff"])
    assert state_of(quest_id) == ("draft", "proposed")


def test_becoming_a_host_twice_is_told_once(
    people: dict[str, Actor], make_member: Callable[..., Actor]
) -> None:
    staff, member = make_member("chief", capabilities=("publisher",)), make_member("newhost")
    for _press in range(2):
        member_services.make_host(member.id, by=staff)
    lines = select(func.count()).where(
        AuditLine.act == "member.host", AuditLine.subject == f"member:{member.id}"
    )
    assert db.session.scalar(lines) == 1
