"""Staff pass on a word in a few taps and read what waits; with scripts, and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from app.blueprints.impact import services_thanks
from app.blueprints.impact.services_thanks import Said
from tests.browser.pages import Pages
from tests.browser.phones import Phone
from tests.browser.server import DemoServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# pasted, what it helped with, where it was heard, sent
MOST_TAPS = 4
WORDS = "看了零下二十六度那篇才敢订的，替我谢谢他"


class Taps:
    """A staff member's finger, counted."""

    def __init__(self, desk: Phone) -> None:
        self.desk, self.number = desk, 0

    def paste(self, field: str, words: str) -> None:
        self.number += 1
        self.desk.page.locator(field).fill(words)

    def on(self, selector: str) -> None:
        self.number += 1
        self.desk.page.locator(selector).click()


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
def test_a_word_is_passed_on_in_a_few_taps(phone: Callable[..., Phone], js: bool) -> None:
    desk = phone(js=js).log_in("luoning")
    desk.open("/staff/thanks")
    finger = Taps(desk)
    finger.paste("#f-words", WORDS)
    chosen = desk.page.locator("#works input:checked")
    if not js:
        finger.on("#f-work .nojs")
    expect(chosen).to_have_count(1)
    expect(desk.page.locator("#works")).to_contain_text("零下二十六度的一天")
    for chip in ("[name=outcome][value=decided]", "[name=heard][value=store]"):
        finger.on(f"label:has({chip})")
    if js:
        expect(desk.page.locator("#preview")).to_contain_text(desk.say("decided to buy"))
        expect(desk.page.locator("#preview")).to_contain_text(WORDS)
    finger.on("#send")
    desk.page.wait_for_url("**/staff/thanks/relayed")
    expect(desk.page.locator("main li").first).to_contain_text(WORDS)
    expect(desk.page.locator(".toast")).to_contain_text(desk.say("Pass on another"))
    # without a script they ask for the works themselves
    assert finger.number <= MOST_TAPS + (not js)
    assert desk.faults == []


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
def test_what_waits_goes_and_the_next_stays_in_view(
    phone: Callable[..., Phone], server: DemoServer, js: bool
) -> None:
    pages = Pages(server)
    code = str(
        pages.rows("SELECT code FROM thanks_link WHERE about LIKE 'resource:%' ORDER BY id LIMIT 1")[0][0]
    )
    with pages.app.app_context():
        ids = [
            services_thanks.thank(
                code, Said(outcome="learned", words=f"{js} 138 0000 770{n}"), reader=f"{js}{n}"
            )
            for n in range(3)
        ]
    desk = phone(js=js).log_in("luoning")
    desk.open("/staff/thanks/words")
    first, second, third = (desk.page.locator(f"#words-{one}") for one in ids)
    expect(third).to_be_visible()
    first.get_by_role("button", name=desk.say("Cut it and show it")).click()
    expect(first).to_have_count(0)
    expect(desk.page.locator(".toast")).to_contain_text(desk.say("Shown without the marked part"))
    # a refusal without its rule comes back where it was, with what is missing (htmx calls a 422 an error)
    second.locator("summary").click()
    if not js:
        with desk.expecting(422):
            second.locator("details button").click()
            expect(second.locator(".err")).to_contain_text(
                desk.say("Choose the rule by which it isn't passed on.")
            )
    second.locator("label:has([value=contact])").click()
    second.locator("details button").click()
    expect(second).to_have_count(0)
    expect(third).to_be_visible()
    desk.open("/staff/thanks/refused")
    expect(desk.page.locator("main li").first).to_contain_text(f"{js} 138 0000 7701")
    assert desk.faults == []


def test_somebody_is_found_while_one_types(phone: Callable[..., Phone]) -> None:
    desk = phone().log_in("luoning")
    desk.open("/staff/thanks/owner")
    desk.page.locator("#f-member").press_sequentially("林夏")
    expect(desk.page.locator("#member-found input:checked")).to_have_count(1)
    desk.open("/staff/thanks/list")
    desk.page.locator("#f-text").press_sequentially("加微信 聊")
    expect(desk.page.locator("#tried mark")).to_have_text("加微")
    assert desk.faults == []
