"""Every page for everybody: axe in both themes, 320 px, text twice as large, keyboard, motion, targets.

A page is opened once and asked everything; the findings are collected for each kind of person and
told apart by what was asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Response, expect
from playwright.sync_api import Page as Tab

from tests.browser.pages import LOGINS, Page, Pages
from tests.browser.people import begin_first, new_member
from tests.browser.phones import Phone
from tests.browser.server import DemoServer

pytestmark = [pytest.mark.browser, pytest.mark.look, pytest.mark.xdist_group("look")]

ALL = {"resultTypes": ["violations"]}
# dark changes colours only, so only the rules that look at colours are asked again
COLOURS = ALL | {"runOnly": ["color-contrast", "link-in-text-block"]}
LAYOUT = ("narrow", "large text")
KINDS = ("status", "light", "dark", *LAYOUT, "motion", "targets", "faults")

OVERFLOW = """() => {
  const width = document.documentElement.clientWidth, wide = [];
  if (document.documentElement.scrollWidth <= width) return wide;
  for (const el of document.body.querySelectorAll('*')) {
    const box = el.getBoundingClientRect();
    let scrolls = false;
    for (let up = el.parentElement; up; up = up.parentElement)
      scrolls ||= up !== document.body && /auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX);
    if (box.width && box.right > width + 1 && !scrolls)
      wide.push(el.tagName.toLowerCase() + '.' + el.getAttribute('class') + ' to ' + Math.round(box.right));
  }
  return ['scrolls to ' + document.documentElement.scrollWidth].concat(wide.slice(0, 4));
}"""

# links that stand in a sentence are excepted, as WCAG 2.5.8 excepts them
SMALL = """() => {
  const found = [], seen = new Set();
  const all = 'a[href],button,input:not([type=hidden]),select,textarea,summary,[role=button]';
  for (const el of document.querySelectorAll(all)) {
    if (el.closest('.vh,.skip,[inert],[hidden]') || el.disabled || el.matches(':disabled')) continue;
    if (el.checkVisibility && !el.checkVisibility({visibilityProperty: true})) continue;
    const label = el.labels && el.labels.length ? el.labels[0] : null;
    const target = el.matches('[type=checkbox],[type=radio],[type=file]') && label ? label : el;
    if (seen.has(target)) continue;
    seen.add(target);
    let box = target.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const style = getComputedStyle(target);
    if (target.tagName === 'A' && style.display === 'inline') {
      const beside = [...target.parentNode.childNodes].some(
        node => node !== target && node.nodeType === 3 && node.textContent.trim());
      if (beside) continue;
    }
    const name = (el.getAttribute('aria-label') || target.innerText || el.name || '').trim().slice(0, 40);
    if (box.width < 43.5 || box.height < 43.5)
      found.push([Math.round(box.width) + 'x' + Math.round(box.height), target.tagName.toLowerCase()
        + '.' + target.getAttribute('class'), name].join(' '));
  }
  return found;
}"""

MOVING = """() => document.getAnimations().filter(one => one.playState === 'running').map(one =>
  one.animationName + ' on ' + one.effect.target.tagName + '.' + one.effect.target.getAttribute('class'))"""

LARGE_OVERFLOW = f"""() => {{
  const root = document.documentElement.style;
  root.fontSize = '200%';
  const wide = ({OVERFLOW})();
  root.fontSize = '';
  return wide;
}}"""

# false while htmx fetches; else true, when nothing fades any more
SETTLED = """() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')
  && Promise.all(document.getAnimations().filter(one => one.effect.getTiming().iterations !== Infinity)
    .map(one => one.finished.catch(() => 0))).then(() => true)"""


@dataclass
class Survey:
    """What was found, by kind; `seen` are the endpoints that were looked at."""

    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: set[str] = field(default_factory=set)
    pages: int = 0

    def look(self, phone: Phone, where: str, *, axe: bool = True) -> None:
        """Ask everything of the page that the phone shows."""
        self.pages += 1
        page = phone.page
        settle(page)
        if axe:
            self.found["light"] += violations(page, where)
            page.emulate_media(color_scheme="dark")
            self.found["dark"] += violations(page, where, COLOURS)
            page.emulate_media(color_scheme="light")
            self.found["targets"] += [f"{where}: {what}" for what in page.evaluate(SMALL)]
            page.emulate_media(reduced_motion="reduce")
            self.found["motion"] += [f"{where}: {what}" for what in page.evaluate(MOVING)]
            page.emulate_media(reduced_motion="no-preference")
        page.set_viewport_size({"width": 320, "height": 640})
        self.found["narrow"] += [f"{where}: {what}" for what in page.evaluate(OVERFLOW)]
        page.set_viewport_size({"width": 390, "height": 844})
        self.found["large text"] += [f"{where}: {what}" for what in page.evaluate(LARGE_OVERFLOW)]


def settle(page: Tab) -> None:
    """What htmx fetches by itself has arrived, and nothing fades in any more."""
    for _ in range(100):
        if page.evaluate(SETTLED):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{page.url} still fetches")


def violations(page: Tab, where: str, options: dict[str, Any] = ALL) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    # only what is wrong is handed over: the list of what is right is long
    found = page.evaluate("options => axe.run(options).then(said => said.violations)", options)
    return [
        f"{where}: {rule['id']}: {node['target'][0]} {node['html'][:160]} "
        f"{'; '.join(each['message'] for each in node['any'] + node['all'] + node['none'])[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


# a page that looks the same for every member is looked at as the member who has most on it
LOOKED_AT = {
    "visitor": lambda page, access: True,
    "member": lambda page, access: access != "public" or page.path == "/rules" or "thanks" in page.endpoint,
    "newcomer": lambda page, access: not re.search(r"\d|members", page.path),
    "mentor": lambda page, access: (
        page.endpoint.startswith(("review.", "impact."))
        or page.endpoint in ("home.today", "home.me", "home.lit")
    ),
    "staff": lambda page, access: (
        access not in ("public", "member") or page.endpoint in ("home.today", "home.me")
    ),
    "admin": lambda page, access: access.startswith(("members:", "staff:", "audit:", "points:adjust")),
    "member in English": lambda page, access: True,
    "staff in English": lambda page, access: access not in ("public", "member"),
}


@pytest.fixture(scope="module")
def pages(server: DemoServer) -> Pages:
    return Pages(server)


@pytest.fixture(scope="module")
def surveys(chromium: Browser, server: DemoServer, pages: Pages) -> Callable[[str], Survey]:
    """surveys(who) -> what was found on all their pages; looked at once."""
    done: dict[str, Survey] = {}

    def survey(who: str) -> Survey:
        if who not in done:
            done[who] = take_survey(who, chromium, server, pages)
        return done[who]

    return survey


def take_survey(who: str, chromium: Browser, server: DemoServer, pages: Pages) -> Survey:
    survey = Survey()
    english = who.endswith("in English")
    role = who.removesuffix(" in English")
    phone = Phone(chromium, server, locale="en" if english else "zh")
    try:
        if role == "newcomer":
            phone.close()
            made: list[Phone] = []

            def take(**how: Any) -> Phone:
                made.append(Phone(chromium, server, **how))
                return made[-1]

            phone, _ = new_member(take)
            made[0].close()
            role = "member"
        elif LOGINS[role]:
            phone.log_in(str(LOGINS[role]))
        with phone.expecting(404, 403, 410, 422):
            for page in pages.open_to(role):
                if LOOKED_AT[who](page, pages.access[page.endpoint]):
                    look_at(phone, page, survey, axe=not english)
            if not english:
                for name, go in ODD.get(who, {}).items():
                    go(phone, pages)
                    survey.look(phone, name)
        survey.found["faults"] += phone.faults
    finally:
        phone.close()
    return survey


def look_at(phone: Phone, page: Page, survey: Survey, *, axe: bool) -> None:
    answer: Response | None = phone.page.goto(page.path)
    # a closed invite and an odd code are pages too
    allowed = (200, 404, 410, 422) if page.endpoint.startswith(("members.", "thanks.")) else (200,)
    if answer is None or answer.status not in allowed:
        survey.found["status"].append(f"{page.path}: {answer and answer.status}")
        return
    survey.seen.add(page.endpoint)
    survey.look(phone, page.path, axe=axe)


# --- pages that one comes to by doing something: errors, and forms that say what is wrong ---------------


def submit(phone: Phone, path: str, form: str, **typed: str) -> None:
    """Send the form at `form` without asking the browser whether it is filled well."""
    phone.open(path)
    for name, text in typed.items():
        phone.page.locator(f"{form} [name={name}]").fill(text)
    with phone.page.expect_navigation():
        phone.page.locator(form).evaluate("form => { form.noValidate = true; form.requestSubmit() }")


def first_href(phone: Phone, path: str, selector: str) -> str:
    phone.open(path)
    return str(phone.page.locator(selector).first.get_attribute("href"))


def thanks_page(pages: Pages) -> str:
    return next(page.path for page in pages.open_to("visitor") if page.endpoint == "thanks.page")


def say_thanks(phone: Phone, path: str) -> None:
    page = phone.open(path)
    page.locator("[name=outcome]").first.check(force=True)
    phone.button("Hand over the thanks").click()
    expect(phone.button("Take it back")).to_be_visible()


ODD: dict[str, dict[str, Callable[[Phone, Pages], Any]]] = {
    "visitor": {
        "nothing here": lambda phone, pages: phone.page.goto("/nothing/here"),
        "log-in refused": lambda phone, pages: submit(
            phone, "/login", "form.stack-l", login="nobody-here", password="wrong"
        ),
        "join refused": lambda phone, pages: submit(
            phone,
            next(page.path for page in pages.open_to("visitor") if page.endpoint == "members.join"),
            "form.stack-l",
            name="x",
        ),
        "thanks refused": lambda phone, pages: submit(phone, thanks_page(pages), "#thanks"),
        "thanks said": lambda phone, pages: say_thanks(phone, thanks_page(pages)),
    },
    "member": {
        "nothing here, signed in": lambda phone, pages: phone.page.goto("/nothing/here"),
        "not my door": lambda phone, pages: phone.page.goto("/staff/members"),
        "settings refused": lambda phone, pages: submit(phone, "/me/settings", "form[action*='/password']"),
    },
    "newcomer": {
        "sent too early": lambda phone, pages: (begin_first(phone), submit(phone, phone.path(), "#f"))
    },
    "staff": {
        "invite refused": lambda phone, pages: submit(
            phone, "/staff/invites/new", "form[action$='/invites/new']", uses="0"
        ),
        "review refused": lambda phone, pages: (
            phone.open(first_href(phone, "/review", "a.pick:not(.held)")),
            phone.button("Not yet").click(),
        ),
        "quest refused": lambda phone, pages: (
            phone.open("/staff/quests/new"),
            phone.button("Begin").first.click(),
            phone.field("What it is called").fill(""),
            phone.page.locator("[name=effort_minutes]").fill("0"),
            phone.button("Check and publish").click(),
        ),
    },
}


@pytest.mark.parametrize("who", [name for name in LOOKED_AT if not name.endswith("in English")])
@pytest.mark.parametrize("kind", KINDS)
def test_pages(surveys: Callable[[str], Survey], who: str, kind: str) -> None:
    """No finding of any kind on any page of anybody."""
    survey = surveys(who)
    found = survey.found[kind]
    assert not found, f"{len(found)} on {survey.pages} pages\n" + "\n".join(found)


@pytest.mark.parametrize("who", [name for name in LOOKED_AT if name.endswith("in English")])
@pytest.mark.parametrize("kind", ["status", *LAYOUT, "faults"])
def test_pages_in_english(surveys: Callable[[str], Survey], who: str, kind: str) -> None:
    """English words are longer: they fit as well."""
    survey = surveys(who)
    found = survey.found[kind]
    assert not found, f"{len(found)} on {survey.pages} pages\n" + "\n".join(found)


def test_every_page_was_looked_at(surveys: Callable[[str], Survey], pages: Pages) -> None:
    seen = set().union(*(surveys(who).seen for who in LOOKED_AT if not who.endswith("in English")))
    assert pages.wanted() - seen == set()


def test_the_measures_see_what_is_wrong(phone: Callable[..., Phone]) -> None:
    """Control: with each thing wrong on purpose, each measure finds it."""
    person = phone().log_in("linxia")
    page = person.open("/")
    assert page.evaluate(MOVING), "nothing moves on Today: the measure of motion may be blind"
    page.evaluate(
        """() => {
          const main = document.getElementById('main');
          for (const [colour, width] of [['#888', '900px'], ['#333', '15rem']]) {
            const bad = document.createElement('div');
            bad.style.width = width; bad.textContent = 'wide'; bad.style.color = colour;
            bad.animate([{opacity: 1}, {opacity: 1}], {duration: 9999, iterations: Infinity});
            main.append(bad);
          }
          const small = document.createElement('button');
          small.style.width = small.style.height = '20px'; small.id = 'bad';
          main.append(small);
        }"""
    )
    survey = Survey()
    survey.look(person, "Today")
    assert set(KINDS) - {"status", "faults"} == {kind for kind, found in survey.found.items() if found}
    assert len(survey.found["large text"]) > len(survey.found["narrow"]), "15rem is wide in large text only"
    assert "button-name" in " ".join(survey.found["light"])
    assert "color-contrast" in " ".join(survey.found["light"])
    assert "color-contrast" in " ".join(survey.found["dark"])


# --- the keyboard ---------------------------------------------------------------------------------------

ACTIVE = """() => {
  const el = document.activeElement, style = getComputedStyle(el), box = el.getBoundingClientRect();
  return {text: (el.getAttribute('aria-label') || el.innerText || el.value || el.name || '').trim(),
          ring: style.outlineStyle !== 'none' || (el.closest('label') || el).matches(':focus-within'),
          seen: box.bottom > 0 && box.top < innerHeight};
}"""


def tab_to(page: Tab, text: str, most: int = 80) -> list[dict[str, Any]]:
    """Press Tab until what says `text` has the focus; every stop on the way."""
    stops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(ACTIVE))
        if stops[-1]["text"] == text:
            return stops
    raise AssertionError(f"{text} is not reached: {[stop['text'][:30] for stop in stops]}")


@pytest.mark.parametrize(
    ("login", "path", "action", "context"),
    [
        (None, "/login", "Log in", ""),
        ("linxia", "/", "See how", ""),
        ("linxia", "/quests", "Star map", ""),
        ("linxia", "/me/settings", "Save", ""),
        ("luoning", "/review", "", ""),
        ("luoning", "/staff/invites/new", "Make it", ""),
    ],
)
def test_keyboard_reaches_the_main_action(
    phone: Callable[..., Phone], login: str | None, path: str, action: str, context: str
) -> None:
    """The first stop skips to the content; each stop shows where one is; the action is among them."""
    person = phone()
    if login:
        person.log_in(login)
    page = person.open(path)
    page.keyboard.press("Tab")
    assert page.evaluate(ACTIVE)["text"] == person.say("Skip to the content")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    wanted = person.say(action, context) if action else page.locator("a.pick").first.inner_text().strip()
    stops = tab_to(page, wanted)
    assert [stop for stop in stops if not stop["ring"] or not stop["seen"]] == []


def test_the_keyboard_alone_does_the_work(phone: Callable[..., Phone]) -> None:
    """Start, write and save with keys only."""
    member, _ = new_member(phone)
    page = member.open("/")
    tab_to(page, member.say("See how"))
    page.keyboard.press("Enter")
    expect(member.button("Start", "quest")).to_be_visible()
    tab_to(page, member.say("Start", "quest"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/work/*")
    page.locator("[name='text:line']").focus()
    page.keyboard.type("路口的灯，照着车的一侧。")
    expect(page.locator("#saved")).to_have_text(member.pattern("saved %(time)s"))
    stops = tab_to(page, member.say("Send it in"))
    assert [stop for stop in stops if not stop["ring"]] == []
