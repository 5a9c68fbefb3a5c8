"""Which photos look alike: the arithmetic of the 64 bits that the darkroom reads off a picture."""

from __future__ import annotations

NEAR = 8  # so many bits may differ between two copies of one picture
_QUARTER_ROWS, _QUARTER_COLUMNS = 4, 4


def quarters(bits: int) -> tuple[int, int, int, int]:
    """The four corners of the picture, 16 bits each. A copy that was cut or brightened a little still shares
    one of them with the first, so that an index finds it; whole rows were tried and reach across the cut."""
    unsigned = bits % (1 << 64)
    rows = [unsigned >> (8 * (7 - row)) & 0xFF for row in range(8)]
    found = []
    for top in (0, _QUARTER_ROWS):
        for shift in (_QUARTER_COLUMNS, 0):
            corner = 0
            for row in rows[top : top + _QUARTER_ROWS]:
                corner = corner << _QUARTER_COLUMNS | (row >> shift & 0xF)
            found.append(corner)
    return found[0], found[1], found[2], found[3]


def distance(one: int, other: int) -> int:
    """In how many bits two pictures differ."""
    return ((one ^ other) % (1 << 64)).bit_count()


def columns(media_id: int, bits: int) -> dict[str, int]:
    """The row that keeps how a photo looks."""
    return {"media_id": media_id, "bits": bits} | {
        f"quarter_{number}": value for number, value in enumerate(quarters(bits))
    }
