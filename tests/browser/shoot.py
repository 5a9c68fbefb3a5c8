"""Pictures of every screen, for looking at: python -m tests.browser.shoot FOLDER

Phones are 390 wide, in both languages and themes; the desk also 1280 wide. With --readme, also
renews the two pictures of the README beside this file.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.pages import LOGINS, Page, Pages
from tests.browser.phones import Phone, launch, picture
from tests.browser.server import DemoServer, demo_server
from tests.browser.test_accessible import settle

README = Path(__file__).parent / "pictures"
LIMIT = 120 * 1024


def shown_as(who: str, page: Page, access: str) -> bool:
    """Whether `who` is the one to show this page as."""
    return {
        "visitor": access == "public",
        "member": access == "member",
        "mentor": page.endpoint.startswith("review."),
        "staff": access not in ("public", "member"),
        "admin": access in ("members:manage", "audit:read", "points:adjust")
        or page.endpoint == "members_staff.member",
    }[who]


def shoot(folder: Path, server: DemoServer, themes: list[bool], locales: list[str], only: str) -> int:
    made = 0
    pages = Pages(server)
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        for who, login in LOGINS.items():
            wanted = [page for page in pages.open_to(who) if shown_as(who, page, pages.access[page.endpoint])]
            if who == "visitor":
                wanted.append(Page("nothing", "/nothing/here"))
            for locale in locales:
                for dark in themes:
                    for width in (390, 1280) if who in ("staff", "admin") else (390,):
                        phone = Phone(chromium, server, locale=locale, dark=dark, width=width, still=True)
                        if login:
                            phone.log_in(login)
                        for page in wanted:
                            if not re.search(only, page.path):
                                continue
                            phone.page.goto(page.path)
                            settle(phone.page)
                            name = re.sub(r"\W+", "-", page.path).strip("-") or "today"
                            theme = "dark" if dark else "light"
                            picture(phone.page, folder / f"{who}-{name}-{locale}-{theme}-{width}.png")
                            made += 1
                        phone.close()
        chromium.close()
    return made


def for_the_readme(server: DemoServer) -> None:
    """Today and a quest, as a member sees them: light, Chinese, 390 wide, few colours."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        phone = Phone(chromium, server, still=True).log_in("linxia")
        for name, path in (("today", "/"), ("quest", None)):
            if path is None:
                phone.open("/")
                path = str(phone.link("See how").get_attribute("href"))
            phone.open(path)
            target = README / f"{name}.png"
            picture(phone.page, target, whole=False)
            smaller(target)
        chromium.close()


def smaller(path: Path) -> None:
    """As few colours as it takes."""
    with Image.open(path) as image:
        drawn = image.convert("RGB")
    for colours in (192, 128, 96, 64, 32):
        drawn.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= LIMIT:
            return
    raise RuntimeError(f"{path} is larger than {LIMIT} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="a pattern that the address must hold")
    parser.add_argument("--light", action="store_true", help="the light theme only")
    parser.add_argument("--zh", action="store_true", help="Chinese only")
    parser.add_argument("--readme", action="store_true", help="also renew the README's two")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, demo_server(Path(place), "shoot") as server:
        themes = [False] if asked.light else [False, True]
        locales = ["zh"] if asked.zh else ["zh", "en"]
        print(shoot(asked.folder, server, themes, locales, asked.only), "pictures in", asked.folder)
        if asked.readme:
            for_the_readme(server)


if __name__ == "__main__":
    main()
