"""Nothing that anybody sends gives a 5xx: every route × method with generated nonsense, as four roles.

The forms of the routes are found by drawing their pages, so that the nonsense arrives under the
names that the code reads. The seed is fixed; `GARBAGE_ROUNDS` asks for more of it.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter

from app.core.actor import Actor

ROUNDS = int(os.environ.get("GARBAGE_ROUNDS", "4"))
ROLES = {
    "visitor": None,
    "member": (),
    "mentor": ("mentor",),
    "admin": ("mentor", "expert", "reviewer", "publisher", "admin"),
}
NASTY = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "2",
    "999999999999999999999999",
    "1e309",
    "NaN",
    "true",
    "null",
    "None",
    "'; DROP TABLE member; --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%s%n%(x)s",
    "../../etc/passwd",
    "\x00",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "点亮" * 300,
    "a" * 5000,
    "2026-13-45T99:99",
    "2026-11-21T10:00",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "photo",
    "approve",
    "zh",
    "\u202e",
    "１２３",
    "eyJ4IjoxfQ",
    "W10",
]
FIELDS = [
    "q",
    "cursor",
    "page",
    "track",
    "state",
    "kind",
    "sort",
    "next",
    "step_key",
    "step",
    "upload_key",
    "helpers",
    "decision",
    "round",
    "highlight",
    "suggestion",
    "reason",
    "score_0",
    "score:0",
    "scores",
    "checks",
    "check",
    "title",
    "title_en",
    "summary",
    "rung",
    "points",
    "rule",
    "rule_key",
    "effort_minutes",
    "opens_at",
    "closes_at",
    "capacity",
    "tiers",
    "min_stars",
    "value",
    "starts_at",
    "ends_at",
    "multiplier_percent",
    "name",
    "login",
    "password",
    "current",
    "new",
    "consent",
    "code",
    "locale",
    "theme",
    "bio",
    "city",
    "tracks",
    "tier",
    "mentor_id",
    "capabilities",
    "uses",
    "count",
    "expires_at",
    "note",
    "quest",
    "filter",
    "minutes",
    "back",
    "updated_at",
    "token",
    "as_tier",
    "as_stars",
    "as_locale",
    "move",
    "action",
    "text",
    "original",
]


@pytest.mark.parametrize("role", ROLES)
def test_no_route_breaks(
    role: str,
    app: Flask,
    client,
    make_member: Callable[..., Actor],
    login: Callable,
) -> None:
    chance = random.Random(20261121)
    other = make_member("other")
    if role != "visitor":
        login(make_member("somebody", capabilities=ROLES[role]))
    app.config["PROPAGATE"] = False
    broken = []
    try:
        for rule in app.url_map.iter_rules():
            if rule.endpoint in ("static", "members.logout", "members.end_session", "members.save_password"):
                continue
            names = set(FIELDS)
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                for _ in range(ROUNDS):
                    path = _path(rule, chance, other.id)
                    form = _form(chance, names)
                    response = client.open(
                        path,
                        method=method,
                        query_string=form if method == "GET" else None,
                        data=None if method == "GET" else form,
                        headers={"HX-Request": "true"} if chance.random() < 0.3 else {},
                    )
                    if response.status_code >= 500:
                        broken.append(f"{method} {path} -> {response.status_code} {form}"[:400])
                    # what a drawn page's forms are called is what the next nonsense is called
                    if method == "GET" and response.status_code == 200 and response.mimetype == "text/html":
                        names |= set(re.findall(r'name="([\w:.\-\[\]]+)"', response.get_data(as_text=True)))
                    response.close()
    finally:
        app.config["PROPAGATE"] = True
    assert broken == []


def _path(rule, chance: random.Random, known_id: int) -> str:
    def value(converter) -> object:
        if isinstance(converter, AnyConverter):
            return chance.choice(sorted(converter.items))
        if isinstance(converter, IntegerConverter):
            return chance.choice([0, 1, 2, known_id, 2**31, 2**62])
        return chance.choice([text for text in NASTY if text.strip(" ./")])

    try:
        return rule.build(
            {name: value(each) for name, each in rule._converters.items()}, append_unknown=False
        )[1]
    except ValueError:
        return _path(rule, chance, known_id)


def _form(chance: random.Random, names: set[str]) -> dict[str, object]:
    some = chance.sample(sorted(names), chance.randint(0, min(14, len(names))))
    form: dict[str, object] = {name: chance.choice(NASTY) for name in some if name != "csrf_token"}
    if chance.random() < 0.2:
        form["file"] = (BytesIO(chance.randbytes(200)), chance.choice(["x.jpg", "", "../x", "点亮.heic"]))
    return form
