"""The feed: entries as sentences, each with its proof answered once; new ones without a reload."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.blueprints.impact import queries, queries_thanks, services, services_links, services_thanks
from app.blueprints.impact.models import ImpactBundle
from app.blueprints.impact.policies_feed import OVERLAP, Seen, who_in
from app.blueprints.impact.services_thanks import Said
from app.blueprints.inbox import queries as inbox
from app.blueprints.members.models import Member
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work
from tests.quests.conftest import counted

NOON = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)
ENGLISH = {"Accept-Language": "en"}
CHINESE = {"Accept-Language": "zh-CN"}
TITLE = {"zh": "夜拍三件事", "en": "Three things at night"}


@pytest.fixture
def author(make_member):
    return make_member("author", name="Lin Xia")


@pytest.fixture
def staff(make_member):
    return make_member("staff", name="Luo Ning", capabilities=["reviewer"])


@pytest.fixture
def code(author) -> str:
    return link(author, "post:1")


def link(author, about: str, title: dict[str, str] | None = None) -> str:
    with unit_of_work():
        services_links.give_link(about, member_id=author.id, kind="post", title=title or TITLE)
    return queries_thanks.link_about(about).code


def thank(code: str, reader: str | int = "r1", outcome: str = "learned", **said) -> int:
    return services_thanks.thank(code, Said(outcome=outcome, **said), reader=reader)


def credit(helper, person, key: str, **more) -> None:
    row = {
        "key": key, "member_id": helper.id, "kind": "credit", "person_id": person.id,
        "bundle": "resource:1:q:1", "subject": {"zh": "你的《x》", "en": "Your “Three things at night”"},
        "outcome": {"zh": "点亮了「首次夜拍」", "en": "lit “First night shot”"}, "link": "/work/1",
    }  # fmt: skip
    with unit_of_work():
        services.add_lines([services.Help(**(row | more))])


def change(member, **values) -> None:
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == member.id).values(**values))


def line_id(member) -> int:
    return queries.latest(member.id).id


def bundle_id(member) -> int:
    return queries.entries(member.id, "", None).rows[0].bundle.id


def get(client, path: str, status: int = 200, **headers: str) -> str:
    answer = client.get(path, headers=ENGLISH | headers)
    assert answer.status_code == status, path
    return answer.get_data(as_text=True)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows(html: str) -> list[str]:
    """What each entry of a feed says."""
    return [words(row) for row in re.findall(r'<li id="b\d+".*?</a>', html, re.S)]


# --- sentences ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("readers", "english", "chinese"),
    [
        ([""], "A reader learned something from your “Three", "一位读者从你的《夜拍三件事》学会了一招"),
        (["", "", ""], "3 readers learned", "3 位读者从你的"),
        (["Liu"], "Liu learned something", "Liu从你的"),
        (["Liu", ""], "Liu and a reader learned", "Liu和另外 1 位读者从你的"),
        (["Liu", "Wang"], "Wang and Liu learned", "Wang和Liu从你的"),
        (["Liu", "Wang", "", "Zhao", "Qian"], "Qian, Zhao and 3 others", "Qian、Zhao和另外 3 人从你的"),
    ],
)  # fmt: skip
def test_an_entry_is_a_sentence(author, code, login, readers, english, chinese) -> None:
    for number, name in enumerate(readers):
        thank(code, f"r{number}", name=name)
    client = login(author)
    (said,) = rows(get(client, "/impact"))
    assert english in said
    assert chinese in client.get("/impact", headers=CHINESE).get_data(as_text=True)


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("solved", "A reader solved a problem with your “Three things at night”"),
        ("chose", "A reader chose a model with your"),
        ("decided", "A reader decided to buy after your"),
        ("enjoyed", "A reader enjoyed your"),
    ],
)
def test_each_outcome_is_a_sentence(author, code, login, outcome, said) -> None:
    thank(code, outcome=outcome)
    assert said in rows(get(login(author), "/impact"))[0]


def test_people_are_named_as_they_allow_at_once(author, code, make_member, login) -> None:
    friend = make_member("friend", name="Alan")
    thank(code, friend.id)
    credit(friend, author, "back")
    client = login(author)

    def seen() -> list[str]:
        paths = ["/impact", f"/impact/lines/{line_id(author)}", f"/impact/groups/{bundle_id(author)}"]
        return [get(client, path) for path in [*paths, "/impact/people", "/"]]

    assert all("Alan" in page for page in seen())
    login(friend)
    form = {"name": "Alan", "bio": "", "city": ""}
    assert client.post("/me/settings", data=form).status_code == 303
    login(author)
    for page in seen():
        assert "Alan" not in page
        assert f"/members/{friend.id}" not in page
        assert "A member" in page
    login(friend)
    assert 'name="named_to_helpers" value="1" checked' not in get(client, "/me/settings")
    client.post("/me/settings", data=form | {"named_to_helpers": "1"})
    assert 'name="named_to_helpers" value="1" checked' in get(client, "/me/settings")
    login(author)
    assert all("Alan" in page for page in seen())
    change(friend, left_at=clock.now())
    assert all("A former member" in page and "Alan" not in page for page in seen())


def test_whom_an_entry_is_about() -> None:
    class Line:
        def __init__(self, person_id=None, reader=None, name=None) -> None:
            self.person_id, self.reader, self.name = person_id, reader, name

    def who(people: int, *lines: Line) -> tuple:
        found = who_in(lines, people)
        return found.names, found.others, found.other

    a, b, unnamed, former = Line(1, name="A"), Line(2, name="B"), Line(3, name=""), Line(4)
    assert who(1, Line()) == ((), 0, "")
    assert who(2, a, b) == (("A", "B"), 0, "other")
    assert who(1, a, a) == (("A",), 0, "other"), "twice the same person is one"
    assert who(2, a, unnamed) == (("A",), 1, "member")
    assert who(2, a, former) == (("A",), 1, "former")
    assert who(2, unnamed, former) == ((), 2, "member")
    assert who(9, a, b, former) == (("A", "B"), 7, "other")
    assert who(9, *(Line(reader=f"r{n}") for n in range(3))) == ((), 9, "reader")


def test_somebody_who_lit_it_twice_is_one_person(author, make_member, login) -> None:
    friend, other = make_member("friend", name="Alan"), make_member("other", name="Xiao Man")
    for number, person in enumerate((friend, friend, other, other, friend)):
        credit(author, person, f"k{number}", about=f"submission:{number}")
    page = get(login(author), "/impact")
    assert "Alan and Xiao Man lit “First night shot”" in rows(page)[0]
    assert "others" not in rows(page)[0]
    assert "Lit with you 5" in page, "the chips count lines"


def test_a_relay_says_who_brings_it_and_from_where(author, code, staff, login) -> None:
    about = queries_thanks.link(code)
    said = Said(outcome="decided", words="Tell them thanks", name="An owner")
    services_thanks.relay(about.id, said, heard="store", may_name=True, key="k", by=staff)
    client = login(author)
    for path in ("/impact", f"/impact/lines/{line_id(author)}"):
        page = words(get(client, path))
        assert "Luo Ning brings it from a store" in page
        assert "“Tell them thanks”" in page
    assert "An owner decided to buy after your" in words(get(client, "/"))
    assert "Luo Ning hears of it and can tell them" in get(client, f"/impact/lines/{line_id(author)}")


@pytest.mark.parametrize(
    ("kind", "did", "says"),
    [
        ("idea", "shipped with 3.2.1", ["Your idea has shipped", "A later light · shipped with 3.2.1"]),
        ("reach", "was read 1,000 times", ["A later light was read 1,000 times"]),
        ("milestone", "twelve months", ["A later light", "twelve months"]),
    ],
)
def test_what_helped_nobody_in_particular_is_a_sentence_too(author, login, kind, did, says) -> None:
    row = {
        "subject": {"zh": "x", "en": "A later light"},
        "outcome": {"zh": "x", "en": did},
        "link": "/posts/7",
    }
    for number in range(2):
        with unit_of_work():
            one = services.Help(key=f"k{number}", member_id=author.id, kind=kind, bundle="b", **row)
            services.add_lines([one])
    client = login(author)
    for path in ("/impact", f"/impact/groups/{bundle_id(author)}", f"/impact/lines/{line_id(author)}"):
        page = get(client, path)
        assert all(part in words(page) for part in says[: None if "groups" not in path else 1]), path
        assert "people" not in words(re.search(r"<main.*</main>", page, re.S).group()).replace(
            "people helped", ""
        )
    assert 'href="/posts/7"' in page
    assert "<textarea" not in page, "nobody is there to read an answer"


# --- the proof ----------------------------------------------------------------------------------------


def test_an_entry_opens_all_its_lines_in_parts(author, code, login) -> None:
    for number in range(23):
        with clock.at(NOON + timedelta(minutes=10 * number)):
            thank(code, f"r{number}", name=f"N{number:02}")
    client = login(author)
    page = get(client, "/impact")
    (proof,) = set(re.findall(r'href="(/impact/groups/\d+)"', page))
    with counted() as said:
        page = get(client, proof)
    assert len(said) <= 4
    assert "23 lines, the newest first" in page
    more = re.search(rf'href="({proof}\?after=[^"]+)"', page).group(1)
    rest = get(client, more, **{"HX-Request": "true"})
    assert re.findall(r"N(\d\d)<", page + rest) == [f"{number:02}" for number in reversed(range(23))]
    one = re.search(r'href="(/impact/lines/\d+)"', rest).group(1)
    assert "22 other lines" in get(client, one)


def test_a_line_says_what_stands_behind_it(author, code, make_member, login) -> None:
    friend = make_member("friend", name="Alan")
    thank(code, friend.id, words="At last a clear picture")
    client, path = login(author), f"/impact/lines/{line_id(author)}"
    with counted() as said:
        page = get(client, path)
    assert len(said) == 2
    assert "“At last a clear picture”" in page
    assert f'href="/members/{friend.id}"' in page
    assert 'href="/posts/1"' in page
    assert "Their own words, by the thank-you link" in page
    thank(link(author, "resource:5"), "r2")
    page = get(client, f"/impact/lines/{line_id(author)}")
    assert 'href="/library/5"' in page
    assert "By the thank-you link" in page
    credit(author, friend, "k")
    page = get(client, f"/impact/lines/{line_id(author)}")
    assert "They named you in their work, and staff approved it" in page
    assert "/work/1" not in page, "their work is theirs to show"


def test_a_notice_leads_to_the_line(author, code, make_member, login) -> None:
    thanks_id = thank(code, words="Thank you")
    client = login(author)
    (notice,) = inbox.notices(author.id, None).rows
    assert notice.link == f"/impact/thanks/{thanks_id}"
    answer = client.get(notice.link)
    assert (answer.status_code, answer.location) == (302, f"/impact/lines/{line_id(author)}")
    login(make_member("other"))
    assert client.get(notice.link).status_code == 404


def test_criticism_is_read_by_its_author_alone(author, code, staff, login) -> None:
    thanks_id = thank(code, words="Wrong: see a.com")
    client = login(author)
    page = f"/impact/lines/{line_id(author)}"
    assert "a.com" not in get(client, page), "held"
    services_thanks.decide_words(thanks_id, decision="pass", by=staff)
    assert "Wrong: see a.com" in get(client, page)
    assert "a.com" not in get(client, "/impact")


def test_what_is_anothers_is_not_there(author, code, make_member, login) -> None:
    friend = make_member("friend")
    thank(code, friend.id)
    line, bundle = line_id(author), bundle_id(author)
    client = login(friend)
    for path in (f"/impact/lines/{line}", f"/impact/groups/{bundle}", "/impact/lines/9999"):
        get(client, path, 404)
    for path in (f"groups/{bundle}/hide", f"groups/{bundle}/take-in", f"lines/{line}"):
        assert client.post(f"/impact/{path}", data={"reply": "x"}).status_code == 404, path
    assert not queries.entries(author.id, "hidden", None).rows
    assert queries.latest(author.id).reply_state is None


# --- answers ------------------------------------------------------------------------------------------


def test_an_answer_is_said_once(author, code, make_member, login, staff) -> None:
    friend = make_member("friend", name="Alan")
    thank(code, friend.id)
    client, page = login(author), f"/impact/lines/{line_id(author)}"
    assert "To Alan" in get(client, page)
    assert client.post(page, data={"reply": " "}).status_code == 422
    long = client.post(page, data={"reply": "x" * 301}, headers=ENGLISH)
    assert "x" * 301 in long.get_data(as_text=True), "kept"
    sent = client.post(page, data={"reply": "How did it go?"})
    assert (sent.status_code, sent.location) == (303, page)
    assert "“How did it go?”" in get(client, page)
    assert "<textarea" not in get(client, page)
    assert client.post(page, data={"reply": "again"}).status_code == 409
    assert "You have answered" in get(client, "/impact")
    login(friend)
    assert "How did it go?" in get(client, "/inbox")


def test_an_answer_in_the_feed_is_a_part(author, code, login) -> None:
    thank(code, words="Thanks")
    client, page = login(author), f"/impact/lines/{line_id(author)}"
    form = get(client, page, **{"HX-Request": "true"})
    assert "<html" not in form
    assert "autofocus" in form
    wrong = client.post(page, data={"reply": ""}, headers=ENGLISH | {"HX-Request": "true"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.get_data(as_text=True)
    done = client.post(page, data={"reply": "Gladly"}, headers=ENGLISH | {"HX-Request": "true"})
    assert done.status_code == 200
    assert "“Gladly”" in done.get_data(as_text=True)


def test_an_answer_that_staff_read_first_says_so(author, code, login, staff) -> None:
    thank(code, words="Thanks")
    line = line_id(author)
    client, page = login(author), f"/impact/lines/{line}"
    client.post(page, data={"reply": "write to a@b.com"})
    assert "staff read it first" in get(client, page)
    services_thanks.decide_reply(line, send=False, by=staff)
    assert "not passed on" in get(client, page)


def test_who_has_left_can_not_be_answered(author, code, make_member, login) -> None:
    friend = make_member("friend")
    thank(code, friend.id)
    change(friend, left_at=clock.now())
    client, page = login(author), f"/impact/lines/{line_id(author)}"
    assert "<textarea" not in get(client, page)
    assert "Say something back" not in get(client, "/impact")
    assert client.post(page, data={"reply": "Hello?"}).status_code == 404


# --- left out, filtered, in parts ---------------------------------------------------------------------


def test_what_is_left_out_stays_counted(author, code, login) -> None:
    thank(code)
    thank(code, "r2")
    thank(code, "r3", words="Loved it")
    client, bundle = login(author), queries.entries(author.id, "", None).rows[1].bundle.id
    assert client.post(f"/impact/groups/{bundle}/hide").status_code == 303
    page = get(client, "/impact")
    assert len(rows(page)) == 1
    assert 'href="/impact/people">3<' in page
    assert "Thanks 3" in page
    assert "Left out 2" in page
    assert "also those you left out" in page
    assert "2 readers" in rows(get(client, "/impact?show=hidden"))[0]
    thank(code, "r4")
    assert len(rows(get(client, "/impact"))) == 1, "more of the same brings it not back"
    assert "Take it in again" in get(client, f"/impact/groups/{bundle}")
    client.post(f"/impact/groups/{bundle}/take-in")
    assert len(rows(get(client, "/impact"))) == 2
    assert "Left out" not in get(client, "/impact")


def test_with_everything_left_out_the_way_back_is_there(author, code, login) -> None:
    thank(code)
    client = login(author)
    client.post(f"/impact/groups/{bundle_id(author)}/hide")
    page = get(client, "/impact")
    assert "Everything is left out" in page
    assert "show=hidden" in page


def test_filters_hold_what_they_count(author, code, make_member, login) -> None:
    friend = make_member("friend", name="Alan")
    thank(code)
    thank(code, "r2", words="Yes")
    credit(author, friend, "k1")
    credit(author, friend, "k2", kind="referral", bundle=None)
    client = login(author)
    page = get(client, "/impact")
    for chip, show, entries in (
        ("Thanks 2", "thanks", 2),
        ("Lit with you 1", "lit", 1),
        ("Passed on 1", "milestones", 1),
    ):
        assert chip in page
        assert len(rows(get(client, f"/impact?show={show}"))) == entries
    assert "No idea of yours has been taken up yet" in get(client, "/impact?show=ideas")
    assert "No answer of yours" in get(client, "/impact?show=answers")
    assert "You have left nothing out" in get(client, "/impact?show=hidden")


def test_groups_come_in_parts(author, login) -> None:
    for number in range(25):
        code = link(author, f"post:{number}", {"zh": f"T{number:02}", "en": f"T{number:02}"})
        for reader in range(4):
            thank(code, f"r{reader}")
    client, path, seen = login(author), "/impact", []
    while path:
        page = get(client, path)
        seen += [re.search(r"4 readers .*T(\d\d)", row).group(1) for row in rows(page)]
        more = re.search(r'href="(/impact\?[^"]*after=[^"]*)"', page)
        path = more.group(1).replace("&amp;", "&") if more else ""
    assert seen == [f"{number:02}" for number in reversed(range(25))]


@pytest.mark.parametrize("entries", [1, 15])
def test_the_feed_asks_six_times_however_long_it_is(author, make_member, login, entries) -> None:
    for number in range(entries):
        code = link(author, f"post:{number}")
        for reader in range(3):
            thank(code, f"r{reader}")
        credit(author, make_member(f"m{number}"), f"k{number}")
    client = login(author)
    for path, budget in (
        ("/impact", 6),
        ("/impact?show=thanks", 6),
        ("/impact/people", 3),
        ("/impact/new", 6),
    ):
        with counted() as said:
            get(client, path)
        assert len(said) == budget, (path, said)


# --- people -------------------------------------------------------------------------------------------


def test_the_number_of_people_opens_so_many(author, code, make_member, login) -> None:
    for number in range(14):
        person = make_member(f"m{number}", name=f"M{number}")
        thank(code, person.id)
        if number % 2:
            credit(author, person, f"k{number}")
    for number in range(12):
        thank(code, f"r{number}")
        thank(link(author, "post:2"), f"r{number}")
    client = login(author)
    page = get(client, "/impact")
    for path, number in (("/impact/people", 26), ("/impact/people?helped=lit", 7)):
        assert f'href="{path}">{number}<' in page
        seen, at = 0, path
        while at:
            part = get(client, at)
            seen += part.count('<li><a class="rowx')
            more = re.search(r'href="(/impact/people\?[^"]*after=[^"]*)"', part)
            at = more.group(1).replace("&amp;", "&") if more else ""
        assert seen == number
    assert "14 members, 12 readers without an account" in words(get(client, "/impact/people"))


# --- what is new --------------------------------------------------------------------------------------


def asks(page: str) -> str:
    """The address under which a page asks for what it doesn't show yet."""
    return re.search(r'id="seen" data-url="([^"]+)"', page).group(1).replace("&amp;", "&")


def test_nothing_new_is_a_short_answer(author, code, login) -> None:
    thank(code)
    client = login(author)
    at = asks(get(client, "/impact"))
    with counted() as said:
        answer = client.get(at)
    assert (answer.status_code, answer.data) == (204, b"")
    assert len(said) == 2, "the member, and one more"


def test_what_is_new_or_has_grown_is_sent_once(author, code, login) -> None:
    with clock.at(NOON):
        thank(code)
        thank(code, "r2", words="First")
    client = login(author)
    at = asks(get(client, "/impact"))
    with clock.at(NOON + timedelta(minutes=30)):
        thank(code, "r3")
        thank(code, "r4", words="Second")
    part = get(client, at)
    assert [row.split("now ")[-1].split(" ago ")[-1] for row in rows(part)]
    assert len(rows(part)) == 2
    assert "“Second”" in rows(part)[0]
    assert "2 readers learned" in rows(part)[1]
    assert '<div class="toast">2 new lines</div>' in part
    assert ">4</a>" in part, "and the numbers with it"
    assert client.get(asks(part)).status_code == 204


def test_one_that_commits_late_with_an_earlier_time_is_not_missed(author, code, login) -> None:
    with clock.at(NOON):
        thank(code)
    client = login(author)
    at = asks(get(client, "/impact"))
    with clock.at(NOON - timedelta(minutes=9)):
        thank(code, "r2", words="Late")
    part = get(client, at)
    assert len(rows(part)) == 1
    assert "“Late”" in part
    assert client.get(asks(part)).status_code == 204
    with clock.at(NOON - OVERLAP):
        thank(code, "r3", words="Hours late")
    assert client.get(asks(part)).status_code == 204, "control: without the overlap the first would be missed"


def test_asking_again_with_an_old_page_is_harmless(author, code, login) -> None:
    thank(code)
    client = login(author)
    at = asks(get(client, "/impact"))
    thank(code, "r2", words="New")
    first, again = get(client, at), get(client, at)
    assert rows(first) == rows(again)
    assert re.findall(r'id="b\d+"', first) == re.findall(r'id="b\d+"', again)


def test_released_words_appear(author, code, staff, login) -> None:
    thanks_id = thank(code, words="see a.com", name="Liu")
    client = login(author)
    at = asks(get(client, "/impact"))
    services_thanks.decide_words(thanks_id, decision="show", by=staff)
    part = get(client, at)
    assert "“see a.com”" in rows(part)[0]
    assert len(re.findall(r"<li>b\d+</li>", part)) == 1, "the entry it was counted in is gone"
    assert client.get(asks(part)).status_code == 204


def test_what_was_taken_back_or_hidden_goes(author, code, login) -> None:
    with clock.at(NOON):
        thank(code, words="Oh")
        thank(code, "r2", words="Stays")
        thank(code, "r3", words="Hide me")
        thank(code, "r4")
    with clock.at(NOON + timedelta(minutes=1)):
        thank(code, "r5")
    client = login(author)
    at = asks(get(client, "/impact"))
    with clock.at(NOON + timedelta(minutes=2)):
        services_thanks.take_back(code, reader="r1")
        services_thanks.take_back(code, reader="r5")
    (hidden,) = [
        entry for entry in queries.entries(author.id, "", None).rows if entry.lines[0].quote == "Hide me"
    ]
    client.post(f"/impact/groups/{hidden.bundle.id}/hide")
    part = get(client, at)
    assert f"<li>b{hidden.bundle.id}</li>" in part
    assert len(re.findall(r"<li>b\d+</li>", part)) == 2
    (shrunk,) = rows(part)
    assert "A reader learned" in shrunk
    assert client.get(asks(part)).status_code == 204


def test_a_filter_hears_of_its_own_kind(author, code, make_member, login) -> None:
    thank(code)
    client = login(author)
    at = asks(get(client, "/impact?show=lit"))
    thank(code, "r2", words="Thanks")
    assert client.get(at).status_code == 204
    credit(author, make_member("friend", name="Alan"), "k")
    part = get(client, at)
    assert "Alan lit" in rows(part)[0]
    assert client.get(asks(part)).status_code == 204


def test_many_at_once_are_left_to_a_new_page(author, login) -> None:
    thank(link(author, "post:0"))
    client = login(author)
    at = asks(get(client, "/impact"))
    for number in range(1, 22):
        thank(link(author, f"post:{number}"), words=f"W{number}")
    part = get(client, at)
    assert 'id="many"' in part
    assert client.get(asks(get(client, "/impact"))).status_code == 204, (
        "a full page within the overlap is all known"
    )


def test_the_first_line_of_all(author, code, make_member, login) -> None:
    client = login(author)
    page = get(client, "/impact")
    assert "Nobody has named you yet" in page
    assert client.get(asks(page)).status_code == 204
    thank(code)
    assert len(rows(get(client, asks(page)))) == 1
    login(make_member("other"))
    assert client.get(asks(page)).status_code == 204, "nobody else hears of it"


@pytest.mark.parametrize(
    "said",
    [
        "since=x&seen=1.1",
        "since=2026-11-03T00:00:00&seen=a",
        "since=0001-01-01T00:00:00%2B00:00",
        "since=9999-12-31T23:59:59-12:00&seen=1.1",
        "since=2026-11-03T00:00:00Z&seen=99999999999999999999.1",
        "since=%00",
        "seen=1",
    ],
)
def test_nonsense_has_seen_nothing_or_all(author, code, login, said) -> None:
    thank(code)
    assert login(author).get(f"/impact/new?{said}").status_code in (200, 204)


def test_what_a_page_has_seen_comes_back_as_it_was(author, code) -> None:
    thank(code)
    with unit_of_work():
        moment = NOON + timedelta(microseconds=123456)
        db.session.execute(update(ImpactBundle).values(latest_at=moment))
    seen = queries.entries(author.id, "", None).seen
    assert Seen.read(seen.values["since"], seen.values["seen"]) == seen
