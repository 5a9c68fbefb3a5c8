"""A fixed number of queries a page, however long its lists are."""

from __future__ import annotations

import pytest

from app.blueprints.inbox import services as inbox
from app.core.uow import unit_of_work

BUDGETS = {
    "/": 7,
    "/sky": 2,
    "/me": 4,
    "/circle": 3,
    "/wallet": 5,
    "/wallet/1": 5,
    "/rules": 5,
    "/impact": 6,
    "/impact/people/carried": 2,
    "/impact/people/further": 2,
    "/impact/months": 2,
    "/impact/people": 3,
    "/inbox": 2,
    "/badges/1": 3,
    "/lit/1": 6,
}


@pytest.fixture
def busy(make_member, make_quest, work, seen):
    """A member with a little of everything; returns a function that adds more of it."""
    member = make_member("linxia", name="Lin Xia", tracks=("photo",))
    others = iter([make_member(f"m{n}") for n in range(8)])
    quests = iter([make_quest(f"Q{n}") for n in range(12)])

    def more(times: int) -> None:
        for _ in range(times):
            other, quest = next(others), next(quests)
            work(member, quest)
            work(other, quest, helper=member)
            with unit_of_work():
                inbox.notify(
                    [
                        inbox.NewNotice(
                            key=f"n{quest}",
                            member_id=member.id,
                            icon="i-sun",
                            title={"zh": "x", "en": "x"},
                            link="/",
                        )
                    ]
                )
        work(member, next(quests), state="changes")
        seen(member)

    more(1)
    return member, more


def test_pages_keep_their_number_of_queries(busy, login, counted) -> None:
    member, more = busy
    client = login(member)
    for round_ in range(2):
        for path, budget in BUDGETS.items():
            with counted() as said:
                assert client.get(path).status_code == 200, path
            assert len(said) == budget, (path, round_, said)
        if not round_:
            more(4)


def test_a_reviewers_today_asks_one_more(reviewer, login, counted) -> None:
    client = login(reviewer)
    client.get("/")  # once, so that the board is at hand
    with counted() as said:
        assert client.get("/").status_code == 200
    assert len(said) <= 8
