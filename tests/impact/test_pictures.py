"""The thank-you picture and the card of a month: what a scanner reads in them, and what they say."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from app.blueprints.impact.pictures import PictureWords, report_picture, thanks_picture

WORDS = PictureWords("这一篇要是帮到了你，告诉我一声。", "扫一扫，不用登录")
ADDRESS = "https://lightup.yuanshan-motors.example.com/t/7KQ2M9X"


def opened(content: bytes) -> Image.Image:
    picture = Image.open(BytesIO(content))
    assert picture.format == "PNG"
    return picture.convert("RGB")


def read(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def thanks(**said: Any) -> Image.Image:
    usual = {
        "title": "夜拍三件事",
        "name": "林夏",
        "words": WORDS,
        "url": ADDRESS,
        "brand": "远山汽车 · 点亮",
    }
    return opened(thanks_picture(**(usual | said)))


def report(**said: Any) -> Image.Image:
    usual = {
        "name": "林夏", "month_label": "十月的光", "headline": "有 11 个人，因为我少绕了路。",
        "brand": "远山汽车 · 点亮", "stamp": "2026.10", "url": "https://lightup.example.com/members/312",
    }  # fmt: skip
    return opened(report_picture(**(usual | said)))


def test_a_phone_reads_the_thank_you_picture_as_large_as_a_post_shows_it() -> None:
    picture = thanks()
    assert picture.size == (1080, 1440)
    # from a phone's own 1,080 pixels down to a preview of 390, sent on as a poor JPEG
    for wide in (1080, 720, 390):
        file = BytesIO()
        picture.resize((wide, wide * 4 // 3), Image.Resampling.BILINEAR).save(file, "JPEG", quality=40)
        assert read(Image.open(file)) == [ADDRESS], wide


def test_the_quiet_edge_of_the_code_is_whole() -> None:
    (found,) = zxingcpp.read_barcodes(picture := thanks())
    corners = found.position
    left, right = corners.top_left.x, corners.top_right.x
    module = (right - left) / 33
    for far in (1, 2, 3):
        assert picture.getpixel((round(left - far * module), corners.top_left.y + 5)) == (255, 255, 255)


def test_the_card_of_a_month_is_read_with_a_code_and_has_none_without() -> None:
    assert report().size == (1500, 900)
    assert read(report()) == ["https://lightup.example.com/members/312"]
    assert read(report().resize((600, 360))) == ["https://lightup.example.com/members/312"]
    assert read(report(url=None)) == []


NAMES = [
    "林夏", "𠮷野家", "㛃莹", "吐尔逊·艾力", "Bartholomew Featherstonehaugh-Cholmondeley", "小鹿🦌✨", "",
    "شەيدا تۇرسۇن", "阿卜杜热合曼·买买提吐尔逊·伊斯坎达尔江" * 3, "W" * 80,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_hard_names_leave_everything_in_its_place(name: str) -> None:
    """Whoever it is: nothing is drawn over the edges or into the code, which is still read."""
    for picture in (thanks(name=name, title=name), report(name=name, headline=name or "夏")):
        assert len(read(picture)) == 1
        edge = picture.crop((0, 60, 60, picture.height // 2))
        other = picture.crop((picture.width - 60, 60, picture.width, picture.height // 2))
        assert edge.getcolors() == other.getcolors()
        assert len(edge.getcolors() or ()) == 1


def test_a_name_is_in_the_picture_and_no_name_leaves_no_gap() -> None:
    assert report(name="林夏").tobytes() != report(name="林冬").tobytes()
    assert report(name="شەيدا").tobytes() == report(name="").tobytes()
    assert thanks(name="林夏").tobytes() != thanks(name="").tobytes()
