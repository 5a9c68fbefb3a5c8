"""One process of the race for an approval (see test_approve.py): its own app on the same database, and
several threads that press the button at the same moment.

argv: database URL, data folder, submission, reviewer, presses, guard. Says "ready", waits for a line,
presses, and says how each press went. `guard` is

- "on": as it is
- "keys": the row isn't locked and its state isn't looked at any more; the unique keys still stand
- "off": neither; what the page once showed is believed, and each press makes up its own keys
"""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app import create_app
from app.blueprints.members import queries as members
from app.blueprints.quests import services_review
from app.blueprints.quests.models import Submission
from app.config import Config
from app.core.db import db
from app.core.errors import DomainError


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
    return lambda things: command([replace(each, key=f"{each.key}:{uuid.uuid4()}") for each in things])


def main(database_url: str, data: str, submission: str, reviewer: str, presses: str, guard: str) -> None:
    app = create_app(
        Config(
            production=False,
            data=Path(data),
            database_url=database_url,
            redis_url=None,
            media_url=Path(data).as_uri(),
            secret_key="for tests only, for tests only, for tests",
            host="127.0.0.1",
            port=0,
            rate_limits=False,
        )
    )
    with app.app_context():
        by = members.as_actor(int(reviewer))
        db.session.rollback()
        if guard != "on":
            take_guard_away(int(submission), keys_too=guard == "off")
    together = threading.Barrier(int(presses) + 1)
    went: list[str] = []

    def press() -> None:
        with app.app_context():
            together.wait()
            verdict = services_review.Verdict(round=1, highlight="光很好", suggestion="写下快门")
            try:
                paid = services_review.approve_submission(int(submission), verdict, by=by)
                went.append("nothing" if paid is None else f"paid {paid.amount}")
            except (DomainError, IntegrityError) as error:
                went.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=press) for _ in range(int(presses))]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    together.wait()
    for thread in threads:
        thread.join()
    print("\n".join(went), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
