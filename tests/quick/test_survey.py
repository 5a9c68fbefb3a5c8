"""Surveys: what must be answered, what may be, and what can't be an answer."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.blueprints.quests.models import Evidence
from app.blueprints.quests.policies_quick import as_kept, misfit, percents_of
from app.core.db import db
from tests.quick.conftest import HTMX, STEPS, balance, works

WHOLE = [("text:heard", "4"), ("text:better", ""), ("text:better", "fine"), ("text:better", "wait")]


def given(quest: int) -> dict[str, str]:
    db.session.rollback()
    return {row.step_key: row.body for row in db.session.execute(select(Evidence.step_key, Evidence.body))}


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
def test_a_survey_from_its_card(make_quick, make_member, login, htmx) -> None:
    quest, me = make_quick("survey", points=15), make_member("linxia")
    client = login(me)
    page = client.get("/quick").text
    for words in ("3 个小问题", "听懂了吗", "没听懂", "完全懂", "讲解太快"):
        assert words in page
    headers = HTMX if htmx else {}
    for _ in range(2):
        sent = client.post(f"/quests/{quest}/answer", data=MultiDict(WHOLE), headers=headers)
        assert sent.status_code == (200 if htmx else 303)
    assert given(quest) == {"heard": "4", "better": "wait,fine"}, "in the order of the options"
    assert [work.state for work in works(quest)] == ["approved"]
    assert balance(me) == 15
    sent_page = client.get("/work/1").text
    for words in ("4 分（满 5 分）", "等太久、都挺好"):
        assert words in sent_page


@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "plain"])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text:heard": []}, "heard"),
        ({"text:better": [""]}, "better"),
        ({"text:better": ["", "wait", "nonsense"]}, "better"),
        ({"text:heard": ["6"]}, "heard"),
        ({"text:heard": ["-1"]}, "heard"),
        ({"text:heard": ["4,5"]}, "heard"),
        ({"text:words": ["好" * 21]}, "words"),
    ],
)
def test_what_is_missing_or_cant_be(make_quick, make_member, login, changes, field, htmx) -> None:
    quest, me = make_quick("survey"), make_member("linxia")
    client = login(me)
    answers = MultiDict([*WHOLE, ("text:words", "师傅很懂"), ("here", "quick")])
    for name, values in changes.items():
        answers.setlist(name, values)
    refused = client.post(f"/quests/{quest}/answer", data=answers, headers=HTMX if htmx else {})
    assert refused.status_code == 422
    assert f'id="q{quest}-{field}-e"' in refused.text
    assert refused.text.count('class="err"') == 1
    assert works(quest) == []
    # what was right stays chosen and typed
    if field != "heard":
        assert 'value="4" checked' in refused.text
    if field != "better":
        assert 'value="fine" checked' in refused.text
    assert answers["text:words"] in refused.text


def test_the_optional_one_may_stay_empty_or_not(make_quick, make_member, login) -> None:
    quest = make_quick("survey")
    client = login(make_member("linxia"))
    data = MultiDict([*WHOLE, ("text:words", "等了一会儿")])
    assert client.post(f"/quests/{quest}/answer", data=data).status_code == 303
    assert given(quest)["words"] == "等了一会儿"


def test_the_working_page_takes_and_keeps_choices(make_quick, make_member, login) -> None:
    quest, me = make_quick("survey"), make_member("linxia")
    client = login(me)
    place = client.post(f"/quests/{quest}/start").location
    kept = client.post(f"{place}/save", data=MultiDict(WHOLE), headers=HTMX)
    assert kept.status_code == 200
    page = client.get(place).text
    assert 'value="4" checked' in page
    assert 'value="wait" checked' in page
    assert 'value="fast" checked' not in page
    emptied = MultiDict([("text:better", "")])
    assert client.post(f"{place}/save", data=emptied, headers=HTMX).status_code == 200
    assert given(quest) == {"heard": "4"}
    lacking = client.post(f"{place}/submit", data=MultiDict([("whole", "1"), *WHOLE[:2]]))
    assert lacking.status_code == 422
    assert "至少选一个" in lacking.text
    assert 'href="#f-step:better"' in lacking.text
    assert 'id="f-step:better"' in lacking.text
    wrong = client.post(f"{place}/save", data={"text:heard": "9"}, headers=HTMX)
    assert wrong.status_code == 422
    assert client.post(f"{place}/submit", data=MultiDict([("whole", "1"), *WHOLE])).status_code == 303
    assert balance(me) == 5


def test_rules_of_answers() -> None:
    scale, many, words = STEPS["survey"]
    assert as_kept(many, "fine,wait,fine", None) == "wait,fine"
    assert misfit(many, "wait,wat", None)
    assert misfit(many, "wait,fine", None) is None
    fits = {text: misfit(scale, text, None) is None for text in ("1", "5", "", "0", "6", "x")}
    assert fits == {"1": True, "5": True, "": True, "0": False, "6": False, "x": False}
    assert misfit(words, "x" * 20, "survey") is None
    assert misfit(words, "x" * 21, "survey")
    assert misfit({"evidence": "text"}, "x" * 61, "tip")
    assert misfit({"evidence": "text"}, "x" * 61, "survey") is None


@pytest.mark.parametrize("numbers", [[1, 1, 1], [2, 1], [0, 0], [], [1, 0, 0], [5, 3, 11, 7, 2, 1]])
def test_shares_are_a_hundred(numbers: list[int]) -> None:
    percents = percents_of(numbers)
    assert sum(percents) == (100 if sum(numbers) else 0)
    assert all(
        abs(percent * sum(numbers) - 100 * number) < 100 * max(sum(numbers), 1)
        for percent, number in zip(percents, numbers, strict=True)
    )
