"""An upload is there whole, once, with its row, or it isn't there at all."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.media import photos, queries, services, storage, videos
from app.blueprints.media.models import Media
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, Invalid, Unavailable
from app.core.uow import unit_of_work

from . import films, pictures

MakeMember = Callable[..., Actor]


@pytest.fixture
def place(app: Flask, tmp_path: Path) -> Iterator[storage.Folder]:
    """An empty folder for this test's bytes."""
    before = storage._current
    storage.configure((tmp_path / "media").as_uri())
    found = storage.current()
    assert isinstance(found, storage.Folder)
    yield found
    storage._current = before


@pytest.fixture
def owner(make_member: MakeMember, place: storage.Folder) -> Actor:
    return make_member("linxia")


def upload(owner: Actor, data: bytes | None = None, **more: Any) -> int:
    wanted = {"owner_id": owner.id, "upload_key": "k1", "belongs_to": "submission:1", "by": owner}
    return services.store_upload(file=BytesIO(data or pictures.jpeg()), **(wanted | more))


def stored(place: storage.Folder) -> set[str]:
    return {str(path.relative_to(place.root)) for path in place.root.rglob("*") if path.is_file()}


def rows() -> int:
    return db.session.scalar(select(func.count(Media.id))) or 0


def test_a_photo(owner: Actor, place: storage.Folder) -> None:
    media_id = upload(owner, pictures.jpeg(orientation=6))
    row = queries.media_rows([media_id])[media_id]
    assert (row.kind, row.content_type, row.width, row.height) == ("photo", "image/jpeg", 480, 640)
    assert row.exposure["iso"] == 800
    assert stored(place) == {f"{row.storage_key}/{name}" for name in ("full", "large", "thumb")}
    assert row.size_bytes == (place.root / row.storage_key / "full").stat().st_size
    for name in stored(place):
        assert not any(words in (place.root / name).read_bytes() for words in pictures.PLANTED)


def test_a_video_with_a_poster(owner: Actor, place: storage.Folder) -> None:
    media_id = upload(owner, films.film(b"qt  "), poster=BytesIO(pictures.jpeg((640, 360))))
    row = queries.media_rows([media_id])[media_id]
    assert (row.kind, row.content_type, row.duration_seconds) == ("video", "video/quicktime", 12)
    assert row.poster_key == f"{row.storage_key}/large"
    assert stored(place) == {f"{row.storage_key}/{name}" for name in ("full", "large", "thumb")}
    assert films.PLACE not in (place.root / row.storage_key / "full").read_bytes()
    assert queries.tiles([media_id])[media_id].has_picture


@pytest.mark.parametrize("poster", [None, b"", pictures.HTML, films.film()])
def test_a_video_needs_no_poster(poster: bytes | None, owner: Actor, place: storage.Folder) -> None:
    media_id = upload(owner, films.film(), poster=None if poster is None else BytesIO(poster))
    tile = queries.tiles([media_id])[media_id]
    assert (tile.kind, tile.has_picture) == ("video", False)
    assert len(stored(place)) == 1


def test_the_same_upload_again_is_the_same_file(owner: Actor, place: storage.Folder) -> None:
    first = upload(owner)
    before = stored(place)
    assert upload(owner) == first
    assert queries.uploaded(owner.id, "k1") == first
    assert (rows(), stored(place)) == (1, before)


def test_two_at_once_with_one_key_are_one_file(owner: Actor, place: storage.Folder) -> None:
    """Both were prepared before either was kept."""
    more: dict[str, Any] = {
        "owner_id": owner.id,
        "upload_key": "k1",
        "belongs_to": "submission:1",
        "by": owner,
    }
    with services.prepare_upload(file=BytesIO(pictures.jpeg())) as one:
        with services.prepare_upload(file=BytesIO(pictures.jpeg())) as two:
            with unit_of_work():
                first = services.keep(one, **more)
            with unit_of_work():
                second = services.keep(two, **more)
        assert len(stored(place)) == 3
    assert first == second
    assert (rows(), len(stored(place))) == (1, 3)


def test_one_key_is_one_members_own(owner: Actor, make_member: MakeMember) -> None:
    other = make_member("zhoumo")
    assert upload(owner) != upload(other)


@pytest.mark.parametrize(
    "more", [{"belongs_to": "submission:2"}, {"upload_key": ""}, {"upload_key": "k" * 81}]
)
def test_a_key_for_something_else_is_refused(
    more: dict[str, Any], owner: Actor, place: storage.Folder
) -> None:
    upload(owner)
    before = stored(place)
    with pytest.raises(Invalid) as invalid:
        upload(owner, **more)
    assert invalid.value.fields == {"file": services.KEY_TAKEN}
    assert (rows(), stored(place)) == (1, before)


def test_only_the_owner_and_staff_upload_for_the_owner(owner: Actor, make_member: MakeMember) -> None:
    with pytest.raises(Forbidden):
        upload(owner, by=make_member("zhoumo", capabilities=("mentor",)))
    assert upload(owner, by=make_member("luoning", capabilities=("reviewer",)))
    assert upload(owner, by=None, upload_key="k2")


# ---- nothing is left behind ----


class Broken(Exception):
    pass


def test_bytes_go_when_the_transaction_fails(owner: Actor, place: storage.Folder) -> None:
    def attempt(*, fail: bool) -> None:
        with services.prepare_upload(file=BytesIO(pictures.jpeg())) as prepared, unit_of_work():
            services.keep(prepared, owner_id=owner.id, upload_key="k", belongs_to="submission:1", by=owner)
            if fail:
                raise Broken

    with pytest.raises(Broken):
        attempt(fail=True)
    assert (rows(), stored(place)) == (0, set())
    attempt(fail=False)
    assert (rows(), len(stored(place))) == (1, 3)


def test_bytes_go_when_nobody_keeps_them(owner: Actor, place: storage.Folder) -> None:
    with services.prepare_upload(file=BytesIO(pictures.jpeg())):
        assert len(stored(place)) == 3
    assert stored(place) == set()


def test_bytes_stay_when_only_the_answer_of_the_commit_was_lost(owner: Actor, place: storage.Folder) -> None:
    with services.prepare_upload(file=BytesIO(pictures.jpeg())) as prepared:
        with unit_of_work():
            services.keep(prepared, owner_id=owner.id, upload_key="k", belongs_to="submission:1", by=owner)
        prepared.kept = False
    assert len(stored(place)) == 3


def test_preparing_inside_a_transaction_is_a_mistake(owner: Actor) -> None:
    with pytest.raises(RuntimeError), unit_of_work():
        upload(owner)


@pytest.mark.parametrize("data", [pictures.jpeg(), films.film()], ids=["photo", "video"])
@pytest.mark.parametrize("step", ["fsync", "mkdtemp"])
def test_a_full_disk_is_told_and_leaves_nothing(
    data: bytes, step: str, owner: Actor, place: storage.Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(storage.os if step == "fsync" else storage.tempfile, step, full)
        with pytest.raises(Unavailable):
            upload(owner, data)
    assert (rows(), stored(place)) == (0, set())
    upload(owner, data)
    assert rows() == 1


def test_a_photo_that_does_not_fit_on_the_disk(owner: Actor, place: storage.Folder, tmp_path: Path) -> None:
    """The darkroom itself can't write: told apart from a photo it can't read."""
    (tmp_path / "in").write_bytes(pictures.jpeg())
    with pytest.raises(Unavailable):
        photos.develop(tmp_path / "in", tmp_path / "no such folder")


def test_removed_with_the_commit_not_before(owner: Actor, place: storage.Folder) -> None:
    media_id = upload(owner)

    def remove(*, fail: bool) -> None:
        with unit_of_work():
            services.remove_media([media_id, 999])
            assert len(stored(place)) == 3
            if fail:
                raise Broken

    with pytest.raises(Broken):
        remove(fail=True)
    assert (rows(), len(stored(place))) == (1, 3)
    remove(fail=False)
    assert (rows(), stored(place)) == (0, set())


def test_the_sweep_takes_only_what_no_row_names(owner: Actor, place: storage.Folder, app: Flask) -> None:
    kept = upload(owner)
    for key in ("aa/" + "a" * 32, "bb/" + "b" * 32):
        (place.root / key).mkdir(parents=True)
        (place.root / key / "full").write_bytes(b"x")
    old = time.time() - 2 * 86_400
    for folder in (place.root / "aa" / ("a" * 32), place.root / queries.media_rows([kept])[kept].storage_key):
        os.utime(folder, (old, old))
    result = app.test_cli_runner().invoke(args=["media", "sweep"])
    assert result.output == "1 removed\n"
    assert not (place.root / "aa" / ("a" * 32)).exists()
    assert len(stored(place)) == 4


# ---- what is refused ----


@pytest.mark.parametrize(
    ("data", "accept", "words"),
    [
        pytest.param(b"", services.KINDS, services.EMPTY, id="empty"),
        pytest.param(pictures.HTML, services.KINDS, services.NEITHER, id="html"),
        pytest.param(pictures.HTML, ("photo",), photos.NOT_A_PHOTO, id="html for a photo"),
        pytest.param(pictures.SVG, ("photo",), photos.NOT_A_PHOTO, id="svg"),
        pytest.param(films.film(), ("photo",), photos.NOT_A_PHOTO, id="film for a photo"),
        pytest.param(pictures.jpeg(), ("video",), videos.NOT_A_VIDEO, id="photo for a film"),
        pytest.param(pictures.jpeg()[:5000], services.KINDS, photos.TRUNCATED, id="cut photo"),
        pytest.param(films.film(moov_first=True)[:-900], services.KINDS, videos.CUT_SHORT, id="cut film"),
        pytest.param(
            films.ftyp(b"qt  ") + pictures.HTML, services.KINDS, videos.NOT_A_VIDEO, id="mov of html"
        ),
        pytest.param(pictures.bomb_png(), services.KINDS, photos.TOO_MANY_PIXELS, id="bomb"),
        pytest.param(
            pictures.jpeg() + bytes(25 * 1024 * 1024),
            services.KINDS,
            services.PHOTO_TOO_LARGE,
            id="25 MB photo",
        ),
    ],
)
def test_refused_in_words_and_nothing_kept(
    data: bytes, accept: tuple[str, ...], words: str, owner: Actor, place: storage.Folder
) -> None:
    with pytest.raises(Invalid) as invalid:
        upload(owner, data or b"", accept=accept) if data else services.store_upload(
            owner_id=owner.id, upload_key="k1", belongs_to="submission:1", file=BytesIO(b""), by=owner
        )
    assert invalid.value.fields == {"file": words}
    assert (rows(), stored(place)) == (0, set())


def test_the_limit_is_named(owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(services._limits, "video", 2 * 1024 * 1024)
    with pytest.raises(Invalid) as invalid:
        upload(owner, films.film() + films.box(b"free", bytes(2 * 1024 * 1024)))
    assert invalid.value.params == {"limit": 2}


def test_a_large_video_is_never_held_in_memory(owner: Actor, tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "long.mp4"
    path.write_bytes(films.film() + films.box(b"free", bytes(60 * 1024 * 1024)))
    tracemalloc.start()
    with path.open("rb") as file:
        services.store_upload(
            owner_id=owner.id, upload_key="k", belongs_to="submission:1", file=file, by=owner
        )
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * 1024 * 1024


# ---- what pages read ----


def test_tiles(owner: Actor) -> None:
    one, two = upload(owner), upload(owner, films.film(), upload_key="k2")
    upload(owner, upload_key="k3", belongs_to="submission:2")
    assert [tile.id for tile in queries.of("submission:1")] == [one, two]
    tiles = queries.tiles([one, two, 999])
    assert set(tiles) == {one, two}
    assert (tiles[one].width, tiles[one].height, tiles[one].has_picture) == (640, 480, True)
    assert (tiles[two].duration_seconds, tiles[two].has_picture) == (12, False)
