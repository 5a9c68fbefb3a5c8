"""Eight processes want the last use of an invite. On the database of the run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.members import models, services
from app.core.actor import Actor
from app.core.db import db

RUNNERS = 8


def race(app: Flask, code: str, guard: str) -> list[str]:
    """How it went for each of RUNNERS processes that all saw the invite open."""
    config = app.config["LIGHTUP"]
    script = Path(__file__).with_name("race_join.py")
    runners = [
        subprocess.Popen(
            [
                sys.executable, str(script), config.database_url, str(config.data), code,
                f"runner{number}", guard,
            ],
            cwd=Path(app.root_path).parent,
            env={"PYTHONPATH": str(Path(app.root_path).parent), "PATH": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(RUNNERS)
    ]  # fmt: skip
    for runner in runners:
        assert runner.stdout is not None
        assert runner.stdout.readline().strip() == "ready"
    for runner in runners:
        assert runner.stdin is not None
        runner.stdin.write("\n")
        runner.stdin.flush()
    return [runner.communicate(timeout=60)[0].strip() for runner in runners]


@pytest.fixture
def code(app: Flask, make_member: Callable[..., Actor]) -> str:
    staff = make_member("luoning", capabilities=("reviewer",))
    code = services.create_invites(by=staff)[0][1]
    db.session.rollback()
    return code


def joined() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(models.InviteUse)) or 0


@pytest.mark.race
def test_of_many_at_once_one_joins(app: Flask, code: str) -> None:
    went = race(app, code, "guarded")
    assert went.count("joined") == 1
    assert went.count("InviteClosed used") == RUNNERS - 1
    assert joined() == 1
    numbers = db.session.scalars(select(models.Member.number).order_by(models.Member.number)).all()
    assert list(numbers) == [1, 2]


@pytest.mark.race
def test_without_the_guard_they_all_would(app: Flask, code: str) -> None:
    went = race(app, code, "unguarded")
    assert went.count("joined") > 1
    assert joined() > 1
    numbers = db.session.scalars(select(models.Member.number)).all()
    assert len(set(numbers)) == len(numbers)
