"""One star lit, end to end, as people do it: with a phone, in both languages, and once without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.line import line_to
from tests.browser.people import (
    AUTHOR,
    FIRST,
    TUTORIAL,
    begin_first,
    join,
    new_invite,
    new_member,
    photo,
    position_in,
)
from tests.browser.phones import Phone
from tests.browser.server import DemoServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WORDS = {
    "settings": "ISO 800, f/1.8, 1/30 s",
    "line": "便利店门口的灯，照着车的一侧。The lamp of the corner shop.",
    "better": "便利店门口的灯，照着车的一侧，地平线平了。The lamp again, level now.",
    "shines": "光有来处，主体很清楚。The light comes from somewhere.",
    "try": "让地平线平一点。Level the horizon a little.",
    "praise": "这一次，夜停下来了。This time the night stands still.",
}


def tiles(member: Phone) -> Locator:
    return member.page.locator("ul[id^=tiles-] > li")


def put_up(member: Phone, file: Path, count: int) -> None:
    """Upload one photo; then there are `count`."""
    with member.page.expect_response(lambda answer: "/evidence" in answer.url):
        member.page.locator("input[type=file]").set_input_files(str(file))
        if not member.js:
            member.button("Send the chosen files").click()
    expect(tiles(member)).to_have_count(count)


def kept(member: Phone) -> None:
    """Wait until the words typed last are kept; without a script, keep them."""
    if member.js:
        expect(member.page.locator("#saved")).to_have_text(member.pattern("saved %(time)s"))
    else:
        member.button("Save draft").click()
        expect(member.page.get_by_text(member.say("Your draft is saved"))).to_be_visible()


def write(member: Phone, step: str, words: str) -> None:
    area = member.page.locator(f"[name='text:{step}']")
    if member.js:
        with member.page.expect_response(lambda answer: answer.url.endswith("/save")) as saved:
            area.fill(words)
        assert saved.value.status == 200
    else:
        area.fill(words)


def slow_down(member: Phone, bytes_a_second: int) -> None:
    """A slow line up, so that progress can be seen."""
    line = member.context.new_cdp_session(member.page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": bytes_a_second},
    )


def number_in(locator: Locator) -> int:
    return int(re.sub(r"\D", "", locator.inner_text()))


@pytest.mark.parametrize(
    ("locale", "js", "mentored"),
    [("zh", True, False), ("en", True, True), ("zh", False, False)],
    ids=["zh", "en", "zh-without-script"],
)
def test_one_star_lit(
    phone: Callable[..., Phone], tmp_path: Path, locale: str, js: bool, mentored: bool
) -> None:
    """Invite, joining, the work in two rounds, the lighting-up; then every page agrees on what happened."""
    first, tutorial = FIRST[locale], TUTORIAL[locale]
    photos = [photo(tmp_path / f"night-{n}.jpg", seed=n) for n in range(3)]

    # staff make the invite; the newcomer reads the letter, joins, and has one star in reach
    staff = phone(locale=locale, js=js, width=1280, height=900).log_in("luoning")
    member = phone(locale=locale, js=js)
    name = join(member, new_invite(staff))
    page = member.page
    expect(page.locator("#next").get_by_role("heading")).to_have_text(first)
    expect(member.link("See how")).to_have_count(1)
    expect(page.get_by_text(member.say("Your first star, within reach today"))).to_be_visible()
    if mentored:
        give_mentor(phone(locale=locale, js=js, width=1280, height=900), name, "周默")

    # they start it; photos go up one by one, one is taken away and another put up
    work = begin_first(member)
    if js:
        progress = watched_upload(member, photos[0])
        assert progress, "no progress was shown while the photo went up"
    else:
        put_up(member, photos[0], 1)
    put_up(member, photos[1], 2)
    with page.expect_response(lambda answer: answer.url.endswith("/remove")):
        member.button("Remove %(what)s", what=member.say("Photo %(num)s", num=1)).click()
    expect(tiles(member)).to_have_count(1)
    put_up(member, photos[2], 2)
    # the words, the thanks, the two promises
    write(member, "settings", WORDS["settings"])
    write(member, "line", WORDS["line"])
    kept(member)
    page.get_by_role("checkbox", name=tutorial).check()
    page.locator("#f-original").check()
    button = "Ask my mentor" if mentored else "Send it in"
    member.button(button).click()
    expect(page.locator("ol.track")).to_be_visible()
    assert member.path() == work
    promise = (
        "Before %(when)s %(name)s will tell you." if mentored else "Before %(when)s you will have the answer."
    )
    expect(page.get_by_text(member.pattern(promise))).to_be_visible()

    # on a phone, the reviewer (the mentor, for a mentee) finds it, looks at the pictures, asks for a change
    reader = phone(locale=locale, js=js).log_in("zhoumo" if mentored else "luoning")
    find_in_queue(reader, name)
    look_at_pictures(reader, 2)
    gives = reader.page.locator("ul.gives")
    for words in ("100", tutorial):
        expect(gives).to_contain_text(words)
    expect(gives).to_contain_text(re.compile(first, re.IGNORECASE))
    reader.field("One highlight").fill(WORDS["shines"])
    reader.field("One suggestion").fill(WORDS["try"])
    reader.button("Not yet").click()
    said = reader.say("%(name)s reads what shines and what to try next", name=name)
    expect(reader.page.get_by_text(said)).to_be_visible()

    # the member reads the remarks beside the second round, and sends it
    member.open("/")
    waiting = page.locator("#waiting a", has_text=first)
    expect(waiting).to_contain_text(WORDS["try"])
    waiting.click()
    for words in (WORDS["shines"], WORDS["try"]):
        expect(page.get_by_text(words)).to_be_visible()
    expect(tiles(member)).to_have_count(2)
    expect(page.locator("[name='text:line']")).to_have_value(WORDS["line"])
    write(member, "line", WORDS["better"])
    kept(member)
    member.button(button).click()
    expect(page.get_by_text(WORDS["better"])).to_be_visible()

    # the reviewer has round 1 beside it, and lights it
    find_in_queue(reader, name)
    expect(reader.page.locator("details", has_text=WORDS["line"])).to_contain_text(WORDS["try"])
    for box in reader.page.get_by_role("checkbox").all():
        box.check()
    for score in ("score-0", "score-1", "score-2"):
        reader.page.locator(f"input[name={score}][value='4']").check(force=True)
    reader.field("One highlight").fill(WORDS["praise"])
    reader.button("Light it").click()
    lit = reader.pattern("“%(quest)s” by %(name)s is lit: %(points)s points")
    expect(reader.page.get_by_text(lit)).to_be_visible()

    # whatever page the member opens next, the badge lights up; once
    member.open("/quests")
    expect(member.heading("It is lit.")).to_be_visible()
    moment = member.path()
    assert moment.startswith("/lit/")
    expect(page.locator(".ignite")).to_have_count(1)
    expect(page.get_by_text(WORDS["praise"])).to_be_visible()
    member.link("Go on", "lit").click()
    page.wait_for_url("**/quests")
    member.open("/")
    assert member.path() == "/"
    member.open(moment)
    expect(page.locator(".ignite")).to_have_count(0)
    agree(member, name, phone(locale=locale, js=js))


def give_mentor(admin: Phone, name: str, mentor: str) -> None:
    admin.log_in("guanli").open(f"/staff/members?q={name}")
    admin.page.get_by_role("link", name=name).first.click()
    form = admin.page.locator("form", has=admin.page.locator("select[name=mentor]"))
    form.locator("select").select_option(label=mentor)
    form.get_by_role("button").click()
    expect(admin.page.locator("select[name=mentor] option:checked")).to_have_text(mentor)


def watched_upload(member: Phone, file: Path) -> list[float]:
    """Upload over a slow line; the values strictly between start and end that the bar showed."""
    slow_down(member, 700_000)
    seen: list[float] = []
    member.page.locator("input[type=file]").set_input_files(str(file))
    bar = member.page.locator("progress")
    expect(bar).to_be_visible()
    for _ in range(400):
        if not bar.count() or tiles(member).count():
            break
        seen += [float(value) for value in bar.evaluate_all("bars => bars.map(bar => bar.value)")]
        member.page.wait_for_timeout(50)
    expect(tiles(member)).to_have_count(1)
    slow_down(member, -1)
    return [value for value in seen if 0 < value < 100]


def find_in_queue(reader: Phone, name: str) -> None:
    """From Today by what waits, to the queue, to this member's work."""
    reader.open("/")
    reader.page.locator("#waiting a[href='/review']").click()
    by_going_on(reader, reader.page.locator("a.pick", has_text=name)).click()
    expect(reader.page.get_by_role("heading", name=re.compile(f"^{name} · "))).to_be_visible()


def by_going_on(reader: Phone, wanted: Locator) -> Locator:
    """Go on with the long lists of a page until it is there."""
    more, ahead = reader.page.locator("main a[href*='after=']"), list[str]()
    for _ in range(30):
        if wanted.count():
            break
        if reader.js:
            # in one go within the page: the link is replaced by what it brings
            if not reader.page.evaluate(
                "() => { const more = document.querySelector(\"main a[href*='after=']\");"
                " more?.scrollIntoView({block: 'center'}); return Boolean(more); }"
            ):
                break
            reader.page.wait_for_timeout(200)
        else:
            ahead += [str(link.get_attribute("href")) for link in more.all()]
            if not ahead:
                break
            reader.open(ahead.pop(0))
    return wanted


def look_at_pictures(reader: Phone, count: int) -> None:
    """The pictures are wide, and open in full, without the place they were taken at."""
    pictures = reader.page.locator("section.pane-b figure.ph a")
    expect(pictures).to_have_count(count)
    assert pictures.first.bounding_box()["width"] >= 350  # type: ignore[index]
    full = reader.page.request.get(str(pictures.first.get_attribute("href")))
    assert full.ok
    assert position_in(full.body()) == {}
    where = reader.page.url
    pictures.first.click()
    reader.page.wait_for_url("**/media/*/full")
    assert reader.page.evaluate("document.images[0].naturalWidth") >= 1600
    reader.open(where)


def agree(member: Phone, name: str, helper: Phone) -> None:
    """Today, the sky, the wallet and its line, the public rules and the helper's impact say the same."""
    page, first = member.page, FIRST[member.locale]
    rule = {"zh": "原创图文", "en": "Original photos and text"}[member.locale]
    member.open("/")
    assert number_in(page.locator("p.num")) == 100
    expect(page.locator("#next").get_by_role("heading")).not_to_have_text(first)
    member.open("/sky")
    star = f"{first}{member.say(', ', 'pause')}{member.say('lit', 'badge')}"
    expect(page.get_by_role("link", name=star, exact=True)).to_have_count(1)
    member.open("/wallet")
    assert [number_in(each) for each in page.locator("dl.big3 dd").all()] == [100, 100]
    line = page.locator("ul.led a", has_text=first)
    expect(line).to_have_count(1)
    assert number_in(line.locator(".pts")) == 100
    line.click()
    expect(page.locator("p.num")).to_have_text("100")
    expect(page.get_by_text(rule).first).to_be_visible()
    visitor_rules = member.open("/rules").locator("#rules tr", has_text=rule)
    assert number_in(visitor_rules.locator(".pts")) % 100 == 0
    helper.log_in(AUTHOR).open("/impact")
    if helper.path().startswith("/lit/"):
        helper.open("/impact")
    mine = helper.page.locator("ol.feed > li", has_text=name)
    expect(mine).to_have_count(1)
    expect(mine).to_contain_text(TUTORIAL[member.locale])


@pytest.mark.parametrize(("locale", "js"), [("zh", True), ("en", True), ("zh", False)])
def test_a_new_challenge(phone: Callable[..., Phone], locale: str, js: bool) -> None:
    """Staff begin from the preset, see the member's page while writing, publish for participants only."""
    title = {"zh": "雨刷之间", "en": "Between the wipers"}[locale] + ("" if js else "二")
    staff = phone(locale=locale, js=js, width=1280, height=900).log_in("luoning")
    page = staff.page
    member, _ = new_member(phone, locale=locale, js=js)

    staff.open("/staff/quests/new")
    staff.button("Begin").first.click()
    page.wait_for_url("**/edit")
    staff.field("What it is called").fill(title)
    staff.page.locator("[name=title_en]").fill(title)
    staff.field("One sentence").fill("雨停之前，拍一张雨刷正好停下的照片。")
    page.locator("[name=summary_en]").fill("Before the rain stops, catch the wipers at rest.")
    page.locator("[name=step-0-title]").fill("停稳，打开雨刷")
    page.locator("[name=step-1-title]").fill("拍一到三张")
    page.locator("[name=criterion-0-zh]").fill("雨刷和雨点都看得清")
    page.locator("[name=criterion-0-en]").fill("Wipers and drops can be seen")
    for tier in ("contributor", "cocreator"):
        page.locator(f"input[name=tiers][value={tier}]").uncheck(force=True)
    if js:
        preview = page.locator("#preview")
        expect(preview).to_contain_text(title)
        expect(preview).to_contain_text(
            {"zh": "停稳，打开雨刷", "en": "Wipers and drops can be seen"}[locale]
        )
        page.locator("#as-tier").select_option("contributor")
        expect(preview).to_contain_text(staff.say("Members of this tier don't see it."))
        page.locator("#as-tier").select_option("participant")
    staff.button("Check and publish").click()
    page.wait_for_url("**/check")
    quest = re.sub(r"\D", "", staff.path())
    staff.button("Publish").click()
    expect(page.get_by_text(staff.say("It is out. Members it is for see it now"))).to_be_visible()

    # a participant sees it at once, a contributor neither in the list nor by its address
    member.open("/quests")
    row = by_going_on(member, member.page.locator("main ul.list a", has_text=title))
    expect(row).to_have_count(1)
    row.click()
    expect(member.button("Start", "quest")).to_be_visible()
    contributor = phone(locale=locale, js=js).log_in("chenyu")
    expect(contributor.open("/quests").locator("#list")).not_to_contain_text(title)
    with contributor.expecting(404):
        answer = contributor.page.goto(f"/quests/{quest}")
    assert answer is not None
    assert answer.status == 404


def test_connection_lost_during_an_upload(
    phone: Callable[..., Phone], server: DemoServer, tmp_path: Path
) -> None:
    """What didn't arrive says so and goes up again, by itself or by a tap; nothing is there twice."""
    with line_to(server.host) as line:
        member, _ = new_member(phone, url=line.url)
        begin_first(member)
        page, bar = member.page, member.page.locator("#offline")
        put_up(member, photo(tmp_path / "one.jpg", seed=11), 1)
        failed = page.locator(".up.failed", has_text=member.say("Didn't go up. Your draft is safe"))

        # the line breaks in the middle of a file: it waits for a tap
        line.most = 400_000
        with member.losing_connections():
            page.locator("input[type=file]").set_input_files(str(photo(tmp_path / "two.jpg", seed=12)))
            expect(failed).to_have_count(1)
        assert line.cuts
        expect(tiles(member)).to_have_count(1)
        line.most = None
        member.button("Try again").click()
        expect(tiles(member)).to_have_count(2)

        # no network at all: it says so, and what failed goes up by itself when the network is back
        with member.losing_connections():
            member.context.set_offline(True)
            expect(bar).to_be_visible()
            page.locator("input[type=file]").set_input_files(str(photo(tmp_path / "three.jpg", seed=13)))
            expect(failed).to_have_count(1)
            member.context.set_offline(False)
        expect(bar).to_be_hidden()
        expect(tiles(member)).to_have_count(3)
        page.reload()
        expect(tiles(member)).to_have_count(3)


def test_an_answer_that_was_lost_adds_nothing_twice(phone: Callable[..., Phone], tmp_path: Path) -> None:
    """The server has the photo, the phone never heard so: trying again shows it once."""
    member, _ = new_member(phone)
    begin_first(member)
    page = member.page
    cut: list[str] = []

    def swallow(route: Route) -> None:
        if cut:
            route.continue_()
            return
        cut.append(route.request.url)
        route.fetch()
        route.abort("connectionreset")

    page.route("**/evidence", swallow)
    with member.losing_connections():
        page.locator("input[type=file]").set_input_files(str(photo(tmp_path / "one.jpg", seed=14)))
        member.button("Try again").click()
    expect(tiles(member)).to_have_count(1)
    assert cut
    page.reload()
    expect(tiles(member)).to_have_count(1)


def test_typed_words_survive_a_closed_browser(phone: Callable[..., Phone]) -> None:
    """Words save themselves while they are typed; another browser shows them."""
    member, name = new_member(phone)
    work = begin_first(member)
    page = member.page
    page.locator("[name='text:line']").press_sequentially("风停了一下，路灯还亮着。", delay=20)
    expect(page.locator("#saved")).to_have_text(member.pattern("saved %(time)s"))
    page.close()
    member.context.close()
    again = phone().log_in(name.lower(), "a long enough password")
    again.open(work)
    expect(again.page.locator("[name='text:line']")).to_have_value("风停了一下，路灯还亮着。")


def test_words_sent_with_the_form_do_not_follow_it_alone(phone: Callable[..., Phone]) -> None:
    """Typed and sent at once: what saves itself meanwhile is called off, as it has gone with the form."""
    member, _ = new_member(phone)
    begin_first(member)
    page, asked = member.page, []
    page.on(
        "request",
        lambda request: asked.append(request.url.rsplit("/", 1)[1]) if request.method == "POST" else None,
    )
    page.route("**/save", lambda route: None)  # under way, not answered yet
    # an answer without content leaves the page where it is, as a slow one would for a while
    page.route("**/submit", lambda route: route.fulfill(status=204))
    page.locator("[name='text:line']").fill("只写了这一句。")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/save"), timeout=5000):
        member.button("Send it in").click()
    page.wait_for_timeout(1500)  # the pause after which typing saves itself is 800 ms
    assert asked == ["save", "submit"]


def test_what_is_missing_is_said_and_nothing_typed_is_lost(phone: Callable[..., Phone]) -> None:
    """Sent too early: a word beside each field, the typed words still there."""
    for js in (True, False):
        member, _ = new_member(phone, js=js)
        begin_first(member)
        member.page.locator("[name='text:line']").fill("只写了这一句，别的都还没有。")
        with member.expecting(422):
            member.button("Send it in").click()
            expect(member.page.locator("[aria-invalid=true]").first).to_be_attached()
        expect(member.page.get_by_role("alert").first).to_be_visible()
        expect(member.page.locator("[name='text:line']")).to_have_value("只写了这一句，别的都还没有。")
