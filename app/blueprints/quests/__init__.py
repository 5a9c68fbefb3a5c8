"""Quests, the work on them, and the review of that work."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.impact import queries_posts, services_posts
    from app.blueprints.library import services as library
    from app.blueprints.media import services as media
    from app.blueprints.quests import (
        queries,
        queries_ladder,
        queries_quick,
        routes,
        routes_answers,
        routes_calls,
        routes_desk,
        routes_quick,
        routes_remarks,
        routes_results,
        routes_review,
        routes_skip,
        routes_staff,
        services_ladder,
    )

    media.allow("submission", queries_quick.may_see_media)
    media.allow("quest", queries.may_see_cover)
    library.tell_uses(queries.quests_with)
    services_posts.when_figures_count(services_ladder.pay_rungs)
    queries_posts.tell_rewards(queries_ladder.rungs_of)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes_quick.blueprint)
    app.register_blueprint(routes_review.blueprint)
    app.register_blueprint(routes_remarks.blueprint)
    app.register_blueprint(routes_desk.blueprint)
    app.register_blueprint(routes_staff.blueprint)
    app.register_blueprint(routes_answers.blueprint)
    app.register_blueprint(routes_skip.blueprint)
    app.register_blueprint(routes_results.blueprint)
    app.register_blueprint(routes_calls.blueprint)
    app.register_blueprint(routes_calls.desk)
