"""One process of the races for thanks (see test_thanks.py): its own app on the same database, and several
threads that say thanks for the same work at the same moment.

Given: database URL, data folder, the work's code, presses, guard, and who presses: a reader's name, or "" for
a new reader with each press. `guard` is "on"; "reader": what was read a moment ago says whether somebody has
said thanks, no key does; or "quota": what was read a moment ago says whether there is room in this hour.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Integer, bindparam, select, update

from app.blueprints.impact import services_thanks
from app.blueprints.impact.models import Thanks, ThanksLink
from app.core.db import db, table
from tests.races.at_once import press_together, racing_app


def read_then_write() -> Callable[..., str]:
    """Names for a reader that no key knows to be one, unless they are found to have said thanks."""

    def name(link: Any, reader: str | int) -> str:
        mine = select(Thanks.reader).where(Thanks.link_id == link.id, Thanks.reader.startswith(str(reader)))
        return db.session.scalar(mine) or f"{reader}-{uuid.uuid4()}"

    return name


def count_without_looking() -> Any:
    link = table(ThanksLink)
    return (
        update(link)
        .where(link.c.id == bindparam("link"))
        .values(hour=bindparam("hour_is", type_=Integer), hour_thanks=link.c.hour_thanks + 1)
        .returning(link.c.hour_words)
    )


def main(database_url: str, data: str, code: str, presses: str, guard: str, reader: str) -> None:
    app = racing_app(database_url, data)
    if guard == "reader":
        services_thanks.reader_key = read_then_write()
    elif guard == "quota":
        services_thanks._count = count_without_looking  # type: ignore[assignment]

    def say() -> str:
        who = reader or str(uuid.uuid4())
        services_thanks.thank(code, services_thanks.Said(outcome="learned"), reader=who)
        return "thanked"

    press_together(app, [()] * int(presses), say)
