"""A confidential open call: terms, proposal, dialogue, and milestones one after the other, on two phones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, text

from tests.browser.phones import Phone
from tests.browser.server import DemoServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# a co-creator of the demo with two stars, who hasn't begun it
MEMBER, OUTSIDER = "shenyizhou", "linxia"
TITLE = "让车里安静一点，还是有声一点"
STAGES = (
    ("proposal", "车门没关好时，轻轻响一声就够。"),
    ("talk", "他们说低频传得远。"),
    ("opinion", "第二个可以天天听。"),
)


@pytest.fixture
def call(server: DemoServer) -> int:
    engine = create_engine(server.database_url)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT id FROM quest WHERE preset = 'open_call' AND confidential")
        ).scalar_one()
    engine.dispose()
    return int(found)


def test_an_open_call_from_its_terms_to_the_last_milestone(phone: Callable[..., Phone], call: int) -> None:
    outsider = phone().log_in(OUTSIDER)
    with outsider.expecting(404):
        outsider.open(f"/quests/{call}")
    expect(outsider.page.get_by_text(TITLE)).to_have_count(0)

    # what it is shows after the terms are agreed to
    member = phone().log_in(MEMBER)
    member.open(f"/quests/{call}")
    expect(member.page.get_by_text(TITLE)).to_have_count(0)
    member.button("I agree to the terms").click()
    expect(member.page.get_by_role("heading", level=1, name=TITLE)).to_be_visible()
    member.button("Start", "quest").click()
    member.page.wait_for_url("**/work/*")
    work = member.path()
    number = work.rsplit("/", 1)[1]

    desk = phone().log_in("luoning")
    for place, (step, words) in enumerate(STAGES):
        member.open(work)
        area = member.page.locator(f"textarea[name='text:{step}']")
        with member.page.expect_response(lambda answer: answer.url.endswith("/save")):
            area.fill(words)
        member.button("Send it in").click()
        expect(member.page.locator("ol.track")).to_be_visible()
        desk.open(f"/review/{number}")
        expect(desk.page.get_by_text(words)).to_be_visible()
        if place == 0:
            talk(member, desk, work, number)
        desk.page.locator("#f-highlight").fill("一个声音，一个场景，说得清楚")
        last = place == len(STAGES) - 1
        desk.page.locator(f"button[value={'approve' if last else 'pass'}]").click()
        desk.page.wait_for_url(lambda url: not url.endswith(f"/review/{number}"))
    member.open(work)
    expect(member.page.locator("ol.track li").last).to_have_class("on")


def talk(member: Phone, desk: Phone, work: str, number: str) -> None:
    """A question from the desk, an answer from the member; both read both."""
    asked, answered = "哪一种声音最想先听？", "先听雨刮换挡的那一声。"
    desk.page.locator("#f-talk").fill(asked)
    desk.page.locator("#talk button").click()
    expect(desk.page.locator("#talk")).to_contain_text(asked)
    member.open(work)
    expect(member.page.locator("#talk")).to_contain_text(asked)
    member.page.locator("#f-talk").fill(answered)
    member.page.locator("#talk button").click()
    expect(member.page.locator("#talk")).to_contain_text(answered)
    desk.open(f"/review/{number}")
    expect(desk.page.locator("#talk")).to_contain_text(answered)
