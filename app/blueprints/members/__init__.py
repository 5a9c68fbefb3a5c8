"""Accounts, invites, tiers, stars, who mentors whom, contact persons."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from flask import Flask, g, session
from flask_login import LoginManager

from app.blueprints.members import queries, services
from app.blueprints.members.models import CurrentMember
from app.core import clock
from app.core.errors import Unavailable

login_manager = LoginManager()
# a token is bound to its row, not to the browser's description of itself, which changes inside WeChat
login_manager.session_protection = None


@login_manager.user_loader
def load_signed_in(token: str) -> CurrentMember | None:
    """The member of a session token, and with them the programme, in one query."""
    found = queries.signed_in(token)
    if found is None:
        # the language stays: it was chosen in this browser
        for key in session.keys() - {"locale", "csrf_token", "_flashes"}:
            session.pop(key)
        return None
    member, g.programme = found
    if member.seen_at is not None and clock.now() - member.seen_at > timedelta(hours=1):
        with suppress(Unavailable):  # a disk that can't write must not keep anybody from reading
            services.touch_session(member.session_id or 0)
    return member


def init_app(app: Flask) -> None:
    from app.blueprints.members import routes, routes_staff

    login_manager.init_app(app)
    app.extensions["lightup_programme"] = queries.programme
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes_staff.blueprint)
