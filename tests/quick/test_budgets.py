"""A fixed number of queries, with few cards and answers and with many."""

from __future__ import annotations

import pytest

from app.blueprints.media import services as media
from app.blueprints.quests import services_quick
from app.blueprints.quests.services import Draft
from tests.quests.conftest import counted
from tests.quick.conftest import STEPS
from tests.quick.test_wall import photo

# with the session's own; Today and the list keep theirs although quick tasks stand on them
BUDGETS = {"/quick": 6, "/": 7, "/quests": 3, "/quests/1": 4, "/quests/2": 4, "/quests/3": 4}
MORE = {"/quests/2/wall": 4, "/quests/3/tips": 4}


@pytest.fixture
def grow(make_quick, make_member):
    """Adds to the programme: every call cards of all kinds, and answers of everybody to the first ones."""
    people = [make_member(f"m{n}") for n in range(6)]
    calls = []

    def more(answers: int) -> None:
        quests = {kind: make_quick(kind) for kind in ("poll", "photo_call", "tip", "survey", "share")}
        calls.append(quests)
        for n, person in enumerate(people[:answers]):
            for quests in calls:
                services_quick.vote(quests["poll"], "fold" if n % 2 else "arm", by=person)
                services_quick.answer(quests["tip"], Draft(texts={"s1": "技巧"}), by=person)
                with media.prepare_upload(file=photo(n)) as prepared:
                    services_quick.put_up_photo(
                        quests["photo_call"], f"{quests['poll']}", prepared, Draft(), by=person
                    )

    return more


def test_pages_keep_their_number_of_queries(grow, make_member, login) -> None:
    me = make_member("linxia")
    grow(1)
    services_quick.vote(1, "fold", by=me)
    services_quick.answer(4, Draft(texts={"heard": "3", "better": "wait"}), by=me)
    client = login(me)
    assert set(STEPS) == {"poll", "photo_call", "tip", "survey", "share"}
    for round_ in range(2):
        if round_:
            grow(6)
            grow(6)
        client.get("/quick")  # reads the board anew where it changed
        for path, most in (BUDGETS | MORE).items():
            client.get(path)  # the first look at a quest is noted, once
            with counted() as seen:
                assert client.get(path).status_code == 200
            assert len(seen) <= most, f"{path}: {len(seen)}\n" + "\n".join(seen)


def test_the_desks_page_keeps_its_number(grow, make_member, login) -> None:
    client = login(make_member("luoning", capabilities=("publisher",)))
    for answers in (1, 6):
        grow(answers)
        for quest in (1, 3, 4):
            with counted() as seen:
                assert client.get(f"/staff/quests/{quest}/answers").status_code == 200
            assert len(seen) <= 6, "\n".join(seen)
