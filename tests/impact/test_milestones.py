"""What their mentees reach becomes a mentor's line, once, and goes when its cause is taken back."""

from __future__ import annotations

import pytest

from app.blueprints.impact import queries, queries_people, services
from app.blueprints.members import services as members
from app.blueprints.points import services as points
from app.core import clock
from app.core.uow import unit_of_work


@pytest.fixture
def pair(make_member):
    """A mentor and their mentee."""
    admin = make_member("admin", capabilities=["admin"])
    mentor = make_member("mentor", name="Mentor", capabilities=["mentor"])
    mentee = make_member("mentee", name="Mentee")
    members.set_mentor(mentee.id, mentor.id, by=admin)
    return mentor, mentee


def helps(helper, person, key: str) -> None:
    with unit_of_work():
        services.add_lines(
            [
                services.Help(
                    key=key,
                    member_id=helper.id,
                    kind="credit",
                    person_id=person.id,
                    subject={"zh": "x", "en": "x"},
                )
            ]
        )


def said(member) -> list[str]:
    return [entry.lines[0].outcome["en"] for entry in queries.entries(member.id, "milestones", None).rows]


def test_the_first_help_of_a_mentee_is_their_mentors_line(pair, make_member) -> None:
    mentor, mentee = pair
    helps(mentee, make_member("anna"), "1")
    helps(mentee, make_member("berta"), "2")
    assert said(mentor) == ["passed the light on: they helped somebody for the first time"]
    assert queries_people.ripple(mentor.id, 12).first == 1
    with unit_of_work():
        services.withdraw_lines(["1"])
    assert len(said(mentor)) == 1, "another still says so"
    with unit_of_work():
        services.withdraw_lines(["2"])
    assert said(mentor) == []
    assert queries_people.ripple(mentor.id, 12).first == 0


def test_who_has_no_mentor_passes_on_unseen(make_member) -> None:
    helper, person = make_member("anna"), make_member("berta")
    helps(helper, person, "1")
    assert queries.latest(helper.id) is not None
    assert queries.latest(person.id) is None


def test_a_mentees_star_is_their_mentors_line_until_it_is_reversed(pair) -> None:
    mentor, mentee = pair
    for number in range(5):
        with unit_of_work():
            paid = points.award(
                mentee.id,
                key=f"k{number}",
                rule_key="original_video",
                own=300,
                acted_at=clock.now(),
                title={"zh": "x", "en": "x"},
                by=None,
            )
    assert paid.stars_after == 1
    assert said(mentor) == ["is “One-star adviser” now"]
    with unit_of_work():
        points.reverse(paid.transfer_id, key="undone", reason={"zh": "x", "en": "x"}, by=None)
    with unit_of_work():
        points.reverse(paid.transfer_id - 1, key="undone too", reason={"zh": "x", "en": "x"}, by=None)
    assert said(mentor) == []
