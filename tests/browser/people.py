"""What people of the tests have in their hands: photos from a phone, and the steps several tests share."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from PIL import Image, ImageFilter, TiffImagePlugin
from playwright.sync_api import expect

from tests.browser.phones import Phone

FIRST = {"zh": "首次夜拍", "en": "First night shot"}
TUTORIAL = {"zh": "夜拍三件事", "en": "Three things for the night"}
AUTHOR = "linxia"
NEW_PASSWORD = "a long enough password"
PLACE = (39.0, 54.0, 15.0)

_serial = itertools.count(1)


def photo(path: Path, seed: int, *, size: tuple[int, int] = (2000, 1500)) -> Path:
    """A JPEG of 1 to 4 MB with the grain, the exposure and the position that a phone writes."""
    chance = Random(seed)
    grain = Image.frombytes("L", (500, 375), chance.randbytes(500 * 375)).resize(
        size, Image.Resampling.NEAREST
    )
    hue = [chance.randrange(40, 200) for _ in range(3)]
    scene = Image.merge("RGB", [grain.point(lambda v, h=h: (v * 3 + h * 5) // 8) for h in hue])  # type: ignore[misc]
    scene = scene.filter(ImageFilter.GaussianBlur(0.6))
    told = Image.Exif()
    told[271], told[274] = "Lightup Camera", 1
    rational = TiffImagePlugin.IFDRational
    told.get_ifd(0x8769).update(
        {34855: 800, 33437: rational(18, 10), 33434: rational(1, 30), 41989: 26, 36867: "2026:11:14 20:41:07"}
    )
    told.get_ifd(0x8825).update({1: "N", 2: PLACE, 3: "E", 4: (116.0, 23.0, 29.0)})
    path.parent.mkdir(parents=True, exist_ok=True)
    scene.save(path, "JPEG", quality=95, exif=told)
    assert path.stat().st_size > 1_000_000, path.stat().st_size
    return path


def position_in(data: bytes) -> dict[int, object]:
    """The GPS tags of a JPEG."""
    with Image.open(BytesIO(data)) as image:
        return dict(image.getexif().get_ifd(0x8825))


def new_invite(staff: Phone) -> str:
    """Staff make an invite for one person; its link."""
    staff.open("/staff/invites")
    staff.link("New invite").click()
    staff.button("Make it").click()
    link = staff.page.locator("code", has_text="/i/").first
    expect(link).to_be_visible()
    return link.inner_text()


def join(newcomer: Phone, link: str, name: str = "") -> str:
    """Somebody opens an invite, reads the letter and joins; their name (in lower case the log-in)."""
    name = name or f"Nova{next(_serial)}{secrets.token_hex(3)}"
    page = newcomer.page
    page.goto(urlsplit(link).path)
    expect(newcomer.heading("A letter for you")).to_be_attached()
    assert len(page.locator("article.letter").inner_text()) > 150
    newcomer.link("Accept, and light the first lamp").click()
    newcomer.field("Your name").fill(name)
    newcomer.field("Login").fill(name.lower())
    newcomer.field("Password").fill(NEW_PASSWORD)
    page.get_by_role("checkbox").check()
    newcomer.button("Light the first lamp").click()
    page.wait_for_url("**/")
    return name


def new_member(phone: Callable[..., Phone], **how: object) -> tuple[Phone, str]:
    """Somebody who has just joined, and their name."""
    staff = phone(width=1280, height=900).log_in("luoning")
    link = new_invite(staff)
    newcomer = phone(**how)
    return newcomer, join(newcomer, link)


def begin_first(member: Phone) -> str:
    """From Today to the working page of the star in reach; its path."""
    member.open("/")
    member.link("See how").click()
    expect(member.page.get_by_role("heading", level=1, name=FIRST[member.locale])).to_be_visible()
    member.button("Start", "quest").click()
    member.page.wait_for_url("**/work/*")
    return member.path()
