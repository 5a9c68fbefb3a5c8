"""The same picture or link again is asked about; three hundred different ones aren't. Real files."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from sqlalchemy import delete, func, select, update

from app.blueprints.media import darkroom, likeness
from app.blueprints.media import services as media
from app.blueprints.media.models import Likeness, Media
from app.blueprints.quests import queries_review, services, services_desk
from app.blueprints.quests.models import Evidence, LikenessCleared
from app.blueprints.quests.services import Draft
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.desk.conftest import EN

PICTURES = sorted((Path(__file__).parents[2] / "app" / "demo" / "pictures").glob("*.jpg"))
STEP = {"key": "p", "title": "照片", "title_en": "Photo", "evidence": "photo", "required": True}


def jpeg(image: Image.Image, quality: int = 88) -> bytes:
    out = BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = image.size
    return image.crop(
        (int(width * left), int(height * top), int(width * (1 - right)), int(height * (1 - bottom)))
    )


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "resized": lambda image: jpeg(image.resize((image.width // 2, image.height // 2))),
    "recompressed": lambda image: jpeg(image, 40),
    "brightened": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.08)),
    "darkened": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(0.92)),
    "cut at the left": lambda image: jpeg(cut(image, 0.02, 0, 0, 0)),
    "cut at the top": lambda image: jpeg(cut(image, 0, 0.02, 0, 0)),
    "cut all around": lambda image: jpeg(cut(image, 0.01, 0.01, 0.01, 0.01)),
}


def developed(data: bytes, folder: Path) -> int | None:
    (folder / "in").write_bytes(data)
    return darkroom.develop(folder / "in", folder)["likeness"]


def asked_about(one: int, other: int) -> bool:
    """As the review page finds it: they share a quarter that isn't empty, and differ in few bits."""
    pairs = zip(likeness.quarters(one), likeness.quarters(other), strict=True)
    return any(a == b != 0 for a, b in pairs) and likeness.distance(one, other) <= likeness.NEAR


@pytest.mark.parametrize("how", COPIES)
def test_copies_of_real_photos_are_found(how: str, tmp_path: Path) -> None:
    missed = []
    for path in PICTURES:
        with Image.open(path) as image:
            first, copy = developed(path.read_bytes(), tmp_path), developed(COPIES[how](image), tmp_path)
        assert first is not None
        if copy is None or not asked_about(first, copy):
            missed.append(path.name)
    assert missed == []


def scene(chance: Random) -> Image.Image:
    """A picture of its own: light from somewhere, shapes, grain."""
    small = Image.new("L", (chance.randint(3, 7), chance.randint(3, 6)))
    small.putdata([chance.randrange(256) for _ in range(small.width * small.height)])
    image = small.resize((480, 360), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(chance.randint(2, 12)):
        x, y = chance.randrange(480), chance.randrange(360)
        box = (x, y, x + chance.randint(20, 200), y + chance.randint(20, 160))
        chance.choice((draw.ellipse, draw.rectangle))(box, fill=chance.randrange(256))
    return image.filter(ImageFilter.GaussianBlur(1)).convert("RGB")


def test_three_hundred_different_pictures(tmp_path: Path) -> None:
    chance = Random(20261122)
    seen = [bits for path in PICTURES if (bits := developed(path.read_bytes(), tmp_path)) is not None]
    while len(seen) < 300:
        bits = darkroom.likeness(scene(chance))
        if bits is not None:
            seen.append(bits)
    alarms = sum(asked_about(one, other) for one, other in itertools.combinations(seen, 2))
    # of 44,850 pairs
    assert alarms <= 4


@pytest.mark.parametrize("shade", [0, 12, 128, 255])
def test_a_plain_picture_is_like_no_other(shade: int) -> None:
    assert darkroom.likeness(Image.new("RGB", (400, 300), (shade, shade, shade))) is None


def test_quarters_are_the_corners() -> None:
    bits = int("f0" * 4 + "0f" * 4, 16) - (1 << 64)
    assert likeness.quarters(bits) == (0xFFFF, 0, 0, 0xFFFF)
    assert likeness.distance(bits, -1) == 32


# --- on the review page -------------------------------------------------------------------------------------


@pytest.fixture
def photo_quest(make_quest: Callable[..., int]) -> int:
    return make_quest(steps=[STEP], scores=[])


def send_photo(quest: int, member: Actor, data: bytes, name: str = "u") -> int:
    work = services.start_quest(quest, by=member)
    db.session.rollback()
    with media.prepare_upload(file=BytesIO(data)) as prepared:
        services.add_media(work, "p", f"{name}-{work}", prepared, by=member)
    services.submit_work(work, Draft(original=True), by=member)
    return work


def test_asked_once_and_not_again(photo_quest, make_quest, people, make_member, login) -> None:
    first = send_photo(photo_quest, people["xiaoman"], PICTURES[0].read_bytes())
    with Image.open(PICTURES[0]) as image:
        copy = send_photo(photo_quest, people["linxia"], COPIES["cut all around"](image))
    other = send_photo(photo_quest, make_member("third"), PICTURES[1].read_bytes())
    client = login(people["luoning"])
    page = client.get(f"/review/{copy}", headers=EN).get_data(as_text=True)
    assert page.count('class="twin"') == 1
    for text in ("Looks like an earlier work", "This one · 林夏", "Earlier · 黎小满"):
        assert text in page
    for work in (first, other):
        assert "Looks like" not in client.get(f"/review/{work}", headers=EN).get_data(as_text=True)
    for _ in range(2):
        said = client.post(f"/review/{copy}/two", data={"earlier": str(first)}, headers=EN)
        assert said.status_code == 303
    assert db.session.scalar(select(func.count()).select_from(LikenessCleared)) == 1
    assert "Looks like" not in client.get(f"/review/{copy}", headers=EN).get_data(as_text=True)
    # a mentor is not asked, and can't answer
    assert login(people["zhoumo"]).post(f"/review/{copy}/two", data={"earlier": first}).status_code == 403


def test_ones_own_next_round_is_no_copy_and_another_work_is(photo_quest, make_quest, people) -> None:
    from app.blueprints.quests import services_review

    work = send_photo(photo_quest, people["linxia"], PICTURES[2].read_bytes())
    verdict = services_review.Verdict(round=1, highlight="好", suggestion="再来")
    services_review.ask_changes(work, verdict, by=people["luoning"])
    services.submit_work(work, Draft(original=True), by=people["linxia"])
    elsewhere = send_photo(make_quest(steps=[STEP]), people["linxia"], PICTURES[2].read_bytes())

    def alike(submission: int) -> list[int]:
        opened = queries_review.opened(submission, by=people["luoning"])
        return [one.work_id for one in queries_review.rounds_of(opened)[-1].alike]

    assert alike(work) == []
    assert alike(elsewhere) == [work]


def test_the_same_link_is_asked_about(make_quest, people, send, login) -> None:
    steps = [{"key": "words", "title": "链接", "title_en": "Link", "evidence": "link", "required": True}]
    quest = make_quest(steps=steps)
    first = send(people["xiaoman"], quest, words="https://example.com/a?from=chat")
    again = send(people["linxia"], quest, words="https://example.com/a")
    with unit_of_work():
        db.session.execute(update(Evidence).values(link_key="example:a"))
    client = login(people["luoning"])
    page = client.get(f"/review/{again}", headers=EN).get_data(as_text=True)
    assert "The same link was sent before" in page
    assert "https://example.com/a?from=chat" in page
    assert "same link" not in client.get(f"/review/{first}", headers=EN).get_data(as_text=True)


def test_the_command_fills_what_is_missing(app, photo_quest, people) -> None:
    for number in range(3):
        send_photo(
            photo_quest, people[("linxia", "xiaoman", "zhoumo")[number]], PICTURES[number].read_bytes()
        )
    had = dict(db.session.execute(select(Likeness.media_id, Likeness.bits)).all())
    assert len(had) == 3
    with unit_of_work():
        db.session.execute(delete(Likeness))
    assert "3 noted" in app.test_cli_runner().invoke(args=["media", "likeness"]).output
    assert "0 noted" in app.test_cli_runner().invoke(args=["media", "likeness"]).output
    now = dict(db.session.execute(select(Likeness.media_id, Likeness.bits)).all())
    assert set(now) == set(had)
    # read off the small copy that was kept: the same but for its compression
    assert all(likeness.distance(had[key], now[key]) <= 2 for key in had)


def test_a_removed_photo_takes_its_likeness_along(photo_quest, people) -> None:
    work = services.start_quest(photo_quest, by=people["linxia"])
    db.session.rollback()
    with media.prepare_upload(file=BytesIO(PICTURES[0].read_bytes())) as prepared:
        services.add_media(work, "p", "once", prepared, by=people["linxia"])
    evidence = db.session.scalar(select(Evidence.id))
    services.remove_evidence(evidence, by=people["linxia"])
    assert [db.session.scalar(select(func.count()).select_from(table)) for table in (Media, Likeness)] == [
        0,
        0,
    ]


def test_it_costs_no_query(photo_quest, people, login, counted) -> None:
    send_photo(photo_quest, people["xiaoman"], PICTURES[0].read_bytes())
    copy = send_photo(photo_quest, people["linxia"], PICTURES[0].read_bytes())
    services_desk.say_before(copy, "一句", "k", by=people["zhoumo"])
    client = login(people["luoning"])
    client.get(f"/review/{copy}")
    with counted() as statements:
        assert 'class="twin"' in client.get(f"/review/{copy}").get_data(as_text=True)
    assert len(statements) <= 6
