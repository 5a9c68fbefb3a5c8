"""Notifications in the app."""

from __future__ import annotations

from flask import Flask

from app.core.access import signed_in


def init_app(app: Flask) -> None:
    from app.blueprints.inbox import queries, routes, services
    from app.blueprints.members import queries as members
    from app.blueprints.members import services as member_services

    member_services.when_tier_changed(services.tell_tier)
    members.add_to_session_query("unread", queries.unread_of)
    app.extensions["lightup_shell"]["unread"] = unread
    app.register_blueprint(routes.blueprint)


def unread() -> int:
    """What the bell shows; it came with the session."""
    who = signed_in()
    return who.unread if who is not None else 0
