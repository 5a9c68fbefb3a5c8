"""How a new deployment begins: `flask found` writes the programme, its tracks, stars, public rules, and the
words that hold a reader's message.

The values are those the programme starts with (product.md 2 and 4.4); staff change them later.
"""

from __future__ import annotations

from typing import Any

import click

from app.blueprints.impact import services_links as thanks
from app.blueprints.members import services as members
from app.blueprints.points import services as points
from app.core import clock
from app.core.errors import DomainError, Invalid
from app.core.i18n import N_, both
from app.core.uow import unit_of_work

TRACKS = [
    ("photo", N_("Photography"), "s-photo", N_("The Viewfinder")),
    ("video", N_("Editing"), "s-video", N_("The Projector")),
    ("story", N_("Storytelling"), "s-story", N_("The Letter")),
    ("answer", N_("Answers"), "s-answer", N_("The Lighthouse")),
    ("road", N_("On the road"), "s-road", N_("The Mountain Road")),
    ("build", N_("Co-creation"), "s-build", N_("The Compass")),
    ("guide", N_("Guiding"), "s-guide", N_("The Lantern")),
]
STAR_LEVELS = [
    (1, 1000, N_("One-star adviser"), N_("A first star badge")),
    (2, 5000, N_("Two-star adviser"), N_("Priority for gatherings")),
]
RULES = [
    ("original_post", 100, N_("Original photo or text post"), N_("Each one, once approved")),
    ("original_video", 200, N_("Original video"), N_("Each one, once approved")),
    ("accepted_answer", 10, N_("Accepted answer"), N_("When the asker accepts it")),
    ("referral", 500, N_("A friend you referred became an owner"), N_("A week after delivery")),
    ("adopted_suggestion", 1000, N_("Adopted suggestion"), N_("When the product team takes it up")),
    ("quick_task", None, N_("Quick tasks"), N_("As each card says, from 5 to 30")),
    ("quest", None, N_("Quests with their own value"), N_("As each quest says, known before you start")),
]


def _names(message: str, field: str = "name") -> dict[str, Any]:
    text = both(message)
    return {field: text["zh"], f"{field}_en": text["en"]}


def found(*, name: str, name_en: str, timezone: str = "Asia/Shanghai", **programme: object) -> None:
    """Write everything a programme needs before its first member. Raises Refused when it exists."""
    with unit_of_work():
        members.found_programme(
            programme={"name": name, "name_en": name_en, "timezone": timezone, **programme},
            tracks=[
                {"key": key, "shape": shape, **_names(label), **_names(figure, "figure_name")}
                for key, label, shape, figure in TRACKS
            ],
            star_levels=[
                {"level": level, "lifetime_from": lifetime, **_names(label), **_names(opens, "opens")}
                for level, lifetime, label, opens in STAR_LEVELS
            ],
        )
        points.open_accounts()
        thanks.hold_first_words()
        for position, (key, value, label, hint) in enumerate(RULES):
            points.add_rule(
                key, position=position, per_quest=value is None, **_names(label), **_names(hint, "hint")
            )
            if value is not None:
                points.set_value(key, value, starts_at=clock.now().replace(year=2020), by=None)


@click.command("found")
@click.option("--name", required=True, help="The brand's name, as members read it.")
@click.option("--name-en", default="", help="The same in English.")
@click.option("--timezone", default="Asia/Shanghai", show_default=True)
@click.option("--admin", "login", required=True, help="The first admin's log-in name.")
@click.password_option()
def found_command(name: str, name_en: str, timezone: str, login: str, password: str) -> None:
    """Begin a programme: its row, tracks, stars, public rules, and a first admin."""
    try:
        with unit_of_work():
            found(name=name, name_en=name_en or name, timezone=timezone)
            members.add_member(login=login, name=login, password=password, capabilities=("admin",))
    except Invalid as error:
        raise click.ClickException(" ".join(error.fields.values()) or error.message) from error
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"{name}: ready. Log in as {login}.")
