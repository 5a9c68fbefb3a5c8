"""Impact: every number counted from lines, every line with its proof."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.blueprints.impact import queries_people, services
from app.blueprints.impact.policies import DRAWN, spread
from app.core import clock
from app.core.uow import unit_of_work
from tests.quests.conftest import counted


def helps(helper, person, key: str, kind: str = "credit", **more) -> None:
    values = {"person_id": person.id} if person else {"reader": f"reader of {key}"}
    with unit_of_work():
        services.add_lines(
            [
                services.Help(
                    **{
                        "key": key, "member_id": helper.id, "kind": kind,
                        "subject": {"zh": "你的一课", "en": "Your lesson"},
                        "outcome": {"zh": "点亮了「x」", "en": "lit “x”"},
                        "link": "/work/1",
                        "occurred_at": clock.now(), **values, **more,
                    }
                )
            ]
        )  # fmt: skip


@pytest.fixture
def people(make_member):
    return [make_member(f"p{n}", name=f"P{n}") for n in range(6)]


def get(client, path: str) -> str:
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def words(page: str) -> str:
    """What stands under the picture, as it is heard."""
    said = page[page.index("<figcaption") : page.index("</figcaption>")]
    first = said.split("<span", maxsplit=1)[0]
    return re.sub(r"<[^>]*>", "", first).strip()


def test_the_ripple_counts_each_person_once(people) -> None:
    me, a, b, c, d, e = people
    helps(me, a, "1")
    helps(me, a, "2")
    helps(me, b, "3")
    helps(a, c, "4")
    helps(a, d, "5")
    helps(b, d, "6")
    helps(b, me, "7")  # back to me: not counted as further
    helps(c, e, "8")  # the third degree
    ripple = queries_people.ripple(me.id, DRAWN)
    assert (ripple.first, ripple.carried, ripple.second) == (2, 2, 2)
    assert [(row.name, row.second) for row in ripple.people] == [("P1", 2), ("P2", 1)]


def test_months_count_lines_by_kind_and_each_person_once(people) -> None:
    me, a, b, *_ = people
    edges = [datetime(2026, month, 1, tzinfo=UTC) for month in (9, 10, 11, 12)]
    last_moment = edges[2] - timedelta(microseconds=1)
    helps(me, a, "before", occurred_at=edges[0] - timedelta(microseconds=1))
    helps(me, a, "1", occurred_at=edges[0])
    helps(me, a, "2", occurred_at=last_moment)
    helps(me, a, "3", "answer", occurred_at=last_moment)
    helps(me, b, "4", occurred_at=edges[1])
    helps(me, None, "5", "thanks", occurred_at=edges[1], reader="one", about="x")
    helps(me, None, "6", "thanks", occurred_at=edges[1], reader="one", about="y")
    helps(me, None, "7", "reach", occurred_at=edges[1], reader=None)
    helps(me, a, "after", occurred_at=edges[3])
    helps(a, b, "another's", occurred_at=edges[1])
    with counted() as said:
        found = queries_people.months(me.id, edges)
    assert len(said) == 1
    assert [(month.start, month.lines, month.people, month.readers) for month in found] == [
        (edges[0], {"credit": 1}, 1, 0),
        (edges[1], {"credit": 2, "answer": 1, "thanks": 2, "reach": 1}, 2, 1),
        (edges[2], {}, 0, 0),
    ]


def test_the_picture_and_the_words_say_the_same(people, login) -> None:
    me, a, b, c, *_ = people
    helps(me, a, "1")
    helps(me, b, "2")
    helps(a, c, "3")
    page = get(login(me), "/impact")
    assert words(page) == "You helped 2 people, and 1 of them went on to help 1 person."
    assert page.count('class="rd"') == 3
    assert 'aria-hidden="true"' in page[page.index('class="rip"') - 40 : page.index('class="rip"') + 90]


def test_at_most_a_dozen_are_drawn_and_the_number_stays_exact(make_member, login) -> None:
    me = make_member("me")
    for number in range(20):
        helps(me, make_member(f"x{number}"), f"k{number}")
    page = get(login(me), "/impact")
    assert page.count('class="rd"') == DRAWN
    assert words(page).startswith("You helped 20 people. ")
    assert "The picture shows 12 of them" in page


def test_every_number_opens_its_list(people, login) -> None:
    me, a, b, *_ = people
    helps(me, a, "1")
    helps(me, a, "2")
    helps(me, b, "3", "answer")
    helps(me, None, "4", "relay", person_name="An owner", quote="Thank you", outcome=None)
    client = login(me)
    page = get(client, "/impact")
    assert re.search(r"people helped</dt><dd><a href=\"/impact/people\">3<", page)
    assert re.search(r"lit with you</dt><dd><a [^>]*>1<", page)  # one person, two lines
    assert "Lit with you 2" in page
    lit = get(client, "/impact?show=lit")
    assert lit.count('<span class="cap blk"><time') == 2
    assert "“Thank you”" in get(client, "/impact?show=thanks")
    assert 'href="/impact/lines/' in lit
    assert get(client, "/impact/people").count('href="/members/') == 2
    assert get(client, "/impact/people").count('<li><a class="rowx') == 3
    assert get(client, "/impact/people?helped=lit").count('<li><a class="rowx') == 1


def test_the_feed_comes_in_parts(people, login) -> None:
    me, a, *_ = people
    for number in range(45):
        helps(me, a, f"k{number}", outcome={"zh": "x", "en": f"did {number:02}"})
    client, path, seen = login(me), "/impact", []
    while path:
        text = get(client, path)
        seen += re.findall(r"did (\d\d)", text)
        more = re.search(r'href="(/impact\?[^"]*after=[^"]*)"', text)
        path = more.group(1).replace("&amp;", "&") if more else ""
    assert seen == [f"{number:02}" for number in reversed(range(45))]


def test_nobody_yet(people, login) -> None:
    client = login(people[0])
    assert "Nobody has named you yet" in get(client, "/impact")
    assert "Nobody yet" in get(client, "/impact/people")
    assert get(client, "/impact?show=nonsense&after=%00")


def test_the_picture_stays_inside_its_frame() -> None:
    class Person:
        def __init__(self, second: int) -> None:
            self.name, self.second = "n", second

    for count in (1, 2, 3, 7, 12):
        for dot in spread([Person(n % 4 * 3) for n in range(count)]):
            for x, y in [(dot.place.x, dot.place.y), *dot.place.second]:
                assert 0 < x < 350
                assert 0 < y < 344


def test_names_and_words_are_shown_as_text(people, make_member, login) -> None:
    me, a, *_ = people
    odd = make_member("odd", name="<b>O")
    helps(me, odd, "1", outcome={"zh": "<i>x", "en": "<i>lit"}, subject={"zh": "<u>y", "en": "<u>y"})
    helps(me, None, "2", "relay", person_name="<s>W", quote="<q>z", outcome=None, link='/x"><a')
    helps(odd, a, "3")
    page = get(login(me), "/impact")
    for tag in ("<b>O", "<i>", "<u>", "<s>", "<q>", '/x"><a'):
        assert tag not in page, tag
    assert "&lt;b&gt;O &lt;i&gt;lit" in page
