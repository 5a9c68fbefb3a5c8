"""Nobody is credited twice for the same work, however often it is approved and they are named in it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from app.blueprints.impact import queries_people
from app.blueprints.impact.models import ImpactLine
from app.blueprints.quests import services_desk, services_review
from app.core.actor import Actor
from app.core.db import db
from tests.impact.recounted import Recount, caused_by_work
from tests.quests.conftest import make_resource  # noqa: F401


def approve(work: int, by: Actor) -> None:
    services_review.open_for_review(work, by=by)
    services_review.approve_submission(
        work, services_review.Verdict(round=1, highlight="光很好", suggestion="写下快门"), by=by
    )


def lines(member: Actor) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(ImpactLine.key).where(ImpactLine.member_id == member.id)))


def exact() -> bool:
    return Recount().differences(caused_by_work()) == []


def test_approved_twice_undone_and_approved_again(
    people: dict[str, Actor], send: Callable[..., int], verdict: Callable[..., dict]
) -> None:
    helper, reviewer = people["xiaoman"], people["luoning"]
    work = send(people["linxia"], helpers=[(helper.id, None)])
    assert lines(helper) == []
    approve(work, reviewer)
    assert lines(helper) == [f"submission:{work}:helper:{helper.id}"]
    approve(work, reviewer)
    approve(work, people["guyan"])
    assert len(lines(helper)) == 1
    for times in (1, 2):
        services_desk.undo_approval(work, by=reviewer)
        services_desk.undo_approval(work, by=reviewer)
        assert lines(helper) == []
        assert queries_people.ripple(helper.id, 12).first == 0
        assert exact()
        approve(work, reviewer)
        assert lines(helper) == [f"submission:{work}:{times}:helper:{helper.id}"]
        assert queries_people.ripple(helper.id, 12).first == 1
        assert exact()


def test_named_themselves_and_by_their_tutorial(
    people: dict[str, Actor],
    send: Callable[..., int],
    make_resource: Callable[..., int],  # noqa: F811
) -> None:
    helper, other = people["xiaoman"], people["guyan"]
    resource = make_resource(author=helper)
    named = [(helper.id, None), (None, resource), (other.id, None)]
    work = send(people["linxia"], helpers=named)
    approve(work, people["luoning"])
    assert len(lines(helper)) == len(lines(other)) == 1
    again = [(None, resource), (helper.id, None), (helper.id, None)]
    second = send(people["zhoumo"], helpers=again)
    approve(second, people["luoning"])
    assert len(lines(helper)) == 2, "another's work counts for itself"
    assert queries_people.ripple(helper.id, 12).first == 2
    assert exact()
    # one of the two is taken back: the other stays
    services_desk.undo_approval(work, by=people["luoning"])
    assert len(lines(helper)) == 1
    assert lines(other) == []
    assert exact()
