"""Polls: one vote each, changed until the poll closes, the result only after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.blueprints.quests import services, services_desk, services_quick, services_review
from app.blueprints.quests.models import Evidence, PollVote, Quest, QuestVersion, Submission
from app.blueprints.quests.policies import is_sampled
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotFound, Refused
from app.core.uow import unit_of_work
from tests.quick.conftest import HTMX, OPTIONS, STEPS, balance, change, votes, works


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
@pytest.mark.parametrize("here", ["quick", "quest"])
def test_one_tap_is_a_vote(make_quick, make_member, login, htmx, here) -> None:
    poll, me = make_quick("poll"), make_member("linxia")
    client = login(me)
    page = client.get("/quick" if here == "quick" else f"/quests/{poll}").text
    assert "从椅背翻下来" in page
    assert f'action="/quests/{poll}/answer"' in page
    assert "<progress" not in page
    answer = client.post(
        f"/quests/{poll}/answer", data={"text:s1": "arm", "here": here}, headers=HTMX if htmx else {}
    )
    if htmx:
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith(f'<section class="card mt3" id="quick-{poll}"')
        shown = answer.text
    else:
        assert answer.status_code == 303
        assert answer.location == (f"/quick#quick-{poll}" if here == "quick" else f"/quests/{poll}")
        shown = client.get(answer.location).text
    assert 'value="100" aria-label="从扶手里拉出来, 你选的"' in shown.replace("，", ", ")
    assert "1 人投票" in shown
    assert 'class="pts on end">5' in shown
    assert votes(poll) == {"arm": 1}
    assert [(work.state, work.points_awarded) for work in works(poll)] == [("approved", 5)]
    assert balance(me) == 5
    assert f"/quests/{poll}/start" not in shown


def test_twice_is_once_and_another_option_is_a_change(make_quick, make_member, login) -> None:
    poll, me, other = make_quick("poll"), make_member("linxia"), make_member("zhoumo")
    services_quick.vote(poll, "fold", by=other)
    client = login(me)
    for _ in range(2):
        assert client.post(f"/quests/{poll}/answer", data={"text:s1": "fold"}).status_code == 303
    assert votes(poll) == {"fold": 2}
    changed = client.post(f"/quests/{poll}/answer", data={"text:s1": "none"}, headers=HTMX)
    assert "50%" in changed.text
    assert votes(poll) == {"fold": 1, "none": 1}
    assert len(works(poll)) == 2
    assert balance(me) == 5
    work = db.session.scalar(select(Submission.id).where(Submission.member_id == me.id))
    story = client.get(f"/work/{work}").text
    assert "你改了选择" in story
    assert "从椅背翻下来" in story, "what was sent first stays readable"
    assert "<q>fold" not in story
    assert ">fold<" not in story


def test_a_vote_stays_once_the_poll_has_closed(make_quick, make_member, login) -> None:
    poll, me = make_quick("poll", closes_at=clock.now() + timedelta(hours=1)), make_member("linxia")
    client = login(me)
    assert client.post(f"/quests/{poll}/answer", data={"text:s1": "fold"}).status_code == 303
    assert "我改主意了" in client.get("/quick").text
    assert client.post(f"/quests/{poll}/answer", data={"text:s1": "arm"}).status_code == 303
    with clock.at(clock.now() + timedelta(hours=2)):
        for headers in ({}, HTMX):
            late = client.post(f"/quests/{poll}/answer", data={"text:s1": "none"}, headers=headers)
            assert late.status_code == 409
            assert "投票已经截止" in late.text
        assert late.headers["HX-Retarget"] == f"#quick-{poll}"
        page = client.get(f"/quests/{poll}").text
        assert "已截止" in page
        assert "我改主意了" not in page
        newcomer = make_member("alan")
        with pytest.raises(Refused):
            services_quick.vote(poll, "none", by=newcomer)
    assert votes(poll) == {"arm": 1}


def test_the_result_is_hidden_before_voting(make_quick, make_member, login) -> None:
    poll, other, me = make_quick("poll"), make_member("zhoumo"), make_member("linxia")
    services_quick.vote(poll, "fold", by=other)
    client = login(me)
    for path in ("/quick", f"/quests/{poll}"):
        page = client.get(path).text
        assert "%" not in page.split("<main")[1].split("</main>")[0]
        assert "人投票" not in page
    change(update(Quest).values(state="closed"))
    assert "1 人投票" in client.get(f"/quests/{poll}").text, "over: nobody can be swayed any more"


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
@pytest.mark.parametrize("sent", ["", "gone", "fold,arm", "fold' OR 1=1"])
def test_what_is_no_option_is_said_beside_the_field(make_quick, make_member, login, sent, htmx) -> None:
    poll, me = make_quick("poll"), make_member("linxia")
    client = login(me)
    for voted in (False, True):
        refused = client.post(
            f"/quests/{poll}/answer", data={"text:s1": sent, "here": "quick"}, headers=HTMX if htmx else {}
        )
        assert refused.status_code == 422
        assert f'id="q{poll}-s1-e"' in refused.text
        assert ("请重新选一次" if sent else "选一个") in refused.text
        assert len(works(poll)) == int(voted)
        services_quick.vote(poll, "fold", by=me)
    assert votes(poll) == {"fold": 1}


def test_not_mine_not_there_not_a_poll(make_quick, make_member, login) -> None:
    me, other = make_member("linxia"), make_member("zhoumo")
    theirs, draft, tip = (
        make_quick("poll", named=[other]),
        make_quick("poll", state="draft"),
        make_quick("tip"),
    )
    client = login(me)
    for quest in (theirs, draft, 9999):
        assert client.get(f"/quests/{quest}").status_code == 404
        assert client.post(f"/quests/{quest}/answer", data={"text:s1": "fold"}).status_code == 404
        with pytest.raises(NotFound):
            services_quick.vote(quest, "fold", by=me)
    with pytest.raises(NotFound):
        services_quick.vote(tip, "fold", by=me)
    assert services_quick.vote(theirs, "fold", by=other)
    assert votes(theirs) == {"fold": 1}


def test_the_working_page_votes_too(make_quick, make_member, login) -> None:
    poll, me = make_quick("poll"), make_member("linxia")
    client = login(me)
    place = client.post(f"/quests/{poll}/start").location
    page = client.get(place).text
    assert 'type="radio" name="text:s1" value="arm"' in page
    wrong = client.post(f"{place}/submit", data={"whole": "1", "text:s1": "gone"})
    assert wrong.status_code == 422
    assert "请重新选一次" in wrong.text
    assert votes(poll) == {}
    assert "接着做" in client.get(f"/quests/{poll}").text
    assert client.post(f"{place}/submit", data={"whole": "1", "text:s1": "arm"}).status_code == 303
    assert votes(poll) == {"arm": 1}
    assert balance(me) == 5


def test_a_reversed_vote_leaves_the_tally(make_quick, make_member) -> None:
    poll, me, other = make_quick("poll"), make_member("linxia"), make_member("zhoumo")
    work = services_quick.vote(poll, "fold", by=me)
    services_quick.vote(poll, "fold", by=other)
    for _ in range(2):
        with unit_of_work():
            change(update(Submission).where(Submission.id == work).values(state="declined"))
            services_quick.forget_answers(work)
        assert votes(poll) == {"fold": 1}
    again = services_quick.vote(poll, "arm", by=me)
    assert again != work
    assert votes(poll) == {"arm": 1, "fold": 1}


def test_withdrawn_before_it_was_read(make_quick, make_member) -> None:
    poll, me = make_quick("poll", review_mode="staff"), make_member("linxia")
    work = services_quick.vote(poll, "fold", by=me)
    assert votes(poll) == {"fold": 1}
    assert balance(me) == 0
    services.withdraw_work(work, by=me)
    assert votes(poll) == {}


def test_a_vote_counts_exactly_while_it_is_accepted(make_quick, make_member) -> None:
    poll, me = make_quick("poll"), make_member("linxia")
    first, second = (make_member(name, capabilities=("reviewer",)) for name in ("luoning", "guyan"))
    work = services_quick.vote(poll, "fold", by=me)
    services_desk.reverse_approval(work, "乱投的", by=first)
    assert votes(poll) == {}
    services_desk.look_again(work, by=me)
    for _ in range(2):
        services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=second)
        assert votes(poll) == {"fold": 1}
    assert balance(me) == 5
    # and can be changed as any other
    assert services_quick.vote(poll, "arm", by=me) == work
    services_desk.undo_approval(work, by=second)
    services_review.approve_submission(work, Verdict(round=1, highlight="好"), by=second)
    assert votes(poll) == {"arm": 1}
    services_desk.undo_approval(work, by=second)
    services_review.decline_submission(work, Verdict(round=1, reason="还是乱投的"), by=second)
    assert votes(poll) == {}


def test_a_reader_sees_words_not_keys(make_quick, make_member, login) -> None:
    poll = make_quick("poll", review_mode="staff")
    survey = make_quick("survey", review_mode="staff")
    me = make_member("linxia")
    for work in (
        services_quick.vote(poll, "fold", by=me),
        services_quick.answer(survey, Draft(texts={"heard": "5", "better": "fast,wait"}), by=me),
    ):
        page = login(make_member(f"reader{work}", capabilities=("reviewer",))).get(f"/review/{work}").text
        assert ("从椅背翻下来" in page) if work == 1 else ("等太久" in page and "讲解太快" in page)
        assert "5 分（满 5 分）" in page or work == 1
        assert "fast,wait" not in page


def test_lists_of_the_desk_say_words_too_and_all_of_them(make_quick, make_member, login) -> None:
    me, staff = make_member("linxia"), make_member("reader", capabilities=("reviewer",))
    client = login(staff)
    for mode, path in (("auto", "/review/samples?quest="), ("staff", "/review/together?quest=")):
        quests = [make_quick(kind, review_mode=mode) for kind in ("poll", "survey")]
        # those of the sample show nothing before they are opened
        while is_sampled(services_quick.vote(quests[0], "fold", by=me)):
            quests[0] = make_quick("poll", review_mode=mode)
        given = Draft(texts={"heard": "5", "better": "fast,wait", "words": "<b>茶</b>"})
        while is_sampled(services_quick.answer(quests[1], given, by=me)):
            quests[1] = make_quick("survey", review_mode=mode)
        poll, survey = (client.get(f"{path}{quest}").text for quest in quests)
        assert "从椅背翻下来" in poll
        for words in ("5 分（满 5 分） · 完全懂", "等太久、讲解太快", "&lt;b&gt;茶&lt;/b&gt;"):
            assert words in survey, mode
        assert "fast,wait" not in survey


def test_an_option_taken_out_keeps_its_votes(make_quick, make_member, login) -> None:
    poll, me, other = make_quick("poll"), make_member("linxia"), make_member("zhoumo")
    services_quick.vote(poll, "none", by=other)
    fewer = [STEPS["poll"][0] | {"options": OPTIONS[:2]}]
    change(update(QuestVersion).values(steps=fewer))
    services_quick.vote(poll, "fold", by=me)
    page = login(me).get(f"/quests/{poll}").text
    assert "以前的选项" in page
    assert page.count("50%</progress>") == 2
    with pytest.raises(Invalid):
        services_quick.vote(poll, "none", by=me)
    assert db.session.scalar(select(Evidence.body).where(Evidence.submission_id == 2)) == "fold"
    assert db.session.scalar(select(PollVote.option_key).where(PollVote.member_id == other.id)) == "none"
