"""Which columns hold sealed texts, and how they are sealed again under a new key.

A feature says so once, in its `init_app`:

    keep_sealed(app, Address.sealed)

That is all: the table needs a whole-numbered `id`, the column a text of `crypto.seal` or NULL. A text must be
written in one statement (it may be changed at any time, always as a whole), as it is replaced here only
where it is still the one that was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, current_app
from sqlalchemy import bindparam, select, update

from app.core.crypto import Unreadable, sealed_anew
from app.core.db import read, write
from app.core.uow import unit_of_work

BATCH = 200


def keep_sealed(app: Flask, *columns: Any) -> None:
    """Register columns whose texts are sealed, so that rotating keys reaches them."""
    app.extensions.setdefault("lightup_sealed", []).extend(
        getattr(column, "expression", column) for column in columns
    )


@dataclass
class Tally:
    """What was found in one column: texts under the newest key, under older ones, and under none we have."""

    name: str
    fresh: int = 0
    old: int = 0
    lost: int = 0


def count() -> list[Tally]:
    """How all sealed texts stand to the keys; nothing is changed."""
    return [_walk(column, renew=False) for column in current_app.extensions.get("lightup_sealed", [])]


def reseal() -> list[Tally]:
    """Seal everything that is under an older key again, in batches; what can't be read stays as it is.

    `old` counts what was sealed again. Others may write meanwhile: a text that they change is theirs.
    """
    return [_walk(column, renew=True) for column in current_app.extensions.get("lightup_sealed", [])]


def _walk(column: Any, *, renew: bool) -> Tally:
    tally = Tally(f"{column.table.name}.{column.name}")
    last = 0
    while True:
        with unit_of_work():  # so that each batch is read as it is now
            rows = read(_batch(column), {"last": last}).all()
        new = []
        for row in rows:
            try:
                anew = sealed_anew(row.sealed)
            except Unreadable:
                tally.lost += 1
                continue
            if anew is None:
                tally.fresh += 1
            else:
                tally.old += 1
                new.append({"row": row.id, "was": row.sealed, "anew": anew})
        if renew and new:
            with unit_of_work():
                for one in new:
                    write(_renew(column), one)
        if len(rows) < BATCH:
            return tally
        last = rows[-1].id


@lru_cache
def _batch(column: Any) -> Any:
    key = column.table.c.id
    return (
        select(key.label("id"), column.label("sealed"))
        .where(key > bindparam("last"), column.is_not(None))
        .order_by(key)
        .limit(BATCH)
    )


@lru_cache
def _renew(column: Any) -> Any:
    return (
        update(column.table)
        .where(column.table.c.id == bindparam("row"), column == bindparam("was"))
        .values({column.name: bindparam("anew")})
    )
