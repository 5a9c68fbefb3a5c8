"""Real processes that press at the same moment: how a test starts them, and what each of them is made of.

A race's test calls `at_once`; the `main` of its script makes a `racing_app`, takes the guard away if it is
asked to, and lets its threads press with `press_together`.

The processes are forked from one that has imported the app and opened nothing: to import it takes ten times
as long as the race.
"""

from __future__ import annotations

import io
import multiprocessing
import pkgutil
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

import app.blueprints
from app import create_app
from app.core.db import db
from app.core.errors import DomainError
from tests.conftest import test_config as config

# -- the test's half -----------------------------------------------------------------------

FEATURES = [each.name for each in pkgutil.iter_modules(app.blueprints.__path__, "app.blueprints.")]
PATIENCE = 300  # seconds
forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload([__name__, "app.cli", "app.health", *FEATURES])


def at_once(app: Flask, script: str, *args: object, processes: Sequence[Sequence[object]]) -> Counter[str]:
    """Start processes on the app's database, let them go when all are ready: the lines they said, counted.

    `script` is named from the root of the project. Its `main` is given strings: database URL, data folder,
    `args`, and what `processes` has for this one; there are as many as it has members. Raises AssertionError
    when one of them doesn't get ready, or breaks.
    """
    known = app.config["LIGHTUP"]
    lines, runners = [], []
    try:
        for own in processes:
            line, theirs = forked.Pipe()
            argv = [str(each) for each in (known.database_url, known.data, *args, *own)]
            runner = forked.Process(target=_run, args=(theirs, script, argv))
            runner.start()
            theirs.close()
            lines.append(line)
            runners.append(runner)
        for line in lines:
            assert heard(line) == "ready"
        for line in lines:
            line.send("go")
        said = [heard(line) for line in lines]
        for runner in runners:
            runner.join(PATIENCE)
    finally:
        for runner in runners:
            # else those that wait for the others' sake would press during the next test
            runner.kill()
            runner.join()
        for line in lines:
            line.close()
    assert [runner.exitcode for runner in runners] == [0] * len(runners)
    return Counter(word for each in said for word in each.splitlines())


def heard(line: Connection) -> str:
    """What a process says next. Raises AssertionError when it has ended, or says nothing."""
    try:
        assert line.poll(PATIENCE), "a process of the race is silent"
        return str(line.recv())
    except EOFError:
        raise AssertionError("a process of the race broke: see its stderr") from None


# -- a script's half -----------------------------------------------------------------------

_line: list[Connection] = []


def _run(line: Connection, script: str, argv: list[str]) -> None:
    """One process: what it prints is what it says to the test."""
    main = import_module(script.removesuffix(".py").replace("/", ".")).main
    _line.append(line)
    said = io.StringIO()
    with redirect_stdout(said):
        main(*argv)
    line.send(said.getvalue())


def racing_app(database_url: str, data: str) -> Flask:
    """The process's own app, as the test's is set up."""
    return create_app(config(Path(data), database_url))


def wait_for_the_others() -> None:
    """Say that this process is ready; go on when all are."""
    _line[0].send("ready")
    _line[0].recv()


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
        print("\n".join(went))


def outcome(act: Callable[..., str], *given: Any) -> str:
    """What it returned, or the name of the error with which it was refused; its session is over."""
    try:
        return act(*given)
    except (DomainError, SQLAlchemyError) as error:
        return type(error).__name__
    finally:
        db.session.remove()
