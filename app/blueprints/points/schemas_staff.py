"""What comes in through the desk's forms on rules and campaigns."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.dates import zone
from app.core.errors import Invalid
from app.core.i18n import N_

POINTS = N_("A whole number of points from 1 to 100,000.")
A_DAY = N_("A date, please.")
FROM_TODAY = N_("From today on. What was done before keeps its value.")
WHY = N_("Say why: it stands on the public rules page.")
CAP = N_("A whole number of points from 1 to 1,000,000, or nothing.")
SHORTER = N_("A little shorter, please.")
FARTHEST = 2200


class Form(Schema):
    class Meta:
        unknown = EXCLUDE

    @classmethod
    def read(cls, form: MultiDict[str, str], partial: tuple[str, ...] = ()) -> dict[str, Any]:
        """The form's values; empty is absent, as those in `partial` may be. Raises Invalid by field."""
        try:
            values: dict[str, Any] = cls().load(
                {name: form[name].strip() for name in form if form[name].strip()}, partial=partial or None
            )
        except ValidationError as error:
            told = error.normalized_messages()
            raise Invalid(fields={name: texts[0] for name, texts in told.items()}) from error
        return values


class Day(fields.Date):
    def __init__(self) -> None:
        told: dict[str, Any] = dict.fromkeys(("required", "null", "invalid", "format"), A_DAY)
        super().__init__(required=True, error_messages=told)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date:
        day: date = super()._deserialize(value, attr, data, **more)
        if not 2000 <= day.year <= FARTHEST:
            raise ValidationError(A_DAY)
        return day


class ValueIn(Form):
    value = fields.Integer(
        required=True,
        validate=validate.Range(1, 100_000, error=POINTS),
        error_messages=dict.fromkeys(("required", "invalid", "null", "too_large"), POINTS),
    )
    starts_on = Day()


class CapsIn(Form):
    daily_cap = fields.Integer(error_messages=dict.fromkeys(("invalid", "null", "too_large"), CAP))
    monthly_cap = fields.Integer(error_messages=dict.fromkeys(("invalid", "null", "too_large"), CAP))


def words(most: int, missing: str = "") -> fields.String:
    """A text of so many characters at most; `missing` is what is said where there has to be one."""
    size = validate.Length(max=most, error=SHORTER)
    if not missing:
        return fields.String(load_default="", validate=size)
    return fields.String(required=True, validate=size, error_messages={"required": missing})


class RuleIn(ValueIn, CapsIn):
    key = words(40)
    name = words(30, N_("What members do, in a few words."))
    name_en = words(60, N_("The same in English."))
    hint = words(60)
    hint_en = words(120)


class AdjustmentIn(Form):
    """`login` says whose, `way` "give" or "take"."""

    login = words(60, N_("Whose wallet?"))
    way = fields.String(
        required=True,
        validate=validate.OneOf(("give", "take"), error=N_("Give or take back?")),
        error_messages={"required": N_("Give or take back?")},
    )
    amount = fields.Integer(
        required=True,
        validate=validate.Range(1, 100_000, error=POINTS),
        error_messages=dict.fromkeys(("required", "invalid", "null", "too_large"), POINTS),
    )
    reason = words(200, N_("Say why: the member reads it."))
    reason_en = words(200)
    token = words(64, N_("This page has been open too long. Refresh it and try once more."))


class CampaignIn(Form):
    rule_key = fields.String(required=True, error_messages={"required": N_("Choose a rule.")})
    percent = fields.Integer(
        required=True,
        validate=validate.OneOf((150, 200, 300), error=N_("Choose how many times.")),
        error_messages={
            key: N_("Choose how many times.") for key in ("required", "invalid", "null", "too_large")
        },
    )
    starts_on = Day()
    ends_on = Day()
    reason = fields.String(
        required=True,
        validate=validate.Length(max=120, error=N_("A little shorter, please.")),
        error_messages={"required": WHY},
    )
    reason_en = fields.String(
        load_default="", validate=validate.Length(max=240, error=N_("A little shorter, please."))
    )


def beginning(day: date, timezone: str, field: str = "starts_on") -> datetime:
    """The moment from which a day counts: its first, or now if it is today.

    Raises Invalid for a day that is over.
    """
    now = clock.now().astimezone(zone(timezone))
    if day < now.date():
        raise Invalid(fields={field: FROM_TODAY})
    return now if day == now.date() else datetime.combine(day, time(), zone(timezone))


def end_of(day: date, timezone: str) -> datetime:
    """The first moment after the day."""
    return datetime.combine(day + timedelta(days=1), time(), zone(timezone))
