"""Points become a mug and go back again, as a member does it: with a script and without."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.phones import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("js", [True, False], ids=["script", "no-script"])
def test_redeemed_tapped_twice_and_cancelled(phone: Callable[..., Phone], js: bool) -> None:
    member = phone(js=js).log_in("xucheng")
    page = member.open("/mall")
    had = page.locator(".num").inner_text()
    page.get_by_role("link", name=re.compile("山脊棒球帽")).click()
    member.link("Redeem it").click()
    after = page.locator(".tot dd").inner_text()
    assert int(had.replace(",", "")) - int(after.replace(",", "")) == 380
    member.button("Redeem it for %(points)s points", points="380").dblclick(no_wait_after=True)
    page.wait_for_url("**/mall/orders/*")
    expect(page.get_by_text(member.say("being prepared"), exact=True).first).to_be_visible()
    order = page.url
    page.goto("/mall")
    expect(page.locator(".num")).to_have_text(after)
    page.goto(order)
    page.on("dialog", lambda dialog: dialog.accept())
    member.button("Cancel, the points come back").click()
    expect(page.get_by_text(member.say("You cancelled it. All points are back."))).to_be_visible()
    page.goto("/mall")
    expect(page.locator(".num")).to_have_text(had)
