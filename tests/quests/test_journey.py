"""What became of work that was sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.blueprints.quests import queries, services, services_review
from app.blueprints.quests.models import Submission
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from tests.quests.conftest import WORDS_ONLY, counted, photo


@pytest.fixture
def reviewer(make_member):
    return make_member("luoning", name="罗宁", capabilities=("reviewer",))


@pytest.fixture
def sent(make_quest, make_member, login):
    """(submission id, client, member) of work that waits to be read."""
    member, helper = make_member("linxia"), make_member("chenyu", name="陈屿")
    work = services.start_quest(make_quest(steps=WORDS_ONLY, rule_key="original_post"), by=member)
    services.submit_work(work, Draft(texts={"line": "一盏路灯"}, helpers=[(helper.id, None)]), by=member)
    return work, login(member), member


def state() -> str:
    db.session.rollback()
    return db.session.scalar(select(Submission.state)) or ""


def test_waiting(sent, make_quest) -> None:
    work, client, _ = sent
    page = client.get(f"/work/{work}").text
    for there in (
        "会有人告诉你结果",
        "交上去",
        "被打开",
        "「一盏路灯」",
        "陈屿",
        "一路走来",
        "改一改",
        "撤回",
        "一共可以交 3 次",
        "「首次夜拍」徽章",
        "开始时的约定给",
    ):
        assert there in page, there
    assert "守时" not in page  # nobody has answered anything yet: nothing is claimed
    assert 'aria-current="step"' in page


def test_how_long_answers_take_comes_from_answers(make_quest, make_member, reviewer, login) -> None:
    others = [make_member(f"m{n}") for n in range(4)]
    quest, now = make_quest(steps=WORDS_ONLY, review_hours=24), clock.now()
    assert queries.answers_now() is None
    for member, hours, days in zip(others, (2, 10, 30, 1), (3, 3, 3, 60), strict=True):
        start = now - timedelta(days=days)
        with clock.at(start):
            work = services.start_quest(quest, by=member)
            services.submit_work(work, Draft(texts={"line": "好"}), by=member)
        with clock.at(start + timedelta(hours=hours)):
            services_review.approve_submission(work, Verdict(round=1, highlight="稳"), by=reviewer)
    # two months ago doesn't count; of 2, 10 and 30 hours the middle is 10, and one of three came late
    assert queries.answers_now() == queries.Answers(hours=10, kept_percent=66)
    member = make_member("linxia")
    work = services.start_quest(quest, by=member)
    services.submit_work(work, Draft(texts={"line": "好"}), by=member)
    assert "现在答复大约要 10 小时，近一个月 66% 守时" in login(member).get(f"/work/{work}").text


def test_take_back_change_and_send_again(sent) -> None:
    work, client, _ = sent
    assert client.post(f"/work/{work}/take-back").status_code == 303
    page = client.get(f"/work/{work}").text
    assert "一盏路灯</textarea>" in page
    assert (
        client.post(f"/work/{work}/submit", data={"whole": "1", "text:line": "两盏路灯"}).status_code == 303
    )
    assert "「两盏路灯」" in client.get(f"/work/{work}").text


def test_withdraw_and_begin_again(sent) -> None:
    work, client, _ = sent
    assert client.post(f"/work/{work}/withdraw").status_code == 303
    page = client.get(f"/work/{work}").text
    assert "你把它收了起来" in page
    assert "「一盏路灯」" in page
    assert client.post(f"/work/{work}/withdraw").status_code == 409
    assert client.post("/quests/1/start").location != f"/work/{work}"


def test_once_opened_it_stays(sent, reviewer) -> None:
    work, client, _ = sent
    services_review.open_for_review(work, by=reviewer)
    page = client.get(f"/work/{work}").text
    assert "罗宁打开了它" in page
    assert "take-back" not in page
    for path in ("take-back", "withdraw"):
        answer = client.post(f"/work/{work}/{path}")
        assert answer.status_code == 409
        assert "已经有人在看了" in answer.text
    assert state() == "submitted"


def test_late_is_admitted(sent) -> None:
    work, client, _ = sent
    with clock.at(clock.now() + timedelta(hours=49)):
        assert "晚了，但没有忘" in client.get(f"/work/{work}").text


def test_not_accepted_has_the_reason_and_a_way_on(sent, reviewer) -> None:
    work, client, _ = sent
    services_review.decline_submission(
        work,
        Verdict(round=1, highlight="水珠很好", suggestion="换个角落", reason="看得清旁边的车牌"),
        by=reviewer,
    )
    page = client.get(f"/work/{work}").text
    for there in (
        "这一次没有收录",
        "看得清旁边的车牌",
        "罗宁",
        "「水珠很好」",
        "「换个角落」",
        "做到了",
        "没有收录",
    ):
        assert there in page, there
    again = client.post("/quests/1/start")
    assert again.status_code == 303
    assert again.location != f"/work/{work}"
    assert client.get(f"/work/{work}").status_code == 200
    assert client.post(f"/work/{work}/submit", data={"whole": "1"}).status_code == 409


def test_approved_shows_what_it_gave(sent, reviewer) -> None:
    work, client, _ = sent
    services_review.open_for_review(work, by=reviewer)
    services_review.approve_submission(
        work, Verdict(round=1, highlight="稳", suggestion="再暗一点"), by=reviewer
    )
    client.get("/quests", follow_redirects=True)  # the badge lights up first, once
    page = client.get(f"/work/{work}").text
    for there in (
        "它亮了",
        "「首次夜拍」徽章",
        '<span class="pts on">100',
        "「稳」",
        "罗宁点亮了它",
        "罗宁打开了它",
    ):
        assert there in page, there


def test_earlier_rounds_stay_readable(make_quest, make_member, reviewer, login) -> None:
    member = make_member("linxia")
    work = services.start_quest(make_quest(), by=member)
    client = login(member)

    def send(words: str, key: str, shade: int) -> None:
        client.post(
            f"/work/{work}/evidence",
            data={"step_key": "photos", "upload_key": key, "file": (photo(shade), "a.jpg")},
            headers={"HX-Request": "true"},
            content_type="multipart/form-data",
        )
        data = {"whole": "1", "text:line": words, "ask_original": "1", "original": "1"}
        assert client.post(f"/work/{work}/submit", data=data).status_code == 303

    send("第一次", "one", 10)
    services_review.ask_changes(work, Verdict(round=1, highlight="好", suggestion="再近一点"), by=reviewer)
    send("第二次", "two", 200)
    page = client.get(f"/work/{work}").text
    assert "「第二次」" in page
    assert "「第一次」" not in page
    assert page.count("/large") == 2
    assert "罗宁上次说" in page
    assert "第 2 次交" in page
    earlier = client.get(f"/work/{work}?round=1").text
    assert "「第一次」" in earlier
    assert earlier.count("/large") == 1
    with counted() as seen:
        client.get(f"/work/{work}")
    assert len(seen) <= 6, seen


def test_words_of_others_are_escaped(sent, reviewer) -> None:
    work, client, _ = sent
    nasty = '<script>x</script>"'
    services_review.decline_submission(work, Verdict(round=1, highlight=nasty, reason=nasty), by=reviewer)
    assert "<script>x" not in client.get(f"/work/{work}").text


def test_who_may_see_the_files(make_quest, make_member, reviewer, login, app) -> None:
    member, mentor, other_mentor = (
        make_member(name, capabilities=c)
        for name, c in (
            ("linxia", ()),
            ("zhoumo", ("mentor",)),
            ("gulan", ("mentor",)),
        )
    )
    from app.blueprints.members import services as members

    members.set_mentor(member.id, mentor.id, by=make_member("guanli", capabilities=("admin",)))
    work = services.start_quest(make_quest(review_mode="mentor"), by=member)
    clients = {}
    for who in (member, mentor, other_mentor, reviewer, make_member("xin")):
        clients[who.login] = login(who).__class__(app, use_cookies=True)
        clients[who.login].post("/login", data={"login": who.login, "password": "a long enough password"})
    clients["linxia"].post(
        f"/work/{work}/evidence",
        data={"step_key": "photos", "upload_key": "one", "file": (photo(), "a.jpg")},
        headers={"HX-Request": "true"},
        content_type="multipart/form-data",
    )
    see = lambda: {name: each.get("/media/1/thumb").status_code for name, each in clients.items()}  # noqa: E731
    assert see() == {"linxia": 200, "zhoumo": 404, "gulan": 404, "luoning": 404, "xin": 404}
    data = {"whole": "1", "text:line": "好", "ask_original": "1", "original": "1"}
    assert clients["linxia"].post(f"/work/{work}/submit", data=data).status_code == 303
    assert see() == {"linxia": 200, "zhoumo": 200, "gulan": 404, "luoning": 200, "xin": 404}
