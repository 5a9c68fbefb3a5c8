"""A brief goes stage by stage: each is sent and read by itself, and only the last one lights it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.blueprints.impact.models import Post
from app.blueprints.inbox.models import Notice
from app.blueprints.quests import services, services_stages
from app.blueprints.quests.models import Evidence, Review, Submission
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core.audit import AuditLine
from app.core.db import db
from app.core.errors import Stale
from tests.briefs.conftest import BRIEF, EN, HTMX, LINK, POST, SHARED, verdict
from tests.quests.conftest import counted as counting
from tests.quests.conftest import photo


def row(work: int) -> Submission:
    db.session.rollback()
    return db.session.get_one(Submission, work)


def begin(client, brief: int) -> str:
    return client.post(f"/quests/{brief}/start").headers["Location"]


def test_the_quest_says_its_stages_and_what_it_brings(brief, people, client_of) -> None:
    page = client_of(people["linxia"]).get(f"/quests/{brief}", headers=EN).text
    asks = ("Draft", "Publish", "by 9 Jan", "One stretch each way", "Nine photos")
    for words in (*asks, "1,000 views", "10,000 views", "200 saves"):
        assert words in page


def test_a_brief_from_draft_to_lit(brief, people, client_of) -> None:
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    address = begin(member, brief)
    work = int(address.rsplit("/", 1)[1])
    page = member.get(address).text
    assert 'name="text:draft"' in page
    # what comes later is said, and not asked yet
    assert 'name="text:link"' not in page
    assert "贴链接" in page
    assert "第 1 程，共 2 程" in page

    form = {"whole": "1", "text:draft": "第一版", "ask_checks": "1", "check": ["1"]}
    sent = member.post(f"{address}/submit", data=form)
    assert sent.status_code == 303
    assert row(work).state == "submitted"
    assert row(work).checks == [1]

    review = desk.get(f"/review/{work}", headers=EN).text
    assert "Stage 1 of 2" in review
    assert "Checked off by 林夏:" in review
    assert "Say who you are" in review
    assert 'value="pass"' in review
    assert 'value="approve"' not in review
    # approving comes with the last stage, and the refusal says what would
    refused = desk.post(f"/review/{work}", data=verdict(1, "approve"), headers=EN)
    assert refused.status_code == 409
    assert "Pass it on" in refused.text
    assert "开头很好" in refused.text
    assert row(work).state == "submitted"

    passed = desk.post(f"/review/{work}", data=verdict(1, "pass"))
    assert passed.status_code == 303
    now = row(work)
    assert (now.state, now.stage, now.round, now.stage_round) == ("working", 2, 2, 2)
    assert now.claimed_by_id is None
    copied = db.session.scalars(
        select(Evidence.body).where(Evidence.submission_id == work, Evidence.round == 2)
    )
    assert copied.all() == ["第一版"]
    notice = db.session.scalars(select(Notice).where(Notice.member_id == people["linxia"].id)).one()
    assert notice.title["zh"] == "「草稿」过了：「上班路上」"
    assert "贴链接" in notice.body["zh"]
    assert db.session.scalar(select(AuditLine.actor_id).where(AuditLine.act == "submission.pass"))

    page = member.get(address).text
    assert "「草稿」过了" in page
    assert 'name="text:link"' in page
    assert 'name="text:draft"' not in page
    assert "第一版" in page  # read-only
    nothing = member.post(f"{address}/submit", data={"whole": "1", "text:link": ""})
    assert nothing.status_code == 422
    member.post(f"{address}/save", data={"text:link": SHARED, "text:draft": "改掉第一程"}, headers=HTMX)
    db.session.rollback()
    texts = dict(
        db.session.execute(select(Evidence.step_key, Evidence.body).where(Evidence.round == 2)).all()
    )
    assert texts == {"draft": "第一版", "link": f"{POST}?source=webshare"}
    assert "认出来了：小红书" in member.get(address).text
    assert member.post(f"{address}/submit", data={"whole": "1", "text:link": SHARED}).status_code == 303

    review = desk.get(f"/review/{work}", headers=EN).text
    assert "Stage 2 of 2" in review
    assert "Xiaohongshu" in review
    assert 'value="pass"' not in review
    assert desk.post(f"/review/{work}", data=verdict(2, "pass")).status_code == 409
    assert desk.post(f"/review/{work}", data=verdict(2, "approve")).status_code == 303
    assert row(work).state == "approved"
    assert db.session.scalars(select(Review.decision).order_by(Review.id)).all() == ["passed", "approved"]
    post = db.session.scalars(select(Post)).one()
    assert (post.member_id, post.platform, post.link_key, post.made_for) == (
        people["linxia"].id, "xiaohongshu", "xiaohongshu:64f1a2b3c4d5e6f708192a3b", f"submission:{work}",
    )  # fmt: skip
    member.get("/lit/1")
    journey = member.get(address, headers=EN).text
    assert "through, on to the next stage" in journey
    assert "1,000 views" in journey


def test_rounds_are_counted_in_their_stage(brief, people, client_of) -> None:
    """Two rounds a stage: the second stage begins with two again."""
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    address = begin(member, brief)
    work = int(address.rsplit("/", 1)[1])
    member.post(f"{address}/submit", data={"whole": "1", "text:draft": "一"})
    assert 'value="changes"' in desk.get(f"/review/{work}").text
    desk.post(f"/review/{work}", data=verdict(1, "changes"))
    assert "round 2 of 2" in member.get(address, headers=EN).text
    member.post(f"{address}/submit", data={"whole": "1", "text:draft": "二"})
    assert 'value="changes"' not in desk.get(f"/review/{work}").text
    assert desk.post(f"/review/{work}", data=verdict(2, "changes")).status_code == 409
    desk.post(f"/review/{work}", data=verdict(2, "pass"))
    member.post(f"{address}/submit", data={"whole": "1", "text:link": POST})
    page = desk.get(f"/review/{work}", headers=EN).text
    assert "first round" in page
    assert 'value="changes"' in page
    assert desk.post(f"/review/{work}", data=verdict(3, "changes")).status_code == 303
    assert "round 2 of 2" in member.get(address, headers=EN).text
    assert "2" in member.get(f"/quests/{brief}").text


def test_pressing_pass_again_changes_nothing(brief, people) -> None:
    work = services.start_quest(brief, by=people["linxia"])
    services.submit_work(work, Draft(texts={"draft": "一"}), by=people["linxia"])
    for _ in range(2):
        services_stages.pass_stage(work, Verdict(round=1, highlight="好"), by=people["luoning"])
    assert row(work).stage == 2
    assert len(db.session.scalars(select(Review.id)).all()) == 1
    with pytest.raises(Stale):
        services_stages.pass_stage(work, Verdict(round=5, highlight="好"), by=people["guyan"])


def test_passing_needs_a_highlight(brief, people, client_of) -> None:
    work = services.start_quest(brief, by=people["linxia"])
    services.submit_work(work, Draft(texts={"draft": "一"}), by=people["linxia"])
    desk = client_of(people["luoning"])
    refused = desk.post(f"/review/{work}", data=verdict(1, "pass", highlight=" "))
    assert refused.status_code == 422
    assert "早晚分开写" in refused.text
    assert row(work).stage == 1


def test_what_is_through_stays_readable_to_the_desk(through, people, client_of) -> None:
    """Between the stages nobody waits for anything, and what was sent can still be looked up."""
    page = client_of(people["guyan"]).get(f"/review/{through}")
    assert page.status_code == 200
    assert "第一版" in page.text
    fresh = services.start_quest(services_of(through), by=people["xiaoman"])
    assert client_of(people["guyan"]).get(f"/review/{fresh}").status_code == 404


def services_of(work: int) -> int:
    return row(work).quest_id


def test_today_says_it_is_through(through, people, client_of) -> None:
    assert "前面都过了" in client_of(people["linxia"]).get("/").text


def test_a_file_of_a_stage_that_is_through_stays(make_quest, people, client_of) -> None:
    shot = {"key": "shot", "title": "拍", "title_en": "Shoot", "evidence": "photo", "min": 1, "max": 2}
    quest = make_quest("拍一张", **BRIEF | {"steps": [shot, LINK]})
    member = client_of(people["linxia"])
    address = begin(member, quest)
    work = int(address.rsplit("/", 1)[1])
    put = {"step_key": "shot", "upload_key": "one", "file": (photo(), "a.jpg")}
    assert member.post(f"{address}/evidence", data=put, headers=HTMX).status_code == 200
    member.post(f"{address}/submit", data={"whole": "1", "ask_original": "1", "original": "1"})
    services_stages.pass_stage(work, Verdict(round=1, highlight="好"), by=people["luoning"])
    kept = db.session.scalar(select(Evidence.id).where(Evidence.round == 2))
    assert member.post(f"/evidence/{kept}/remove", headers=HTMX).status_code == 409
    again = {"step_key": "shot", "upload_key": "two", "file": (photo(20), "b.jpg")}
    assert member.post(f"{address}/evidence", data=again, headers=HTMX).status_code == 422
    assert db.session.scalar(select(Evidence.id).where(Evidence.id == kept)) == kept


def test_what_nobody_reads_goes_through_by_itself(make_quest, people, client_of) -> None:
    quest = make_quest("自己来", **BRIEF | {"review_mode": "self"})
    member = client_of(people["linxia"])
    address = begin(member, quest)
    member.post(f"{address}/submit", data={"whole": "1", "text:draft": "一"})
    work = int(address.rsplit("/", 1)[1])
    assert (row(work).state, row(work).stage) == ("working", 2)
    member.post(f"{address}/submit", data={"whole": "1", "text:link": POST})
    assert row(work).state == "approved"


def test_pages_keep_their_number_of_queries(lit, through, people, client_of) -> None:
    member, desk = client_of(people["linxia"]), client_of(people["luoning"])
    for client, path in (
        (member, f"/work/{lit}"),
        (member, f"/work/{lit}?round=1"),
        (desk, f"/review/{lit}"),
    ):
        client.get(path)
        with counting() as said:
            assert client.get(path).status_code == 200
        assert len(said) <= 6, (path, said)


def test_the_working_page_keeps_its_number_of_queries(through, people, client_of) -> None:
    member = client_of(people["linxia"])
    member.post(f"/work/{through}/save", data={"text:link": POST}, headers=HTMX)
    with counting() as said:
        assert member.get(f"/work/{through}").status_code == 200
    assert len(said) <= 6, said


def test_the_same_link_elsewhere_is_asked_about(lit, make_quest, people, client_of) -> None:
    """However it was shared, and never as a block."""
    other = make_quest("另一个", preset="brief", steps=[LINK | {"stage": 1}], criteria=[])
    member = client_of(people["linxia"])
    address = begin(member, other)
    elsewhere = POST.replace("/explore/", "/discovery/item/") + "?xsec_token=1"
    member.post(f"{address}/save", data={"text:link": elsewhere}, headers=HTMX)
    page = member.get(address).text
    assert "这个链接你在「上班路上」里交过了" in page
    assert f'href="/work/{lit}"' in page
    assert member.post(f"{address}/submit", data={"whole": "1", "text:link": POST}).status_code == 303
    # another member's is not told to them; the reviewer finds it by its key
    begun = begin(client_of(people["xiaoman"]), other)
    stranger = client_of(people["xiaoman"])
    stranger.post(f"{begun}/save", data={"text:link": POST}, headers=HTMX)
    assert "交过了" not in stranger.get(begun).text
    keys = db.session.scalars(select(Evidence.link_key).where(Evidence.kind == "link")).all()
    assert len(keys) == 3
    assert len(set(keys)) == 1
