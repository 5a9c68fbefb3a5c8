"""Who may see a file sees it, never as anything active; everybody else sees what isn't there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.blueprints.media import darkroom, photos, policies, queries, services, storage
from app.core.actor import Actor
from app.core.db import db

from . import films, pictures

Login = Callable[[Actor], FlaskClient]
MakeMember = Callable[..., Actor]


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, app: Flask, tmp_path: Path) -> Iterator[storage.Storage]:
    before = storage._current
    storage.configure((tmp_path / "media").as_uri() if request.param == "folder" else "memory:///")
    yield storage.current()
    storage._current = before


@pytest.fixture(autouse=True)
def _without_a_process_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """How photos are developed is tested elsewhere; here it only has to be quick."""
    monkeypatch.setattr(photos, "develop", lambda source, out: photos.Photo(**darkroom.develop(source, out)))


@pytest.fixture
def owner(make_member: MakeMember, place: storage.Storage) -> Actor:
    return make_member("linxia")


def upload(owner: Actor, data: bytes, belongs_to: str = "submission:7", **more: Any) -> int:
    return services.store_upload(
        owner_id=owner.id,
        upload_key=str(hash(data)),
        belongs_to=belongs_to,
        file=BytesIO(data),
        by=owner,
        **more,
    )


@pytest.fixture
def photo(owner: Actor) -> int:
    return upload(owner, pictures.jpeg())


@pytest.fixture
def film(owner: Actor) -> int:
    return upload(owner, films.film(b"qt  "), poster=BytesIO(pictures.jpeg((640, 360))))


@pytest.mark.parametrize(
    ("size", "content_type"), [("full", "image/jpeg"), ("large", "image/webp"), ("thumb", "image/webp")]
)
def test_the_owner_sees_every_size(
    size: str, content_type: str, photo: int, owner: Actor, login: Login
) -> None:
    answer = login(owner).get(f"/media/{photo}/{size}")
    assert (answer.status_code, answer.content_type) == (200, content_type)
    assert answer.get_data() == b"".join(storage.current().read(row(photo).storage_key, size))
    headers = answer.headers
    assert headers["Cache-Control"] == "private, max-age=3600"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].endswith("sandbox")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Content-Disposition"].startswith("inline; filename=")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Cookie" in headers["Vary"]


def row(media_id: int) -> Any:
    return queries.media_rows([media_id])[media_id]


def test_a_visitor_is_asked_to_log_in(photo: int, client: FlaskClient) -> None:
    answer = client.get(f"/media/{photo}/full")
    assert answer.status_code == 303
    assert "/login" in answer.headers["Location"]


def test_anothers_and_absent_answer_alike(photo: int, make_member: MakeMember, login: Login) -> None:
    browser = login(make_member("zhoumo", capabilities=("mentor",)))
    browser.get("/media/1/none")  # the first page of a session sets its cookie
    anothers, absent = browser.get(f"/media/{photo}/full"), browser.get("/media/424242/full")
    assert anothers.status_code == absent.status_code == 404
    # but for the page's token, which says in which second it was made
    token = re.compile(rb'(?<=name="csrf" content=")[^"]+')
    assert token.sub(b"", anothers.get_data()) == token.sub(b"", absent.get_data())
    strip = {"Date", "Content-Length"}
    assert {k: v for k, v in anothers.headers if k not in strip} == {
        k: v for k, v in absent.headers if k not in strip
    }


def test_the_feature_decides_who_else(
    photo: int, owner: Actor, make_member: MakeMember, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "_doors", {})
    mentor = make_member("zhoumo", capabilities=("mentor",))
    asked = []

    def may_see(found: Any, actor: Actor) -> bool:
        asked.append((found.subject_id, found.owner_id, found.kind))
        return actor.id == mentor.id

    browser = login(mentor)
    assert browser.get(f"/media/{photo}/thumb").status_code == 404
    services.allow("submission", may_see)
    assert browser.get(f"/media/{photo}/thumb").status_code == 200
    assert asked == [(7, owner.id, "photo")]
    browser.post("/logout")
    assert login(make_member("luoning")).get(f"/media/{photo}/thumb").status_code == 404


def test_a_cover_is_for_everybody(
    owner: Actor, make_member: MakeMember, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "_doors", {"quest": policies.every_member})
    cover = upload(owner, pictures.png(), belongs_to="quest:3")
    odd = upload(owner, pictures.webp(), belongs_to="quest:x")
    browser = login(make_member("zhoumo"))
    assert browser.get(f"/media/{cover}/large").status_code == 200
    assert browser.get(f"/media/{odd}/large").status_code == 404


@pytest.mark.parametrize("size", ["poster", "original", "../full", "full.html"])
def test_no_such_size(size: str, photo: int, owner: Actor, login: Login) -> None:
    assert login(owner).get(f"/media/{photo}/{size}").status_code == 404


def test_lost_bytes_are_not_found(photo: int, owner: Actor, login: Login) -> None:
    storage.current().delete(row(photo).storage_key)
    assert login(owner).get(f"/media/{photo}/full").status_code == 404


def test_at_most_two_queries(photo: int, owner: Actor, login: Login) -> None:
    browser = login(owner)
    asked: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert browser.get(f"/media/{photo}/thumb").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert len(asked) == 2


def test_unchanged_is_not_sent_again(photo: int, owner: Actor, login: Login) -> None:
    browser = login(owner)
    etag = browser.get(f"/media/{photo}/full").headers["ETag"]
    again = browser.get(f"/media/{photo}/full", headers={"If-None-Match": etag})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["Cache-Control"] == "private, max-age=3600"
    assert browser.get(f"/media/{photo}/large", headers={"If-None-Match": etag}).status_code == 200


ACTIVE = (
    pytest.param(pictures.jpeg() + pictures.HTML, id="jpeg and html"),
    pytest.param(pictures.saved(pictures.scene(), "JPEG", comment=pictures.HTML), id="html in a jpeg"),
    pytest.param(pictures.png() + pictures.SVG, id="png and svg"),
    pytest.param(films.film() + films.box(b"free", pictures.HTML), id="mp4 and html"),
)


@pytest.mark.parametrize("data", ACTIVE)
def test_a_file_that_is_two_things_is_served_as_one(data: bytes, owner: Actor, login: Login) -> None:
    media_id = upload(owner, data)
    answer = login(owner).get(f"/media/{media_id}/full")
    assert answer.content_type in ("image/jpeg", "video/mp4")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"<script" not in answer.get_data()


# ---- video, as players ask for it ----


def test_a_video_and_its_poster(film: int, owner: Actor, login: Login) -> None:
    browser = login(owner)
    whole = browser.get(f"/media/{film}/full")
    assert (whole.status_code, whole.content_type) == (200, "video/mp4")
    assert whole.headers["Content-Security-Policy"].endswith("sandbox allow-same-origin")
    assert "script-src 'none'" in whole.headers["Content-Security-Policy"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert len(whole.get_data()) == len(films.film(b"qt  ")) == int(whole.headers["Content-Length"])
    assert browser.get(f"/media/{film}/poster").content_type == "image/webp"
    assert browser.get(f"/media/{film}/poster").get_data() == browser.get(f"/media/{film}/large").get_data()
    assert browser.get(f"/media/{film}/thumb").status_code == 200


def test_a_video_without_poster_has_no_picture(owner: Actor, login: Login) -> None:
    bare = upload(owner, films.film())
    browser = login(owner)
    assert [browser.get(f"/media/{bare}/{size}").status_code for size in ("poster", "large", "thumb")] == [
        404
    ] * 3


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=100-599", 100, 600),
        ("bytes=3000-", 3000, None),
        ("bytes=-500", -500, None),
    ],
)
def test_parts(asked: str, start: int, end: int | None, film: int, owner: Actor, login: Login) -> None:
    browser = login(owner)
    whole = browser.get(f"/media/{film}/full").get_data()
    part = browser.get(f"/media/{film}/full", headers={"Range": asked})
    assert part.status_code == 206
    assert part.get_data() == whole[start:end]
    first = start if start >= 0 else len(whole) + start
    last = (end or len(whole)) - 1
    assert part.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"
    assert int(part.headers["Content-Length"]) == last - first + 1


def test_a_part_beyond_the_end(film: int, owner: Actor, login: Login) -> None:
    answer = login(owner).get(f"/media/{film}/full", headers={"Range": "bytes=99999999-"})
    assert answer.status_code == 416


@pytest.mark.parametrize("asked", ["bytes=", "bytes=a-b", "lines=1-2", "bytes=5-2", "bytes", "bytes=0-1,4-5"])
def test_a_senseless_range_is_no_error(asked: str, film: int, owner: Actor, login: Login) -> None:
    assert login(owner).get(f"/media/{film}/full", headers={"Range": asked}).status_code in (200, 206, 416)


def test_if_range(film: int, owner: Actor, login: Login) -> None:
    browser = login(owner)
    etag = browser.get(f"/media/{film}/full").headers["ETag"]
    same = browser.get(f"/media/{film}/full", headers={"Range": "bytes=0-9", "If-Range": etag})
    other = browser.get(f"/media/{film}/full", headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_head(film: int, owner: Actor, login: Login) -> None:
    answer = login(owner).head(f"/media/{film}/full")
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert int(answer.headers["Content-Length"]) == len(films.film(b"qt  "))


def test_nginx_sends_the_file_by_setting(
    photo: int, owner: Actor, login: Login, place: storage.Storage
) -> None:
    if isinstance(place, storage.Bucket):
        assert place.accel is None
        return
    place.accel = "/_media/"
    answer = login(owner).get(f"/media/{photo}/thumb")
    assert answer.headers["X-Accel-Redirect"] == f"/_media/{row(photo).storage_key}/thumb"
    assert (answer.get_data(), answer.content_type) == (b"", "image/webp")
