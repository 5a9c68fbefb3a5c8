"""`flask demo load`."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from random import Random

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.blueprints.impact import services_report
from app.blueprints.impact.policies_report import Month
from app.blueprints.members import services as members
from app.blueprints.members.routes import DEMO_PASSWORD
from app.core import clock
from app.core.errors import DomainError, Invalid
from app.core.uow import unit_of_work
from app.demo.calls import Calls
from app.demo.content import Content
from app.demo.crowd import Crowd
from app.demo.desk import Desk
from app.demo.history import History
from app.demo.mall import Mall
from app.demo.pictures import developed
from app.demo.points import Points
from app.demo.programme import Programme
from app.demo.quick import QuickAnswers
from app.demo.state import state_now
from app.demo.stories import Stories
from app.demo.thanks import Thanks
from app.demo.timeline import Timeline

demo = AppGroup("demo", help="The demo programme, for trying and measuring.")

SEED = 20_251_121


@demo.command("load")
@click.option("--members", "most", type=click.IntRange(0, 200_000), default=0, help="Scale to so many.")
@click.option("--quests", type=click.IntRange(0, 2_000), default=0, help="Scale to so many live quests.")
@click.option("--if-empty", is_flag=True, help="Do nothing when the database has members.")
def load_command(most: int, quests: int, if_empty: bool) -> None:
    """Build the demo programme in an empty, migrated database."""
    if current_app.config["LIGHTUP"].production:
        raise click.ClickException("Never in production: the demo's passwords are known to everybody.")
    try:
        state = state_now()
    except (OperationalError, ProgrammingError) as error:
        raise click.ClickException("This database has no tables yet: first flask db upgrade.") from error
    if state == "members":
        if if_empty:
            return
        raise click.ClickException("This database has members. The demo only goes into an empty one.")
    if state == "founded":
        raise click.ClickException(
            "This database has a programme, but no members. Begin with a new one for the demo "
            "(another LIGHTUP_DATA, or remove this one)."
        )
    began = time.monotonic()
    try:
        load(members_wanted=most, quests_wanted=quests)
    except Invalid as error:
        raise click.ClickException(f"{error.message} {error.fields}") from error
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"Demo programme loaded in {time.monotonic() - began:.0f} s.")


def load(*, members_wanted: int = 0, quests_wanted: int = 0) -> None:
    """Build it all, or nothing: one transaction, and the files of one that failed are taken back."""
    content = Content()
    password_hash = members.hash_password(DEMO_PASSWORD)
    chance = Random(SEED)  # noqa: S311  # nosec B311
    with developed(content) as pictures, unit_of_work():
        timeline = Timeline(clock.now(), content.programme["programme"]["timezone"], chance)
        programme = Programme(content, pictures, timeline, password_hash)
        programme.plan()
        History(programme).plan()
        QuickAnswers(programme).plan()
        Desk(programme).plan()
        Calls(programme).plan()
        Stories(programme).plan()
        Points(programme).plan()
        Thanks(programme).plan()
        Mall(programme).plan()
        zone_name = content.programme["programme"]["timezone"]
        for month in services_report.due(zone_name):
            written_at = min(month.ends + timedelta(hours=9), timeline.now)
            timeline.at(written_at, partial(write_reports, month, zone_name))
        timeline.run()
        Crowd(programme).fill(members=members_wanted, quests=quests_wanted)


def write_reports(month: Month, zone_name: str) -> None:
    """What `flask impact reports` does on the first of the month."""
    services_report.send_reports(month, zone_name)
