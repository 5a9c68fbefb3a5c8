"""Staff's doors for thanks, through the front door: passing on, reading what waits, the list, the invite."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select, text

from app.blueprints.impact import (
    policies_desk,
    queries,
    queries_desk,
    queries_thanks,
    services_links,
    services_thanks,
)
from app.blueprints.impact.models import Thanks
from app.blueprints.impact.policies_thanks import HOUR_WORDS
from app.blueprints.impact.services_thanks import Said
from app.blueprints.inbox import queries as inbox
from app.blueprints.members import queries as member_queries
from app.blueprints.members import services as members
from app.core import clock
from app.core.audit import AuditLine
from app.core.db import db
from app.core.errors import Refused
from app.core.uow import unit_of_work
from tests.media.pictures import PLANTED, jpeg
from tests.quests.conftest import counted

HTMX = {"HX-Request": "true"}
EN = {"Accept-Language": "en"}
PHONE = "138 0000 7702"


@pytest.fixture
def author(make_member):
    return make_member("author", name="何知远")


@pytest.fixture
def staff(make_member):
    return make_member("luoning", name="罗宁", capabilities=("reviewer",))


def link(member, about: str, zh: str = "零下二十六度的一天", en: str = "A day at minus twenty-six") -> str:
    with unit_of_work():
        services_links.give_link(about, member_id=member.id, kind="post", title={"zh": zh, "en": en})
    return queries_thanks.link_about(about).code


@pytest.fixture
def code(author) -> str:
    return link(author, "post:1")


def work_id(about: str = "post:1") -> int:
    return int(queries_thanks.link_about(about).id)


def said(**more) -> dict:
    whole = {"words": "看了零下二十六度那篇才敢订的", "outcome": "decided", "heard": "store", "key": "k1"}
    return whole | {"work": str(work_id())} | more


def thank(code: str, reader: str = "r1", **more) -> int:
    return services_thanks.thank(code, Said(outcome="learned", **more), reader=reader)


def entries(member):
    return queries.entries(member.id, "", None).rows


def relays() -> list:
    return list(db.session.scalars(select(Thanks).where(Thanks.source == "relay")))


def page_of(answer) -> str:
    return answer.get_data(as_text=True)


# --- who may enter ----------------------------------------------------------------------------------

DOORS = ["", "/words", "/relayed", "/refused", "/list", "/invite", "/owner"]


@pytest.mark.parametrize("capabilities", [(), ("mentor",), ("expert",)])
def test_not_for_others(capabilities, make_member, login, code) -> None:
    client = login(make_member("somebody", capabilities=capabilities))
    for door in DOORS:
        assert client.get(f"/staff/thanks{door}").status_code == 403, door
    waits = thank(code, words=f"call {PHONE}")
    for door in ("", "/look", f"/words/{waits}/show", "/list", "/list/try", "/invite", "/owner"):
        assert client.post(f"/staff/thanks{door}", data=said()).status_code == 403, door
    assert relays() == []


@pytest.mark.parametrize("capabilities", [("reviewer",), ("publisher",), ("admin",)])
def test_doors_open_for_staff(capabilities, make_member, login) -> None:
    client = login(make_member("somebody", capabilities=capabilities))
    for door in DOORS:
        page = page_of(client.get(f"/staff/thanks{door}"))
        assert "Error" not in page
        assert 'href="/staff/thanks"' in page.split('class="tabs rail"')[1].split("</nav>")[0]


# --- passing on -------------------------------------------------------------------------------------


def test_a_word_heard_in_the_store_reaches_the_author(author, code, desk) -> None:
    answer = desk.post("/staff/thanks", data=said(name="小周", may_name="1"), headers=EN)
    assert (answer.status_code, answer.location) == (303, "/staff/thanks/relayed")
    page = page_of(desk.get("/staff/thanks/relayed", headers=EN))
    assert "Passed on to 何知远." in page
    assert 'href="/staff/thanks">Pass on another' in page
    [line] = entries(author)[0].lines
    assert (line.kind, line.name, line.quote) == ("relay", "小周", "看了零下二十六度那篇才敢订的")
    assert inbox.notices(author.id, None).rows[0].title["en"] == "“A day at minus twenty-six” helped somebody"


def test_a_name_that_may_not_be_told_stays_out(author, code, desk) -> None:
    desk.post("/staff/thanks", data=said(name="小周"))
    assert entries(author)[0].lines[0].name is None
    assert relays()[0].name == ""


def test_a_second_tap_passes_nothing_on_again(author, code, desk) -> None:
    for _tap in range(2):
        picture = (BytesIO(jpeg()), "shot.jpg")
        assert desk.post("/staff/thanks", data=said(picture=picture)).status_code == 303
    assert len(relays()) == 1
    assert db.session.scalar(text("SELECT count(*) FROM media")) == 1
    desk.post("/staff/thanks", data=said(key="k2"))
    assert len(relays()) == 2, "another form is another thank-you"


def test_what_is_missing_stands_beside_its_field_and_all_is_kept(author, code, desk, app) -> None:
    picture = (BytesIO(jpeg()), "shot.jpg")
    sent = said(outcome="", heard="", words=f"夜里 {PHONE} 的话", name="小周", may_name="1", q="零下")
    answer = desk.post("/staff/thanks", data=sent | {"picture": picture}, headers=EN)
    page = page_of(answer)
    assert answer.status_code == 422
    assert "Choose what it helped with." in page
    assert f"夜里 {PHONE} 的话</textarea>" in page
    assert 'value="小周"' in page
    assert re.search(r'name="may_name" value="1" checked', page)
    assert re.search(rf'id="work-{work_id()}"[^>]* checked', page)
    assert 'name="key" value="k1"' in page
    assert "Choose the screenshot once more" in page
    assert f"<del>{PHONE}</del>" in page, "what will be taken out is said"
    assert relays() == []
    assert db.session.scalar(text("SELECT count(*) FROM media")) == 0, "nor is the picture kept"
    beside = ["Choose what it helped with.", "Choose where you heard it."]
    for more, wrong in [
        ({"work": "", "words": "x" * 301}, ["Choose the work it was about.", "At most 300 letters"]),
        ({"words": " "}, ["Write down what they said"]),
    ]:
        answer = desk.post("/staff/thanks", data=said(outcome="", heard="") | more, headers=EN)
        for text_of_it in beside + wrong:
            assert text_of_it in page_of(answer), "all of it is said at once"


def test_numbers_and_links_are_taken_out_and_said_so(author, code, desk) -> None:
    words = f"谢谢他，电话 {PHONE}，在 https://spam.example.com/x 看的"
    page = page_of(desk.post("/staff/thanks/look", data=said(words=words), headers=HTMX | EN))
    for gone in (PHONE, "https://spam.example.com/x"):
        assert f"<del>{gone}" in page
    desk.post("/staff/thanks", data=said(words=words), headers=EN)
    assert relays()[0].words == "谢谢他，电话 ，在 看的"
    assert f"Taken out: {PHONE}" in page_of(desk.get("/staff/thanks/relayed", headers=EN))
    answer = desk.post("/staff/thanks", data=said(words=PHONE, key="k9"))
    assert answer.status_code == 422, "nothing would be left"


def test_a_screenshot_is_for_staff_and_tells_no_place(author, code, desk, make_member, login) -> None:
    sent = jpeg()
    assert any(planted in sent for planted in PLANTED), "the photo that is sent does tell it"
    desk.post("/staff/thanks", data=said(picture=(BytesIO(sent), "shot.jpg")))
    media_id = relays()[0].media_id
    assert f"/media/{media_id}/thumb" in page_of(desk.get("/staff/thanks/relayed"))
    stored = desk.get(f"/media/{media_id}/full").data
    assert not any(planted in stored for planted in PLANTED)
    assert not Image.open(BytesIO(stored)).getexif()
    colleague = make_member("colleague", capabilities=("publisher",))
    for who, status in ((colleague, 200), (author, 404), (make_member("other"), 404)):
        desk.post("/logout")
        assert login(who).get(f"/media/{media_id}/thumb").status_code == status, who.login


def test_a_file_that_is_no_picture(author, code, desk) -> None:
    page = desk.post("/staff/thanks", data=said(picture=(BytesIO(b"%PDF-1.7"), "x.pdf")), headers=EN)
    assert page.status_code == 422
    assert 'id="f-picture-e"' in page_of(page)
    assert relays() == []


def test_works_come_out_of_the_words(author, code, desk, make_member) -> None:
    other = make_member("other", name="林夏")
    link(other, "post:2", "漠河沿线六个充电站", "Six chargers on the way to Mohe")
    link(author, "post:3", "雨天的车", "The car in the rain")
    words = "看了知远零下二十六度那篇才订的"
    page = page_of(desk.post("/staff/thanks/look", data=said(work="", words=words), headers=HTMX | EN))
    found = re.findall(r'id="work-(\d+)"[^>]*?( checked)?>', page)
    assert [int(one) for one, _on in found] == [work_id(), work_id("post:3")]
    assert [bool(on) for _one, on in found] == [True, False], "the one that stands out is chosen for them"
    assert "“零下二十六度”" in page
    assert "“知远”" in page
    assert "何知远 will see" in page
    # other words, another guess: what was only guessed doesn't stay
    again = said(work=str(work_id()), guessed=str(work_id()), words="Six chargers on the way, thanks")
    page = page_of(desk.post("/staff/thanks/look", data=again, headers=HTMX | EN))
    assert "林夏 will see" in page
    # what they chose themselves does
    page = page_of(desk.post("/staff/thanks/look", data=again | {"guessed": ""}, headers=HTMX | EN))
    assert "何知远 will see" in page


@pytest.mark.parametrize("q", ["六个充电", "six CHARGERS", "林夏", "the code"])
def test_find_it(q, author, code, desk, make_member) -> None:
    """By either title, the author, or its address: with a script and without, and nothing typed is lost."""
    other = make_member("other", name="林夏")
    its = link(other, "post:2", "漠河沿线六个充电站", "Six chargers on the way to Mohe")
    q = f"https://lightup.example/t/{its.lower()}" if q == "the code" else q
    for headers in (EN, HTMX | EN):
        sent = said(work="", words="谢谢", q=q)
        page = page_of(desk.post("/staff/thanks/look", data=sent, headers=headers))
        assert re.findall(r'id="work-(\d+)"', page) == [str(work_id("post:2"))]
        assert ("谢谢</textarea>" in page) is (headers is EN)
    page = page_of(desk.get("/staff/thanks", query_string={"q": q}))
    assert f'id="work-{work_id("post:2")}"' in page
    assert 'id="work-' not in page_of(desk.get("/staff/thanks", query_string={"q": "100%"}))


def test_own_works_and_those_of_who_left_are_not_offered(author, code, desk, staff) -> None:
    link(staff, "post:5")
    page = page_of(desk.get("/staff/thanks", query_string={"q": "零下"}))
    assert re.findall(r'id="work-(\d+)"', page) == [str(work_id())]
    assert desk.post("/staff/thanks", data=said(work=str(work_id("post:5")))).status_code == 422
    db.session.execute(text("UPDATE member SET left_at = joined_at WHERE login = 'author'"))
    db.session.commit()
    assert 'id="work-' not in page_of(desk.get("/staff/thanks", query_string={"q": "零下"}))
    assert desk.post("/staff/thanks", data=said()).status_code == 422
    assert relays() == []


def test_this_week_is_counted_and_opens_its_list(author, code, desk) -> None:
    now = clock.now()
    with clock.at(now - timedelta(days=9)):
        desk.post("/staff/thanks", data=said(key="old", words="九天以前的一句"))
    desk.post("/staff/thanks", data=said(key="new", words="今天的一句"))
    week = page_of(desk.get("/staff/thanks/relayed", headers=EN))
    assert "Passed on this week 1" in week
    assert "今天的一句" in week
    assert "九天以前的一句" not in week
    assert "九天以前的一句" in page_of(desk.get("/staff/thanks/relayed?all=1"))


class Work:
    def __init__(self, zh: str, name: str, en: str = "") -> None:
        self.title, self.name, self.member_id = {"zh": zh, "en": en or zh}, name, len(name)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("看了零下二十六度那篇", ["零下二十六度"]),
        ("看了零下「二十六度」那篇", ["零下二十六度"]),
        ("何知远那篇", ["何知远"]),
        ("知远讲的", ["知远"]),
        ("谢谢老何", ["老何"]),
        ("A DAY AT MINUS 26, the day at minus", ["The day at minus"]),
        ("一天", None),
        ("何", None),
        ("", None),
    ],
)
def test_what_words_mention(words: str, found: list[str] | None) -> None:
    work = Work("零下二十六度的一天", "何知远", "The day at minus twenty-six")
    seen = policies_desk.suggested(words, [work])
    if found is None:
        assert seen == []
    else:
        assert list(seen[0].by) == found


def test_two_that_could_be_meant_are_left_to_choose() -> None:
    both = [Work("夜拍三件事", "林夏"), Work("夜拍三件事", "何知远")]
    seen = policies_desk.suggested("夜拍三件事真好", both)
    assert len(seen) == 2
    assert policies_desk.surest(seen) is None
    assert policies_desk.surest(policies_desk.suggested("林夏的夜拍三件事", both)) is both[0]
    newest_first = [Work("夜拍三件事", "林夏"), Work("夜拍三件事", "林夏")]
    assert policies_desk.surest(policies_desk.suggested("夜拍三件事真好", newest_first)) is newest_first[0]
    assert policies_desk.surest([]) is None


# --- words that wait --------------------------------------------------------------------------------


@pytest.fixture
def waits(code, staff):
    """Words that wait, the oldest first: with a number, with a word of the list, a link alone."""
    now = clock.now()
    services_links.hold_words(["野"], by=staff)
    texts = [
        (6, f"省了一趟店。加我 {PHONE}", "阿凯"),
        (4, "这路也太野了，值。", ""),
        (2, "https://spam.example.com/x", ""),
    ]
    ids = []
    for hours, words, name in texts:
        with clock.at(now - timedelta(hours=hours)):
            ids.append(thank(code, f"r{hours}", words=words, name=name))
    return ids


@pytest.fixture
def answer(author, code, waits) -> int:
    with clock.at(clock.now() - timedelta(hours=1)):
        thank(code, "r9", words="跟着拍成了", name="小周")
        line = entries(author)[0].lines[0].id
        services_thanks.reply(line, f"打我电话 {PHONE}", by=author)
    return line


def row(page: str, key: str) -> str:
    return page.split(f'<li id="{key}">')[1].split("\n</li>")[0]


def test_what_waits_says_why_and_since_when(author, waits, answer, desk) -> None:
    page = page_of(desk.get("/staff/thanks/words", headers=EN))
    keys = re.findall(r'<li id="([a-z]+-\d+)">', page)
    assert keys == [*(f"words-{one}" for one in waits), f"answer-{answer}"], "the oldest first"
    assert "Promised within 24 hours; the oldest has waited 6 hours" in page
    number, word, address, reply = (row(page, key) for key in keys)
    assert f"<del>{PHONE}</del>" in number
    assert "has a number" in number
    assert "阿凯 · to 何知远 · A day at minus twenty-six" in number
    assert "<mark>野</mark>" in word
    assert "on the list: “野”" in word
    assert "no name left" in word
    assert "/cut?" not in address
    assert not re.search(r"/cut\b", address), "nothing would remain"
    assert re.search(r"/cut\b", number)
    assert "何知远 answers 小周“跟着拍成了”" in reply
    assert "/send" in reply


def test_pages_of_what_waits(code, desk) -> None:
    for number in range(HOUR_WORDS + 13):
        thank(code, f"r{number}", words=f"words {number}")
    first = page_of(desk.get("/staff/thanks/words"))
    seen = re.findall(r'<li id="words-(\d+)">', first)
    while more := re.search(r'hx-get="(/staff/thanks/words\?[^"]+)"', first):
        first = page_of(desk.get(more[1].replace("&amp;", "&"), headers=HTMX))
        assert "<html" not in first
        seen += re.findall(r'<li id="words-(\d+)">', first)
    held = db.session.scalars(select(Thanks.id).where(Thanks.words_state == "held").order_by(Thanks.id)).all()
    assert [int(one) for one in seen] == list(held)
    assert len(held) == 13


@pytest.mark.parametrize(
    ("decision", "state", "quote"),
    [
        ("show", "shown", f"省了一趟店。加我 {PHONE}"),
        ("cut", "shown", "省了一趟店。加我"),
        ("pass", "passed", None),
        ("refuse", "refused", None),
    ],
)
def test_decisions(decision, state, quote, author, waits, desk) -> None:
    here = f"/staff/thanks/words/{waits[0]}/{decision}"
    answer = desk.post(here, data={"rule": "contact"}, headers=HTMX | EN)
    page = page_of(answer)
    assert answer.status_code == 200
    assert "<li" not in page, "the row goes, the next one stays in view"
    assert '<span id="waiting-n" hx-swap-oob="true">2</span>' in page
    assert 'class="toast"' in page
    assert db.session.get(Thanks, waits[0]).words_state == state
    quotes = [line.quote for entry in entries(author) for line in entry.lines if line.quote]
    assert quotes == ([quote] if quote else [])
    told = [notice.body["zh"] for notice in inbox.notices(author.id, None).rows if notice.body]
    assert (f"省了一趟店。加我 {PHONE}" in told) is (decision in ("show", "pass")), "alone, in their notices"
    # somebody else has decided meanwhile
    late = desk.post(here, data={"rule": "contact"}, headers=HTMX | EN)
    assert late.status_code == 409
    assert late.headers["HX-Retarget"] == "#toasts"
    assert "Somebody has decided on this already" in page_of(late)


def test_without_a_script_one_comes_back_to_the_list(waits, desk) -> None:
    answer = desk.post(f"/staff/thanks/words/{waits[0]}/show?after=abc")
    assert (answer.status_code, answer.location) == (303, "/staff/thanks/words?after=abc")


def test_a_refusal_needs_a_rule_and_stands_in_the_record(author, waits, desk) -> None:
    here = f"/staff/thanks/words/{waits[0]}/refuse"
    for headers in (EN, HTMX | EN):
        answer = desk.post(here, headers=headers)
        assert answer.status_code == 422
        page = row(page_of(answer), f"words-{waits[0]}")
        assert "<details open>" in page
        assert "Choose the rule by which it isn" in page
        assert ("<html" in page_of(answer)) is (headers is EN)
    assert db.session.get(Thanks, waits[0]).words_state == "held"
    desk.post(here, data={"rule": "contact"})
    record = page_of(desk.get("/staff/thanks/refused", headers=EN))
    for part in (f"加我 {PHONE}", "Contact details or advertising", "罗宁, ", "阿凯"):
        assert part in record
    assert queries.latest(author.id) is not None, "the thanks themselves count"
    said_so = db.session.scalars(select(AuditLine).where(AuditLine.act == "thanks.refuse")).one()
    assert said_so.after == {"rule": "contact"}


def test_nothing_is_cut_to_nothing(waits, desk, staff) -> None:
    with pytest.raises(Refused):
        services_thanks.decide_words(waits[2], decision="cut", by=staff)
    assert desk.post(f"/staff/thanks/words/{waits[2]}/cut").status_code == 409
    assert db.session.get(Thanks, waits[2]).words_state == "held"


def test_an_answer_is_sent_or_not(author, answer, desk, make_member, login) -> None:
    here = f"/staff/thanks/answers/{answer}"
    assert desk.post(f"{here}/send", headers=HTMX).status_code == 200
    assert desk.post(f"{here}/refuse", headers=HTMX).status_code == 409
    assert "answer-" not in page_of(desk.get("/staff/thanks/words"))


def test_nobody_reads_what_was_said_to_them(make_member, login) -> None:
    own = make_member("own", name="自己", capabilities=("reviewer",))
    waits = thank(link(own, "post:7"), words=f"call {PHONE}")
    thank(link(own, "post:8"), "r2", words="谢谢")
    line = next(line for entry in entries(own) for line in entry.lines if line.quote).id
    services_thanks.reply(line, f"打我电话 {PHONE}", by=own)
    client = login(own)
    page = page_of(client.get("/staff/thanks/words", headers=EN))
    for key, why in ((f"words-{waits}", "what was said to you"), (f"answer-{line}", "your own words")):
        assert why in row(page, key)
        assert "<button" not in row(page, key)
    assert client.post(f"/staff/thanks/words/{waits}/show").status_code == 403
    assert client.post(f"/staff/thanks/answers/{line}/send").status_code == 403


def test_todays_page_says_what_waits(waits, answer, desk) -> None:
    page = page_of(desk.get("/staff", headers=EN))
    assert "4 words of thanks wait to be read" in page
    assert "The oldest has waited 6 hours" in page
    for one in waits:
        desk.post(f"/staff/thanks/words/{one}/refuse", data={"rule": "off_topic"})
    desk.post(f"/staff/thanks/answers/{answer}/refuse")
    assert "of thanks wait" not in page_of(desk.get("/staff", headers=EN))
    assert "Everything is read" in page_of(desk.get("/staff/thanks/words", headers=EN))


# --- the list ---------------------------------------------------------------------------------------


def test_the_list_begins_with_words_and_can_be_changed(author, code, desk) -> None:
    page = page_of(desk.get("/staff/thanks/list"))
    first = len(queries_thanks.held_words())
    assert first > 50, "a programme begins with words"
    assert "加微" in page
    desk.post("/staff/thanks/list", data={"word": "野路子\r\n\r\n 拼 车 群 \n"})
    assert {"野路子", "拼 车 群"} <= queries_thanks.held_words()
    assert db.session.get(Thanks, thank(code, words="走野*路*子")).words_state == "held"
    remove = r'action="(/staff/thanks/list/\d+/remove)"[^>]*>(?:(?!</form>).)*野路子'
    where = re.search(remove, page_of(desk.get("/staff/thanks/list")), re.S)
    answer = desk.post(where[1], headers=EN)
    assert answer.status_code == 303
    back = page_of(desk.get("/staff/thanks/list", headers=EN))
    assert "Off the list: 野路子" in back
    assert len(queries_thanks.held_words()) == first + 1
    # one tap too many: it is at hand again
    again = re.search(r'href="(/staff/thanks/list\?word=[^"]+)"', back)[1]
    assert "野路子</textarea>" in page_of(desk.get(again))
    assert desk.post(where[1]).status_code == 404
    acts = select(AuditLine.act).where(AuditLine.subject == "held_word").order_by(AuditLine.id)
    assert list(db.session.scalars(acts)) == ["words.hold", "words.release"]


@pytest.mark.parametrize("word", ["", "  \n ", "x" * 31, "\u200b", "ok\n" + "长" * 31])
def test_what_is_no_word_stands_beside_the_field(word, desk) -> None:
    before = queries_thanks.held_words()
    answer = desk.post("/staff/thanks/list", data={"word": word}, headers=EN)
    assert answer.status_code == 422
    assert 'id="f-word-e"' in page_of(answer)
    assert word.strip() in page_of(answer)
    assert queries_thanks.held_words() == before


def test_try_a_text(desk, staff) -> None:
    services_links.hold_words(["野"], by=staff)
    for headers in (EN, HTMX | EN):
        page = page_of(desk.post("/staff/thanks/list/try", data={"text": f"太野了 {PHONE}"}, headers=headers))
        assert f"太<mark>野</mark>了 <del>{PHONE}</del>" in page
        assert "It would wait" in page
    fine = {"text": "增加我的信心，我妈的车也好看"}
    page = page_of(desk.post("/staff/thanks/list/try", data=fine, headers=HTMX | EN))
    assert "It would be shown at once" in page


# --- the invite -------------------------------------------------------------------------------------


def invite(staff) -> str:
    return members.create_invites(uses=2, note="读者", by=staff)[0][1]


def test_readers_may_follow_one_open_invite_or_none(desk, staff) -> None:
    code = invite(staff)
    shut = invite(staff)
    members.withdraw_invite(member_queries.invite_by_code(shut).id, by=staff)
    page = page_of(desk.get("/staff/thanks/invite"))
    assert f'value="{code}"' in page
    assert f'value="{shut}"' not in page
    assert desk.post("/staff/thanks/invite", data={"code": code}).status_code == 303
    assert queries_thanks.invite_code() == code
    assert re.search(rf'value="{code}" checked', page_of(desk.get("/staff/thanks/invite")))
    for wrong in (shut, "NOBODY22"):
        assert desk.post("/staff/thanks/invite", data={"code": wrong}).status_code == 422
    assert queries_thanks.invite_code() == code
    members.withdraw_invite(member_queries.invite_by_code(code).id, by=staff)
    page = page_of(desk.get("/staff/thanks/invite", headers=EN))
    assert "lets nobody in any more, so readers see none" in page
    desk.post("/staff/thanks/invite", data={"code": ""})
    assert queries_thanks.invite_code() is None


# --- what it costs ----------------------------------------------------------------------------------

# what a page asks, however much there is: lists at most four, other pages six
BUDGETS = {
    "/staff/thanks": 4,
    "/staff/thanks?q=零下": 5,
    "/staff/thanks/words": 4,
    "/staff/thanks/relayed": 4,
    "/staff/thanks/refused": 3,
    "/staff/thanks/list": 3,
    "/staff/thanks/invite": 4,
    "/staff/thanks/owner": 3,
}


def test_pages_keep_their_number_of_queries(author, code, desk) -> None:
    def more(first: int, number: int) -> None:
        for one in range(first, first + number):
            link(author, f"post:1{one}", f"零下{one}度")
            thank(code, f"r{one}", words=f"call {PHONE}")
            desk.post("/staff/thanks", data=said(key=f"k{one}", picture=(BytesIO(jpeg((64, 48))), "x.jpg")))
            refused = thank(code, f"x{one}", words=f"sb {PHONE}")
            desk.post(f"/staff/thanks/words/{refused}/refuse", data={"rule": "hurtful"})

    more(0, 1)
    for again in range(2):
        for path, budget in BUDGETS.items():
            desk.get(path)
            with counted() as seen:
                assert desk.get(path).status_code == 200, path
            assert len(seen) == budget, (path, again, seen)
        more(1, 4)
    with counted() as seen:
        desk.post("/staff/thanks/look", data=said(), headers=HTMX)
    assert len(seen) <= 4


NOON = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)


def test_the_week_begins_on_monday_where_the_programme_is(author, code, desk) -> None:
    """A Sunday evening in UTC is a Monday in Shanghai."""
    with clock.at(NOON.replace(day=8, hour=15)):
        desk.post("/staff/thanks", data=said(key="sunday"))
    with clock.at(NOON.replace(day=8, hour=17)):
        desk.post("/staff/thanks", data=said(key="monday"))
        assert "Passed on this week 1" in page_of(desk.get("/staff/thanks/relayed", headers=EN))
    assert queries_desk.counts(NOON).week == 2
