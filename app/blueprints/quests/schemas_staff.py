"""The publishing form: what comes in becomes a `QuestIn`; a quest, or what was typed, becomes the form again.

The form has four parts and may send only some of them (`part`), as each part saves itself. Rows of steps,
criteria and scores are numbered fields ("step-0-title"); empty rows fall away.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from app.blueprints.quests.models import EVIDENCE_KINDS
from app.blueprints.quests.policies_presets import QuestIn
from app.blueprints.quests.policies_publish import BOUNDS, NO_COVER, PARTS, hidden
from app.core import clock
from app.core.dates import zone
from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.paging import BEYOND

ROWS = {
    "step": (
        "key", "title", "title_en", "hint", "hint_en", "evidence", "min", "max", "required", "stage",
        "limit", "low", "low_en", "high", "high_en",
    ),
    "option": ("step", "key", "zh", "en"),
    "stage": ("title", "title_en", "due_on"),
    "focus": ("zh", "en"),
    "criterion": ("zh", "en", "hint", "hint_en"),
    "score": ("zh", "en"),
    "ladder": ("metric", "from", "points", "perk"),
}  # fmt: skip
PLURAL = {
    "step": "steps", "option": "options", "stage": "stages", "focus": "focus", "criterion": "criteria",
    "score": "scores", "ladder": "results_ladder",
}  # fmt: skip
SINGULAR = {many: one for one, many in PLURAL.items()}
# a row counts when one of these says something
SAYS = {
    "step": ("title", "title_en", "hint", "hint_en"),
    "stage": ("title", "title_en"),
    "ladder": ("from", "points", "perk"),
} | dict.fromkeys(("option", "focus", "criterion", "score"), ("zh", "en"))
MOST_ROWS = 30

CHOICES = ("choice", "multiple")

# marks, in the form, a rule under which each quest names its own value
OWN = "own:"

A_MOMENT = N_("A date and a time, please.")
CHOOSE = N_("Choose from the list.")
FARTHEST = 2200


class Text(fields.String):
    def __init__(self, **more: Any) -> None:
        super().__init__(load_default="", **more)


class Number(fields.Integer):
    """A whole number; nothing typed is None, and the service says whether that may be."""

    def __init__(self, message: str, **more: Any) -> None:
        told: dict[str, Any] = dict.fromkeys(("invalid", "null", "too_large", "required"), message)
        super().__init__(load_default=None, allow_none=True, error_messages=told, **more)


class Moment(fields.Field[datetime]):
    """A moment as a datetime-local field sends it, in the programme's zone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        try:
            local = datetime.strptime(str(value)[:16], "%Y-%m-%dT%H:%M")
        except ValueError as error:
            raise ValidationError(A_MOMENT) from error
        if not 2000 <= local.year <= FARTHEST:
            raise ValidationError(A_MOMENT)
        return local.replace(tzinfo=zone(self.context_zone()))

    def context_zone(self) -> str:
        return cast("Part", self.root).timezone


class Part(Schema):
    class Meta:
        unknown = EXCLUDE

    def __init__(self, timezone: str, **more: Any) -> None:
        self.timezone = timezone
        super().__init__(**more)


class StepIn(Schema):
    class Meta:
        unknown = EXCLUDE

    key = Text()
    title = Text()
    title_en = Text()
    hint = Text()
    hint_en = Text()
    evidence = Text()
    min = Number(N_("From one to nine, the most not below the least."))
    max = Number(N_("From one to nine, the most not below the least."))
    required = fields.Boolean(load_default=False, error_messages={"invalid": CHOOSE})

    stage = Number(CHOOSE)
    limit = Number(N_("From 10 to 4,000 characters."))
    low = Text()
    low_en = Text()
    high = Text()
    high_en = Text()
    options = fields.List(fields.Dict(), load_default=list)


class StageIn(Schema):
    class Meta:
        unknown = EXCLUDE

    title = Text()
    title_en = Text()
    due_on = fields.String(load_default=None)


class LadderIn(Schema):
    class Meta:
        unknown = EXCLUDE

    metric = Text()
    least = Number(N_("From how many on, in whole numbers."), data_key="from")
    points = Number(BOUNDS["points"][2])
    perk = Text()


class WordsIn(Schema):
    class Meta:
        unknown = EXCLUDE

    zh = Text()
    en = Text()
    hint = Text()
    hint_en = Text()


def _numbers() -> fields.List:
    return fields.List(fields.Integer(error_messages={"invalid": CHOOSE}), load_default=list)


class WhatIn(Part):
    """What it is."""

    title = Text()
    title_en = Text()
    summary = Text()
    summary_en = Text()
    cover_media_id = Number(NO_COVER, validate=validate.Range(1, BEYOND, error=NO_COVER))
    track_key = Text()
    icon = Text()
    rung = Number(BOUNDS["rung"][2])
    requires = _numbers()
    requires_badges = _numbers()


class HowIn(Part):
    """How it's done."""

    effort_minutes = Number(BOUNDS["effort_minutes"][2])
    needs = Text()
    needs_en = Text()
    steps = fields.List(fields.Nested(StepIn), load_default=list)
    stages = fields.List(fields.Nested(StageIn), load_default=list)
    focus = fields.List(fields.Nested(WordsIn), load_default=list)
    format = Text()
    format_en = Text()
    criteria = fields.List(fields.Nested(WordsIn), load_default=list)
    scores = fields.List(fields.Nested(WordsIn), load_default=list)
    phrases = Text()
    phrases_en = Text()
    resources = _numbers()


class GivesIn(Part):
    """What it gives and who may."""

    rule_key = Text()
    points = Number(BOUNDS["points"][2])
    perk = Text()
    perk_en = Text()
    results_ladder = fields.List(fields.Nested(LadderIn), load_default=list)
    confidential = fields.Boolean(load_default=False, error_messages={"invalid": CHOOSE})
    terms = Text()
    terms_en = Text()
    tiers = fields.List(fields.String(), load_default=list)
    min_stars = Number(BOUNDS["min_stars"][2])
    named_logins = Text()
    capacity = Number(BOUNDS["capacity"][2])
    repeat_days = Number(BOUNDS["repeat_days"][2])
    goal = Text()


class WhenIn(Part):
    """When, and who reads it."""

    opens_at = Moment(load_default=None)
    closes_at = Moment(load_default=None)
    review_mode = Text()
    review_hours = Number(BOUNDS["review_hours"][2])
    draft_rounds = Number(BOUNDS["draft_rounds"][2])
    change_note = fields.String(
        load_default="", validate=validate.Length(max=200, error=N_("A little shorter, please."))
    )


SCHEMAS: dict[str, type[Part]] = {"what": WhatIn, "how": HowIn, "gives": GivesIn, "when": WhenIn}
LISTS = {"requires", "requires_badges", "resources", "tiers"}

Form = MultiDict[str, str]


def parts_of(form: Form) -> list[str]:
    return [part for part in PARTS if part in form.getlist("part")]


def read(form: Form, timezone: str, preset: str, kind: str | None, *, only: str | None = None) -> QuestIn:
    """What the sent parts, or `only` one of them, say of what such a quest's form asks for. Raises Invalid
    by field for what is no number, moment or choice."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    parts = parts_of(form) if only is None else [only]
    for part in parts:
        try:
            values |= cast(dict[str, Any], SCHEMAS[part](timezone).load(_raw(form, part)))
        except ValidationError as error:
            wrong |= dict(_named(error.normalized_messages()))
    unasked = hidden(preset, kind)
    wrong = {name: message for name, message in wrong.items() if name not in unasked}
    if wrong:
        raise Invalid(fields=wrong)
    if "how" in parts:
        values["phrases"] = {
            "zh": _rows_of_text(values["phrases"]),
            "en": _rows_of_text(values.pop("phrases_en")),
        }
    if "gives" in parts:
        values["named_logins"] = [
            text for text in re.split(r"[\s,;\uff0c\u3001\uff1b]+", values["named_logins"].lower()) if text
        ]
        values["min_stars"] = values["min_stars"] or 0
        if not values["rule_key"].startswith(OWN):
            values["points"] = None  # typed before a public rule was chosen: that rule says the value
        values["rule_key"] = values["rule_key"].removeprefix(OWN) or None
    if "what" in parts:
        for name in ("requires", "requires_badges"):
            values[name] = tuple(values[name])
    for row in values.get("results_ladder", ()):
        row["from"] = row.pop("least")
    for step in values.get("steps", ()):
        # a row without a stage belongs to the first
        step["stage"] = step["stage"] or 1
    return cast(QuestIn, {name: value for name, value in values.items() if name not in unasked})


def _rows_of_text(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _raw(form: Form, part: str) -> dict[str, Any]:
    """The part's fields as they were sent; an empty field counts as absent."""
    raw: dict[str, Any] = {}
    for name in SCHEMAS[part]._declared_fields:
        if name in LISTS:
            raw[name] = [value for value in form.getlist(name) if value]
        elif name in SINGULAR:
            raw[name] = [
                {key: value for key, value in row.items() if value != ""}
                for row in typed_rows(form, SINGULAR[name])
            ]
        elif form.get(name, "").strip() != "":
            raw[name] = form[name]
    if part == "how":
        options = typed_rows(form, "option")
        for step in raw["steps"]:
            if step.get("evidence") in CHOICES:
                step["options"] = [row for row in options if row["step"] == step.get("key")]
    return raw


def typed_rows(form: Form, kind: str, *, keep_empty: bool = False) -> list[dict[str, str]]:
    """The numbered rows of the form in their order; rows that say nothing fall away."""
    numbers = {
        int(found.group(1))
        for name in form
        if (found := re.fullmatch(kind + r"-(\d{1,3})-\w+", name)) is not None
    }
    rows = [
        {name: form.get(f"{kind}-{number}-{name}", "") for name in ROWS[kind]}
        for number in sorted(numbers)[:MOST_ROWS]
    ]
    return [row for row in rows if keep_empty or any(row[name].strip() for name in SAYS[kind])]


def _named(told: Mapping[Any, Any], path: str = "") -> Iterable[tuple[str, str]]:
    """Messages by the names the form's fields have."""
    for name, inner in told.items():
        if isinstance(inner, dict) and name in PLURAL.values():
            for number, row in inner.items():
                yield from (
                    _named(row, f"{SINGULAR[name]}-{number}-") if isinstance(row, dict) else [(name, row[0])]
                )
        elif isinstance(inner, dict):
            yield name, next(iter(next(iter(inner.values()))))
        else:
            yield path + str(name), inner[0]


# --- the form as it is shown -----------------------------------------------------------------------


def stored(values: Mapping[str, Any], timezone: str, own_rules: Collection[str]) -> dict[str, Any]:
    """A quest's values as the form shows them; `own_rules` are those whose value a quest names itself."""
    shown: dict[str, Any] = {
        name: "" if value is None else str(value) for name, value in values.items() if not _is_many(value)
    }
    for name in ("opens_at", "closes_at"):
        moment = values[name]
        shown[name] = "" if moment is None else moment.astimezone(zone(timezone)).strftime("%Y-%m-%dT%H:%M")
    if values["rule_key"] in own_rules:
        shown["rule_key"] = OWN + values["rule_key"]
    for name in LISTS:
        shown[name] = [str(value) for value in values[name]]
    for many, one in SINGULAR.items():
        if many != "options":
            shown[many] = [{name: _text(row.get(name)) for name in ROWS[one]} for row in values[many]]
    for row, step in zip(shown["steps"], values["steps"], strict=True):
        row["required"] = "1" if step.get("required") else ""
    shown["options"] = [
        {"step": step["key"]} | {name: _text(option.get(name)) for name in ("key", "zh", "en")}
        for step in values["steps"]
        for option in step.get("options") or ()
    ]
    room_for_options(shown)
    shown["confidential"] = "1" if values["confidential"] else ""
    shown["phrases"] = "\n".join(values["phrases"].get("zh") or ())
    shown["phrases_en"] = "\n".join(values["phrases"].get("en") or ())
    shown["named_logins"] = " ".join(values["named_logins"])
    shown["change_note"] = ""
    return shown


def room_for_options(shown: dict[str, Any]) -> None:
    """A choice shows at least two lines to write options in."""
    for step in shown["steps"]:
        if step["evidence"] in CHOICES:
            have = sum(option["step"] == step["key"] for option in shown["options"])
            shown["options"] += [
                {"step": step["key"], "key": "", "zh": "", "en": ""} for _ in range(2 - have)
            ]


def _is_many(value: Any) -> bool:
    return isinstance(value, list | tuple | dict)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def typed(form: Form, shown: dict[str, Any]) -> dict[str, Any]:
    """`shown` with what was typed in the parts that were sent, exactly as it was typed."""
    shown = dict(shown)
    for part in parts_of(form):
        for name in SCHEMAS[part]._declared_fields:
            if name in LISTS:
                shown[name] = form.getlist(name)
            elif name in SINGULAR:
                shown[name] = typed_rows(form, SINGULAR[name])
            else:
                shown[name] = form.get(name, "")
        if part == "how":
            shown["options"] = typed_rows(form, "option")
            room_for_options(shown)
    # chosen, not typed: what is no picture's number is no choice
    if not re.fullmatch(r"[0-9]{1,9}", shown["cover_media_id"]):
        shown["cover_media_id"] = ""
    return shown


# what the buttons inside the form do to its rows; the form is drawn again, nothing is saved by them
BUTTONS = tuple(
    f"{act}_{kind}" for kind in ROWS for act in ("add", "remove", *(("raise",) if kind == "step" else ()))
)


def button_of(form: Form) -> str | None:
    return next((name for name in BUTTONS if name in form), None)


def part_of(button: str) -> str:
    """The part of the form in which a button stands."""
    return "gives" if button.endswith("_ladder") else "how"


def press(form: Form, shown: dict[str, Any], button: str) -> dict[str, Any]:
    """The typed form with a row more, less, or one place up."""
    shown = typed(form, shown)
    act, kind = button.split("_")
    value = form[button]
    rows = shown[PLURAL[kind]] = typed_rows(form, kind, keep_empty=True)
    at = int(value) if re.fullmatch(r"\d{1,3}", value) else -1
    if act == "add":
        rows.append(_new_row(kind, value, rows))
    elif 0 <= at < len(rows):
        if act == "raise":
            if at:
                rows[at - 1], rows[at] = rows[at], rows[at - 1]
        else:
            del rows[at]
            if kind == "stage":
                _close_gap(shown["steps"], at + 1)
    room_for_options(shown)
    return shown


def _new_row(kind: str, value: str, rows: list[dict[str, str]]) -> dict[str, str]:
    """An empty row; `value` is the step of a new option, and what a new step asks for."""
    row = dict.fromkeys(ROWS[kind], "")
    if kind == "option":
        row["step"] = value[:40]
    elif kind == "step":
        taken = {row["key"] for row in rows}
        asks = value if value in EVIDENCE_KINDS else "photo"
        row |= {"evidence": asks, "min": "1", "max": "3" if asks == "photo" else "1", "required": "1"}
        row["key"] = next(name for n in range(1, 100) if (name := f"s{n}") not in taken)
    return row


def _close_gap(steps: list[dict[str, str]], gone: int) -> None:
    """The steps of the stages behind one that is gone move up with them."""
    for step in steps:
        if step["stage"].isdigit() and int(step["stage"]) >= max(gone, 2):
            step["stage"] = str(int(step["stage"]) - 1)


class PublishIn(Part):
    when = fields.String(load_default="now")
    at = Moment(load_default=None)


def when(form: Form, timezone: str) -> datetime:
    """From when on a quest is to be open: now, or the moment named. Raises Invalid for the field "at"."""
    try:
        asked = PublishIn(timezone).load(
            {name: form[name] for name in ("when", "at") if form.get(name, "").strip()}
        )
    except ValidationError as error:
        raise Invalid(fields={"at": A_MOMENT}) from error
    chosen = cast(dict[str, Any], asked)
    if chosen["when"] != "at":
        return clock.now()
    if chosen["at"] is None:
        raise Invalid(fields={"at": N_("Say from when on.")})
    return cast(datetime, chosen["at"])
