"""The rules of answers that are chosen or typed on a card: pure, for commands, pages and templates alike.

A choice, a multiple choice and a scale are all kept as one piece of evidence of kind "choice": the keys of
the options joined by commas, or the number (models.EVIDENCE_KINDS).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.i18n import N_

CHOSEN = ("choice", "multiple", "scale")
SCALE = tuple(str(number) for number in range(1, 6))
TEXT_LIMIT = 4000
TIP_LIMIT = 60

UNKNOWN_OPTION = N_("That isn't one of the options any more. Choose again, please.")
TOO_LONG = N_("A little shorter, please: up to %(limit)s characters.")

Step = Mapping[str, Any]


def stored_as(evidence: str | None) -> str | None:
    """The kind of evidence under which an answer to such a step is kept."""
    return "choice" if evidence in CHOSEN else evidence


def options_of(step: Step) -> list[dict[str, str]]:
    """What can be chosen in a step: {"key", "zh", "en"} each; a scale's words stand at its ends."""
    if step.get("evidence") != "scale":
        return list(step.get("options") or ())
    ends = {"1": "low", "5": "high"}
    return [
        {
            "key": number,
            "zh": " ".join(filter(None, (number, step.get(ends.get(number, ""))))),
            "en": " ".join(filter(None, (number, step.get(f"{ends.get(number, '')}_en")))),
        }
        for number in SCALE
    ]


def keys_in(body: str) -> list[str]:
    """The keys that a chosen answer holds."""
    return [key for key in body.split(",") if key]


def chosen(step: Step, body: str) -> list[dict[str, str]]:
    """What an answer means: the chosen options in the step's order. A key that the step doesn't know stands
    for itself."""
    wanted = keys_in(body)
    known = [option for option in options_of(step) if option["key"] in wanted]
    strange = set(wanted) - {option["key"] for option in known}
    return known + [{"key": key, "zh": key, "en": key} for key in wanted if key in strange]


def limit_of(step: Step, quest_kind: str | None) -> int:
    """The most characters of a typed answer."""
    return int(step.get("limit") or (TIP_LIMIT if quest_kind == "tip" else TEXT_LIMIT))


def as_kept(step: Step, body: str, quest_kind: str | None) -> str:
    """An answer in the one form it is kept in: keys in the step's order and once, a tip on one line."""
    if step.get("evidence") == "multiple":
        return ",".join(option["key"] for option in chosen(step, body))
    if step.get("evidence") == "text" and quest_kind == "tip":
        return " ".join(body.split())
    return body


def misfit(step: Step, body: str, quest_kind: str | None) -> str | None:
    """Why an answer can't be kept as this step's, a msgid; None for one that can, and for an empty one."""
    if step.get("evidence") not in CHOSEN:
        return TOO_LONG if len(body) > limit_of(step, quest_kind) else None
    known = {option["key"] for option in options_of(step)}
    wanted = keys_in(body) if step["evidence"] == "multiple" else [body] if body else []
    return None if known.issuperset(wanted) else UNKNOWN_OPTION


# --- the card of a quick task -----------------------------------------------------------------------


def form_of(preset: str, kind: str | None, steps: Sequence[Step]) -> str:
    """The form that a card can offer for these steps: "poll", "photo_call", "tip", "share", "survey".

    Empty when they ask for more than a card can hold: such a quest is worked on at its own page.
    """
    if preset != "quick_task":
        return ""
    asked = asked_of(steps)
    kinds = [step["evidence"] for step in asked]
    if kind == "photo_call":
        return "photo_call" if kinds == ["photo"] and (asked[0].get("min") or 1) == 1 else ""
    if not asked or {"photo", "video"}.intersection(kinds):
        return ""
    if kind == "poll":
        return "poll" if kinds == ["choice"] and asked[0].get("required", True) else ""
    if kind == "tip":
        return "tip" if kinds == ["text"] else ""
    return "share" if kind == "share" and len(asked) == 1 else "survey"


def asked_of(steps: Sequence[Step]) -> list[Step]:
    """The steps that ask for something."""
    return [step for step in steps if step.get("evidence", "none") != "none"]


@dataclass(frozen=True)
class Share:
    """One option's part of a result. `option` is {"key", "zh", "en"}; `known` False once it was taken out."""

    option: dict[str, str]
    votes: int
    percent: int
    known: bool = True


def result_of(step: Step, votes: Mapping[str, int]) -> list[Share]:
    """The result in the step's order, then what is no longer among its options; percents sum to 100."""
    options = options_of(step)
    known = {option["key"] for option in options}
    rows = [(option, votes.get(option["key"], 0), True) for option in options]
    rows += [
        ({"key": key, "zh": key, "en": key}, number, False)
        for key, number in sorted(votes.items())
        if key not in known and number
    ]
    percents = percents_of([number for _option, number, _known in rows])
    return [
        Share(option, number, percent, is_known)
        for (option, number, is_known), percent in zip(rows, percents, strict=True)
    ]


def percents_of(numbers: Sequence[int]) -> list[int]:
    """Whole percents that sum to 100, the largest remainders rounded up; zeros when there is nothing."""
    total = sum(numbers)
    if not total:
        return [0] * len(numbers)
    percents = [number * 100 // total for number in numbers]
    by_rest = sorted(range(len(numbers)), key=lambda place: (-(numbers[place] * 100 % total), place))
    for place in by_rest[: 100 - sum(percents)]:
        percents[place] += 1
    return percents


def counted(step: Step, bodies: Iterable[tuple[str, int]]) -> dict[str, int]:
    """How often each key was chosen, from (answer, how many gave it)."""
    votes: dict[str, int] = {}
    for body, number in bodies:
        for key in keys_in(body) if step.get("evidence") == "multiple" else [body]:
            votes[key] = votes.get(key, 0) + number
    return votes
