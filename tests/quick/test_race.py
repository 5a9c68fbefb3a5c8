"""Fifty members vote at once from eight processes, and one of them from all eight, changing their mind: the
tally is the votes, everybody is paid once. On the database of the run.

The control votes without the guards and must lose votes; else the race would prove nothing.
"""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.inbox.models import Notice
from app.blueprints.points.models import Transfer
from app.blueprints.quests import services_quick
from app.blueprints.quests.models import PollTally, PollVote, Quest, Submission
from app.core.db import db
from tests.quick.conftest import OPTIONS, balance, votes, works
from tests.races.at_once import at_once

PROCESSES, VOTERS = 8, 50
KEYS = [option["key"] for option in OPTIONS]


def press(app: Flask, poll: int, wishes: list[list[str]], guard: str) -> Counter[str]:
    """How all votes went; each list of wishes is a process."""
    return at_once(app, "tests/quick/press_vote.py", poll, guard, processes=wishes)


def spread(people: list[int], busy: int) -> list[list[str]]:
    """Everybody's vote on one of the processes, and the busy member's changing votes on each."""
    wishes: list[list[str]] = [[] for _ in range(PROCESSES)]
    for n, person in enumerate(people):
        wishes[n % PROCESSES].append(f"{person}:{KEYS[n % len(KEYS)]}")
    for n, some in enumerate(wishes):
        some.append(f"{busy}:{KEYS[n % 3]},{KEYS[(n + 1) % 3]},{KEYS[(n + 2) % 3]}")
    return wishes


@pytest.mark.race
def test_the_tally_is_the_votes(app: Flask, make_quick, make_member) -> None:
    poll = make_quick("poll")
    people = [make_member(f"m{n}") for n in range(VOTERS)]
    busy = make_member("busy")
    db.session.rollback()
    went = press(app, poll, spread([person.id for person in people], busy.id), "on")
    assert went == {"voted": VOTERS + 3 * PROCESSES}
    counted = votes(poll)
    assert sum(counted.values()) == VOTERS + 1
    of_busy = db.session.scalar(select(PollVote.option_key).where(PollVote.member_id == busy.id))
    expected = Counter(KEYS[n % len(KEYS)] for n in range(VOTERS)) + Counter([of_busy])
    assert counted == expected
    assert [work.state for work in works(poll)] == ["approved"] * (VOTERS + 1)
    assert db.session.scalar(select(func.count(Transfer.id))) == VOTERS + 1
    assert {balance(person) for person in [*people, busy]} == {5}
    assert db.session.scalar(select(func.count(Notice.id)).where(Notice.member_id == busy.id)) == 1
    assert db.session.scalar(select(Quest.started_count)) == VOTERS + 1
    assert db.session.scalar(select(func.count(Submission.id)).where(Submission.attempt > 1)) == 0


@pytest.mark.race
def test_without_the_guard_votes_are_lost(app: Flask, make_quick, make_member) -> None:
    """The control."""
    poll = make_quick("poll")
    services_quick.vote(poll, KEYS[0], by=make_member("first"))
    services_quick.vote(poll, KEYS[1], by=make_member("second"))
    services_quick.vote(poll, KEYS[2], by=make_member("third"))
    people = [make_member(f"m{n}").id for n in range(VOTERS)]
    db.session.rollback()
    wishes = [[f"{person}:{KEYS[0]}" for person in people[n::PROCESSES]] for n in range(PROCESSES)]
    went = press(app, poll, wishes, "off")
    assert went["voted"] > 1
    db.session.rollback()
    kept = db.session.scalar(select(PollTally.votes).where(PollTally.option_key == KEYS[0]))
    assert kept < 1 + went["voted"]
