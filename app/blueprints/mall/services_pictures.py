"""A good's pictures: put up, put in order, removed. Source: product.md 4.5."""

from __future__ import annotations

from typing import Any, BinaryIO

from sqlalchemy import delete, select

from app.blueprints.mall.models import MallItem, MallPicture
from app.blueprints.media import services as media
from app.core import audit
from app.core.actor import Actor
from app.core.db import add, read, write
from app.core.errors import Invalid, NotFound, Refused
from app.core.i18n import N_
from app.core.uow import unit_of_work

MOST = 8


def add_picture(item_id: int, file: BinaryIO, *, upload_key: str, by: Actor) -> int:
    """Put a photo behind a good's others; its id. The same key is the same photo.

    Raises NotFound, Invalid (field "pictures"), Refused when there are MOST.
    """
    if item_id not in _known(item_id):
        raise NotFound
    try:
        with media.prepare_upload(file=file, accept=("photo",)) as prepared, unit_of_work():
            shown = _pictures(item_id)
            media_id = media.keep(
                prepared, owner_id=by.id, upload_key=upload_key, belongs_to=f"mall_item:{item_id}", by=by
            )
            if media_id in shown:
                return media_id
            if len(shown) >= MOST:
                raise Refused(N_("A good has eight pictures at most. Remove one first."))
            _arrange(item_id, [*shown, media_id], by)
            return media_id
    except Invalid as error:
        raise Invalid(fields={"pictures": error.fields["file"]}, **error.params) from error


def move_forward(item_id: int, media_id: int, *, by: Actor) -> None:
    """Let a picture change places with the one before it; harmless for the first. Raises NotFound."""
    with unit_of_work():
        shown = _pictures(item_id)
        if media_id not in shown:
            raise NotFound
        at = shown.index(media_id)
        if at:
            shown[at - 1 : at + 1] = [media_id, shown[at - 1]]
            _arrange(item_id, shown, by)


def remove_picture(item_id: int, media_id: int, *, by: Actor) -> None:
    """Remove a picture and its file. Raises NotFound."""
    with unit_of_work():
        shown = _pictures(item_id)
        if media_id not in shown:
            raise NotFound
        _arrange(item_id, [one for one in shown if one != media_id], by)
        media.remove_media([media_id])


def _known(item_id: int) -> list[int]:
    return list(read(select(MallItem.id).where(MallItem.id == item_id)).scalars())


def _pictures(item_id: int) -> list[int]:
    """The pictures in their order; the good's row is held, so that nobody else changes them meanwhile."""
    held: Any = read(select(MallItem.id).where(MallItem.id == item_id).with_for_update()).one_or_none()
    if held is None:
        raise NotFound
    mine = select(MallPicture.media_id).where(MallPicture.item_id == item_id)
    return list(read(mine.order_by(MallPicture.position)).scalars())


def _arrange(item_id: int, ids: list[int], by: Actor) -> None:
    write(delete(MallPicture).where(MallPicture.item_id == item_id))
    if ids:
        add(
            MallPicture,
            [{"media_id": one, "item_id": item_id, "position": at} for at, one in enumerate(ids)],
        )
    audit.record("mall_item.pictures", f"mall_item:{item_id}", by=by.id, after={"pictures": ids})
