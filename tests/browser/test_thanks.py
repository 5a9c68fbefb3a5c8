"""The public thank-you page as a stranger's phone meets it: light, and whole without a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, text

from tests.browser.phones import Phone
from tests.browser.server import DemoServer
from tests.browser.test_weight import JUMPS, Wire

pytestmark = [pytest.mark.browser, pytest.mark.look, pytest.mark.xdist_group("look")]

FIRST_VISIT = 30 * 1024
ON_PAGE = "SELECT code FROM thanks_link WHERE kind = 'tutorial' ORDER BY id LIMIT 1"


@pytest.fixture
def work(server: DemoServer) -> str:
    """The address of a tutorial's page; its cover is the heaviest photo of the demo."""
    engine = create_engine(server.database_url)
    with engine.begin() as connection:
        code = connection.execute(text(ON_PAGE)).scalar_one()
        heaviest = "SELECT id FROM media WHERE kind = 'photo' ORDER BY size_bytes DESC LIMIT 1"
        connection.execute(
            text(f"UPDATE thanks_link SET cover_media_id = ({heaviest}) WHERE code = :code"), {"code": code}
        )
    engine.dispose()
    return f"/t/{code}"


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_first_visit_is_light(phone: Callable[..., Phone], work: str, locale: str) -> None:
    """Everything that comes over the wire, headers, style sheet and picture included."""
    stranger, wire = phone(locale=locale), Wire()
    wire.listen(stranger)
    page = stranger.open(work)
    page.wait_for_load_state("networkidle")
    total = sum(one["bytes"] for one in wire.by_request.values())
    figures = f"{total / 1024:.1f} KB\n{wire.report()}"
    print(figures)
    assert [one["type"] for one in wire.by_request.values()].count("Image") >= 1, figures
    assert page.locator("figure img").evaluate("img => img.naturalWidth") > 0
    assert {one["type"] for one in wire.by_request.values()} <= {"Document", "Stylesheet", "Image", "Other"}
    assert total <= FIRST_VISIT, figures
    assert page.evaluate(JUMPS) == 0


def test_whole_without_a_script(phone: Callable[..., Phone], work: str) -> None:
    """Say it wrongly, say it, read it, take it back, in the other language."""
    stranger = phone(locale="en", js=False)
    page = stranger.open(work)
    page.locator("textarea").fill("Call me at 138 0000 7702")
    page.locator("#f-name").fill("Liu")
    page.locator("#thanks input[type=radio]").evaluate_all("all => all.forEach(one => one.required = false)")
    with stranger.expecting(422):
        stranger.button("Hand over the thanks").click()
        expect(page.locator("#f-outcome-e")).to_be_visible()
    expect(page.locator("textarea")).to_have_value("Call me at 138 0000 7702")
    page.locator("label.chip").first.click()
    stranger.button("Hand over the thanks").click()
    expect(stranger.button("Take it back")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("there is a number in them")
    page.get_by_role("button", name="中文").click()
    page.wait_for_url(f"**{work}")
    stranger.locale = "zh"
    expect(stranger.button("Take it back")).to_be_visible()
    stranger.button("Take it back").click()
    expect(stranger.button("Hand over the thanks")).to_be_visible()


def test_it_helped_me_while_reading(phone: Callable[..., Phone], server: DemoServer) -> None:
    """With a script the page stays where it is; without one it comes again."""
    engine = create_engine(server.database_url)
    with engine.connect() as connection:
        query = (
            "SELECT min(r.id) FROM resource r JOIN member m ON m.id = r.author_id WHERE m.login <> 'linxia'"
        )
        resource = connection.execute(text(query)).scalar_one()
    engine.dispose()
    for js in (True, False):
        member = phone(locale="en", js=js).log_in("linxia")
        page = member.open(f"/library/{resource}")
        member.button("It helped me").click()
        expect(member.button("Take it back")).to_be_visible()
        expect(page.locator("#helped")).to_contain_text("knows that it helped you")
        member.button("Take it back").click()
        expect(member.button("It helped me")).to_be_visible()
        assert member.path() == f"/library/{resource}"
