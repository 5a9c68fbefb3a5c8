"""The queue: the earliest promise first, every row once, honest figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.blueprints.quests import queries_review, services_review
from app.blueprints.quests.queries_review import Asked
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.actor import Actor

NOW = clock.now().replace(microsecond=0)


@pytest.fixture
def queue_of(make_member: Callable[..., Actor], send: Callable[..., int]) -> Callable[[int], list[int]]:
    """queue_of(n) -> n pieces of work, sent an hour after each other, the last sent first in the list."""

    def fill(count: int) -> list[int]:
        works = []
        for number in range(count):
            with clock.at(NOW - timedelta(hours=number)):
                works.append(send(make_member(f"m{number}", name=f"M{number}")))
        return works

    return fill


def rows_in(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'class="pick[^"]*" href="/review/(\d+)', page)]


def test_every_row_once_by_promise(queue_of, people, login) -> None:
    works = queue_of(45)
    client, address, seen = login(people["luoning"]), "/review", []
    while address and len(seen) <= len(works):
        page = client.get(address).get_data(as_text=True)
        seen += rows_in(page)
        found = re.search(r'class="more"><a[^>]*href="([^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert seen == works[::-1]


def test_the_next_part_comes_as_a_fragment_too(queue_of, people, login) -> None:
    queue_of(25)
    client = login(people["luoning"])
    more = re.search(r'hx-get="([^"]+)"', client.get("/review").get_data(as_text=True))[1].replace(
        "&amp;", "&"
    )
    part = client.get(more, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part
    assert len(rows_in(part)) == 5


@pytest.mark.parametrize("size", [1, 5, 60])
def test_four_queries_however_long(size, queue_of, people, login, counted) -> None:
    queue_of(size)
    client = login(people["luoning"])
    client.get("/review")
    with counted() as statements:
        assert client.get("/review").status_code == 200
    assert len(statements) <= 4


def test_filters(people, make_quest, send, login) -> None:
    other_track = make_quest("story", review_mode="mentor")
    with clock.at(NOW - timedelta(hours=40)):
        soon = send(people["linxia"])
    story = send(people["linxia"], other_track)
    claimed = send(people["xiaoman"])
    services_review.open_for_review(claimed, by=people["luoning"])
    client = login(people["luoning"])
    shown = lambda query: rows_in(client.get(f"/review?{query}").get_data(as_text=True))  # noqa: E731
    assert shown("") == [soon, story, claimed]
    assert shown("show=soon") == [soon]
    assert shown("show=mine") == [claimed]
    assert shown("track=story") == [story]
    assert shown(f"quest={other_track}") == [story]
    assert shown("show=mentees") == []


def test_figures_are_what_happened(people, make_member, send) -> None:
    """Three were read this week after 2, 10 and 50 hours of 48 promised; one long ago doesn't count."""
    for number, (days, hours) in enumerate([(20, 1), (6, 2), (5, 10), (4, 50)]):
        with clock.at(NOW - timedelta(days=days)):
            work = send(make_member(f"r{number}"))
        with clock.at(NOW - timedelta(days=days) + timedelta(hours=hours)):
            services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=people["guyan"])
    with clock.at(NOW - timedelta(hours=47)):
        send(people["linxia"])
    with clock.at(NOW):
        kept = queries_review.figures(people["luoning"], Asked())
        assert (kept.read, kept.in_time, kept.half_minutes) == (3, 2, 600)
        assert (kept.all, kept.soon, kept.mine) == (1, 1, 0)
        assert queries_review.minutes_to(kept.first_due_at, NOW) == 60
        assert queries_review.figures(people["zhoumo"]).read == 0


@pytest.mark.parametrize(
    ("locale", "words"),
    [("zh", ["审阅", "还有 46 小时", "第一次提交"]), ("en", ["Reviews", "46 hours left", "first round"])],
)
def test_in_both_languages(locale, words, people, send, login, make_member) -> None:
    with clock.at(NOW - timedelta(hours=2)):
        send(people["linxia"])
    client = login(people["luoning"])
    with clock.at(NOW):
        page = client.get("/review", headers={"Accept-Language": locale}).get_data(as_text=True)
    for text in words:
        assert text in page


def test_an_empty_queue_says_so(people, login) -> None:
    page = login(people["luoning"]).get("/review", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "Everything has been read" in page
    page = (
        login(people["luoning"])
        .get("/review?show=mine", headers={"Accept-Language": "en"})
        .get_data(as_text=True)
    )
    assert "Nothing waits here" in page
