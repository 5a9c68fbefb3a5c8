"""Many broken files: each is refused or comes out clean, soon, and nothing else ever happens."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.blueprints.media import darkroom, videos
from app.core.errors import Invalid

from . import films, pictures

SEEDS = range(60)
SIZE = (160, 120)
PHOTOS = {
    "jpeg": pictures.jpeg(SIZE),
    "progressive": pictures.jpeg(SIZE, progressive=True),
    "mpo": pictures.saved(
        pictures.scene(SIZE), "MPO", save_all=True, append_images=[pictures.scene((64, 48))]
    ),
    "heic": pictures.heic(SIZE),
    "png": pictures.png(SIZE),
    "webp": pictures.webp(SIZE),
}
FILMS = {"mp4": films.film(), "mov": films.film(b"qt  ", moov_first=True, pcm=True)}


def flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 12)):
        data[chance.randrange(len(data))] = chance.randrange(256)


def flip_head(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(12, min(400, len(data)))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(1, len(data)) :]


def drop(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 200)]


def insert(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.choice((pictures.HTML, pictures.SVG, bytes(64), chance.randbytes(64)))


def large_number(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) - 4)
    data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\1"))


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flip,
    flip_head,
    cut,
    drop,
    insert,
    large_number,
)


def mutated(data: bytes, name: str, seed: int) -> bytes:
    chance = random.Random(f"{name} {seed}")
    changed = bytearray(data)
    for _ in range(chance.randint(1, 2)):
        if len(changed) > 400:  # else a cut has left nothing to change
            chance.choice(WAYS)(changed, chance)
    return bytes(changed)


@pytest.mark.parametrize("name", PHOTOS)
def test_broken_photos(name: str, tmp_path: Path) -> None:
    refused = 0
    for seed in SEEDS:
        (tmp_path / "in").write_bytes(mutated(PHOTOS[name], name, seed))
        before = time.process_time()
        try:
            darkroom.develop(tmp_path / "in", tmp_path)
        except darkroom.Refused:
            refused += 1
        else:
            for size in ("full", "large", "thumb"):
                data = (tmp_path / size).read_bytes()
                assert not any(words in data for words in (*pictures.PLANTED, b"<script"))
                with Image.open(BytesIO(data), formats=["JPEG", "WEBP"]) as image:
                    image.load()
                    assert not image.getexif()
        assert time.process_time() - before < 2, f"seed {seed}"
    assert 0 < refused < len(SEEDS)


@pytest.mark.parametrize("name", FILMS)
def test_broken_films(name: str, tmp_path: Path) -> None:
    refused = 0
    for seed in range(300):
        (tmp_path / "in").write_bytes(mutated(FILMS[name], name, seed))
        before = time.process_time()
        try:
            videos.cleanse(tmp_path / "in")
        except Invalid:
            refused += 1
        assert time.process_time() - before < 2, f"seed {seed}"
    assert 0 < refused < 300
