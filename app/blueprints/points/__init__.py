"""The ledger, its public rules and campaigns."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.members import services as members
    from app.blueprints.points import cli, routes, routes_adjust, routes_questions, routes_staff, services

    members.when_joined(services.open_wallet)
    # the desk's rooms share one blueprint
    rooms = (routes, routes_staff, routes_questions, routes_adjust)
    for blueprint in dict.fromkeys(room.blueprint for room in rooms):
        app.register_blueprint(blueprint)
    app.cli.add_command(cli.points_group)
