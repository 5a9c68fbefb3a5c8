"""Staff's side: members and invites, through HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from app.blueprints.members import models, queries, services
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.db import db

MakeMember = Callable[..., Actor]
LogIn = Callable[[Actor | str], FlaskClient]


@pytest.fixture
def people(make_member: MakeMember) -> dict[str, Actor]:
    return {
        "admin": make_member("guanli", name="管理", capabilities=("admin",)),
        "staff": make_member("luoning", name="罗宁", capabilities=("reviewer", "publisher")),
        "mentor": make_member("zhoumo", name="周墨", capabilities=("mentor",), tier="cocreator"),
        "member": make_member("linxia", name="林夏", city="杭州"),
    }


def audit_of(act: str) -> list[AuditLine]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditLine).where(AuditLine.act == act)))


def fresh(member_id: int) -> queries.Profile:
    db.session.rollback()
    return queries.profile(member_id)


CHANGES = {
    "tier": {"tier": "contributor", "reason": "小任务里五次出众"},
    "capabilities": {"capabilities": "mentor"},
    "mentor": {"mentor": "3"},
    "contact": {"contact": "2"},
    "title": {"title": "领航员", "title_en": "Pathfinder"},
}


def test_an_admin_changes_a_member_and_each_change_is_on_record(
    login: LogIn, people: dict[str, Actor]
) -> None:
    client = login(people["admin"])
    member = people["member"]
    for change, form in CHANGES.items():
        answer = client.post(f"/staff/members/{member.id}/{change}", data=form)
        assert answer.status_code == 303, change
        line = audit_of(f"member.{change}")[0]
        assert (line.actor_id, line.subject) == (people["admin"].id, f"member:{member.id}")
    kept = fresh(member.id)
    assert kept.tier == "contributor"
    assert kept.capabilities == {"mentor"}
    assert (kept.mentor_id, kept.contact_person_id) == (people["mentor"].id, people["staff"].id)
    assert (kept.title, kept.title_en) == ("领航员", "Pathfinder")
    assert audit_of("member.tier")[0].after == {"tier": "contributor", "reason": "小任务里五次出众"}
    assert queries.mentor_of(member.id) == people["mentor"].id
    page = client.get(f"/staff/members/{people['mentor'].id}").get_data(as_text=True)
    assert "林夏" in page


@pytest.mark.parametrize("who", ["staff", "mentor", "member"])
@pytest.mark.parametrize("change", sorted(CHANGES))
def test_nobody_else_may(login: LogIn, people: dict[str, Actor], who: str, change: str) -> None:
    before = fresh(people["member"].id)
    answer = login(people[who]).post(f"/staff/members/{people['member'].id}/{change}", data=CHANGES[change])
    assert answer.status_code == 403
    after = fresh(people["member"].id)
    assert (after.tier, after.capabilities, after.mentor_id) == (
        before.tier,
        before.capabilities,
        before.mentor_id,
    )


@pytest.mark.parametrize(
    ("change", "form", "field"),
    [
        ("tier", {"tier": "contributor", "reason": " "}, "reason"),
        ("tier", {"tier": "king", "reason": "why"}, "tier"),
        ("tier", {"tier": "participant", "reason": "why"}, "tier"),
        ("tier", {}, "tier"),
        ("capabilities", {"capabilities": ["mentor", "king"]}, "capabilities"),
        ("mentor", {"mentor": "4"}, "mentor"),
        ("mentor", {"mentor": "2"}, "mentor"),
        ("mentor", {"mentor": "99999"}, "mentor"),
        ("mentor", {"mentor": "9" * 40}, "mentor"),
        ("mentor", {"mentor": "zhou"}, "mentor"),
        ("contact", {"contact": "3"}, "contact"),
        ("contact", {"contact": "-1"}, "contact"),
        ("title", {"title": "长" * 31}, "title"),
    ],
)
def test_what_cant_be_taken_says_why(
    login: LogIn, people: dict[str, Actor], change: str, form: dict[str, str], field: str
) -> None:
    answer = login(people["admin"]).post(f"/staff/members/{people['member'].id}/{change}", data=form)
    assert answer.status_code == 422
    assert f'id="f-{field}-e"' in answer.get_data(as_text=True)
    assert audit_of(f"member.{change}") == []


def test_a_change_of_rights_logs_out(app: Flask, login: LogIn, people: dict[str, Actor]) -> None:
    theirs = app.test_client()
    theirs.post("/login", data={"login": "luoning", "password": "a long enough password"})
    assert theirs.get("/staff/members").status_code == 200
    admin = login(people["admin"])
    admin.post(f"/staff/members/{people['staff'].id}/capabilities", data={"capabilities": ["reviewer"]})
    assert theirs.get("/staff/members").status_code == 303


def test_an_admin_keeps_the_keys(login: LogIn, people: dict[str, Actor]) -> None:
    client = login(people["admin"])
    answer = client.post(f"/staff/members/{people['admin'].id}/capabilities", data={"capabilities": "mentor"})
    assert answer.status_code == 422
    assert fresh(people["admin"].id).capabilities == {"admin"}


def test_a_mentor_is_followed_by_another(
    app: Flask, people: dict[str, Actor], make_member: MakeMember
) -> None:
    second = make_member("second", capabilities=("mentor",))
    member, admin = people["member"].id, people["admin"]
    services.set_mentor(member, people["mentor"].id, by=admin)
    services.set_mentor(member, second.id, by=admin)
    assert queries.mentor_of(member) == second.id
    assert [row.id for row in queries.mentees_of(second.id)] == [member]
    assert queries.mentees_of(people["mentor"].id) == []
    assert db.session.scalar(select(func.count()).select_from(models.Mentorship)) == 2
    services.set_mentor(member, None, by=admin)
    assert queries.mentor_of(member) is None


def test_the_reason_for_a_tier_reaches_the_member(login: LogIn, people: dict[str, Actor]) -> None:
    services.set_tier(people["member"].id, "contributor", "小任务里五次出众", by=people["admin"])
    services.set_tier(people["member"].id, "cocreator", "一年里一直都在", by=people["admin"])
    page = login(people["member"]).get("/inbox").get_data(as_text=True)
    assert "小任务里五次出众" in page
    assert "一年里一直都在" in page


def test_the_tier_hook_runs_inside(app: Flask, people: dict[str, Actor]) -> None:
    told: list[tuple[object, ...]] = []

    def tell(*what: object) -> None:
        told.append(what)

    services.when_tier_changed(tell)
    try:
        services.set_tier(people["member"].id, "contributor", "why", by=people["admin"])
    finally:
        services._tier_changed.remove(tell)
    assert told == [(people["member"].id, "contributor", "why", people["admin"].id)]


# --- the list -------------------------------------------------------------------------------------


def test_the_list_is_searched_filtered_and_paged(
    login: LogIn, people: dict[str, Actor], make_member: MakeMember
) -> None:
    for number in range(35):
        make_member(f"guest{number}", name=f"客人{number:02}")
    client = login(people["staff"])
    first = client.get("/staff/members").get_data(as_text=True)
    assert "客人34" in first
    assert "客人04" not in first
    more = first.split('class="more"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    rows = client.get(more, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in rows
    assert "客人04" in rows
    assert "客人05" not in rows
    for text, found in (("林", "林夏"), ("LINXIA", "林夏"), ("4", "林夏"), ("客人3", "客人34")):
        page = client.get("/staff/members", query_string={"q": text}).get_data(as_text=True)
        assert found in page, text
    assert "林夏" not in client.get("/staff/members?tier=cocreator").get_data(as_text=True)
    assert "周墨" in client.get("/staff/members?tier=cocreator").get_data(as_text=True)


@pytest.mark.parametrize(
    "query",
    [{"q": "\0"}, {"q": "%_\\"}, {"q": "9" * 60}, {"after": "x"}, {"after": "WzEsMl0"}, {"tier": "king"},
     {"after": "WzFlOTld"}, {"after": "W3RydWVd"}, {"q": "😀", "after": "=" * 900}],
)  # fmt: skip
def test_odd_questions_get_a_plain_list(
    login: LogIn, people: dict[str, Actor], query: dict[str, str]
) -> None:
    client = login(people["staff"])
    assert client.get("/staff/members", query_string=query).status_code == 200
    assert client.get("/staff/invites", query_string=query).status_code == 200


@pytest.mark.parametrize(
    ("path", "most"), [("/staff/members", 4), ("/staff/members/4", 6), ("/staff/invites", 4)]
)
def test_queries_dont_grow_with_the_list(
    login: LogIn, people: dict[str, Actor], make_member: MakeMember, path: str, most: int
) -> None:
    client = login(people["admin"])
    for number in range(12):
        make_member(f"guest{number}")
        services.create_invites(by=people["staff"])
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= most


# --- invites --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_an_invite_is_made_shown_and_withdrawn(login: LogIn, people: dict[str, Actor], language: str) -> None:
    client = login(people["staff"])
    form = {
        "uses": "3",
        "count": "1",
        "tier": "contributor",
        "contact": "2",
        "expires": "2099-12-31",
        "note": "雨夜",
    }
    headers = {"Accept-Language": language}
    made = client.post("/staff/invites/new", data=form)
    assert made.status_code == 303
    db.session.rollback()
    invite = queries.invite(int(made.location.rsplit("/", 1)[1]))
    assert (invite.uses_allowed, invite.tier, invite.contact_person_id, invite.note) == (
        3,
        "contributor",
        people["staff"].id,
        "雨夜",
    )
    # the whole of that day in the programme's zone
    assert invite.expires_at == datetime(2099, 12, 31, 15, 59, 59, 999999, tzinfo=UTC)
    page = client.get(made.location, headers=headers).get_data(as_text=True)
    assert f"/i/{invite.code}" in page
    assert "qr.svg" in page
    picture = client.get(f"/staff/invites/{invite.id}/qr.svg")
    assert picture.content_type == "image/svg+xml"
    assert b"<svg" in picture.data
    assert b"style=" not in picture.data
    assert invite.code in client.get("/staff/invites", headers=headers).get_data(as_text=True)
    assert len(audit_of("invite.create")) == 1
    for _twice in range(2):
        assert client.post(f"/staff/invites/{invite.id}/withdraw").status_code == 303
    assert len(audit_of("invite.withdraw")) == 1
    assert client.get(f"/i/{invite.code}").status_code == 410


def test_many_single_invites_at_once(login: LogIn, people: dict[str, Actor]) -> None:
    answer = login(people["staff"]).post("/staff/invites/new", data={"count": "20", "tier": "participant"})
    assert answer.location == "/staff/invites"
    db.session.rollback()
    codes = db.session.scalars(select(models.Invite.code)).all()
    assert len(set(codes)) == 20


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uses": "0"}, "uses"),
        ({"uses": "many"}, "uses"),
        ({"uses": "9" * 30}, "uses"),
        ({"count": "101"}, "count"),
        ({"count": "-1"}, "count"),
        ({"tier": "king"}, "tier"),
        ({"contact": "3"}, "contact"),
        ({"contact": "x"}, "contact"),
        ({"expires": "2001-01-01"}, "expires"),
        ({"expires": "9999-12-31"}, "expires"),
        ({"expires": "soon"}, "expires"),
        ({"note": "x" * 121}, "note"),
    ],
)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_wrong_invite_says_why_and_keeps_what_was_typed(
    login: LogIn, people: dict[str, Actor], change: dict[str, str], field: str, language: str
) -> None:
    form = {"uses": "7", "count": "1", "tier": "participant", "contact": "2", "note": "雨夜"} | change
    answer = login(people["staff"]).post(
        "/staff/invites/new", data=form, headers={"Accept-Language": language}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="f-{field}-e"' in page
    if field != "uses":
        assert 'value="7"' in page
    assert db.session.scalar(select(func.count()).select_from(models.Invite)) == 0


@pytest.mark.parametrize("who", ["mentor", "member"])
def test_members_dont_invite(login: LogIn, people: dict[str, Actor], who: str) -> None:
    client = login(people[who])
    for path in ("/staff/members", "/staff/members/4", "/staff/invites", "/staff/invites/new"):
        assert client.get(path).status_code == 403
    assert client.post("/staff/invites/new", data={}).status_code == 403


def test_what_isnt_there_is_not_found(login: LogIn, people: dict[str, Actor]) -> None:
    client = login(people["admin"])
    for absent in (99999, 2**70):
        for path in (
            f"/staff/members/{absent}",
            f"/staff/invites/{absent}",
            f"/staff/invites/{absent}/qr.svg",
        ):
            assert client.get(path).status_code == 404
        assert client.post(f"/staff/invites/{absent}/withdraw").status_code == 404
        assert client.post(f"/staff/members/{absent}/tier", data=CHANGES["tier"]).status_code == 404
    assert clock.now()
