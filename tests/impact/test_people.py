"""The lists behind the numbers: as many rows as the number says, each person once and as they allow."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from app.blueprints.impact import queries_further, queries_people
from app.blueprints.impact.policies import DRAWN, spread
from app.blueprints.impact.policies_months import edges_of, edges_until, name_of
from app.blueprints.members.models import Member, Programme
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work
from tests.impact.test_impact import counted, get, helps

NOON = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)


@pytest.fixture
def people(make_member):
    return [make_member(f"p{n}", name=f"P{n}") for n in range(6)]


def walked(client, path: str, row: str) -> list[str]:
    """What `row` finds on a page and on those that follow it, a part at a time."""
    found = []
    while path:
        text = get(client, path)
        found += re.findall(row, text)
        more = re.search(r'class="more"><a [^>]*href="([^"]*)"', text)
        path = more.group(1).replace("&amp;", "&") if more else ""
    return found


def set_to(member, **values) -> None:
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == member.id).values(**values))


def test_each_number_of_the_ripple_opens_as_many_rows(make_member, login) -> None:
    """Twenty-three helped, twenty-one of them helped others, forty-five people in all: three pages."""
    me = make_member("me")
    first = [make_member(f"a{n}", name=f"A{n}") for n in range(23)]
    second = [make_member(f"b{n}", name=f"B{n}") for n in range(43)]
    for n, one in enumerate(first):
        helps(me, one, f"first{n}")
        helps(me, one, f"again{n}")
    for n, one in enumerate(second):
        helps(first[n % 21], one, f"second{n}")
    helps(first[0], first[22], "both")  # whom I helped as well
    helps(first[22], me, "back")
    helps(first[1], second[0], "another way")
    helps(first[1], first[0], "and one more")
    for n in range(22):
        helps(me, None, f"reader{n}", "thanks", person_name=f"R{n}")
    client = login(me)
    ripple = queries_people.ripple(me.id, DRAWN)
    assert (ripple.first, ripple.carried, ripple.second, ripple.readers) == (23, 21, 45, 22)
    page = get(client, "/impact")
    caption = page[page.index("<figcaption") : page.index("</figcaption>")]
    numbers = {path: int(number) for path, number in re.findall(r'href="([^"]*)">(\d+)', caption)}
    assert numbers == {
        "/impact/people?helped=members": 23,
        "/impact/people/carried": 21,
        "/impact/people/further": 45,
        "/impact/people?helped=readers": 22,
    }
    carried = walked(client, "/impact/people/carried", r"through=(\d+)\">helped (\d+) p")
    assert len(carried) == len(set(carried)) == 21
    further = walked(client, "/impact/people/further", r'href="/members/(\d+)"')
    assert len(further) == len(set(further)) == 45
    assert str(me.id) not in further
    assert len(set(walked(client, "/impact/people?helped=readers", r"<b[^>]*>(R\d+)"))) == 22
    # and each of "helped N people" opens them
    for one, many in carried:
        through = f"/impact/people/further?through={one}"
        assert len(walked(client, through, r'href="/members/(\d+)"')) == int(many)
    assert len(walked(client, "/impact/people/further", r", through A0 and 1 other<")) == 1


def test_people_appear_as_they_allow(people, login) -> None:
    me, a, b, c, d, _ = people
    helps(me, a, "1")
    helps(me, b, "2")
    helps(a, c, "3")
    helps(b, d, "4")
    set_to(a, named_to_helpers=False)
    set_to(b, left_at=clock.now())
    set_to(c, left_at=clock.now())
    set_to(d, named_to_helpers=False)
    client = login(me)
    carried = get(client, "/impact/people/carried")
    assert re.findall(r"<b>([^<]*)</b>", carried) == ["A former member", "A member"]
    further = get(client, "/impact/people/further")
    assert re.findall(r"<b>([^<]*)</b>", further) == ["A member", "A former member"]
    assert re.findall(r"through ([^<]*)<", further) == ["A former member", "A member"]
    pages = carried + further + get(client, "/impact")
    assert not re.findall(r"[> ]P[1-4]\b", pages)
    assert 'href="/members/' not in carried + further


def test_only_who_may_be_named_is_named_in_the_picture() -> None:
    class Person:
        def __init__(self, name: str | None) -> None:
            self.name, self.second = name, 1

    dots = spread([Person("A"), Person(""), Person(None), Person("B")])
    assert sorted(dot.name for dot in dots if dot.named) == ["A", "B"]
    assert len(dots) == 4


def test_whom_another_helped_is_not_shown_to_strangers(people, login) -> None:
    me, a, b, *_ = people
    helps(a, b, "1")
    client = login(me)
    assert "Nobody yet" in get(client, f"/impact/people/further?through={a.id}")
    assert client.get("/impact/people/further?through=99999999999").status_code == 404
    assert get(client, "/impact/people/further?through=x&after=y")


def test_the_lists_keep_their_number_of_queries(people, make_member, login) -> None:
    me, a, *_ = people
    client = login(me)
    paths = ["/impact/people/carried", "/impact/people/further",
             "/impact/months", f"/impact/months/{clock.now():%Y-%m}"]  # fmt: skip
    for round_ in range(2):
        helps(me, a, f"more{round_}")
        helps(me, None, f"r{round_}", "thanks")
        for n in range(1 + round_ * 30):
            helps(a, make_member(f"x{round_}-{n}"), f"x{round_}-{n}")
        for path in paths:
            with counted() as said:
                get(client, path)
            assert len(said) == (2 if path.endswith(("ed", "er", "ths")) else 3), (path, said)


# --- months -----------------------------------------------------------------------------------------


def test_each_number_of_a_month_opens_as_many_lines(people, login) -> None:
    me, a, b, *_ = people
    with clock.at(NOON):
        for n in range(23):
            helps(me, (a, b)[n % 2], f"now{n}", occurred_at=NOON - timedelta(minutes=n % 3))
        helps(me, None, "r", "relay", occurred_at=NOON, outcome=None)
        helps(me, None, "reach", "reach", reader=None, occurred_at=NOON)
        helps(me, a, "october", occurred_at=NOON - timedelta(days=9))
        helps(me, a, "long ago", occurred_at=NOON - timedelta(days=400))
        client = login(me)
        page = get(client, "/impact/months")
        rows = re.findall(r"<li>.*?</li>", page)
        assert len(rows) == 12
        said = [
            [(path.replace("&amp;", "&"), int(number)) for path, number in
             re.findall(r'href="([^"]*)">[^<]*?(\d+)', row)]
            for row in rows
        ]  # fmt: skip
        assert said[:2] == [
            [
                ("/impact/months/2026-11", 3),
                ("/impact/months/2026-11?show=lit", 23),
                ("/impact/months/2026-11?show=thanks", 1),
                ("/impact/months/2026-11?show=milestones", 1),
            ],
            [("/impact/months/2026-10", 1), ("/impact/months/2026-10?show=lit", 1)],
        ]
        assert said[2:] == [[]] * 10
        assert [re.search(r'value="(\d+)"', row)[1] for row in rows[:3]] == ["3", "1", "0"]
        for path, number in said[0][1:] + said[1][1:]:
            assert len(walked(client, path, r'<li><a class="rowx')) == number
        assert "3 people in 25 lines" in get(client, "/impact/months/2026-11")
        assert len(walked(client, "/impact/months/2026-11", r'<li><a class="rowx')) == 25
        assert "No line in this month" in get(client, "/impact/months/2026-09")
        assert get(client, "/impact/months/2026-11?show=nonsense&after=x")
    for odd in ("2026-13", "2026-1", "x", "1999-01", "2026-11-01"):
        assert client.get(f"/impact/months/{odd}").status_code == 404


@pytest.mark.parametrize(
    "zone",
    ["Asia/Shanghai", "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Asuncion",
     "America/Havana", "Pacific/Apia", "Asia/Kathmandu"],
)  # fmt: skip
def test_months_begin_at_midnight_of_the_zone(zone: str) -> None:
    """Whatever the clocks do: the first moment whose local date is the first of the month."""
    here, second = ZoneInfo(zone), timedelta(seconds=1)
    edges = edges_until(datetime(2018, 3, 20, tzinfo=UTC), 120, zone)
    assert len(edges) == 121
    assert edges == sorted(set(edges))
    for edge in edges:
        assert edge.astimezone(here).day == 1
        assert (edge - second).astimezone(here).month != edge.astimezone(here).month
    for start, end in pairwise(edges):
        assert edges_of(name_of(start, zone), zone) == [start, end]


def test_a_line_belongs_to_the_month_of_the_programmes_zone(people, login) -> None:
    me, a, b, c, *_ = people
    with unit_of_work():
        db.session.execute(update(Programme).values(timezone="America/New_York"))
    # November begins with summer time: four hours behind, on the first at one they go back to five
    start = datetime(2026, 11, 1, 4, tzinfo=UTC)
    end = datetime(2026, 12, 1, 5, tzinfo=UTC)
    for person, moment in ((a, start - timedelta(seconds=1)), (b, start), (c, end - timedelta(seconds=1))):
        helps(me, person, f"{person.name}", occurred_at=moment)
    helps(me, a, "december", occurred_at=end)
    november = walked(login(me), "/impact/months/2026-11", r"<b>(P\d) lit")
    assert november == ["P3", "P2"]
    edges = edges_until(end - timedelta(hours=3), 1, "America/New_York")
    assert edges == [start, end]
    assert [month.people for month in queries_people.months(me.id, edges)] == [2]
    assert len(queries_further.lines_between(me.id, edges, "", None).rows) == 2


def test_who_says_that_a_post_helped_is_listed_each_once(people, login) -> None:
    me, a, b, *_ = people
    for key, about, person in (
        ("1", "post:1", a), ("2", "post:2", a), ("3", "post:2", b), ("4", "post:2", None),
        ("5", "resource:1", b),
    ):  # fmt: skip
        helps(me, person, key, "thanks", about=about)
    helps(me, b, "6", "reach", about="reach:post:1")
    client = login(me)
    for which, names in (("post:1", ["P1"]), ("post:2", ["P1", "P2", "A reader"]), ("resource:1", ["P2"])):
        page = get(client, f"/impact/people?helped={which}")
        assert sorted(re.findall(r"<b[^>]*>([^<]*)</b>", page)) == sorted(names), which
    assert get(client, "/impact/people?helped=posts").count("<b>") == 3
    assert "Nobody yet" in get(client, "/impact/people?helped=post:99")
    # what names no work shows everybody, and nobody sees another's
    assert get(client, "/impact/people?helped=post:x").count("<b>") == 3
    assert "Nobody yet" in get(login(a), "/impact/people?helped=post:1")
