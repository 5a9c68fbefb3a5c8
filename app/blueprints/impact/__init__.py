"""Whom a member helped: every line with its proof."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.impact import routes

    app.register_blueprint(routes.blueprint)
