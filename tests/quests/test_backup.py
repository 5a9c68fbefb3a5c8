"""`flask backup` while members are at work makes a whole programme, with every file that it names."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, select, text

from app import create_app
from app.blueprints.media import storage
from app.blueprints.media.models import Media
from app.blueprints.points import queries_audit
from app.blueprints.quests.models import Submission
from app.core.actor import Actor
from app.core.db import db
from tests.quests.served import Member, serving, sign_in


@contextmanager
def restored(app: Flask, backup: Path) -> Iterator[str]:
    """The address of the database of a backup, as the command's help says to restore it."""
    url = make_url(app.config["LIGHTUP"].database_url)
    if url.get_backend_name() == "sqlite":
        yield f"sqlite:///{backup / 'lightup.db'}"
        return
    name = f"{url.database}_restored"
    admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    plain = url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    subprocess.run(
        ["pg_restore", "--no-owner", f"--dbname={plain}", str(backup / "lightup.dump")], check=True
    )
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


@pytest.mark.race
def test_a_backup_made_under_load_is_whole(
    app: Flask, make_quest: Callable[..., int], make_member: Callable[..., Actor], tmp_path: Path
) -> None:
    quests = [make_quest(f"第{n}颗", review_mode="self", points=10) for n in range(40)]
    logins = ["linxia", "alan"]
    for login in logins:
        make_member(login)
    db.session.rollback()
    target, stop = tmp_path / "backup", threading.Event()
    with serving(app) as server:
        members = [Member(server, login, quests, stop) for login in logins]
        for member in members:
            member.cookie, member.token = sign_in(server, member.name)
            member.start()
        until = time.monotonic() + 60
        while not (sent_before := {work for member in members for work in member.sent}):
            assert time.monotonic() < until, "nobody has sent anything"
            time.sleep(0.1)
        before = acknowledged(members)
        done = subprocess.run(
            [sys.executable, "-m", "flask", "backup", str(target)],
            cwd=server.root,
            env=server.env,
            check=False,
        )
        assert done.returncode == 0
        at_work = acknowledged(members) > before
        stop.set()
        for member in members:
            member.join(timeout=60)
    assert at_work, "nobody was at work meanwhile"
    with restored(app, target) as url:
        try:
            check_whole(app, target, url, sent_before)
        finally:
            # the storage is the process's: the next test shall not write into this one's backup
            storage.configure(app.config["LIGHTUP"].media_url)


@pytest.mark.race
def test_a_backup_leaves_out_what_arrives_and_minds_nothing_that_goes(app: Flask, tmp_path: Path) -> None:
    files, stop = storage.current(), threading.Event()
    assert isinstance(files, storage.Folder)
    kept = storage.new_key()
    keep(files, kept)

    def come_and_go() -> None:
        while not stop.is_set():
            key = storage.new_key()
            keep(files, key)
            files.delete(key)

    churn = [threading.Thread(target=come_and_go) for _ in range(4)]
    with files.workspace() as arriving:
        (arriving / "full").write_bytes(b"half of it")
        for each in churn:
            each.start()
        try:
            for number in range(8):
                done = app.test_cli_runner().invoke(args=["backup", str(tmp_path / str(number))])
                assert done.exit_code == 0, done.output
                copied = tmp_path / str(number) / "media"
                assert (copied / kept / "full").read_bytes() == b"whole"
                assert b"half of it" not in {path.read_bytes() for path in copied.rglob("full")}
        finally:
            stop.set()
            for each in churn:
                each.join(timeout=30)


def keep(files: storage.Folder, key: str) -> None:
    with files.workspace() as folder:
        (folder / "full").write_bytes(b"whole")
        files.put(key, folder)


def acknowledged(members: list[Member]) -> int:
    """How many things the server has said yes to."""
    return sum(len(each.begun) + len(each.uploads) + len(each.words) + len(each.sent) for each in members)


def check_whole(app: Flask, backup: Path, url: str, sent: set[int]) -> None:
    config = replace(
        app.config["LIGHTUP"], data=backup, database_url=url, media_url=(backup / "media").as_uri()
    )
    again = create_app(config)
    with again.app_context():
        assert list(queries_audit.differences()) == []
        approved = set(db.session.scalars(select(Submission.id).where(Submission.state == "approved")))
        assert sent <= approved
        kept = db.session.execute(select(Media.storage_key, Media.size_bytes)).all()
        assert len(kept) >= 2 * len(sent)
        for row in kept:
            path = storage.current().path(row.storage_key, "full")
            assert path is not None
            assert path.stat().st_size == row.size_bytes
        db.session.remove()
        db.engine.dispose()
