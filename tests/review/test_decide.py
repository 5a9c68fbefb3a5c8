"""Deciding through the page: lit, not yet, not accepted; once, and without losing a word."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.blueprints.badges.models import Award
from app.blueprints.impact.models import ImpactLine
from app.blueprints.inbox.models import Notice
from app.blueprints.points.models import Account, Transfer
from app.blueprints.quests import services
from app.blueprints.quests.models import Review, Submission
from app.blueprints.quests.services import Draft
from app.core.db import db

EN = {"Accept-Language": "en"}


@pytest.fixture
def work(people, send) -> int:
    return send(people["linxia"], helpers=[(people["xiaoman"].id, None)])


@pytest.fixture
def reviewer(people, login):
    return login(people["luoning"])


def state(work: int) -> tuple:
    db.session.rollback()
    return tuple(
        db.session.execute(select(Submission.state, Submission.round).where(Submission.id == work)).one()
    )


def count(table) -> int:
    return db.session.scalar(select(func.count()).select_from(table))


def page_after(client, answer) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)[:400]
    return client.get(answer.location, headers=EN).get_data(as_text=True)


def test_the_page_says_what_it_will_give_and_gives_that(work, people, reviewer, verdict) -> None:
    page = reviewer.get(f"/review/{work}", headers=EN).get_data(as_text=True)
    gives = page.split('class="gives"')[1].split("</ul>")[0]
    for text in (
        "“First night shot”",
        "1 badge",
        "Original photo or text post",
        "100",
        "黎小满",
        "+1 impact each",
    ):
        assert text in gives
    after = page_after(reviewer, reviewer.post(f"/review/{work}", data=verdict(), headers=EN))
    assert "“First night shot” by 林夏 is lit: 100 points" in after
    assert state(work) == ("approved", 1)
    assert [count(table) for table in (Transfer, Award, ImpactLine, Review)] == [1, 1, 1, 1]
    assert db.session.scalar(select(Account.balance).where(Account.member_id == people["linxia"].id)) == 100
    kept = db.session.execute(select(Review.highlight, Review.suggestion, Review.scores, Review.checks)).one()
    assert tuple(kept) == ("光很好", "写下快门", {"0": 5, "1": 4}, [0])
    told = db.session.scalars(select(Notice.member_id).order_by(Notice.id)).all()
    assert told == [people["linxia"].id, people["xiaoman"].id]
    done = reviewer.get(f"/review/{work}", headers=EN).get_data(as_text=True)
    assert "Gave 100 points" in done
    assert 'name="decision"' not in done


def test_not_yet_then_lit(work, people, reviewer, verdict) -> None:
    after = page_after(
        reviewer, reviewer.post(f"/review/{work}", data=verdict(decision="changes"), headers=EN)
    )
    assert "林夏 reads what shines" in after
    assert state(work) == ("changes", 2)
    assert count(Transfer) == 0
    services.submit_work(work, Draft(texts={"words": "第二次，写了快门"}), by=people["linxia"])
    page = reviewer.get(f"/review/{work}", headers=EN).get_data(as_text=True)
    for text in ("second round", "第二次，写了快门", "第一次夜拍，风很大", "光很好", "写下快门", "罗宁"):
        assert text in page
    reviewer.post(f"/review/{work}", data=verdict(round="2"))
    assert state(work) == ("approved", 2)
    assert [count(table) for table in (Transfer, Award, Review)] == [1, 1, 2]


def test_the_last_round_is_the_last(work, people, reviewer, verdict) -> None:
    """Three rounds: the third can be lit or not accepted, not sent back again."""
    for round_ in ("1", "2"):
        page = reviewer.get(f"/review/{work}").get_data(as_text=True)
        assert 'value="changes"' in page
        reviewer.post(f"/review/{work}", data=verdict(decision="changes", round=round_))
        services.submit_work(work, Draft(), by=people["linxia"])
    page = reviewer.get(f"/review/{work}").get_data(as_text=True)
    assert 'value="changes"' not in page
    assert 'value="approve"' in page
    refused = reviewer.post(f"/review/{work}", data=verdict(decision="changes", round="3"), headers=EN)
    assert refused.status_code == 409
    assert "This was the last round" in refused.get_data(as_text=True)
    assert state(work) == ("submitted", 3)


def test_not_accepted_needs_a_reason(work, reviewer, verdict) -> None:
    refused = reviewer.post(f"/review/{work}", data=verdict(decision="decline"), headers=EN)
    assert refused.status_code == 422
    assert "Say why, so that it can be understood." in refused.get_data(as_text=True)
    assert state(work) == ("submitted", 1)
    page_after(
        reviewer, reviewer.post(f"/review/{work}", data=verdict(decision="decline", reason="是别人的照片"))
    )
    assert state(work) == ("declined", 1)
    assert [count(table) for table in (Transfer, Award, ImpactLine)] == [0, 0, 0]
    assert db.session.scalar(select(Notice.body))["zh"] == "是别人的照片"


def test_a_reason_typed_by_mistake_reaches_nobody(work, reviewer, verdict) -> None:
    reviewer.post(f"/review/{work}", data=verdict(reason="写错地方了"))
    assert db.session.scalar(select(Review.reason)) == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"highlight": "  "}, "highlight"),
        ({"decision": "changes", "suggestion": ""}, "suggestion"),
        ({"highlight": "长" * 1001}, "highlight"),
        ({"decision": "decline", "reason": ""}, "reason"),
        ({"decision": "burn"}, "form"),
        ({"decision": ""}, "form"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(change, field, work, reviewer, verdict) -> None:
    sent = verdict(
        **{"highlight": "帐篷像一盏灯<b>", "suggestion": "再等\n一辆车", "checks": ["1"], "score-0": "2"}
        | change
    )
    answer = reviewer.post(f"/review/{work}?show=soon", data=sent, headers=EN)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert state(work) == ("submitted", 1)
    assert count(Review) == 0
    if field != "form":
        assert f'id="f-{field}-e"' in page
        assert f'href="#f-{field}"' in page
    for name in ("highlight", "suggestion"):
        typed = sent[name].replace("<", "&lt;").replace(">", "&gt;")
        assert f"\n{typed}</textarea>" in page
    assert 'name="checks" value="1" checked' in page
    assert 'name="checks" value="0" checked' not in page
    assert 'name="score-0" value="2" checked' in page
    assert f'action="/review/{work}?show=soon"' in page


@pytest.mark.parametrize("decision", ["approve", "changes", "decline"])
def test_pressed_twice_it_happens_once(decision, work, people, reviewer, verdict) -> None:
    sent = verdict(decision=decision, reason="不是自己的")
    answers = [reviewer.post(f"/review/{work}", data=sent) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    lit = decision == "approve"
    assert [count(table) for table in (Review, Transfer, Award, ImpactLine)] == [
        1,
        *([1, 1, 1] if lit else [0, 0, 0]),
    ]
    assert count(Notice) == (2 if lit else 1)


def test_another_round_than_was_read_is_not_decided(work, people, reviewer, verdict) -> None:
    reviewer.post(f"/review/{work}", data=verdict(decision="changes"))
    services.submit_work(work, Draft(texts={"words": "第二次"}), by=people["linxia"])
    answer = reviewer.post(f"/review/{work}", data=verdict(highlight="说的是第一次"), headers=EN)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "说的是第一次" in page
    assert f'href="/review/{work}"' in page
    assert state(work) == ("submitted", 2)


@pytest.mark.parametrize("done", ["approve", "changes", "decline"])
def test_what_a_colleague_decided_stays(done, work, people, login, verdict) -> None:
    client = login(people["guyan"])
    client.post(f"/review/{work}", data=verdict(decision=done, reason="一个理由"))
    before = state(work)
    client = login(people["luoning"])
    for other in {"approve", "changes", "decline"} - {done}:
        answer = client.post(f"/review/{work}", data=verdict(decision=other, reason="别的理由"), headers=EN)
        assert answer.status_code == 409
    assert state(work) == before
    assert count(Review) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"round": "99999999999999999999"}, {"round": ""}, {"round": "-1"}, {"score-0": "9" * 30},
        {"checks": ["99", "x", "-3", "1"]}, {"highlight": "a\0b"}, {"score-77": "5", "score-": "5"},
    ],
)  # fmt: skip
def test_odd_forms_break_nothing(odd, work, reviewer, verdict) -> None:
    answer = reviewer.post(f"/review/{work}", data=verdict(**odd))
    assert answer.status_code in (303, 409)
    for scores, checks in db.session.execute(select(Review.scores, Review.checks)):
        assert set(scores) <= {"0", "1"}
        assert set(checks) <= {0, 1}


def test_on_to_the_next_that_is_free(people, send, make_member, login, verdict) -> None:
    first, second, third = (send(make_member(f"m{n}")) for n in range(3))
    login(people["guyan"]).get(f"/review/{second}")
    client = login(people["luoning"])
    answer = client.post(f"/review/{first}?show=soon", data=verdict())
    assert answer.location == "/review?show=soon"
    answer = client.post(f"/review/{third}", data=verdict())
    assert answer.location == "/review"
    fourth = send(make_member("m4"))
    fifth = send(make_member("m5"))
    assert client.post(f"/review/{fifth}", data=verdict()).location == f"/review/{fourth}"


def test_queries_of_a_page_and_of_an_approval(work, people, reviewer, verdict, counted) -> None:
    with counted() as first:
        reviewer.get(f"/review/{work}")
    with counted() as again:
        reviewer.get(f"/review/{work}")
    # the first opening also claims: the row read, the claim, the line in the journey, the row again
    assert (len(first) <= 10, len(again) <= 6) == (True, True), (len(first), len(again))
    with counted() as written:
        assert reviewer.post(f"/review/{work}", data=verdict()).status_code == 303
    # of these two for the helper: the entry of their feed, and whether a mentor is to be told
    assert len(written) <= 17


def test_a_page_of_three_rounds_reads_no_more(work, people, reviewer, verdict, counted) -> None:
    for round_ in ("1", "2"):
        reviewer.post(f"/review/{work}", data=verdict(decision="changes", round=round_))
        services.submit_work(work, Draft(texts={"words": f"第 {round_} 次之后"}), by=people["linxia"])
    reviewer.get(f"/review/{work}")
    with counted() as statements:
        page = reviewer.get(f"/review/{work}", headers=EN).get_data(as_text=True)
    assert len(statements) <= 6
    assert page.count('<details class="card"') == 3
    for text in ("第 1 次之后", "第 2 次之后", "first round", "second round", "third round"):
        assert text in page


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_words_of_the_reader(locale, work, reviewer) -> None:
    page = reviewer.get(f"/review/{work}", headers={"Accept-Language": locale}).get_data(as_text=True)
    zh = ("首次夜拍", "光有来处", "写下快门", "点亮它", "还差一步", "构图，1 到 5 分")
    en = (
        "First night shot",
        "The light has a source",
        "Write down the shutter time",
        "Light it",
        "Not yet",
        "Framing, 1 to 5",
    )
    for text in zh if locale == "zh" else en:
        assert text in page
    for text in ("点亮它", "还差一步") if locale == "en" else ("Light it", "Not yet"):
        assert text not in page


def test_pasted_links_are_links_and_words_are_only_words(people, make_quest, send, reviewer) -> None:
    quest = make_quest(
        steps=[{"key": "words", "title": "链接", "title_en": "Link", "evidence": "link", "required": True}]
    )
    work = send(people["linxia"], quest, words="https://www.xiaohongshu.com/explore/1?a=1&b=2")
    page = reviewer.get(f"/review/{work}").get_data(as_text=True)
    assert (
        'href="https://www.xiaohongshu.com/explore/1?a=1&amp;b=2" rel="noopener noreferrer nofollow"' in page
    )
    plain = send(people["xiaoman"], words="<script>alert(1)</script> javascript:alert(2)")
    page = reviewer.get(f"/review/{plain}").get_data(as_text=True)
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
