"""After logging out nothing private is left in the browser, and a kept cookie opens nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import begin_first, new_member
from tests.browser.phones import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

STORED = """() => JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)])"""
CACHES = "() => caches.keys()"


def test_log_out_is_final(phone: Callable[..., Phone]) -> None:
    """Back shows the log-in page, a replayed cookie is refused, the storages hold nothing of the member."""
    member, name = new_member(phone)
    page = member.page
    begin_first(member)
    page.locator("[name='text:line']").fill("只有我自己看得到的一句话。")
    expect(page.locator("#saved")).to_have_text(member.pattern("saved %(time)s"))
    private = [name, "只有我自己看得到的一句话。"]
    stored = page.evaluate(STORED)
    assert not [words for words in private if words in stored]
    kept = member.context.cookies()
    member.open("/me")
    member.button("Log out").click()
    page.wait_for_url("**/login")
    assert page.evaluate(STORED) == "[[],[]]"
    assert page.evaluate(CACHES) == []
    for _ in range(3):
        page.go_back()
        shown = page.content()
        assert not [words for words in private if words in shown], page.url
    for path in ("/", "/me", "/wallet"):
        member.open(path)
        assert member.path() == "/login"

    thief = phone()
    thief.context.add_cookies(kept)  # type: ignore[arg-type]
    for path in ("/", "/me", "/inbox"):
        thief.open(path)
        assert thief.path() == "/login"
        assert name not in thief.page.content()


def test_private_pages_are_not_kept(phone: Callable[..., Phone]) -> None:
    """Neither the browser nor anybody on the way may keep a member's page."""
    member = phone().log_in("linxia")
    for path in ("/", "/me", "/wallet", "/impact", "/inbox", "/quests"):
        answer = member.page.goto(path)
        assert answer is not None
        assert answer.header_value("cache-control") == "no-store", path


def test_another_persons_work_and_pictures_look_absent(phone: Callable[..., Phone]) -> None:
    """Another's work, wallet line and photo answer as one that isn't there."""
    owner = phone().log_in("linxia")
    owner.open("/quests")
    work = str(owner.page.locator("#list a[href^='/work/']").first.get_attribute("href"))
    owner.open("/wallet")
    line = str(owner.page.locator("ul.led a").first.get_attribute("href"))
    stranger, _ = new_member(phone)
    with stranger.expecting(404):
        for path in (work, line, "/work/99999999", "/wallet/99999999"):
            answer = stranger.page.goto(path)
            assert answer is not None
            assert answer.status == 404
