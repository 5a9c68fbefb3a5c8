"""The funnel: each person once, from who saw it to who lit it; what every number stands for; the table."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from app.blueprints.quests import (
    queries_funnel,
    queries_staff,
    services,
    services_publish,
    services_review,
    services_seen,
    services_staff,
)
from app.blueprints.quests.models import QuestSeen, Review, SecondScore, Submission
from app.blueprints.quests.policies_presets import QuestIn
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from tests.quests_staff.test_pages import counted

STEPS = [
    {"key": "a", "title": "写一句", "title_en": "A", "evidence": "text"},
    {"key": "b", "title": "再写一句", "title_en": "B", "evidence": "text"},
]
BOTH = Draft(texts={"a": "一", "b": "二"})


@pytest.fixture
def staff(make_member: Callable[..., Actor]) -> Actor:
    return make_member("luoning", name="罗宁", capabilities=("publisher", "reviewer"))


@pytest.fixture
def quest(staff: Actor) -> int:
    return published(staff, "雾里的路")


def published(staff: Actor, title: str, **more: object) -> int:
    quest_id = services_staff.create_quest("skill_challenge", by=staff)
    said = QuestIn(
        title=title, steps=STEPS, review_mode="staff", scores=[{"zh": "光", "en": "Light"}], **more
    )
    services_staff.save_quest(quest_id, said, by=staff)
    services_publish.publish_quest(quest_id, by=staff)
    return quest_id


def counts(quest_id: int, tier: str = "") -> dict[str, int]:
    db.session.rollback()
    found = queries_funnel.results(quest_id, tier).quest
    return {part: getattr(found, part) for part in queries_funnel.PARTS if part != "late"}


def answered(work: int, decision: str, staff: Actor, light: int = 4) -> None:
    services_review.open_for_review(work, by=staff)
    verdict = Verdict(round=1, highlight="好", suggestion="试试", reason="不合", scores={"0": light})
    command = {
        "approve": services_review.approve_submission,
        "changes": services_review.ask_changes,
        "decline": services_review.decline_submission,
    }[decision]
    command(work, verdict, by=staff)


@pytest.fixture
def crowd(quest: int, staff: Actor, make_member: Callable[..., Actor]) -> dict[str, Actor]:
    """One at each place of the way, one of them twice."""
    names = ("looks", "begins", "stops", "waits", "again", "lit", "declined")
    people = {
        name: make_member(name, name=name, tier="contributor" if name == "lit" else "participant")
        for name in names
    }
    for name in ("looks", "lit"):
        services_seen.saw_quest(quest, by=people[name])
    works = {name: services.start_quest(quest, by=people[name]) for name in names if name != "looks"}
    services.save_draft(works["stops"], Draft(texts={"a": "一"}), by=people["stops"])
    for name in ("waits", "again", "lit", "declined"):
        services.submit_work(works[name], BOTH, by=people[name])
    answered(works["again"], "changes", staff, 2)
    answered(works["lit"], "approve", staff, 5)
    answered(works["declined"], "decline", staff, 2)
    services.start_quest(quest, by=people["declined"])
    return people


def test_each_person_counts_once(quest: int, crowd: dict[str, Actor]) -> None:
    assert counts(quest) == {
        "seen": 7, "idle": 1, "started": 6, "unsent": 2, "sent": 4, "waiting": 1, "changes": 1, "declined": 1,
        "lit": 1,
    }  # fmt: skip
    assert counts(quest, "contributor")["seen"] == 1
    assert counts(quest, "cocreator")["seen"] == 0


def test_the_quests_own_page_says_the_same(quest: int, crowd: dict[str, Actor]) -> None:
    results, own = counts(quest), queries_staff.opened(quest).quest
    assert (own.started, own.sent, own.approved, own.waiting) == (
        results["started"], results["sent"], results["lit"], results["waiting"],
    )  # fmt: skip


def test_every_number_opens_who_it_counts(
    quest: int, crowd: dict[str, Actor], login: Callable[..., FlaskClient]
) -> None:
    client = login("luoning")
    for part, number in counts(quest).items():
        people = queries_funnel.people_page(quest, part).rows
        assert len(people) == number, part
        page = client.get(f"/staff/quests/{quest}/results?part={part}")
        assert page.status_code == 200
        assert all(f"<b>{one.name}</b>" in page.text for one in people)
    first = queries_funnel.people_page(quest, "seen", size=4)
    rest = queries_funnel.people_page(quest, "seen", cursor=first.next, size=4)
    assert len({row.member_id for row in [*first.rows, *rest.rows]}) == 7


def test_where_they_stopped(quest: int, crowd: dict[str, Actor], staff: Actor) -> None:
    found = queries_funnel.results(quest)
    assert {step["key"]: count for step, count in found.stopped} == {"a": 1, "b": 1}
    after = published(staff, "再远一点", requires=[quest])
    for name in ("looks", "lit"):
        services_seen.saw_quest(after, by=crowd[name])
    db.session.rollback()
    assert queries_funnel.results(after).unmet == [("雾里的路", "", 1)]


def test_answers_scores_and_the_promise(quest: int, crowd: dict[str, Actor]) -> None:
    found = queries_funnel.results(quest)
    assert (found.plot.answers, found.plot.late_answers, sum(found.plot.columns)) == (3, 0, 3)
    assert [score.given for score in found.scores] == [[0, 2, 0, 0, 1]]
    assert found.scores[0].mean == 3
    assert found.compared is None
    db.session.execute(Review.__table__.update().values(in_time=False, waited_minutes=49 * 60))
    db.session.commit()
    late = queries_funnel.results(quest).plot
    assert (late.late_answers, late.late, sum(late.columns), late.half_hours) == (3, 3, 0, 50)
    assert len(queries_funnel.people_page(quest, "late").rows) == 3


def test_work_scored_twice_is_compared(quest: int, crowd: dict[str, Actor], staff: Actor) -> None:
    work = db.session.scalar(select(Submission.id).where(Submission.state == "approved"))
    db.session.execute(
        insert(SecondScore).values(
            submission_id=work, reviewer_id=staff.id, decision="changes", scores={"0": 3},
            created_at=clock.now(),
        )
    )  # fmt: skip
    db.session.commit()
    both = queries_funnel.results(quest).compared
    assert both is not None
    assert (both.number, both.same, both.apart, [row.name for row in both.differing]) == (1, 0, 2, ["lit"])


def test_a_look_is_noted_once(
    quest: int, staff: Actor, make_member: Callable[..., Actor], login: Callable[..., FlaskClient]
) -> None:
    def looks() -> list[int]:
        db.session.rollback()
        return list(db.session.scalars(select(QuestSeen.member_id)))

    reader = make_member("anan")
    client = login("anan")
    client.get(f"/quests/{quest}", headers={"Sec-Purpose": "prefetch"})
    assert looks() == []
    for _ in range(2):
        assert client.get(f"/quests/{quest}").status_code == 200
    assert looks() == [reader.id]
    client.post("/logout")
    login(staff)
    assert client.get(f"/quests/{quest}").status_code == 200
    assert client.get(f"/staff/quests/{quest}/preview").status_code == 200
    assert looks() == [reader.id]


def test_the_second_look_writes_nothing(quest: int, make_member: Callable, login: Callable) -> None:
    make_member("anan")
    client = login("anan")
    client.get(f"/quests/{quest}")
    with counted() as ran:
        client.get(f"/quests/{quest}")
    assert ran
    assert not [text for text in ran if text.startswith(("INSERT", "UPDATE"))]
    assert len([text for text in ran if text.startswith("SELECT")]) <= 6


@pytest.mark.parametrize("more", [0, 60])
def test_the_page_asks_six_times(
    quest: int, crowd: dict[str, Actor], login: Callable, staff: Actor, more: int
) -> None:
    for n in range(more):
        db.session.execute(
            insert(Submission).values(
                quest_id=quest, version_id=1, member_id=crowd["lit"].id, attempt=10 + n, state="withdrawn",
                started_at=clock.now(),
            )
        )  # fmt: skip
    db.session.commit()
    client = login("luoning")
    client.get(f"/staff/quests/{quest}/results")
    with counted() as ran:
        assert client.get(f"/staff/quests/{quest}/results").status_code == 200
    assert len([text for text in ran if "SELECT" in text]) <= 6


def test_the_table_holds_everybody_and_no_formula(
    quest: int, staff: Actor, make_member: Callable[..., Actor], login: Callable
) -> None:
    evil = make_member("evil", name='=HYPERLINK("x")')
    services.start_quest(quest, by=evil)
    for n in range(3):
        services_seen.saw_quest(quest, by=make_member(f"m{n}"))
    answer = login("luoning").get(f"/staff/quests/{quest}/results.csv")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 1 + 4
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert any('=HYPERLINK("x")' in cell for row in rows for cell in row)


def test_late_is_in_the_plot_beyond_the_line() -> None:
    plot = queries_funnel._plot([(0, 10, 0), (47, 2, 0), (60, 3, 3)], 48)
    assert (plot.columns[0], plot.columns[23], plot.late, plot.half_hours) == (10, 2, 3, 1)
    crowded = queries_funnel._plot([(0, 1300, 0)], 48)
    assert (crowded.dot, crowded.columns[0]) == (100, 13)


def test_doors(quest: int, make_member: Callable[..., Actor], login: Callable) -> None:
    client = login(make_member("mentor", capabilities=("mentor", "reviewer")))
    assert client.get(f"/staff/quests/{quest}/results").status_code == 403
    assert client.get(f"/staff/quests/{quest}/results.csv").status_code == 403
    client.post("/logout")
    login("luoning")
    assert client.get("/staff/quests/999/results").status_code == 404
    assert client.get("/staff/quests/999/results.csv").status_code == 404


def test_seen_a_hundred_times_is_one_row(quest: int, make_member: Callable[..., Actor]) -> None:
    reader = make_member("anan")
    for _ in range(5):
        services_seen.saw_quest(quest, by=reader)
    assert db.session.scalar(select(func.count()).select_from(QuestSeen)) == 1
