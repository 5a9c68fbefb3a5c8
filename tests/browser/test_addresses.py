"""An address from a pasted line, as people enter it: with a script and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import new_member
from tests.browser.phones import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LINE = "王小明 13900000001 云南省大理白族自治州大理市古城复兴路 12 号"


@pytest.mark.parametrize("js", [True, False], ids=["script", "no-script"])
def test_pasted_checked_and_kept(phone: Callable[..., Phone], js: bool) -> None:
    member, _name = new_member(phone, js=js)
    page = member.open("/addresses/new?for=987654")
    page.locator("#f-paste").fill(LINE)
    if not js:
        member.button("Fill the fields in").click()
    expect(page.locator("#f-name")).to_have_value("王小明")
    expect(page.locator("#f-district")).to_have_value("大理市")
    # another province: the lists below it are its own, what was typed stays
    page.locator("#f-label").fill("家")
    page.locator("#f-province").select_option("北京市")
    if not js:
        member.button("Next: cities and districts").click()
    expect(page.locator("#f-city")).to_have_value("北京市")
    expect(page.locator("#f-district")).to_have_value("")
    page.locator("#f-district").select_option("朝阳区")
    expect(page.locator("#f-street")).to_have_value("古城复兴路 12 号")
    expect(page.locator("#f-label")).to_have_value("家")
    with member.expecting(404):  # the redeem page of an item that isn't there
        member.button("Keep this address").click()
        page.wait_for_url("**/mall/987654/redeem")
    member.open("/addresses")
    expect(page.get_by_text("139 **** 0001")).to_be_visible()
    expect(page.get_by_text("北京 朝阳区 古城复兴路 *** 号")).to_be_visible()
