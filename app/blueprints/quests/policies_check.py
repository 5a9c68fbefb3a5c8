"""The check before publishing: what keeps a quest in, and what could be better. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

from app.core import clock
from app.core.dates import zone
from app.core.i18n import N_, both


@dataclass(frozen=True)
class Finding:
    """Something the check found: `must` keeps the quest from being published, the rest is advice."""

    must: bool
    field: str
    message: str
    params: dict[str, Any] = made(default_factory=dict)


# words that say nothing a newcomer could see or count; the catalogue holds those of each language
VAGUE = N_("premium high-end beautiful perfect great amazing good-looking creative quality")


def missing(
    quest: Any, values: Mapping[str, Any], own_rules: Collection[str], timezone: str
) -> list[Finding]:
    """What a quest can't do without; `own_rules` are those whose value each quest names itself."""
    found = []

    def lacks(name: str, message: str) -> None:
        found.append(Finding(True, name, message))

    if not values["title"]:
        lacks("title", N_("Give it a name."))
    if not values["steps"]:
        lacks("steps", N_("Say how it is done: at least one step."))
    for n, step in enumerate(values["steps"]):
        if not step["title"]:
            lacks(f"step-{n}-title", N_("Say what this step is."))
    asks = any(step["evidence"] != "none" and step["required"] for step in values["steps"])
    if values["steps"] and not asks and values["review_mode"] in ("staff", "mentor"):
        lacks("steps", N_("Ask for something to look at in at least one step."))
    for n, step in enumerate(values["steps"]):
        if step["evidence"] in ("choice", "multiple") and len(step.get("options") or ()) < 2:
            lacks(f"step-{n}-options", N_("A choice needs at least two options."))
    _lacking_stages(values, timezone, lacks)
    _lacking_ladder(values["results_ladder"], lacks)
    if values["confidential"] and not values["terms"]:
        lacks("terms", N_("A confidential quest needs the terms that members agree to first."))
    if not values["tiers"]:
        lacks("tiers", N_("Choose for whom it is."))
    if values["rule_key"] in own_rules and values["points"] is None:
        lacks("points", N_("Say how many points it gives."))
    if values["closes_at"] is not None and values["closes_at"] <= clock.now() and quest.state == "draft":
        lacks("closes_at", N_("It would be over before it begins."))
    return found


def _lacking_stages(values: Mapping[str, Any], timezone: str, lacks: Callable[[str, str], None]) -> None:
    """Every stage asks for something, every step belongs to one, and no date lies before the opening."""
    stages = values["stages"]
    if not stages:
        return
    used = {step.get("stage", 1) for step in values["steps"]}
    opens = (values["opens_at"] or clock.now()).astimezone(zone(timezone)).date().isoformat()
    for n, stage in enumerate(stages):
        if n + 1 not in used:
            lacks(f"stage-{n}-title", N_("No step belongs to this stage."))
        if stage["due_on"] and stage["due_on"] < opens:
            lacks(f"stage-{n}-due_on", N_("This date lies before the quest opens."))
    for n, step in enumerate(values["steps"]):
        if step.get("stage", 1) > len(stages):
            lacks(f"step-{n}-stage", N_("Choose the stage that this step belongs to."))


def _lacking_ladder(ladder: Sequence[Mapping[str, Any]], lacks: Callable[[str, str], None]) -> None:
    highest: dict[str, int] = {}
    for n, row in enumerate(ladder):
        if row["from"] <= highest.get(row["metric"], 0):
            lacks(f"ladder-{n}-from", N_("Each row has to be higher than the one before."))
        if not row["points"] and not row["perk"]:
            lacks(f"ladder-{n}-points", N_("Say what reaching it gives."))
        highest[row["metric"]] = max(row["from"], highest.get(row["metric"], 0))


def odd(preset: str, values: Mapping[str, Any]) -> list[Finding]:
    """What could be better."""
    found = []

    def advise(name: str, message: str, **params: Any) -> None:
        found.append(Finding(False, name, message, params))

    if not values["title_en"]:
        advise("title_en", N_("It has no English name. English readers will see the Chinese one."))
    if not values["summary"]:
        advise("summary", N_("One sentence would say what is good about doing it."))
    elif not values["summary_en"]:
        advise("summary_en", N_("The sentence isn't there in English."))
    if any(not step["title_en"] for step in values["steps"]):
        advise("steps", N_("Not every step is there in English."))
    if values["review_mode"] in ("staff", "mentor") and preset != "quick_task":
        if not values["criteria"]:
            advise(
                "criteria",
                N_("Nothing says what is looked at. Two or three points help members and reviewers."),
            )
        if not values["phrases"]["zh"]:
            advise("phrases", N_("Phrases to start from make answers quicker and kinder."))
    for n, word in vague(values["criteria"]):
        advise(
            f"criterion-{n}",
            N_("“%(word)s” can't be seen or counted. Could it be said another way?"),
            word=word,
        )
    if values["effort_minutes"] > 240 and values["rung"] == 1:
        advise("effort_minutes", N_("Long for a first rung. Could it be two quests?"))
    if values["kind"] == "photo_call" and not values["format"]:
        advise("format", N_("A tag of its own keeps the pictures together."))
    dates = [stage["due_on"] for stage in values["stages"] if stage["due_on"]]
    if dates != sorted(dates):
        advise("stages", N_("The dates of the stages don't follow one another."))
    if values["review_mode"] == "self" and values["rung"] > 1:
        advise("review_mode", N_("A self-check suits the first rung."))
    return found


OPEN = ("live", "scheduled")


def can_be_lit(badge: Any, others: Sequence[Any]) -> bool:
    """Whether one of the `others`, open or about to be, counts for the badge.

    What staff give by hand, or what counts something else than quests, isn't theirs to light.
    """
    if badge.fact != "quest.approved":
        return True
    kind, _, what = badge.fact_scope.partition(":")
    column = {"quest": "id", "track": "track_key", "preset": "preset"}.get(kind)
    return any(
        row.shown_state in OPEN and (column is None or str(getattr(row, column)) == what) for row in others
    )


def vague(criteria: Sequence[Mapping[str, str]]) -> list[tuple[int, str]]:
    """(number of the criterion, the word in it that says nothing)."""
    words = both(VAGUE)
    return [
        (n, word)
        for n, row in enumerate(criteria)
        for word in next(
            (
                [one]
                for language in ("zh", "en")
                for one in words[language].split()
                if one in row[language].lower()
            ),
            [],
        )
    ]
