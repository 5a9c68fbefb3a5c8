"""A flood of thank-yous to one work, each from another reader and another address: as many count as an hour
may have, nobody gets an error, and members hardly notice.

LIGHTUP_FULL=1: 10,000 of them, and how long members wait meanwhile. The control takes the guard away and must
count more.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.impact import queries_people, queries_thanks, services_links, services_thanks
from app.blueprints.impact.models import ImpactBundle, ImpactLine, Thanks
from app.blueprints.impact.policies_thanks import HOUR_THANKS, hour_of
from app.blueprints.impact.routes_public import COOKIE, cookie_of
from app.blueprints.impact.services_thanks import Said
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.quests.served import GUNICORN, Server, sign_in, token_in
from tests.races.press_flood import is_flooded

FULL = bool(os.environ.get("LIGHTUP_FULL"))
PRESSES = 10_000 if FULL else 1_000
# what members' waiting is measured at, in a second: so much of the flood, and pages of so many members
RATE = float(os.environ.get("LIGHTUP_FLOOD_RATE", 25))
READERS = 4
WORSE = 1.2
UNGUARDED = [*GUNICORN[:3], "tests.races.press_flood:unguarded()", *GUNICORN[4:]]


@pytest.fixture
def author(make_member: Callable[..., Actor]) -> Actor:
    return make_member("author")


@pytest.fixture
def code(author: Actor) -> str:
    return give(author, "post:1")


def give(author: Actor, about: str) -> str:
    with unit_of_work():
        title = {"zh": "夜拍", "en": "Night"}
        services_links.give_link(about, member_id=author.id, kind="post", title=title)
    link = queries_thanks.link_about(about)
    db.session.rollback()
    return str(link.code)


def wait_for_room(seconds: int) -> None:
    """The quota is of an hour: a flood that went on into the next would find another one."""
    left = (hour_of(clock.now()) + 1) * 3600 - clock.now().timestamp()
    if left < seconds:
        time.sleep(left + 1)


@contextmanager
def behind_a_proxy(app: Flask, limits: str, command: list[str] = GUNICORN) -> Iterator[Server]:
    server = Server(app, GUNICORN)
    server.command = [*command, "--workers", "2", "--bind", f"127.0.0.1:{server.port}"]
    server.env |= {"TRUSTED_PROXIES": "1", "RATE_LIMITS": limits}
    server.start()
    try:
        yield server
    finally:
        server.kill()


def presses(app: Flask, server: Server, code: str, number: int) -> str:
    """Who is to press: each a reader that the app knows, in a network of their own."""
    _status, headers, page = server.ask("GET", f"/t/{code}")
    (session,) = (each.split(";")[0] for each in headers.get_all("Set-Cookie") if each.startswith("lightup="))
    token = token_in(page)
    with app.test_request_context():
        lines = [
            [
                code,
                f"{session}; {COOKIE}={cookie_of(str(n))}",
                f"{11 + n // 65536}.{n // 256 % 256}.{n % 256}.7",
                token,
            ]
            for n in range(number)
        ]
    return "\n".join("\t".join(line) for line in lines)


def begin_flood(server: Server, pressed: str, rate: float, begin: float = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.races.press_flood", str(server.port), str(rate), str(begin)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(pressed)
    process.stdin.close()
    return process


def answers(process: subprocess.Popen[str]) -> dict[str, int]:
    assert process.stdout is not None
    went: dict[str, int] = json.loads(process.stdout.read())
    assert process.wait() == 0
    return went


def counted(author: Actor) -> set[int]:
    """How many thanks there are, lines, lines as their bundles count them, and people."""
    db.session.rollback()
    number = [
        db.session.scalar(select(func.count()).select_from(Thanks)),
        db.session.scalar(select(func.count()).select_from(ImpactLine)),
        db.session.scalar(select(func.sum(ImpactBundle.lines))),
        queries_people.ripple(author.id, 12).readers,
    ]
    db.session.rollback()
    return set(number)


@pytest.mark.race
def test_as_many_count_as_an_hour_may_have(app: Flask, author: Actor, code: str) -> None:
    """As fast as they come, with no limit but the work's own quota."""
    wait_for_room(300 if FULL else 60)
    with behind_a_proxy(app, "off") as server:
        began = time.monotonic()
        went = answers(begin_flood(server, presses(app, server, code, PRESSES), 0))
        print(f"{PRESSES} in {time.monotonic() - began:.0f} s")
    assert went == {"303": HOUR_THANKS, "429": PRESSES - HOUR_THANKS}
    assert counted(author) == {HOUR_THANKS}


@pytest.mark.race
def test_without_the_guard_more_are_counted(app: Flask, author: Actor, code: str) -> None:
    """The control."""
    number = HOUR_THANKS + 40
    wait_for_room(60)
    with behind_a_proxy(app, "off", UNGUARDED) as server:
        assert answers(begin_flood(server, presses(app, server, code, number), 0)) == {"303": number}
    assert counted(author) == {number}


# --- how long members wait ----------------------------------------------------------------------------


class MemberPages(threading.Thread):
    """Opens a member's own page again and again, five times a second; `waits` are (begun, seconds)."""

    def __init__(self, server: Server, login: str, stop: threading.Event) -> None:
        super().__init__()
        self.server, self.stop = server, stop
        self.cookie, _token = sign_in(server, login)
        self.waits: list[tuple[float, float]] = []
        self.wrong: list[int] = []

    def run(self) -> None:
        while not self.stop.wait(0.2):
            began = time.monotonic()
            status, _headers, _page = self.server.ask("GET", "/impact", cookie=self.cookie)
            self.waits.append((began, time.monotonic() - began))
            if status != 200:
                self.wrong.append(status)


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


@pytest.mark.race
@pytest.mark.skipif(not FULL, reason="LIGHTUP_FULL=1: minutes, on a machine that does nothing else")
def test_members_hardly_notice(
    app: Flask, author: Actor, code: str, make_member: Callable[..., Actor]
) -> None:
    """Second by second with and without the flood, so that whatever else the machine does falls on both."""
    readers = [make_member(f"reader{n}") for n in range(READERS)]
    for reader in readers:
        own = give(reader, f"post:{reader.id}")
        for number in range(30):
            said = Said(outcome="learned", words=f"Thank you {number}")
            services_thanks.thank(own, said, reader=f"{number}")
    db.session.rollback()
    wait_for_room(int(2 * PRESSES / RATE) + 60)
    with behind_a_proxy(app, "on") as server:
        pressed, stop = presses(app, server, code, PRESSES), threading.Event()
        members = [MemberPages(server, reader.login, stop) for reader in readers]
        for each in members:
            each.start()
        begin = time.monotonic() + 4
        flood = begin_flood(server, pressed, RATE, begin)
        went = answers(flood)
        end = time.monotonic()
        stop.set()
        for each in members:
            each.join()
    assert not any(each.wrong for each in members)
    waits = [wait for each in members for wait in each.waits if begin <= wait[0] < end]
    during = [wait for began, wait in waits if is_flooded(began, begin)]
    before = [wait for began, wait in waits if not is_flooded(began, begin)]
    figures = (
        f"{RATE:g} a second for {end - begin:.0f} s, members' /impact: p95 {p95(during) * 1000:.1f} ms of"
        f" {len(during)} against {p95(before) * 1000:.1f} ms of {len(before)}, median"
        f" {statistics.median(during) * 1000:.1f} against {statistics.median(before) * 1000:.1f} ms"
    )
    print(figures)
    assert went == {"303": HOUR_THANKS, "429": PRESSES - HOUR_THANKS}
    assert p95(during) < WORSE * p95(before), figures
