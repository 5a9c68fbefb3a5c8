"""The demo, loaded once for all tests of this folder: sixty members and a crowd of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core.db import db
from tests.conftest import Browser

MEMBERS = 300
# what `flask found` wrote: the demo brings its own
FOUNDED = ("point_rule_value", "point_rule", "account", "star_level", "track", "programme")


def emptied() -> None:
    with db.engine.begin() as connection:
        for table in FOUNDED:
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture(scope="module")
def loaded(built_app: Flask, _pristine: Callable[[], None]) -> Iterator[Flask]:
    _pristine()
    with built_app.app_context():
        emptied()
        result = built_app.test_cli_runner().invoke(args=["demo", "load", "--members", str(MEMBERS)])
        assert result.exit_code == 0, result.output
        db.session.remove()
    yield built_app
    _pristine()


@pytest.fixture
def demo(loaded: Flask) -> Iterator[Flask]:
    with loaded.app_context():
        yield loaded
        db.session.remove()


@pytest.fixture
def visitor(demo: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setitem(demo.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setattr(demo, "test_client_class", Browser)
    return demo.test_client()
