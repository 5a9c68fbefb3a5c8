"""One process of the race for an invite's last use (see test_races.py).

Given: database URL, data folder, code, "guarded" or "unguarded", login. Tries to join and says how it went.
"""

from __future__ import annotations

from sqlalchemy import update

from app.blueprints.members import models, services
from app.core.db import db
from tests.conftest import PASSWORD
from tests.races.at_once import outcome, racing_app, wait_for_the_others


def unguarded(invite_id: int) -> bool:
    """What the guard replaces: the check has been made before, so write the new figure."""
    db.session.execute(update(models.Invite).where(models.Invite.id == invite_id).values(uses=1))
    return True


def main(database_url: str, data: str, code: str, guard: str, login: str) -> None:
    app = racing_app(database_url, data)
    if guard == "unguarded":
        services._take_use = unguarded

    def join() -> str:
        try:
            services.join(code, name=login, login=login, password=PASSWORD, consent=True)
        except services.InviteClosed as error:
            return f"InviteClosed {error.state}"
        return "joined"

    with app.app_context():
        hashed = services.hash_password(PASSWORD)

        def hash_password(_password: str) -> str:
            # here everybody has seen the invite open
            wait_for_the_others()
            return hashed

        services.hash_password = hash_password
        print(outcome(join))
