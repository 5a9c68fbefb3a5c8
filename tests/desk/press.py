"""One process of the desk's races (see test_races.py): its own app on the same database, a thread for each
command, which all begin at the same moment.

Given: database URL, data folder, submission, guard, then "command:member" for each thread. With `guard`
"off" what the page once showed is believed: rows aren't locked, states not looked at, and each press makes up
keys of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from app.blueprints.members import queries as members
from app.blueprints.quests import services_desk, services_review
from app.blueprints.quests.models import Review, Submission
from app.blueprints.quests.services_review import Verdict
from app.core.actor import Actor
from app.core.db import db
from tests.races.at_once import outcome, press_together, racing_app
from tests.races.press_approve import own_key, own_keys

VERDICT = Verdict(round=1, highlight="光很好", suggestion="写下快门", reason="看得见车牌")
COMMANDS: dict[str, Callable[[int, Actor], Any]] = {
    "approve": lambda work, by: services_review.approve_submission(work, VERDICT, by=by),
    "decline": lambda work, by: services_review.decline_submission(work, VERDICT, by=by),
    "undo": lambda work, by: services_desk.undo_approval(work, by=by),
    "look": lambda work, by: services_desk.look_again(work, by=by),
}


def take_guard_away(submission_id: int) -> None:
    seen = services_review._load(submission_id)
    db.session.rollback()
    add = services_review.add

    def moved(work: Any, state: str, **values: Any) -> bool:
        db.session.execute(update(Submission).where(Submission.id == work.id).values(state=state, **values))
        return True

    for module in (services_review, services_desk):
        module._load = lambda _id: seen  # type: ignore[attr-defined]
        module.move_on = moved  # type: ignore[attr-defined]
    services_review.add = lambda model, row: None if model is Review else add(model, row)
    for module, name in ((services_review.points, "award"), (services_review.badges, "record_fact")):
        setattr(module, name, own_key(getattr(module, name)))
    for module, name in ((services_review.impact, "add_lines"), (services_review.inbox, "notify")):
        setattr(module, name, own_keys(getattr(module, name)))


def main(database_url: str, data: str, submission: str, guard: str, *commands: str) -> None:
    app = racing_app(database_url, data)
    work = int(submission)
    presses = [each.split(":") for each in commands]
    with app.app_context():
        actors = {name: members.as_actor(int(name)) for _, name in presses}
        db.session.rollback()
        if guard == "off":
            take_guard_away(work)

    def decide(command: str, name: str) -> str:
        COMMANDS[command](work, actors[name])
        return "done"

    press_together(app, presses, lambda command, name: f"{command} {outcome(decide, command, name)}")
