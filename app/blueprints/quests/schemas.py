"""What comes in through the member's quest forms. Shapes only; the rules stand in policies and services."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load
from werkzeug.datastructures import MultiDict

from app.blueprints.impact.policies_links import shared
from app.blueprints.quests.services import Draft

PARTS = ("doing", "start", "step", "lit")
HELPER = re.compile(r"([mr]):(\d{1,9})")


def clean(text: str) -> str:
    """Without what no database keeps (NUL), and with the line ends of this side."""
    return text.replace("\x00", "").replace("\r\n", "\n")


class ListIn(Schema):
    """The quest list's filters, and which part's next rows are wanted; what can't be read wasn't asked."""

    class Meta:
        unknown = EXCLUDE

    track = fields.String(load_default="")
    short = fields.String(load_default="")
    part = fields.String(load_default="")
    after = fields.String(load_default=None)

    @post_load
    def _readable(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        part = data["part"] if data["part"] in PARTS else ""
        return data | {"track": clean(data["track"][:40]), "short": bool(data["short"]), "part": part}


# made once: marshmallow copies all its fields for every schema
LIST_IN = ListIn()


def draft(form: MultiDict[str, str], steps: Sequence[Mapping[str, Any]]) -> Draft:
    """What the working page sent besides files.

    A field that isn't there changes nothing; an unticked box counts only where the whole form
    came, which `whole` says, as a browser sends nothing for it.
    """
    texts = {}
    for step in steps:
        name = f"text:{step['key']}"
        if step.get("evidence") == "multiple" and name in form:
            # the form sends an empty value first, so that nothing ticked can be told from nothing asked
            texts[step["key"]] = ",".join(key for key in map(clean, form.getlist(name)) if key)
        elif name in form:
            words = clean(form[name])
            if step.get("evidence") == "link":
                found = shared(words)
                words = found.link if found else words.strip()
            texts[step["key"]] = words
    if "whole" not in form:
        return Draft(texts=texts)
    return Draft(
        texts=texts,
        helpers=helpers(form.getlist("helper")),
        original="original" in form if "ask_original" in form else None,
        library_consent="library_consent" in form,
        checks=checked_off(form) if "ask_checks" in form else None,
    )


def checked_off(form: MultiDict[str, str]) -> list[int]:
    """The indexes of the criteria that were checked off."""
    return [int(text) for text in form.getlist("check") if re.fullmatch(r"[0-9]{1,2}", text)]


def helpers(values: list[str]) -> list[tuple[int | None, int | None]]:
    """(member id, None) or (None, resource id) of values like "m:12" and "r:7"; others are passed over."""
    found: list[tuple[int | None, int | None]] = []
    for value in values[:20]:
        match = HELPER.fullmatch(value)
        if match:
            number = int(match[2])
            found.append((number, None) if match[1] == "m" else (None, number))
    return found
