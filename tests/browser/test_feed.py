"""The feed as its member lives with it: new lines come by themselves and disturb nothing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from app.blueprints.impact import queries_thanks, services_links, services_thanks
from app.blueprints.impact.services_thanks import Said
from app.blueprints.members import queries as members
from app.core.db import db
from app.core.uow import unit_of_work
from tests.browser.pages import Pages
from tests.browser.people import new_member
from tests.browser.phones import Phone
from tests.browser.server import DemoServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TITLE = {"zh": "夜拍三件事", "en": "Three things at night"}
HALF_A_MINUTE = 31_000
_works = itertools.count(900_001)


class Readers:
    """People who read what a member published, in the running programme."""

    def __init__(self, server: DemoServer) -> None:
        self.app = Pages(server).app

    def link(self, name: str) -> str:
        """The code of a thank-you link of the member who logs in by `name`."""
        with self.app.app_context():
            (found,) = members.with_logins([name.lower()])
            about = f"post:{next(_works)}"
            with unit_of_work():
                services_links.give_link(about, member_id=found.id, kind="post", title=TITLE)
            code: str = queries_thanks.link_about(about).code
            db.session.remove()
            return code

    def thank(self, code: str, reader: str, words: str = "") -> None:
        with self.app.app_context():
            services_thanks.thank(code, Said(outcome="learned", words=words), reader=reader)
            db.session.remove()


@pytest.fixture(scope="module")
def readers(server: DemoServer) -> Readers:
    return Readers(server)


def tap_thanks(stranger: Phone, code: str) -> None:
    """Say on the public page that one learned something, as somebody without an account does."""
    page = stranger.open(f"/t/{code}")
    page.locator('input[name="outcome"][value="learned"]').check(force=True)
    page.locator("#thanks button.btn").click()
    expect(page.locator("#thanks textarea")).to_have_count(0)


def questions(page: Page) -> list[str]:
    """What the page asks from now on for new lines."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/impact/new" in request.url else None)
    return asked


def look_away(page: Page, away: bool) -> None:
    page.evaluate(
        """away => {
          Object.defineProperty(document, 'hidden', {value: away, configurable: true});
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        away,
    )


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_new_lines_come_by_themselves(phone: Callable[..., Phone], readers: Readers, locale: str) -> None:
    member, name = new_member(phone, locale=locale)
    page, code = member.page, readers.link(name)
    page.clock.install()
    member.open("/impact")
    expect(member.heading("Nobody has named you yet")).to_be_visible()

    # the first line of all, from a stranger's own phone, turns the page over
    tap_thanks(phone(locale=locale), code)
    page.clock.fast_forward(HALF_A_MINUTE)
    entry = page.locator("#lines > li")
    expect(entry).to_have_count(1)
    expect(entry).to_contain_text(TITLE[locale])

    # one that says the same grows the entry; the focus stays, the numbers follow, those who listen are told
    entry.locator("a.blk").focus()
    readers.thank(code, "second")
    page.clock.fast_forward(HALF_A_MINUTE)
    expect(entry.locator("a.blk")).to_have_attribute("href", re.compile(r"^/impact/groups/\d+$"))
    expect(entry).to_have_count(1)
    expect(entry.locator("a.blk")).to_be_focused()
    expect(page.locator("#reach dd").first).to_have_text("2")
    expect(page.locator("#toasts[role=status]")).to_have_text(
        {"zh": "新来了 1 条", "en": "1 new line"}[locale]
    )

    # one with words comes on top; what is being read stays where it is
    for number in range(9):
        readers.thank(code, f"before {number}", f"One of many {number}")
    page.clock.fast_forward(HALF_A_MINUTE)
    expect(entry).to_have_count(10)
    entry.nth(6).scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    read = entry.last
    before = read.bounding_box()
    readers.thank(code, "third", "A clear picture at last")
    page.clock.fast_forward(HALF_A_MINUTE)
    expect(entry).to_have_count(11)
    expect(entry.first).to_contain_text("A clear picture at last")
    after = read.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2, "it moved under the eyes"

    # while an answer is being written nothing moves, and nothing typed is lost
    entry.first.locator(".say a").click()
    box = entry.first.locator("textarea")
    expect(box).to_be_focused()
    box.fill("Which lens was it")
    asked = questions(page)
    readers.thank(code, "fourth", "Me too")
    page.clock.fast_forward(HALF_A_MINUTE)
    page.clock.fast_forward(HALF_A_MINUTE)
    assert asked == []
    expect(box).to_have_value("Which lens was it")
    entry.first.locator("form button:not([type=button])").click()
    expect(entry.first).to_contain_text("Which lens was it")
    expect(entry.first.locator("textarea")).to_have_count(0)
    page.clock.fast_forward(HALF_A_MINUTE)
    expect(entry.first).to_contain_text("Me too")

    # nobody looks: nobody asks; who comes back sees it at once
    asked.clear()
    look_away(page, True)
    readers.thank(code, "fifth", "While you were away")
    for _ in range(5):
        page.clock.fast_forward(HALF_A_MINUTE)
    assert asked == []
    look_away(page, False)
    expect(entry.first).to_contain_text("While you were away")
    assert len(asked) == 1

    # what was there all along is there once
    ids = page.locator("#lines > li").evaluate_all("rows => rows.map(row => row.id)")
    assert len(ids) == len(set(ids)) == 13


def test_without_a_script(phone: Callable[..., Phone], readers: Readers) -> None:
    member, name = new_member(phone, js=False)
    page, code = member.page, readers.link(name)
    member.open("/impact")
    expect(member.heading("Nobody has named you yet")).to_be_visible()
    readers.thank(code, "first", "终于拍清楚了")
    member.open("/impact")
    expect(page.locator("#lines > li")).to_contain_text("终于拍清楚了")
    page.locator("#lines .say a").click()
    assert urlsplit(page.url).path.startswith("/impact/lines/")
    page.locator("textarea").fill("")
    with member.expecting(422):
        member.button("Send it").click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    page.locator("textarea").fill("用的是第二组参数")
    member.button("Send it").click()
    expect(page.locator("#answer")).to_contain_text("用的是第二组参数")
    expect(page.locator("textarea")).to_have_count(0)
    member.button("Leave it out", "feed").click()
    expect(page.locator("#lines > li")).to_have_count(0)
    page.locator("nav.chips a").last.click()
    expect(page.locator("#lines > li")).to_have_count(1)
    member.button("Take it in again").click()
    expect(page.locator("#lines > li")).to_have_count(1)
    expect(page.locator("#reach dd").first).to_have_text("1")
