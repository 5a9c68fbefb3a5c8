"""A member's address book, sealed."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.addresses import models, routes
    from app.core.sealed import keep_sealed

    keep_sealed(app, models.BookEntry.sealed)
    app.register_blueprint(routes.blueprint)
