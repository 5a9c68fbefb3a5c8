"""Text in pictures: names as people have them, lines as they may be broken, and what is too long."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.core import lettering
from app.core.lettering import (
    CLOSING,
    ELLIPSIS,
    MASTER,
    OPENING,
    PLAIN,
    VOICE,
    draw,
    draw_lines,
    fit,
    legible,
    measure,
    wrap,
)

NAMES = [
    ("林夏", "林夏"),
    ("𠮷野家", "𠮷野家"),
    ("㛃莹", "㛃莹"),
    ("龘靐齉", "龘靐齉"),
    ("吐尔逊·艾力", "吐尔逊·艾力"),
    ("Bartholomew Featherstonehaugh-Cholmondeley", "Bartholomew Featherstonehaugh-Cholmondeley"),
    ("Nguye\u0302\u0303n Thị Ánh", "Nguyễn Thị Ánh"),
    ("小鹿🦌✨👩‍👧 1️⃣", "小鹿 1"),
    (" 林\u200b\u202e夏\n ", "林夏"),
    ("", ""),
    ("🦌", ""),
    ("شەيدا تۇرسۇن", ""),
    ("한지민", ""),
    ("شەيدا，林夏的朋友", "〓，林夏的朋友"),
    ("z̸̡̛a̶l̷g̵o", "zalgo"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shown"), NAMES)
def test_names_are_drawn_as_they_are_or_left_out(name: str, shown: str) -> None:
    assert legible(name) == shown
    assert legible(shown) == shown


def ink(text: str, face: tuple[str, ...] = PLAIN) -> bytes:
    picture = Image.new("L", (400, 160))
    draw(picture, (20, 110), text, size=96, fill="#ffffff", face=face)
    return picture.tobytes()


def test_each_rare_character_is_drawn_as_itself() -> None:
    drawn = {ink(character) for character in "𠮷㛃龘吉㐀鿋𬱖あ"}
    assert len(drawn) == 8
    assert bytes(400 * 160) not in drawn


def test_a_voice_is_in_the_serif_and_names_in_it_fall_back() -> None:
    assert ink("夏", VOICE) != ink("夏")
    assert ink("㛃", VOICE) == ink("㛃") != bytes(400 * 160)


@pytest.mark.parametrize("size", [22, 46, 118, MASTER])
def test_what_is_measured_is_what_is_drawn(size: int) -> None:
    picture = Image.new("L", (1400, 300))
    draw(picture, (100, 200), "国道田", size=size, fill="#ffffff")
    box = picture.getbbox()
    assert box is not None
    assert abs((box[2] - box[0]) - measure("国道田", size)) < 0.2 * size
    right = Image.new("L", (1400, 300))
    draw(right, (1300, 200), "国道田", size=size, fill="#ffffff", end=True)
    box = right.getbbox()
    assert box is not None
    assert 1300 - 0.15 * size < box[2] <= 1300


def test_letters_are_never_larger_than_they_are_kept() -> None:
    with pytest.raises(ValueError, match="at most"):
        draw(Image.new("L", (10, 10)), (0, 0), "夏", size=MASTER + 1, fill="#ffffff")


TEXT = "有 11 个人，因为「我」少绕了路。看完 Featherstonehaugh 的《夜拍三件事》，2,480 公里都亮着……"


@pytest.mark.parametrize("width", [90, 130, 200, 333, 500, 900, 2000])
def test_lines_keep_to_their_width_and_to_the_rules_of_signs(width: int) -> None:
    lines = wrap(TEXT, 40, width)
    assert "".join(lines).replace(" ", "") == TEXT.replace(" ", "")
    assert all(measure(line, 40) <= width + 1e-6 for line in lines)
    # where a piece with its signs fits on a line at all, they stay on it
    if width >= 130:
        assert not any(line[0] in CLOSING for line in lines)
        assert not any(line[-1] in OPENING for line in lines[:-1])
    if width >= 500:
        assert any("Featherstonehaugh" in line for line in lines)


def test_a_line_breaks_at_a_pause() -> None:
    assert wrap("有 11 个人，因为我少绕了路。", 100, 1000) == ["有 11 个人，", "因为我少绕了路。"]
    # and is made a little smaller when only that lets it
    found = fit("有 11 个人，因为我少绕了路。", size=118, smallest=84, width=870, lines=2, face=VOICE)
    assert found.lines == ["有 11 个人，", "因为我少绕了路。"]
    assert 94 <= found.size < 118


def test_what_is_too_long_ends_with_an_ellipsis() -> None:
    found = fit(TEXT, size=60, smallest=40, width=400, lines=2)
    assert not found.whole
    assert found.size == 40
    assert len(found.lines) == 2
    assert found.lines[-1].endswith(ELLIPSIS)
    assert found.width <= 400
    assert fit("林夏", size=60, smallest=40, width=400).whole
    assert fit("林", size=60, smallest=20, width=30).width <= 30
    assert fit("", size=60, smallest=40, width=400).lines == []


# the first text of all loads fonts
@settings(deadline=None)
@given(
    text=st.text(max_size=80),
    width=st.floats(30, 900),
    lines=st.integers(1, 4),
    face=st.sampled_from([PLAIN, VOICE]),
)
def test_any_text_fits(text: str, width: float, lines: int, face: tuple[str, ...]) -> None:
    found = fit(text, size=48, smallest=12, width=width, lines=lines, face=face)
    assert len(found.lines) <= lines
    assert found.width <= width + 1e-6
    draw_lines(Image.new("L", (64, 64)), (0, 40), found, fill="#ffffff")
    if found.whole:
        assert "".join(found.lines).replace(" ", "") == legible(text, face).replace(" ", "")


def test_many_threads_draw_what_one_draws() -> None:
    words = [name for name, _ in NAMES] * 8
    alone = [sha256(ink(legible(word)[:4])).digest() for word in words]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda word: sha256(ink(legible(word)[:4])).digest(), words))
    assert together == alone


WEIGH = """
import resource
from PIL import Image
from app.core.lettering import PLAIN, VOICE, draw
def held():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
picture = Image.new("RGB", (400, 200))
before = held()
for size in range(20, 120):
    for text, face in (("林夏，你好", VOICE), ("林夏", PLAIN), ("㛃𠮷", PLAIN)):
        draw(picture, (0, 150), text, size=size, fill="#ffffff", face=face)
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_fonts_are_held_once_whatever_the_sizes() -> None:
    run = subprocess.run([sys.executable, "-c", WEIGH], capture_output=True, text=True, check=True)
    # all five fonts are 14 MB, of which only what was drawn is read
    assert float(run.stdout) < 30, run.stdout


def test_fonts_are_drawn_with_where_no_file_can_be_written(monkeypatch, tmp_path) -> None:
    before = ink("夏")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    lettering._font.cache_clear()
    assert ink("夏") == before
