"""`flask impact reports`: the months that are over, written for everybody."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.blueprints.impact import services_report
from app.blueprints.impact.policies_report import month_named
from app.blueprints.members import queries as members
from app.core import clock

impact_group = AppGroup("impact", help="Whom members helped.")


@impact_group.command("reports")
@click.option("--month", "key", help="Only that month (2026-10); by default the last two that are over.")
def reports(key: str | None) -> None:
    """Tell each member that their month is written: once, however often and however late this runs."""
    zone_name = members.programme().timezone
    months = services_report.due(zone_name)
    if key is not None:
        month = month_named(key, zone_name)
        if month is None:
            raise click.BadParameter("name it by year and month, such as 2026-10", param_hint="--month")
        if not month.is_over(clock.now()):
            raise click.BadParameter(f"{key} is not over yet in {zone_name}", param_hint="--month")
        months = [month]
    for month in months:
        sent = services_report.send_reports(month, zone_name)
        click.echo(f"{month.key}: {sent.members} reports, {sent.new} notices new")
