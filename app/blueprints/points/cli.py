"""`flask points audit`: does everything follow from the transfers?"""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app.blueprints.points import queries_audit

points_group = AppGroup("points", help="The ledger.")


@points_group.command("audit")
def audit() -> None:
    """Recompute every balance, lifetime, debt and star level from the transfers.

    Lists what differs, one line each, and exits 1; exits 0 when everything agrees.
    """
    found = 0
    for what, whose, stands, should in queries_audit.differences():
        found += 1
        click.echo(f"{what}: {whose} stands at {stands}, should be {should}")
    accounts, transfers = queries_audit.audited()
    click.echo(f"{accounts} accounts, {transfers} transfers, {found} differences")
    sys.exit(1 if found else 0)
