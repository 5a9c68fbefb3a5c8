"""Notices: newest first, opened once, read for good."""

from __future__ import annotations

import re

import pytest

from app.blueprints.inbox import services
from app.core.uow import unit_of_work


def tell(member, key: str, link: str = "/impact", icon: str = "i-sun") -> None:
    with unit_of_work():
        services.notify(
            [
                services.NewNotice(
                    key=key, member_id=member.id, icon=icon, title={"zh": f"中{key}", "en": key}, link=link
                )
            ]
        )


@pytest.fixture
def linxia(make_member):
    return make_member("linxia")


def get(client, path: str, **headers: str) -> str:
    return client.get(path, headers={"Accept-Language": "en", **headers}).get_data(as_text=True)


def test_newest_first_with_unread_marks(linxia, login) -> None:
    for key in ("first", "second"):
        tell(linxia, key)
    client = login(linxia)
    text = get(client, "/inbox")
    assert text.index("second") < text.index("first")
    assert text.count('class="un"') == 2
    assert "2 unread" in text
    assert "中second" in client.get("/inbox", headers={"Accept-Language": "zh"}).get_data(as_text=True)


def test_opening_marks_read_and_leads_on(linxia, login) -> None:
    tell(linxia, "first", "/impact?show=lit")
    client = login(linxia)
    answer = client.get("/inbox/1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/impact?show=lit")
    assert 'class="un"' not in get(client, "/inbox")


def test_all_read_at_once(linxia, make_member, login) -> None:
    other = make_member("other")
    for key in ("a", "b"):
        tell(linxia, key)
    tell(other, "theirs")
    client = login(linxia)
    assert client.post("/inbox/read").status_code == 303
    assert 'class="un"' not in get(client, "/inbox")
    assert 'class="un"' in get(login(other), "/inbox")


def test_somebody_elses_notice_is_not_there(linxia, make_member, login) -> None:
    tell(make_member("other"), "theirs")
    client = login(linxia)
    for path in ("/inbox/1", "/inbox/99", f"/inbox/{10**20}"):
        assert client.get(path).status_code == 404


def test_long_lists_come_in_parts_and_none_is_lost(linxia, login) -> None:
    for number in range(65):
        tell(linxia, f"key{number:02}")
    client = login(linxia)
    path, seen = "/inbox", []
    while path:
        text = get(client, path)
        seen += re.findall(r"key\d\d", text)
        more = re.search(r'href="(/inbox\?[^"]*after=[^"]*)"', text)
        path = more.group(1).replace("&amp;", "&") if more else ""
    assert seen == [f"key{number:02}" for number in reversed(range(65))]
    more = re.search(r'href="(/inbox\?[^"]+)"', get(client, "/inbox")).group(1).replace("&amp;", "&")
    part = get(client, more, **{"HX-Request": "true"})
    assert "<html" not in part
    assert "<h2" not in part  # today goes on


def test_an_empty_inbox_says_what_will_come(linxia, login) -> None:
    assert "Quiet here" in get(login(linxia), "/inbox")


def test_words_are_shown_as_text(linxia, login) -> None:
    tell(linxia, "<b>x", icon='i-"><i>')
    text = get(login(linxia), "/inbox")
    assert "&lt;b&gt;x" in text
    assert "<b>x" not in text
    assert '"><i>' not in text
