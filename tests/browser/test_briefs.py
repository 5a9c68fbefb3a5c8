"""A brief from its start to a rung of its ladder, by two people on two phones; with scripts, and without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine, text

from tests.browser.phones import Phone
from tests.browser.server import DemoServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CHOOSES = """
SELECT m.login FROM member m JOIN submission s ON s.member_id = m.id
JOIN quest_version v ON v.id = s.version_id
WHERE m.tier = 'contributor' AND s.state = 'approved' AND v.title_en = :first AND m.star_level >= 0
AND NOT EXISTS (SELECT 1 FROM submission o WHERE o.member_id = m.id AND o.quest_id = :brief)
ORDER BY m.id DESC
"""


def who_can_begin(server: DemoServer, taken: set[str]) -> tuple[str, int]:
    """A member to whom the brief is open, and the brief."""
    engine = create_engine(server.database_url)
    with engine.connect() as connection:
        brief = connection.execute(
            text(
                "SELECT q.id, p.requires_quest_id AS first FROM quest q "
                "JOIN quest_version v ON v.id = q.version_id JOIN quest_prerequisite p ON p.quest_id = q.id "
                "WHERE v.title_en = 'Forty minutes to work'"
            )
        ).one()
        first = connection.execute(
            text(
                "SELECT v.title_en FROM quest q JOIN quest_version v ON v.id = q.version_id WHERE q.id = :q"
            ),
            {"q": brief.first},
        ).scalar_one()
        logins = connection.execute(text(CHOOSES), {"first": first, "brief": brief.id}).scalars().all()
    engine.dispose()
    login = next(one for one in logins if one not in taken)
    taken.add(login)
    return login, brief.id


TAKEN: set[str] = set()


@pytest.mark.parametrize("js", [True, False], ids=["script", "plain"])
def test_a_brief_from_start_to_rung(
    phone: Callable[..., Phone], server: DemoServer, photos: list[str], js: bool
) -> None:
    login, brief = who_can_begin(server, TAKEN)
    member = phone(js=js).log_in(login)
    desk = phone(js=js).log_in("luoning")

    member.open(f"/quests/{brief}")
    member.button("Start", "quest").click()
    member.page.wait_for_url("**/work/*")
    work = member.path()
    number = work.rsplit("/", 1)[1]
    put_in(member, photos)
    member.page.locator("textarea[name='text:draft']").fill("早上七点十分出门，二十二公里。")
    member.page.locator("#f-original").check()
    member.button("Send it in").click()
    expect(member.page.locator("ol.track")).to_be_visible()

    # a pinned word, then another round
    desk.open(f"/review/{number}")
    desk.page.locator("#f-highlight").fill("开头很好")
    pin(desk, "draft:0", "先写声音")
    expect(desk.page.locator("#f-highlight")).to_have_value("开头很好")
    desk.page.locator("#f-suggestion").fill("早晚分开写")
    desk.page.locator("button[value=changes]").click()
    desk.page.wait_for_load_state()

    member.open(work)
    expect(member.page.locator("#step-draft")).to_contain_text("先写声音")
    member.page.locator("textarea[name='text:draft']").fill("像有人在后排翻报纸。")
    member.button("Send it in").click()
    expect(member.page.locator("ol.track")).to_be_visible()
    judge(desk, number, "pass")

    # published: what the app put on the clipboard
    member.open(work)
    expect(member.page.locator("#passed")).to_be_visible()
    link = f"https://www.xiaohongshu.com/explore/64f1a2b3c4d5e6f7081{number:0>5}"
    member.page.locator("input[name='text:link']").fill(
        f"38 【翻报纸】 😆 aB1 {link}?source=webshare 复制打开"
    )
    member.button("Send it in").click()
    expect(member.page.locator("ol.track")).to_be_visible()
    judge(desk, number, "approve")

    # its numbers, and what they bring
    member.open(work)
    member.open("/posts")
    member.page.locator("article h3 a").first.click()
    member.page.wait_for_url("**/posts/*")
    member.page.locator("#f-views").fill("1.2万")
    member.button("Tell the numbers").click()
    expect(member.page.get_by_text(member.say("numbers being looked at")).first).to_be_visible()
    desk.open("/staff/figures")
    mine = desk.page.locator("li.card", has_text="12,000")
    mine.get_by_role("button", name=desk.say("The numbers match")).click()
    expect(desk.page.get_by_text(desk.say("Confirmed; it counts now"))).to_be_visible()
    member.open(work)
    paid = member.page.locator("section[aria-labelledby=ladder] .pts.on")
    expect(paid).to_have_count(2)
    assert member.faults == []
    assert desk.faults == []


def put_in(member: Phone, photos: list[str]) -> None:
    member.page.locator("input[name='file:photos']").set_input_files(photos)
    if not member.js:
        member.button("Send the chosen files").click()
    expect(member.page.locator("#tiles-photos li")).to_have_count(4)


def pin(desk: Phone, place: str, words: str) -> None:
    here = desk.page.locator(".pins", has=desk.page.locator(f"textarea[name='pin:{place}']"))
    here.locator("summary").click()
    here.locator("textarea").fill(words)
    here.locator("button").click()
    expect(desk.page.locator(".pins", has_text=words).first).to_be_visible()


def judge(desk: Phone, number: str, decision: str) -> None:
    desk.open(f"/review/{number}")
    desk.page.locator("#f-highlight").fill("早晚分开以后，读得出差别")
    desk.page.locator(f"button[value={decision}]").click()
    desk.page.wait_for_load_state()


@pytest.fixture
def photos(tmp_path: Any) -> list[str]:
    from tests.quests.conftest import photo

    found = []
    for n in range(4):
        path = tmp_path / f"{n}.jpg"
        path.write_bytes(photo(40 + n).getvalue())
        found.append(str(path))
    return found
