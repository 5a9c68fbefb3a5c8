"""One unit of work: everything in it happens, or nothing does.

`unit_of_work()` is the only place that commits. The outermost block commits;
blocks inside it join. Effects outside the database are queued with `on_commit`
and run after the commit, or never.

SQLite: loading the user has already begun a read, and a read that turns into a
write fails at once when another writer came between. So the block drops that
read and begins with BEGIN IMMEDIATE, behind one writer lane: SQLite's own busy
handler is a lottery in which many waiting writers starve for seconds, a lock in
front of it is not. PostgreSQL: rows are locked where the command decides.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app.core.db import db
from app.core.errors import Unavailable

_after: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)
_writing: ContextVar[bool] = ContextVar("writing", default=False)


class WriterLane:
    """Lets one writer through at a time, first come first served, across threads and processes.

    Inside a process a ticket queue keeps the order; between processes `flock` does,
    taken in two steps (a turnstile, then the lane), so that a process whose writer just
    left can't slip in before one that already waits.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: list[threading.Event] = []
        self._busy = False
        self._guard = threading.Lock()
        self._files: tuple[int, int] | None = None
        self._pid = 0

    def _open(self) -> tuple[int, int]:
        # a descriptor inherited over fork shares its lock with the parent: open again in each process
        if self._files is None or self._pid != os.getpid():
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._files = (
                os.open(f"{self._path}.turnstile", flags, 0o600),
                os.open(f"{self._path}.lane", flags, 0o600),
            )
            self._pid = os.getpid()
        return self._files

    @contextmanager
    def enter(self) -> Iterator[None]:
        turn: threading.Event | None = None
        with self._guard:
            if self._busy:
                turn = threading.Event()
                self._queue.append(turn)
            self._busy = True
        if turn is not None:
            turn.wait()
        try:
            turnstile, lane = self._open()
            fcntl.flock(turnstile, fcntl.LOCK_EX)
            fcntl.flock(lane, fcntl.LOCK_EX)
            fcntl.flock(turnstile, fcntl.LOCK_UN)
            try:
                yield
            finally:
                fcntl.flock(lane, fcntl.LOCK_UN)
        finally:
            with self._guard:
                if self._queue:
                    self._queue.pop(0).set()
                else:
                    self._busy = False


_lanes: dict[str, WriterLane] = {}


def _lane(engine: Engine) -> WriterLane | None:
    if engine.dialect.name != "sqlite":
        return None
    name = str(engine.url.database)
    if name not in _lanes:
        _lanes[name] = WriterLane(Path(name))
    return _lanes[name]


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Run the block as one transaction and yield the session.

    Raises whatever the block raises, after rolling everything back; a database that
    can't write (disk full, locked, away) becomes `Unavailable`.
    """
    session = db.session()
    if _after.get() is not None:
        yield session
        return
    session.rollback()
    lane = _lane(db.engine)
    after: list[Callable[[], None]] = []
    outer = _after.set(after)
    writing = _writing.set(True)
    try:
        if lane is None:
            yield from _transaction(session)
        else:
            with lane.enter():
                yield from _transaction(session)
    finally:
        _writing.reset(writing)
        _after.reset(outer)
    for effect in after:
        effect()


def _transaction(session: Session) -> Iterator[Session]:
    try:
        yield session
        session.commit()
    except BaseException as error:
        session.rollback()
        if isinstance(error, OperationalError) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        ):
            raise Unavailable from error
        raise


def in_unit_of_work() -> bool:
    """Whether a unit of work is open: slow work (encoding, sending bytes) belongs before it."""
    return _after.get() is not None


def on_commit(effect: Callable[[], None]) -> None:
    """Run `effect` once the outermost unit of work has committed; never if it rolls back."""
    waiting = _after.get()
    if waiting is None:
        raise RuntimeError("on_commit outside a unit of work")
    waiting.append(effect)


def prepare_engine(engine: Engine) -> None:
    """Set a SQLite engine up for concurrent use; a PostgreSQL engine needs nothing."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # the driver's own BEGIN comes too late and is never IMMEDIATE: we begin ourselves
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # NORMAL loses acknowledged commits at a power cut
            "foreign_keys=ON",
            "busy_timeout=10000",
            "cache_size=-16000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
