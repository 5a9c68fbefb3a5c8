"""Which pages are measured, as whom, on the programme that `flask demo load --members N` built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.blueprints.members import services as members
from app.core import clock
from app.core.db import db


@dataclass(frozen=True)
class Page:
    """`budget` in million instructions, `queries` at most, as quality.md promises."""

    name: str
    path: str
    login: str
    budget: int
    queries: int


def one(sql: str, **values: Any) -> Any:
    return db.session.execute(text(sql), values).scalar()


def pages() -> list[Page]:
    """The reads of the table, each on real rows of the running database."""
    linxia = one("SELECT id FROM member WHERE login = 'linxia'")
    quest = one(
        "SELECT q.id FROM quest q JOIN badge b ON b.id = q.badge_id WHERE q.state = 'live' "
        "ORDER BY b.award_count DESC, q.id LIMIT 1"
    )
    working = one(
        "SELECT id FROM submission WHERE member_id = :m AND state IN ('working', 'changes') "
        "ORDER BY id LIMIT 1",
        m=linxia,
    )
    waiting = one("SELECT id FROM submission WHERE state = 'submitted' ORDER BY due_at LIMIT 1")
    line = one("SELECT max(id) FROM impact_line WHERE member_id = :m AND quote IS NOT NULL", m=linxia)
    code = one("SELECT code FROM thanks_link WHERE about LIKE 'post:%' AND member_id = :m", m=linxia)
    last_month = clock.now().replace(day=1) - timedelta(days=1)
    good = one("SELECT id FROM mall_item WHERE state = 'live' ORDER BY position, id LIMIT 1")
    return [
        Page("Today", "/", "linxia", 16, 8),
        Page("quest list", "/quests", "linxia", 12, 4),
        Page("quest page", f"/quests/{quest}", "linxia", 16, 6),
        Page("working page", f"/work/{working}", "linxia", 16, 6),
        Page("sky", "/sky", "linxia", 16, 6),
        Page("wallet", "/wallet", "linxia", 16, 6),
        Page("impact", "/impact", "linxia", 16, 6),
        Page("people helped", "/impact/people", "linxia", 12, 4),
        Page("impact line", f"/impact/lines/{line}", "linxia", 16, 6),
        Page("month", f"/impact/report/{last_month:%Y-%m}", "linxia", 16, 6),
        Page("posts", "/posts", "linxia", 12, 4),
        Page("thank-you page", f"/t/{code}", "linxia", 16, 6),
        Page("review queue", "/review", "luoning", 12, 4),
        Page("review page", f"/review/{waiting}", "luoning", 16, 6),
        Page("me", "/me", "linxia", 16, 6),
        Page("mall", "/mall", "linxia", 12, 4),
        Page("good", f"/mall/{good}", "linxia", 16, 6),
        Page("orders", "/mall/orders", "linxia", 12, 4),
    ]


def cookie_for(app: Flask, login: str) -> str:
    """A signed-in browser's cookie, opened without the form so that no password is hashed.

    Like a browser's it holds what the first page brought: the secret of the forms' tokens.
    """
    from flask import session
    from flask_login import login_user

    from app.blueprints.members import queries

    with app.test_request_context():
        member_id = one("SELECT id FROM member WHERE login = :login", login=login)
        token = members.open_session(member_id)
        found = queries.signed_in(token)
        assert found is not None
        login_user(found[0])
        response = app.response_class()
        app.session_interface.save_session(app, session._get_current_object(), response)  # type: ignore[attr-defined]
    signed_in = response.headers["Set-Cookie"].split(";")[0]
    with app.app_context():  # of its own, as a request has
        first = app.test_client(use_cookies=False).get("/me/settings", headers={"Cookie": signed_in})
    return first.headers["Set-Cookie"].split(";")[0]
