"""A quest's cover: put up within the form, kept with it, seen by whoever may read the quest."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.blueprints.media.models import Media
from app.blueprints.quests import queries_staff, services, services_publish, services_staff
from app.blueprints.quests.policies_presets import QuestIn
from app.core.actor import Actor
from app.core.db import db
from tests.quests.conftest import photo
from tests.quests_staff.test_pages import form_of

HTMX = {"HX-Request": "true"}
MULTIPART = "multipart/form-data"


@pytest.fixture
def draft(publisher: Actor) -> int:
    quest_id = services_staff.create_quest("skill_challenge", by=publisher)
    services_staff.save_quest(quest_id, QuestIn(title="雾里的路"), by=publisher)
    return quest_id


def form(desk: FlaskClient, quest_id: int) -> dict[str, Any]:
    return form_of(desk.get(f"/staff/quests/{quest_id}/edit").text)


def put(desk: FlaskClient, quest_id: int, shade: int = 90, **typed: Any) -> Any:
    """The form with a chosen photo, as "put it up" sends it."""
    headers = typed.pop("headers", {})
    sent = form(desk, quest_id) | typed | {"cover": [(photo(shade), "雾.jpg")]}
    return desk.post(f"/staff/quests/{quest_id}/cover", data=sent, headers=headers, content_type=MULTIPART)


def stored(quest_id: int) -> Any:
    db.session.rollback()
    return queries_staff.whole(quest_id)


def pictures() -> set[int]:
    db.session.rollback()
    return set(db.session.scalars(select(Media.id)))


def with_cover(desk: FlaskClient, quest_id: int, shade: int = 90) -> int:
    sent = form_of(put(desk, quest_id, shade).text)
    assert desk.post(f"/staff/quests/{quest_id}/edit", data=sent).status_code == 303
    return stored(quest_id).cover_media_id


def test_put_up_kept_replaced_and_removed_without_a_script(desk: FlaskClient, draft: int) -> None:
    answer = put(desk, draft, title=["还没存的名字"])
    assert answer.status_code == 200
    sent = form_of(answer.text)
    [cover] = pictures()
    assert (sent["cover_media_id"], sent["title"]) == ([str(cover)], ["还没存的名字"])
    assert stored(draft).cover_media_id is None  # only the form has it
    desk.post(f"/staff/quests/{draft}/edit", data=sent)
    assert (stored(draft).cover_media_id, stored(draft).title) == (cover, "还没存的名字")
    assert f"/media/{cover}/large" in desk.get(f"/staff/quests/{draft}/edit").text

    another = with_cover(desk, draft, shade=20)
    assert another != cover
    assert pictures() == {another}  # nobody sees the first any more

    gone = desk.post(f"/staff/quests/{draft}/cover", data=form(desk, draft) | {"remove_cover": "1"})
    sent = form_of(gone.text)
    assert sent["cover_media_id"] == [""]
    assert stored(draft).cover_media_id == another
    desk.post(f"/staff/quests/{draft}/edit", data=sent)
    assert stored(draft).cover_media_id is None
    assert pictures() == set()


def test_saving_takes_a_chosen_photo_along(desk: FlaskClient, draft: int) -> None:
    sent = form(desk, draft) | {"cover": [(photo(), "雾.jpg")], "title": ["新名字"]}
    assert desk.post(f"/staff/quests/{draft}/edit", data=sent, content_type=MULTIPART).status_code == 303
    assert stored(draft).title == "新名字"
    assert {stored(draft).cover_media_id} == pictures()


def test_with_a_script_only_the_cover_is_drawn_and_the_part_saves(desk: FlaskClient, draft: int) -> None:
    answer = put(desk, draft, headers=HTMX)
    assert answer.text.lstrip().startswith("<fieldset")
    assert answer.headers["HX-Trigger-After-Settle"] == "cover"
    [cover] = re.findall(r'name="cover_media_id" value="(\d+)"', answer.text)
    sent = form(desk, draft) | {"part": ["what"], "cover_media_id": [cover]}
    assert desk.post(f"/staff/quests/{draft}/part?part=what", data=sent, headers=HTMX).status_code == 200
    assert stored(draft).cover_media_id == int(cover)
    again = put(desk, draft, headers=HTMX)  # the same file is the same picture
    assert f'value="{cover}"' in again.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_is_no_photo_is_said_beside_the_field(desk: FlaskClient, draft: int, headers: dict) -> None:
    cover = with_cover(desk, draft)
    for bytes_sent in (b"GIF89a, not ours", b"", photo().read()[:1500]):
        for path in ("cover",) if headers else ("cover", "edit"):
            sent = form(desk, draft) | {"title": ["打好的字"], "cover": [(BytesIO(bytes_sent), "x.jpg")]}
            answer = desk.post(
                f"/staff/quests/{draft}/{path}", data=sent, headers=headers, content_type=MULTIPART
            )
            assert answer.status_code == 422
            assert 'id="f-cover_media_id-e"' in answer.text
            assert f'name="cover_media_id" value="{cover}"' in answer.text
            assert "HX-Trigger-After-Settle" not in answer.headers
            if not headers:
                assert form_of(answer.text)["title"] == ["打好的字"]
    nothing = desk.post(f"/staff/quests/{draft}/cover", data=form(desk, draft), headers=headers)
    assert nothing.status_code == 422
    assert stored(draft).cover_media_id == cover


def test_only_a_photo_put_up_for_this_quest(desk: FlaskClient, draft: int, publisher: Actor) -> None:
    other = services_staff.create_quest("skill_challenge", by=publisher)
    [theirs] = form_of(put(desk, other).text)["cover_media_id"]
    for odd in (theirs, "999999", "0", "-1", "9" * 30, "x", "²"):
        answer = desk.post(f"/staff/quests/{draft}/edit", data=form(desk, draft) | {"cover_media_id": [odd]})
        assert answer.status_code == 422
        assert 'id="f-cover_media_id-e"' in answer.text
        assert form_of(answer.text)["cover_media_id"] == [""]
    assert stored(draft).cover_media_id is None


def test_a_quick_task_has_none(desk: FlaskClient, publisher: Actor) -> None:
    quest_id = services_staff.create_quest("quick_task", "poll", by=publisher)
    assert "cover_media_id" not in form(desk, quest_id)
    assert put(desk, quest_id).status_code == 404
    assert pictures() == set()


def test_a_duplicate_keeps_it(
    desk: FlaskClient, draft: int, make_member: Callable[..., Actor], login: Callable[..., FlaskClient],
    publisher: Actor,
) -> None:  # fmt: skip
    cover = with_cover(desk, draft)
    copy = services_staff.duplicate_quest(draft, by=publisher)
    assert stored(copy).cover_media_id == cover
    assert desk.post(f"/staff/quests/{copy}/edit", data=form(desk, copy)).status_code == 303
    # another for the first leaves the copy its own, which members of the copy see
    services_staff.save_quest(draft, QuestIn(cover_media_id=None), by=publisher)
    assert cover in pictures()
    member = login(make_member("linxia"))
    assert member.get(f"/media/{cover}/large").status_code == 404
    services_publish.publish_quest(copy, by=publisher)
    assert member.get(f"/media/{cover}/large").status_code == 200


def test_who_may_read_the_quest_sees_it(
    desk: FlaskClient, draft: int, make_member: Callable[..., Actor], login: Callable[..., FlaskClient],
    publisher: Actor,
) -> None:  # fmt: skip
    cover = with_cover(desk, draft)
    file = f"/media/{cover}/large"
    services_staff.save_quest(draft, QuestIn(tiers=("contributor",)), by=publisher)
    inside, outside = make_member("linxia", tier="contributor"), make_member("chenyu", tier="participant")
    colleague = make_member("guanli", capabilities=("reviewer",))
    assert desk.get(file).status_code == 200
    assert [login(one).get(file).status_code for one in (inside, outside, colleague)] == [404, 404, 200]
    services_publish.publish_quest(draft, by=publisher)
    assert [login(one).get(file).status_code for one in (inside, outside)] == [200, 404]
    page = login(inside).get(f"/quests/{draft}").text
    assert re.search(rf'<img src="{file}" alt="" width="960" height="540">', page)
    # who has begun keeps what they may open
    services.start_quest(draft, by=inside)
    services_staff.save_quest(draft, QuestIn(tiers=("cocreator",)), by=publisher)
    assert login(inside).get(file).status_code == 200
    desk = login(publisher)
    preview = desk.post(f"/staff/quests/{draft}/preview", data=form(desk, draft), headers=HTMX)
    assert file in preview.text


def test_a_live_quest_gets_another_picture_without_a_word(
    desk: FlaskClient, draft: int, make_member: Callable[..., Actor], publisher: Actor
) -> None:
    first = with_cover(desk, draft)
    services_publish.publish_quest(draft, by=publisher)
    services.start_quest(draft, by=make_member("linxia"))
    second = with_cover(desk, draft, shade=20)
    assert stored(draft).number == 2
    assert {first, second} == pictures()  # the first belongs to the version they began


def test_two_tabs_say_whose_picture_is_stored(desk: FlaskClient, draft: int, publisher: Actor) -> None:
    sent = form(desk, draft)
    with_cover(desk, draft)
    stale = desk.post(f"/staff/quests/{draft}/edit", data=sent | {"title": ["我的"]})
    assert stale.status_code == 409
    assert "另一张图片" in stale.text
