"""Who may enter where: every route × method × role, from the url map, against access.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter

from app import create_app
from app.core.access import UndeclaredAccess, declared_access
from app.core.actor import PERMISSIONS, Actor

TABLE = tomllib.loads((Path(__file__).parent / "access.toml").read_text())
ROLES = {
    "visitor": None,
    "member": (),
    "mentor": ("mentor",),
    "expert": ("expert",),
    "reviewer": ("reviewer",),
    "publisher": ("publisher",),
    "admin": ("admin",),
}


def test_table_names_every_endpoint(built_app: Flask) -> None:
    """A new route has to be put into the table by hand: that is where somebody thinks about it."""
    assert {name: access for group in TABLE.values() for name, access in group.items()} == declared_access(
        built_app
    )


def test_undeclared_route_stops_the_start(built_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_doors(app: Flask) -> None:
        app.add_url_rule("/forgotten", "forgotten", lambda: "")

    monkeypatch.setattr("app.open_doors", open_doors)
    with pytest.raises(UndeclaredAccess, match="forgotten"):
        create_app(built_app.config["LIGHTUP"])


def _allowed(access: str, role: str) -> bool:
    if access == "public":
        return True
    if role == "visitor":
        return False
    if access == "member" or role == "admin":
        return True
    return not PERMISSIONS[access].isdisjoint(ROLES[role] or ())


@pytest.mark.parametrize("role", ROLES)
def test_every_route_for(
    role: str, app: Flask, make_member: Callable[..., Actor], login: Callable, client
) -> None:
    """Asked with ids that don't exist, a door answers 404 to whom it is open, else 403 or the log-in page."""
    access = declared_access(app)
    if role != "visitor":
        login(make_member("somebody", capabilities=ROLES[role]))
    wrong = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ("static", "members.logout"):
            continue
        values = {name: _example(converter) for name, converter in rule._converters.items()}
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            path = rule.build(values, append_unknown=False)[1]
            status = client.open(path, method=method).status_code
            if _allowed(access[rule.endpoint], role):
                refused = status in (401, 403) or status >= 500
            else:
                refused = status != (403 if role != "visitor" else 303)
            if refused:
                wrong.append(f"{method} {path} -> {status}")
    assert wrong == []


def _example(converter) -> object:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 987654 if isinstance(converter, IntegerConverter) else "absent"
