"""Reading a resource."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.blueprints.library import services as library
from app.blueprints.library.models import Resource
from app.blueprints.library.prose import as_html
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work


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
