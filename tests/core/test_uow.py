"""One unit of work: all or nothing, effects after it, writers in turn."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from app.blueprints.members.models import Track
from app.core import audit, clock
from app.core.audit import AuditLine
from app.core.db import db
from app.core.uow import on_commit, unit_of_work


def subjects() -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(AuditLine.subject).where(AuditLine.act.in_(("test", "turn"))).order_by(AuditLine.id)
        )
    )


def test_nested_blocks_are_one(app: Flask) -> None:
    effects: list[str] = []

    def write() -> None:
        with unit_of_work():
            audit.record("test", "outer", by=None)
            with unit_of_work():
                audit.record("test", "inner", by=None)
                on_commit(lambda: effects.append("told"))
            assert effects == []

    write()
    assert (subjects(), effects) == (["outer", "inner"], ["told"])


def test_a_failure_undoes_all_and_tells_nobody(app: Flask) -> None:
    effects: list[str] = []

    def write() -> None:
        with unit_of_work():
            with unit_of_work():
                audit.record("test", "inner", by=None)
                on_commit(lambda: effects.append("told"))
            raise LookupError("after the inner block")

    with pytest.raises(LookupError):
        write()
    assert (subjects(), effects) == ([], [])


def test_effects_need_a_unit_of_work(app: Flask) -> None:
    with pytest.raises(RuntimeError):
        on_commit(lambda: None)


def test_a_read_before_does_not_hinder_the_write(app: Flask) -> None:
    """The request has read (the session, the member) before the command; another writer came between."""
    db.session.scalar(select(Track.key).limit(1))

    def other() -> None:
        with app.app_context(), unit_of_work():
            audit.record("test", "other", by=None)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    with unit_of_work():
        audit.record("test", "mine", by=None)
    assert subjects() == ["other", "mine"]


def test_writers_take_turns(app: Flask) -> None:
    """Sixteen writers, twenty turns each: all is written, nobody is refused, nobody overtakes by much."""
    order: list[int] = []
    failed: list[BaseException] = []
    start = threading.Barrier(16)
    now = clock.now()

    def write(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                for _ in range(20):
                    with unit_of_work():
                        db.session.execute(insert(AuditLine).values(at=now, act="turn", subject=str(number)))
                        order.append(number)
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(subjects()) == 320
    if db.engine.dialect.name == "sqlite":
        # first come, first served: when the first writer is done, nobody is far behind
        finished = {number: 320 - order[::-1].index(number) for number in range(16)}
        assert min(finished.values()) > 160, finished


def test_every_constraint_is_on(app: Flask) -> None:
    """SQLite checks foreign keys only when told to."""

    def write() -> None:
        with unit_of_work():
            db.session.execute(text("INSERT INTO member_track (member_id, track_key) VALUES (1, 'nowhere')"))

    with pytest.raises(IntegrityError):
        write()
