"""One quest's page, and starting it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.blueprints.quests import services, services_review
from app.blueprints.quests.models import Quest, Submission
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from tests.quests.conftest import WORDS_ONLY, counted


def works() -> int:
    db.session.rollback()  # see what the requests have written
    return db.session.scalar(select(func.count()).select_from(Submission)) or 0


def test_everything_before_starting(make_quest, make_member, login, make_resource) -> None:
    author = make_member("chenyu", name="陈屿")
    guide = make_resource("夜拍三件事", author)
    quest = make_quest(rule_key="original_post", resources=[guide], needs="手机", effort_minutes=35)
    make_quest("蓝调时刻", after=[quest], rung=2)
    reviewer, other = make_member("luoning", capabilities=("reviewer",)), make_member("zhoumo", name="周默")
    words = make_quest("写", steps=WORDS_ONLY)
    work = services.start_quest(words, by=other)
    services.submit_work(work, Draft(texts={"line": "好"}), by=other)
    services_review.approve_submission(work, Verdict(round=1, highlight="稳"), by=reviewer)
    client = login(make_member("linxia"))
    page = client.get(f"/quests/{quest}").text
    for words_there in (
        "首次夜拍",
        "影像 · 一阶",
        "天黑以后，找一盏灯。",
        "约 35 分钟",
        "手机",
        "100 积分",
        "停稳，找一盏灯",
        "垫稳手机",
        "光有来处",
        "48 小时内答复",
        "「首次夜拍」徽章",
        "打开「蓝调时刻」",
        "夜拍三件事",
        "陈屿",
        f"/library/{guide}",
    ):
        assert words_there in page, words_there
    assert page.count('class="b-focus"') == 1
    assert f'action="/quests/{quest}/start"' in page
    lit = client.get(f"/quests/{words}").text
    assert "他们点亮过" in lit
    assert f'href="{"/m"}' in lit or "周默" in lit


def test_start_twice_is_one_start(make_quest, make_member, login) -> None:
    quest = make_quest(capacity=5)
    client = login(make_member("linxia"))
    first, second = client.post(f"/quests/{quest}/start"), client.post(f"/quests/{quest}/start")
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert works() == 1
    assert db.session.scalar(select(Quest.started_count)) == 1
    assert first.location in client.get(f"/quests/{quest}").text


@pytest.mark.parametrize("reason", ["unmet", "stars", "full", "closed", "soon", "again", "lit"])
def test_locked_with_the_reason(make_quest, make_member, login, reason) -> None:
    member = make_member("linxia")
    quest = {
        "unmet": lambda: make_quest(after=[make_quest("先做这个")]),
        "stars": lambda: make_quest(min_stars=2),
        "full": lambda: make_quest(capacity=1),
        "closed": lambda: make_quest(state="closed"),
        "soon": lambda: make_quest(opens_at=clock.now() + timedelta(days=2)),
        "again": lambda: make_quest(steps=WORDS_ONLY, repeat_days=7, review_mode="self"),
        "lit": lambda: make_quest(steps=WORDS_ONLY, review_mode="self"),
    }[reason]()
    if reason == "full":
        services.start_quest(quest, by=make_member("zhoumo"))
    if reason in ("again", "lit"):
        work = services.start_quest(quest, by=member)
        services.submit_work(work, Draft(texts={"line": "好"}), by=member)
    before, client = works(), login(member)
    said = {
        "unmet": "先点亮「先做这个」",
        "stars": "先到 2 星",
        "full": "名额暂时满了",
        "closed": "现在没有开放",
        "soon": "开放",
        "again": "起可以再做",
        "lit": "看看你的作品",
    }[reason]
    client.get("/quests", follow_redirects=True)  # a badge that was lit shows itself first
    page = client.get(f"/quests/{quest}")
    assert said in page.text
    assert "/start" not in page.text
    refused = client.post(f"/quests/{quest}/start")
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    assert works() == before


def test_not_mine_is_not_there(make_quest, make_member, login) -> None:
    hidden = [
        make_quest(to_participant=False),
        make_quest(state="draft"),
        make_quest(state="scheduled"),
        make_quest(state="archived"),
        make_quest(named_members_only=True),
    ]
    client = login(make_member("xin", tier="participant"))
    token = re.compile(r'<meta name="csrf" content="[^"]+">')  # carries the second it was made in
    answers = {token.sub("", client.get(f"/quests/{quest}").text) for quest in [*hidden, 99999, 2**31 - 1]}
    assert len(answers) == 1
    for quest in (*hidden, 99999):
        assert client.get(f"/quests/{quest}").status_code == 404
        assert client.post(f"/quests/{quest}/start").status_code == 404
    assert client.get(f"/quests/{2**31}").status_code == 404
    assert client.get(f"/quests/{10**30}").status_code == 404
    assert works() == 0


def test_begun_work_keeps_its_page(make_quest, make_member, login, new_terms) -> None:
    from app.core.uow import unit_of_work

    member = make_member("linxia")
    quest = make_quest()
    services.start_quest(quest, by=member)
    with unit_of_work():
        db.session.execute(Quest.__table__.update().values(to_participant=False, state="archived"))
    assert login(member).get(f"/quests/{quest}").status_code == 200


def test_queries(make_quest, make_member, login, make_resource) -> None:
    author = make_member("chenyu")
    quest = make_quest(resources=[make_resource("甲", author), make_resource("乙", author)])
    for n in range(3):
        make_quest(f"后{n}", after=[quest])
    client = login(make_member("linxia"))
    client.get(f"/quests/{quest}")
    with counted() as seen:
        client.get(f"/quests/{quest}")
    assert len(seen) <= 6, seen
