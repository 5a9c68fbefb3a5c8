"""Quests, the work on them, and the review of that work."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.library import services as library
    from app.blueprints.media import services as media
    from app.blueprints.quests import queries, routes, routes_review, routes_staff

    media.allow("submission", queries.may_see_media)
    media.allow("quest", media.every_member)
    library.tell_uses(queries.quests_with)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes_review.blueprint)
    app.register_blueprint(routes_staff.blueprint)
