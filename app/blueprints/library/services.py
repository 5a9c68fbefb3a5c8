"""Publishing resources. The only writer of this table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import insert

from app.blueprints.impact import services_links as thanks
from app.blueprints.library import queries
from app.blueprints.library.models import Resource
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.i18n import pair
from app.core.uow import unit_of_work


def tell_uses(tell: Callable[[int, Actor], Sequence[Any]]) -> None:
    """Let a feature above say what a resource is for; telling twice is harmless."""
    if tell not in queries._uses:
        queries._uses.append(tell)


def publish_resource(*, kind: str, title: str, body: str, author_id: int | None, **more: Any) -> int:
    """Publish a tutorial or case now, with the thank-you link of its author; `more` are further columns of
    Resource. Returns its id."""
    with unit_of_work():
        resource_id = db.session.scalars(
            insert(Resource)
            .values(kind=kind, title=title, body=body, author_id=author_id, published_at=clock.now(), **more)
            .returning(Resource.id)
        ).one()
        if author_id is not None:
            thanks.give_link(
                f"resource:{resource_id}",
                member_id=author_id,
                kind=kind,
                title=pair(title, more.get("title_en")),
                cover_media_id=more.get("cover_media_id"),
            )
        return resource_id
