"""The demo's pictures: each is developed once, and every work that shows it gets stored files of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.blueprints.media import services as media
from app.blueprints.media import storage
from app.demo.content import PICTURES, Content

FILM = "rain.mp4"
# a film's poster is one of these
STILLS = (
    "bokeh.jpg",
    "dash.jpg",
    "lake.jpg",
    "road.jpg",
    "stream.jpg",
    "trails.jpg",
    "charge.jpg",
    "snow.jpg",
)


class Pictures:
    """Hands out uploads that are ready to be kept; `undo` takes back what was handed out."""

    def __init__(self, masters: dict[str, media.Prepared], content: Content) -> None:
        self._masters = masters
        self._exposure = {row["file"]: exposure(row.get("exposure")) for row in content.pictures}
        self._handed: list[str] = []

    def photo(self, name: str) -> media.Prepared:
        """A photo of that name, as if it had just been uploaded. A few pictures stand for many people's work
        here: they aren't taken for copies of each other."""
        master = self._masters[name]
        key = self._copy({part: (master.storage_key, part) for part in storage.NAMES})
        return replace(master, storage_key=key, exposure=self._exposure.get(name), likeness=None)

    def film(self, still: str) -> media.Prepared:
        """The short film, with `still` as its poster."""
        master, poster = self._masters[FILM], self._masters[still]
        parts = {"full": (master.storage_key, "full")}
        parts |= {part: (poster.storage_key, part) for part in ("large", "thumb")}
        return replace(master, storage_key=self._copy(parts), has_poster=True)

    def _copy(self, parts: dict[str, tuple[str, str]]) -> str:
        place, key = storage.current(), storage.new_key()
        with place.workspace() as folder:
            out = folder / "out"
            out.mkdir()
            for part, (source_key, source) in parts.items():
                path = place.path(source_key, source)
                if path is None:
                    (out / part).write_bytes(b"".join(place.read(source_key, source)))
                else:
                    _link(path, out / part)
            place.put(key, out)
        self._handed.append(key)
        return key

    def undo(self) -> None:
        """Remove what was handed out: the load didn't come to its end."""
        for key in self._handed:
            storage.current().delete(key)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def exposure(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a camera would have said, in the form in which uploads keep it."""
    if not row:
        return None
    return {
        "iso": row["iso"],
        "aperture": row["aperture"],
        "shutter": row["seconds"],
        "focal_mm": row["focal"],
        "hour": int(row["hour"].partition(":")[0]),
    }


@contextmanager
def developed(content: Content) -> Iterator[Pictures]:
    """Develop every picture once; inside the block copies of them can be had. Not in a unit of work."""
    with ExitStack() as stack:
        masters = {}
        for name in [*(row["file"] for row in content.pictures), FILM]:
            with (PICTURES / name).open("rb") as file:
                masters[name] = stack.enter_context(media.prepare_upload(file=file))
        pictures = Pictures(masters, content)
        try:
            yield pictures
        except BaseException:
            pictures.undo()
            raise
