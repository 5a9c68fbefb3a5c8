"""Real processes that press at the same moment: how a test starts them, and what each of them is made of.

A race's test calls `at_once`; its script makes a `racing_app`, takes the guard away if it is asked to, and
lets its threads press with `press_together`.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from app.core.db import db
from app.core.errors import DomainError
from tests.conftest import test_config as config

# -- the test's half -----------------------------------------------------------------------


def at_once(app: Flask, script: str, *args: object, processes: Sequence[Sequence[object]]) -> Counter[str]:
    """Start processes on the app's database, let them go when all are ready: the lines they said, counted.

    `script` is named from the root of the project. Its argv: database URL, data folder, `args`, and what
    `processes` has for this one; there are as many as it has members. Raises AssertionError when one of them
    doesn't get ready, or breaks.
    """
    known, root = app.config["LIGHTUP"], Path(app.root_path).parent
    runners = [
        subprocess.Popen(
            [sys.executable, script, *map(str, (known.database_url, known.data, *args, *own))],
            cwd=root, env={"PYTHONPATH": str(root), "PATH": ""}, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for own in processes
    ]  # fmt: skip
    try:
        for runner in runners:
            assert runner.stdout is not None
            assert runner.stdout.readline() == "ready\n", runner.args
        for runner in runners:
            assert runner.stdin is not None
            runner.stdin.write("\n")
            runner.stdin.flush()
        said = [runner.communicate(timeout=300)[0] for runner in runners]
    finally:
        for runner in runners:
            # else those that wait for the others' sake would press during the next test
            runner.kill()
    assert [runner.returncode for runner in runners] == [0] * len(runners)
    return Counter(line for each in said for line in each.splitlines())


# -- a script's half -----------------------------------------------------------------------


def racing_app(database_url: str, data: str) -> Flask:
    """The process's own app, as the test's is set up."""
    return create_app(config(Path(data), database_url))


def wait_for_the_others() -> None:
    """Say that this process is ready; go on when all are."""
    print("ready", flush=True)
    sys.stdin.readline()


def press_together(app: Flask, presses: Sequence[Sequence[Any]], act: Callable[..., str]) -> None:
    """Call `act(*press)` for each of the presses at the same moment, here and in the other processes, each in
    a thread and an app context of its own; then print how each went (see `outcome`).

    Whatever else an act raises breaks the process.
    """
    together = threading.Barrier(len(presses) + 1)

    def press(given: Sequence[Any]) -> str:
        with app.app_context():
            together.wait()
            return outcome(act, *given)

    with ThreadPoolExecutor(len(presses)) as pool:
        went = pool.map(press, presses)
        wait_for_the_others()
        together.wait()
        print("\n".join(went), flush=True)


def outcome(act: Callable[..., str], *given: Any) -> str:
    """What it returned, or the name of the error with which it was refused; its session is over."""
    try:
        return act(*given)
    except (DomainError, SQLAlchemyError) as error:
        return type(error).__name__
    finally:
        db.session.remove()
