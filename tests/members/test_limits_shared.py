"""Rate limits counted in Redis: processes count together, and a restart forgets nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

REDIS = os.environ.get("TEST_REDIS_URL")
# one process: a fresh app guesses a password six times and prints the answers
GUESS = """
import sys
from flask_migrate import upgrade
from app import create_app
app = create_app()
app.config["WTF_CSRF_ENABLED"] = False
with app.app_context():
    upgrade()
client = app.test_client()
wrong = {"login": sys.argv[1], "password": "wrong"}
print(*(client.post("/login", data=wrong).status_code for _ in range(6)))
"""


def guess(login: str, data: Path, redis: str) -> list[int]:
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "RATE_LIMITS")}
    ran = subprocess.run(
        [sys.executable, "-c", GUESS, login],
        env=env | {"LIGHTUP_DATA": str(data), "REDIS_URL": redis},
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [int(status) for status in ran.stdout.split()]


def test_processes_count_together(tmp_path: Path) -> None:
    """Ten wrong passwords an account in five minutes: the eleventh is refused, whoever counted the first."""
    if REDIS is None:
        if os.environ.get("CI") == "true":
            pytest.fail("TEST_REDIS_URL is not set")
        pytest.skip("TEST_REDIS_URL names no Redis")
    login = f"somebody-{uuid.uuid4().hex[:8]}"
    first, second = guess(login, tmp_path, REDIS), guess(login, tmp_path, REDIS)
    assert 429 not in first
    assert second == [first[0]] * 4 + [429] * 2
