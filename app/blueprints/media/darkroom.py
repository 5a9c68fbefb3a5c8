"""Develops one untrusted photo, in a process of its own.

Run as a program by `photos.develop`, with no environment and with limits on memory, time and
files: a decoder that crashes or runs wild takes nothing with it, and the memory of a large
photo goes back at once. So this file imports nothing of the app.

What comes out is painted anew from pixels: no metadata, no second image, no trailing bytes.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageFile

FULL_SIDE = 2560
# What a photo may have in pixels before it is opened, so that none needs more than 256 MB: a JPEG is
# decoded at a fraction of its size (a progressive one isn't), WebP needs three buffers of the whole.
MEGAPIXELS = {"JPEG": 80, "PROGRESSIVE": 51, "HEIF": 51, "PNG": 30, "WEBP": 13}
LONGEST_SIDE = 30_000
# above this a photo is reduced by whole steps while it is read
STRIPS_FROM_PIXELS = 13_000_000
LARGE_BOX = (1280, 1920)
THUMB_SHORT, THUMB_LONG = 320, 960

# what counts as growing brighter, of 255, and how many of 64 such steps a picture needs to be known again
SMALL_STEP, PLAIN = 4, 10

READABLE = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIF": "HEIF"}
MEMORY_BYTES = 320 * 1024 * 1024
CPU_SECONDS = 8
WRITTEN_BYTES = 32 * 1024 * 1024

# the exit codes that `photos` turns into words
UNREADABLE, TRUNCATED, TOO_MANY_PIXELS, NO_ROOM = 10, 11, 12, 13

# the rows from `top` on, as many as asked
Strips = Callable[[int, int], Image.Image]


class Refused(Exception):
    """The photo can't be taken; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def develop(source: Path, folder: Path) -> dict[str, Any]:
    """Write `full` (JPEG), `large` and `thumb` (WebP) into `folder`; return what is known of it:
    width, height, exposure, likeness.

    Raises Refused for anything that isn't a whole photo of an accepted format, and OSError
    when the folder can't be written.
    """
    picture, exposure = _open(source)
    picture.save(folder / "full", "JPEG", quality=86, progressive=True)
    size = picture.size
    picture.thumbnail(LARGE_BOX, Image.Resampling.LANCZOS)
    picture.save(folder / "large", "WEBP", quality=80, method=2)
    picture.thumbnail(_thumb_box(picture.size), Image.Resampling.LANCZOS)
    picture.save(folder / "thumb", "WEBP", quality=76, method=4)
    return {"width": size[0], "height": size[1], "exposure": exposure, "likeness": likeness(picture)}


def likeness(picture: Image.Image) -> int | None:
    """How a picture looks, in 64 signed bits: where it grows brighter from left to right, on a grid of eight
    by eight. None for one too plain to be told from others (fog, a wall, the night).

    After the difference hash; small steps don't count, as they turn over with every new compression.
    """
    grid = picture.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    steps = [
        grid[row * 9 + column + 1] > grid[row * 9 + column] + SMALL_STEP
        for row in range(8)
        for column in range(8)
    ]
    if sum(steps) < PLAIN:
        return None
    bits = sum(1 << (63 - place) for place, step in enumerate(steps) if step)
    return bits - (1 << 64) if bits >= 1 << 63 else bits


def _thumb_box(size: tuple[int, int]) -> tuple[int, int]:
    """Tiles are cut square, so the shorter side decides; a panorama keeps a longest side."""
    scale = min(THUMB_SHORT / min(size), THUMB_LONG / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _open(source: Path) -> tuple[Image.Image, dict[str, Any] | None]:
    _only_what_is_needed()
    try:
        with warnings.catch_warnings():
            # MAX_IMAGE_PIXELS only warns below twice its value; odd metadata warns of nothing that matters
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source, formats=["JPEG", "PNG", "WEBP", "HEIF"]) as image:
                _measure(image)
                exposure = _exposure(image)
                return _upright(image, source), exposure
    except Refused:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Refused(TOO_MANY_PIXELS) from None
    except MemoryError:
        raise Refused(TOO_MANY_PIXELS) from None
    except Exception as error:  # decoders raise anything: SyntaxError, struct.error, OverflowError …
        cut = "truncated" in str(error) or "Truncated" in str(error)
        raise Refused(TRUNCATED if cut else UNREADABLE) from None


def _only_what_is_needed() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=2)
    Image.MAX_IMAGE_PIXELS = max(MEGAPIXELS.values()) * 1_000_000
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def _measure(image: Image.Image) -> None:
    """Before a pixel is decoded."""
    kind = READABLE.get(image.format or "")
    if kind is None:
        raise Refused(UNREADABLE)
    if kind == "JPEG" and image.info.get("progressive"):
        kind = "PROGRESSIVE"
    width, height = image.size
    if width < 1 or height < 1:
        raise Refused(UNREADABLE)
    if width * height > MEGAPIXELS[kind] * 1_000_000 or max(width, height) > LONGEST_SIDE:
        raise Refused(TOO_MANY_PIXELS)


def _upright(image: Image.Image, source: Path) -> Image.Image:
    """The picture in sRGB, upright, at most FULL_SIDE long, with nothing but its pixels."""
    profile = image.info.get("icc_profile")
    orientation = None
    if image.format == "HEIF":  # its decoder has turned it already
        image.close()
        small = _shrink(*_heif_strips(source))
    else:
        orientation = _orientation(image)
        # a JPEG decodes straight to the smallest eighth-step that is still large enough
        image.draft(None, (FULL_SIDE, FULL_SIDE))
        image.load()
        width, height = image.size
        mode = "CMYK" if image.mode == "CMYK" else "RGB"
        if image.mode == mode and width * height <= STRIPS_FROM_PIXELS:
            small = _fit(image)
        else:
            small = _shrink((width, height), mode, lambda top, rows: image.crop((0, top, width, top + rows)))
        image.close()
    small = _to_srgb(small, profile)
    if orientation is not None:
        small = small.transpose(orientation)
    small.info.clear()
    return small


def _heif_strips(source: Path) -> tuple[tuple[int, int], str, Strips]:
    """The decoder's own buffer, to be read strip by strip: a second copy of 48 million pixels is 190 MB."""
    import pillow_heif

    photo = pillow_heif.open_heif(source, convert_hdr_to_8bit=True, remove_stride=False, hdr_to_16bit=True)
    view, mode, stride = memoryview(photo.data), photo.mode, photo.stride
    width = photo.size[0]

    def strip(top: int, rows: int) -> Image.Image:
        part = bytes(view[top * stride : (top + rows) * stride])
        return Image.frombuffer(mode, (width, rows), part, "raw", mode, stride, 1)

    return photo.size, "RGB", strip


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _orientation(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(274, 1))
    except Exception:  # EXIF that can't be read turns nothing
        return None


def _shrink(size: tuple[int, int], mode: str, strip: Strips) -> Image.Image:
    """At most FULL_SIDE long, RGB on white (CMYK stays: its profile knows better).

    In strips, so that a large photo is never held twice.
    """
    width, height = size
    step = max(1, max(width, height) // FULL_SIDE) if width * height > STRIPS_FROM_PIXELS else 1
    flat = Image.new(mode, (math.ceil(width / step), math.ceil(height / step)))
    at_once = max(step, (1_000_000 // width) // step * step)
    for top in range(0, height, at_once):
        part = _flat(strip(top, min(at_once, height - top)), mode)
        flat.paste(part.reduce(step) if step > 1 else part, (0, top // step))
    return _fit(flat)


def _fit(image: Image.Image) -> Image.Image:
    if max(image.size) <= FULL_SIDE:
        return image.copy()
    scale = FULL_SIDE / max(image.size)
    target = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(target, Image.Resampling.LANCZOS)


def _flat(strip: Image.Image, mode: str) -> Image.Image:
    if strip.mode.startswith("I;16") or strip.mode in ("I", "F"):
        # sixteen bits of grey; a plain convert would clip at 255
        strip = strip.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if strip.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in strip.info:
        strip = strip.convert("RGBA")
        paper = Image.new("RGBA", strip.size, "white")
        paper.alpha_composite(strip)
        strip = paper
    return strip if strip.mode == mode else strip.convert(mode)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Phones photograph in Display P3; without its profile such a picture would turn pale."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            turned = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if turned is not None:
                return turned
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image.convert("RGB") if image.mode != "RGB" else image


# ---- what the camera said, never where it was ----


def _exposure(image: Image.Image) -> dict[str, Any] | None:
    """ISO, aperture, shutter, focal length (35 mm if known) and the hour; None when nothing is told."""
    try:
        told = image.getexif().get_ifd(0x8769)
    except Exception:  # broken EXIF costs the figures, not the photo
        return None
    found = {
        "iso": _whole(told.get(34855), 1, 10_000_000),
        "aperture": _tenth(_number(told.get(33437)), 0.3, 200),
        "shutter": _shutter(_number(told.get(33434))),
        "focal_mm": _whole(told.get(41989), 1, 5000) or _whole(told.get(37386), 1, 5000),
        "hour": _hour(told.get(36867)),
    }
    return {name: value for name, value in found.items() if value is not None} or None


def _number(value: Any) -> float | None:
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any, least: int, most: int) -> int | None:
    number = _number(value)
    return round(number) if number is not None and least <= number <= most else None


def _tenth(number: float | None, least: float, most: float) -> float | None:
    return round(number, 1) if number is not None and least <= number <= most else None


def _shutter(seconds: float | None) -> str | None:
    """As cameras show it: "1/30" below a third of a second, else "2" or "0.5"."""
    if seconds is None or not 1e-6 < seconds <= 86_400:
        return None
    return f"1/{round(1 / seconds)}" if seconds < 0.3 else f"{round(seconds, 1):g}"


def _hour(taken: Any) -> int | None:
    """Of "2026:11:14 20:41:07" the 20."""
    text = str(taken)
    if len(text) < 13 or text[10] not in " T" or not text[11:13].isdigit():
        return None
    hour = int(text[11:13])
    return hour if hour < 24 else None


def confine() -> None:
    """From here on this process can't take more than its share."""
    import resource

    for what, most in (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # a system that knows no such limit
            resource.setrlimit(what, (most, most))


def main(source: str, folder: str) -> int:
    confine()
    try:
        json.dump(develop(Path(source), Path(folder)), sys.stdout)
    except Refused as refused:
        return refused.code
    except OSError:
        return NO_ROOM
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
