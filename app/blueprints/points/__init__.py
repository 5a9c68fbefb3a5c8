"""The ledger, its public rules and campaigns."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.members import services as members
    from app.blueprints.points import cli, routes, routes_staff, services

    members.when_joined(services.open_wallet)
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes_staff.blueprint)
    app.cli.add_command(cli.points_group)
