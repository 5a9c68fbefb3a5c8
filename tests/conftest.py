"""One app a run, a fresh database a test, on SQLite or on the server named by TEST_DATABASE_URL.

Tests commit for real: each begins from a copy of a migrated, founded database.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url, text

from app import create_app
from app.blueprints.members import queries as member_queries
from app.blueprints.members import services as members
from app.config import Config
from app.core.actor import Actor
from app.core.db import Base, db
from app.founding import found

SERVER = os.environ.get("TEST_DATABASE_URL")
PASSWORD = "a long enough password"
SEAL_KEY = "Zm9yIHRlc3RzIG9ubHksIGZvciB0ZXN0cyBvbmx5ISE="


def test_config(data: Path, database_url: str) -> Config:
    return Config(
        production=False,
        data=data,
        database_url=database_url,
        redis_url=None,
        media_url=(data / "media").as_uri(),
        secret_key="for tests only, for tests only, for tests",
        seal_keys=(SEAL_KEY,),
        host="127.0.0.1",
        port=0,
        rate_limits=False,
    )


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Iterator[str]:
    """An empty database of this worker's own."""
    if not SERVER:
        yield f"sqlite:///{tmp_path_factory.mktemp('data') / 'lightup.db'}"
        return
    server = make_url(SERVER)
    name = f"{server.database}_{worker}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        # what is told apart here is kept from a killed app, not from a power cut: no wait for the disk
        connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def built_app(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Flask:
    app = create_app(test_config(tmp_path_factory.mktemp("home"), database_url))
    app.config["PROPAGATE"] = True
    app.testing = True
    with app.app_context():
        upgrade()
        found(name="远山汽车", name_en="Yuanshan Auto")
        db.session.remove()
        if app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite"):
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
            db.engine.dispose()
    return app


@pytest.fixture(scope="session")
def _pristine(built_app: Flask) -> Callable[[], None]:
    """Puts the database back to its founded state."""
    if not SERVER:
        path = Path(built_app.config["LIGHTUP"].database_url.removeprefix("sqlite:///"))
        shutil.copy(path, f"{path}.pristine")

        def restore() -> None:
            with built_app.app_context():
                db.engine.dispose()
            # a new file, not new bytes in the old one: a connection that an earlier test has left to the
            # garbage collector writes its log into the file it had open, whenever it is closed
            for suffix in ("-wal", "-shm", ""):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            shutil.copy(f"{path}.pristine", path)

        return restore

    tables = [table.name for table in Base.metadata.sorted_tables]
    with built_app.app_context(), db.engine.begin() as connection:
        rows = {name: connection.execute(text(f'SELECT * FROM "{name}"')).mappings().all() for name in tables}
        sequences = connection.execute(
            text(
                "SELECT pg_get_serial_sequence(quote_ident(name), 'id'), name "
                "FROM unnest(CAST(:names AS text[])) AS name"
            ),
            {"names": [table.name for table in Base.metadata.sorted_tables if "id" in table.c]},
        ).all()
        # rows keep the order they came in, as nothing makes room among them
        for name in tables:
            connection.execute(text(f'ALTER TABLE "{name}" SET (autovacuum_enabled = false)'))
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables)
    again = ", ".join(
        f"setval('{sequence}', {max((row['id'] for row in rows[name]), default=0) + 1}, false)"
        for sequence, name in sequences
        if sequence
    )

    def restore_server() -> None:
        # only what a test filled: to truncate every table makes a file anew for each of their indexes
        with built_app.app_context(), db.engine.begin() as connection:
            # replica: the ledger's triggers refuse to be emptied, as they should
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for name in connection.execute(text(filled)).scalars().all():
                connection.execute(text(f'DELETE FROM "{name}"'))
            for table in Base.metadata.sorted_tables:
                if rows[table.name]:
                    connection.execute(table.insert(), [dict(row) for row in rows[table.name]])
            connection.execute(text(f"SELECT {again}"))

    return restore_server


@pytest.fixture
def app(built_app: Flask, _pristine: Callable[[], None]) -> Iterator[Flask]:
    """The app on a fresh database, inside an app context for calling services."""
    _pristine()
    with built_app.app_context():
        yield built_app
        db.session.remove()


class Browser(FlaskClient):
    """Each request gets an app context of its own, as it does when served: the test's own would keep `g`."""

    def open(self, *args: Any, **more: Any) -> Any:
        with self.application.app_context():
            return super().open(*args, **more)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = Browser
    return app.test_client()


@pytest.fixture
def make_member(app: Flask) -> Callable[..., Actor]:
    """make_member("linxia", tier=…, capabilities=(…)) -> Actor; password is PASSWORD."""
    hashed = members.hash_password(PASSWORD) if not _HASH else _HASH[0]
    if not _HASH:
        _HASH.append(hashed)

    def make(login: str, *, name: str | None = None, **more: object) -> Actor:
        member_id = members.add_member(login=login, name=name or login.title(), password_hash=hashed, **more)  # type: ignore[arg-type]
        return member_queries.as_actor(member_id)

    return make


_HASH: list[str] = []


@pytest.fixture
def login(client: FlaskClient) -> Callable[[Actor | str], FlaskClient]:
    """login(member) -> the client, signed in as them (by opening a session, not through the form)."""

    def sign_in(who: Actor | str) -> FlaskClient:
        name = who if isinstance(who, str) else who.login
        response = client.post("/login", data={"login": name, "password": PASSWORD})
        assert response.status_code == 303, response.get_data(as_text=True)[:500]
        return client

    return sign_in


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Races one after the other: two at once would ask a server for more connections than it has."""
    for item in items:
        if item.get_closest_marker("race") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("race"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly that the browser tests did not run: a summary of skips is easily overlooked."""
    skipped = [one for one in terminalreporter.stats.get("skipped", []) if "browser" in one.keywords]
    if skipped:
        terminalreporter.section("BROWSER TESTS DID NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests were skipped: {skipped[0].longrepr[-1]}", red=True)
        terminalreporter.line("Install Chromium, or name one: CHROMIUM=/path/to/chromium make test", red=True)
