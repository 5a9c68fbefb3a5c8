"""The report of a month: what it says, whom it names, what opens behind its numbers, and who hears of it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import event, select, update

from app.blueprints.impact import (
    policies_report,
    queries,
    queries_thanks,
    services,
    services_links,
    services_thanks,
)
from app.blueprints.impact.models import ImpactLine
from app.blueprints.impact.policies_report import COLUMNS, WAYS, dots, sentence_of, varied
from app.blueprints.impact.policies_report_words import OF_ME, TO_YOU, WAY_NAMES, headline
from app.blueprints.impact.services_thanks import Said
from app.blueprints.inbox.models import Notice
from app.blueprints.members.models import Member
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work

ZONE = "Asia/Shanghai"
NOW = datetime(2026, 12, 4, 4, 0, tzinfo=UTC)
OCTOBER = "/impact/report/2026-10"


def on(day: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def author(make_member) -> Any:
    return long_here(make_member("author", name="Lin Xia"))


def long_here(member: Any, since: datetime = datetime(2026, 1, 5, tzinfo=UTC)) -> Any:
    """The member, as one who joined then."""
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == member.id).values(joined_at=since))
    return member


def link(author: Any, about: str, title: str = "Three things at night") -> str:
    with unit_of_work():
        services_links.give_link(
            about, member_id=author.id, kind="post", title={"zh": f"{title} zh", "en": title}
        )
    return queries_thanks.link_about(about).code


def thank(code: str, reader: str | int, when: datetime, outcome: str = "learned", **said: str) -> int:
    with clock.at(when):
        return services_thanks.thank(code, Said(outcome=outcome, **said), reader=reader)


def helps(helper: Any, person: Any, when: datetime, kind: str = "credit", **more: Any) -> None:
    with unit_of_work():
        services.add_lines(
            [
                services.Help(
                    key=f"{kind}:{helper.id}:{person and person.id}:{when}",
                    member_id=helper.id,
                    person_id=person.id if person else None,
                    kind=kind,
                    subject={"zh": "你的一课", "en": "Your lesson"},
                    link="/work/1",
                    occurred_at=when,
                    **more,
                )
            ]
        )


def get(client: Any, path: str, status: int = 200, locale: str = "en") -> str:
    answer = client.get(path, headers={"Accept-Language": locale})
    assert answer.status_code == status, (path, answer.status_code)
    return str(answer.get_data(as_text=True))


# --- what it says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "total", "says"),
    [
        ({}, 0, ""),
        ({"learned": 3}, 3, "learned"),
        ({"learned": 3, "solved": 3}, 3, "solved"),  # both true of everybody
        ({"learned": 2, "solved": 1}, 3, "detours"),
        ({"learned": 2, "enjoyed": 1}, 3, "reached"),
        ({"referral": 1, "credit": 0}, 1, "referral"),
    ],
)
def test_a_sentence_says_of_everybody_what_is_true_of_everybody(people, total, says) -> None:
    assert sentence_of(people, total) == says


@pytest.mark.parametrize("way", [*WAYS, "detours", "reached"])
def test_every_month_has_its_sentence_in_both_languages(way) -> None:
    for sentences in (TO_YOU, OF_ME):
        one, many = headline(sentences, way, 1, "en"), headline(sentences, way, 1234, "en")
        assert re.search(r"\b1 person\b", one)
        assert re.search(r"\b1,234 people\b", many)
        chinese = headline(sentences, way, 11, "zh")
        assert "11" in chinese
        assert not re.search("[a-z]", chinese)
    assert way in WAY_NAMES or way in ("detours", "reached")
    you, me = headline(TO_YOU, way, 2, "en"), headline(OF_ME, way, 2, "en")
    assert re.sub(r"\b(you|your)\b", "-", you, flags=re.I) == re.sub(r"\b(me|my|I)\b", "-", me, flags=re.I)


@dataclass
class Line:
    id: int
    quote: str
    about: str = "post:1"
    person_id: int | None = None
    reader: str | None = None


def test_moments_differ_and_are_always_the_same() -> None:
    lines = [
        Line(1, "short", "post:1", reader="a"),
        Line(2, "the longest words that anybody said", "post:1", reader="a"),
        Line(3, "the second longest of the words", "post:1", reader="b"),
        Line(4, "the third longest words", "post:2", reader="a"),
        Line(5, "other words", "post:3", person_id=7),
        Line(6, "x" * 400, "post:4", reader="c"),
        Line(7, "other words", "post:5", person_id=8),
    ]
    assert [line.id for line in varied(lines)] == [2, 7, 6], "too long comes last, the same words not twice"
    assert varied(lines) == varied(lines[::-1])
    assert [line.id for line in varied(lines[:2])] == [2, 1], "two of one person rather than one moment"
    assert [line.id for line in varied(lines[:4])] == [2, 3, 4]
    assert varied([]) == []


@pytest.mark.parametrize(
    ("number", "unit", "drawn"),
    [(0, 1, 0), (1, 1, 1), (20, 1, 20), (21, 1, 21), (100, 1, 100), (101, 10, 11), (5000, 100, 50)],
)
def test_dots_are_people_until_they_are_too_many(number, unit, drawn) -> None:
    picture = dots([("September", 1), ("October", number)])
    assert picture.unit == unit
    assert len(picture.columns[1].dots) == drawn
    assert picture.columns[1].number == number
    assert len(set(picture.columns[1].dots)) == drawn
    for column in picture.columns:
        for x, y in column.dots:
            assert 0 < float(x) < 350
            assert 0 < float(y) < picture.height - 16
        assert 8 < float(column.number_y) < picture.height - 16


# --- one's own page ---------------------------------------------------------------------------------------


@pytest.fixture
def october(author, make_member) -> dict[str, Any]:
    """A month of five people: three readers, of whom one learned and enjoyed; two members."""
    friend, quiet = make_member("friend", name="Jiang Nan"), make_member("quiet", name="Gu Bei")
    night, rain = link(author, "post:1"), link(author, "post:2", "Nine seconds, listening to rain")
    thank(night, "r1", on(3), words="It does work while waiting at the lights", name="Big Liu")
    thank(rain, "r1", on(4), "enjoyed")
    thank(rain, "r2", on(5), "solved", words="Saved us forty minutes")
    thank(night, "r3", on(6))
    helps(author, friend, on(7), outcome={"zh": "点亮了", "en": "lit"})
    helps(author, quiet, on(8), "answer")
    helps(author, None, on(9), "reach")
    helps(author, friend, on(2, 9))
    thank(night, "r9", on(2, 11))
    return {"friend": friend, "quiet": quiet, "night": night, "rain": rain}


def test_the_page_counts_people_and_opens_every_number(author, october, login) -> None:
    client = login(author)
    page = get(client, OCTOBER)
    assert "October 2026, written for Lin Xia" in page
    assert "Your light reached 5 people." in page
    assert "People helped: July 0, August 0, September 1, October 5" in page
    assert "4 more than in September, compared only with your own past." in page
    assert "Whoever you helped in two ways counts in both." in page
    numbers = dict(re.findall(rf'href="{OCTOBER}/(\w+)">(\d+) (?:people|person|line)', page))
    assert numbers == {
        "learned": "2", "enjoyed": "1", "solved": "1", "credit": "1", "answer": "1", "reach": "1",
    }  # fmt: skip
    for way, number in numbers.items():
        listed = get(client, f"{OCTOBER}/{way}")
        assert listed.count('href="/impact/lines/') == int(number), way
    assert 'href="/impact/months/2026-10">See the 7 lines of October' in page
    assert "7 lines" in get(client, "/impact/months/2026-10")


def test_moments_name_people_as_they_allow(author, october, login, make_member) -> None:
    gone, shy = make_member("gone", name="Gone Away"), make_member("shy", name="Shy One")
    for n, who in enumerate((gone, shy)):
        helps(author, who, on(10 + n), "answer", quote=f"the longest words that were said of it, {n}")
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == gone.id).values(left_at=NOW))
        db.session.execute(update(Member).where(Member.id == shy.id).values(named_to_helpers=False))
    page = get(login(author), OCTOBER)
    assert "Gone Away" not in page
    assert "Shy One" not in page
    assert "A former member · Your lesson" in page
    assert "A member · Your lesson" in page
    assert "“It does work while waiting at the lights”" in page
    found = re.search(r'href="(/impact/lines/\d+)">Big Liu · Your “Three things at night”', page)
    assert found
    assert "It does work while waiting at the lights" in get(login(author), found[1])


def test_what_one_has_hidden_counts_and_is_not_quoted(author, october, login) -> None:
    client = login(author)
    with clock.at(on(10)):
        rows = queries.entries(author.id, "", None).rows
        entry = next(row for row in rows if row.lines[0].name == "Big Liu")
    services.hide_bundle(entry.bundle.id, hidden=True, by=author)
    page = get(client, OCTOBER)
    assert "at the lights" not in page
    assert "Your light reached 5 people." in page
    assert "“Saved us forty minutes”" in page


def test_words_are_shown_as_text(author, login) -> None:
    code = link(author, "post:1", "<b>T")
    thank(code, "r1", on(3), words="<i>W and more", name="<u>N")
    page = get(login(author), OCTOBER) + get(login(author), f"{OCTOBER}/learned")
    for tag in ("<b>T", "<i>W", "<u>N"):
        assert tag not in page
    assert "&lt;u&gt;N" in page


def test_a_quiet_month_does_not_reproach(author, make_member, login) -> None:
    client = login(author)
    helps(author, make_member("p1"), on(2, 8))
    page = get(client, OCTOBER)
    assert "A quiet October. Light takes its time." in page
    assert "Light one star and say in a line how you did it" in page
    assert "Compared only with your own past." in page
    assert "As many as" not in page, "nothing is no achievement to keep"
    assert "dotplot" not in get(client, "/impact/report/2026-05")
    assert "Save it as a picture" not in page
    link(author, "post:1")
    assert "Put the thank-you code under something you have published" in get(client, OCTOBER)
    assert "十月很静" in get(client, OCTOBER, locale="zh")


def test_fewer_than_before_is_no_fault(author, make_member, login) -> None:
    for n in range(3):
        helps(author, make_member(f"p{n}"), on(3 + n, 9))
    helps(author, make_member("p9"), on(3))
    page = get(login(author), OCTOBER)
    assert "September had 3. Each month has its own light." in page
    assert "1 person lit a star with your help." in page


def test_only_months_of_ones_own_time(author, october, login) -> None:
    client = login(author)
    for path in ("2025-12", "2027-01", "2026-13", "2026-1", "nonsense", "٢٠٢٦-10", "2026-10/nothing"):
        get(client, f"/impact/report/{path}", 404)
    long_here(author, on(20, 9))
    page = get(client, "/impact/report/2026-09")
    assert "Your first month with us." in page
    assert 'href="/impact/report/2026-08"' not in page
    assert 'href="/impact/report/2026-10"' in page
    assert "People helped: September 1, October 5" in get(client, OCTOBER)
    get(client, "/impact/report/2026-08", 404)


def test_the_running_month_is_shown_so_far(author, october, login) -> None:
    client = login(author)
    page = get(client, "/impact/report/2026-12")
    assert "December 2026 so far, for Lin Xia" in page
    assert "It is written to its end on 1 Jan 2027." in page
    assert "December is still being written." in page
    thank(october["night"], "r20", NOW - timedelta(hours=1))
    page = get(client, "/impact/report/2026-12")
    assert "1 person learned something from you." in page
    assert "Save it as a picture" not in page
    get(client, "/impact/report/2026-12/picture.png", 404)
    assert "December so far" in get(client, "/impact/report/2026-11")


def test_the_door_leads_to_the_last_written_month(author, make_member, login) -> None:
    answer = login(author).get("/impact/report")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/impact/report/2026-11")
    new = long_here(make_member("new"), NOW - timedelta(days=1))
    assert login(new).get("/impact/report").headers["Location"] == "/impact/report/2026-12"


def test_the_picture_shows_a_name_and_a_number_only(author, login) -> None:
    client = login(author)
    code = link(author, "post:1")
    thank(code, "r1", on(3))
    plain = client.get(f"{OCTOBER}/picture.png", headers={"Accept-Language": "en"})
    assert plain.content_type == "image/png"
    assert plain.headers["Cache-Control"] == "no-store"
    assert "attachment" in plain.headers["Content-Disposition"]
    assert Image.open(io.BytesIO(plain.data)).size == (1500, 900)
    # the same picture, whatever somebody said and is called
    with unit_of_work():
        db.session.execute(update(ImpactLine).values(quote="Words of a reader", person_name="Big Liu"))
    assert "Words of a reader" in get(client, OCTOBER)
    assert client.get(f"{OCTOBER}/picture.png", headers={"Accept-Language": "en"}).data == plain.data
    thank(code, "r2", on(4))
    assert client.get(f"{OCTOBER}/picture.png", headers={"Accept-Language": "en"}).data != plain.data
    get(client, "/impact/report/2026-09/picture.png", 404)


def test_what_is_taken_back_is_not_counted(author, login) -> None:
    code = link(author, "post:1")
    thank(code, "r1", on(3))
    thank(code, "r2", on(3))
    client = login(author)
    assert "2 people learned something from you." in get(client, OCTOBER)
    with clock.at(on(3) + timedelta(minutes=5)):
        services_thanks.take_back(code, reader="r1")
    assert "1 person learned something from you." in get(client, OCTOBER)


def test_a_long_list_comes_in_parts(author, login) -> None:
    code = link(author, "post:1")
    for n in range(45):
        thank(code, f"r{n}", on(1) + timedelta(hours=n), name=f"N{n:02}x")
    client, path, seen = login(author), f"{OCTOBER}/learned", []
    while path:
        page = get(client, path)
        seen += re.findall(r"N(\d\d)x", page)
        more = re.search(rf'href="({OCTOBER}/learned\?after=\d+)"', page)
        path = more.group(1) if more else ""
    named = [n for n in reversed(range(45)) if f"{n:02}" in seen]
    assert seen == [f"{n:02}" for n in named]
    assert len(named) >= 12
    assert "45 people · 45 lines" in get(client, f"{OCTOBER}/learned")


@contextmanager
def asked() -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT", "ROLLBACK")):
            said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_the_pages_ask_as_much_of_few_lines_as_of_many(author, make_member, login) -> None:
    code = link(author, "post:1")
    thank(code, "r0", on(3), words="first")
    staff = make_member("staff", capabilities=["reviewer"])
    budgets = {
        author: {OCTOBER: 5, f"{OCTOBER}/learned": 3, f"{OCTOBER}/picture.png": 3},
        staff: {
            "/staff/reports/2026-10": 6,
            "/staff/reports/2026-10/figures.csv": 2,
            "/staff/reports/2026-10/works.csv": 2,
        },
    }
    for round_ in range(2):
        for who, pages in budgets.items():
            client = login(who)
            for path, budget in pages.items():
                with asked() as said:
                    answer = client.get(path)
                    assert answer.status_code == 200, path
                    assert answer.data  # files are read while they are sent
                assert len(said) == budget, (path, round_, said)
        for n in range(1, 30):
            thank(link(author, f"post:{n}"), f"r{n}", on(4), words=f"words {n}")


# --- the notices ------------------------------------------------------------------------------------------


@pytest.fixture
def run(app) -> Callable[..., str]:
    def reports(*args: str, code: int = 0) -> str:
        result = app.test_cli_runner().invoke(args=["impact", "reports", *args])
        assert result.exit_code == code, result.output
        return result.output

    return reports


def told(member: Any, key: str = "report:") -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(
        select(Notice.key, Notice.title, Notice.body, Notice.link)
        .where(Notice.member_id == member.id, Notice.key.startswith(key))
        .order_by(Notice.id)
    )
    return [(row.link.rsplit("/", 1)[1], row.title["en"]) for row in rows]


def test_each_member_is_told_once_of_each_month(author, october, make_member, run, login) -> None:
    said = run()
    assert re.search(r"2026-10: \d+ reports, \d+ notices new\n2026-11: ", said)
    assert told(author) == [
        ("2026-10", "Your light reached 5 people."),
        ("2026-11", "1 person learned something from you."),
    ]
    assert re.search(r"2026-10: 1 reports, 0 notices new\n2026-11: 1 reports, 0 notices new", run())
    run("--month", "2026-10")
    assert len(told(author)) == 2
    run("--month", "2026-09")
    assert told(author)[-1] == ("2026-09", "1 person lit a star with your help.")
    of_october = select(Notice).where(Notice.key == f"report:2026-10:{author.id}")
    notice = db.session.execute(of_october).scalar_one()
    assert notice.title["zh"] == "有 5 个人，被你的光照到了。"
    assert notice.body["zh"] == "你的十月写好了，什么时候读都行。"
    page = get(login(author), "/inbox")
    assert "Your light reached 5 people." in page


def test_quiet_months_are_told_only_to_who_has_helped_before(author, make_member, run) -> None:
    helps(author, make_member("p1"), on(3, 9))
    beginner = long_here(make_member("beginner"))
    run()
    assert told(author) == [
        ("2026-10", "A quiet October. Light takes its time."),
        ("2026-11", "A quiet November. Light takes its time."),
    ]
    assert told(beginner) == []


def test_who_left_or_came_later_is_not_told(author, make_member, run) -> None:
    gone, later = long_here(make_member("gone")), long_here(make_member("later"), on(1, 11))
    for n, who in enumerate((gone, later)):
        helps(who, author, on(3 + n))
        helps(who, author, on(3 + n, 11), "answer")
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == gone.id).values(left_at=NOW))
    run()
    assert told(gone) == []
    assert [month for month, _title in told(later)] == ["2026-11"]


def test_a_run_that_comes_late_writes_two_months_and_no_more(author, october, run) -> None:
    with clock.at(datetime(2027, 1, 20, tzinfo=UTC)):
        run()
    assert [month for month, _title in told(author)] == ["2026-11", "2026-12"]


@pytest.mark.parametrize(
    ("month", "says"),
    [
        ("2026-12", "2026-12 is not over yet in Asia/Shanghai"),
        ("2027-05", "not over"),
        ("oct", "year and month"),
    ],
)
def test_a_month_that_is_not_over_cannot_be_sent(author, run, month, says) -> None:
    assert says in run("--month", month, code=2)
    assert told(author) == []


def test_members_beyond_a_batch_are_told_too(author, make_member, run, monkeypatch) -> None:
    people = [long_here(make_member(f"p{n}")) for n in range(7)]
    for n, who in enumerate(people):
        helps(who, author, on(2 + n))
    from app.blueprints.impact import services_report

    monkeypatch.setattr(services_report, "BATCH", 3)
    assert "2026-10: 7 reports, 7 notices new" in run("--month", "2026-10")
    assert all(len(told(who)) == 1 for who in people)


# --- the programme's --------------------------------------------------------------------------------------


@pytest.fixture
def staff(make_member) -> Any:
    return make_member("staff", capabilities=["reviewer"])


def test_the_programmes_month(author, october, make_member, staff, login) -> None:
    other = long_here(make_member("other", name="Other Author"))
    helps(other, october["friend"], on(9))  # the same person, helped by two
    thank(link(other, "post:8", "Eight"), "r1", on(12), "chose", words="see a.com")
    first = thank(october["rain"], "r30", on(13), words="Call 138 0000 7702")
    with clock.at(on(13) + timedelta(hours=3)):
        services_thanks.decide_words(first, decision="cut", by=staff)
    page = get(login(staff), "/staff/reports/2026-10")
    assert "7 people were helped" in page, "two members and five readers, each once for each author"
    row = {
        name: [int(cell) for cell in re.findall(r'<td class="r">(\d+)</td>', rest)]
        for name, rest in re.findall(r'<th scope="row">([^<]+)</th>(.*)</tr>', page)
    }
    assert row["Members helped"] == [0, 0, 1, 2]
    assert row["Readers helped"] == [0, 0, 0, 5]
    assert row["Credits from works"] == [0, 0, 1, 2]
    assert row["Thanks by readers and members"] == [0, 0, 0, 6]
    assert row["Answers taken"] == [0, 0, 0, 1]
    assert re.search(r"Held before they are shown</span><b>2</b>", page)
    assert re.search(r"Read until now</span><b>1</b>", page)
    assert re.search(r"Half of them read within</span><b>3 hours</b>", page)
    assert "Big Liu to Lin Xia · Three things at night" in page
    assert "see a.com" not in page
    order = [page.index(title) for title in ("Nine seconds, listening to rain", "Eight")]
    assert page.count('href="/t/') == 3
    assert order[0] < order[1], "what helped last stands first"
    assert "Other Author" not in page, "works are named, members are not lined up"


def test_half_of_the_waits(author, staff, login) -> None:
    code = link(author, "post:1")
    for n, hours in enumerate((1, 2, 5, 90)):
        held = thank(code, f"r{n}", on(3), words="see a.com")
        with clock.at(on(3) + timedelta(hours=hours)):
            services_thanks.decide_words(held, decision="show", by=staff)
    assert "Half of them read within</span><b>2 hours</b>" in get(login(staff), "/staff/reports/2026-10")


def test_a_month_of_nothing(staff, login) -> None:
    client = login(staff)
    page = get(client, "/staff/reports/2026-10")
    assert "A quiet month" in page
    assert "None: every word went straight to whom it thanked." in page
    assert "so far, counted until now" in get(client, "/staff/reports/2026-12")
    for path in ("2027-01", "nonsense", "2027-01/figures.csv", "nonsense/works.csv"):
        get(client, f"/staff/reports/{path}", 404)
    assert client.get("/staff/reports").headers["Location"] == "/staff/reports/2026-11"


def table(client: Any, path: str) -> list[list[str]]:
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_files(author, october, staff, login) -> None:
    thank(link(author, "post:3", "=1+1"), "r50", on(20))
    client = login(staff)
    head, *months = table(client, "/staff/reports/2026-10/figures.csv")
    assert head[:4] == ["Month", "Members helped", "Readers helped", "Credits from works"]
    assert [row[0] for row in months] == ["2025-11", "2025-12", *(f"2026-{n:02}" for n in range(1, 11))]
    assert months[-1][:5] == ["2026-10", "2", "4", "1", "5"]
    head, *works = table(client, "/staff/reports/2026-10/works.csv")
    assert head == ["Work", "Kind", "Code", "People helped", "Lines", "Last helped"]
    assert works[0][0] == "'=1+1", "no formula"
    assert [(row[3], row[4]) for row in works] == [("1", "1"), ("2", "2"), ("2", "2")]
    assert works[0][5] == "2026-10-20 12:00", "in the programme's zone"


def test_members_have_no_door_to_it(author, login) -> None:
    client = login(author)
    for path in ("", "/2026-10", "/2026-10/figures.csv", "/2026-10/works.csv"):
        get(client, f"/staff/reports{path}", 403)


def test_no_more_than_four_months_are_drawn() -> None:
    months = policies_report.with_those_before(
        policies_report.month_named("2026-10", ZONE), COLUMNS - 1, datetime(2020, 1, 1, tzinfo=UTC), ZONE
    )
    assert [month.key for month in months] == ["2026-07", "2026-08", "2026-09", "2026-10"]
