"""Settings: defaults that work, and a production that refuses what would be unsafe, naming it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import Config, UnsafeSetting

GOOD = {"LIGHTUP_ENV": "production", "SECRET_KEY": "k" * 32}


def test_defaults_work_outside_production(tmp_path: Path) -> None:
    env = {"LIGHTUP_DATA": str(tmp_path)}
    first, second = Config.from_environment(env), Config.from_environment(env)
    assert first.database_url == f"sqlite:///{tmp_path / 'lightup.db'}"
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert (first.host, first.port) == ("127.0.0.1", 8000)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"LIGHTUP_DATA": ""}, "LIGHTUP_DATA"),
        ({"RATE_LIMITS": "off"}, "RATE_LIMITS"),
    ],
)
def test_production_refuses_and_names(env: dict[str, str], named: str, tmp_path: Path) -> None:
    whole = GOOD | {"LIGHTUP_DATA": str(tmp_path)}
    assert Config.from_environment(whole).production
    with pytest.raises(UnsafeSetting, match=named):
        Config.from_environment(whole | env)


def test_postgres_urls_name_the_driver(tmp_path: Path) -> None:
    config = Config.from_environment({"LIGHTUP_DATA": str(tmp_path), "DATABASE_URL": "postgres://u@h/d"})
    assert config.database_url == "postgresql+psycopg://u@h/d"
