"""What may be said of a quest, and the one form it is stored in: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from app.blueprints.quests.models import EVIDENCE_KINDS
from app.blueprints.quests.policies_presets import QuestIn, Step
from app.core.actor import TIERS
from app.core.i18n import N_

MOST_STEPS = MOST_CRITERIA = 5
MOST_OPTIONS = 8
MOST_STAGES = MOST_FOCUS = MOST_LADDER = 6
MOST_SCORES = 4
MOST_PHRASES = 8
MOST_FILES = 9
MOST_RESOURCES = 6
MOST_REQUIRED = 5
MOST_NAMED = 200
MOST_MINUTES = 60 * 24 * 7
TITLE, TITLE_EN, SUMMARY, NEEDS, HINT, PERK, GOAL, NOTE, TERMS, PHRASE = (
    30,
    60,
    160,
    120,
    240,
    200,
    80,
    200,
    4000,
    120,
)
LENGTHS = {
    "title": TITLE, "title_en": TITLE_EN, "summary": SUMMARY, "summary_en": 2 * SUMMARY, "needs": NEEDS,
    "needs_en": NEEDS, "format": NEEDS, "format_en": NEEDS,
    "perk": PERK, "perk_en": PERK, "goal": GOAL, "terms": TERMS, "terms_en": TERMS,
}  # fmt: skip
TOO_LONG = N_("A little shorter, please.")
NO_COVER = N_("That picture isn't here any more. Choose it again, please.")
# least, most, and what to say of anything else
BOUNDS: dict[str, tuple[int, int, str]] = {
    "rung": (1, 3, N_("There are three rungs.")),
    "effort_minutes": (1, MOST_MINUTES, N_("How many minutes, in whole numbers: 1 to 10,080 (a week).")),
    "min_stars": (0, 20, N_("A whole number of stars, or 0.")),
    "capacity": (1, 1_000_000, N_("A whole number of places from 1 up, or nothing.")),
    "repeat_days": (1, 3650, N_("A whole number of days from 1 up, or nothing.")),
    "review_hours": (1, 24 * 60, N_("How many hours, in whole numbers: 1 to 1,440.")),
    "draft_rounds": (1, 10, N_("From one to ten rounds.")),
    "points": (1, 100_000, N_("A whole number of points from 1 to 100,000.")),
    "position": (0, 100_000, N_("A whole number, please.")),
    "sky_x": (0, 100_000, N_("A whole number, please.")),
    "sky_y": (0, 100_000, N_("A whole number, please.")),
}
MAY_BE_EMPTY = ("capacity", "repeat_days", "points", "sky_x", "sky_y")


# what a results ladder can count
METRICS = ("views", "likes", "comments", "saves")
OPTION, SCALE_END = 60, 30
TEXT_LIMITS = (10, 4000)

# the form's four parts: one that somebody else has changed is in the way only of whoever changes it too
PARTS: dict[str, tuple[str, ...]] = {
    "what": (
        "kind", "title", "title_en", "summary", "summary_en", "cover_media_id", "track_key", "icon", "rung",
        "requires", "requires_badges",
    ),
    "how": (
        "effort_minutes", "needs", "needs_en", "steps", "stages", "focus", "format", "format_en",
        "criteria", "scores", "phrases", "resources",
    ),
    "gives": (
        "rule_key", "points", "perk", "perk_en", "results_ladder", "tiers", "min_stars", "named_logins",
        "capacity", "repeat_days", "goal", "confidential", "terms", "terms_en",
    ),
    "when": ("opens_at", "closes_at", "review_mode", "review_hours", "draft_rounds"),
}  # fmt: skip

_STAGED = ("stages", "focus", "format", "format_en", "results_ladder", "confidential", "terms", "terms_en")


def hidden(preset: str, kind: str | None) -> frozenset[str]:
    """What the form of such a quest doesn't ask for, so that it stays short; it keeps its stored value."""
    if preset == "skill_challenge":
        return frozenset((*_STAGED, "kind"))
    if preset != "quick_task":
        return frozenset(("rung", "kind"))
    gone = {
        *_STAGED, "cover_media_id", "rung", "requires", "requires_badges", "needs", "needs_en", "criteria",
        "scores", "phrases", "resources", "draft_rounds", "kind",
    }  # fmt: skip
    # the tag under which photos are called for is the form that they are asked in
    return frozenset(gone - {"format", "format_en"} if kind == "photo_call" else gone)


def one_line(text: str | None, limit: int | None = None) -> str:
    """One line: controls (which databases refuse) gone, ends trimmed."""
    kept = "".join(sign if sign.isprintable() else " " for sign in (text or ""))
    return " ".join(kept.split()) if limit is None else " ".join(kept.split())[:limit]


def _lines(text: str | None) -> str:
    """Several lines, each without controls."""
    return "\n".join(one_line(line) for line in (text or "").splitlines()).strip()


def normal(changes: QuestIn) -> dict[str, Any]:
    """The changes in the one form they are stored in: trimmed, without empty rows, steps with keys."""
    values: dict[str, Any] = {name: value for name, value in changes.items() if name != "change_note"}
    for name in LENGTHS:
        if name in values:
            values[name] = (_lines if name in ("terms", "terms_en", "summary", "summary_en") else one_line)(
                values[name]
            )
    if "steps" in values:
        values["steps"] = _normal_steps(values["steps"])
    if "criteria" in values:
        values["criteria"] = [
            {name: one_line(row.get(name)) for name in ("zh", "en", "hint", "hint_en")}
            for row in values["criteria"]
            if one_line(row.get("zh")) or one_line(row.get("en"))
        ]
    for name in ("scores", "focus"):
        if name in values:
            values[name] = [
                {"zh": one_line(row.get("zh")), "en": one_line(row.get("en"))}
                for row in values[name]
                if one_line(row.get("zh")) or one_line(row.get("en"))
            ]
    if "stages" in values:
        values["stages"] = [
            {
                "title": one_line(row.get("title")),
                "title_en": one_line(row.get("title_en")),
                "due_on": row.get("due_on") or None,
            }
            for row in values["stages"]
            if one_line(row.get("title")) or one_line(row.get("title_en"))
        ]
    if "phrases" in values:
        values["phrases"] = {
            language: [text for text in map(one_line, values["phrases"].get(language) or ()) if text]
            for language in ("zh", "en")
        }
    for name in ("track_key", "icon", "rule_key", "review_mode"):
        if values.get(name) is not None:
            values[name] = one_line(values[name])
    if "named_logins" in values:
        values["named_logins"] = [text for text in map(one_line, values["named_logins"]) if text]
    for name in ("requires", "requires_badges", "resources", "named_logins"):
        if name in values:
            kept = tuple(dict.fromkeys(values[name]))
            values[name] = kept if name == "resources" else tuple(sorted(kept))
    if "tiers" in values:
        values["tiers"] = tuple(tier for tier in TIERS if tier in values["tiers"])
    if "results_ladder" in values:
        values["results_ladder"] = [
            {
                "metric": one_line(row.get("metric")),
                "from": row.get("from"),
                "points": row.get("points") or 0,
                "perk": one_line(row.get("perk")),
            }
            for row in values["results_ladder"]
            if row.get("from") or row.get("points") or one_line(row.get("perk"))
        ]
    if not values.get("rule_key", True):
        values |= {"rule_key": None, "points": None}
    return values


def _normal_steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    taken = {step.get("key") for step in steps}
    for step in steps:
        texts = {
            name: one_line(str(step.get(name) or "")) for name in ("title", "title_en", "hint", "hint_en")
        }
        if not any(texts.values()):
            continue
        evidence = step.get("evidence") or "none"
        key = one_line(step.get("key"))[:40]
        if not key or any(row["key"] == key for row in rows):
            key = next(name for n in range(1, 100) if (name := f"s{n}") not in taken)
            taken.add(key)
        files = evidence in ("photo", "video")
        least = (step.get("min") or 1) if files else (0 if evidence == "none" else 1)
        row = {
            "key": key,
            **texts,
            "evidence": evidence,
            "min": least,
            "max": max(step.get("max") or least, least) if files else least,
            "required": evidence != "none" and bool(step.get("required", True)),
        }
        if evidence in ("choice", "multiple") and "options" in step:
            row["options"] = _normal_options(step["options"])
        if evidence == "scale":
            row |= {
                name: one_line(str(step.get(name) or "")) for name in ("low", "low_en", "high", "high_en")
            }
        if evidence == "text" and step.get("limit"):
            row["limit"] = step["limit"]
        if step.get("stage", 1) > 1:
            row["stage"] = step["stage"]
        rows.append(row)
    return rows


def _normal_options(options: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Options with keys of their own, which votes name: they stay the same however the words change."""
    rows: list[dict[str, str]] = []
    taken = {option.get("key") for option in options}
    for option in options:
        zh, en = one_line(option.get("zh")), one_line(option.get("en"))
        if not zh and not en:
            continue
        key = one_line(option.get("key"))[:40]
        if not key or any(row["key"] == key for row in rows):
            key = next(name for n in range(1, 100) if (name := f"o{n}") not in taken)
            taken.add(key)
        rows.append({"key": key, "zh": zh, "en": en})
    return rows


def check_rows(after: Mapping[str, Any], refuse: Callable[..., None]) -> None:
    if len(after["steps"]) > MOST_STEPS:
        refuse("steps", N_("Five steps at most. Small is reachable."))
    for n, step in enumerate(after["steps"]):
        if len(step["title"]) > 2 * TITLE or len(step["title_en"]) > 2 * TITLE_EN:
            refuse(f"step-{n}-title", TOO_LONG)
        if len(step["hint"]) > HINT or len(step["hint_en"]) > HINT:
            refuse(f"step-{n}-hint", TOO_LONG)
        if step["evidence"] not in EVIDENCE_KINDS:
            refuse(f"step-{n}-evidence", N_("Choose what this step asks for."))
        elif step["evidence"] in ("photo", "video") and not 1 <= step["min"] <= step["max"] <= MOST_FILES:
            refuse(f"step-{n}-max", N_("From one to nine, the most not below the least."))
        _check_answer(n, step, refuse)
    for n, stage in enumerate(after["stages"]):
        if len(stage["title"]) > TITLE or len(stage["title_en"]) > TITLE_EN:
            refuse(f"stage-{n}-title", TOO_LONG)
        if stage["due_on"] is not None and not is_day(stage["due_on"]):
            refuse(f"stage-{n}-due_on", N_("A date, please."))
    if len(after["stages"]) > MOST_STAGES:
        refuse("stages", N_("Six stages at most."))
    for n, row in enumerate(after["focus"]):
        if any(len(text) > SUMMARY for text in row.values()):
            refuse(f"focus-{n}", TOO_LONG)
    if len(after["focus"]) > MOST_FOCUS:
        refuse("focus", N_("Six points at most."))
    _check_ladder(after["results_ladder"], refuse)
    if len(after["criteria"]) > MOST_CRITERIA:
        refuse("criteria", N_("Five points at most."))
    for n, row in enumerate(after["criteria"]):
        if any(len(text) > SUMMARY for text in row.values()):
            refuse(f"criterion-{n}", TOO_LONG)
    if len(after["scores"]) > MOST_SCORES:
        refuse("scores", N_("Four scores at most."))
    for row in after["scores"]:
        if any(len(text) > TITLE for text in row.values()):
            refuse("scores", TOO_LONG)
    for language, texts in after["phrases"].items():
        name = "phrases" if language == "zh" else "phrases_en"
        if len(texts) > MOST_PHRASES:
            refuse(name, N_("Eight phrases at most."))
        if any(len(text) > PHRASE for text in texts):
            refuse(name, TOO_LONG)


def _check_answer(n: int, step: Mapping[str, Any], refuse: Callable[..., None]) -> None:
    options = step.get("options") or ()
    if len(options) > MOST_OPTIONS:
        refuse(f"step-{n}-options", N_("Eight options at most."))
    if any(len(option["zh"]) > OPTION or len(option["en"]) > 2 * OPTION for option in options):
        refuse(f"step-{n}-options", TOO_LONG)
    if any(len(step.get(name) or "") > 2 * SCALE_END for name in ("low", "low_en", "high", "high_en")):
        refuse(f"step-{n}-low", TOO_LONG)
    if "limit" in step and not TEXT_LIMITS[0] <= step["limit"] <= TEXT_LIMITS[1]:
        refuse(f"step-{n}-limit", N_("From 10 to 4,000 characters."))


def _check_ladder(ladder: Sequence[Mapping[str, Any]], refuse: Callable[..., None]) -> None:
    if len(ladder) > MOST_LADDER:
        refuse("results_ladder", N_("Six rows at most."))
    for n, row in enumerate(ladder):
        if row["metric"] not in METRICS:
            refuse(f"ladder-{n}-metric", N_("Choose from the list."))
        if not isinstance(row["from"], int) or not 1 <= row["from"] <= 1_000_000_000:
            refuse(f"ladder-{n}-from", N_("From how many on, in whole numbers."))
        if not 0 <= row["points"] <= 100_000:
            refuse(f"ladder-{n}-points", N_("A whole number of points from 1 to 100,000."))
        if len(row["perk"]) > PERK:
            refuse(f"ladder-{n}-perk", TOO_LONG)


def is_day(text: Any) -> bool:
    """Whether this is a day as a date field sends it, "2026-12-01"."""
    try:
        return len(str(text)) == 10 and 2000 <= date.fromisoformat(str(text)).year <= 2200
    except ValueError:
        return False


def check_window(quest: Any, after: Mapping[str, Any], refuse: Callable[..., None]) -> None:
    opens, closes = after["opens_at"], after["closes_at"]
    if opens is not None and closes is not None and closes <= opens:
        refuse("closes_at", N_("The end has to come after the beginning."))
    if after["capacity"] is not None and after["capacity"] < quest.started_count:
        refuse("capacity", N_("%(num)s people have started already."), num=quest.started_count)
