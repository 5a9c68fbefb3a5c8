"""The publishing pages as a browser meets them: the form, its preview, the check, the states, the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from app.blueprints.quests import queries_staff, services, services_publish, services_staff
from app.blueprints.quests.models import Quest, QuestVersion
from app.blueprints.quests.policies_presets import QuestIn
from app.core import clock
from app.core.actor import Actor
from app.core.db import db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(publisher: Actor) -> int:
    quest_id = services_staff.create_quest("skill_challenge", by=publisher)
    services_staff.save_quest(
        quest_id,
        QuestIn(
            title="雾里的路",
            title_en="The road in fog",
            summary="先拍一张看不清的路。",
            summary_en="First take one you can hardly see.",
            track_key="photo",
            icon="i-road",
            rung=2,
        ),
        by=publisher,
    )
    return quest_id


@contextmanager
def counted() -> Iterator[list[str]]:
    ran: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        if statement not in ("BEGIN", "ROLLBACK"):
            ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def page(client: FlaskClient, path: str, **more: object) -> str:
    response = client.get(path, **more)  # type: ignore[arg-type]
    assert response.status_code == 200, response.get_data(as_text=True)[:800]
    return unescape(response.get_data(as_text=True))


def form_of(html: str) -> dict[str, list[str]]:
    """What a browser would send of the form "e" as it stands."""
    html = html[html.index('id="e"') : html.index("</form>", html.index('id="e"'))]
    sent: dict[str, list[str]] = {}

    def add(name: str, value: str) -> None:
        sent.setdefault(name, []).append(value)

    for tag in re.findall(r"<input\b[^>]*>", html):
        name, value = _attribute(tag, "name"), _attribute(tag, "value")
        if not name or (('type="radio"' in tag or 'type="checkbox"' in tag) and " checked" not in tag):
            continue
        add(name, unescape(value))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', html, re.S):
        add(name, unescape(text))
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inside) or re.search(
            r'<option value="([^"]*)"', inside
        )
        add(name, chosen.group(1) if chosen else "")
    return sent


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return found.group(1) if found else ""


def stored(quest_id: int) -> queries_staff.Whole:
    db.session.rollback()
    return queries_staff.whole(quest_id)


# --- the way from a preset to members ----------------------------------------------------------------


def test_from_the_preset_to_the_right_tier(
    desk: FlaskClient, make_member: Callable[..., Actor], login: Callable[..., FlaskClient]
) -> None:
    """Step 6 of the journey, as forms and links alone: JavaScript has no part in it."""
    make_member("right", tier="contributor")
    make_member("other", tier="participant")
    assert 'value="skill_challenge"' in page(desk, "/staff/quests/new")
    made = desk.post("/staff/quests/new", data={"preset": "skill_challenge"})
    assert made.status_code == 303
    edit = made.headers["Location"]
    quest_id = int(edit.split("/")[-2])
    form = form_of(desk.get(edit).get_data(as_text=True))
    form |= {
        "title": ["雾里的路"],
        "title_en": ["The road in fog"],
        "tiers": ["contributor"],
        "then": ["check"],
    }
    form |= {
        "step-0-title": ["停稳，打开双闪"],
        "step-0-title_en": ["Park, hazards on"],
        "rule_key": ["original_video"],
    }
    saved = desk.post(edit, data=form)
    assert (saved.status_code, saved.headers["Location"]) == (303, f"/staff/quests/{quest_id}/check")
    check = page(desk, saved.headers["Location"])
    assert "1 位会员" in check
    assert "200" in check
    token = re.search(r'name="seen" value="([^"]+)"', check)
    assert token
    out = desk.post(f"/staff/quests/{quest_id}/publish", data={"when": "now", "seen": token.group(1)})
    assert out.status_code == 303
    assert "雾里的路" in page(desk, "/staff/quests")

    desk.post("/logout")
    assert "雾里的路" in page(login("right"), "/quests")
    assert "停稳，打开双闪" in page(desk, f"/quests/{quest_id}")
    assert "Park, hazards on" in page(desk, f"/quests/{quest_id}", headers={"Accept-Language": "en"})
    desk.post("/logout")
    assert "雾里的路" not in page(login("other"), "/quests")
    assert desk.get(f"/quests/{quest_id}").status_code == 404


def test_duplicating_lands_on_a_draft_that_says_so(desk: FlaskClient, draft: int) -> None:
    answer = desk.post(f"/staff/quests/{draft}/duplicate")
    assert answer.status_code == 303
    html = page(desk, answer.headers["Location"])
    assert "雾里的路（副本）" in html
    assert "没有带过来的：日期" in html


@pytest.mark.parametrize("capabilities", [(), ("mentor",), ("reviewer",), ("expert",)])
def test_others_stay_outside(
    draft: int,
    make_member: Callable[..., Actor],
    login: Callable[..., FlaskClient],
    capabilities: tuple[str, ...],
) -> None:
    client = login(make_member("somebody", capabilities=capabilities))
    for path in (
        "",
        "/new",
        f"/{draft}",
        f"/{draft}/edit",
        f"/{draft}/check",
        f"/{draft}/preview",
        f"/{draft}/close",
    ):
        assert client.get("/staff/quests" + path).status_code == 403
    for path in ("edit", "part", "publish", "preview", "close", "archive", "duplicate"):
        assert client.post(f"/staff/quests/{draft}/{path}").status_code == 403
    assert stored(draft).state == "draft"


# --- the form ----------------------------------------------------------------------------------------


def test_the_form_as_it_stands_changes_nothing(desk: FlaskClient, draft: int) -> None:
    before = stored(draft)
    answer = desk.post(
        f"/staff/quests/{draft}/edit", data=form_of(desk.get(f"/staff/quests/{draft}/edit").text)
    )
    assert answer.status_code == 303
    assert stored(draft).values() == before.values()
    assert stored(draft).token == before.token


def test_every_field_comes_back_as_it_was_sent(
    desk: FlaskClient, draft: int, make_member: Callable[..., Actor]
) -> None:
    make_member("linxia")
    other = services_staff.create_quest("skill_challenge", by=_actor("luoning"))
    form = form_of(desk.get(f"/staff/quests/{draft}/edit").text) | {
        "title": ["雾 & <路>"],
        "title_en": ["Fog"],
        "summary": ["一句"],
        "summary_en": ["One"],
        "track_key": ["video"],
        "icon": ["i-film"],
        "rung": ["3"],
        "requires": [str(other), ""],
        "effort_minutes": ["25"],
        "needs": ["手机"],
        "needs_en": ["A phone"],
        "step-0-title": ["拍一段"],
        "step-0-evidence": ["video"],
        "step-0-min": ["2"],
        "step-0-max": ["4"],
        "step-0-required": ["1"],
        "step-0-hint": ["站稳"],
        "criterion-0-zh": ["有远近"],
        "criterion-0-en": ["Near and far"],
        "score-0-zh": ["光"],
        "score-0-en": ["Light"],
        "phrases": ["写下参数\r\n\r\n再近一点"],
        "phrases_en": ["Settings"],
        "rule_key": ["own:quest"],
        "points": ["30"],
        "perk": ["茶"],
        "perk_en": ["Tea"],
        "tiers": ["contributor", "cocreator"],
        "min_stars": ["1"],
        "named_logins": ["LinXia，luoning"],
        "capacity": ["9"],
        "repeat_days": ["30"],
        "goal": ["冬季"],
        "opens_at": ["2031-01-02T07:00"],
        "closes_at": ["2031-02-02T07:00"],
        "review_mode": ["staff"],
        "review_hours": ["72"],
        "draft_rounds": ["2"],
    }
    answer = desk.post(f"/staff/quests/{draft}/edit", data=form)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    quest = stored(draft)
    assert (quest.title, quest.track_key, quest.rung, quest.icon) == ("雾 & <路>", "video", 3, "i-film")
    assert (quest.requires, quest.tiers, quest.min_stars) == ((other,), ("contributor", "cocreator"), 1)
    assert quest.named_logins == ("linxia", "luoning")
    assert (quest.rule_key, quest.points, quest.perk_en) == ("quest", 30, "Tea")
    assert quest.steps[0]["evidence"] == "video"
    assert (quest.steps[0]["min"], quest.steps[0]["max"], quest.steps[0]["key"]) == (2, 4, "s1")
    assert quest.phrases == {"zh": ["写下参数", "再近一点"], "en": ["Settings"]}
    # the programme's zone, not the server's
    assert quest.opens_at.isoformat() == "2031-01-01T23:00:00+00:00"
    again = form_of(desk.get(f"/staff/quests/{draft}/edit").text)
    assert again["opens_at"] == ["2031-01-02T07:00"]
    assert again["title"] == ["雾 & <路>"]
    assert again["rule_key"] == ["own:quest"]


def test_a_step_may_be_left_out(desk: FlaskClient, draft: int) -> None:
    form = form_of(desk.get(f"/staff/quests/{draft}/edit").text)
    del form["step-1-required"]
    assert desk.post(f"/staff/quests/{draft}/edit", data=form).status_code == 303
    assert [step["required"] for step in stored(draft).steps] == [True, False]
    form = form_of(desk.get(f"/staff/quests/{draft}/edit").text)
    assert "step-1-required" not in form
    assert desk.post(f"/staff/quests/{draft}/preview", data=form, headers=HTMX).status_code == 200


def _actor(login: str) -> Actor:
    from app.blueprints.members import queries

    return queries.as_actor(queries.with_logins([login])[0].id)


def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(desk: FlaskClient, draft: int) -> None:
    before = stored(draft).values()
    form = form_of(desk.get(f"/staff/quests/{draft}/edit").text) | {
        "title": ["雾" * 31],
        "summary": ["刚写的一句"],
        "effort_minutes": ["一小时"],
        "closes_at": ["soon"],
        "step-0-evidence": ["gold"],
        "step-1-title": ["写下天气"],
        "named_logins": ["nobody-here"],
        "rung": ["9"],
    }
    answer = desk.post(f"/staff/quests/{draft}/edit", data=form)
    html = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    for name in ("effort_minutes", "closes_at"):
        field = html[html.index(f'id="f-{name}"') :][:600]
        assert 'aria-invalid="true"' in field
    sent = form_of(answer.get_data(as_text=True))
    assert sent["title"] == ["雾" * 31]
    assert sent["summary"] == ["刚写的一句"]
    assert sent["effort_minutes"] == ["一小时"]
    assert sent["step-1-title"] == ["写下天气"]
    assert stored(draft).values() == before
    # what only the command can know comes back the same way
    form |= {"effort_minutes": ["20"], "closes_at": [""]}
    answer = desk.post(f"/staff/quests/{draft}/edit", data=form)
    html = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "这里没有叫 nobody-here 的账号" in html
    assert "只有三阶" in html
    assert "选一下这一步交什么" in html
    assert stored(draft).values() == before


def test_rows_without_a_script(desk: FlaskClient, draft: int) -> None:
    """The buttons draw the form again with everything typed; nothing is stored by them."""
    before = stored(draft).values()
    form = form_of(desk.get(f"/staff/quests/{draft}/edit").text) | {"title": ["刚改的名字"]}
    answer = desk.post(f"/staff/quests/{draft}/edit", data=form | {"add_step": ["1"]})
    sent = form_of(answer.get_data(as_text=True))
    assert "step-2-title" in sent
    assert sent["title"] == ["刚改的名字"]
    sent["step-2-title"] = ["第三步"]
    answer = desk.post(f"/staff/quests/{draft}/edit", data=sent | {"raise_step": ["2"]})
    sent = form_of(answer.get_data(as_text=True))
    assert sent["step-1-title"] == ["第三步"]
    answer = desk.post(f"/staff/quests/{draft}/edit", data=sent | {"remove_step": ["0"]})
    sent = form_of(answer.get_data(as_text=True))
    assert sent["step-0-title"] == ["第三步"]
    answer = desk.post(f"/staff/quests/{draft}/edit", data=sent | {"add_criterion": ["1"]})
    assert "criterion-0-zh" in form_of(answer.get_data(as_text=True))
    assert stored(draft).values() == before
    # with a script only that part comes back
    part = desk.post(f"/staff/quests/{draft}/edit", data=sent | {"add_step": ["1"]}, headers=HTMX).get_data(
        as_text=True
    )
    assert part.lstrip().startswith('<section class="stack-x" id="p-how"')


def test_a_part_saves_itself(desk: FlaskClient, draft: int) -> None:
    seen = stored(draft).token
    form = {"seen": seen, "part": ["what", "how", "gives", "when"], "title": "雾里的桥", "track_key": "photo"}
    form |= {"icon": "i-road", "rung": "2", "effort_minutes": "x"}
    path = f"/staff/quests/{draft}/part?part=what"
    answer = desk.post(path, data=form, headers=HTMX)
    assert answer.status_code == 200
    html = answer.get_data(as_text=True)
    assert html.count("<p") == 1
    quest = stored(draft)
    assert (quest.title, quest.effort_minutes) == ("雾里的桥", 30)
    assert quest.token in html
    # the next one needs the new token
    answer = desk.post(path, data=form | {"title": "旧页面"}, headers=HTMX)
    assert answer.status_code == 422
    assert "另一位同事也存了" in unescape(answer.get_data(as_text=True))
    assert stored(draft).title == "雾里的桥"
    answer = desk.post(
        f"/staff/quests/{draft}/part?part=how", data=form | {"seen": quest.token}, headers=HTMX
    )
    assert answer.status_code == 422
    assert "#f-effort_minutes" in answer.get_data(as_text=True)
    assert quest.token in answer.get_data(as_text=True)


def test_two_tabs_keep_both(desk: FlaskClient, draft: int, publisher: Actor) -> None:
    form = form_of(desk.get(f"/staff/quests/{draft}/edit").text)
    services_staff.save_quest(draft, QuestIn(title="对方的名字", effort_minutes=55), by=publisher)
    answer = desk.post(f"/staff/quests/{draft}/edit", data=form | {"title": ["我的名字"]})
    html = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "对方的名字" in html
    assert "55" in html
    sent = form_of(answer.get_data(as_text=True))
    assert sent["title"] == ["我的名字"]
    assert stored(draft).title == "对方的名字"
    assert desk.post(f"/staff/quests/{draft}/edit", data=sent).status_code == 303
    assert stored(draft).title == "我的名字"


@pytest.mark.parametrize("path", ["edit", "part", "part?part=how", "preview", "publish"])
def test_five_hundred_fields_of_nonsense(desk: FlaskClient, draft: int, path: str) -> None:
    odd = [
        "",
        "\x00",
        "9" * 5000,
        "-1",
        "1e9",
        "🚗" * 300,
        "<script>",
        "%(x)s {{ 7 }}",
        "0",
        "null",
        "2024-13-45T99:99",
        "\ud7ff",
    ]
    names = [
        "part",
        "title",
        "rung",
        "requires",
        "resources",
        "tiers",
        "points",
        "min_stars",
        "opens_at",
        "closes_at",
        "at",
        "when",
        "seen",
        "icon",
        "track_key",
        "rule_key",
        "named_logins",
        "capacity",
        "phrases",
        "review_mode",
        "as_tier",
        "as_stars",
        "as_language",
        "effort_minutes",
        "repeat_days",
        "review_hours",
        "draft_rounds",
        "goal",
        "perk",
    ]
    names += [
        f"{kind}-{n}-{name}"
        for kind in ("step", "criterion", "score")
        for n in range(12)
        for name in ("title", "zh", "en", "min", "max", "key", "evidence", "required")
    ]
    before = stored(draft).values()
    for turn in range(len(odd)):
        form = {"part": ["what", "how", "gives", "when"]}
        form |= {name: [odd[(turn + at) % len(odd)]] for at, name in enumerate(names) if name != "part"}
        form |= {f"x{n}": [odd[n % len(odd)]] for n in range(500 - len(form))}
        answer = desk.post(f"/staff/quests/{draft}/{path}", data=form)
        assert answer.status_code < 500, answer.get_data(as_text=True)
    assert stored(draft).values() == before
    for button in ("add_step", "remove_step", "raise_step"):
        for value in odd:
            assert (
                desk.post(f"/staff/quests/{draft}/edit", data={button: value, "part": "how"}).status_code
                < 500
            )


# --- live quests -------------------------------------------------------------------------------------


def test_editing_a_live_quest_keeps_the_terms_of_those_who_began(
    desk: FlaskClient,
    draft: int,
    publisher: Actor,
    make_member: Callable[..., Actor],
    login: Callable[..., FlaskClient],
) -> None:
    early = make_member("early", locale="zh")
    make_member("late", locale="zh")
    services_publish.publish_quest(draft, by=publisher)
    work = services.start_quest(draft, by=early)
    form = form_of(desk.get(f"/staff/quests/{draft}/edit").text)
    form |= {
        "step-0-title": ["换了做法"],
        "rule_key": ["own:quest"],
        "points": ["5"],
        "change_note": [" "],
    }
    silent = desk.post(f"/staff/quests/{draft}/edit", data=form)
    assert silent.status_code == 422
    assert "说说改了什么" in silent.text
    assert "换了做法" in silent.text
    form["change_note"] = ["更容易"]
    answer = desk.post(f"/staff/quests/{draft}/edit", data=form)
    assert answer.status_code == 303
    assert "存成第 2 版" in page(desk, answer.headers["Location"])
    assert db.session.scalar(select(func.count()).select_from(QuestVersion)) == 2
    # what a later change says doesn't hide what the first one said
    services_staff.save_quest(draft, QuestIn(effort_minutes=9, change_note="更快了"), by=publisher)
    desk.post("/logout")
    theirs = page(login(early), f"/work/{work}")
    assert "换了做法" not in theirs
    assert "更容易" in theirs
    assert "更快了" in theirs
    desk.post("/logout")
    html = page(login("late"), f"/quests/{draft}")
    assert "换了做法" in html


# --- the preview -------------------------------------------------------------------------------------


def test_the_preview_draws_the_members_page_and_writes_nothing(desk: FlaskClient, draft: int) -> None:
    form = form_of(desk.get(f"/staff/quests/{draft}/edit").text)
    form |= {
        "title": ["没存的名字"],
        "title_en": ["Not stored"],
        "effort_minutes": ["oh"],
        "tiers": ["contributor"],
    }
    with counted() as ran:
        answer = desk.post(f"/staff/quests/{draft}/preview", data=form, headers=HTMX)
    html = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 200
    assert "没存的名字" in html
    assert "约 30 分钟" in html
    assert not [statement for statement in ran if not statement.lstrip().upper().startswith("SELECT")]
    english = desk.post(f"/staff/quests/{draft}/preview", data=form | {"as_language": ["en"]}, headers=HTMX)
    phone = english.get_data(as_text=True)
    phone = phone[phone.index("shot") :]
    assert "Not stored" in phone
    assert "How to do it" in phone
    assert "没存的名字" not in phone
    other = desk.post(
        f"/staff/quests/{draft}/preview", data=form | {"as_tier": ["participant"]}, headers=HTMX
    )
    assert "这一层的成员看不到它" in unescape(other.get_data(as_text=True))
    form |= {"min_stars": ["2"], "as_stars": ["0"], "as_tier": ["contributor"]}
    locked = unescape(
        desk.post(f"/staff/quests/{draft}/preview", data=form, headers=HTMX).get_data(as_text=True)
    )
    assert "2 星" in locked
    # and as a page of its own, for a phone and without a script
    assert "雾里的路" in page(desk, f"/staff/quests/{draft}/preview")
    assert stored(draft).title == "雾里的路"


# --- the check and the states ------------------------------------------------------------------------


def test_what_is_missing_keeps_it_in(desk: FlaskClient, publisher: Actor) -> None:
    quest_id = services_staff.create_quest("skill_challenge", by=publisher)
    html = page(desk, f"/staff/quests/{quest_id}/check")
    assert "起个名字" in html
    assert "先补上缺的" in html
    answer = desk.post(f"/staff/quests/{quest_id}/publish", data={"when": "now"})
    assert answer.status_code == 422
    assert stored(quest_id).state == "draft"


def test_scheduling(
    desk: FlaskClient, draft: int, make_member: Callable[..., Actor], login: Callable[..., FlaskClient]
) -> None:
    make_member("linxia", locale="zh")
    assert desk.post(f"/staff/quests/{draft}/publish", data={"when": "at", "at": ""}).status_code == 422
    # a slip of the year doesn't let it out at once
    over = desk.post(f"/staff/quests/{draft}/publish", data={"when": "at", "at": "2021-01-02T07:00"})
    assert over.status_code == 422
    assert "这个时刻已经过去了" in over.get_data(as_text=True)
    assert 'value="2021-01-02T07:00"' in over.get_data(as_text=True)
    assert (
        desk.post(f"/staff/quests/{draft}/publish", data={"when": "at", "at": "2031-01-02T07:00"}).status_code
        == 303
    )
    html = page(desk, f"/staff/quests/{draft}")
    assert "排期 1" in html
    desk.post("/logout")
    assert "雾里的路" not in page(login("linxia"), "/quests")


def test_what_has_closed_opens_again_as_its_page_offers_it(
    desk: FlaskClient, draft: int, publisher: Actor
) -> None:
    now = clock.now()
    services_publish.publish_quest(draft, by=publisher, at=now + timedelta(days=1))
    with clock.at(now + timedelta(days=2)):
        services_publish.close_quest(draft, by=publisher)
        offered = re.search(r'name="at"[^>]*value="([^"]+)"', page(desk, f"/staff/quests/{draft}/check"))
        assert offered is not None
        answer = desk.post(f"/staff/quests/{draft}/publish", data={"when": "at", "at": offered[1]})
        assert answer.status_code == 303
        assert stored(draft).state == "live"


def test_closing_asks_first(desk: FlaskClient, draft: int, publisher: Actor) -> None:
    services_publish.publish_quest(draft, by=publisher)
    assert "这个任务要收官吗" in page(desk, f"/staff/quests/{draft}/close")
    assert stored(draft).state == "live"
    assert desk.post(f"/staff/quests/{draft}/close").status_code == 303
    assert stored(draft).state == "closed"
    assert desk.post(f"/staff/quests/{draft}/close").status_code == 409
    assert desk.post(f"/staff/quests/{draft}/reopen").status_code == 303
    assert desk.post(f"/staff/quests/{draft}/close").status_code == 303
    assert desk.post(f"/staff/quests/{draft}/archive").status_code == 303
    assert stored(draft).state == "archived"
    assert desk.get(f"/staff/quests/{draft}/sell").status_code == 404


# --- the list ----------------------------------------------------------------------------------------


def test_the_list_counts_finds_and_stays_cheap(
    desk: FlaskClient, draft: int, publisher: Actor, make_member: Callable[..., Actor]
) -> None:
    services_publish.publish_quest(draft, by=publisher)
    member = make_member("tangguo", name="唐果")
    work = services.start_quest(draft, by=member)
    for _ in range(3):
        services_staff.create_quest("skill_challenge", by=publisher)
    with counted() as few:
        html = page(desk, "/staff/quests")
    assert "进行中 1" in html
    assert "草稿 3" in html
    assert "雾里的路" in page(desk, "/staff/quests?q=雾里")
    assert "雾里的路" in page(desk, "/staff/quests?q=fog")
    assert "雾里的路" in page(desk, "/staff/quests?q=影像")
    assert "没找到这个名字" in page(desk, "/staff/quests?q=%25")
    for _ in range(60):
        copy = services_staff.duplicate_quest(draft, by=publisher)
        services_publish.publish_quest(copy, by=publisher)
    with counted() as many:
        html = page(desk, "/staff/quests")
    assert len(many) == len(few) <= 4
    more = re.search(r'hx-get="([^"]+after=[^"]+)"', html)
    assert more
    with counted() as ran:
        rest = page(desk, more.group(1), headers=HTMX)
    assert len(ran) <= 4
    assert rest.count('class="pick"') == 21
    assert "<html" not in rest
    assert work


def test_one_quest_with_what_came_of_it(
    desk: FlaskClient, draft: int, publisher: Actor, make_member: Callable[..., Actor]
) -> None:
    services_staff.save_quest(
        draft,
        QuestIn(steps=[{"key": "w", "title": "写一句", "evidence": "text"}], criteria=[{"zh": "有远近"}]),
        by=publisher,
    )
    services_publish.publish_quest(draft, by=publisher)
    member = make_member("tangguo", name="唐果")
    work = services.start_quest(draft, by=member)
    services.submit_work(work, services.Draft(texts={"w": "一句"}), by=member)
    with counted() as ran:
        html = page(desk, f"/staff/quests/{draft}")
    assert len(ran) <= 6
    assert "唐果" in html
    assert "1 待审" in html
    with counted() as ran:
        page(desk, f"/staff/quests/{draft}/edit")
    assert len(ran) <= 7


def test_english_all_through(
    desk: FlaskClient,
    draft: int,
    publisher: Actor,
    make_member: Callable[..., Actor],
    login: Callable[..., FlaskClient],
) -> None:
    make_member("olive", capabilities=("publisher",), locale="en")
    desk.post("/logout")
    client = login("olive")
    services_publish.publish_quest(draft, by=publisher)
    for path in ("", f"/{draft}", f"/{draft}/edit", f"/{draft}/check", f"/{draft}/close", "/new"):
        html = page(client, "/staff/quests" + path)
        shown = re.sub(r"<(input|textarea|select|script)\b[^>]*>", "", html)
        for own in (
            "雾里的路",
            "先拍一张看不清的路。",
            "罗宁",
            "远山汽车",
            "拍一到三张照片",
            "写一句话",
            "清楚",
            "讲述",
            "中文",
        ):
            shown = shown.replace(own, "")
        assert not re.search(r"[\u4e00-\u9fff]", shown), (path, re.findall(r"[\u4e00-\u9fff]+", shown)[:5])


def test_what_opens_by_itself(draft: int, publisher: Actor) -> None:
    """Nothing has to run for it: the window alone shows and hides it."""
    services_publish.publish_quest(draft, by=publisher, at=clock.now() + timedelta(days=1))
    assert db.session.scalar(select(Quest.state).where(Quest.id == draft)) == "live"
    assert queries_staff.state_counts()["scheduled"] == 1
    with clock.at(clock.now() + timedelta(days=2)):
        assert queries_staff.state_counts()["live"] == 1
