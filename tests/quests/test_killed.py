"""A server killed in the middle of work loses nothing that it has acknowledged, and leaves nothing half.

Four members work over HTTP, each on one quest after the other: begin, two photos, a sentence, send; the
quest approves by itself and pays. Every fraction of a second the server is killed and another one started.
A request without an answer is tried again with the same keys, as the page's script does.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.badges.models import Award, Fact
from app.blueprints.media.models import Media
from app.blueprints.points import queries_audit
from app.blueprints.points.models import Account, Transfer
from app.blueprints.quests.models import Evidence, Submission, SubmissionEvent
from app.core.actor import Actor
from app.core.db import db
from tests.quests.served import PHOTOS, Member, Server, serving, sign_in

# LIGHTUP_KILLS=200 for a long run by hand
KILLS = int(os.environ.get("LIGHTUP_KILLS", "6"))
QUESTS = max(8, KILLS)
POINTS = 10


@pytest.mark.race
def test_what_was_acknowledged_outlives_kill_9(
    app: Flask, make_quest: Callable[..., int], make_member: Callable[..., Actor]
) -> None:
    quests = [make_quest(f"第{n}颗", review_mode="self", points=POINTS) for n in range(QUESTS)]
    logins = ["linxia", "alan", "laohe", "suhe"]
    people = {login: make_member(login) for login in logins}
    db.session.rollback()
    chance, stop = random.Random(11), threading.Event()
    with serving(app) as server:
        members = [Member(server, login, quests, stop) for login in logins]
        for member in members:
            member.cookie, member.token = sign_in(server, member.name)
            member.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.3, 1.2))
            server.kill()
            server.start()
        # whoever waits for an answer gets it from the last server, and finishes the work begun
        stop.set()
        for member in members:
            member.join(timeout=60)
            assert not member.is_alive()
        assert [wrong for member in members for wrong in member.wrong] == []
        assert sum(member.lost for member in members) > 0, "no request was ever cut off"
        db.session.rollback()
        for member in members:
            check_work(server, member, people[member.name])
    check_whole()


def check_work(server: Server, member: Member, who: Actor) -> None:
    """All that `member` was told is there, once, and the files can be read."""
    kept = {
        row.upload_key: row
        for row in db.session.execute(
            select(Media.id, Media.upload_key, Media.size_bytes, Evidence.submission_id)
            .join(Evidence, Evidence.media_id == Media.id)
            .where(Media.owner_id == who.id)
        )
    }
    assert member.uploads
    assert {key: kept[key].submission_id for key in member.uploads} == member.uploads
    for row in kept.values():
        status, _headers, file = server.ask("GET", f"/media/{row.id}/full", cookie=member.cookie)
        assert (status, len(file)) == (200, row.size_bytes)
    words = select(Evidence.submission_id, Evidence.body).where(Evidence.body.startswith(who.login))
    said = {row.submission_id: row.body for row in db.session.execute(words)}
    assert member.words.items() <= said.items()
    states = select(Submission.id, Submission.state).where(Submission.member_id == who.id)
    found = {row.id: row.state for row in db.session.execute(states)}
    assert set(member.begun) == set(found)
    assert {found[work] for work in member.sent} == {"approved"}


def check_whole() -> None:
    """Nothing is half: each approved work has its one payment, badge and story, no other has any."""
    works = db.session.execute(select(Submission.id, Submission.state, Submission.member_id)).all()
    approved = sum(work.state == "approved" for work in works)
    assert approved > 0
    assert {work.state for work in works} <= {"working", "approved"}

    def count(table: Any, *where: Any) -> int:
        return db.session.scalar(select(func.count()).select_from(table).where(*where)) or 0

    assert count(Transfer) == count(Award) == count(SubmissionEvent, SubmissionEvent.kind == "submitted")
    assert count(Transfer) == count(Fact, Fact.scope == "") == approved
    assert db.session.scalar(select(func.sum(Account.balance)).where(Account.kind == "wallet")) == (
        approved * POINTS
    )
    photos = select(func.count()).where(Evidence.media_id.is_not(None)).group_by(Evidence.submission_id)
    assert max(db.session.scalars(photos)) == PHOTOS
    assert list(queries_audit.differences()) == []
