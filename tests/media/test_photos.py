"""Every kind of photo comes out upright, plain and without a trace of where it was taken."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw

from app.blueprints.media import darkroom, photos
from app.core.errors import Invalid

from . import pictures

SIZES = ("full", "large", "thumb")


def developed(data: bytes, folder: Path) -> tuple[dict[str, Any], dict[str, Image.Image]]:
    (folder / "in").write_bytes(data)
    out = folder / "out"
    out.mkdir(exist_ok=True)
    told = darkroom.develop(folder / "in", out)
    images = {}
    for name in SIZES:
        with Image.open(out / name) as image:
            image.load()
            images[name] = image.copy()
            images[name].format = image.format
    return told, images


def refusal(data: bytes, folder: Path) -> int:
    (folder / "in").write_bytes(data)
    with pytest.raises(darkroom.Refused) as refused:
        darkroom.develop(folder / "in", folder)
    assert not (folder / "full").exists()
    return refused.value.code


def traces(folder: Path) -> list[str]:
    """What in the stored files tells more than pixels."""
    found = []
    for name in SIZES:
        data = (folder / "out" / name).read_bytes()
        found += [f"{name}: {words!r}" for words in pictures.PLANTED if words in data]
        with Image.open(BytesIO(data)) as image:
            found += [
                f"{name}: {key}" for key in image.info if key in ("exif", "xmp", "comment", "icc_profile")
            ]
            found += [f"{name}: exif {tag}" for tag in image.getexif()]
            found += [f"{name}: gps" for _ in image.getexif().get_ifd(0x8825)]
    return found


FORMATS = {"jpeg": pictures.jpeg, "heic": pictures.heic, "png": pictures.png, "webp": pictures.webp}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_leaves_without_metadata(kind: str, tmp_path: Path) -> None:
    data = FORMATS[kind]()
    assert any(words in data for words in pictures.PLANTED), "the picture must carry what should vanish"
    told, images = developed(data, tmp_path)
    assert traces(tmp_path) == []
    assert (told["width"], told["height"]) == (640, 480)
    assert [images[name].format for name in SIZES] == ["JPEG", "WEBP", "WEBP"]
    assert pictures.corners(images["full"]) == ["red", "lime", "blue", "white"]


@pytest.mark.parametrize("kind", FORMATS)
def test_the_exposure_is_kept_and_the_place_is_not(kind: str, tmp_path: Path) -> None:
    told, _ = developed(FORMATS[kind](), tmp_path)
    assert told["exposure"] == {"iso": 800, "aperture": 1.8, "shutter": "1/30", "focal_mm": 26, "hour": 20}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_come_out_upright(orientation: int, tmp_path: Path) -> None:
    """The scene is stored the way a camera held so would store it; every size shows it upright."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = pictures.scene() if undo is None else pictures.scene().transpose(undo)
    data = pictures.saved(stored, "JPEG", quality=90, exif=pictures.exif(orientation))
    told, images = developed(data, tmp_path)
    assert (told["width"], told["height"]) == (640, 480)
    for image in images.values():
        assert pictures.corners(image) == ["red", "lime", "blue", "white"]


def test_a_turned_heic_is_turned_once(tmp_path: Path) -> None:
    stored = pictures.scene().transpose(Image.Transpose.ROTATE_90)
    data = pictures.saved(stored, "HEIF", quality=70, exif=pictures.exif(6).tobytes())
    told, images = developed(data, tmp_path)
    assert (told["width"], told["height"]) == (640, 480)
    assert pictures.corners(images["full"]) == ["red", "lime", "blue", "white"]


def test_sizes(tmp_path: Path) -> None:
    told, images = developed(pictures.jpeg((4000, 3000)), tmp_path)
    assert images["full"].size == (2560, 1920) == (told["width"], told["height"])
    assert images["large"].size == (1280, 960)
    assert images["thumb"].size == (427, 320)


def test_small_pictures_are_not_blown_up(tmp_path: Path) -> None:
    _, images = developed(pictures.jpeg((40, 30)), tmp_path)
    assert {image.size for image in images.values()} == {(40, 30)}


def test_a_panorama_keeps_a_longest_side(tmp_path: Path) -> None:
    _, images = developed(pictures.jpeg((8000, 800)), tmp_path)
    assert images["full"].size == (2560, 256)
    assert max(images["thumb"].size) == 960


BLACK = Image.new("RGB", (640, 480))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(pictures.saved(pictures.scene(mode="CMYK"), "JPEG", quality=95), id="cmyk jpeg"),
        pytest.param(pictures.saved(pictures.scene(), "JPEG", progressive=True), id="progressive"),
        pytest.param(pictures.saved(pictures.scene(mode="RGBA"), "PNG"), id="rgba png"),
        pytest.param(pictures.saved(pictures.scene(mode="P"), "PNG"), id="palette png"),
        pytest.param(pictures.saved(pictures.scene(mode="RGBA"), "HEIF", quality=80), id="rgba heic"),
        pytest.param(pictures.saved(pictures.scene(mode="RGBA"), "WEBP", lossless=True), id="rgba webp"),
        pytest.param(
            pictures.saved(pictures.scene(), "MPO", save_all=True, append_images=[pictures.scene((64, 48))]),
            id="mpo of a phone",
        ),
        pytest.param(
            pictures.saved(
                pictures.scene(), "WEBP", save_all=True, append_images=[BLACK], duration=50
            ),
            id="animated webp",
        ),
        pytest.param(
            pictures.saved(pictures.scene(), "PNG", save_all=True, append_images=[BLACK]),
            id="animated png",
        ),
    ],
)  # fmt: skip
def test_unusual_photos_keep_their_colours(data: bytes, tmp_path: Path) -> None:
    _, images = developed(data, tmp_path)
    assert pictures.corners(images["full"]) == ["red", "lime", "blue", "white"]
    assert images["thumb"].mode == "RGB"


def test_sixteen_bits_of_grey_do_not_turn_white(tmp_path: Path) -> None:
    grey = Image.new("I;16", (64, 64), 0x8000)
    _, images = developed(pictures.saved(grey, "PNG"), tmp_path)
    level = images["full"].convert("L").getpixel((32, 32))
    assert 120 <= level <= 136


def test_transparency_shows_on_white(tmp_path: Path) -> None:
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    ImageDraw.Draw(palette).rectangle((0, 0, 31, 63), fill=1)
    _, images = developed(pictures.saved(palette, "PNG", transparency=0), tmp_path)
    left, right = images["full"].getpixel((8, 32)), images["full"].getpixel((56, 32))
    assert left[1] > 200 > left[0]
    assert min(right) > 240


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_a_colour_profile_is_obeyed_before_it_goes(tmp_path: Path) -> None:
    """A profile that calls red what others call blue: phones' wide colours are a milder case."""
    swapped = srgb().replace(b"rXYZ", b"____").replace(b"bXYZ", b"rXYZ").replace(b"____", b"bXYZ")
    _, images = developed(pictures.saved(pictures.scene(), "JPEG", quality=95, icc_profile=swapped), tmp_path)
    assert pictures.corners(images["full"]) == ["blue", "lime", "red", "white"]
    assert traces(tmp_path) == []


@pytest.mark.parametrize("profile", [b"not a profile" * 20, srgb()[:200], b"\0" * 128])
def test_a_broken_profile_costs_nothing(profile: bytes, tmp_path: Path) -> None:
    _, images = developed(pictures.saved(pictures.scene(), "JPEG", quality=95, icc_profile=profile), tmp_path)
    assert pictures.corners(images["full"]) == ["red", "lime", "blue", "white"]
    assert traces(tmp_path) == []


@pytest.mark.parametrize("kind", FORMATS)
def test_a_cut_photo_is_refused(kind: str, tmp_path: Path) -> None:
    data = FORMATS[kind]((1200, 900))
    assert developed(data, tmp_path)
    for name in SIZES:
        (tmp_path / "out" / name).unlink()
    assert refusal(data[: len(data) * 2 // 3], tmp_path) in (darkroom.TRUNCATED, darkroom.UNREADABLE)


def test_a_cut_jpeg_is_named_so(tmp_path: Path) -> None:
    data = pictures.jpeg()
    assert refusal(data[: len(data) * 2 // 3], tmp_path) == darkroom.TRUNCATED


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(pictures.HTML, id="html"),
        pytest.param(pictures.SVG, id="svg"),
        pytest.param(b"GIF89a" + bytes(40), id="gif head"),
        pytest.param(pictures.saved(pictures.scene(), "GIF"), id="gif"),
        pytest.param(pictures.saved(pictures.scene(), "BMP"), id="bmp"),
        pytest.param(pictures.saved(pictures.scene(), "TIFF"), id="tiff"),
        pytest.param(pictures.saved(pictures.scene(), "AVIF"), id="avif"),
        pytest.param(b"\xff\xd8\xff" + pictures.HTML, id="jpeg head on html"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run", id="eps"),
    ],
)
def test_what_is_no_photo_is_refused(data: bytes, tmp_path: Path) -> None:
    assert refusal(data, tmp_path) == darkroom.UNREADABLE


def test_a_polyglot_loses_its_other_half(tmp_path: Path) -> None:
    developed(pictures.jpeg() + pictures.HTML, tmp_path)
    for name in SIZES:
        assert b"<script" not in (tmp_path / "out" / name).read_bytes()


def test_bombs_are_refused_before_they_unfold(tmp_path: Path) -> None:
    data = pictures.bomb_png()
    assert len(data) < 200_000
    assert refusal(data, tmp_path) == darkroom.TOO_MANY_PIXELS


def test_an_endless_side_is_refused(tmp_path: Path) -> None:
    data = pictures.saved(Image.new("L", (darkroom.LONGEST_SIDE + 1, 1)), "PNG")
    assert refusal(data, tmp_path) == darkroom.TOO_MANY_PIXELS


def test_the_thinnest_picture_is_taken(tmp_path: Path) -> None:
    told, _ = developed(pictures.saved(Image.new("L", (12_000, 1)), "PNG"), tmp_path)
    assert (told["width"], told["height"]) == (2560, 1)


# ---- through the process of its own ----


def test_develop_answers_like_the_darkroom(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(pictures.jpeg(orientation=6))
    photo = photos.develop(tmp_path / "in", tmp_path)
    assert (photo.width, photo.height) == (480, 640)
    assert photo.exposure is not None
    assert photo.exposure["iso"] == 800
    assert {file.name for file in tmp_path.iterdir()} == {"in", *SIZES}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pictures.HTML, photos.NOT_A_PHOTO),
        (pictures.jpeg()[:5000], photos.TRUNCATED),
        (pictures.bomb_png(), photos.TOO_MANY_PIXELS),
    ],
    ids=["html", "cut", "bomb"],
)
def test_develop_refuses_in_words(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(data)
    with pytest.raises(Invalid) as invalid:
        photos.develop(tmp_path / "in", tmp_path)
    assert invalid.value.fields == {"file": words}


def test_a_crashing_decoder_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "crash.py"
    program.write_text("import os; os.abort()")
    monkeypatch.setattr(photos.darkroom, "__file__", str(program))
    with pytest.raises(Invalid) as invalid:
        photos.develop(tmp_path / "in", tmp_path)
    assert invalid.value.fields == {"file": photos.TOO_HARD}


def test_the_darkroom_gets_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "env.py"
    program.write_text(
        "import os, json; print(json.dumps(dict(width=1, height=1, exposure=dict(os.environ))))"
    )
    monkeypatch.setattr(photos.darkroom, "__file__", str(program))
    monkeypatch.setenv("SECRET_KEY", "PLANTED")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "PLANTED")
    assert "PLANTED" not in str(photos.develop(tmp_path / "in", tmp_path).exposure)
