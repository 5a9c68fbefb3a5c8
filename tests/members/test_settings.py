"""A member's own settings and page, through HTTP."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.blueprints.members import models, queries, services
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work

PASSWORD = "a long enough password"

MakeMember = Callable[..., Actor]
LogIn = Callable[[Actor | str], FlaskClient]


@pytest.fixture
def me(make_member: MakeMember, login: LogIn) -> Actor:
    person = make_member("linxia", name="林夏", city="杭州", tracks=("photo",))
    login(person)
    return person


def fresh(member_id: int) -> queries.Profile:
    db.session.rollback()
    return queries.profile(member_id)


def another_browser(app: Flask, login: str = "linxia") -> FlaskClient:
    browser = app.test_client()
    assert browser.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
    return browser


def test_the_profile_is_changed(client: FlaskClient, me: Actor) -> None:
    form = {"name": " 林 夏天 ", "city": "成都", "bio": "早上好\r\n\0晚上好", "tracks": ["story", "answer"]}
    assert client.post("/me/settings", data=form).status_code == 303
    kept = fresh(me.id)
    assert (kept.name, kept.city, kept.bio) == ("林 夏天", "成都", "早上好\n晚上好")
    assert kept.tracks == ("answer", "story")
    assert "林 夏天" in client.get(f"/members/{me.id}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 31}, "name"),
        ({"city": "x" * 31}, "city"),
        ({"bio": "x" * 201}, "bio"),
        ({"tracks": "nowhere"}, "tracks"),
    ],
)
def test_what_cant_be_taken_changes_nothing_and_is_kept_on_the_page(
    client: FlaskClient, me: Actor, change: dict[str, str], field: str
) -> None:
    form = {"name": "新的名字", "city": "昆明", "bio": "一句", "tracks": "photo"} | change
    answer = client.post("/me/settings", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="f-{field}-e"' in page
    if field != "city":
        assert 'value="昆明"' in page
    assert fresh(me.id).name == "林夏"


def test_language_and_theme_are_remembered(client: FlaskClient, me: Actor) -> None:
    client.post("/me/settings/language", data={"locale": "en"})
    assert '<html lang="en"' in client.get("/me/settings").get_data(as_text=True)
    client.post("/me/settings/theme", data={"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/me/settings").get_data(as_text=True)
    client.post("/me/settings/theme", data={"theme": ""})
    assert "data-theme" not in client.get("/me/settings").get_data(as_text=True)
    client.post("/me/settings/language", data={"locale": ""})
    assert '<html lang="zh-CN"' in client.get("/me/settings").get_data(as_text=True)
    assert client.post("/me/settings/theme", data={"theme": "pink"}).status_code == 422
    assert client.post("/me/settings/language", data={"locale": "pt"}).status_code == 422


def test_a_new_password_ends_every_other_session(client: FlaskClient, me: Actor, app: Flask) -> None:
    other = another_browser(app)
    copied = app.test_client()
    copied.set_cookie("lightup", client.get_cookie("lightup").value)  # type: ignore[union-attr]
    new = "quite another password"
    answer = client.post("/me/settings/password", data={"current": PASSWORD, "new": new})
    assert answer.status_code == 303
    assert client.get("/me/settings").status_code == 200
    assert other.get("/me/settings").status_code == 303
    assert copied.get("/me/settings").status_code == 303
    client.post("/logout")
    assert client.post("/login", data={"login": "linxia", "password": PASSWORD}).status_code == 422
    assert client.post("/login", data={"login": "linxia", "password": new}).status_code == 303


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"current": "wrong", "new": "quite another password"}, "current"),
        ({"current": PASSWORD, "new": "short"}, "new"),
        ({"current": PASSWORD, "new": "LINXIA"}, "new"),
        ({}, "current"),
    ],
)
def test_a_password_isnt_changed_by_mistake(
    client: FlaskClient, me: Actor, app: Flask, form: dict[str, str], field: str
) -> None:
    other = another_browser(app)
    answer = client.post("/me/settings/password", data=form)
    assert answer.status_code == 422
    assert f'id="f-{field}-e"' in answer.get_data(as_text=True)
    assert other.get("/me/settings").status_code == 200


def test_one_ends_ones_own_sessions_only(
    client: FlaskClient, me: Actor, app: Flask, make_member: MakeMember
) -> None:
    other = another_browser(app)
    stranger = make_member("stranger")
    another_browser(app, "stranger")
    db.session.rollback()
    mine = {row.id for row in queries.sessions_of(me.id)}
    theirs = queries.sessions_of(stranger.id)[0].id
    for absent in (theirs, 999_999, 2**70):
        assert client.post(f"/me/settings/sessions/{absent}/end").status_code == 404
    assert len(queries.sessions_of(stranger.id)) == 1
    latest = max(mine)
    assert client.post(f"/me/settings/sessions/{latest}/end").status_code == 303
    assert other.get("/me/settings").status_code == 303
    last = client.post(f"/me/settings/sessions/{min(mine)}/end")
    assert last.location == "/login"
    assert last.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/me/settings").status_code == 303


def test_a_page_of_somebody(client: FlaskClient, me: Actor, make_member: MakeMember) -> None:
    friend = make_member("friend", name="<b>许澄</b>", bio="早", title="领航员", title_en="Pathfinder")
    page = client.get(f"/members/{friend.id}").get_data(as_text=True)
    assert "&lt;b&gt;许澄" in page
    assert "领航员" in page
    assert client.get("/members/999999").status_code == 404
    assert client.get(f"/members/{2**70}").status_code == 404
    with unit_of_work() as session:
        session.execute(
            update(models.Member).where(models.Member.id == friend.id).values(left_at=clock.now())
        )
    assert client.get(f"/members/{friend.id}").status_code == 404


def test_who_has_left_is_logged_out_and_nowhere_named(app: Flask, me: Actor, client: FlaskClient) -> None:
    with unit_of_work() as session:
        session.execute(update(models.Member).where(models.Member.id == me.id).values(left_at=clock.now()))
    assert client.get("/me/settings").status_code == 303
    assert client.post("/login", data={"login": "linxia", "password": PASSWORD}).status_code == 422
    assert queries.names_of([me.id]) == {}
    assert queries.find_people("林") == []


def test_people_are_found_by_part_of_their_name(app: Flask, make_member: MakeMember) -> None:
    ids = {
        name: make_member(f"m{at}", name=name).id
        for at, name in enumerate(("林夏", "小林", "Lin Yi", "100%"))
    }
    assert [row.name for row in queries.find_people("林")] == ["林夏", "小林"]
    assert [row.name for row in queries.find_people("lin")] == ["Lin Yi"]
    assert [row.name for row in queries.find_people("%")] == ["100%"]
    assert [row.name for row in queries.find_people("林", exclude=[ids["林夏"]])] == ["小林"]
    assert queries.find_people("") == []
    assert queries.find_people("\0") == []


def test_the_settings_page_asks_the_database_four_times(client: FlaskClient, me: Actor) -> None:
    from sqlalchemy import event

    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.get("/me/settings")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    reads = [statement for statement in asked if statement.startswith("SELECT")]
    assert len(reads) == 4
    assert db.session.scalar(select(models.Member.id).where(models.Member.id == me.id)) == me.id
    assert services.THEMES
