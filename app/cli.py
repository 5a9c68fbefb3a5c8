"""Commands of the programme itself; features add their own (`flask points audit`)."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import click
from flask import Flask, current_app
from sqlalchemy import make_url

from app.blueprints.media.storage import Folder
from app.core.crypto import key_ring
from app.demo.cli import demo
from app.founding import found_command
from app.keys import keys_group


def init_app(app: Flask) -> None:
    app.cli.add_command(serve)
    app.cli.add_command(backup)
    app.cli.add_command(found_command)
    app.cli.add_command(demo)
    app.cli.add_command(keys_group)


@click.command()
@click.option("--threads", default=8, show_default=True)
def serve(threads: int) -> None:
    """Serve on HOST and PORT with waitress: portable, one process."""
    from waitress import serve as waitress_serve

    config = current_app.config["LIGHTUP"]
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    click.echo(f"Lightup: http://{config.host}:{config.port}")
    waitress_serve(
        app,
        host=config.host,
        port=config.port,
        threads=threads,
        channel_timeout=120,
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"],
        clear_untrusted_proxy_headers=True,
    )


def _copy_media(media: Path, target: Path) -> None:
    """Copy a folder of media in use: not what is still arriving, nor what is taken out meanwhile."""
    try:
        shutil.copytree(media, target, ignore=shutil.ignore_patterns(Folder.INCOMING))
    except shutil.Error as error:
        if any(Path(source).exists() for source, _copy, _why in error.args[0]):
            raise


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Copy the running programme into the new folder TARGET: database, keys, local media.

    SQLite by its online backup, so that it may be written to meanwhile; PostgreSQL by pg_dump. The
    database comes first: media it doesn't name yet do no harm, media it misses would.
    To restore SQLite: LIGHTUP_DATA=TARGET. To restore PostgreSQL: pg_restore, and LIGHTUP_DATA=TARGET.
    """
    config = current_app.config["LIGHTUP"]
    if target.exists() and any(target.iterdir()):
        raise click.ClickException(f"{target} is not empty: name a new folder")
    target.mkdir(parents=True, exist_ok=True)
    sealed_before = key_ring().keys
    url = make_url(config.database_url)
    if url.get_backend_name() == "sqlite":
        with sqlite3.connect(str(url.database)) as source, sqlite3.connect(target / "lightup.db") as copy:
            source.backup(copy)
    else:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        subprocess.run(  # noqa: S603
            ["pg_dump", "--format=custom", f"--file={target / 'lightup.dump'}", plain],  # noqa: S607
            check=True,
        )
    if (key := config.data / "secret.key").exists():
        shutil.copy2(key, target)
    if config.seal_file:
        # keys may rotate or retire meanwhile: those from before and after read whatever was copied
        both = dict.fromkeys((*key_ring().keys, *sealed_before))
        (target / "seal.keys").touch(mode=0o600)
        (target / "seal.keys").write_text("\n".join(both) + "\n")
    media = Path(config.media_url.removeprefix("file://").partition("?")[0])
    if config.media_url.startswith("file://") and media.is_dir():
        _copy_media(media, target / "media")
    click.echo(f"{target}: done")
