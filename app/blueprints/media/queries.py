"""What pages read about files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.blueprints.media import policies
from app.blueprints.media.likeness import NEAR, distance
from app.blueprints.media.models import Likeness, Media
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound

_columns = (
    Media.id,
    Media.owner_id,
    Media.belongs_to,
    Media.kind,
    Media.content_type,
    Media.storage_key,
    Media.poster_key,
    Media.width,
    Media.height,
    Media.size_bytes,
    Media.sha256,
    Media.duration_seconds,
    Media.exposure,
    Media.created_at,
)


@dataclass(frozen=True, slots=True)
class Tile:
    """What a tile shows. `has_picture` is False for a video without poster: there is nothing to draw."""

    id: int
    kind: str
    width: int | None
    height: int | None
    exposure: dict[str, Any] | None
    duration_seconds: int | None
    has_picture: bool


_tile = select(
    Media.id,
    Media.kind,
    Media.width,
    Media.height,
    Media.exposure,
    Media.duration_seconds,
    Media.poster_key,
)


def tiles(ids: Iterable[int]) -> dict[int, Tile]:
    """The tiles of these files by id, in one query; ids that don't exist are left out."""
    return {row.id: as_tile(row) for row in db.session.execute(_tile.where(Media.id.in_(list(ids))))}


def of(belongs_to: str) -> list[Tile]:
    """The tiles of what belongs there ("submission:12"), oldest first."""
    found = db.session.execute(_tile.where(Media.belongs_to == belongs_to).order_by(Media.id))
    return [as_tile(row) for row in found]


def tile_table() -> Any:
    """What a tile shows as a table to join on its `id`; `as_tile` makes a tile of a row of its columns."""
    return _tile.subquery("tile")


def as_tile(row: Any) -> Tile:
    """The tile of a row that has the columns of `tile_table`."""
    return Tile(
        row.id,
        row.kind,
        row.width,
        row.height,
        row.exposure,
        row.duration_seconds,
        row.kind == "photo" or row.poster_key is not None,
    )


def likeness_table() -> Any:
    """How photos look, as a table to join on its `media_id`: bits, quarter_0 to quarter_3."""
    return select(Likeness).subquery()


def looks_alike(one: int, other: int) -> bool:
    """Whether two photos are the same picture, perhaps resized, saved again, brightened or cut a little."""
    return distance(one, other) <= NEAR


def media_rows(ids: Iterable[int]) -> dict[int, Any]:
    """Everything the database says of these files, by id."""
    found = db.session.execute(select(*_columns).where(Media.id.in_(list(ids))))
    return {row.id: row for row in found}


def uploaded(owner_id: int, upload_key: str) -> int | None:
    """The file that this upload became, when it was sent before."""
    return db.session.scalar(
        select(Media.id).where(Media.owner_id == owner_id, Media.upload_key == upload_key)
    )


def media_for(media_id: int, *, by: Actor) -> Any:
    """The row of a file that `by` may see. Raises NotFound, alike for absent and for not theirs."""
    row = db.session.execute(select(*_columns).where(Media.id == media_id)).one_or_none()
    if row is None or not policies.may_see(row, by):
        raise NotFound
    return row
