"""Two-minute things as people do them: a vote, a tip and a photo from the card, with a script and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.people import new_member, photo
from tests.browser.phones import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

POLL = {"zh": "冬天出门前，你会提前多久预热", "en": "How long do you preheat before a winter drive"}
TEN = {"zh": "十分钟", "en": "Ten minutes"}
HALF = {"zh": "半小时", "en": "Half an hour"}
TIP = {"zh": "雨天开车，你的一个小习惯", "en": "One small habit of yours in rain"}
CALL = {"zh": "今天从车窗看出去，是什么天", "en": "What sky is outside your car window today"}
SURVEY = {"zh": "上一次到店，感觉怎么样", "en": "How was your last visit to a store"}
LINE = "雨刮先喷水再刮。Spray first, then wipe."


def card(member: Phone, title: str) -> Locator:
    return member.page.locator("section.card").filter(
        has=member.page.get_by_role("heading", name=title, exact=True)
    )


@pytest.mark.parametrize(
    ("locale", "js"), [("zh", True), ("en", True), ("zh", False)], ids=["zh", "en", "zh-without-script"]
)
def test_done_on_the_card(phone: Callable[..., Phone], tmp_path: Path, locale: str, js: bool) -> None:
    member, name = new_member(phone, locale=locale, js=js)
    page = member.page

    # Today leads there
    member.open("/")
    page.locator("section[aria-labelledby=small] a").click()
    expect(member.heading("Two-minute things")).to_be_visible()

    # a vote: no result before it, the result after it, and another mind
    poll = card(member, POLL[locale])
    expect(poll.locator("progress")).to_have_count(0)
    option = poll.locator("label.opt").filter(has_text=TEN[locale])
    expect(option).to_be_visible()
    box = option.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    option.click()
    poll.get_by_role("button").click()
    expect(poll.locator("li.mine")).to_contain_text(TEN[locale])
    expect(poll.locator(".pts.on")).to_contain_text("5")
    poll.locator("summary").click()
    poll.locator("label.opt").filter(has_text=HALF[locale]).click()
    poll.get_by_role("button").click()
    expect(poll.locator("li.mine")).to_contain_text(HALF[locale])

    # a tip stands among the others at once, and another's is marked useful
    tip = card(member, TIP[locale])
    tip.locator("input.in").fill(LINE)
    tip.get_by_role("button", name=member.say("Add it"), exact=True).click()
    expect(tip).to_contain_text(LINE)
    useful = tip.locator("button.use").first
    expect(useful).to_have_attribute("aria-pressed", "false")
    useful.click()
    expect(tip.locator("button.use").first).to_have_attribute("aria-pressed", "true")

    # a photo from the card, and there it hangs on the wall
    call = card(member, CALL[locale])
    call.locator("input[type=file]").set_input_files(str(photo(tmp_path / "sky.jpg", seed=7)))
    if not js:
        call.get_by_role("button", name=member.say("Put it on the wall"), exact=True).click()
    expect(call.locator(".pts.on")).to_contain_text("20")
    expect(call.locator("figcaption").first).to_have_text(name)
    call.locator("a.link").last.click()
    expect(page.locator("figcaption").first).to_have_text(name)
    thumb = page.locator("figure img").first
    assert thumb.evaluate("async image => { await image.decode(); return image.naturalWidth }") > 0

    # a survey on its own page, sent without its optional words
    member.open("/quick")
    number = str(card(member, SURVEY[locale]).get_attribute("id")).removeprefix("quick-")
    member.open(f"/quests/{number}")
    survey = card(member, SURVEY[locale])
    survey.locator(".rate label").nth(3).click()
    survey.locator("label.chip.sunk").first.click()
    survey.get_by_role("button").click()
    expect(survey.locator(".pts.on")).to_contain_text("15")
