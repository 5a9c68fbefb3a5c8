"""Badges: definitions, the facts they count, and who lit them."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.badges import queries, routes
    from app.blueprints.members import queries as members

    members.add_to_session_query("unlit_award_id", queries.oldest_unlit_award)
    app.register_blueprint(routes.blueprint)
