"""Reading a resource."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.blueprints.impact import queries as impact
from app.blueprints.impact import queries_thanks
from app.blueprints.impact.models import Thanks
from app.blueprints.library import services as library
from app.blueprints.library.models import Resource
from app.blueprints.library.prose import as_html
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work
from tests.conftest import PASSWORD
from tests.quests.conftest import counted


@pytest.mark.parametrize(
    ("text", "there", "not_there"),
    [
        ("## 一\n\n两 **三**", "<h2>一</h2>\n<p>两 <strong>三</strong></p>", "**"),
        ("<script>alert(1)</script>", "&lt;script&gt;", "<script"),
        ('<img src=x onerror="x()">', "&lt;img", "<img"),
        ("[a](javascript:alert(1))", "a", "href"),
        ("[a](JaVaScRiPt:alert(1))", "a", "href"),
        ("[a](data:text/html,x)", "a", "href="),
        ("[a](//evil.example)", "a", "href="),
        ("[a](/quests/1)", "a", "href="),
        ("[a](https://example.org/x)", 'href="https://example.org/x" rel="noopener noreferrer"', "target"),
        ("![a](https://example.org/x.png)", "", "<img"),
        ("<https://example.org>", 'href="https://example.org"', "&lt;https"),
    ],
)
def test_markdown_is_harmless(text, there, not_there) -> None:
    made = str(as_html(text))
    assert there in made
    assert not_there not in made


def test_reading(make_member, login) -> None:
    author = make_member("chenyu", name="陈屿")
    one = library.publish_resource(
        kind="tutorial",
        title="夜拍三件事",
        title_en="Three things",
        body="## 站稳",
        body_en="## Steady",
        author_id=author.id,
    )
    client = login(make_member("linxia"))
    page = client.get(f"/library/{one}")
    assert page.status_code == 200
    assert "<h2>站稳</h2>" in page.text
    assert "陈屿" in page.text
    assert "教程" in page.text


def test_not_published_is_not_there(make_member, login) -> None:
    one = library.publish_resource(kind="case", title="x", body="x", author_id=None)
    client = login(make_member("linxia"))
    assert client.get(f"/library/{one}").status_code == 200
    for moment in (None, clock.now() + timedelta(hours=1)):
        with unit_of_work():
            db.session.execute(update(Resource).values(published_at=moment))
        assert client.get(f"/library/{one}").status_code == 404
    assert client.get("/library/99999").status_code == 404
    assert client.get(f"/library/{10**20}").status_code == 404


# --- "it helped me" ---------------------------------------------------------------------------------


@pytest.fixture
def tutorial(make_member) -> int:
    author = make_member("chenyu", name="Chen Yu")
    return library.publish_resource(kind="tutorial", title="夜拍", body="x", author_id=author.id)


@pytest.fixture
def english(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_it_helped_me_once_and_taken_back(tutorial, make_member, english, login) -> None:
    reader = make_member("linxia", name="Lin Xia")
    login(reader)
    with counted() as seen:
        assert "Did it help you?" in english.get(f"/library/{tutorial}").text
    assert len(seen) <= 6, seen
    for _ in range(2):
        went = english.post(f"/library/{tutorial}/helped")
        assert (went.status_code, went.headers["Location"]) == (303, f"/library/{tutorial}#helped")
    page = english.get(f"/library/{tutorial}").text
    assert "Chen Yu knows that it helped you." in page
    assert "It has helped 1 person" in page
    db.session.rollback()
    link = queries_thanks.link_about(f"resource:{tutorial}")
    line = impact.latest(link.member_id)
    assert (line.person_id, line.name) == (reader.id, "Lin Xia")
    assert english.post(f"/library/{tutorial}/helped/back").status_code == 303
    page = english.get(f"/library/{tutorial}").text
    assert "Did it help you?" in page
    assert "It has helped" not in page
    db.session.rollback()
    assert impact.latest(link.member_id) is None


def test_with_htmx_the_answer_is_the_part_alone(tutorial, make_member, english, login) -> None:
    login(make_member("linxia"))
    for act, said in (("helped", "knows that it helped you"), ("helped/back", "Did it help you?")):
        part = english.post(f"/library/{tutorial}/{act}", headers={"HX-Request": "true"})
        assert part.status_code == 200
        assert said in part.text
        assert "<html" not in part.text


def test_after_ten_minutes_it_stays(tutorial, make_member, english, login) -> None:
    login(make_member("linxia"))
    english.post(f"/library/{tutorial}/helped")
    with unit_of_work():
        db.session.execute(update(Thanks).values(created_at=clock.now() - timedelta(minutes=11)))
    assert "/helped/back" not in english.get(f"/library/{tutorial}").text
    assert english.post(f"/library/{tutorial}/helped/back").status_code == 409
    assert queries_thanks.thanks_count(f"resource:{tutorial}") == 1


def test_one_s_own_shows_its_address_and_can_t_be_thanked_for(tutorial, english, login) -> None:
    login("chenyu")
    page = english.get(f"/library/{tutorial}").text
    code = queries_thanks.link_about(f"resource:{tutorial}").code
    assert f"http://localhost/t/{code}" in page
    assert "Did it help you?" not in page
    assert english.post(f"/library/{tutorial}/helped").status_code == 409


def test_what_nobody_is_to_be_thanked_for(make_member, english, login) -> None:
    own = library.publish_resource(kind="tutorial", title="x", body="x", author_id=None)
    hidden = library.publish_resource(
        kind="tutorial", title="x", body="x", author_id=make_member("chenyu").id
    )
    with unit_of_work():
        db.session.execute(update(Resource).where(Resource.id == hidden).values(published_at=None))
    login(make_member("linxia"))
    assert 'id="helped"' not in english.get(f"/library/{own}").text
    for resource in (own, hidden, 99999):
        assert english.post(f"/library/{resource}/helped").status_code == 404
        assert english.post(f"/library/{resource}/helped/back").status_code == 404


def test_a_reader_of_the_public_page_and_a_member_are_counted_together(
    tutorial, make_member, english, login
) -> None:
    code = queries_thanks.link_about(f"resource:{tutorial}").code
    english.get(f"/t/{code}")
    english.post(f"/t/{code}", data={"outcome": "solved"})
    other = english.application.test_client()
    other.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    make_member("linxia")
    other.post("/login", data={"login": "linxia", "password": PASSWORD})
    other.post(f"/library/{tutorial}/helped")
    assert "It has helped 2 people" in other.get(f"/library/{tutorial}").text
