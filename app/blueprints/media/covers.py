"""A picture small enough for a page that strangers open once, on a slow network: at most so many bytes."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageOps

from app.blueprints.media import queries, storage
from app.core.errors import NotFound

WIDE, HIGH = 640, 360
MOST_BYTES = 12 * 1024
# scale and quality, tried in this order until one is small enough: pure noise has 9 KB at the last of them
TRIES = ((1, 72), (1, 55), (1, 40), (0.75, 50), (0.75, 35), (0.625, 35), (0.5, 40), (0.5, 20))


def cover(media_id: int) -> bytes:
    """A photo, or a video's poster, as WebP of 16 to 9, 640 wide where that fits into MOST_BYTES.

    It asks nobody who may see it: the caller shows it to the public. Raises NotFound where there is none.
    """
    row = queries.media_rows([media_id]).get(media_id)
    if row is None or not queries.as_tile(row).has_picture:
        raise NotFound
    return _small(row.storage_key)


@lru_cache(maxsize=256)
def _small(storage_key: str) -> bytes:
    """Kept, as what is stored under a key never changes: 3 MB at most for a process."""
    stored = BytesIO(b"".join(storage.current().read(storage_key, "large")))
    picture = ImageOps.fit(Image.open(stored), (WIDE, HIGH), Image.Resampling.LANCZOS)
    made = b""
    for scale, quality in TRIES:
        out, size = BytesIO(), (int(WIDE * scale), int(HIGH * scale))
        picture.resize(size, Image.Resampling.LANCZOS).save(out, "WEBP", quality=quality, method=4)
        made = out.getvalue()
        if len(made) <= MOST_BYTES:
            break
    return made
