"""Tips and shares: one line from the card; marks that count once; pages by use and by date."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from app.blueprints.library import services as library
from app.blueprints.members.models import Member
from app.blueprints.quests import services_quick
from app.blueprints.quests.models import QuestResource, Submission, TipUseful
from app.blueprints.quests.queries_quick import TIP_PAGE
from app.blueprints.quests.services import Draft
from app.core import clock
from app.core.db import db
from tests.quick.conftest import HTMX, balance, change, works


def tip_of(quest, member, text="雨刮停在最高处"):
    return services_quick.answer(quest, Draft(texts={"s1": text}), by=member)


def marks(tip: int) -> int:
    db.session.rollback()
    kept = db.session.scalar(select(Submission.useful_count).where(Submission.id == tip))
    assert kept == db.session.scalar(select(func.count()).where(TipUseful.submission_id == tip))
    return kept


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
@pytest.mark.parametrize("kind", ["tip", "share"])
def test_one_line_from_the_card(make_quick, make_member, login, kind, htmx) -> None:
    quest, me = make_quick(kind, points=10), make_member("linxia")
    client = login(me)
    headers = HTMX if htmx else {}
    for _ in range(2):
        sent = client.post(
            f"/quests/{quest}/answer",
            data={"text:s1": " 擦一擦\r\n雷达探头 ", "here": "quick"},
            headers=headers,
        )
        assert sent.status_code == (200 if htmx else 303)
    assert [(work.state, work.points_awarded) for work in works(quest)] == [("approved", 10)]
    assert balance(me) == 10
    shown = sent.text if htmx else client.get("/quick").text
    assert 'class="pts on end">10' in shown
    assert ("擦一擦 雷达探头" in shown) == (kind == "tip"), (
        "a tip is one line; whom it was sent to is nobody's"
    )


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
@pytest.mark.parametrize(("kind", "limit"), [("tip", 60), ("share", 30)])
def test_too_long_keeps_what_was_typed(make_quick, make_member, login, kind, limit, htmx) -> None:
    quest, me = make_quick(kind), make_member("linxia")
    client = login(me)
    headers = HTMX if htmx else {}
    for here in ("quick", "quest"):
        for text, says in (("长" * (limit + 1), f"最多 {limit} 字"), ("  ", "在这里写一句")):
            data = {"text:s1": text, "here": here}
            refused = client.post(f"/quests/{quest}/answer", data=data, headers=headers)
            assert refused.status_code == 422
            assert says in refused.text
            assert text.strip() in refused.text
            assert f'aria-describedby=" q{quest}-s1-e"' in refused.text
    assert works(quest) == []
    kept = client.post(f"/quests/{quest}/answer", data={"text:s1": "长" * limit}, headers=headers)
    assert kept.status_code == (200 if htmx else 303)
    assert len(works(quest)) == 1


def test_the_working_page_has_the_same_limit(make_quick, make_member, login) -> None:
    client = login(make_member("linxia"))
    place = client.post(f"/quests/{make_quick('tip')}/start").location
    refused = client.post(f"{place}/submit", data={"whole": "1", "text:s1": "长" * 61})
    assert refused.status_code == 422
    assert "最多 60 字" in refused.text
    assert "长" * 61 in refused.text
    assert client.post(f"{place}/submit", data={"whole": "1", "text:s1": "长" * 60}).status_code == 303


def test_a_share_hands_over_its_resource(make_quick, make_member, login) -> None:
    quest = make_quick("share")
    card = library.publish_resource(kind="tutorial", title="路边安全卡", body="停稳。", author_id=None)
    change(insert(QuestResource).values(quest_id=quest, resource_id=card, position=0))
    page = login(make_member("linxia")).get("/quick").text
    assert f'data-share="/library/{card}"' in page
    assert "路边安全卡" in page


def test_useful_toggles_and_a_double_tap_does_it_once(make_quick, make_member, login) -> None:
    quest, author, me = make_quick("tip"), make_member("zhoumo"), make_member("linxia")
    tip = tip_of(quest, author)
    client = login(me)
    form = re.search(
        rf'<form id="useful-{tip}".*?action="([^"]+)"', client.get(f"/quests/{quest}").text, re.S
    )
    assert form is not None
    address = form[1].replace("&amp;", "&")
    for _ in range(2):
        answer = client.post(address, headers=HTMX)
        assert answer.status_code == 200
        assert 'aria-pressed="true">有用 1<' in answer.text
        assert marks(tip) == 1
    back = re.search(r'hx-post="([^"]+)"', answer.text)
    assert back is not None
    for _ in range(2):
        answer = client.post(back[1].replace("&amp;", "&"))
        assert (answer.status_code, answer.location) == (303, f"/quests/{quest}")
        assert marks(tip) == 0


def test_where_a_mark_without_script_leads_back(make_quick, make_member, login) -> None:
    quest, author = make_quick("tip"), make_member("zhoumo")
    tip = tip_of(quest, author)
    client = login(make_member("linxia"))
    for here, place in (("quick", f"/quick#quick-{quest}"), ("tips", f"/quests/{quest}/tips")):
        assert client.post(f"/tips/{tip}/useful?on=1&here={here}").location == place


def test_nobody_marks_their_own_or_what_they_may_not_see(make_quick, make_member, login) -> None:
    author, me = make_member("zhoumo"), make_member("linxia")
    open_tip = tip_of(make_quick("tip"), author)
    hidden = tip_of(make_quick("tip", named=[author]), author)
    poll = make_quick("poll")
    vote = services_quick.vote(poll, "fold", by=author)
    client = login(author)
    assert client.post(f"/tips/{open_tip}/useful?on=1").status_code == 409
    assert f'id="useful-{open_tip}"' not in client.get("/quick").text
    client = login(me)
    for work in (hidden, vote, 99999):
        assert client.post(f"/tips/{work}/useful?on=1").status_code == 404
    assert client.post(f"/tips/{open_tip}/useful?on=1").status_code == 303
    assert (marks(open_tip), marks(hidden)) == (1, 0)
    change(update(Submission).where(Submission.id == open_tip).values(state="declined"))
    assert client.post(f"/tips/{open_tip}/useful?on=1").status_code == 404


def test_pages_by_use_and_by_date(make_quick, make_member, login) -> None:
    quest, me = make_quick("tip"), make_member("linxia")
    people = [make_member(f"m{n}") for n in range(TIP_PAGE + 3)]
    tips = {}
    for n, person in enumerate(people):
        with clock.at(clock.now() - timedelta(hours=100 - n)):
            tips[n] = tip_of(quest, person, f"技巧第{n}条")
    best = 4
    for person in people[5:8]:
        services_quick.mark_useful(tips[best], by=person)
    client = login(me)

    def walk(path: str) -> list[int]:
        seen: list[int] = []
        while path:
            page = client.get(path, headers=HTMX if "after" in path else {}).text
            seen += [int(number) for number in re.findall(r"技巧第(\d+)条", page)]
            more = re.search(r'class="more"><a class="btn b3 wide" href="([^"]+)"', page)
            path = more[1].replace("&amp;", "&") if more else ""
        return seen

    by_use, newest = walk(f"/quests/{quest}/tips"), walk(f"/quests/{quest}/tips?by=new")
    assert by_use[0] == best
    assert sorted(by_use) == sorted(newest) == list(range(len(people)))
    assert newest == sorted(newest, reverse=True)
    card = client.get(f"/quests/{quest}").text
    assert f"技巧第{best}条" in card
    # one's own is on the card too, once, however few find it useful
    assert login(people[0]).get("/quick").text.count("技巧第0条") == 1
    assert login(people[best]).get("/quick").text.count(f"技巧第{best}条") == 1
    assert f"看全部技巧，{len(people)} 条" in card


def test_who_has_left_has_no_name(make_quick, make_member, login) -> None:
    quest, author = make_quick("tip"), make_member("zhoumo", name="周默")
    tip_of(quest, author)
    client = login(make_member("linxia"))
    assert "周默" in client.get(f"/quests/{quest}/tips").text
    change(update(Member).where(Member.id == author.id).values(left_at=clock.now()))
    page = client.get(f"/quests/{quest}/tips").text
    assert "周默" not in page
    assert "一位离开的会员" in page
