"""Browsers as people hold them: one `Phone` is one person's, and it notices whatever goes wrong in it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    Request,
    Response,
    WebError,
    expect,
)

from app.core.i18n import HTML_LANG, catalogue
from tests.browser.server import PASSWORD, DemoServer

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
]
PATIENCE = 20_000  # milliseconds: the machine may be busy with the other tests

expect.set_options(timeout=PATIENCE)


def chromium_path() -> str | None:
    """The browser that CHROMIUM names, else the first on the PATH."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium_path(), args=ARGS)


# htmx's own words on a request that the page called off
CALLED_OFF = ("htmx:sendAbort", "htmx:afterRequest")


class Phone:
    """One person's browser. `faults` collects what must never happen; the fixture fails the test on any."""

    def __init__(
        self,
        chromium: Browser,
        server: DemoServer,
        *,
        locale: str = "zh",
        dark: bool = False,
        js: bool = True,
        width: int = 390,
        height: int = 844,
        still: bool = False,
        state: Any = None,
        url: str = "",
    ) -> None:
        self.server, self.locale, self.js = server, locale, js
        self.url = url or server.url
        self.faults: list[str] = []
        self._expected: set[int] = set()
        self._connections_lost = False
        self.context = chromium.new_context(
            base_url=self.url,
            viewport={"width": width, "height": height},
            device_scale_factor=1,
            locale=HTML_LANG[locale],
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce" if still else "no-preference",
            java_script_enabled=js,
            storage_state=state,
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._heard)
        self.context.on("weberror", self._threw)
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)
        self.page: Page = self.context.new_page()

    # --- what must never happen ---------------------------------------------------------------------

    def _threw(self, error: WebError) -> None:
        # pages fade into each other by style sheet alone (@view-transition), no script takes part: a fading
        # that the next key broke off is the browser's own report, sent even before a script could hear it
        if not str(error.error).startswith(("Transition was skipped", "Transition was aborted")):
            self.faults.append(f"script error: {error.error}")

    def _heard(self, message: ConsoleMessage) -> None:
        # failed loads are judged by their status below; everything else on the error console is a fault,
        # and so is every word about the content security policy
        if message.type != "error" and "Content Security Policy" not in message.text:
            return
        if message.text.startswith("Failed to load resource: the server responded"):
            return
        if message.text.startswith(CALLED_OFF):
            return
        if self._connections_lost and ("net::ERR" in message.text or "htmx:sendError" in message.text):
            return
        self.faults.append(f"console on {message.location.get('url', '')}: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != urlsplit(self.url).netloc:
            self.faults.append(f"foreign host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.faults.append(f"{response.status} {response.request.method} {response.url}")
            if response.status >= 500:
                self.faults.append(self.server.last_words())

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """Answers with these statuses are wanted here."""
        before, self._expected = self._expected, self._expected | set(statuses)
        try:
            yield
        finally:
            self._expected = before

    @contextmanager
    def losing_connections(self) -> Iterator[None]:
        """The browser's own remarks on lost connections are wanted here, and what it says late of them."""
        self._connections_lost = True
        yield
        self.page.wait_for_timeout(100)
        self._connections_lost = False

    # --- what a person does -------------------------------------------------------------------------

    def say(self, message: str, context: str = "", **params: object) -> str:
        """The words this person reads for an English msgid."""
        texts = catalogue(self.locale)
        text = texts.upgettext(context, message) if context else texts.ugettext(message)
        return text % params if params else text.replace("%%", "%")

    def pattern(self, message: str, context: str = "") -> re.Pattern[str]:
        """The words with anything in the place of their %(values)s."""
        parts = re.split(r"%\(\w+\)s", self.say(message, context).replace("%%", "%"))
        return re.compile(".+".join(re.escape(part) for part in parts))

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def link(self, message: str, context: str = "", **params: object) -> Locator:
        return self.page.get_by_role("link", name=self.say(message, context, **params), exact=True)

    def button(self, message: str, context: str = "", **params: object) -> Locator:
        return self.page.get_by_role("button", name=self.say(message, context, **params), exact=True)

    def field(self, message: str, context: str = "", **params: object) -> Locator:
        return self.page.get_by_label(self.say(message, context, **params), exact=True)

    def heading(self, message: str, context: str = "", **params: object) -> Locator:
        return self.page.get_by_role("heading", name=self.say(message, context, **params), exact=True)

    def log_in(self, login: str, password: str = PASSWORD) -> Phone:
        self.open("/login")
        self.field("Login").fill(login)
        self.field("Password").fill(password)
        self.button("Log in").click()
        self.page.wait_for_url(lambda url: urlsplit(url).path != "/login")
        return self

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def close(self) -> None:
        self.context.close()


def picture(page: Page, path: Path, *, whole: bool = True) -> None:
    """The page as it is seen; `whole`: as a phone so tall would show it, with the bars at its foot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seen = page.viewport_size or {"width": 390, "height": 844}
    if whole:
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": seen["width"], "height": min(max(tall, seen["height"]), 8000)})
    page.screenshot(path=str(path), animations="disabled")
    if whole:
        page.set_viewport_size(seen)  # type: ignore[arg-type]
