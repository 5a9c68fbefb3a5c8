"""Joining, log-in and out, through HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app import create_app
from app.blueprints.members import models, queries, services
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Invalid
from app.core.limits import limiter
from app.core.uow import unit_of_work

PASSWORD = "a long enough password"
JOIN = {"name": "陈默", "login": "ChenMo", "password": "写一个自己的密码 2025", "consent": "1"}

MakeMember = Callable[..., Actor]


def count(model: type) -> int:
    db.session.rollback()  # see what the requests have written since
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def staff(make_member: MakeMember) -> Actor:
    return make_member("luoning", name="罗宁", capabilities=("reviewer", "publisher"))


@pytest.fixture
def code(staff: Actor) -> str:
    return services.create_invites(by=staff, contact_person_id=staff.id, tier="contributor")[0][1]


@pytest.fixture
def limited(app: Flask, client: FlaskClient) -> Iterator[FlaskClient]:
    """A browser before an app whose rate limits are on, as they are outside of tests."""
    config = replace(app.config["LIGHTUP"], rate_limits=True)
    strict = create_app(config)
    strict.config["WTF_CSRF_ENABLED"] = False
    strict.test_client_class = type(client)
    limiter.reset()
    yield strict.test_client()
    limiter.reset()
    limiter.enabled = False
    with strict.app_context():
        db.session.remove()
        db.engine.dispose()


# --- the invite -------------------------------------------------------------------------------------


def test_the_letter_leads_to_the_form_and_the_form_to_a_membership(
    client: FlaskClient, code: str, staff: Actor
) -> None:
    letter = client.get(f"/i/{code.lower()}")
    assert letter.status_code == 200
    assert f"/i/{code}/join" in letter.get_data(as_text=True)
    assert client.get(f"/i/{code}/join").status_code == 200

    joined = client.post(f"/i/{code}/join", data=JOIN)

    assert joined.status_code == 303
    member = queries.profile(db.session.scalar(select(func.max(models.Member.id))) or 0)
    assert (member.name, member.login, member.tier) == ("陈默", "chenmo", "contributor")
    assert member.contact_person_id == staff.id
    assert member.number == 2
    assert client.get("/me/settings").status_code == 200
    assert client.get(f"/i/{code}").status_code == 410


def test_a_new_member_gets_what_other_features_prepare_in_the_same_transaction(app: Flask, code: str) -> None:
    seen: list[int] = []

    def fail(member_id: int) -> None:
        seen.append(member_id)
        raise RuntimeError

    services.when_joined(fail)
    services.when_joined(fail)
    try:
        before = count(models.Member)
        with pytest.raises(RuntimeError):
            services.join(code, name="A", login="ab", password=PASSWORD, consent=True)
        assert len(seen) == 1
        assert count(models.Member) == before
        assert queries.invite_by_code(code).uses == 0  # type: ignore[union-attr]
    finally:
        services._joined.remove(fail)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "长" * 31}, "name"),
        ({"login": "x"}, "login"),
        ({"login": "two words"}, "login"),
        ({"login": "LUONING"}, "login"),
        ({"login": "ｌｕｏｎｉｎｇ"}, "login"),
        ({"password": "short"}, "password"),
        ({"password": "chenmo"}, "password"),
        ({"password": "aaaaaaaaaa"}, "password"),
        ({"password": "x" * 300}, "password"),
        ({"consent": ""}, "consent"),
        ({"consent": "perhaps"}, "consent"),
    ],
)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_form_that_cant_be_taken_says_why_and_keeps_what_was_typed(
    client: FlaskClient, code: str, change: dict[str, str], field: str, language: str
) -> None:
    answer = client.post(f"/i/{code}/join", data=JOIN | change, headers={"Accept-Language": language})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="f-{field}-e"' in page
    kept = {"name": "陈默", "login": "ChenMo"} | change
    if field != "name":
        assert f'value="{kept["name"]}"' in page
    assert JOIN["password"] not in page
    assert count(models.Member) == 1
    assert queries.invite_by_code(code).uses == 0  # type: ignore[union-attr]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_each_closed_invite_says_which_and_whom_to_ask(
    client: FlaskClient, staff: Actor, language: str
) -> None:
    now = clock.now()
    codes = {
        state: services.create_invites(by=staff, expires_at=now + timedelta(days=1))[0][1]
        for state in ("used", "expired", "withdrawn")
    }
    services.join(codes["used"], name="A", login="first", password=PASSWORD, consent=True)
    invite = queries.invite_by_code(codes["withdrawn"])
    services.withdraw_invite(invite.id, by=staff)  # type: ignore[union-attr]
    with unit_of_work() as session:
        session.execute(
            update(models.Invite)
            .where(models.Invite.code == codes["expired"])
            .values(expires_at=now - timedelta(minutes=1))
        )
    pages: dict[str, str] = {}
    headers = {"Accept-Language": language}
    for state, code in codes.items():
        for answer in (
            client.get(f"/i/{code}", headers=headers),
            client.get(f"/i/{code}/join", headers=headers),
            client.post(f"/i/{code}/join", data=JOIN, headers=headers),
        ):
            assert answer.status_code == 410, state
            pages[state] = answer.get_data(as_text=True)
            assert "罗宁" in pages[state]
    answer = client.get("/i/ZZZZ9999", headers=headers)
    assert answer.status_code == 404
    pages["unknown"] = answer.get_data(as_text=True)
    assert 'value="ZZZZ9999"' in pages["unknown"]
    titles = {state: page.split("<h1")[1].split("</h1>")[0] for state, page in pages.items()}
    assert len(set(titles.values())) == 4
    assert count(models.Member) == 2


def test_a_typed_code_leads_to_its_letter(client: FlaskClient, code: str) -> None:
    assert client.get("/i").status_code == 200
    answer = client.get("/i", query_string={"code": f" {code[:4].lower()}-{code[4:]} "})
    assert answer.status_code == 303
    assert answer.location == f"/i/{code}"
    odd = client.get("/i", query_string={"code": "../<b>"})
    assert odd.status_code == 422
    assert "&lt;b&gt;" in odd.get_data(as_text=True)


def test_a_batch_code_lets_in_as_many_as_it_says(client: FlaskClient, staff: Actor) -> None:
    code = services.create_invites(by=staff, uses=2)[0][1]
    for login in ("one", "two"):
        assert client.post(f"/i/{code}/join", data=JOIN | {"login": login}).status_code == 303
        client.post("/logout")
    assert client.post(f"/i/{code}/join", data=JOIN | {"login": "three"}).status_code == 410
    assert count(models.Member) == 3


# --- log-in -----------------------------------------------------------------------------------------


def test_log_in_is_by_the_login_however_it_is_typed(client: FlaskClient, staff: Actor) -> None:
    for typed in ("luoning", " LuoNing ", "ＬＵＯＮＩＮＧ"):
        answer = client.post("/login", data={"login": typed, "password": PASSWORD})
        assert answer.status_code == 303
        client.post("/logout")


@pytest.mark.parametrize(
    ("login", "password"),
    [("luoning", "wrong"), ("nobody", PASSWORD), ("", ""), ("luo\0ning", "x\0"), ("luoning", "x" * 5000)],
)
def test_what_doesnt_match_says_so_without_saying_which(
    client: FlaskClient, staff: Actor, login: str, password: str
) -> None:
    answer = client.post("/login", data={"login": login, "password": password})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="f-password-e"' in page
    assert password not in page or not password
    assert client.get("/me/settings").status_code == 303


def test_an_account_without_a_password_opens_to_none(client: FlaskClient, app: Flask) -> None:
    services.add_member(login="ghost", name="G")
    for password in ("", "!", "None"):
        assert client.post("/login", data={"login": "ghost", "password": password}).status_code == 422


def test_a_hash_of_older_parameters_is_renewed_at_log_in(client: FlaskClient, app: Flask) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    member_id = services.add_member(login="early", name="E", password_hash=old)
    assert client.post("/login", data={"login": "early", "password": PASSWORD}).status_code == 303
    kept = db.session.scalar(select(models.Member.password_hash).where(models.Member.id == member_id))
    assert kept != old
    assert "m=19456,t=2,p=1" in (kept or "")


def test_a_copied_cookie_is_refused_after_log_out(client: FlaskClient, staff: Actor, app: Flask) -> None:
    client.post("/login", data={"login": "luoning", "password": PASSWORD})
    copied = client.get_cookie("lightup")
    assert copied is not None
    thief = app.test_client()
    thief.set_cookie("lightup", copied.value)
    assert thief.get("/me/settings").status_code == 200

    answer = client.post("/logout")

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert thief.get("/me/settings").status_code == 303
    thief.set_cookie("lightup", copied.value)
    assert thief.get("/me/settings").status_code == 303
    assert count(models.LoginSession) == 0


def test_each_log_in_has_a_session_of_its_own(client: FlaskClient, staff: Actor) -> None:
    values = set()
    for _time in range(3):
        client.post("/login", data={"login": "luoning", "password": PASSWORD})
        db.session.rollback()
        values.add(db.session.scalar(select(models.LoginSession.token_digest)))
        client.post("/logout")
    assert len(values) == 3


def test_a_session_ends_after_ninety_days_unused(client: FlaskClient, staff: Actor) -> None:
    client.post("/login", data={"login": "luoning", "password": PASSWORD})
    assert client.get("/me/settings").status_code == 200
    with unit_of_work() as session:
        session.execute(update(models.LoginSession).values(seen_at=clock.now() - timedelta(days=91)))
    assert client.get("/me/settings").status_code == 303


def test_the_session_is_marked_as_seen_at_most_hourly(client: FlaskClient, staff: Actor) -> None:
    client.post("/login", data={"login": "luoning", "password": PASSWORD})

    def seen() -> object:
        db.session.rollback()
        return db.session.scalar(select(models.LoginSession.seen_at))

    first = seen()
    client.get("/me/settings")
    assert seen() == first
    with unit_of_work() as session:
        session.execute(update(models.LoginSession).values(seen_at=clock.now() - timedelta(minutes=61)))
    client.get("/me/settings")
    assert seen() > clock.now() - timedelta(minutes=1)  # type: ignore[operator]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "javascript:alert(1)", "/nowhere", "/logout", "/static/css/lightup.css", "evil.example", "",
        "/%2f%2fevil.example", "/@evil.example", "///evil.example", "/login", "http:evil.example",
    ],
)  # fmt: skip
def test_after_log_in_only_our_own_pages_follow(client: FlaskClient, staff: Actor, target: str) -> None:
    form = {"login": "luoning", "password": PASSWORD, "next": target}
    location = client.post("/login", data=form).location
    assert location == client.post("/login", data=form | {"next": ""}).location
    assert "evil" not in location


def test_after_log_in_the_page_asked_for_follows(client: FlaskClient, staff: Actor) -> None:
    asked = client.get("/staff/members?q=林&tier=participant")
    assert asked.status_code == 303
    page = client.get(asked.location).get_data(as_text=True)
    assert 'name="next" value="/staff/members?q=' in page
    form = {
        "login": "luoning",
        "password": PASSWORD,
        "next": "/staff/members?q=林&_external=1&_scheme=gopher",
    }
    assert client.post("/login", data=form).location == "/staff/members?q=%E6%9E%97"


def test_demo_accounts_are_offered_by_a_demo_only(client: FlaskClient, staff: Actor) -> None:
    assert "dianliang" not in client.get("/login").get_data(as_text=True)
    with unit_of_work() as session:
        session.execute(update(models.Programme).values(is_demo=True))
    page = client.get("/login").get_data(as_text=True)
    assert "dianliang" in page
    assert "罗宁" in page


def test_the_form_needs_its_token(client: FlaskClient, app: Flask, staff: Actor, code: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for path in ("/login", f"/i/{code}/join", "/language"):
            assert client.post(path, data=JOIN | {"locale": "en"}).status_code == 400
        page = client.get("/login").get_data(as_text=True)
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        form = {"login": "luoning", "password": PASSWORD, "csrf_token": token}
        assert client.post("/login", data=form).status_code == 303
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


# --- languages and pages for visitors ---------------------------------------------------------------


def test_a_visitor_chooses_the_language(client: FlaskClient) -> None:
    assert 'lang="zh-CN"' in client.get("/login").get_data(as_text=True)
    answer = client.post("/language", data={"locale": "en", "next": "/i?code=12"})
    assert answer.status_code == 303
    assert answer.location == "/i?code=12"
    assert '<html lang="en"' in client.get("/privacy").get_data(as_text=True)
    assert client.post("/language", data={"locale": "xx"}).status_code == 422
    evil = client.post("/language", data={"locale": "zh", "next": "//evil.example"})
    assert evil.location == "/login"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("path", ["/login", "/i", "/privacy"])
def test_visitor_pages(client: FlaskClient, path: str, language: str) -> None:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'<html lang="{language}"' in answer.get_data(as_text=True)


# --- limits -----------------------------------------------------------------------------------------


def test_guesses_at_an_account_are_limited_and_keep_what_was_typed(
    limited: FlaskClient, staff: Actor
) -> None:
    form = {"login": "luoning", "password": "wrong"}
    statuses = [limited.post("/login", data=form).status_code for _guess in range(11)]
    assert statuses == [422] * 10 + [429]
    answer = limited.post("/login", data=form | {"password": PASSWORD})
    assert answer.status_code == 429
    assert 'value="luoning"' in answer.get_data(as_text=True)
    # somebody else at the same address is not kept out
    services.add_member(login="other", name="O", password=PASSWORD)
    assert limited.post("/login", data={"login": "other", "password": PASSWORD}).status_code == 303


def test_logging_in_well_is_never_limited(limited: FlaskClient, staff: Actor) -> None:
    for _time in range(15):
        answer = limited.post("/login", data={"login": "luoning", "password": PASSWORD})
        assert answer.status_code == 303


def test_guesses_at_codes_are_limited(limited: FlaskClient, code: str) -> None:
    for guess in range(30):
        assert limited.get(f"/i/ZZZZ{guess + 2222}").status_code in (404,)
    answer = limited.get("/i/ZZZZ9999")
    assert answer.status_code == 429
    assert 'value="ZZZZ9999"' in answer.get_data(as_text=True)
    assert limited.post(f"/i/{code}/join", data=JOIN).status_code == 429


def test_a_room_full_of_people_can_join_from_one_address(limited: FlaskClient, staff: Actor) -> None:
    code = services.create_invites(by=staff, uses=100)[0][1]
    for number in range(25):
        answer = limited.application.test_client().post(
            f"/i/{code}/join", data=JOIN | {"login": f"guest{number}"}
        )
        assert answer.status_code == 303


# --- the rules below --------------------------------------------------------------------------------


def test_a_login_is_one_in_any_writing(app: Flask) -> None:
    services.add_member(login="Straße", name="S")
    for same in ("STRASSE", "strasse", "ＳＴＲＡＳＳＥ"):
        with pytest.raises(Invalid) as refused:
            services.add_member(login=same, name="S")
        assert "login" in refused.value.fields


@pytest.mark.parametrize(
    "text", ["\0", "%", "x' OR 1=1 --", "😀" * 400, "\ud7ff\uffff", "../../etc", "{{7*7}}"]
)
def test_nothing_a_visitor_sends_breaks_a_page(client: FlaskClient, code: str, text: str) -> None:
    for answer in (
        client.get("/i", query_string={"code": text}),
        client.get(f"/i/{text}"),
        client.get("/login", query_string={"next": "/" + text}),
        client.post("/login", data={"login": text, "password": text, "next": text}),
        client.post(f"/i/{code}/join", data=dict.fromkeys(JOIN, text)),
        client.post("/language", data={"locale": text, "next": text}),
        client.post("/logout", data={"x": text}),
    ):
        assert answer.status_code < 500
