"""One process of the race for the lines of one entry (see test_lines.py): its own app on the same database,
and several threads that write a line into it, or take one back, at the same moment.

Given: database URL, data folder, helper, people (ids: those helped), guard, act (a key of ACTS: which of
their lines is written, and which withdrawn). `guard` is "on", or "off": the
entry's number is read, and written one larger or smaller, as the page once showed it.
"""

from __future__ import annotations

from sqlalchemy import select, update

from app.blueprints.impact import services
from app.blueprints.impact.models import ImpactBundle
from app.core.db import db
from app.core.uow import unit_of_work
from tests.races.at_once import press_together, racing_app

ACTS = {
    "add": ("after", ""),
    "withdraw": ("", "before"),
    "both": ("after", "before"),
    "again": ("", "after"),
    "alone": ("alone", ""),
}


def line(helper: int, person: int, which: str) -> services.Help:
    return services.Help(
        key=f"race:{which}:{person}",
        member_id=helper,
        kind="credit",
        person_id=person,
        subject={"zh": "x", "en": "x"},
        about=f"{which}:{person}",
        bundle=None if which == "alone" else "race",
    )


def take_guard_away(helper: int) -> None:
    seen = db.session.execute(
        select(ImpactBundle.id, ImpactBundle.lines).where(ImpactBundle.member_id == helper)
    ).one()
    db.session.rollback()

    def write(lines: int) -> int:
        db.session.execute(update(ImpactBundle).where(ImpactBundle.id == seen.id).values(lines=max(lines, 1)))
        return int(seen.id)

    services._in_bundle = lambda _one: write(seen.lines + 1)
    services._shrink = lambda _bundle, by: write(seen.lines - by)  # type: ignore[assignment,return-value]


def main(database_url: str, data: str, helper: str, people: str, guard: str, act: str) -> None:
    app = racing_app(database_url, data)
    with app.app_context():
        if guard == "off":
            take_guard_away(int(helper))

    written, withdrawn = ACTS[act]

    def press(person: int) -> str:
        with unit_of_work():
            if withdrawn:
                services.withdraw_lines([line(int(helper), person, withdrawn).key])
            if written:
                services.add_lines([line(int(helper), person, written)])
        return act

    press_together(app, [(int(person),) for person in people.split(",")], press)
