"""A browser closed while five photos go up: those that were acknowledged are there, the rest can follow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from app import create_app
from app.blueprints.members import queries as members
from app.blueprints.quests import services_publish, services_staff
from app.config import Config
from tests.browser.people import NEW_PASSWORD, new_member, photo
from tests.browser.phones import Phone
from tests.browser.server import DemoServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHOTOS, ACKNOWLEDGED = 5, 2


@pytest.fixture
def quest(server: DemoServer) -> int:
    """A quest of the served programme that takes five photos."""
    settings = {"DATABASE_URL": server.database_url, "LIGHTUP_DATA": str(server.data)}
    with create_app(Config.from_environment(settings)).app_context():
        staff = members.as_actor(members.with_logins(["luoning"])[0].id)
        quest_id = services_staff.create_quest("skill_challenge", by=staff)
        step = {"key": "photos", "title": "五张", "title_en": "Five", "evidence": "photo", "min": 5, "max": 5}
        services_staff.save_quest(quest_id, {"title": "一口气五张", "steps": [step]}, by=staff)  # type: ignore[typeddict-item]
        services_publish.publish_quest(quest_id, by=staff)
    return quest_id


def tiles(member: Phone) -> Locator:
    return member.page.locator("ul[id^=tiles-] > li")


def test_a_browser_closed_in_the_middle_loses_nothing_acknowledged(
    phone: Callable[..., Phone], quest: int, tmp_path: Path
) -> None:
    files = [str(photo(tmp_path / f"five-{n}.jpg", seed=50 + n)) for n in range(PHOTOS)]
    member, name = new_member(phone)
    member.open(f"/quests/{quest}")
    member.button("Start", "quest").click()
    member.page.wait_for_url("**/work/*")
    work = member.path()

    answered = 0

    def third_never_answers(route: Route) -> None:
        nonlocal answered
        if answered < ACKNOWLEDGED:
            answered += 1
            route.continue_()
        # the others are left hanging, as on a line that is gone

    member.page.route("**/evidence", third_never_answers)
    member.page.locator("input[type=file]").set_input_files(files)
    expect(tiles(member)).to_have_count(ACKNOWLEDGED)
    expect(member.page.locator(".up.going")).to_have_count(PHOTOS - ACKNOWLEDGED)
    member.close()

    again = phone()
    again.log_in(name.lower(), NEW_PASSWORD)
    again.open(work)
    expect(tiles(again)).to_have_count(ACKNOWLEDGED)
    for picture in again.page.locator("ul[id^=tiles-] img").all():
        assert again.page.request.get(str(picture.get_attribute("src"))).ok
    again.page.locator("input[type=file]").set_input_files(files[ACKNOWLEDGED:])
    expect(tiles(again)).to_have_count(PHOTOS)
    again.page.locator("#f-original").check()
    again.button("Send it in").click()
    expect(again.page.locator("ol.track")).to_be_visible()
