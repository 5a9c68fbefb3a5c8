"""A badge that lights is shown once, wherever the member is next."""

from __future__ import annotations

import pytest

from app.blueprints.badges import services as badges
from app.core.errors import Unavailable


@pytest.fixture
def member(make_member):
    return make_member("linxia", name="Lin Xia")


@pytest.fixture
def lit(member, make_quest, work):
    quest = make_quest("Night shot")
    make_quest("Blue hour", rung=2, after=(quest,))
    return work(member, quest)


def test_the_next_page_leads_to_it_and_comes_back(lit, member, login) -> None:
    client = login(member)
    answer = client.get("/impact?show=lit")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/lit/1?back=/impact?show%3Dlit"
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "ignite" in page
    assert 'href="/impact?show=lit"' in page
    assert client.get("/impact?show=lit").status_code == 200


def test_it_plays_once_however_many_tabs(lit, member, login) -> None:
    client = login(member)
    tabs = [client.get("/").headers["Location"], client.get("/me").headers["Location"]]
    assert tabs == ["/lit/1?back=/", "/lit/1?back=/me"]
    assert ["ignite" in client.get(tab).get_data(as_text=True) for tab in tabs] == [True, False]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/impact", {"HX-Request": "true"}),
        ("/impact", {"Sec-Purpose": "prefetch;prerender"}),
        ("/static/js/app.js", {}),
        ("/members/1", {}),
    ],
)
def test_what_is_no_page_of_theirs_stays_as_it_is(
    lit, member, login, path: str, headers: dict[str, str]
) -> None:
    client = login(member)
    assert client.get(path, headers=headers).status_code == 200
    assert client.get("/").status_code == 303


def test_a_page_fetched_ahead_does_not_use_it_up(lit, member, login) -> None:
    client = login(member)
    assert "ignite" not in client.get("/lit/1", headers={"Sec-Purpose": "prefetch"}).get_data(as_text=True)
    assert "ignite" in client.get("/lit/1").get_data(as_text=True)


def test_several_show_one_after_the_other(lit, member, make_quest, work, login) -> None:
    work(member, make_quest("Second"))
    client = login(member)
    assert client.get("/").headers["Location"].startswith("/lit/1")
    client.get("/lit/1")
    assert client.get("/").headers["Location"].startswith("/lit/2")
    client.get("/lit/2")
    assert client.get("/").status_code == 200


def test_what_it_says(lit, member, make_member, make_quest, work, login, text) -> None:
    work(make_member("second"), 1)
    page = text(login(member), "/lit/1")
    for words in (
        "Night shot badge", "the first to light it", "“The light holds”", "Luo Ning", "100 points",
        "“Blue hour” is within reach now", f'href="/work/{lit}"',
    ):  # fmt: skip
        assert words in page, words
    assert "0 → " in page
    assert text(login("second"), "/lit/2").count("number 2 to light it") == 1


def test_somebody_elses_moment_is_not_there(lit, make_member, login) -> None:
    client = login(make_member("other"))
    for path in ("/lit/1", "/lit/99", f"/lit/{10**30}"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "back",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:x",
        "/a\nb",
        "",
    ],
)
def test_back_leads_only_into_the_house(lit, member, login, back: str) -> None:
    page = login(member).get("/lit/1", query_string={"back": back}).get_data(as_text=True)
    assert "elsewhere" not in page
    assert "javascript:" not in page


def test_points_after_a_later_reversal_stay_those_of_the_moment(lit, member, login, text) -> None:
    from app.blueprints.points import services as points

    points.reverse(1, key="back", reason={"zh": "x", "en": "x"}, by=None)
    page = text(login(member), "/lit/1")
    assert "0 → " in page
    assert ">100</b>" in page


def test_a_disk_that_cannot_write_keeps_nobody_there(lit, member, login, monkeypatch) -> None:
    def full(*_args, **_more) -> bool:
        raise Unavailable

    monkeypatch.setattr(badges, "show_lit", full)
    client = login(member)
    assert client.get("/").status_code == 303
    assert ["ignite" in client.get("/lit/1").get_data(as_text=True) for _ in range(2)] == [True, False]
    assert client.get("/").status_code == 200
