"""Photos: from untrusted bytes to our own, by way of the darkroom."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from app.blueprints.media import darkroom
from app.core.errors import Invalid, Unavailable
from app.core.i18n import N_

log = structlog.get_logger("lightup")

CONTENT_TYPE = "image/jpeg"
TIMEOUT_SECONDS = 40
NOT_A_PHOTO = N_("That file isn't a photo we can read. JPEG, PNG, WebP or HEIC, please.")
TRUNCATED = N_("Part of that photo is missing. Choose it again, please.")
TOO_MANY_PIXELS = N_("That photo has too many pixels for us. Save it smaller and send that.")
TOO_HARD = N_("We couldn't open that photo. Save it again as JPEG and send that.")

WORDS = {
    darkroom.UNREADABLE: NOT_A_PHOTO,
    darkroom.TRUNCATED: TRUNCATED,
    darkroom.TOO_MANY_PIXELS: TOO_MANY_PIXELS,
}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}

# each photo being developed takes up to 256 MB and a core
_places = threading.BoundedSemaphore(2)
# the decoders get no secret of ours to leak
_KEPT_VARIABLES = ("HOME", "PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "SYSTEMROOT", "TMPDIR")


@dataclass(frozen=True, kw_only=True)
class Photo:
    """What the darkroom made; sizes are pixels of the stored picture, `likeness` is how it looks."""

    width: int
    height: int
    exposure: dict[str, Any] | None
    likeness: int | None = None


def looks_like_photo(head: bytes) -> bool:
    """Whether the first 16 bytes are those of an accepted format (the darkroom then looks closely)."""
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS)
    )


def develop(source: Path, folder: Path) -> Photo:
    """Write `full`, `large` and `thumb` of the photo in `source` into `folder`.

    Raises Invalid for what isn't a whole photo within the limits, Unavailable when the disk
    can't take the result or too many photos are being developed.
    """
    command = [sys.executable, "-P", str(Path(darkroom.__file__)), str(source), str(folder)]
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    if not _places.acquire(timeout=TIMEOUT_SECONDS):
        raise Unavailable
    try:
        done = subprocess.run(  # noqa: S603  our own program, our own paths
            command,
            env=environment | {"MALLOC_ARENA_MAX": "1"},  # else every thread reserves memory of its own
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        log.warning("photo_refused", why="time")
        raise Invalid(fields={"file": TOO_HARD}) from None
    except OSError as error:
        raise Unavailable from error
    finally:
        _places.release()
    if done.returncode == darkroom.NO_ROOM:
        raise Unavailable
    if done.returncode != 0:
        if done.returncode not in WORDS:  # a decoder that crashed or met a limit
            log.warning(
                "photo_refused", code=done.returncode, tail=done.stderr[-200:].decode(errors="replace")
            )
        raise Invalid(fields={"file": WORDS.get(done.returncode, TOO_HARD)})
    return Photo(**json.loads(done.stdout))
