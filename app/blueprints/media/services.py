"""Uploads: prepared outside of a transaction, kept inside of one, removed again.

    with prepare_upload(file=stream) as prepared:
        with unit_of_work():
            media_id = keep(prepared, owner_id=…, upload_key=…, belongs_to="submission:12", by=actor)

Preparing decodes, encodes and stores: seconds, in which nobody else may wait for the database.
Bytes are there before the row that names them; when the row doesn't come, they go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from PIL import Image
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from app.blueprints.media import darkroom, likeness, photos, queries, storage, videos
from app.blueprints.media.models import Likeness, Media
from app.blueprints.media.policies import allow, every_member
from app.core import clock
from app.core.actor import Actor
from app.core.db import add, db, upsert
from app.core.errors import Forbidden, Invalid, NotFound, Unavailable
from app.core.i18n import N_
from app.core.uow import in_unit_of_work, on_commit, unit_of_work

__all__ = [
    "Prepared",
    "allow",
    "configure",
    "every_member",
    "fill_likeness",
    "keep",
    "prepare_upload",
    "remove_media",
    "store_upload",
    "sweep",
]

log = structlog.get_logger("lightup")

KINDS = ("photo", "video")
NEITHER = N_("That file isn't a photo or video we can read. JPEG, PNG, WebP or HEIC; MP4 or MOV, please.")
EMPTY = N_("That file is empty. Choose it again, please.")
PHOTO_TOO_LARGE = N_("That photo is larger than %(limit)s MB. Save it smaller and send that.")
VIDEO_TOO_LARGE = N_("That video is larger than %(limit)s MB. Cut it shorter and send that.")
KEY_TAKEN = N_("That upload belongs to another page. Choose the file again, please.")

MOST_KEY_LETTERS = 80
CHUNK_BYTES = 256 * 1024
MB = 1024 * 1024
SWEPT_AFTER = timedelta(days=1)

_limits = {"photo": 20 * MB, "video": 200 * MB}


def configure(*, media_url: str, photo_limit_bytes: int, video_limit_bytes: int) -> None:
    """Take the app's settings over. Raises ValueError for a MEDIA_URL that isn't known."""
    storage.configure(media_url)
    _limits.update(photo=photo_limit_bytes, video=video_limit_bytes)


@dataclass
class Prepared:
    """A stored upload that no row names yet; `kept` once one does for good."""

    kind: str
    content_type: str
    storage_key: str
    has_poster: bool
    width: int | None
    height: int | None
    size_bytes: int
    sha256: str
    duration_seconds: int | None
    exposure: dict[str, Any] | None
    likeness: int | None = None
    kept: bool = False

    def mark_kept(self) -> None:
        self.kept = True


@contextmanager
def prepare_upload(
    *, file: BinaryIO, poster: BinaryIO | None = None, accept: Collection[str] = KINDS
) -> Iterator[Prepared]:
    """Check, clean and store `file`, and take it back unless `keep` was committed inside the block.

    Raises Invalid (field "file") for what can't be taken and Unavailable when it can't be stored.
    A poster that can't be read is left out. RuntimeError inside a unit of work.
    """
    if in_unit_of_work():
        raise RuntimeError("prepare_upload inside a unit of work")
    place = storage.current()
    with place.workspace() as folder:
        prepared = _prepare(file, poster, accept, folder)
        place.put(prepared.storage_key, folder / "out")
    try:
        yield prepared
    finally:
        if not prepared.kept and not _committed_after_all(prepared.storage_key):
            with suppress(Unavailable):  # the sweep finds it later
                place.delete(prepared.storage_key)


def _committed_after_all(storage_key: str) -> bool:
    """A commit whose answer got lost may still have happened; when in doubt the bytes stay."""
    try:
        db.session.rollback()
        return db.session.scalar(select(Media.id).where(Media.storage_key == storage_key)) is not None
    except SQLAlchemyError:
        return True


def _prepare(file: BinaryIO, poster: BinaryIO | None, accept: Collection[str], folder: Path) -> Prepared:
    out = folder / "out"
    out.mkdir()
    kind = _kind_of(file, accept)
    digest = _copy(file, folder / "in", kind)
    if kind == "photo":
        photo = photos.develop(folder / "in", out)
        return Prepared(
            kind=kind,
            content_type=photos.CONTENT_TYPE,
            storage_key=storage.new_key(),
            has_poster=False,
            width=photo.width,
            height=photo.height,
            size_bytes=(out / "full").stat().st_size,
            sha256=digest,
            duration_seconds=None,
            exposure=photo.exposure,
            likeness=photo.likeness,
        )
    with storage.honest_disk():
        video = videos.cleanse(folder / "in")
        has_poster = _poster(poster, folder, out)
        size_bytes = (folder / "in").stat().st_size
        (folder / "in").rename(out / "full")
    return Prepared(
        kind=kind,
        content_type=video.content_type,
        storage_key=storage.new_key(),
        has_poster=has_poster,
        width=video.width,
        height=video.height,
        size_bytes=size_bytes,
        sha256=digest,
        duration_seconds=video.duration_seconds,
        exposure=None,
    )


def _kind_of(file: BinaryIO, accept: Collection[str]) -> str:
    """By the first bytes, whatever the file is called. Raises Invalid for what isn't accepted."""
    file.seek(0)
    head = file.read(16)
    if not head:
        raise Invalid(fields={"file": EMPTY})
    if "photo" in accept and photos.looks_like_photo(head):
        return "photo"
    if "video" in accept and videos.looks_like_video(head):
        return "video"
    if "photo" in accept and "video" in accept:
        raise Invalid(fields={"file": NEITHER})
    raise Invalid(fields={"file": photos.NOT_A_PHOTO if "photo" in accept else videos.NOT_A_VIDEO})


def _copy(file: BinaryIO, target: Path, kind: str) -> str:
    """Write `file` to `target` and return its SHA-256. Raises Invalid beyond the limit for its kind."""
    limit = _limits[kind]
    digest = hashlib.sha256()
    size = 0
    file.seek(0)
    with storage.honest_disk(), target.open("wb") as copy:
        while chunk := file.read(CHUNK_BYTES):
            size += len(chunk)
            if size > limit:
                words = PHOTO_TOO_LARGE if kind == "photo" else VIDEO_TOO_LARGE
                raise Invalid(fields={"file": words}, limit=limit // MB)
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


def _poster(poster: BinaryIO | None, folder: Path, out: Path) -> bool:
    """Develop the still that the browser made of the video, if it is one."""
    if poster is None:
        return False
    aside = folder / "poster-out"
    aside.mkdir()
    try:
        _kind_of(poster, ("photo",))
        _copy(poster, folder / "poster", "photo")
        photos.develop(folder / "poster", aside)
    except Invalid:
        return False
    for name in ("large", "thumb"):
        (aside / name).rename(out / name)
    return True


def keep(prepared: Prepared, *, owner_id: int, upload_key: str, belongs_to: str, by: Actor | None) -> int:
    """Write the row of a prepared upload and return its id; joins the caller's unit of work.

    The same `upload_key` of the same owner again returns the first id. `by` is the owner, staff,
    or None for the programme itself. Raises Forbidden, and Invalid for a key that is empty,
    too long, or was used for something else.
    """
    if by is not None and by.id != owner_id and not by.is_staff:
        raise Forbidden
    if not 0 < len(upload_key) <= MOST_KEY_LETTERS:
        raise Invalid(fields={"file": KEY_TAKEN})
    values = {
        name: getattr(prepared, name)
        for name in (
            "kind", "content_type", "storage_key", "width", "height",
            "size_bytes", "sha256", "duration_seconds", "exposure",
        )
    }  # fmt: skip
    media_id = db.session.scalar(
        upsert(Media)
        .values(
            owner_id=owner_id,
            upload_key=upload_key,
            belongs_to=belongs_to,
            poster_key=f"{prepared.storage_key}/large" if prepared.has_poster else None,
            created_at=clock.now(),
            **values,
        )
        .on_conflict_do_nothing(index_elements=["owner_id", "upload_key"])
        .returning(Media.id)
    )
    if media_id is not None:
        if prepared.likeness is not None:
            add(Likeness, likeness.columns(media_id, prepared.likeness))
        on_commit(prepared.mark_kept)
        return media_id
    first_id, first_belongs_to = db.session.execute(
        select(Media.id, Media.belongs_to).where(Media.owner_id == owner_id, Media.upload_key == upload_key)
    ).one()
    if first_belongs_to != belongs_to:
        raise Invalid(fields={"file": KEY_TAKEN})
    return first_id


def store_upload(
    *,
    owner_id: int,
    upload_key: str,
    belongs_to: str,
    file: BinaryIO,
    poster: BinaryIO | None = None,
    by: Actor | None,
    accept: Collection[str] = KINDS,
) -> int:
    """Prepare and keep in one, in a unit of work of its own; a repeated upload does no work.

    Raises what `prepare_upload` and `keep` raise.
    """
    known = queries.uploaded(owner_id, upload_key)
    if known is not None and queries.media_rows([known])[known].belongs_to == belongs_to:
        return known
    with prepare_upload(file=file, poster=poster, accept=accept) as prepared, unit_of_work():
        return keep(prepared, owner_id=owner_id, upload_key=upload_key, belongs_to=belongs_to, by=by)


def remove_media(ids: Iterable[int]) -> None:
    """Delete the rows now and the bytes once that is committed; joins the caller's unit of work.

    The caller has checked that they may go, and removed what refers to them. Unknown ids are ignored.
    """
    ids = list(ids)
    db.session.execute(delete(Likeness).where(Likeness.media_id.in_(ids)))
    keys = db.session.scalars(delete(Media).where(Media.id.in_(ids)).returning(Media.storage_key)).all()
    for key in keys:
        on_commit(partial(_discard, key))


def _discard(key: str) -> None:
    try:
        storage.current().delete(key)
    except Unavailable:
        log.warning("media_left_behind")  # the sweep finds it


def sweep() -> int:
    """Delete bytes older than a day that no row names (a kill left them); return how many uploads."""
    place = storage.current()
    old = list(place.keys(clock.now() - SWEPT_AFTER))
    swept = 0
    for start in range(0, len(old), 500):
        some = old[start : start + 500]
        named = set(db.session.scalars(select(Media.storage_key).where(Media.storage_key.in_(some))))
        for key in some:
            if key not in named:
                place.delete(key)
                swept += 1
    return swept


def fill_likeness() -> int:
    """Look at the photos that were kept before likeness was; return how many can be known again now.

    Reads the thumb, which is our own, a unit of work for each hundred. One that can't be read is left out.
    """
    filled, after = 0, 0
    while True:
        missing = db.session.execute(
            select(Media.id, Media.storage_key)
            .outerjoin(Likeness, Likeness.media_id == Media.id)
            .where(Media.id > after, Media.kind == "photo", Likeness.media_id.is_(None))
            .order_by(Media.id)
            .limit(100)
        ).all()
        if not missing:
            return filled
        after = missing[-1].id
        seen = {row.id: bits for row in missing if (bits := _look(row.storage_key)) is not None}
        if seen:
            with unit_of_work():
                known = upsert(Likeness).values([likeness.columns(*each) for each in seen.items()])
                db.session.execute(known.on_conflict_do_nothing())
            filled += len(seen)


def _look(storage_key: str) -> int | None:
    try:
        with Image.open(BytesIO(b"".join(storage.current().read(storage_key, "thumb")))) as thumb:
            return darkroom.likeness(thumb)
    except (OSError, NotFound, Unavailable):
        log.warning("photo_not_seen", storage_key=storage_key)
        return None
