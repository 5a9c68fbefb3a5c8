"""The form for everything that a quest can hold: each preset's rows, what keeps it in, and two open tabs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from app.blueprints.quests import queries_staff, services_publish, services_staff
from app.blueprints.quests.models import Quest, QuestVersion
from app.blueprints.quests.policies_presets import QuestIn
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.quests_staff.test_pages import counted, form_of

HTMX = {"HX-Request": "true"}
QUICK = ("poll", "photo_call", "tip", "survey", "share")


@pytest.fixture
def desk(make_member: Callable[..., Actor], login: Callable[..., FlaskClient]) -> FlaskClient:
    return login(make_member("luoning", capabilities=("publisher",), locale="zh"))


def begin(desk: FlaskClient, preset: str, kind: str = "") -> int:
    made = desk.post("/staff/quests/new", data={"preset": preset, "kind": kind})
    assert made.status_code == 303
    return int(made.headers["Location"].split("/")[-2])


def form(desk: FlaskClient, quest_id: int) -> dict[str, list[str]]:
    return form_of(desk.get(f"/staff/quests/{quest_id}/edit").text)


def pressed(desk: FlaskClient, quest_id: int, sent: dict[str, list[str]], button: str, value: str) -> dict:
    """The form as it comes back after a button without a script."""
    answer = desk.post(f"/staff/quests/{quest_id}/edit", data=sent | {button: [value]})
    assert answer.status_code == 200
    return form_of(answer.text)


def saved(desk: FlaskClient, quest_id: int, sent: dict[str, list[str]]) -> queries_staff.Whole:
    answer = desk.post(f"/staff/quests/{quest_id}/edit", data=sent)
    assert answer.status_code == 303, answer.text[:2000]
    return stored(quest_id)


def stored(quest_id: int) -> queries_staff.Whole:
    db.session.rollback()
    return queries_staff.whole(quest_id)


def musts(quest_id: int) -> set[str]:
    db.session.rollback()
    return {found.field for found in services_publish.check_quest(quest_id) if found.must}


@pytest.mark.parametrize("kind", QUICK)
def test_a_quick_task_asks_for_little(desk: FlaskClient, kind: str) -> None:
    quest_id = begin(desk, "quick_task", kind)
    sent = form(desk, quest_id)
    assert not {name for name in sent if name.startswith(("criterion", "score", "stage", "ladder", "focus"))}
    assert "phrases" not in sent
    assert "rung" not in sent
    quest = saved(desk, quest_id, sent | {"title": ["题目"]})
    assert (quest.kind, quest.preset, quest.rung, quest.draft_rounds) == (kind, "quick_task", 1, 1)
    assert musts(quest_id) == ({"step-0-options"} if kind == "poll" else set())


def test_no_such_kind(desk: FlaskClient) -> None:
    for preset, kind in (("brief", "poll"), ("quick_task", "race"), ("other", "")):
        assert desk.post("/staff/quests/new", data={"preset": preset, "kind": kind}).status_code == 422
    assert desk.post("/staff/quests/new", data={"preset": "quick_task", "kind": "poll"}).status_code == 303


def test_options_keep_their_keys_whatever_happens_to_their_words(desk: FlaskClient) -> None:
    quest_id = begin(desk, "quick_task", "poll")
    sent = form(desk, quest_id) | {"title": ["?"], "option-0-zh": ["甲"], "option-1-zh": ["乙"]}
    sent = pressed(desk, quest_id, sent, "add_option", "s1")
    first = saved(desk, quest_id, sent | {"option-2-zh": ["丙"]}).steps[0]["options"]
    assert [option["zh"] for option in first] == ["甲", "乙", "丙"]
    sent = pressed(desk, quest_id, form(desk, quest_id), "remove_option", "0")
    then = saved(desk, quest_id, sent | {"option-0-zh": ["乙，改过"]}).steps[0]["options"]
    assert [(option["key"], option["zh"]) for option in then] == [
        (first[1]["key"], "乙，改过"), (first[2]["key"], "丙"),
    ]  # fmt: skip
    sent = pressed(desk, quest_id, form(desk, quest_id), "add_option", "s1")
    fresh = saved(desk, quest_id, sent | {"option-2-zh": ["丁"]}).steps[0]["options"]
    assert len({option["key"] for option in fresh}) == 3
    desk.post(f"/staff/quests/{quest_id}/publish", data={"when": "now"})
    assert stored(quest_id).state == "live"


def test_a_survey_of_every_kind_of_question(desk: FlaskClient) -> None:
    quest_id = begin(desk, "quick_task", "survey")
    sent = form(desk, quest_id) | {"title": ["问卷"], "step-0-low": ["不"], "step-0-high": ["很"]}
    for n, asks in enumerate(("choice", "multiple"), 2):
        sent = pressed(desk, quest_id, sent, "add_step", asks)
        sent |= {f"step-{n}-title": [f"问{n}"]}
    options = [name.rsplit("-", 1)[0] for name in sent if name.startswith("option-") and name.endswith("-zh")]
    sent |= {f"{name}-zh": [name] for name in options}
    quest = saved(desk, quest_id, sent)
    assert [step["evidence"] for step in quest.steps] == ["scale", "text", "choice", "multiple"]
    assert [len(step.get("options", ())) for step in quest.steps] == [0, 0, 2, 2]
    assert (quest.steps[0]["low"], quest.steps[0]["high"]) == ("不", "很")
    moved = pressed(desk, quest_id, form(desk, quest_id), "raise_step", "3")
    assert [step["evidence"] for step in saved(desk, quest_id, moved).steps][2:] == ["multiple", "choice"]
    assert [len(step["options"]) for step in stored(quest_id).steps[2:]] == [2, 2]


def test_a_brief_with_stages_focus_and_a_ladder(desk: FlaskClient) -> None:
    quest_id = begin(desk, "brief")
    sent = form(desk, quest_id) | {"title": ["一年的车轮"], "format": ["图文"], "focus-0-zh": ["说真话"]}
    sent = pressed(desk, quest_id, sent, "add_stage", "1") | {
        "stage-2-title": ["三月"],
        "stage-2-due_on": ["2030-03-01"],
    }
    sent = pressed(desk, quest_id, sent, "add_ladder", "1") | {
        "ladder-0-metric": ["views"], "ladder-0-from": ["1000"], "ladder-0-points": ["50"],
    }  # fmt: skip
    quest = saved(desk, quest_id, sent)
    assert [stage["due_on"] for stage in quest.stages] == [None, None, "2030-03-01"]
    assert quest.results_ladder == [{"metric": "views", "from": 1000, "points": 50, "perk": ""}]
    assert (quest.focus, quest.format) == ([{"zh": "说真话", "en": ""}], "图文")
    assert musts(quest_id) == {"stage-2-title"}
    fewer = pressed(desk, quest_id, form(desk, quest_id), "remove_stage", "0")
    quest = saved(desk, quest_id, fewer)
    assert [step.get("stage", 1) for step in quest.steps] == [1, 1]


VIEWS = {"metric": "views", "from": 100}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"confidential": True}, "terms"),
        ({"results_ladder": [VIEWS | {"points": 1}, VIEWS | {"points": 2}]}, "ladder-1-from"),
        ({"results_ladder": [VIEWS]}, "ladder-0-points"),
        ({"stages": [{"title": "一", "due_on": "2020-01-01"}]}, "stage-0-due_on"),
        ({"stages": [{"title": "一"}]}, "step-1-stage"),
    ],
)  # fmt: skip
def test_what_keeps_a_brief_in(desk: FlaskClient, said: QuestIn, field: str, make_member: Callable) -> None:
    by = make_member("guanli", capabilities=("publisher",))
    quest_id = services_staff.create_quest("brief", by=by)
    services_staff.save_quest(quest_id, QuestIn(title="一"), by=by)
    assert musts(quest_id) == set()
    services_staff.save_quest(quest_id, said, by=by)
    assert field in musts(quest_id)
    refused = desk.post(f"/staff/quests/{quest_id}/publish", data={"when": "now"})
    assert refused.status_code == 422
    assert stored(quest_id).state == "draft"


@pytest.mark.parametrize(
    ("name", "value"),
    [("ladder-0-from", "many"), ("ladder-0-from", "0"), ("ladder-0-points", "-1"), ("stage-0-due_on", "soon"),
     ("step-0-limit", "3"), ("stage-0-title", "长" * 31), ("focus-0-zh", "长" * 161)],
)  # fmt: skip
def test_errors_stand_beside_their_row(desk: FlaskClient, name: str, value: str) -> None:
    quest_id = begin(desk, "brief")
    sent = form(desk, quest_id) | {"title": ["一"], "ladder-0-metric": ["views"], "ladder-0-points": ["5"]}
    sent |= {"ladder-0-from": ["10"], "step-0-evidence": ["text"]}
    refused = desk.post(f"/staff/quests/{quest_id}/edit", data=sent | {name: [value]})
    assert refused.status_code == 422
    beside = name.removesuffix("-zh") if name.startswith("focus") else name
    assert f'id="f-{beside}-e"' in refused.text
    assert value in refused.text
    assert stored(quest_id).results_ladder == []
    assert saved(desk, quest_id, sent).results_ladder[0]["from"] == 10


# --- two tabs of one person -----------------------------------------------------------------------------


def keep(desk: FlaskClient, quest_id: int, part: str, sent: dict[str, list[str]]) -> int:
    return desk.post(f"/staff/quests/{quest_id}/part?part={part}", data=sent, headers=HTMX).status_code


def test_two_tabs_are_in_each_others_way_only_in_the_same_part(desk: FlaskClient) -> None:
    quest_id = begin(desk, "skill_challenge")
    first, second = form(desk, quest_id), form(desk, quest_id)
    assert keep(desk, quest_id, "what", first | {"title": ["第一页写的"]}) == 200
    assert keep(desk, quest_id, "how", second | {"needs": ["手机"]}) == 200
    assert (stored(quest_id).title, stored(quest_id).needs) == ("第一页写的", "手机")
    assert keep(desk, quest_id, "what", second | {"title": ["第二页写的"]}) == 422
    assert stored(quest_id).title == "第一页写的"
    whole = desk.post(f"/staff/quests/{quest_id}/edit", data=second | {"title": ["第二页写的"]})
    assert whole.status_code == 409
    assert "第一页写的" in whole.text
    assert "第二页写的" in whole.text
    assert stored(quest_id).title == "第一页写的"


def test_the_answer_to_a_part_knows_the_others_as_the_form_did(desk: FlaskClient) -> None:
    """A tab that keeps one part must not take over, unseen, what another tab kept in another part."""
    quest_id = begin(desk, "skill_challenge")
    first, second = form(desk, quest_id), form(desk, quest_id)
    assert keep(desk, quest_id, "what", first | {"title": ["第一页写的"]}) == 200
    answer = desk.post(
        f"/staff/quests/{quest_id}/part?part=how", data=second | {"needs": ["手机"]}, headers=HTMX
    )
    token = answer.text.split('name="seen" value="')[1].split('"')[0]
    again = second | {"seen": [token]}
    assert keep(desk, quest_id, "how", again | {"needs": ["三脚架"]}) == 200
    assert keep(desk, quest_id, "what", again | {"title": ["第二页写的"]}) == 422
    assert (stored(quest_id).title, stored(quest_id).needs) == ("第一页写的", "三脚架")


# --- as members see it, and how much is asked ------------------------------------------------------------


@pytest.mark.parametrize("kind", QUICK)
def test_the_card_before_it_is_out(desk: FlaskClient, kind: str) -> None:
    quest_id = begin(desk, "quick_task", kind)
    sent = form(desk, quest_id) | {"title": ["还没存的题目"], "title_en": ["Not stored yet"]}
    before = stored(quest_id).token
    shown = desk.post(f"/staff/quests/{quest_id}/preview", data=sent, headers=HTMX)
    assert "还没存的题目" in shown.text
    english = desk.post(f"/staff/quests/{quest_id}/preview", data=sent | {"as_language": "en"}, headers=HTMX)
    assert "Not stored yet" in english.text
    assert "10.0" in shown.text or "5.0" in shown.text or "3.3" in shown.text
    assert stored(quest_id).token == before


@pytest.mark.parametrize("more", [5, 500])
def test_queries_do_not_grow_with_the_programme(desk: FlaskClient, more: int) -> None:
    quest_id = begin(desk, "brief")
    now = clock.now()
    with unit_of_work():
        for n in range(more):
            said = {"preset": "skill_challenge", "state": "live", "track_key": "photo"}
            other = db.session.scalar(
                insert(Quest).values(**said, created_at=now, updated_at=now).returning(Quest.id)
            )
            terms = insert(QuestVersion).values(quest_id=other, title=f"挑战{n}", created_at=now)
            version = db.session.scalar(terms.returning(QuestVersion.id))
            db.session.execute(update(Quest).where(Quest.id == other).values(version_id=version))
    for path, most in (
        ("/staff/quests", 4), (f"/staff/quests/{quest_id}/edit", 7), (f"/staff/quests/{quest_id}/results", 6),
        ("/staff/sky/photo", 4), ("/staff/calls", 4), ("/calls", 4), ("/calls/new", 4), ("/", 9),
        ("/quests", 4),
    ):  # fmt: skip
        desk.get(path)
        with counted() as ran:
            assert desk.get(path).status_code == 200
        asked = [text for text in ran if "SELECT" in text]
        assert len(asked) <= most, (path, len(asked))
