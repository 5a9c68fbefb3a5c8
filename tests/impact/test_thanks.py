"""Thanks: once for each reader and work, within the quota, read first where they must be, answered once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.blueprints.impact import queries, queries_people, queries_thanks, services_links, services_thanks
from app.blueprints.impact.policies_thanks import HOUR_THANKS, HOUR_WORDS
from app.blueprints.impact.services_thanks import Said
from app.blueprints.inbox import queries as inbox
from app.core import clock
from app.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from app.core.uow import unit_of_work

NOON = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)


@pytest.fixture
def author(make_member):
    return make_member("author", name="Lin Xia")


@pytest.fixture
def staff(make_member):
    return make_member("staff", capabilities=["reviewer"])


@pytest.fixture
def code(author) -> str:
    return link(author, "post:1")


def link(author, about: str) -> str:
    with unit_of_work():
        title = {"zh": "夜拍三件事", "en": "Three things at night"}
        services_links.give_link(about, member_id=author.id, kind="post", title=title)
    return queries_thanks.link_about(about).code


def thank(code: str, reader: str | int = "r1", **said) -> int:
    return services_thanks.thank(code, Said(outcome="learned", **said), reader=reader)


def entries(member):
    return queries.entries(member.id, "", None).rows


def people(member) -> int:
    ripple = queries_people.ripple(member.id, 12)
    return ripple.first + ripple.readers


def notices(member) -> list[str]:
    return [row.title["en"] for row in inbox.notices(member.id, None).rows]


def test_a_reader_thanks_once_for_each_work(author, code) -> None:
    first = thank(code)
    assert thank(code.lower(), words="again") == first
    thank(link(author, "post:2"))
    assert people(author) == 1, "the same reader is one person, whatever helped them"
    assert [entry.bundle.lines for entry in entries(author)] == [1, 1]
    thank(code, "r2")
    assert people(author) == 2
    assert notices(author).count("“Three things at night” helped somebody") == 2, "a notice for each entry"


def test_what_one_author_knows_of_a_reader_says_nothing_to_another(author, code, make_member) -> None:
    other = make_member("other")
    thank(code)
    thank(link(other, "post:9"))
    keys = {queries.latest(who.id).reader for who in (author, other)}
    assert len(keys) == 2
    assert not any("r1" in key for key in keys)


def test_nobody_thanks_themselves(author, code, make_member) -> None:
    with pytest.raises(Refused):
        thank(code, author.id)
    assert entries(author) == []
    friend = make_member("friend", name="Friend")
    thank(code, friend.id)
    assert queries.latest(author.id).name == "Friend"
    assert queries_people.ripple(author.id, 12).first == 1, "a member is part of the ripple"


def test_a_member_is_counted_once_for_a_work_however_they_say_it(author, code, make_member) -> None:
    friend = make_member("friend")
    assert thank(code, friend.id) == thank(code, friend.id, words="once more")
    assert [entry.bundle.lines for entry in entries(author)] == [1]


def test_words_show_at_once_and_stand_alone(author, code) -> None:
    thank(code)
    thank(code, "r2")
    thank(code, "r3", words="My daughter loved it", name="Liu")
    first, second = entries(author)
    assert (first.lines[0].quote, first.lines[0].name) == ("My daughter loved it", "Liu")
    assert second.bundle.lines == 2


@pytest.mark.parametrize(
    ("words", "name", "why"),
    [
        ("加我 138 0000 7702", "", ["number"]),
        ("一三八零零零零七七零二", "", ["number"]),
        ("see example.com/x", "", ["link"]),
        ("微 . 信 联系", "", ["word"]),
        ("good", "买手机找 a@b.com", ["link"]),
    ],
)
def test_words_that_trip_the_list_are_counted_and_wait(author, code, staff, words, name, why) -> None:
    services_links.hold_words(["微信"], by=staff)
    thanks_id = thank(code, words=words, name=name)
    (entry,) = entries(author)
    assert entry.bundle.lines == 1, "counted at once"
    assert entry.lines[0].quote is None, "not read by the author yet"
    assert entry.lines[0].name is None
    assert people(author) == 1
    services_thanks.decide_words(thanks_id, decision="show", by=staff)
    assert entries(author)[0].lines[0].quote == words
    with pytest.raises(Stale):
        services_thanks.decide_words(thanks_id, decision="refuse", rule="contact", by=staff)


def test_staff_cut_pass_on_or_refuse(author, code, staff) -> None:
    cut, passed, refused = (
        thank(code, f"r{n}", words=words)
        for n, words in enumerate(("Thanks! Call 138 0000 7702", "Wrong: see a.com", "buy at b.com"))
    )
    services_thanks.decide_words(cut, decision="cut", by=staff)
    services_thanks.decide_words(passed, decision="pass", by=staff)
    with pytest.raises(Invalid):
        services_thanks.decide_words(refused, decision="refuse", by=staff)
    services_thanks.decide_words(refused, decision="refuse", rule="contact", by=staff)
    assert [entry.lines[0].quote for entry in entries(author)] == ["Thanks! Call", None]
    assert entries(author)[1].bundle.lines == 2, "what isn't shown stays counted"
    said = [row.body["zh"] for row in inbox.notices(author.id, None).rows if row.body]
    assert "Wrong: see a.com" in said
    assert "buy at b.com" not in said


def test_only_other_staff_decide(author, code, make_member, staff) -> None:
    thanks_id = thank(code, words="see a.com")
    with pytest.raises(NotFound):
        services_thanks.decide_words(thanks_id, decision="show", by=make_member("member"))
    own = thank(link(staff, "post:7"), words="see a.com")
    with pytest.raises(Forbidden):
        services_thanks.decide_words(own, decision="show", by=staff)


def test_the_quota_of_an_hour_is_exact(author, code) -> None:
    with clock.at(NOON):
        for number in range(HOUR_THANKS):
            thank(code, f"r{number}", words=f"thanks {number}" if number < 20 else "")
        with pytest.raises(Refused):
            thank(code, "one too many")
        thank(link(author, "post:2"), "one too many")
    first = queries.entries(author.id, "", None)
    every = [*first.rows, *queries.entries(author.id, "", first.next).rows]
    shown = [entry for entry in every if entry.lines[0].quote]
    assert len(shown) == HOUR_WORDS, "more words than that wait for staff"
    assert people(author) == HOUR_THANKS + 1
    with clock.at(NOON + timedelta(hours=1)):
        thank(code, "the next hour", words="in time")
    assert entries(author)[0].lines[0].quote == "in time"


def test_taken_back_within_ten_minutes_nothing_is_left(author, code) -> None:
    with clock.at(NOON):
        thank(code, words="Oh no")
        thank(code, "r2")
    with clock.at(NOON + timedelta(minutes=9, seconds=59)):
        services_thanks.take_back(code, reader="r1")
        with pytest.raises(NotFound):
            services_thanks.take_back(code, reader="r1")
    assert people(author) == 1
    assert [entry.lines[0].quote for entry in entries(author)] == [None]
    with clock.at(NOON + timedelta(minutes=10)), pytest.raises(Refused):
        services_thanks.take_back(code, reader="r2")


def test_staff_pass_on_what_they_heard(author, code, staff) -> None:
    about = queries_thanks.link(code)

    def pass_on(key: str = "k", by=staff, **more):
        said = Said(outcome="decided", words="Tell him thanks, 138 0000 7702", name="Old Han")
        return services_thanks.relay(
            about.id, said, heard="store", key=key, by=by, **{"may_name": False, **more}
        )

    assert pass_on() == pass_on(), "a second tap finds the first"
    (entry,) = entries(author)
    assert (entry.lines[0].quote, entry.lines[0].name) == ("Tell him thanks,", None)
    pass_on("k2", may_name=True)
    assert entries(author)[0].lines[0].name == "Old Han"
    assert people(author) == 2
    with pytest.raises(NotFound):
        pass_on("k3", by=author)
    own = queries_thanks.link(link(staff, "post:5"))
    with pytest.raises(Forbidden):
        services_thanks.relay(
            own.id, Said(outcome="decided", words="x"), heard="store", may_name=False, key="k4", by=staff
        )


def test_an_answer_is_given_once(author, code, make_member, staff) -> None:
    friend = make_member("friend")
    thank(code, friend.id, words="Thanks")
    line = queries.latest(author.id)
    with pytest.raises(NotFound):
        services_thanks.reply(line.id, "Hm", by=friend)
    assert services_thanks.reply(line.id, "It was a pleasure", by=author) == "sent"
    with pytest.raises(Stale):
        services_thanks.reply(line.id, "again", by=author)
    assert notices(friend) == ["Lin Xia answers"]
    thank(code, "stranger", words="Thanks too")
    held = queries.latest(author.id)
    assert services_thanks.reply(held.id, "write me: a@b.com", by=author) == "held"
    services_thanks.decide_reply(held.id, send=True, by=staff)
    with pytest.raises(Stale):
        services_thanks.decide_reply(held.id, send=False, by=staff)


def test_people_appear_as_they_allow(author, code, make_member) -> None:
    from sqlalchemy import update

    from app.blueprints.members.models import Member
    from app.core.db import db

    friend = make_member("friend", name="Friend")
    thank(code, friend.id)

    def set_to(**values) -> None:
        with unit_of_work():
            db.session.execute(update(Member).where(Member.id == friend.id).values(**values))

    set_to(named_to_helpers=False)
    assert queries.latest(author.id).name == ""
    set_to(left_at=clock.now())
    assert queries.latest(author.id).name is None
    assert people(author) == 1
