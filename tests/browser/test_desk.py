"""The review desk by keyboard, and an approval taken back, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.phones import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def opened(reviewer: Phone) -> str:
    """The first work of the queue that has scores, opened; its path."""
    page = reviewer.open("/review?preset=skill_challenge")
    for address in page.locator(".picks .pick").evaluate_all(
        "rows => rows.map(row => row.getAttribute('href'))"
    ):
        page.goto(address)
        if page.locator(".five").count() and page.locator("[name=decision][value=approve]").count():
            return reviewer.path()
    raise AssertionError("nothing to score in the queue")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.value || document.activeElement.name"))


def test_by_keyboard_and_taken_back(phone: Callable[..., Phone]) -> None:
    reviewer = phone(width=1280, height=900).log_in("luoning")
    page = reviewer.page
    path = opened(reviewer)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    fives = page.locator(".five").count()
    for _ in range(fives):
        page.keyboard.press("4")
    assert page.locator(".five input[value='4']:checked").count() == fives
    # nothing happens while one types
    area = page.locator("[name=highlight]")
    area.click()
    page.keyboard.type("j4acd? 光来自一扇门")
    assert area.input_value() == "j4acd? 光来自一扇门"
    assert reviewer.path() == path
    page.locator("h2").first.click()
    page.keyboard.press("c")
    if page.locator("[value=changes]").count():
        assert focused(page) == "changes"
    page.keyboard.press("d")
    assert focused(page) == "reason"
    page.locator("h2").first.click()
    page.keyboard.press("a")
    assert focused(page) == "approve"
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: path not in url)
    bar = page.locator("#undo")
    expect(bar).to_be_visible()
    page.goto("/review")
    expect(bar).to_be_visible()
    bar.get_by_role("button").click()
    page.wait_for_url(f"**{path}")
    expect(page.locator("[name=decision][value=approve]")).to_be_visible()
    expect(bar).to_have_count(0)


def test_from_row_to_row(phone: Callable[..., Phone]) -> None:
    reviewer = phone(width=1280, height=900).log_in("guanli")
    page = reviewer.open("/review")
    rows = page.locator(".picks .pick")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    first = rows.nth(0).get_attribute("href")
    second = rows.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}")
    page.keyboard.press("j")
    page.wait_for_url(f"**{second}")
    page.keyboard.press("k")
    page.wait_for_url(f"**{first}")


def test_leaving_puts_it_back(phone: Callable[..., Phone]) -> None:
    reviewer, colleague = (phone(width=1280, height=900).log_in(login) for login in ("luoning", "guanli"))
    path = opened(reviewer)
    held = colleague.open(path).locator("[name=decision]")
    expect(held).to_have_count(0)
    reviewer.page.goto("/review")
    free = colleague.page.locator("[name=decision][value=approve]")
    for _ in range(20):  # what a page sends on leaving arrives when it does
        if colleague.open(path).locator("[name=decision]").count():
            break
        colleague.page.wait_for_timeout(250)
    expect(free).to_be_visible()


def test_without_a_script(phone: Callable[..., Phone]) -> None:
    reviewer = phone(js=False).log_in("luoning")
    page = reviewer.page
    path = opened(reviewer)
    page.locator("[name=highlight]").fill("光来自一扇门")
    page.locator("[name=decision][value=approve]").click()
    bar = page.locator("#undo")
    expect(bar).to_be_visible()
    bar.get_by_role("button").click()
    assert reviewer.path() == path
    expect(page.locator("[name=decision][value=approve]")).to_be_visible()
    assert page.locator("[name=highlight]").input_value() == ""
