"""For ten minutes an approval can be taken back: everything it gave goes back, and a later one pays again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.blueprints.impact import services as impact
from app.blueprints.impact.models import Helped, ImpactLine
from app.blueprints.points import services as points
from app.blueprints.points.models import Account, Transfer
from app.blueprints.quests import services, services_desk, services_review
from app.blueprints.quests.models import Nomination, Quest, Review, Submission
from app.blueprints.quests.policies import approval_key
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.audit import AuditLine
from app.core.db import db
from app.core.errors import NotFound, Refused, Stale
from app.core.uow import unit_of_work
from tests.desk.conftest import EN, NOTHING, clean_ledger, given, state

NOW = clock.now().replace(microsecond=0)
GOOD = Verdict(round=1, highlight="光很好")


@pytest.fixture
def work(people, send) -> int:
    with clock.at(NOW):
        return send(people["linxia"], helpers=[(people["xiaoman"].id, None)], library_consent=True)


def undo_form(page: str) -> str:
    found = re.search(r'id="undo".*?action="([^"]+)"', page, re.S)
    assert found, "no bar to take it back"
    return found[1]


def test_the_bar_takes_it_all_back_and_a_later_approval_pays_again(
    work, people, make_member, send, login, verdict
) -> None:
    other = send(make_member("next"))
    client = login(people["luoning"])
    with clock.at(NOW):
        answer = client.post(f"/review/{work}", data=verdict(nominate=["case", "month"]), headers=EN)
        assert answer.location == f"/review/{other}"
        once = given(people["linxia"])
        assert (once.balance, once.awards, once.lines, once.helped, once.notices) == (100, 1, 1, 1, 2)
        assert set(db.session.scalars(select(Nomination.kind))) == {"case", "month"}
    with clock.at(NOW + timedelta(minutes=2, seconds=1)):
        for place in (answer.location, "/review"):
            page = client.get(place, headers=EN).get_data(as_text=True)
            assert "“First night shot” by 林夏 is lit: 100 points" in page
            assert "taken back for another 8 minutes" in page
        done = client.post(undo_form(page), headers=EN)
        assert done.location == f"/review/{work}"
        after = client.get(done.location, headers=EN).get_data(as_text=True)
        assert "Taken back, with everything it gave" in after
        assert 'value="approve"' in after
        assert 'id="undo"' not in after
    assert state(work) == "submitted"
    assert given(people["linxia"]) == NOTHING
    assert db.session.scalar(select(func.count()).select_from(Nomination)) == 0
    kept = db.session.execute(select(Review.highlight, Review.undone_at)).one()
    assert (kept.highlight, kept.undone_at is not None) == ("光很好", True)
    clean_ledger()
    with clock.at(NOW + timedelta(minutes=4)):
        client.post(f"/review/{work}", data=verdict())
        client.post(f"/review/{work}", data=verdict())
    again = given(people["linxia"])
    assert again == once
    # paid, taken back, paid: three lines of the ledger, each under a name of its own
    keys = db.session.scalars(select(Transfer.key).order_by(Transfer.id)).all()
    assert keys == [f"submission:{work}", f"submission:{work}:undone", f"submission:{work}:1"]
    acts = db.session.scalars(select(AuditLine.act).order_by(AuditLine.id)).all()
    assert acts[-3:] == ["submission.approve", "submission.undo", "submission.approve"]
    clean_ledger()
    member = login(people["linxia"])
    member.get(member.get(f"/work/{work}").location)  # first she sees it light up
    journey = member.get(f"/work/{work}", headers=EN).get_data(as_text=True)
    assert "罗宁 took that back and reads it again" in journey
    assert journey.count("罗宁 lit it") == 2


@pytest.mark.parametrize(("seconds", "open_"), [(599, True), (600, False)])
def test_ten_minutes_to_the_second(seconds, open_, work, people) -> None:
    with clock.at(NOW):
        services_review.approve_submission(work, GOOD, by=people["luoning"])
    with clock.at(NOW + timedelta(seconds=seconds)):
        if open_:
            services_desk.undo_approval(work, by=people["luoning"])
        else:
            with pytest.raises(Refused):
                services_desk.undo_approval(work, by=people["luoning"])
    assert state(work) == ("submitted" if open_ else "approved")


def test_whose_it_is_to_take_back(work, people, make_member, login) -> None:
    services_review.approve_submission(work, GOOD, by=people["luoning"])
    for other in ("guyan", "zhoumo"):
        assert login(people[other]).post(f"/review/{work}/undo").status_code == 404
    assert login(people["linxia"]).post(f"/review/{work}/undo").status_code == 403
    assert state(work) == "approved"
    admin = make_member("chief", capabilities=("admin",))
    services_desk.undo_approval(work, by=admin)
    services_desk.undo_approval(work, by=admin)
    assert state(work) == "submitted"
    assert db.session.scalar(select(Submission.undone_count)) == 1


def test_what_nobody_approved_cannot_be_taken_back(work, people) -> None:
    with pytest.raises(NotFound):
        services_desk.undo_approval(work, by=people["luoning"])
    services_review.decline_submission(work, Verdict(round=1, reason="不是自己的"), by=people["luoning"])
    with pytest.raises(NotFound):
        services_desk.undo_approval(work, by=people["luoning"])


def test_decided_otherwise_meanwhile(work, people) -> None:
    services_review.approve_submission(work, GOOD, by=people["luoning"])
    services_desk.undo_approval(work, by=people["luoning"])
    again = Verdict(round=1, highlight="好", suggestion="再等一辆车")
    services_review.ask_changes(work, again, by=people["luoning"])
    with pytest.raises(Stale):
        services_desk.undo_approval(work, by=people["luoning"])
    assert state(work) == "changes"


def test_begun_anew_it_stays(work, people) -> None:
    """A repeatable quest whose member is at it again: two pieces of work under way there can't be."""
    services_review.approve_submission(work, GOOD, by=people["luoning"])
    with unit_of_work():
        db.session.execute(update(Quest).values(repeat_days=1))
        # begun a day later by the clock of the quest, within the ten minutes by the reviewer's
        db.session.execute(update(Submission).values(decided_at=NOW - timedelta(days=2)))
    services.start_quest(db.session.scalar(select(Quest.id)), by=people["linxia"])
    before = given(people["linxia"])
    with pytest.raises(Refused) as refused:
        services_desk.undo_approval(work, by=people["luoning"])
    assert "begun this quest anew" in refused.value.message
    assert state(work) == "approved"
    assert given(people["linxia"]) == before
    clean_ledger()


def test_spent_points_are_owed_and_stars_fall(work, people) -> None:
    linxia = people["linxia"]
    with unit_of_work():
        points.award(
            linxia.id, key="x", rule_key=None, promised=950, acted_at=NOW, title={"zh": "x", "en": "x"}
        )
    services_review.approve_submission(work, GOOD, by=people["luoning"])
    from app.blueprints.members import queries as members

    assert members.as_actor(linxia.id).star_level == 1
    services_desk.undo_approval(work, by=people["luoning"])
    assert members.as_actor(linxia.id).star_level == 0
    assert db.session.scalar(select(Account.lifetime).where(Account.member_id == linxia.id)) == 950
    clean_ledger()


def test_who_was_helped_otherwise_stays_helped(work, people) -> None:
    """Two lines say that xiaoman helped linxia: one goes, the other keeps her counted."""
    services_review.approve_submission(work, GOOD, by=people["luoning"])
    with unit_of_work():
        impact.add_lines(
            [
                impact.Help(
                    key="other", member_id=people["xiaoman"].id, kind="thanks", person_id=people["linxia"].id,
                    subject={"zh": "x"}, outcome=None, link=None, occurred_at=NOW,
                )
            ]
        )  # fmt: skip
    services_desk.undo_approval(work, by=people["luoning"])
    left = db.session.scalars(select(ImpactLine.key)).all()
    assert left == ["other"]
    first = db.session.scalar(select(Helped.first_line_id))
    assert first == db.session.scalar(select(ImpactLine.id))


def test_keys_of_the_first_approval_are_as_before() -> None:
    class Work:
        id, undone_count = 12, 0

    assert approval_key(Work) == "submission:12"
    Work.undone_count = 2
    assert approval_key(Work) == "submission:12:2"


def test_a_badge_that_others_complete_stays(people, make_quest, send) -> None:
    """Three approved works of the track light a badge: of four one can go, of three none."""
    from app.blueprints.badges import services as badges
    from app.blueprints.badges.models import Award

    with unit_of_work():
        three = badges.define_badge(
            key="three", name="三", name_en="Three", track_key="photo", icon="i-sun", rung=1,
            fact="quest.approved", fact_scope="track:photo", fact_count=3,
        )  # fmt: skip
    works = [send(people["linxia"], make_quest()) for _ in range(4)]
    for each in works:
        services_review.approve_submission(each, GOOD, by=people["luoning"])

    def lit() -> bool:
        db.session.rollback()
        return db.session.scalar(select(Award.id).where(Award.badge_id == three)) is not None

    assert lit()
    services_desk.undo_approval(works[0], by=people["luoning"])
    assert lit()
    services_desk.undo_approval(works[2], by=people["luoning"])
    assert not lit()
    services_review.approve_submission(works[2], GOOD, by=people["guyan"])
    assert lit()
