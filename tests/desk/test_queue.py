"""The queue's filters and its plan: what waits is read off the partial index, five thousand or not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text, update

from app.blueprints.quests import queries_review, services, services_desk, services_review
from app.blueprints.quests.models import Nomination, Submission
from app.blueprints.quests.queries_review import Asked
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work
from tests.desk.conftest import EN

NOW = clock.now().replace(microsecond=0)


def rows_in(page: str) -> list[int]:
    return [int(found) for found in re.findall(r'class="pick[^"]*" href="/review/(\d+)', page)]


def test_filters(people, make_quest, quick, send, make_member, login) -> None:
    line = send(people["xiaoman"], quick())
    routed = send(people["linxia"], make_quest(review_mode="mentor"))
    again = send(make_member("third"))
    services_review.ask_changes(
        again, Verdict(round=1, highlight="好", suggestion="再来"), by=people["guyan"]
    )
    services.submit_work(again, services.Draft(), by=make_actor(again))
    looked = send(make_member("fourth"))
    services_review.decline_submission(looked, Verdict(round=1, reason="因为"), by=people["guyan"])
    services_desk.look_again(looked, by=make_actor(looked))
    client = login(people["luoning"])

    def shown(query: str) -> set[int]:
        return set(rows_in(client.get(f"/review?{query}").get_data(as_text=True)))

    assert shown("") == {line, routed, again, looked}
    assert shown("preset=quick_task") == {line}
    assert shown("preset=skill_challenge") == {routed, again, looked}
    assert shown("reader=mentor") == {routed}
    assert shown("reader=staff") == {line, again, looked}
    assert shown("round=again") == {again}
    assert shown("round=first") == {line, routed, looked}
    assert shown("show=second") == {looked}
    assert shown("reader=staff&round=first&preset=skill_challenge") == {looked}
    assert shown("preset=nonsense&round=77&reader=x") == {line, routed, again, looked}
    # a filter goes along to the work and back
    page = client.get("/review?round=again", headers=EN).get_data(as_text=True)
    assert f'href="/review/{again}?round=again"' in page
    assert '<option value="again" selected>' in page


def make_actor(work: int):
    from app.blueprints.members import queries as members

    return members.as_actor(db.session.scalar(select(Submission.member_id).where(Submission.id == work)))


@pytest.fixture
def five_thousand(people, quest, make_member, send) -> None:
    """Five thousand that wait and as many decided, most of them attempts of the same people."""
    send(people["linxia"])
    columns = {column.key for column in Submission.__table__.c} - {"id"}
    first = db.session.execute(select(Submission.__table__)).mappings().one()
    own = {name: first[name] for name in columns}
    others = [make_member(f"p{number}").id for number in range(50)]
    with unit_of_work():
        db.session.execute(text("DROP INDEX uq_submission_active"))
        db.session.execute(
            insert(Submission),
            [
                own
                | {
                    "member_id": others[number % 50],
                    "attempt": number // 50 + 1,
                    "state": "submitted" if number % 2 else "approved",
                    "due_at": NOW + timedelta(minutes=number),
                }
                for number in range(10_000)
            ],
        )
    with unit_of_work():
        db.session.execute(text("ANALYZE"))


@pytest.fixture
def mended(app, five_thousand):
    """The index that the five thousand had to do without, put back for the tests that follow."""
    yield
    db.session.rollback()
    with unit_of_work():
        db.session.execute(text("DELETE FROM submission WHERE attempt > 1 OR id > 1"))
        db.session.execute(
            text(
                "CREATE UNIQUE INDEX uq_submission_active ON submission (member_id, quest_id) "
                "WHERE state IN ('working', 'submitted', 'changes')"
            )
        )


def test_five_thousand_wait(mended, people, login, counted) -> None:
    client = login(people["luoning"])
    client.get("/review")
    with counted() as statements:
        page = client.get("/review").get_data(as_text=True)
    assert len(statements) <= 4
    assert len(rows_in(page)) == 20
    with counted() as statements:
        client.get("/review?show=soon&reader=staff&round=first")
    assert len(statements) <= 4
    if db.engine.dialect.name == "sqlite":
        plan = planned(
            queries_review._first_rows(queries_review._shape(people["luoning"], Asked()), 20), people
        )
        assert "USING INDEX ix_submission_queue" in plan
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
        figures = planned(queries_review._figures(True, False), people)
        assert "ix_submission_queue" in figures
        # a mentor's few are gathered by who they are, not by reading all that wait
        mentors = planned(
            queries_review._first_rows(queries_review._shape(people["zhoumo"], Asked()), 20), people
        )
        assert "ix_submission_mentor_queue" in mentors


def planned(statement, people) -> str:
    compiled = statement.compile(db.engine)
    values = compiled.construct_params(
        {"me": people["zhoumo"].id, "now": NOW, "in_a_day": NOW, "week_ago": NOW}
    )
    sql = "EXPLAIN QUERY PLAN " + str(compiled)
    given = [compiled._process_parameters_for_postcompile] and [
        str(values[name]) if name in ("now", "in_a_day", "week_ago") else values[name]
        for name in compiled.positiontup or []
    ]
    rows = db.session.connection().exec_driver_sql(sql.replace("__[POSTCOMPILE", "__["), tuple(given)).all()
    return "\n".join(str(row[3]) for row in rows)


def test_put_forward_in_the_same_breath(people, send, login, verdict) -> None:
    consenting = send(people["linxia"], library_consent=True)
    silent = send(people["xiaoman"])
    client = login(people["luoning"])
    assert 'value="case"' in client.get(f"/review/{consenting}").get_data(as_text=True)
    assert 'value="case"' not in client.get(f"/review/{silent}").get_data(as_text=True)
    for work in (consenting, silent):
        client.post(f"/review/{work}", data=verdict(nominate=["case", "month", "king"]))
    kept = db.session.execute(select(Nomination.submission_id, Nomination.kind, Nomination.by_id)).all()
    assert {tuple(row) for row in kept} == {
        (consenting, "case", people["luoning"].id),
        (consenting, "month", people["luoning"].id),
        (silent, "month", people["luoning"].id),
    }


def test_a_verdict_that_fails_puts_nothing_forward(people, send, login, verdict) -> None:
    work = send(people["linxia"], library_consent=True)
    client = login(people["luoning"])
    answer = client.post(f"/review/{work}", data=verdict(highlight="", nominate=["month"]), headers=EN)
    assert answer.status_code == 422
    assert 'value="month" checked' in answer.get_data(as_text=True)
    assert db.session.scalar(select(Nomination.kind)) is None


def test_the_claim_can_be_put_back_from_the_page(people, send, login) -> None:
    """What desk.js sends on leaving: the form that puts it back."""
    work = send(people["linxia"])
    client = login(people["luoning"])
    page = client.get(f"/review/{work}").get_data(as_text=True)
    assert re.search(rf'action="/review/{work}/release"[^>]*data-release', page)
    client.post(f"/review/{work}/release")
    assert db.session.scalar(select(Submission.claimed_by_id)) is None
    with unit_of_work():
        db.session.execute(update(Submission).values(claimed_by_id=people["guyan"].id, claimed_until=NOW))
    client.post(f"/review/{work}/release")
    assert db.session.scalar(select(Submission.claimed_by_id)) == people["guyan"].id
