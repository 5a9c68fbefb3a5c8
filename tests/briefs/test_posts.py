"""Posts, the figures they reach, and the ladder that these climb: each rung once."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from sqlalchemy import func, select

from app.blueprints.impact.models import Helped, ImpactLine, Post, PostFigure
from app.blueprints.inbox.models import Notice
from app.blueprints.points.models import Account, Transfer
from app.blueprints.points.queries_audit import differences
from app.blueprints.quests.models import RungPaid
from app.core.db import db
from tests.briefs.conftest import EN, HTMX, POST, SHARED
from tests.quests.conftest import counted, photo


def rungs() -> list[tuple[str, int]]:
    db.session.rollback()
    rows = db.session.execute(
        select(RungPaid.metric, RungPaid.threshold).order_by(RungPaid.metric, RungPaid.threshold)
    )
    return [tuple(row) for row in rows]


def paid() -> int:
    """What rungs have paid, as the ledger says."""
    db.session.rollback()
    return db.session.scalar(
        select(func.coalesce(func.sum(Transfer.amount), 0)).where(Transfer.key.like("submission:%:rung:%"))
    )


def report(client, post: int = 1, **figures: str):
    token = re.search(r'name="key" value="([^"]+)"', client.get(f"/posts/{post}").text)
    assert token is not None
    return client.post(f"/posts/{post}/figures", data={"key": token[1], **figures})


def decide(desk, decision: str, **form: str) -> int:
    found = re.search(rf"/staff/figures/(\d+)/{decision}", desk.get("/staff/figures").text)
    assert found is not None
    return desk.post(f"/staff/figures/{found[1]}/{decision}", data=form).status_code


# --- posts ------------------------------------------------------------------------------------------


def test_a_post_is_registered_by_pasting(people, client_of) -> None:
    member = client_of(people["linxia"])
    assert "这里还空着" in member.get("/posts").text
    seen = member.post("/posts/read", data={"text": SHARED}, headers=HTMX).text
    assert "夜拍三件事" in seen
    assert "认出来了：小红书" in seen
    done = member.post("/posts", data={"text": SHARED})
    assert done.status_code == 303
    assert "登记好了" in member.get(done.headers["Location"]).text
    again = member.post("/posts", data={"text": POST})
    assert again.headers["Location"] == done.headers["Location"]
    told = member.get(again.headers["Location"]).text
    assert "这一篇以前登记过，就是它。" in told
    assert "夜拍三件事" in member.get("/posts").text
    nothing = member.post("/posts", data={"text": "忘了贴链接"})
    assert nothing.status_code == 422
    assert "忘了贴链接" in nothing.text
    db.session.rollback()
    assert db.session.scalar(select(func.count(Post.id))) == 1


def test_a_link_of_somebody_else_is_taken_only_with_a_word(lit, people, client_of) -> None:
    """`lit` is linxia's, for a quest. Who came first proves nothing, and nobody is paid unseen."""
    other, desk = client_of(people["xiaoman"]), client_of(people["luoning"])
    seen = other.post("/posts/read", data={"text": SHARED}, headers=HTMX).text
    assert "已经有人登记过这个链接" in seen
    assert 'name="mine"' in seen
    assert "林夏" not in seen.replace("夜拍三件事 - 林夏", "")  # not whose
    for text in (SHARED, POST):
        refused = other.post("/posts", data={"text": text})
        assert refused.status_code == 422
        assert 'id="f-mine-e"' in refused.text
        assert text in refused.text.replace("&amp;", "&")
    db.session.rollback()
    assert db.session.scalar(select(func.count(Post.id))) == 1
    done = other.post("/posts", data={"text": SHARED, "mine": "1"})
    assert done.status_code == 303
    # theirs by now: neither is asked again
    for member in (other, client_of(people["linxia"])):
        assert member.post("/posts", data={"text": POST}).status_code == 303
        assert 'name="mine"' not in member.post("/posts/read", data={"text": POST}, headers=HTMX).text
    db.session.rollback()
    assert db.session.scalar(select(func.count(Post.id))) == 2

    assert "也登记了这个链接" not in desk.get("/staff/figures").text
    report(client_of(people["linxia"]), views="1240")
    report(other, 2, views="9000")
    queue = desk.get("/staff/figures").text
    assert queue.count("也登记了这个链接") == 2
    first = queue[: queue.index("也登记了这个链接", queue.index("也登记了这个链接") + 1)]
    assert re.search(r"林夏.*1 号 · 为任务交的 · 这次报的.*小满.*2 号", first, re.S)


def test_a_link_of_ones_own_asks_nothing(people, client_of) -> None:
    member = client_of(people["linxia"])
    assert 'name="mine"' not in member.post("/posts/read", data={"text": POST}, headers=HTMX).text
    assert member.post("/posts", data={"text": POST}).status_code == 303


def test_posts_are_ones_own(lit, people, client_of) -> None:
    stranger = client_of(people["xiaoman"])
    assert stranger.get("/posts/1").status_code == 404
    assert stranger.post("/posts/1/figures", data={"views": "5", "key": "k"}).status_code == 404
    assert stranger.get("/staff/figures").status_code == 403


def test_lists_keep_their_number_of_queries(lit, people, client_of) -> None:
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    for n in range(4):
        member.post("/posts", data={"text": f"https://b23.tv/p{n}"})
        report(member, n + 1, views=str(n + 5), likes="3")
    for client, path in ((member, "/posts"), (member, "/posts/1"), (desk, "/staff/figures")):
        client.get(path)
        with counted() as said:
            assert client.get(path).status_code == 200
        assert len(said) <= 4, (path, said)


# --- reported figures -------------------------------------------------------------------------------


def test_a_reported_figure_counts_once_confirmed(lit, people, client_of) -> None:
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    assert report(member, views="1,240", likes="86").status_code == 303
    assert rungs() == []
    assert "数字待核对" in member.get("/posts").text
    queue = desk.get("/staff/figures", headers=EN).text
    assert "1,240" in queue
    assert "林夏" in queue
    assert decide(desk, "confirm") == 303
    assert rungs() == [("views", 1000)]
    assert paid() == 20
    assert decide_again(desk) == 409
    assert paid() == 20
    title = db.session.scalars(
        select(Notice.title).where(Notice.key == f"submission:{lit}:rung:views:1000")
    ).one()
    assert title["zh"] == "「上班路上」读到 1,000 次"
    assert "够到了" in member.get(f"/work/{lit}").text
    assert "1,240" in member.get("/posts").text
    line = db.session.scalar(select(Transfer.id).where(Transfer.amount == 20))
    assert "读到 1,000 次" in member.get(f"/wallet/{line}").text
    # reach is not thanks: it helped nobody in particular
    assert db.session.scalars(select(ImpactLine.kind)).all() == ["reach"]
    assert db.session.scalar(select(func.count(Helped.person_id))) == 0
    assert list(differences()) == []


def decide_again(desk) -> int:
    return desk.post("/staff/figures/1/confirm").status_code


def test_figures_go_up_and_down_and_each_rung_pays_once(lit, people, client_of) -> None:
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    for views in ("900", "1200", "800", "15000", "1100", "15001"):
        report(member, views=views)
        decide(desk, "confirm")
    report(member, saves="250")
    decide(desk, "confirm")
    assert rungs() == [("saves", 200), ("views", 1000), ("views", 10000)]
    assert paid() == 70
    assert list(differences()) == []


def test_a_refused_figure_never_counts(lit, people, client_of) -> None:
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    report(member, views="99999")
    assert decide(desk, "refuse", reason="截图里是 999") == 303
    assert rungs() == []
    notice = db.session.scalars(select(Notice.body).where(Notice.key.like("figures:%"))).one()
    assert notice["zh"] == "截图里是 999"
    assert "还对不上" in member.get("/posts/1").text


@pytest.mark.parametrize("typed", ["abc", "-5", "1.5", "99999999999999", "१२", "1e5", "=1+1"])
def test_what_is_no_number_is_said_beside_its_field(lit, people, client_of, typed) -> None:
    answer = report(client_of(people["linxia"]), views=typed, likes="7")
    assert answer.status_code == 422
    assert 'aria-describedby=" f-views-e"' in answer.text or 'id="f-views-e"' in answer.text
    assert 'value="7"' in answer.text
    assert db.session.scalar(select(func.count(PostFigure.id))) == 0


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1.2万", 12000), ("1.2w", 12000), ("１２００", 1200), ("3,400", 3400), ("2千", 2000), ("5k", 5000)],
)
def test_numbers_as_apps_write_them(lit, people, client_of, typed, value) -> None:
    assert report(client_of(people["linxia"]), views=typed).status_code == 303
    assert db.session.scalar(select(PostFigure.value)) == value


def test_a_report_is_sent_once_and_takes_a_screenshot(lit, people, client_of) -> None:
    member = client_of(people["linxia"])
    for _ in range(2):
        form = {"key": "same", "views": "5", "picture": (photo(), "s.jpg")}
        assert member.post("/posts/1/figures", data=form).status_code == 303
    media = db.session.scalars(select(PostFigure.media_id)).one()
    assert client_of(people["luoning"]).get(f"/media/{media}/thumb").status_code == 200
    assert client_of(people["xiaoman"]).get(f"/media/{media}/thumb").status_code == 404
    broken = {"key": "other", "views": "5", "picture": (BytesIO(b"no picture"), "s.jpg")}
    answer = member.post("/posts/1/figures", data=broken)
    assert answer.status_code == 422
    assert 'id="f-picture-e"' in answer.text


def test_nobody_confirms_their_own(lit, make_quest, people, client_of) -> None:
    desk = client_of(people["luoning"])
    desk.post("/posts", data={"text": "https://b23.tv/mine"})
    report(desk, 2, views="5")
    assert desk.post("/staff/figures/1/confirm").status_code == 403
    assert client_of(people["guyan"]).post("/staff/figures/1/confirm").status_code == 303


def test_figures_from_before_the_approval_count_too(through, people, client_of) -> None:
    """The post was registered and confirmed by itself before the work was lit."""
    from app.blueprints.quests import services, services_review
    from app.blueprints.quests.services import Draft
    from app.blueprints.quests.services_review import Verdict

    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    member.post("/posts", data={"text": SHARED})
    report(member, views="1500")
    decide(desk, "confirm")
    assert rungs() == []
    services.submit_work(through, Draft(texts={"link": POST}), by=people["linxia"])
    services_review.approve_submission(through, Verdict(round=2, highlight="好"), by=people["luoning"])
    assert rungs() == [("views", 1000)]


# --- a file -----------------------------------------------------------------------------------------


def upload(desk, text: str | bytes):
    content = text.encode() if isinstance(text, str) else text
    return desk.post("/staff/figures/import", data={"file": (BytesIO(content), "f.csv")})


FILE = f"link,views,saves\n{POST}?xsec_token=9,12400,210\nhttps://b23.tv/nobody,5,5\n{POST},abc,1\n=1+1,5,5\n"


def test_a_file_is_shown_before_anything_is_written(lit, people, client_of) -> None:
    desk = client_of(people["luoning"])
    shown = upload(desk, FILE)
    assert shown.status_code == 422
    assert "2 个数字可以收下" in shown.text
    assert "3 行收不了" in shown.text
    assert "还没有人登记过这一篇" in shown.text
    assert db.session.scalar(select(func.count(PostFigure.id))) == 0
    errors = desk.post("/staff/figures/import/errors", data={"text": FILE})
    assert errors.mimetype == "text/csv"
    assert "'=1+1" in errors.text
    assert not re.search(r"(^|,)\"?=", errors.text, re.M)
    assert desk.post("/staff/figures/import/run", data={"text": FILE}).status_code == 303
    assert rungs() == [("saves", 200), ("views", 1000), ("views", 10000)]
    assert paid() == 70
    # the same file again
    assert desk.post("/staff/figures/import/run", data={"text": FILE}).status_code == 303
    assert paid() == 70
    assert db.session.scalar(select(func.count(PostFigure.id))) == 2


@pytest.mark.parametrize(
    "text",
    [
        "post,metric,value,date\n1,views,1.2万,2025-11-03\n",
        "编号;指标;数值;日期\n1;阅读;12000;2025/11/3\n".encode("gb18030"),
        "链接,阅读\n".encode("utf-8-sig") + f"{POST},12000\r\n".encode(),
        f"link\tviews\n{POST}\t12000\n",
    ],
)
def test_shapes_of_files(lit, people, client_of, text) -> None:
    shown = upload(client_of(people["luoning"]), text)
    assert "1 个数字可以收下" in shown.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "a,b\n1,2\n",
        "link,views\n" + "x,1\n" * 2001,
        b"\xff\xfe\x00\x81",
        "link,views\n" + "y" * 140000,
    ],
)
def test_a_file_that_is_none(lit, people, client_of, text) -> None:
    answer = upload(client_of(people["luoning"]), text)
    assert answer.status_code == 422
    assert 'id="f-file-e"' in answer.text


def test_only_the_desk_imports(lit, people, client_of) -> None:
    member = client_of(people["linxia"])
    for path in ("", "/run", "/errors"):
        assert member.post(f"/staff/figures/import{path}", data={"text": FILE}).status_code == 403
    assert db.session.scalar(select(Account.balance).where(Account.member_id == people["linxia"].id)) == 100


# --- the numbers of posts ---------------------------------------------------------------------------


def test_numbers_stand_where_figures_are_read(lit, people, client_of, brief) -> None:
    desk = client_of(people["luoning"])
    report(client_of(people["linxia"]), views="1240")
    assert "1 号" in desk.get("/staff/figures").text
    assert "1 号 · 林夏" in upload(desk, f"link,views\n{POST},12400\n").text
    assert "1 号作品" in desk.get(f"/staff/quests/{brief}/results?part=lit").text


def test_the_file_of_posts_comes_back_as_it_is(lit, people, client_of) -> None:
    member = client_of(people["linxia"])
    member.post(
        "/posts",
        data={
            "text": '38 【=1+1,"x" - 林夏 | 小红书 - 你的生活指南】 https://www.xiaohongshu.com/explore/64f1a2b3c4d5e6f708192a3c'
        },
    )
    member.post("/posts", data={"text": "https://b23.tv/" + "x" * 300})
    stranger = client_of(people["xiaoman"])
    stranger.post(
        "/posts", data={"text": POST, "mine": "1"}
    )  # the same link: only the number tells them apart
    for headers in ({}, EN):
        desk = client_of(people["luoning"])
        got = desk.get("/staff/figures/posts.csv", headers=headers)
        assert got.mimetype == "text/csv"
        assert not re.search(r"(^|,)\"?[=+@-]", got.text, re.M)
        lines = got.text.splitlines()
        assert len(lines) == 5
        # nothing filled in: nothing wrong, nothing to take over
        empty = upload(desk, got.data)
        assert empty.status_code == 200
        assert "0 个数字可以收下" in empty.text
        assert "4 行没有填数字" in empty.text
    filled = [lines[0].lstrip("\ufeff")] + [
        line.removesuffix(",,,,,") + f",{n},,7,," for n, line in enumerate(lines[1:], 1500)
    ]
    for encoding in ("utf-8-sig", "gb18030"):
        shown = upload(desk, "\r\n".join(filled).encode(encoding))
        assert shown.status_code == 200
        assert "8 个数字可以收下" in shown.text
    assert desk.post("/staff/figures/import/run", data={"text": "\r\n".join(filled)}).status_code == 303
    db.session.rollback()
    counted_now = db.session.execute(
        select(PostFigure.post_id, PostFigure.metric, PostFigure.value).order_by(
            PostFigure.post_id, PostFigure.id
        )
    ).all()
    assert sorted(map(tuple, counted_now)) == sorted(
        row
        for post, views in zip(range(1, 5), range(1500, 1504), strict=True)
        for row in ((post, "views", views), (post, "comments", 7))
    )
    assert rungs() == [("views", 1000)]


def test_posts_are_told_apart_into_files_that_can_come_back(lit, people, client_of, monkeypatch) -> None:
    from app.blueprints.impact import queries_posts

    monkeypatch.setattr(queries_posts, "IN_FILE", 2)
    member = client_of(people["linxia"])
    for n in range(4):
        member.post("/posts", data={"text": f"https://b23.tv/p{n}"})
    desk = client_of(people["luoning"])
    page = desk.get("/staff/figures/import").text
    assert [int(one) for one in re.findall(r"posts.csv\?from=(\d+)", page)] == [5, 3, 1]
    numbers = [
        [
            line.split(",")[0]
            for line in desk.get(f"/staff/figures/posts.csv?from={first}").text.splitlines()[1:]
        ]
        for first in ("5", "3", "", "x", "9" * 30)
    ]
    assert numbers == [["5"], ["3", "4"], ["1", "2"], ["1", "2"], ["1", "2"]]
