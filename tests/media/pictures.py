"""Real bytes for the tests: photos as phones and cameras write them, and what pretends to be one."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image, TiffImagePlugin

pillow_heif.register_heif_opener()

# Beijing, as degrees, and the words a leak would show
LATITUDE = (39.0, 54.0, 15.0)
LONGITUDE = (116.0, 23.0, 29.0)
PLANTED = (b"GPSLatitude", b"116.39", b"39.904", b"PLANTED-PLACE", b"+39.9042+116.3914/")


def scene(size: tuple[int, int] = (640, 480), mode: str = "RGB") -> Image.Image:
    """Four corners of four colours: red, green, blue, white from the top left by rows."""
    width, height = size
    image = Image.new("RGB", size, "white")
    for colour, at in (("red", (0, 0)), ("lime", (width // 2, 0)), ("blue", (0, height // 2))):
        image.paste(colour, (*at, at[0] + width // 2, at[1] + height // 2))
    return image if mode == "RGB" else image.convert(mode)


def corners(image: Image.Image) -> list[str]:
    """The names of the colours at the corners, by rows."""
    rgb = image.convert("RGB")
    width, height = rgb.size
    names = []
    for at in ((5, 5), (width - 6, 5), (5, height - 6), (width - 6, height - 6)):
        colour = rgb.getpixel(at)
        assert isinstance(colour, tuple)
        bits = tuple(value > 127 for value in colour)
        names.append(
            {(True, False, False): "red", (False, True, False): "lime", (False, False, True): "blue"}.get(
                bits, "white" if all(bits) else "black"
            )
        )
    return names


def exif(orientation: int = 1, *, gps: bool = True, camera: bool = True) -> Image.Exif:
    told = Image.Exif()
    told[274] = orientation
    told[271] = "Lightup Camera"
    told[270] = "PLANTED-PLACE in the description"
    if camera:
        rational = TiffImagePlugin.IFDRational
        told.get_ifd(0x8769).update(
            {
                34855: 800,
                33437: rational(18, 10),
                33434: rational(1, 30),
                37386: rational(424, 100),
                41989: 26,
                36867: "2026:11:14 20:41:07",
                37510: b"ASCII\0\0\0PLANTED-PLACE 39.904",
            }
        )
    if gps:
        told.get_ifd(0x8825).update({1: "N", 2: LATITUDE, 3: "E", 4: LONGITUDE, 29: "2026:11:14"})
    return told


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/"
 exif:GPSLatitude="39.904" exif:GPSLongitude="116.39"/>
</rdf:RDF></x:xmpmeta>"""


def saved(image: Image.Image, kind: str, **more: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def jpeg(size: tuple[int, int] = (640, 480), orientation: int = 1, **more: Any) -> bytes:
    """As a phone writes it: turned by EXIF, with camera data, position, XMP and a comment."""
    return saved(
        scene(size), "JPEG", quality=90, exif=exif(orientation), xmp=XMP, comment=b"PLANTED-PLACE", **more
    )


def heic(size: tuple[int, int] = (640, 480), **more: Any) -> bytes:
    return saved(scene(size), "HEIF", quality=70, exif=exif().tobytes(), xmp=XMP, **more)


def png(size: tuple[int, int] = (640, 480)) -> bytes:
    from PIL import PngImagePlugin

    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "PLANTED-PLACE 39.904")
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return saved(scene(size), "PNG", pnginfo=words, exif=exif())


def webp(size: tuple[int, int] = (640, 480)) -> bytes:
    return saved(scene(size), "WEBP", quality=85, exif=exif(), xmp=XMP)


def bomb_png(side: int = 30_000) -> bytes:
    """A megabyte or so that unfolds into 2.7 gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = zlib.compressobj(9)
    line = bytes(1 + side * 3)
    data = b"".join(row.compress(line) for _ in range(200)) + row.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
