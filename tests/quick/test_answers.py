"""What publishers read of the answers, and take out as a sheet."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import update

from app.blueprints.members.models import Member
from app.blueprints.quests import services_quick
from app.blueprints.quests.models import Quest, Submission
from app.blueprints.quests.services import Draft
from app.core import clock
from app.core.sheets import plain
from tests.quick.conftest import HTMX, change


@pytest.fixture
def publisher(make_member):
    return make_member("luoning", capabilities=("publisher",))


def sheet(client, quest: int, **asked) -> list[list[str]]:
    answer = client.get(f"/staff/quests/{quest}/answers.csv", query_string=asked)
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="answers-{quest}.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_a_polls_numbers_and_its_tiers(make_quick, make_member, login, publisher) -> None:
    poll = make_quick("poll")
    tiers = ["participant"] * 3 + ["contributor"] * 2
    people = [make_member(f"m{n}", tier=tier) for n, tier in enumerate(tiers)]
    for person, option in zip(people, ["fold", "fold", "arm", "fold", "none"], strict=True):
        services_quick.vote(poll, option, by=person)
    services_quick.vote(poll, "arm", by=people[0])
    client = login(publisher)
    page = client.get(f"/staff/quests/{poll}/answers").text
    for words in ("5 份回答", "2 · 40%", "1 · 20%", 'value="40" aria-label="从椅背翻下来"'):
        assert words in page
    some = client.get(f"/staff/quests/{poll}/answers?tier=contributor").text
    for words in ("2 份回答", "1 · 50%", "0 · 0%"):
        assert words in some
    rows = sheet(client, poll)
    assert rows[0] == ["名字", "层级", "交上去", "积分", "一步"]
    assert [row[4] for row in rows[1:]] == [
        "从扶手里拉出来", "从椅背翻下来", "从扶手里拉出来", "从椅背翻下来", "都不需要",
    ]  # fmt: skip
    assert {row[3] for row in rows[1:]} == {"5"}
    assert len(sheet(client, poll, tier="contributor")) == 3
    assert f"/staff/quests/{poll}/answers" in client.get(f"/staff/quests/{poll}").text


def test_a_surveys_numbers_words_and_sheet(make_quick, make_member, login, publisher) -> None:
    quest = make_quick("survey")
    given = [("5", "wait,fast", "=HYPERLINK(1)"), ("4", "wait", "-1+1"), ("5", "fine", "师傅很懂，\n真的")]
    for n, (heard, better, words) in enumerate(given):
        answers = {"heard": heard, "better": better, "words": words}
        services_quick.answer(quest, Draft(texts=answers), by=make_member(f"m{n}", name=f"@会员{n}"))
    client = login(publisher)
    page = client.get(f"/staff/quests/{quest}/answers").text
    for words in ("平均 4.7，满分 5", "2 · 67%", "2 · 50%", "3 人回答", "=HYPERLINK(1)", "师傅很懂"):
        assert words in page
    rows = sheet(client, quest)
    assert rows[0][4:] == ["听懂了吗", "哪里可以更好", "想补一句"]
    assert rows[1][4:] == ["5 完全懂", "等太久; 讲解太快", "'=HYPERLINK(1)"]
    assert rows[2][4:] == ["4", "等太久", "'-1+1"]
    assert rows[3][6] == "师傅很懂，\n真的"
    assert rows[1][0] == "'@会员0"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\n=1", "＝1", "\u3000@a"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert plain(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "好", "a=b", "1-2", "'x"])
def test_plain_words_stay(text: str) -> None:
    assert plain(text) == text


def test_words_are_paged_and_what_doesnt_count_is_left_out(
    make_quick, make_member, login, publisher, monkeypatch
) -> None:
    monkeypatch.setattr("app.blueprints.quests.queries_answers.TEXTS", 2)
    monkeypatch.setattr("app.blueprints.quests.queries_answers.CHUNK", 2)
    quest = make_quick("tip")
    people = [make_member(f"m{n}", name=f"会员{n}") for n in range(5)]
    tips = [
        services_quick.answer(quest, Draft(texts={"s1": f"技巧{n}"}), by=person)
        for n, person in enumerate(people)
    ]
    services_quick.mark_useful(tips[1], by=people[0])
    change(
        update(Submission).where(Submission.id == tips[0]).values(state="declined"),
        update(Member).where(Member.id == people[3].id).values(left_at=clock.now()),
    )
    client = login(publisher)
    first = client.get(f"/staff/quests/{quest}/answers").text
    assert "技巧4" in first
    assert "技巧2" not in first
    after = first.split('class="more"><a class="btn b3 wide" href="')[1].split('"')[0].replace("&amp;", "&")
    rest = client.get(after, headers=HTMX).text
    assert "<html" not in rest
    assert "技巧2" in rest
    assert "技巧1" in rest
    rows = sheet(client, quest)
    assert [(row[0], row[4], row[5]) for row in rows[1:]] == [
        ("会员1", "技巧1", "1"),
        ("会员2", "技巧2", "0"),
        ("一位离开的会员", "技巧3", "0"),
        ("会员4", "技巧4", "0"),
    ]


def test_only_publishers_and_only_quick_tasks(make_quick, make_member, login, publisher) -> None:
    quest = make_quick("tip")
    brief = make_quick("tip")
    change(update(Quest).where(Quest.id == brief).values(preset="brief", kind=None))
    for who in (make_member("linxia"), make_member("zhoumo", capabilities=("mentor",))):
        client = login(who)
        assert client.get(f"/staff/quests/{quest}/answers").status_code == 403
        assert client.get(f"/staff/quests/{quest}/answers.csv").status_code == 403
    client = login(publisher)
    for missing in (brief, 9999):
        assert client.get(f"/staff/quests/{missing}/answers").status_code == 404
        assert client.get(f"/staff/quests/{missing}/answers.csv").status_code == 404
    assert "还没有人回答" in client.get(f"/staff/quests/{quest}/answers?tier=nonsense&after=x").text
