"""Both kinds of storage keep an upload whole or not at all."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest

from app.blueprints.media import storage
from app.core import clock
from app.core.errors import NotFound, Unavailable

FILES = {"full": b"f" * 300_000, "large": b"l" * 3000, "thumb": b"t" * 30}


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> storage.Storage:
    """A folder, and the code path of S3 on a bucket in memory."""
    return storage.storage_for((tmp_path / "media").as_uri() if request.param == "folder" else "memory:///")


def put(place: storage.Storage, key: str) -> None:
    with place.workspace() as folder:
        out = folder / "out"
        out.mkdir()
        for name, data in FILES.items():
            (out / name).write_bytes(data)
        place.put(key, out)


def test_what_is_put_is_read(place: storage.Storage) -> None:
    key = storage.new_key()
    put(place, key)
    for name, data in FILES.items():
        assert b"".join(place.read(key, name)) == data


@pytest.mark.parametrize(
    ("start", "length"), [(0, 1), (10, 90), (299_000, 1000), (299_999, 1), (100, 280_000)]
)
def test_parts(place: storage.Storage, start: int, length: int) -> None:
    data = bytes(range(250)) * 1200
    key = storage.new_key()
    with place.workspace() as folder:
        (folder / "out").mkdir()
        (folder / "out" / "full").write_bytes(data)
        place.put(key, folder / "out")
    assert b"".join(place.read(key, "full", start, length)) == data[start : start + length]
    assert b"".join(place.read(key, "full", start)) == data[start:]


def test_deleted_is_gone_and_again_is_fine(place: storage.Storage) -> None:
    key = storage.new_key()
    put(place, key)
    place.delete(key)
    place.delete(key)
    for name in FILES:
        with pytest.raises(NotFound):
            b"".join(place.read(key, name))


def test_keys_by_age(place: storage.Storage) -> None:
    key = storage.new_key()
    put(place, key)
    assert list(place.keys(clock.now() - timedelta(hours=1))) == []
    assert list(place.keys(clock.now() + timedelta(hours=1))) == [key]


def test_a_workspace_leaves_nothing(place: storage.Storage) -> None:
    with place.workspace() as folder:
        (folder / "in").write_bytes(b"x")
    assert not folder.exists()


# ---- the folder's own promises ----


@pytest.fixture
def folder(tmp_path: Path) -> storage.Folder:
    return storage.Folder(tmp_path)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_full_disk_is_told_and_leaves_no_file(
    folder: storage.Folder, monkeypatch: pytest.MonkeyPatch, code: int, call: str
) -> None:
    def fail(*_args: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as broken:
        broken.setattr(os, call, fail)
        if call == "rename":
            broken.setattr(Path, "rename", fail)
        with pytest.raises(Unavailable):
            put(folder, storage.new_key())
    assert files(folder.root) == []
    put(folder, storage.new_key())
    assert len(files(folder.root)) == 3


def test_others_on_the_machine_may_not_read(folder: storage.Folder) -> None:
    put(folder, storage.new_key())
    assert {path.stat().st_mode & 0o007 for path in files(folder.root)} == {0}


def test_the_sweep_clears_what_a_kill_left_half_prepared(folder: storage.Folder) -> None:
    left = folder.root / folder.INCOMING / "left"
    left.mkdir(parents=True)
    (left / "in").write_bytes(b"x")
    assert list(folder.keys(clock.now() - timedelta(hours=1))) == []
    assert left.exists()
    assert list(folder.keys(clock.now() + timedelta(hours=1))) == []
    assert not left.exists()


# ---- settings ----


def test_media_url() -> None:
    local = storage.storage_for("file:///srv/a%20b?accel=/_media")
    assert isinstance(local, storage.Folder)
    assert (local.root, local.accel) == (Path("/srv/a b"), "/_media")
    assert isinstance(storage.storage_for("s3://bucket/prefix?endpoint=https://s3.example"), storage.Bucket)


@pytest.mark.parametrize("url", ["", "/srv/media", "ftp://host/media", "https://host/media"])
def test_another_media_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="MEDIA_URL"):
        storage.storage_for(url)


def test_a_bucket_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    place = storage.Bucket("s3://bucket", endpoint="http://127.0.0.1:9", region="us-east-1", retries=0)
    with pytest.raises(Unavailable):
        put(place, storage.new_key())
    with pytest.raises(Unavailable):
        place.read(storage.new_key(), "full")
