"""What comes in through the forms. Shapes only; what a thing may be is decided in policies and services.

Messages are msgids, translated where they are shown.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid
from app.core.i18n import N_

WHOLE_NUMBER = N_("A whole number, please")
CHOOSE = N_("Choose from the list")
A_DATE = N_("A date, please")


class Text(fields.String):
    """Free text; absent is empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_default="", **kwargs)


class Number(fields.Integer):
    """A whole number that both databases can hold; nothing typed is `load_default`."""

    default_error_messages = {"invalid": WHOLE_NUMBER, "null": WHOLE_NUMBER, "too_large": WHOLE_NUMBER}

    def __init__(self, **kwargs: Any) -> None:
        bounds = validate.Range(-(2**31), 2**31 - 1, error=WHOLE_NUMBER)
        super().__init__(validate=bounds, **kwargs)


class Form(Schema):
    class Meta:
        unknown = EXCLUDE

    @classmethod
    def read(cls, form: MultiDict[str, str]) -> dict[str, Any]:
        """The form's values by field; an empty text counts as absent. Raises Invalid by field."""
        schema = cls()
        values: dict[str, Any] = {}
        for name, field in schema.fields.items():
            if isinstance(field, fields.List):
                values[name] = form.getlist(name)
            elif form.get(name, "") != "":
                values[name] = form[name]
        try:
            return schema.load(values)
        except ValidationError as error:
            raise Invalid(
                fields={name: first(told) for name, told in error.normalized_messages().items()}
            ) from error


def first(told: Any) -> str:
    """The first message, however deep marshmallow has put it."""
    while not isinstance(told, str):
        told = next(iter(told.values())) if isinstance(told, dict) else told[0]
    return told


class LogInIn(Form):
    login = Text()
    password = Text()


class JoinIn(Form):
    name = Text()
    login = Text()
    password = Text()
    consent = fields.Boolean(load_default=False, error_messages={"invalid": CHOOSE})


class ProfileIn(Form):
    name = Text()
    bio = Text()
    city = Text()
    tracks = fields.List(fields.String(), load_default=list)
    named_to_helpers = fields.Boolean(load_default=False, error_messages={"invalid": CHOOSE})


class PasswordIn(Form):
    current = Text()
    new = Text()


class LanguageIn(Form):
    locale = fields.String(load_default=None)


class ThemeIn(Form):
    theme = fields.String(load_default=None)


class InviteIn(Form):
    count = Number(load_default=1)
    uses = Number(load_default=1)
    tier = Text()
    contact = Number(load_default=None)
    note = Text()
    expires = fields.Date(
        load_default=None,
        error_messages={"invalid": A_DATE},
        validate=validate.Range(date(2000, 1, 1), date(2100, 1, 1), error=A_DATE),
    )


class TierIn(Form):
    tier = Text()
    reason = Text()


class CapabilitiesIn(Form):
    capabilities = fields.List(fields.String(), load_default=list)


class MentorIn(Form):
    mentor = Number(load_default=None)


class ContactIn(Form):
    contact = Number(load_default=None)


class TitleIn(Form):
    title = Text()
    title_en = Text()


class SearchIn(Form):
    """The staff's list; an odd value is no filter rather than an error."""

    q = Text()
    tier = Text()
    after = Text()
