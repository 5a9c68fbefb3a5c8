"""Every number of the demo follows from its history: recounted here by plain SQL, beside the services."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.blueprints.media import storage
from app.blueprints.members import queries as members
from app.blueprints.members.routes import DEMO_ACCOUNTS, DEMO_INVITE, DEMO_PASSWORD
from app.blueprints.points.queries_audit import differences
from app.blueprints.quests.policies import missing
from app.blueprints.quests.policies_stages import stage_of
from app.blueprints.quests.queries_board import outlook
from app.core import clock
from app.core.db import Base, db
from app.core.i18n import both
from app.demo.content import Content
from tests.bench.pages import cookie_for
from tests.demo.conftest import MEMBERS
from tests.impact.recounted import SHOWS, Cause, Recount, caption, caused_by_work, months_on

pytestmark = pytest.mark.xdist_group("demo")


def rows(sql: str, **values: Any) -> list[Any]:
    return list(db.session.execute(text(sql), values).all())


def one(sql: str, **values: Any) -> Any:
    return db.session.execute(text(sql), values).scalar()


def table(name: str) -> list[Any]:
    return list(db.session.execute(Base.metadata.tables[name].select()).all())


def test_the_ledger_is_clean(demo: Flask) -> None:
    assert list(differences()) == []
    assert one("SELECT count(*) FROM transfer") > MEMBERS


def test_as_many_as_asked(demo: Flask) -> None:
    content = Content()
    staff = len(content.people["staff"])
    assert one("SELECT count(*) FROM member") == MEMBERS + staff
    live = (
        "SELECT count(*) FROM quest WHERE state = 'live' AND opens_at IS NULL AND hosted_by_id IS NULL "
        "AND preset = :preset"
    )
    assert one(live, preset="skill_challenge") == 62
    assert one(live, preset="quick_task") == len(content.quick_tasks)
    assert one(live, preset="brief") + one(live, preset="open_call") == 7
    assert one("SELECT count(*) FROM resource") == len(content.resources)
    assert {row.state for row in rows("SELECT DISTINCT state FROM submission")} == {
        "working", "submitted", "changes", "approved", "declined", "withdrawn",
    }  # fmt: skip


def test_counts_kept_in_rows(demo: Flask) -> None:
    """What a row keeps of others is what there is of others."""
    assert not rows(
        "SELECT id FROM badge WHERE award_count <> (SELECT count(*) FROM award WHERE badge_id = badge.id)"
    )
    assert not rows(
        "SELECT id FROM quest WHERE started_count <> "
        "(SELECT count(*) FROM submission s WHERE s.quest_id = quest.id AND s.state <> 'withdrawn')"
    )
    assert not rows(
        "SELECT member_id FROM account a WHERE kind = 'wallet' AND lifetime <> "
        "(SELECT coalesce(sum(amount), 0) FROM transfer t WHERE t.credit_id = a.id "
        "AND t.cause <> 'redemption')"
    )
    levels = sorted(row.lifetime_from for row in rows("SELECT lifetime_from FROM star_level"))
    for row in rows("SELECT star_level, lifetime FROM member m JOIN account a ON a.member_id = m.id"):
        assert row.star_level == sum(level <= row.lifetime for level in levels)


def test_each_approval_gave_everything_once(demo: Flask) -> None:
    approved = rows(
        "SELECT s.id, s.member_id, s.quest_id, s.points_awarded, s.round, v.review_mode, q.badge_id "
        "FROM submission s JOIN quest q ON q.id = s.quest_id JOIN quest_version v ON v.id = s.version_id "
        "WHERE s.state = 'approved'"
    )
    assert len(approved) > MEMBERS
    paid = {row.key: row.amount for row in rows("SELECT key, amount FROM transfer")}
    facts = Counter(row.key for row in rows("SELECT key FROM fact"))
    told = {row.key for row in rows("SELECT key FROM notice")}
    awards = {(row.member_id, row.badge_id) for row in rows("SELECT member_id, badge_id FROM award")}
    reviews = {
        (row.submission_id, row.round)
        for row in rows("SELECT submission_id, round FROM review WHERE decision = 'approved'")
    }
    for work in approved:
        key = f"submission:{work.id}"
        assert paid.get(key, 0) == work.points_awarded
        assert facts[key] == 4
        assert f"{key}:approved" in told
        # a quick task has no badge, and lets itself through
        assert work.badge_id is None or (work.member_id, work.badge_id) in awards
        assert work.review_mode in ("self", "auto") or (work.id, work.round) in reviews
    assert len(awards) == len({(work.member_id, work.quest_id) for work in approved if work.badge_id})
    assert len(facts) == len(approved)


def test_answers_to_quick_tasks(demo: Flask) -> None:
    """Some dozens of votes, photos, tips with marks and surveys; what is kept of them is what there is."""
    kinds = {
        row.kind: row.number
        for row in rows(
            "SELECT q.kind, count(*) AS number FROM submission s JOIN quest q ON q.id = s.quest_id "
            "WHERE q.preset = 'quick_task' AND s.state = 'approved' GROUP BY q.kind"
        )
    }
    assert set(kinds) == {"poll", "photo_call", "tip", "survey", "share"}
    assert min(kinds.values()) >= 8
    assert sum(kinds.values()) > 150
    assert {(row.quest_id, row.option_key): row.votes for row in table("poll_tally") if row.votes} == Counter(
        (row.quest_id, row.option_key) for row in table("poll_vote")
    )
    assert len(table("poll_vote")) == kinds["poll"]
    marks = Counter(row.submission_id for row in table("tip_useful"))
    useful = {row.id: row.useful_count for row in table("submission") if row.useful_count}
    assert useful == marks
    assert len(marks) > 10
    authors = {row.id: row.member_id for row in table("submission")}
    assert all(authors[row.submission_id] != row.member_id for row in table("tip_useful"))
    # each line was written by one member only
    tips = rows(
        "SELECT e.body FROM evidence e JOIN submission s ON s.id = e.submission_id "
        "JOIN quest q ON q.id = s.quest_id WHERE q.kind = 'tip'"
    )
    assert len({row.body for row in tips}) == len(tips) == kinds["tip"]


def test_each_help_is_a_line(demo: Flask) -> None:
    credited = {
        (row.helper_id, row.member_id, row.id)
        for row in rows(
            "SELECT h.helper_id, s.member_id, s.id FROM submission_helper h "
            "JOIN submission s ON s.id = h.submission_id WHERE s.state = 'approved'"
        )
    }
    lines = rows("SELECT member_id, person_id, key, link FROM impact_line WHERE kind = 'credit'")
    assert {(line.member_id, line.person_id, int(line.key.split(":")[1])) for line in lines} == credited
    assert {(row.member_id, row.person_id) for row in rows("SELECT * FROM helped")} == {
        (row.member_id, row.person_id)
        for row in rows("SELECT member_id, person_id FROM impact_line WHERE person_id IS NOT NULL")
    }


def pages_of(demo: Flask, login: str, *paths: str) -> Iterator[str]:
    """A member's pages, in English."""
    asked = {"Cookie": cookie_for(demo, login), "Accept-Language": "en"}
    for path in paths:
        with demo.app_context():  # of its own, as a request has
            yield demo.test_client(use_cookies=False).get(path, headers=asked).text
            db.session.remove()


def test_every_number_of_the_impact_is_what_a_recount_finds(demo: Flask) -> None:
    """Of every member, and on the pages of each who helped somebody."""
    recount = Recount()
    # what has no rows that it follows from: the demo says so itself
    told = {
        line.key: Cause(line.member_id, line.kind, line.person_id, line.reader)
        for line in recount.lines
        if line.kind not in ("credit", "thanks", "relay", "milestone")
    }
    assert recount.differences(caused_by_work() | told) == []
    helpers = [row for row in table("member") if recount.people[row.id] or recount.readers[row.id]]
    assert len(helpers) > 30
    for member in helpers:
        impact, months = pages_of(demo, member.login, "/impact", "/impact/months")
        first, further = recount.people[member.id], set(recount.further(member.id))
        numbers = {
            "/impact/people?helped=members": len(first),
            "/impact/people/carried": sum(bool(recount.people[one] - {member.id}) for one in first),
            "/impact/people/further": len(further),
            "/impact/people?helped=readers": len(recount.readers[member.id]),
        }
        shown = caption(impact)
        assert shown == {path: numbers[path] for path in shown}
        assert first == set() or shown["/impact/people?helped=members"]
        assert not further or shown["/impact/people/further"]
        by_month: Counter[str] = Counter()
        people = set()
        for line in recount.of[member.id]:
            month = f"/impact/months/{line.occurred_at.astimezone(recount.zone):%Y-%m}"
            show = next(show for show, kinds in SHOWS.items() if line.kind in kinds)
            by_month[f"{month}?show={show}"] += 1
            people.add((month, line.person_id or line.reader))
        by_month.update(month for month, who in people if who)
        now = clock.now().astimezone(recount.zone)
        last = f"/impact/months/{now.year - 1}-{now.month:02}~"  # of the twelve months before this one's end
        assert months_on(months) == {path: number for path, number in by_month.items() if path > last}


def test_what_was_sent_was_whole(demo: Flask) -> None:
    """Every work that was sent has what its steps ask for, and only quests that were open were begun."""
    versions = {row.id: row for row in table("quest_version")}
    evidence: dict[tuple[int, int], list[Any]] = {}
    for row in table("evidence"):
        evidence.setdefault((row.submission_id, row.round), []).append(row)
    joined = {row.id: row.joined_at for row in table("member")}
    lit: dict[tuple[int, int], Any] = {}
    works = table("submission")
    for work in works:
        if work.state == "approved":
            lit[work.member_id, work.quest_id] = work.decided_at
    before: dict[int, list[int]] = {}
    for row in table("quest_prerequisite"):
        before.setdefault(row.quest_id, []).append(row.requires_quest_id)
    for work in works:
        present = evidence.get((work.id, work.round), [])
        if work.submitted_at is not None and work.state != "withdrawn":
            terms = versions[work.version_id]
            # a stage that has just begun asks for what was sent before it
            sent = work.stage - 1 if work.state == "working" else work.stage
            asked = [step for step in terms.steps if stage_of(step, terms.stages) <= sent]
            assert missing(asked, present, original=work.original) == {}
        assert joined[work.member_id] <= work.started_at
        moments = [work.started_at, work.submitted_at, work.opened_at, work.decided_at]
        happened = [moment for moment in moments if moment is not None]
        assert happened == sorted(happened)
        assert happened[-1] <= clock.now()
        for first in before.get(work.quest_id, ()):
            assert lit[work.member_id, first] <= work.started_at


def test_briefs_and_calls_have_gone_their_way(demo: Flask, visitor: FlaskClient) -> None:
    """A brief lit with rungs reached, one between its stages, a dialogue; a call that is confidential."""
    told = rows(
        "SELECT s.id, s.member_id, s.state, s.stage, q.preset FROM submission s "
        "JOIN quest q ON q.id = s.quest_id WHERE q.preset IN ('brief', 'open_call')"
    )
    assert {row.state for row in told if row.preset == "brief"} >= {"approved", "working"}
    assert [row.stage for row in told if row.preset == "open_call" and row.state == "working"] == [3]
    assert one("SELECT count(*) FROM remark WHERE kind = 'pin'") == 2
    assert one("SELECT count(*) FROM remark WHERE kind = 'talk'") >= 3
    reached = rows("SELECT submission_id, threshold, points FROM rung_paid ORDER BY threshold")
    assert [(row.threshold, row.points) for row in reached] == [(1000, 20), (10000, 50)]
    for row in reached:
        key = f"submission:{row.submission_id}:rung:views:{row.threshold}"
        assert one("SELECT amount FROM transfer WHERE key = :key", key=key) == row.points
    secret = one(
        "SELECT v.title FROM quest q JOIN quest_version v ON v.id = q.version_id WHERE q.confidential"
    )
    enter(visitor, "linxia")
    for path in ("/", "/quests", "/sky", "/me"):
        assert secret not in visitor.get(path).get_data(as_text=True)


def test_nothing_lies_in_the_future(demo: Flask) -> None:
    now = clock.now()
    for name, column in (
        ("member", "joined_at"), ("award", "awarded_at"), ("transfer", "created_at"),
        ("notice", "created_at"), ("review", "created_at"), ("impact_line", "occurred_at"),
        ("media", "created_at"), ("audit_line", "at"), ("submission_event", "at"),
        ("resource", "published_at"),
    ):  # fmt: skip
        assert max(getattr(row, column) for row in table(name)) <= now, name


def test_the_member_of_the_mocks(demo: Flask, visitor: FlaskClient) -> None:
    linxia = members.as_actor(one("SELECT id FROM member WHERE login = 'linxia'"))
    mine = {"m": linxia.id}
    profile = members.profile(linxia.id)
    assert (profile.number, profile.star_level, profile.mentor_name) == (312, 1, "周默")
    assert one("SELECT lifetime FROM account WHERE member_id = :m", **mine) == 3420
    assert one("SELECT count(*) FROM award WHERE member_id = :m", **mine) == 10
    assert one("SELECT count(*) FROM award WHERE member_id = :m AND shown_at IS NULL", **mine) == 0
    open_now = {
        row.title: row.state
        for row in rows(
            "SELECT v.title, s.state FROM submission s JOIN quest_version v ON v.id = s.version_id "
            "WHERE s.member_id = :m AND s.state IN ('working', 'submitted', 'changes')", **mine,
        )
    }  # fmt: skip
    assert open_now == {"30 秒成片": "changes", "雨天的车": "submitted", "车流光轨": "working"}
    lines = one("SELECT count(*) FROM impact_line WHERE member_id = :m", **mine)
    people = one("SELECT count(*) FROM helped WHERE member_id = :m", **mine)
    assert lines >= people > 3
    assert enter(visitor, "linxia") == 303
    for path in ("/", "/wallet", "/me"):
        response = visitor.get(path)
        if response.status_code == 200:
            assert "3,420" in response.get_data(as_text=True), path
    impact = visitor.get("/impact")
    if impact.status_code == 200:
        assert str(people) in impact.get_data(as_text=True)


def enter(visitor: FlaskClient, login: str) -> int:
    return visitor.post("/login", data={"login": login, "password": DEMO_PASSWORD}).status_code


def test_every_account_opens(demo: Flask, visitor: FlaskClient) -> None:
    shown = visitor.get("/login").get_data(as_text=True)
    for login in DEMO_ACCOUNTS:
        assert login in shown
        assert enter(visitor, login) == 303
        visitor.post("/logout")
    assert one("SELECT count(DISTINCT password_hash) FROM member") == 1


def test_queues_have_something_to_read(demo: Flask) -> None:
    zhoumo = one("SELECT id FROM member WHERE login = 'zhoumo'")
    assert one("SELECT count(*) FROM submission WHERE state = 'submitted' AND mentor_id = :m", m=zhoumo) == 3
    due = [row.due_at for row in table("submission") if row.state == "submitted" and row.mentor_id is None]
    assert sum(moment < clock.now() for moment in due) == 1
    assert len(due) > 8


def test_every_page_of_the_desk_shows_something(demo: Flask, visitor: FlaskClient) -> None:
    """Quick tasks to approve together, samples, second scores that were given and some that wait."""
    waiting = rows(
        "SELECT s.id FROM submission s JOIN quest q ON q.id = s.quest_id "
        "JOIN quest_version v ON v.id = s.version_id "
        "WHERE s.state = 'submitted' AND q.preset = 'quick_task' AND v.review_mode = 'staff'"
    )
    assert len(waiting) >= 4
    second = table("second_score")
    assert len(second) >= 6
    first = {row.submission_id: row for row in table("review") if row.decision == "approved"}
    work = {row.id: row for row in table("submission")}
    for row in second:
        assert work[row.submission_id].sampled
        assert row.reviewer_id not in (
            first[row.submission_id].reviewer_id,
            work[row.submission_id].member_id,
        )
        assert row.created_at > first[row.submission_id].created_at
        assert set(row.scores) == set(first[row.submission_id].scores)
    assert enter(visitor, "luoning") == 303
    for page, nothing in (
        ("together", "No quick task waits"),
        ("samples", "Nothing here yet"),
        ("again", "Nothing waits for a second score"),
        ("evenness", "Nothing was judged twice yet"),
    ):
        shown = visitor.get(f"/review/{page}")
        assert shown.status_code == 200
        assert not any(words in shown.text for words in both(nothing).values()), page
    visitor.post("/logout")


def test_pictures_are_there(demo: Flask, visitor: FlaskClient) -> None:
    place = storage.current()
    for row in table("media"):
        assert place.path(row.storage_key, "full")
        assert place.path(row.storage_key, "thumb")
    film = one("SELECT id FROM media WHERE kind = 'video' ORDER BY id LIMIT 1")
    owner = one("SELECT login FROM member m JOIN media e ON e.owner_id = m.id WHERE e.id = :id", id=film)
    enter(visitor, owner)
    with demo.test_request_context():
        from flask import url_for

        address = url_for("media.show", media_id=film, size="full")
    response = visitor.get(address, headers={"Range": "bytes=0-99"})
    assert response.status_code in (200, 206)
    assert response.mimetype == "video/mp4"


def test_a_second_load_is_refused(demo: Flask) -> None:
    before = one("SELECT count(*) FROM transfer")
    runner = demo.test_cli_runner()
    refused = runner.invoke(args=["demo", "load"])
    assert refused.exit_code != 0
    assert "has members" in refused.output
    quiet = runner.invoke(args=["demo", "load", "--if-empty"])
    assert (quiet.exit_code, quiet.output) == (0, "")
    assert one("SELECT count(*) FROM transfer") == before


@pytest.mark.parametrize("more", [[], ["--if-empty"]])
def test_production_is_refused(demo: Flask, monkeypatch: pytest.MonkeyPatch, more: list[str]) -> None:
    config = dataclasses.replace(demo.config["LIGHTUP"], production=True)
    monkeypatch.setitem(demo.config, "LIGHTUP", config)
    refused = demo.test_cli_runner().invoke(args=["demo", "load", *more])
    assert refused.exit_code != 0
    assert "production" in refused.output


def test_a_newcomer_begins_with_the_first_night_shot(demo: Flask, visitor: FlaskClient) -> None:
    """Last of all: it adds a member."""
    joined = visitor.get(f"/i/{DEMO_INVITE}")
    from app.blueprints.members import services

    newcomer = services.join(
        DEMO_INVITE, name="新来的", login="newcomer", password="a long enough password", consent=True
    )
    actor = members.as_actor(newcomer)
    assert actor.number == one("SELECT max(number) FROM member")
    first = outlook(actor).next()
    assert first is not None
    assert first.quest.title == "首次夜拍"
    assert joined.status_code == 200


def test_calls_of_members_are_there(demo: Flask) -> None:
    assert [row.state for row in rows("SELECT state FROM call_proposal ORDER BY state")] == [
        "nodded", "proposed",
    ]  # fmt: skip
    call = rows("SELECT id, hosted_by_id FROM quest WHERE hosted_by_id IS NOT NULL AND state = 'live'")[0]
    sent = rows("SELECT state, mentor_id FROM submission WHERE quest_id = :q ORDER BY state", q=call.id)
    assert [row.state for row in sent] == ["approved", "approved", "submitted"]
    assert {row.mentor_id for row in sent} == {call.hosted_by_id}


def test_funnels_begin_with_more_than_began(demo: Flask) -> None:
    """Everybody of the sixty who began had the page open; some only looked."""
    assert (
        one(
            "SELECT count(*) FROM quest_seen WHERE NOT EXISTS (SELECT 1 FROM submission "
            "WHERE submission.quest_id = quest_seen.quest_id AND submission.member_id = quest_seen.member_id)"
        )
        > 20
    )
