"""MP4 and MOV files, box by box, with every hiding place for a position that is known to us."""

from __future__ import annotations

import struct

PLACE = b"+39.9042+116.3914+043.5/"
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I4s", len(data) + 8, kind) + data


def full(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *content)


def ftyp(brand: bytes = b"isom") -> bytes:
    return box(b"ftyp", brand, bytes(4), b"isom", b"mp42")


def mvhd(seconds: int = 12) -> bytes:
    return full(b"mvhd", struct.pack(">IIII", 0, 0, 1000, seconds * 1000), bytes(80))


IDENTITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
QUARTER = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)


def tkhd(width: int, height: int, matrix: bytes = IDENTITY) -> bytes:
    return full(
        b"tkhd",
        struct.pack(">5I", 0, 0, 1, 0, 12000),
        bytes(16),
        matrix,
        struct.pack(">II", width << 16, height << 16),
    )


def track(
    handler: bytes,
    chunks: list[tuple[int, list[int]]],
    *,
    width: int = 0,
    height: int = 0,
    matrix: bytes = IDENTITY,
    one_size: int | None = None,
    extra: bytes = b"",
) -> bytes:
    """`chunks`: the offset of each and the sizes of its samples."""
    sizes = [size for _, samples in chunks for size in samples]
    stsz = (
        full(b"stsz", struct.pack(">II", one_size, len(sizes)))
        if one_size
        else full(b"stsz", struct.pack(">II", 0, len(sizes)), struct.pack(f">{len(sizes)}I", *sizes))
    )
    runs = b"".join(struct.pack(">III", n, len(samples), 1) for n, (_, samples) in enumerate(chunks, 1))
    stbl = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 0)),
        full(b"stts", struct.pack(">III", 1, len(sizes), 100)),
        full(b"stsc", struct.pack(">I", len(chunks)), runs),
        stsz,
        full(b"stco", struct.pack(f">{len(chunks) + 1}I", len(chunks), *(offset for offset, _ in chunks))),
    )
    return box(
        b"trak",
        tkhd(width, height, matrix),
        box(b"tref", box(b"cdsc", struct.pack(">I", 1))),
        box(
            b"mdia",
            full(b"mdhd", struct.pack(">IIII", 0, 0, 1000, 12000), bytes(4)),
            full(b"hdlr", bytes(4), handler, bytes(12), b"PLANTED-PLACE\0"),
            box(b"minf", box(b"vmhd", bytes(12)), box(b"dinf"), stbl),
        ),
        extra,
    )


def loci() -> bytes:
    return full(
        b"loci", b"\x15\xc7", b"PLANTED-PLACE\0", b"\0", struct.pack(">iii", 7629013, 2615869, 2850816)
    )


def keys_meta() -> bytes:
    """As iPhones write it into moov."""
    name = b"com.apple.quicktime.location.ISO6709"
    return box(
        b"meta",
        full(b"hdlr", bytes(4), b"mdta", bytes(13)),
        full(b"keys", struct.pack(">I", 1), struct.pack(">I", len(name) + 8), b"mdta", name),
        box(b"ilst", box(struct.pack(">I", 1), box(b"data", struct.pack(">II", 1, 0), PLACE))),
    )


def udta() -> bytes:
    return box(
        b"udta",
        box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0x15C7), PLACE),
        loci(),
        box(b"XMP_", b'<x exif:GPSLatitude="39.904"/>'),
        box(b"GPMF", b"GPS5 PLANTED-PLACE"),
        full(b"meta", full(b"hdlr", bytes(4), b"mdir", bytes(13)), box(b"ilst", box(b"\xa9xyz", PLACE))),
        bytes(4),
    )


PICTURES = [b"\x00\x00\x01picture" + bytes([n]) * 500 for n in range(4)]
SOUNDS = [b"sound" + bytes([0x40 + n]) * 100 for n in range(4)]
POSITIONS = [b"GPS PLANTED-PLACE " + PLACE + bytes([n]) for n in range(4)]


def film(
    brand: bytes = b"isom",
    *,
    moov_first: bool = False,
    matrix: bytes = IDENTITY,
    pcm: bool = False,
    more: bytes = b"",
) -> bytes:
    """Pictures, sound and a position track interleaved chunk by chunk, slack between, places everywhere."""

    def build(start: int) -> tuple[bytes, bytes]:
        data = bytearray(b"slack PLANTED-PLACE ")
        where: dict[str, list[tuple[int, list[int]]]] = {"vide": [], "soun": [], "meta": []}
        for picture, sound, position in zip(PICTURES, SOUNDS, POSITIONS, strict=True):
            for kind, sample in (("vide", picture), ("soun", sound), ("meta", position)):
                where[kind].append((start + len(data), [len(sample)]))
                data += sample
        data += b"PLANTED-PLACE at the end"
        tracks = (
            track(b"vide", where["vide"], width=1920, height=1080, matrix=matrix, extra=udta()),
            track(b"soun", where["soun"], one_size=1 if pcm else None),
            track(b"meta", where["meta"], extra=keys_meta()),
        )
        moov = box(b"moov", mvhd(), *tracks, udta(), keys_meta(), box(b"uuid", XMP_UUID, b"PLANTED-PLACE"))
        return moov, box(b"mdat", bytes(data))

    head = ftyp(brand) + box(b"free", b"PLANTED-PLACE") + box(b"uuid", XMP_UUID, b"PLANTED-PLACE")
    moov, _ = build(0)
    moov, mdat = build(len(head) + (len(moov) if moov_first else 0) + 8)
    return head + (moov + mdat if moov_first else mdat + moov) + more
