"""The public thank-you page: who a reader is, what they are told, and what they may not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select, update

from app import create_app
from app.blueprints.impact import queries, queries_people, queries_thanks, services_links, services_thanks
from app.blueprints.impact.models import ImpactLine, Thanks, ThanksLink
from app.blueprints.impact.policies_thanks import HOUR_THANKS, MOST_WORDS, hour_of
from app.blueprints.impact.routes_public import COOKIE, cookie_of
from app.blueprints.media import covers, services
from app.blueprints.members import services as members
from app.blueprints.members.models import Member
from app.core import clock
from app.core.db import db
from app.core.limits import limiter
from app.core.uow import unit_of_work
from tests.conftest import PASSWORD, Browser
from tests.media import pictures
from tests.quests.conftest import counted

PAGE_QUERIES = 6


@pytest.fixture
def author(make_member):
    return make_member("author", name="Lin Xia")


@pytest.fixture
def code(author) -> str:
    return give(author, "post:1")


def give(author, about: str, **more) -> str:
    with unit_of_work():
        title = {"zh": "夜拍三件事", "en": "Three things at night"}
        services_links.give_link(about, member_id=author.id, kind="post", title=title, **more)
    return queries_thanks.link_about(about).code


class Phone(Browser):
    """Somebody's browser; what it does is seen by the test's next query."""

    def open(self, *args, **more):
        answer = super().open(*args, **more)
        db.session.rollback()
        return answer


@pytest.fixture
def browser(app, client):
    """browser() -> another person's, in English."""

    def take() -> Phone:
        made = Phone(app, app.response_class)
        made.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return made

    return take


def thank(browser: Phone, code: str, **more):
    browser.get(f"/t/{code}")
    return browser.post(f"/t/{code}", data={"outcome": "learned"} | more)


def sign_in(browser: Phone, login: str) -> Phone:
    assert browser.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
    return browser


def lines() -> int:
    return db.session.scalar(select(func.count()).select_from(ImpactLine))


# --- what the page says -----------------------------------------------------------------------------


def test_the_page_says_whom_and_for_what_however_the_code_is_typed(browser, code) -> None:
    for typed in (code, code.lower()):
        page = browser().get(f"/t/{typed}")
        assert page.status_code == 200
        assert "If it helped you, tell Lin Xia." in page.text
        assert "Three things at night" in page.text
        assert "We don&#39;t collect your phone number" in page.text or "We don't collect" in page.text
        assert "<script" not in page.text
    chinese = browser().get(f"/t/{code}", headers={"Accept-Language": "zh-CN"}).text
    assert "如果它帮到了你" in chinese


@pytest.mark.parametrize("odd", ["NOSUCHX", "0OIL1", "a" * 3000, "%00", "%F0%9F%8C%99", "林"])
def test_a_code_that_is_none_has_a_kind_page(browser, code, odd) -> None:
    somebody = browser()
    for page in (
        somebody.get(f"/t/{odd}"),
        somebody.post(f"/t/{odd}", data={"outcome": "learned"}),
        somebody.post(f"/t/{odd}/back"),
    ):
        assert page.status_code == 404
        assert "Nobody is to be thanked at this address." in page.text


def test_who_wishes_not_to_be_named_is_not_and_who_has_left_is_thanked_no_more(browser, author, code) -> None:
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == author.id).values(named_to_helpers=False))
    page = browser().get(f"/t/{code}").text
    assert "tell whoever made it" in page
    assert "Lin Xia" not in page
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == author.id).values(left_at=clock.now()))
    somebody = browser()
    for answer in (somebody.get(f"/t/{code}"), somebody.post(f"/t/{code}", data={"outcome": "learned"})):
        assert answer.status_code == 410
        assert "has left the programme" in answer.text
        assert "Lin Xia" not in answer.text
    assert lines() == 0


def test_thanks_arrive_and_the_page_says_so(browser, author, code) -> None:
    somebody = browser()
    assert thank(somebody, code, words="My daughter loved it", name="Liu").headers["Location"] == f"/t/{code}"
    page = somebody.get(f"/t/{code}").text
    for said in ("Your thanks is with Lin Xia.", "My daughter loved it", "Liu", "Take it back"):
        assert said in page
    assert 'name="outcome"' not in page
    line = queries.latest(author.id)
    assert (line.quote, line.name) == ("My daughter loved it", "Liu")
    # the same again shows the first
    assert somebody.post(f"/t/{code}", data={"outcome": "chose", "words": "again"}).status_code == 303
    assert "My daughter loved it" in somebody.get(f"/t/{code}").text
    assert lines() == 1
    assert "My daughter" not in browser().get(f"/t/{code}").text, "nobody else's"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("Call 138 0000 7702", "there is a number in them"),
        ("see example.com/x", "there is a link in them"),
        ("the secret word", "a word in them"),
    ],
)
def test_words_that_are_held_say_why(browser, author, code, make_member, words, why) -> None:
    services_links.hold_words(["secret"], by=make_member("staff", capabilities=["reviewer"]))
    somebody = browser()
    thank(somebody, code, words=words)
    page = somebody.get(f"/t/{code}").text
    assert why in page
    assert "Your thanks counts already." in page
    assert lines() == 1


def test_what_became_of_refused_words_is_said(browser, code, make_member) -> None:
    staff = make_member("staff", capabilities=["reviewer"])
    somebody = browser()
    thank(somebody, code, words="see a.com")
    thanks_id = db.session.scalar(select(Thanks.id))
    services_thanks.decide_words(thanks_id, decision="refuse", rule="contact", by=staff)
    assert "not passed on (Contact details or advertising)" in somebody.get(f"/t/{code}").text


def test_the_answer_is_read_where_thanks_were_said(browser, author, code, make_member) -> None:
    one, other = browser(), browser()
    thank(one, code)
    line = queries.latest(author.id).id
    thank(other, code)
    services_thanks.reply(line, "Come along, call 138 0000 7702", by=author)
    assert "Come along" not in one.get(f"/t/{code}").text, "held until staff have read it"
    services_thanks.decide_reply(line, send=True, by=make_member("staff", capabilities=["reviewer"]))
    page = one.get(f"/t/{code}").text
    assert "Lin Xia answers" in page
    assert "Come along" in page
    assert "Come along" not in other.get(f"/t/{code}").text


def test_the_invite_is_offered_while_it_lets_somebody_in(browser, author, code, make_member) -> None:
    staff = make_member("guanli", capabilities=["admin"])
    somebody = browser()
    ((invite_id, invite),) = members.create_invites(by=staff)
    services_links.offer_invite(invite, by=staff)
    assert "See the invite" not in somebody.get(f"/t/{code}").text, "thanks first"
    thank(somebody, code)
    assert f"/i/{invite}" in somebody.get(f"/t/{code}").text
    members.withdraw_invite(invite_id, by=staff)
    assert "See the invite" not in somebody.get(f"/t/{code}").text


# --- what may not be said ---------------------------------------------------------------------------


def test_errors_stand_beside_their_fields_and_nothing_typed_is_lost(browser, code) -> None:
    somebody = browser()
    somebody.get(f"/t/{code}")
    typed = {"outcome": "solved", "words": "w" * (MOST_WORDS + 1), "name": "n" * 31}
    page = somebody.post(f"/t/{code}", data=typed)
    assert page.status_code == 422
    assert "w" * 301 in page.text
    assert "n" * 31 in page.text
    assert re.search(r'value="solved" checked', page.text)
    assert page.text.count('aria-invalid="true"') == 2
    page = somebody.post(f"/t/{code}", data={"words": "hello"})
    assert page.status_code == 422
    assert "Choose what it helped with." in page.text
    assert "hello" in page.text
    assert lines() == 0


def test_a_new_line_is_one_letter_and_a_nul_none(browser, code) -> None:
    somebody = browser()
    words = "\r\n".join("a" * 149 for _ in range(2)) + "\x00b"
    assert thank(somebody, code, words=words, name="\x00", outcome="learned").status_code == 303
    assert len(db.session.scalar(select(Thanks.words))) == MOST_WORDS


def test_above_the_quota_words_are_kept(browser, code) -> None:
    with unit_of_work():
        hour = {"hour": hour_of(clock.now()), "hour_thanks": HOUR_THANKS}
        db.session.execute(update(ThanksLink).values(hour))
    page = thank(browser(), code, words="so kind of you")
    assert page.status_code == 429
    assert "Very many are saying thanks" in page.text
    assert "so kind of you" in page.text
    assert lines() == 0


def test_taken_back_within_ten_minutes(browser, code, monkeypatch) -> None:
    somebody, later = browser(), browser()
    thank(somebody, code)
    thank(later, code)
    assert browser().post(f"/t/{code}/back").status_code == 303, "who said nothing takes nothing back"
    assert lines() == 2
    assert somebody.post(f"/t/{code}/back").status_code == 303
    assert lines() == 1
    assert "If it helped you" in somebody.get(f"/t/{code}").text
    with unit_of_work():
        db.session.execute(update(Thanks).values(created_at=clock.now() - timedelta(minutes=10, seconds=1)))
    page = later.get(f"/t/{code}").text
    assert "Your thanks is with" in page
    assert "Take it back" not in page
    refused = later.post(f"/t/{code}/back")
    assert refused.status_code == 409
    assert "It can be taken back for ten minutes." in refused.text
    assert lines() == 1


# --- who a reader is --------------------------------------------------------------------------------


def test_the_cookie_goes_to_these_pages_only_and_is_given_once(browser, code) -> None:
    somebody = browser()
    first = [one for one in somebody.get(f"/t/{code}").headers.getlist("Set-Cookie") if COOKIE in one]
    assert len(first) == 1
    for said in ("HttpOnly", "SameSite=Lax", "Path=/t", "Max-Age=31536000"):
        assert said in first[0]
    assert COOKIE not in " ".join(somebody.get(f"/t/{code}").headers.getlist("Set-Cookie"))


def test_without_the_cookie_nothing_is_lost_and_nothing_counts(browser, code) -> None:
    page = browser().post(f"/t/{code}", data={"outcome": "learned", "words": "typed with care"})
    assert page.status_code == 400
    assert "has to keep one cookie" in page.text
    assert "typed with care" in page.text
    assert lines() == 0


def test_a_form_that_is_not_ours_keeps_the_words_and_counts_nothing(app, browser, code) -> None:
    somebody = browser()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for opened, told in ((False, "has to keep one cookie"), (True, "had been open for long")):
            if opened:
                somebody.get(f"/t/{code}")
            page = somebody.post(f"/t/{code}", data={"outcome": "learned", "words": "typed with care"})
            assert page.status_code == 400
            assert told in page.text
            assert "typed with care" in page.text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        again = somebody.post(f"/t/{code}", data={"outcome": "learned", "csrf_token": token[1]})
        assert again.status_code == 303, "the page that says so can be sent again"
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert lines() == 1


def test_a_changed_cookie_counts_as_none(app, browser, author, code) -> None:
    with app.test_request_context():
        good = cookie_of("one")
        stolen = cookie_of("one", author.id)
    tampered = stolen.split(".")[0] + "." + good.split(".")[1]
    for value, status in ((good, 303), (good[:-2], 400), (tampered, 400), ("", 400), ("x.y.z", 400)):
        somebody = browser()
        somebody.set_cookie(COOKIE, value, path="/t")
        assert somebody.post(f"/t/{code}", data={"outcome": "learned"}).status_code == status, value
    assert lines() == 1


def test_nobody_thanks_themselves_not_even_logged_out(browser, author, code) -> None:
    own = sign_in(browser(), "author")
    assert "This is your own page for thanks." in own.get(f"/t/{code}").text
    refused = own.post(f"/t/{code}", data={"outcome": "learned"})
    assert refused.status_code == 409
    assert "This is your own." in refused.text
    own.post("/logout")
    own.get("/login")
    assert own.post(f"/t/{code}", data={"outcome": "learned"}).status_code == 409
    assert lines() == 0
    assert thank(browser(), code).status_code == 303, "the control: another browser"


def test_a_member_is_one_person_logged_in_and_out(browser, author, code, make_member) -> None:
    friend = make_member("friend", name="Friend")
    visitor_first = browser()
    thank(visitor_first, code, words="as a visitor")
    sign_in(visitor_first, "friend")
    assert "as a visitor" in visitor_first.get(f"/t/{code}").text, "what they said before is theirs"
    assert visitor_first.post(f"/t/{code}", data={"outcome": "learned"}).status_code == 303
    assert lines() == 1

    other = give(author, "post:2")
    visitor_first.get(f"/t/{other}")
    visitor_first.post("/logout")
    page = visitor_first.get(f"/t/{other}").text
    assert "so it goes in their name" in page
    assert "Friend" not in page, "who they are isn't told to whoever holds the phone now"
    assert visitor_first.post(f"/t/{other}", data={"outcome": "learned", "words": "hm"}).status_code == 303
    assert queries.latest(author.id).name == "Friend"
    page = visitor_first.get(f"/t/{other}").text
    assert "Your thanks is with" in page
    assert ">“hm”<" not in page, "nor what they said"
    elsewhere = sign_in(browser(), "friend")
    assert thank(elsewhere, other).status_code == 303
    assert lines() == 2
    assert queries_people.ripple(author.id, 12).first == 1
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == friend.id).values(left_at=clock.now()))
    third = give(author, "post:3")
    assert thank(visitor_first, third).status_code == 303
    assert queries.latest(author.id).person_id is None, "a member who has left is a reader like any other"


def test_a_member_thanks_from_a_browser_without_the_cookie(browser, author, code, make_member) -> None:
    make_member("friend", name="Friend")
    somebody = sign_in(browser(), "friend")
    assert somebody.post(f"/t/{code}", data={"outcome": "learned", "name": "x"}).status_code == 303
    assert queries.latest(author.id).name == "Friend"


# --- its picture ------------------------------------------------------------------------------------


def test_the_cover_is_public_and_small_and_nothing_else_is(browser, author) -> None:
    def photo(data: bytes) -> int:
        return services.store_upload(
            owner_id=author.id, upload_key=str(hash(data)), belongs_to="post:9", file=BytesIO(data), by=author
        )

    shown, hidden = photo(pictures.jpeg()), photo(pictures.png())
    with_cover, without = give(author, "post:9", cover_media_id=shown), give(author, "post:10")
    somebody = browser()
    assert f"/t/{with_cover}/cover" in somebody.get(f"/t/{with_cover}").text
    answer = somebody.get(f"/t/{with_cover.lower()}/cover")
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert len(answer.data) <= covers.MOST_BYTES
    assert "public" in answer.headers["Cache-Control"]
    for path in (f"/t/{without}/cover", "/t/NOSUCHX/cover"):
        assert somebody.get(path).status_code == 404
    for media_id in (shown, hidden):
        assert somebody.get(f"/media/{media_id}/large").status_code == 303, "log in first"
    with unit_of_work():
        db.session.execute(update(Member).where(Member.id == author.id).values(left_at=clock.now()))
    assert somebody.get(f"/t/{with_cover}/cover").status_code == 404


# --- what it costs, and limits ----------------------------------------------------------------------


def test_queries(browser, author, code, make_member) -> None:
    staff = make_member("guanli", capabilities=["admin"])
    services_links.offer_invite(members.create_invites(uses=9, by=staff)[0][1], by=staff)
    make_member("friend")
    member, visitor = sign_in(browser(), "friend"), browser()
    for somebody in (visitor, member):
        for _ in range(2):
            with counted() as seen:
                assert somebody.get(f"/t/{code}").status_code == 200
            assert len(seen) <= PAGE_QUERIES, seen
            thank(somebody, code)
    member.post("/logout")
    with counted() as seen:
        member.get(f"/t/{code}")
    assert len(seen) <= PAGE_QUERIES, seen


@pytest.fixture
def limited(app, built_app, code):
    """A second app on the same database, with limits on, behind one proxy."""
    config = built_app.config["LIGHTUP"]
    made = create_app(replace(config, rate_limits=True, trusted_proxies=1))
    made.config["WTF_CSRF_ENABLED"] = False
    made.test_client_class = Phone
    yield made
    limiter.reset()
    limiter.enabled = False


def press(app, code: str, address: str, words: str = "kept"):
    somebody = app.test_client()
    somebody.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    with app.test_request_context():
        somebody.set_cookie(COOKIE, cookie_of(f"{address}-{press.number}"), path="/t")
    press.number += 1
    return somebody.post(
        f"/t/{code}", data={"outcome": "learned", "words": words}, headers={"X-Forwarded-For": address}
    )


press.number = 0


def test_a_network_is_limited_for_a_work_and_others_are_not(limited, code) -> None:
    went = [press(limited, code, f"203.0.113.{n}", words="") for n in range(41)]
    assert [one.status_code for one in went] == [303] * 40 + [429]
    refused = press(limited, code.lower(), "203.0.113.200")
    assert refused.status_code == 429, "capitals make no other work of it"
    assert "Very many thanks come from your network" in refused.text
    assert "kept" in refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert press(limited, code, "203.0.114.1").status_code == 303, "the next network"
    assert press(limited, code, "2001:db8:0:100::1").status_code == 303
    assert lines() == 42


def test_refused_tries_cost_no_query_but_the_programme_s_name(limited, code) -> None:
    went = [press(limited, "NOSUCHX", f"203.0.113.{n}").status_code for n in range(121)]
    assert went == [404] * 120 + [429]
    with counted() as seen:
        press(limited, code, "203.0.113.7")
    assert len(seen) <= 1, seen
