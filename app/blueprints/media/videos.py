"""Videos: MP4 and MOV are kept as they are, except for what tells where they were filmed.

The file is a tree of boxes (size, type, content). Instead of hunting for every box that may hold a
position (©xyz, loci, com.apple.quicktime.location…, XMP, GPMF, makers' own), only the boxes that
playing needs are let through: every other one becomes a `free` box of the same size filled with
zeros, so that no offset in the file moves. Tracks that are neither picture nor sound (timed
metadata of phones, action cameras and drones) go the same way, and their samples with them.

Nothing is decoded and the file is never held in memory, only its index (`moov`).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.core.errors import Invalid
from app.core.i18n import N_

CONTENT_TYPE = "video/mp4"
QUICKTIME = "video/quicktime"
NOT_A_VIDEO = N_("That file isn't a video we can read. MP4 or MOV, please.")
CUT_SHORT = N_("Part of that video is missing. Choose it again, please.")
HIDDEN_TRACK = N_(
    "That video has a data track that may tell where it was filmed. Save it as plain MP4 first."
)

MOOV_BYTES = 16 * 1024 * 1024
MOST_BOXES = 20_000
MOST_ENTRIES = 800_000
BRANDS = frozenset(
    {b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41", b"mp42",
     b"avc1", b"hvc1", b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"XAVC", b"dash", b"qt  "}
)  # fmt: skip

# What playing needs, by parent; what stands nowhere here is blanked.
TOP = frozenset({b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"wide"})
KEPT: dict[bytes, frozenset[bytes]] = {
    b"moov": frozenset({b"mvhd", b"trak", b"mvex", b"iods"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia", b"tapt"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf", b"elng"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"}),
    b"stbl": frozenset(
        {b"stsd", b"stts", b"ctts", b"cslg", b"stsc", b"stsz", b"stz2", b"stco", b"co64", b"stss", b"stps",
         b"sdtp", b"sgpd", b"sbgp", b"stsh", b"padb", b"subs", b"saiz", b"saio"}
    ),
    b"moof": frozenset({b"mfhd", b"traf"}),
    b"traf": frozenset({b"tfhd", b"tfdt", b"trun", b"sdtp", b"sgpd", b"sbgp", b"subs", b"saiz", b"saio"}),
}  # fmt: skip


# what some makers write behind the last box
TRAILER = b""


class Broken(Exception):
    """The boxes don't add up."""


@dataclass(frozen=True)
class Box:
    """`start` and `end` include the header; the content begins at `body`."""

    kind: bytes
    start: int
    body: int
    end: int


@dataclass
class Video:
    """What the index says; sizes are pixels as shown, after turning."""

    content_type: str
    duration_seconds: int | None
    width: int | None
    height: int | None


@dataclass
class Track:
    """`chunks` are (offset in the file, bytes or None where the tables can't tell)."""

    handler: bytes
    width: int
    height: int
    chunks: list[tuple[int, int | None]]


def looks_like_video(head: bytes) -> bool:
    """Whether the first 16 bytes begin an MP4 or MOV file (`cleanse` then looks closely)."""
    return head[4:8] == b"ftyp" and head[8:12] in BRANDS


def cleanse(path: Path) -> Video:
    """Blank in place what may tell a position, and return what the video says of itself.

    Raises Invalid for a file that isn't an MP4 or MOV video in whole; it may then be half blanked.
    """
    with path.open("r+b") as file:
        try:
            return _cleanse(file, path.stat().st_size)
        except (Broken, struct.error, IndexError, OverflowError):
            raise Invalid(fields={"file": NOT_A_VIDEO}) from None


def _cleanse(file: BinaryIO, size: int) -> Video:
    boxes = list(_top_boxes(file, size))
    if not boxes or boxes[0].kind != b"ftyp" or boxes[0].end > 4096:
        raise Broken
    file.seek(boxes[0].body)
    brand = file.read(4)
    indexes = [box for box in boxes if box.kind == b"moov"]
    if len(indexes) != 1 or indexes[0].end - indexes[0].start > MOOV_BYTES:
        raise Broken
    index = indexes[0]
    file.seek(index.start)
    moov = bytearray(file.read(index.end - index.start))
    tree = _Index(moov)
    video, tracks, fragmented = tree.read()
    if not any(track.handler == b"vide" for track in tracks):
        raise Broken
    shown = [track for track in tracks if track.handler in (b"vide", b"soun")]
    hidden = len(shown) < len(tracks)
    data = [box for box in boxes if box.kind == b"mdat"]
    if not data:
        raise Broken
    if fragmented and hidden:
        # its samples lie between the others, and only the fragments say where
        raise Invalid(fields={"file": HIDDEN_TRACK})
    if not fragmented:
        _check_whole(shown, size)
        for start, end in _unshown(tracks, data):
            _zero(file, start, end)
    tree.blank()
    file.seek(index.start)
    file.write(moov)
    for box in boxes:
        if box.kind == TRAILER:
            file.truncate(box.start)
        elif box.kind not in TOP:
            _free(file, box)
        elif box.kind == b"moof":
            _blank_fragment(file, box)
    video.content_type = QUICKTIME if brand == b"qt  " else CONTENT_TYPE
    return video


def _header(data: bytes, start: int, left: int) -> tuple[bytes, int, int]:
    """Type, header bytes and size of the box whose first 16 bytes are `data`; `left` bytes remain there."""
    if len(data) < 8:
        raise Broken
    size, kind = struct.unpack_from(">I4s", data)
    header = 8
    if size == 1:
        if len(data) < 16:
            raise Broken
        size = struct.unpack_from(">Q", data, 8)[0]
        header = 16
    elif size == 0:
        size = left
    if size < header or size > left:
        raise Broken
    return kind, header, size


def _top_boxes(file: BinaryIO, size: int) -> Iterator[Box]:
    at = 0
    for _ in range(MOST_BOXES):
        if at >= size:
            return
        file.seek(at)
        head = file.read(16)
        try:
            kind, header, length = _header(head, at, size - at)
        except Broken:
            if at == 0:
                raise
            if head[4:8] in TOP:  # a known box that ends after the file does
                raise Invalid(fields={"file": CUT_SHORT}) from None
            yield Box(TRAILER, at, at, size)
            return
        yield Box(kind, at, at + header, at + length)
        at += length
    raise Broken


class _Index:
    """The `moov` box in memory: read first, blanked afterwards."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self._left = MOST_BOXES
        self._entries_left = MOST_ENTRIES
        self.to_blank: list[Box] = []

    def children(self, start: int, end: int) -> Iterator[Box]:
        at = start
        while at + 8 <= end:
            self._left -= 1
            if self._left < 0:
                raise Broken
            kind, header, size = _header(bytes(self.data[at : at + 16]), at, end - at)
            yield Box(kind, at, at + header, at + size)
            at += size
        # QuickTime ends some lists with four zero bytes; whatever stands there goes
        self.data[at:end] = bytes(end - at)

    def kept(self, parent: bytes, box: Box) -> dict[bytes, Box]:
        """The children of `box` that playing needs (the last of each kind); the others are marked."""
        found: dict[bytes, Box] = {}
        for child in self.children(box.body, box.end):
            if child.kind in KEPT[parent]:
                found[child.kind] = child
            else:
                self.to_blank.append(child)
        return found

    def read(self) -> tuple[Video, list[Track], bool]:
        kind, header, size = _header(bytes(self.data[:16]), 0, len(self.data))
        root = Box(kind, 0, header, size)
        tracks: list[Track] = []
        seconds: int | None = None
        fragmented = False
        for child in self.children(root.body, root.end):
            if child.kind == b"trak":
                tracks.append(self._track(child))
            elif child.kind == b"mvhd":
                seconds = self._seconds(child)
            elif child.kind == b"mvex":
                fragmented = True
            elif child.kind not in KEPT[b"moov"]:
                self.to_blank.append(child)
        pictures = [track for track in tracks if track.handler == b"vide"]
        width, height = (pictures[0].width, pictures[0].height) if pictures else (0, 0)
        return Video(CONTENT_TYPE, seconds, width or None, height or None), tracks, fragmented

    def blank(self) -> None:
        for box in self.to_blank:
            self.data[box.start + 4 : box.start + 8] = b"free"
            self.data[box.body : box.end] = bytes(box.end - box.body)

    def _seconds(self, box: Box) -> int | None:
        if self.data[box.body] == 1:
            scale, length = struct.unpack_from(">IQ", self.data, box.body + 20)
        else:
            scale, length = struct.unpack_from(">II", self.data, box.body + 12)
        if not scale or not length or length in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF):
            return None
        seconds = round(length / scale)
        return seconds if seconds < 86_400 else None

    def _track(self, box: Box) -> Track:
        parts = self.kept(b"trak", box)
        media = self.kept(b"mdia", parts[b"mdia"]) if b"mdia" in parts else {}
        if b"hdlr" not in media or b"minf" not in media:
            raise Broken
        handler = bytes(self.data[media[b"hdlr"].body + 8 : media[b"hdlr"].body + 12])
        # the handler's name is free text
        name = media[b"hdlr"].body + 24
        if name < media[b"hdlr"].end:
            self.data[name : media[b"hdlr"].end] = bytes(media[b"hdlr"].end - name)
        inner = self.kept(b"minf", media[b"minf"])
        tables = self.kept(b"stbl", inner[b"stbl"]) if b"stbl" in inner else {}
        if handler not in (b"vide", b"soun"):
            self.to_blank.append(box)
        width, height = self._shown_size(parts[b"tkhd"]) if b"tkhd" in parts else (0, 0)
        return Track(handler, width, height, list(self._chunks(tables)))

    def _shown_size(self, box: Box) -> tuple[int, int]:
        at = box.body + (36 + 16 if self.data[box.body] == 1 else 24 + 16)
        a, b = struct.unpack_from(">ii", self.data, at)
        width, height = struct.unpack_from(">II", self.data, at + 36)
        size = (width >> 16, height >> 16)
        return size if a or not b else (size[1], size[0])  # turned by a quarter

    def _chunks(self, tables: dict[bytes, Box]) -> Iterator[tuple[int, int | None]]:
        offsets = self._offsets(tables)
        sizes, samples = tables.get(b"stsz"), tables.get(b"stsc")
        if sizes is None or samples is None or struct.unpack_from(">I", self.data, sizes.body + 4)[0]:
            # one size for all samples: in old sound tracks that figure isn't in bytes
            return ((offset, None) for offset in offsets)
        lengths = self._numbers(sizes, sizes.body + 8, ">I")
        return self._measured(offsets, lengths, samples)

    def _measured(
        self, offsets: list[int], lengths: list[int], samples: Box
    ) -> Iterator[tuple[int, int | None]]:
        runs = self._numbers(samples, samples.body + 4, ">III")
        first, per_chunk = runs[0::3], runs[1::3]
        at = 0
        for number, offset in enumerate(offsets, 1):
            run = bisect_right(first, number) - 1
            if run < 0:
                raise Broken
            count = per_chunk[run]
            yield offset, sum(lengths[at : at + count])
            at += count

    def _offsets(self, tables: dict[bytes, Box]) -> list[int]:
        if b"co64" in tables:
            return self._numbers(tables[b"co64"], tables[b"co64"].body + 4, ">Q")
        if b"stco" in tables:
            return self._numbers(tables[b"stco"], tables[b"stco"].body + 4, ">I")
        return []

    def _numbers(self, box: Box, at: int, entry: str) -> list[int]:
        """The table at `at`: a count, then that many entries, which must fit into the box."""
        count = struct.unpack_from(">I", self.data, at)[0]
        width = struct.calcsize(entry)
        self._entries_left -= count
        if at + 4 + count * width > box.end or self._entries_left < 0:
            raise Broken
        letters = entry[1:]
        return list(struct.unpack_from(f">{count * len(letters)}{letters[0]}", self.data, at + 4))


def _check_whole(tracks: list[Track], size: int) -> None:
    """Every sample that is shown lies within the file: else it was cut on the way."""
    for track in tracks:
        for offset, length in track.chunks:
            if offset + (length or 0) > size:
                raise Invalid(fields={"file": CUT_SHORT})


def _unshown(tracks: list[Track], data: list[Box]) -> Iterator[tuple[int, int]]:
    """What in the data boxes belongs to no picture and no sound.

    A chunk whose length the tables don't tell reaches to where the next chunk of any track begins.
    """
    starts = sorted({offset for track in tracks for offset, _ in track.chunks})
    kept: list[tuple[int, int]] = []
    for track in tracks:
        if track.handler not in (b"vide", b"soun"):
            continue
        for offset, length in track.chunks:
            if length is None:
                after = bisect_right(starts, offset)
                end = starts[after] if after < len(starts) else max(box.end for box in data)
            else:
                end = offset + length
            kept.append((offset, end))
    kept.sort()
    for box in data:
        at = box.body
        for start, end in kept:
            if start >= box.end:
                break
            if start > at:
                yield at, start
            at = max(at, min(end, box.end))
        if at < box.end:
            yield at, box.end


def _blank_fragment(file: BinaryIO, box: Box) -> None:
    file.seek(box.start)
    if box.end - box.start > MOOV_BYTES:
        raise Broken
    data = bytearray(file.read(box.end - box.start))
    tree = _Index(data)
    header = box.body - box.start
    for child in tree.children(header, len(data)):
        if child.kind == b"traf":
            tree.kept(b"traf", child)
        elif child.kind not in KEPT[b"moof"]:
            tree.to_blank.append(child)
    tree.blank()
    file.seek(box.start)
    file.write(data)


def _free(file: BinaryIO, box: Box) -> None:
    file.seek(box.start + 4)
    file.write(b"free")
    _zero(file, box.body, box.end)


def _zero(file: BinaryIO, start: int, end: int) -> None:
    file.seek(start)
    zeros = bytes(64 * 1024)
    while start < end:
        step = min(len(zeros), end - start)
        file.write(zeros[:step])
        start += step
