"""The working page: nothing typed is lost, nothing is there twice, what is missing is said in its place."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import MultiDict

from app.blueprints.media.models import Media
from app.blueprints.members.models import Member
from app.blueprints.quests import services, services_review
from app.blueprints.quests.models import Evidence, Submission, SubmissionHelper
from app.blueprints.quests.schemas import draft
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core.db import db
from app.core.uow import unit_of_work
from tests.quests.conftest import WORDS_ONLY, counted, photo

HTMX = {"HX-Request": "true"}


@pytest.fixture
def work(make_quest, make_member, login):
    """(the address of begun work, the client of its member)."""
    member = make_member("linxia", name="林夏")
    submission_id = services.start_quest(make_quest(), by=member)
    return f"/work/{submission_id}", login(member)


def rows(*columns) -> list:
    db.session.rollback()  # see what the requests have written
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(columns[0])).all()]


def count(table) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def state() -> str:
    db.session.rollback()
    return db.session.scalar(select(Submission.state)) or ""


def up(client, address, key="one", step="photos", file=None, name="night.jpg", **more):
    data = {"step_key": step, "upload_key": key, "file": (file or photo(), name), **more}
    return client.post(f"{address}/evidence", data=data, headers=HTMX, content_type="multipart/form-data")


def test_missing_things_are_said_beside_their_steps(work) -> None:
    address, client = work
    typed = {"whole": "1", "ask_original": "1", "text:line": "  ", "text:post": "还没有链接"}
    page = client.post(f"{address}/submit", data=typed)
    assert page.status_code == 422
    assert state() == "working"
    step = page.text.split('id="step-photos"')[1].split("</li>")[0]
    assert "这里加一张照片。" in page.text.split('id="step-photos"')[1].split('id="step-line"')[0]
    line = page.text.split('id="step-line"')[1].split('id="step-post"')[0]
    assert 'aria-invalid="true"' in line
    assert re.search(r'aria-describedby="[^"]*f-step:line-e"', line)
    assert "在这里写一句话。" in line
    link = page.text.split('id="step-post"')[1].split("</ol>")[0]
    assert "把链接贴在这里" in link
    assert 'value="还没有链接"' in link
    assert "勾一下：这是你本人的作品。" in page.text
    assert page.text.count("autofocus") == 1
    assert (
        "autofocus" in step
        or "autofocus" in page.text.split('id="step-photos"')[1].split('id="step-line"')[0]
    )
    assert client.post(f"{address}/submit", data=typed).status_code == 422


def test_from_nothing_to_sent(work) -> None:
    address, client = work
    assert up(client, address).status_code == 200
    typed = {
        "whole": "1",
        "ask_original": "1",
        "original": "1",
        "library_consent": "1",
        "text:line": "便利店门口\r\n一盏灯",
        "text:post": "看看这个 https://www.xiaohongshu.com/a/1?b=2，复制打开小红书",
    }
    sent = client.post(f"{address}/submit", data=typed)
    assert sent.status_code == 303
    assert sent.location == address
    assert state() == "submitted"
    assert rows(Submission.original, Submission.library_consent) == [(True, True)]
    bodies = {row[0]: row[1] for row in rows(Evidence.step_key, Evidence.body)}
    assert bodies == {
        "photos": "",
        "line": "便利店门口\n一盏灯",
        "post": "https://www.xiaohongshu.com/a/1?b=2",
    }
    page = client.get(address).text
    assert "交上去了，48 小时内会看" in page
    again = client.post(f"{address}/submit", data=typed)
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("pasted", "link"),
    [
        ("https://b23.tv/abc", "https://b23.tv/abc"),
        (
            "3.5 复制打开抖音，看看【林夏的作品】https://v.douyin.com/x-Y_1/ 09/12",
            "https://v.douyin.com/x-Y_1/",
        ),
        ("http://weibo.com/1（微博）", "http://weibo.com/1"),
        (" 没有链接 ", "没有链接"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_a_link_is_taken_out_of_what_was_pasted(pasted, link) -> None:
    step = {"key": "post", "evidence": "link"}
    assert draft(MultiDict({"text:post": pasted}), [step]).texts == {"post": link}


def test_texts_save_themselves(work) -> None:
    address, client = work
    saved = client.post(f"{address}/save", data={"whole": "1", "text:line": "写了一半"}, headers=HTMX)
    assert saved.status_code == 200
    assert re.search(r'^<p class="cap" id="saved" role="status">已存 \d\d:\d\d</p>', saved.text.strip())
    assert rows(Evidence.step_key, Evidence.body) == [("line", "写了一半")]
    client.post(f"{address}/save", data={"text:line": "写完了"}, headers=HTMX)
    assert rows(Evidence.step_key, Evidence.body) == [("line", "写完了")]
    assert "写完了</textarea>" in client.get(address).text
    plain = client.post(f"{address}/save", data={"whole": "1", "text:line": "没有脚本"})
    assert plain.status_code == 303
    assert "草稿存好了" in client.get(address).text


def test_too_long_is_said_and_kept(work) -> None:
    address, client = work
    long = "长" * 4001
    for path in ("save", "submit", "evidence"):
        page = client.post(f"{address}/{path}", data={"whole": "1", "text:line": long})
        assert page.status_code == 422
        assert long in page.text
        assert "最多 4,000 字" in page.text
    fragment = client.post(f"{address}/save", data={"text:line": long}, headers=HTMX)
    assert fragment.status_code == 422
    assert 'id="saved"' in fragment.text
    assert rows(Evidence.body) == []


def test_odd_input_is_harmless(work) -> None:
    address, client = work
    odd = {
        "whole": "1",
        "text:line": "a\x00b<script>",
        "text:nowhere": "x",
        "helper": ["m:0", "r:-1", "x", "m:" + "9" * 30],
    }
    assert client.post(f"{address}/save", data=odd).status_code in (303, 422)
    page = client.get(address).text
    assert "<script>" not in page.split("</head>")[1]
    for query in (
        "?round=abc",
        "?round=-1",
        "?round=99999999999999",
        "?q=%00",
        "?q=" + "x" * 3000,
        "?q=%25_",
    ):
        assert client.get(address + query).status_code == 200
        assert client.get(f"{address}/helpers{query}", headers=HTMX).status_code == 200


# --- files ------------------------------------------------------------------------------------------


def test_each_file_goes_up_by_itself_and_a_retry_adds_nothing(work) -> None:
    address, client = work
    first = up(client, address, "one")
    assert first.status_code == 200
    assert first.text.strip().startswith('<ul class="cells" id="tiles-photos">')
    assert up(client, address, "one").status_code == 200
    assert up(client, address, "one", file=photo(10)).status_code == 200
    assert count(Evidence) == count(Media) == 1
    two = up(client, address, "two", file=photo(200)).text
    assert two.count("<img") == 2
    assert client.get(address).text.count("/thumb") == 2


def test_a_full_step_takes_no_more(work) -> None:
    address, client = work
    for n in range(3):
        assert up(client, address, f"key{n}", file=photo(n * 40)).status_code == 200
    refused = up(client, address, "key9", file=photo(250))
    assert refused.status_code == 422
    assert "这一步已经放满了" in refused.text
    assert count(Evidence) == count(Media) == 3


@pytest.mark.parametrize(
    ("step", "content", "name"),
    [
        ("photos", b"<html>no</html>", "night.jpg"),
        ("photos", b"", "night.jpg"),
        ("photos", photo().getvalue()[:900], "half.jpg"),
        ("line", photo().getvalue(), "night.jpg"),
        ("nowhere", photo().getvalue(), "night.jpg"),
        ("", photo().getvalue(), "night.jpg"),
    ],
)
def test_what_cant_be_taken_is_refused_beside_the_step(work, step, content, name) -> None:
    address, client = work
    refused = up(client, address, step=step, file=io.BytesIO(content), name=name)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert count(Evidence) == count(Media) == 0
    field = f"file:{step}"
    data = {"whole": "1", "text:line": "写着呢", field: (io.BytesIO(content), name)}
    page = client.post(f"{address}/evidence", data=data, content_type="multipart/form-data")
    assert page.status_code == 422
    assert "写着呢</textarea>" in page.text
    assert 'class="err"' in page.text or 'class="bar no' in page.text
    assert count(Media) == 0


def test_without_a_script_several_files_and_the_words_go_together(work) -> None:
    address, client = work
    data = {"whole": "1", "text:line": "写了一半", "file:photos": [(photo(1), "a.jpg"), (photo(99), "b.jpg")]}
    answer = client.post(f"{address}/evidence", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert answer.location == address
    assert count(Media) == 2
    page = client.get(address).text
    assert page.count("/thumb") == 2
    assert "写了一半</textarea>" in page
    data["file:photos"] = [(photo(1), "a.jpg"), (photo(99), "b.jpg")]
    client.post(f"{address}/evidence", data=data, content_type="multipart/form-data")
    assert count(Evidence) == 3  # two photos and a text: the same files again are the same
    data = {
        "whole": "1",
        "text:line": "写完",
        "ask_original": "1",
        "original": "1",
        "file:photos": (photo(7), "c.jpg"),
    }
    sent = client.post(f"{address}/submit", data=data, content_type="multipart/form-data")
    assert sent.status_code == 303
    assert state() == "submitted"
    assert count(Media) == 3


def test_remove_and_move(work) -> None:
    address, client = work
    for n in range(3):
        up(client, address, f"key{n}", file=photo(n * 40))
    order = lambda: [row[1] for row in rows(Evidence.position, Evidence.id)]  # noqa: E731
    one, two, three = order()
    moved = client.post(f"/evidence/{three}/move", headers=HTMX)
    assert moved.status_code == 200
    assert 'id="tiles-photos"' in moved.text
    assert order() == [one, three, two]
    client.post(f"/evidence/{one}/move", headers=HTMX)
    assert order() == [one, three, two]
    gone = client.post(f"/evidence/{three}/remove", headers=HTMX)
    assert gone.text.count("<img") == 2
    assert order() == [one, two]
    assert count(Media) == 2
    plain = client.post(f"/evidence/{two}/remove", data={"whole": "1", "text:line": "写着"})
    assert plain.status_code == 303
    assert plain.location == f"{address}#step-photos"
    assert rows(Evidence.id, Evidence.body)[-1][1] == "写着"
    assert client.post(f"/evidence/{two}/remove").status_code == 404


# --- helpers ----------------------------------------------------------------------------------------


def test_finding_and_naming_helpers(work, make_member, make_resource, make_quest) -> None:
    address, client = work
    chen, _zhou = make_member("chenyu", name="陈屿"), make_member("zhoumo", name="周默")
    guide = make_resource("夜拍三件事", chen)
    found = client.get(f"{address}/helpers?q=陈", headers=HTMX).text
    assert f'value="m:{chen.id}"' in found
    assert "<html" not in found
    assert f'value="r:{guide}"' in client.get(f"{address}/helpers?q=夜拍", headers=HTMX).text
    assert "没有找到「无此人」" in client.get(f"{address}/helpers?q=无此人", headers=HTMX).text
    assert "林夏" not in client.get(f"{address}/helpers?q=林夏", headers=HTMX).text.replace("「林夏」", "")
    plain = client.post(f"{address}/save", data={"whole": "1", "text:line": "没丢", "q": "陈"})
    assert plain.location.startswith(f"{address}?q=")
    page = client.get(plain.location.split("#")[0]).text
    assert f'value="m:{chen.id}"' in page
    assert "没丢</textarea>" in page
    client.post(f"{address}/save", data={"whole": "1", "helper": [f"m:{chen.id}"]}, headers=HTMX)
    assert rows(SubmissionHelper.helper_id, SubmissionHelper.resource_id) == [(chen.id, None)]
    assert f'value="m:{chen.id}" checked' in client.get(f"{address}/helpers?q=周", headers=HTMX).text
    client.post(f"{address}/save", data={"text:line": "只有字"}, headers=HTMX)
    assert count(SubmissionHelper) == 1
    client.post(f"{address}/save", data={"whole": "1"}, headers=HTMX)
    assert count(SubmissionHelper) == 0


def test_up_to_three_and_never_oneself(work, make_member) -> None:
    address, client = work
    others = [make_member(f"helper{n}", name=f"帮手{n}") for n in range(4)]
    me = db.session.scalar(select(Member.id).where(Member.login == "linxia"))
    for chosen, said in (
        ([f"m:{one.id}" for one in others], "最多写三位"),
        ([f"m:{me}"], "不能谢自己"),
        (["m:99999"], "没找到这个人"),
    ):
        fragment = client.post(f"{address}/save", data={"whole": "1", "helper": chosen}, headers=HTMX)
        assert fragment.status_code == 422
        assert said in fragment.text
        page = client.post(f"{address}/submit", data={"whole": "1", "helper": chosen, "text:line": "在"})
        assert page.status_code == 422
        assert said in page.text
        assert "在</textarea>" in page.text
    page = client.post(f"{address}/submit", data={"whole": "1", "helper": [f"m:{one.id}" for one in others]})
    assert all(f'value="m:{one.id}" checked' in page.text for one in others)
    assert count(SubmissionHelper) == 0


def test_tutorials_of_the_quest_are_one_tap_away(make_quest, make_member, make_resource, login) -> None:
    me, chen = make_member("linxia"), make_member("chenyu", name="陈屿")
    mine, theirs, ours = make_resource("我的", me), make_resource("八秒", chen), make_resource("安全卡", None)
    work = services.start_quest(make_quest(resources=[mine, theirs, ours]), by=me)
    page = login(me).get(f"/work/{work}").text
    assert f'value="r:{theirs}"' in page
    assert f'value="r:{mine}"' not in page
    assert f'value="r:{ours}"' not in page


# --- other people, other moments --------------------------------------------------------------------


def test_other_peoples_work_is_not_there(work, make_member, login) -> None:
    address, client = work
    up(client, address)
    evidence = rows(Evidence.id)[0][0]
    stranger = login(make_member("zhoumo", capabilities=("mentor", "reviewer", "admin")))
    absent = "/work/99999"
    for path in ("", "/helpers?q=a"):
        for headers in ({}, HTMX):
            assert stranger.get(address + path, headers=headers).status_code == 404
            assert stranger.get(absent + path, headers=headers).status_code == 404
    for path in ("/save", "/submit", "/take-back", "/withdraw"):
        assert stranger.post(address + path, data={"whole": "1", "text:line": "x"}).status_code == 404
        assert stranger.post(absent + path, data={"whole": "1", "text:line": "x"}).status_code == 404
    assert up(stranger, address, "stolen").status_code == 404
    for path in ("remove", "move"):
        assert stranger.post(f"/evidence/{evidence}/{path}").status_code == 404
        assert stranger.post(f"/evidence/99999/{path}").status_code == 404
    assert count(Evidence) == count(Media) == 1
    assert state() == "working"


def test_once_sent_nothing_changes(make_quest, make_member, login) -> None:
    member = make_member("linxia")
    work = services.start_quest(make_quest(), by=member)
    client = login(member)
    up(client, f"/work/{work}")
    evidence = rows(Evidence.id)[0][0]
    data = {"whole": "1", "text:line": "好", "ask_original": "1", "original": "1"}
    assert client.post(f"/work/{work}/submit", data=data).status_code == 303
    for answer in (
        client.post(f"/work/{work}/save", data={"text:line": "晚了"}),
        client.post(f"/work/{work}/save", data={"text:line": "晚了"}, headers=HTMX),
        up(client, f"/work/{work}", "late"),
        client.post(f"/evidence/{evidence}/remove"),
        client.post(f"/evidence/{evidence}/move", headers=HTMX),
    ):
        assert answer.status_code == 409
        assert "想改就先取回来" in answer.text
    assert client.get(f"/work/{work}/helpers?q=a", headers=HTMX).status_code in (204, 303)
    assert count(Evidence) == 2


def test_ones_own_terms(make_quest, make_member, login, new_terms) -> None:
    member = make_member("linxia")
    quest = make_quest(rule_key="original_post")
    work = services.start_quest(quest, by=member)
    client = login(member)
    assert "你的约定" not in client.get(f"/work/{work}").text
    new_terms(quest, change_note="多了一步", steps=WORDS_ONLY)
    page = client.get(f"/work/{work}").text
    assert "你的约定" in page
    assert "多了一步" in page
    assert "100 积分" in page
    assert "拍一到三张" in page


def test_round_two_has_the_remarks_beside_it(make_quest, make_member, login) -> None:
    member, reviewer = make_member("linxia"), make_member("luoning", name="罗宁", capabilities=("reviewer",))
    criteria = [{"zh": "光有来处", "en": "Light"}, {"zh": "没有手抖", "en": "No shake"}]
    work = services.start_quest(make_quest(steps=WORDS_ONLY, criteria=criteria), by=member)
    services.submit_work(work, Draft(texts={"line": "第一次"}), by=member)
    services_review.open_for_review(work, by=reviewer)
    services_review.ask_changes(
        work, Verdict(round=1, highlight="光很好", suggestion="写下快门", checks=[0]), by=reviewer
    )
    client = login(member)
    page = client.get(f"/work/{work}").text
    for there in (
        "罗宁上次说",
        "「光很好」",
        "「写下快门」",
        "没有手抖",
        "第 2 次，共 3 次",
        "第一次</textarea>",
        "?round=1",
    ):
        assert there in page, there
    assert "光有来处" not in page
    client.post(f"/work/{work}/save", data={"whole": "1", "text:line": "第二次"}, headers=HTMX)
    first = client.get(f"/work/{work}?round=1").text
    assert "「第一次」" in first
    assert "<textarea" not in first
    assert "<textarea" in client.get(f"/work/{work}?round=2").text
    with counted() as seen:
        client.get(f"/work/{work}")
    assert len(seen) <= 6, seen


def test_a_self_check_lights_at_once(make_quest, make_member, login) -> None:
    member = make_member("linxia")
    work = services.start_quest(make_quest(steps=WORDS_ONLY, review_mode="self"), by=member)
    client = login(member)
    assert "点亮它" in client.get(f"/work/{work}").text
    assert client.post(f"/work/{work}/submit", data={"whole": "1", "text:line": "好"}).status_code == 303
    assert state() == "approved"


def test_ticks_keep_their_state(work) -> None:
    address, client = work
    whole = {"whole": "1", "ask_original": "1"}
    client.post(f"{address}/save", data=whole | {"original": "1", "library_consent": "1"}, headers=HTMX)
    assert rows(Submission.original, Submission.library_consent) == [(True, True)]
    client.post(f"{address}/save", data={"text:line": "只有字"}, headers=HTMX)
    assert rows(Submission.original, Submission.library_consent) == [(True, True)]
    client.post(f"{address}/save", data=whole, headers=HTMX)
    assert rows(Submission.original, Submission.library_consent) == [(False, False)]


def test_english(work) -> None:
    address, client = work
    with unit_of_work():
        db.session.execute(update(Member).values(locale="en"))
    page = client.get(address).text
    for there in ("Your work", "Take one to three", "Who helped you", "Save draft", "Send it in"):
        assert there in page
    assert "Write one line" in client.post(f"{address}/submit", data={"whole": "1"}).text


def test_queries(work, make_resource) -> None:
    address, client = work
    for n in range(3):
        up(client, address, f"key{n}", file=photo(n * 40))
    client.get(address)
    with counted() as seen:
        client.get(address)
    assert len(seen) <= 6, seen
