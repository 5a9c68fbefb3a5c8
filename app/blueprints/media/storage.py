"""Where the bytes lie: a local folder, or a bucket by setting (`MEDIA_URL`).

    file:///srv/media                 the default, under LIGHTUP_DATA
    file:///srv/media?accel=/_media   nginx sends the files (X-Accel-Redirect to that internal location)
    s3://bucket/prefix?endpoint=https://s3.example&region=eu-central-1
                                      keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY

An upload is a key ("3f/3f09…", made by chance) with up to three objects under it: `full`, `large`
and `thumb`. Either all of them are there or none is.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

import structlog

from app.core.errors import NotFound, Unavailable

log = structlog.get_logger("lightup")

NAMES = ("full", "large", "thumb")
CHUNK_BYTES = 256 * 1024


class Storage(Protocol):
    """Commands raise Unavailable when the storage can't do it, and then have left nothing behind."""

    accel: str | None

    def workspace(self) -> Any:
        """A context manager: a folder of one's own to prepare an upload in, gone afterwards."""

    def put(self, key: str, folder: Path) -> None:
        """Keep the files of `folder` under `key`, durably. The folder may be moved."""

    def path(self, key: str, name: str) -> Path | None:
        """Where the object lies on this machine's disk; None in a bucket. Raises NotFound."""

    def read(self, key: str, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of the object, or the `length` from `start`, in chunks. Raises NotFound."""

    def delete(self, key: str) -> None:
        """Remove what is under `key`; nothing there is fine."""

    def keys(self, before: datetime) -> Iterable[str]:
        """The keys last written before that moment."""


def new_key() -> str:
    """A name that can't be guessed, spread over 256 folders."""
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name}"


@contextmanager
def honest_disk() -> Iterator[None]:
    """A disk that is full or fails becomes `Unavailable`."""
    try:
        yield
    except OSError as error:
        log.error("media_disk", errno=error.errno, kind=type(error).__name__)
        raise Unavailable from error


class Folder:
    """A folder on this machine. An upload appears in it whole, by one rename of its flushed files."""

    INCOMING = ".incoming"

    def __init__(self, root: Path, accel: str | None = None) -> None:
        self.root = root
        self.accel = accel

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        with honest_disk():
            incoming = self.root / self.INCOMING
            incoming.mkdir(parents=True, exist_ok=True, mode=0o750)
            folder = Path(tempfile.mkdtemp(dir=incoming))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, key: str, folder: Path) -> None:
        target = self.root / key
        with honest_disk():
            for file in folder.iterdir():
                file.chmod(0o640)
                _flush(file)
            folder.chmod(0o750)
            _flush(folder)
            target.parent.mkdir(exist_ok=True, mode=0o750)
            folder.rename(target)
            try:
                _flush(target.parent)
                _flush(self.root)
            except OSError:
                shutil.rmtree(target, ignore_errors=True)
                raise

    def path(self, key: str, name: str) -> Path:
        found = self.root / key / name
        if not found.is_file():
            raise NotFound
        return found

    def read(self, key: str, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        with self.path(key, name).open("rb") as file:
            file.seek(start)
            left = length if length is not None else -1
            while left and (chunk := file.read(CHUNK_BYTES if left < 0 else min(left, CHUNK_BYTES))):
                left -= len(chunk) if left > 0 else 0
                yield chunk

    def delete(self, key: str) -> None:
        with suppress(FileNotFoundError), honest_disk():
            shutil.rmtree(self.root / key, ignore_errors=True)

    def keys(self, before: datetime) -> Iterator[str]:
        for folder in self.root.glob("[0-9a-f][0-9a-f]/*"):
            if folder.stat().st_mtime < before.timestamp():
                yield f"{folder.parent.name}/{folder.name}"
        # what a kill left half prepared has no key; it goes when it is found
        for folder in self.root.glob(f"{self.INCOMING}/*"):
            if folder.stat().st_mtime < before.timestamp():
                shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Bucket:
    """A bucket of an S3-compatible service, through obstore."""

    accel: str | None = None

    def __init__(
        self, url: str, *, endpoint: str | None = None, region: str | None = None, retries: int = 3
    ) -> None:
        self._url = url
        self._retries = retries
        self._config = {
            name: value for name, value in (("endpoint", endpoint), ("region", region)) if value is not None
        }
        self._opened: tuple[int, Any] | None = None

    @property
    def _store(self) -> Any:
        # its threads don't survive a fork: open it at first use, in each process
        if self._opened is None or self._opened[0] != os.getpid():
            from obstore.store import from_url

            options: dict[str, Any] = {}
            if self._url.startswith("s3"):
                endpoint = self._config.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL") or ""
                options = {
                    "config": self._config,
                    "client_options": {
                        "connect_timeout": "5s",
                        "timeout": "120s",
                        "allow_http": endpoint.startswith("http://"),
                    },
                    "retry_config": {"max_retries": self._retries},
                }
            self._opened = (os.getpid(), from_url(self._url, **options))
        return self._opened[1]

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        with honest_disk():
            folder = Path(tempfile.mkdtemp(prefix="lightup-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, key: str, folder: Path) -> None:
        import obstore

        try:
            with self._honest():
                for file in sorted(folder.iterdir()):
                    # parts are held in memory while they are sent: two of 5 MB, not twelve
                    obstore.put(self._store, f"{key}/{file.name}", file, max_concurrency=2)
        except Unavailable:
            with suppress(Unavailable):
                self.delete(key)
            raise

    def path(self, key: str, name: str) -> None:
        return None

    def read(self, key: str, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        import obstore

        options: Any = {}
        if length is not None:
            options = {"range": (start, start + length)}
        elif start:
            options = {"range": {"offset": start}}
        with self._honest():
            # asked here, not at the first chunk: what is missing must be known before the answer begins
            found = obstore.get(self._store, f"{key}/{name}", options=options)
        return (bytes(chunk) for chunk in found.stream(min_chunk_size=CHUNK_BYTES))

    def delete(self, key: str) -> None:
        import obstore

        for name in NAMES:
            with self._honest(), suppress(FileNotFoundError):
                obstore.delete(self._store, f"{key}/{name}")

    def keys(self, before: datetime) -> Iterator[str]:
        import obstore

        seen = ""
        for page in obstore.list(self._store):
            for entry in page:
                key = entry["path"].rpartition("/")[0]
                if key != seen and entry["last_modified"] < before:
                    seen = key
                    yield key

    @contextmanager
    def _honest(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            raise NotFound from error
        except (BaseError, OSError) as error:
            log.error("media_bucket", kind=type(error).__name__)
            raise Unavailable from error


def storage_for(url: str) -> Storage:
    """The storage that `MEDIA_URL` names. Raises ValueError for one that isn't known."""
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)), asked.get("accel"))
    if parts.scheme in ("s3", "s3a", "memory"):
        bare = urlunsplit(parts._replace(query="", fragment=""))
        return Bucket(bare, endpoint=asked.get("endpoint"), region=asked.get("region"))
    raise ValueError(f"MEDIA_URL: {parts.scheme or 'no scheme'} is not file:// or s3://")


_current: Storage | None = None


def configure(url: str) -> None:
    """Use the storage at `url` from now on."""
    global _current
    _current = storage_for(url)


def current() -> Storage:
    """The storage in use. Raises RuntimeError before `configure`."""
    if _current is None:
        raise RuntimeError("no storage configured")
    return _current
