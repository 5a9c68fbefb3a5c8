"""A load that can't be, or doesn't come to its end, leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.blueprints.media import storage
from app.core.db import db
from app.demo import cli
from app.demo.history import History
from tests.demo.conftest import emptied

pytestmark = pytest.mark.xdist_group("demo")


def test_a_founded_programme_is_left_alone(app: Flask) -> None:
    refused = app.test_cli_runner().invoke(args=["demo", "load", "--if-empty"])
    assert refused.exit_code != 0
    assert "has a programme" in refused.output


def test_half_a_load_is_none(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    emptied()

    class Full(RuntimeError):
        pass

    def fails(self: History, *args: object) -> None:
        raise Full

    monkeypatch.setattr(History, "_look", fails)
    place = storage.current()
    assert isinstance(place, storage.Folder)
    before = files(place.root)
    with pytest.raises(Full):
        cli.load()
    for table in ("programme", "member", "quest", "transfer"):
        assert db.session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    assert files(place.root) == before


def files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}
