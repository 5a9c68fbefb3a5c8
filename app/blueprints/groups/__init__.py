"""Circles: a mentor and those who learn from them. For now who mentors whom; groups follow."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.groups import routes

    app.register_blueprint(routes.blueprint)
