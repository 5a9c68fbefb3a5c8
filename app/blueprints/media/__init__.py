"""Uploaded photos and videos."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

commands = AppGroup("media", help="Uploaded files.")


@commands.command("sweep")
def sweep() -> None:
    """Delete bytes that no upload names (a killed server leaves some)."""
    from app.blueprints.media import services

    click.echo(f"{services.sweep()} removed")


@commands.command("likeness")
def note_likeness() -> None:
    """Note how photos look that were uploaded before this was noted, so that copies are found."""
    from app.blueprints.media import services

    click.echo(f"{services.fill_likeness()} noted")


def init_app(app: Flask) -> None:
    from app.blueprints.media import routes, services

    config = app.config["LIGHTUP"]
    services.configure(
        media_url=config.media_url,
        photo_limit_bytes=config.photo_limit_bytes,
        video_limit_bytes=config.video_limit_bytes,
    )
    app.register_blueprint(routes.blueprint)
    app.cli.add_command(commands)
