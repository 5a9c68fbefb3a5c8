"""The member's own pages: Today, the sky, me."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.home import routes, routes_staff

    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes_staff.blueprint)
