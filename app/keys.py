"""`flask keys`: new keys to seal with, while servers run and nothing is lost.

`rotate` puts a new key in front and seals everything again; `retire` lets the old ones go once nothing needs
them. Both change `seal.keys` in the folder of keys; where SEAL_KEYS in the environment says the keys, the
operator changes that, and `reseal` does the rest.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup

from app.config import new_key
from app.core import sealed
from app.core.crypto import key_ring

keys_group = AppGroup("keys", help="The keys that addresses and codes are sealed with.")

BY_HAND = (
    "SEAL_KEYS in the environment says the keys. Put this new one at its end and restart every server; then "
    "move it to the front and restart again; then run `flask keys reseal`:"
)
# a request that began before a rotation may still bring what it sealed with the older key
SETTLES_MINUTES = 10


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One command at a time changes the file."""
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, keys: Sequence[str]) -> None:
    """Put a new file in the place of the old one: who reads sees one or the other, also after a power cut."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _reseal() -> None:
    """Seal again and say what was done. Exits 1 when something can't be read under any key."""
    lost = 0
    for tally in sealed.reseal():
        click.echo(f"{tally.name}: {tally.old} sealed again, {tally.fresh} were under the newest key")
        if tally.lost:
            click.echo(f"{tally.name}: {tally.lost} can't be read with these keys, left as they are")
        lost += tally.lost
    if lost:
        click.echo("A key is missing: put it back (a backup has it) and run `flask keys reseal`.")
        sys.exit(1)


@keys_group.command("rotate")
def rotate() -> None:
    """Put a new key in front of seal.keys and seal everything again with it."""
    ring = key_ring()
    if ring.path is None:
        click.echo(BY_HAND)
        click.echo(new_key())
        sys.exit(2)
    with _alone(ring.path):
        older = ring.keys
        _replace(ring.path, (new_key(), *older))
        click.echo(f"{ring.path.name}: a new key in front of {len(older)}")
        _reseal()


@keys_group.command("reseal")
def reseal() -> None:
    """Seal again what is still under an older key; to be run as often as one likes."""
    _reseal()


@keys_group.command("retire")
@click.option("--after", default=SETTLES_MINUTES, show_default=True, help="Minutes since the last rotation.")
def retire(after: int) -> None:
    """Drop all keys but the newest, if nothing in the database needs them."""
    ring = key_ring()
    if ring.path is None:
        _refuse_if_needed()
        click.echo("Nothing needs the older keys: SEAL_KEYS may be its first key alone.")
        return
    with _alone(ring.path):
        newest, *older = ring.keys
        if not older:
            click.echo("There is one key only.")
            return
        if time.time() - ring.path.stat().st_mtime < after * 60:
            raise click.ClickException(
                f"The keys changed less than {after} minutes ago, and somebody may still be saving under an "
                "older one. Nothing was dropped; try again later."
            )
        _refuse_if_needed()
        _replace(ring.path, [newest])
        if any(tally.lost for tally in sealed.count()):
            _replace(ring.path, [newest, *older])
            raise click.ClickException("Something was saved under an older key just now. All keys are kept.")
        click.echo(f"{ring.path.name}: the newest key stays, {len(older)} dropped")


def _refuse_if_needed() -> None:
    """Raise when anything is under another key than the newest."""
    for tally in sealed.count():
        if tally.old or tally.lost:
            raise click.ClickException(
                f"{tally.name}: {tally.old} still need an older key, {tally.lost} can't be read at all. "
                "Nothing was dropped; run `flask keys reseal` first."
            )
