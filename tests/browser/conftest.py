"""A real browser against a served demo programme.

Without Chromium these tests are skipped, loudly (the summary in tests/conftest.py); under CI they fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.phones import Phone, chromium_path, launch, picture
from tests.browser.server import DemoServer, demo_server

NO_CHROMIUM = "no Chromium found (CHROMIUM, or chromium, chromium-browser, google-chrome on the PATH)"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if chromium_path() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium: Browser, tmp_path_factory: pytest.TempPathFactory, worker: str) -> Iterator[DemoServer]:
    """The demo programme of this run; the tests share it, so each brings members of its own."""
    with demo_server(tmp_path_factory.mktemp("browser"), worker) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


REPORT: pytest.StashKey[pytest.TestReport] = pytest.StashKey()


@pytest.fixture
def phone(
    chromium: Browser, server: DemoServer, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Phone]]:
    """phone(locale="zh", dark=False, js=True, width=390, …) -> another person's browser."""
    held: list[Phone] = []

    def take(**how: object) -> Phone:
        held.append(Phone(chromium, server, **how))  # type: ignore[arg-type]
        return held[-1]

    yield take
    report = request.node.stash.get(REPORT, None)
    if report is not None and report.failed:
        for number, each in enumerate(held):
            if not each.page.is_closed():
                picture(each.page, tmp_path / f"phone-{number}.png")
                print(f"phone {number} was at {each.page.url}: {tmp_path}/phone-{number}.png")
    faults = [fault for each in held for fault in each.faults]
    for each in held:
        each.close()
    assert not faults, "\n".join(faults)
