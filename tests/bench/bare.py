"""The yardsticks: the least that a page, or a durable write, of this kind can cost.

The bare page: Flask, Flask-Login loading a member, one indexed query of 100 rows by the driver
itself, one autoescaped template of 15 KB. The bare write: one row and a wallet's balance in one
durable transaction by the driver itself, behind the same log-in.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

from flask import Flask
from flask_login import LoginManager, UserMixin, login_required, login_user

PAGE = """<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body><ul>
{% for id, name, note in rows %}<li id="row{{ id }}"><b>{{ name }}</b> <span class="note">{{ note }}</span>
<a href="/row/{{ id }}">{{ name }}</a></li>{% endfor %}</ul></body></html>"""

_local = threading.local()
_writing = threading.Lock()


def make(folder: Path) -> None:
    """Fill the bare app's database: 1,000 members, 10,000 rows of which a page shows 100."""
    connection = sqlite3.connect(folder / "bare.db")
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE member (id INTEGER PRIMARY KEY, name TEXT, balance INTEGER DEFAULT 0);"
        "CREATE TABLE row (id INTEGER PRIMARY KEY, list INTEGER, name TEXT, note TEXT);"
        "CREATE INDEX ix_row_list ON row (list, id);"
        "CREATE TABLE transfer (id INTEGER PRIMARY KEY, key TEXT UNIQUE, member_id INTEGER, amount INTEGER);"
    )
    connection.executemany("INSERT INTO member (name) VALUES (?)", [(f"member {n}",) for n in range(1000)])
    note = "what somebody wrote about it, <b>with</b> care & in about sixty characters"
    connection.executemany(
        "INSERT INTO row (list, name, note) VALUES (?, ?, ?)",
        [(n % 100, f"row {n}", note) for n in range(10000)],
    )
    connection.commit()
    connection.close()


def create_app() -> Flask:
    folder = Path(os.environ["BARE_DATA"])
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "bare"
    manager = LoginManager(app)
    template = app.jinja_env.from_string(PAGE)

    def database() -> sqlite3.Connection:
        if not hasattr(_local, "connection"):
            _local.connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
            _local.connection.execute("PRAGMA synchronous=FULL")
        return _local.connection

    class Member(UserMixin):
        def __init__(self, row: tuple[int, str]) -> None:
            self.id, self.name = row

    @manager.user_loader
    def load(member_id: str) -> Member | None:
        row = database().execute("SELECT id, name FROM member WHERE id = ?", (member_id,)).fetchone()
        return Member(row) if row else None

    @app.get("/login")
    def login() -> str:
        login_user(Member((1, "member 0")))
        return "ok"

    @app.get("/page")
    @login_required
    def page() -> str:
        rows = (
            database()
            .execute("SELECT id, name, note FROM row WHERE list = 7 ORDER BY id LIMIT 100")
            .fetchall()
        )
        return template.render(title="A page", rows=rows)

    @app.post("/write")
    @login_required
    def write() -> str:
        connection = database()
        # the same courtesy as our writer lane, so that SQLite's lottery is not what is compared
        with _writing:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO transfer (key, member_id, amount) VALUES (hex(randomblob(16)), 1, 10)"
            )
            connection.execute("UPDATE member SET balance = balance + 10 WHERE id = 1")
            connection.execute("COMMIT")
        return "ok"

    return app


app = create_app() if "BARE_DATA" in os.environ else None
