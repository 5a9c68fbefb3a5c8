"""Whom a member helped: every line with its proof; and the posts by which they reach others."""

from __future__ import annotations

from typing import Any

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.impact import (
        cli,
        routes,
        routes_desk,
        routes_links,
        routes_people,
        routes_posts,
        routes_public,
        routes_report,
        routes_report_staff,
        routes_staff,
        services_milestones,
    )
    from app.blueprints.media import services as media
    from app.blueprints.members import services as members

    media.allow("post", staff_sees)
    media.allow("post-cover", media.every_member)
    members.when_stars_set(services_milestones.tell_star)
    media.allow("thanks", staff_sees)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes_links.blueprint)
    app.register_blueprint(routes_people.blueprint)
    app.register_blueprint(routes_posts.blueprint)
    app.register_blueprint(routes_public.blueprint)
    app.register_blueprint(routes_staff.blueprint)
    app.register_blueprint(routes_desk.blueprint)
    app.register_blueprint(routes_report.blueprint)
    app.register_blueprint(routes_report_staff.blueprint)
    app.cli.add_command(cli.impact_group)


def staff_sees(_row: Any, actor: Any) -> bool:
    """Screenshots of figures and of thanks are for those who look at them."""
    return actor.is_staff
