"""What goes over the wire: a first visit, each page's HTML, no font, nobody else, nothing that jumps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.browser.phones import Phone

pytestmark = [pytest.mark.browser, pytest.mark.look, pytest.mark.xdist_group("look")]

FIRST_VISIT = 45 * 1024
FIRST_REQUESTS = 8
HTML = 6 * 1024
MEMBER_PAGES = ("/", "/quests", "/sky", "/wallet", "/rules", "/impact", "/inbox", "/me", "/circle")
STAFF_PAGES = ("/review", "/staff/quests", "/staff/members", "/staff/invites")
PICTURES = {"Image", "Media"}

# a sub-pixel shift of a word is no jump: CLS is given to three places, as Lighthouse and the browsers show it
JUMPS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value })
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(Math.round(sum * 1000) / 1000), 500);
})"""


@dataclass
class Wire:
    """Bytes as they came, headers included (`body`: without), told apart by what they were."""

    by_request: dict[str, dict[str, Any]] = field(default_factory=dict)

    def listen(self, phone: Phone) -> None:
        line = phone.context.new_cdp_session(phone.page)
        line.send("Network.enable")
        line.on("Network.responseReceived", self._came)
        line.on("Network.loadingFinished", self._ended)

    def _came(self, event: dict[str, Any]) -> None:
        if event["response"]["url"].startswith("http"):
            self.by_request[event["requestId"]] = {
                "url": event["response"]["url"], "type": event["type"], "bytes": 0,
                "body": int(event["response"]["headers"].get("Content-Length", 0)),
            }  # fmt: skip

    def _ended(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.by_request:
            self.by_request[event["requestId"]]["bytes"] = event["encodedDataLength"]

    def without_pictures(self) -> list[dict[str, Any]]:
        # the icon drawings are part of the page, photographs are not
        return [
            one for one in self.by_request.values() if one["type"] not in PICTURES or "/static/" in one["url"]
        ]

    def report(self) -> str:
        rows = sorted(self.by_request.values(), key=lambda one: -one["bytes"])
        return "\n".join(f"{one['bytes']:>7} {one['type']:<10} {one['url']}" for one in rows)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_first_visit_to_today(phone: Callable[..., Phone], locale: str) -> None:
    """With nothing in the cache: few requests, few bytes, no font, and nothing jumps."""
    door = phone(locale=locale).log_in("linxia")
    fresh = phone(locale=locale, state=door.context.storage_state())
    wire = Wire()
    wire.listen(fresh)
    page = fresh.open("/")
    page.wait_for_load_state("networkidle")
    counted = wire.without_pictures()
    total = sum(one["bytes"] for one in counted)
    figures = f"{len(counted)} requests, {total / 1024:.1f} KB\n{wire.report()}"
    print(figures)
    assert len(counted) <= FIRST_REQUESTS, figures
    assert total <= FIRST_VISIT, figures
    assert not [one for one in wire.by_request.values() if one["type"] == "Font"], figures
    assert page.evaluate(JUMPS) == 0


def test_html_of_every_main_page(phone: Callable[..., Phone]) -> None:
    """Each page's HTML as it comes, compressed."""
    figures: dict[str, int] = {}
    for login, paths in (("linxia", MEMBER_PAGES), ("luoning", STAFF_PAGES)):
        person = phone().log_in(login)
        paths += own_pages(person)
        wire = Wire()
        wire.listen(person)
        for path in paths:
            person.open(path)
        documents = [one for one in wire.by_request.values() if one["type"] == "Document"]
        for one in documents:
            path = one["url"].removeprefix(person.server.url)
            assert one["body"], f"{path} says no length"
            figures[path] = max(one["body"], figures.get(path, 0))
    report = "\n".join(f"{size / 1024:6.2f} KB {path}" for path, size in sorted(figures.items()))
    print(report)
    assert len(figures) >= len(MEMBER_PAGES + STAFF_PAGES) + 4, report
    assert max(figures.values()) <= HTML, report


def own_pages(person: Phone) -> tuple[str, ...]:
    """A quest, a working page, a review: found as a person finds them."""
    page, found = person.page, []
    for listed, link in (
        ("/quests", "#list a[href^='/quests/']"),
        ("/quests", "#list a[href^='/work/']"),
        ("/wallet", "ul.led a"),
        ("/review", "a.pick:not(.held)"),
        ("/staff/quests", "a.pick"),
    ):
        if listed.startswith(("/review", "/staff")) and not person.page.context.storage_state():
            continue
        with person.expecting(403):
            page.goto(listed)
        if page.locator(link).count():
            found.append(str(page.locator(link).first.get_attribute("href")))
    return tuple(found)


@pytest.mark.parametrize("path", ["/", "/quests", "/sky", "/wallet", "/me", "/impact"])
def test_nothing_jumps(phone: Callable[..., Phone], path: str) -> None:
    page = phone().log_in("linxia").open(path)
    page.wait_for_load_state("load")
    assert page.evaluate(JUMPS) == 0
