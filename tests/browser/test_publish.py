"""A poll, a challenge and a brief, published from a blank preset on a phone, with and without a script; and a
member then sees them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.phones import Phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def begin(desk: Phone, preset: str, kind: str = "") -> int:
    desk.page.goto("/staff/quests/new")
    wanted = f'form:has(input[name=preset][value="{preset}"]):has(input[name=kind][value="{kind}"])'
    desk.page.locator(f"{wanted} button").click()
    desk.page.wait_for_url(re.compile(r"/edit$"))
    return int(desk.page.url.split("/")[-2])


def fill(desk: Phone, **fields: str) -> None:
    for name, text in fields.items():
        desk.page.locator(f'[name="{name.replace("__", "-")}"]').fill(text)


def press(desk: Phone, name: str) -> None:
    """A button that adds a row; the part is there anew afterwards, with what was typed."""
    with desk.page.expect_response(lambda answer: answer.request.method == "POST" and "/edit" in answer.url):
        desk.page.locator(f'button[name="{name}"]').first.click()


def publish(desk: Phone) -> None:
    desk.page.locator('button[name="then"]').click()
    desk.page.wait_for_url(re.compile(r"/check$"))
    desk.button("Publish").click()
    desk.page.wait_for_url(re.compile(r"/staff/quests/\d+$"))


@pytest.mark.parametrize("js", [True, False])
def test_published_on_a_phone(phone: Callable[..., Phone], js: bool) -> None:
    mark = "有" if js else "无"
    desk = phone(js=js)
    desk.log_in("luoning")

    poll = begin(desk, "quick_task", "poll")
    fill(desk, title=f"后排要不要小桌板{mark}", option__0__zh="要", option__1__zh="不要")
    press(desk, "add_option")
    expect(desk.page.locator('[name="option-0-zh"]')).to_have_value("要")
    fill(desk, option__2__zh="看情况")
    publish(desk)

    challenge = begin(desk, "skill_challenge")
    fill(desk, title=f"雾里的路{mark}", summary="先拍一张看不清的路。")
    fill(desk, step__0__title="停稳，打开双闪")
    publish(desk)

    brief = begin(desk, "brief")
    fill(desk, title=f"一年的车轮{mark}", stage__0__title="先看草稿")
    press(desk, "add_ladder")
    fill(desk, ladder__0__from="1000", ladder__0__points="50")
    expect(desk.page.locator('[name="stage-0-title"]')).to_have_value("先看草稿")
    publish(desk)

    member = phone(js=js)
    member.log_in("linxia")
    for quest_id, words in (
        (poll, f"后排要不要小桌板{mark}"),
        (challenge, "停稳，打开双闪"),
        (brief, f"一年的车轮{mark}"),
    ):
        member.page.goto(f"/quests/{quest_id}")
        expect(member.page.get_by_text(words).first).to_be_visible()
