"""One process of the race for an approval (see test_approve.py): its own app on the same database, and
several threads that press the button at the same moment.

Given: database URL, data folder, submission, reviewer, presses, guard. `guard` is

- "on": as it is
- "keys": the row isn't locked and its state isn't looked at any more; the unique keys still stand
- "off": neither; what the page once showed is believed, and each press makes up its own keys
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import update

from app.blueprints.members import queries as members
from app.blueprints.quests import services_review
from app.blueprints.quests.models import Submission
from app.core.db import db
from tests.races.at_once import press_together, racing_app


def take_guard_away(submission_id: int, *, keys_too: bool) -> None:
    seen = services_review._load(submission_id)
    db.session.rollback()

    def decide(work: Any, _move: str, _verdict: Any, _by: Any, **values: Any) -> None:
        db.session.execute(
            update(Submission).where(Submission.id == work.id).values(state="approved", **values)
        )

    services_review._reviewable = lambda _id, _by: seen  # type: ignore[assignment]
    services_review._decide = decide
    if keys_too:
        for module, name in ((services_review.points, "award"), (services_review.badges, "record_fact")):
            setattr(module, name, own_key(getattr(module, name)))
        for module, name in ((services_review.impact, "add_lines"), (services_review.inbox, "notify")):
            setattr(module, name, own_keys(getattr(module, name)))


def own_key(command: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, key, **more: command(*args, key=f"{key}:{uuid.uuid4()}", **more)


def own_keys(command: Callable[..., Any]) -> Callable[..., Any]:
    def own(each: Any) -> Any:
        # a line is unique by whom and what it is about, too
        also = {"about": None} if hasattr(each, "about") else {}
        return replace(each, key=f"{each.key}:{uuid.uuid4()}", **also)

    return lambda things: command([own(each) for each in things])


def main(database_url: str, data: str, submission: str, reviewer: str, presses: str, guard: str) -> None:
    app = racing_app(database_url, data)
    with app.app_context():
        by = members.as_actor(int(reviewer))
        db.session.rollback()
        if guard != "on":
            take_guard_away(int(submission), keys_too=guard == "off")

    def approve() -> str:
        verdict = services_review.Verdict(round=1, highlight="光很好", suggestion="写下快门")
        paid = services_review.approve_submission(int(submission), verdict, by=by)
        return "nothing" if paid is None else f"paid {paid.amount}"

    press_together(app, [()] * int(presses), approve)
