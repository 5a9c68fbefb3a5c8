"""What comes in from the review pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load
from werkzeug.datastructures import MultiDict

from app.blueprints.quests.models import PRESETS
from app.blueprints.quests.queries_review import READERS, ROUNDS, SHOWS, Asked
from app.blueprints.quests.services_review import Verdict

BIGGEST = 2**31 - 1


class AskedIn(Schema):
    """Which part of the queue an address asks for. What can't be is left out: the whole queue then."""

    class Meta:
        unknown = EXCLUDE

    show = fields.Function(deserialize=lambda value: value if value in SHOWS else "", load_default="")
    preset = fields.Function(deserialize=lambda value: value if value in PRESETS else "", load_default="")
    reader = fields.Function(deserialize=lambda value: value if value in READERS else "", load_default="")
    round = fields.Function(deserialize=lambda value: value if value in ROUNDS else "", load_default="")
    track = fields.Function(deserialize=lambda value: value.replace("\0", "")[:40], load_default="")
    quest = fields.Function(deserialize=lambda value: whole(value), load_default=None)

    @post_load
    def make(self, values: dict[str, Any], **_more: Any) -> Asked:
        return Asked(**values)


class VerdictIn(Schema):
    """A reviewer's form. Scores and ticks that can't be are left out, as nothing depends on them."""

    class Meta:
        unknown = EXCLUDE

    round = fields.Function(deserialize=lambda value: whole(value) or 0, load_default=0)
    highlight = fields.String(load_default="")
    suggestion = fields.String(load_default="")
    reason = fields.String(load_default="")
    scores = fields.Dict(keys=fields.String(), values=fields.Integer())
    checks = fields.List(fields.Integer())
    nominate = fields.List(fields.String())

    @pre_load
    def gather(self, form: MultiDict[str, str], **_more: Any) -> dict[str, Any]:
        # a browser sends line ends as two characters; a database takes no zero byte
        values: dict[str, Any] = {
            name: text.replace("\0", "").replace("\r\n", "\n") for name, text in form.items()
        }
        scores = {name[6:]: whole(text) for name, text in form.items() if name.startswith("score-")}
        values["scores"] = {name: score for name, score in scores.items() if score in (1, 2, 3, 4, 5)}
        values["checks"] = [tick for text in form.getlist("checks") if (tick := whole(text)) is not None]
        values["nominate"] = [kind for kind in form.getlist("nominate") if kind in ("case", "month")]
        return values

    @post_load
    def make(self, values: dict[str, Any], **_more: Any) -> Verdict:
        return Verdict(**values)


def whole(text: Any) -> int | None:
    """The whole number from 0 up that `text` is, if it is one that both databases can hold."""
    if not isinstance(text, str) or not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    return int(text) if int(text) <= BIGGEST else None


_asked, _verdict = AskedIn(), VerdictIn()


def asked_in(args: Mapping[str, str]) -> Asked:
    return _asked.load(dict(args)) if args else Asked()


def verdict_in(form: MultiDict[str, str]) -> Verdict:
    return _verdict.load(form)
