"""Tutorials and other resources that members learn from."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.library import routes

    app.register_blueprint(routes.blueprint)
