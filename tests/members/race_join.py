"""One process of the race for an invite's last use (see test_races.py).

argv: database URL, data folder, code, login, "guarded" or "unguarded". Says "ready", waits for a
line, tries to join and says how it went.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import update

from app import create_app
from app.blueprints.members import models, services
from app.config import Config
from app.core.db import db
from app.core.errors import DomainError


def unguarded(invite_id: int) -> bool:
    """What the guard replaces: the check has been made before, so write the new figure."""
    db.session.execute(update(models.Invite).where(models.Invite.id == invite_id).values(uses=1))
    return True


def main(database_url: str, data: str, code: str, login: str, guard: str) -> None:
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
    if guard == "unguarded":
        services._take_use = unguarded
    with app.app_context():
        hashed = services.hash_password("a long enough password")
        services.hash_password = lambda _password: wait(hashed)
        try:
            services.join(code, name=login, login=login, password="a long enough password", consent=True)
            print("joined", flush=True)
        except DomainError as error:
            print(type(error).__name__, getattr(error, "state", ""), flush=True)


def wait(hashed: str) -> str:
    """Everybody has seen the invite open by now; go on when all have."""
    print("ready", flush=True)
    sys.stdin.readline()
    return hashed


if __name__ == "__main__":
    main(*sys.argv[1:])
