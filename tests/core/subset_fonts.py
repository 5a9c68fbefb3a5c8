"""Make the fonts of app/core/fonts again from the complete ones. Run by hand; see the README there.

python tests/core/subset_fonts.py SERIF_SC.ttf SANS_SC.ttf SANS_HK.ttf SANS_JP.ttf
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import brotli
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

FONTS = Path(__file__).parents[2] / "app" / "core" / "fonts"
# Latin with its accents, punctuation of both scripts, and what a keyboard writes full width
PLAIN = [*range(0x20, 0x250), *range(0x1E00, 0x1F00), *range(0x2000, 0x2070), *range(0x3000, 0x3040)]
WIDE = [*range(0xFF01, 0xFF5F), *range(0xFFE0, 0xFFE7)]
TABLES = ["GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx", "prep", "gasp", "fpgm", "cvt ", "DSIG"]


def gb2312() -> set[int]:
    """What the older national standard holds: 6,763 characters and its signs."""
    pairs = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    return {ord(pair.decode("gb2312")) for pair in pairs if pair.decode("gb2312", "ignore")}


def held(source: str) -> set[int]:
    with TTFont(source, lazy=True) as font:
        return set(font.getBestCmap())


def one_map(font: TTFont) -> None:
    """Leave one table of characters, in the format that holds them all (12)."""
    table = CmapSubtable.newSubtable(12)
    table.platformID, table.platEncID, table.language = 3, 10, 0
    table.cmap = font.getBestCmap()
    font["cmap"].tables = [table]


def subset(source: str, wanted: set[int], name: str) -> None:
    options = Options(
        hinting=False, glyph_names=False, notdef_outline=True, layout_features=[], name_IDs=[0, 1, 2, 13, 14]
    )
    options.drop_tables += TABLES
    with TTFont(source, recalcTimestamp=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=wanted & set(font.getBestCmap()))
        subsetter.subset(font)
        one_map(font)
        made = io.BytesIO()
        font.save(made, reorderTables=False)
    packed = brotli.compress(made.getvalue(), quality=11, lgwin=24)
    (FONTS / name).write_bytes(packed)
    print(f"{name}: {len(packed):,} bytes, {len(made.getvalue()):,} unpacked")


def main(serif: str, sans: str, hong_kong: str, japan: str) -> None:
    usual = gb2312() | set(PLAIN) | set(WIDE)
    china, others = held(sans), set(range(0x2E80, 0x110000))
    subset(serif, usual, "serif.ttf.br")
    subset(sans, usual, "sans.ttf.br")
    subset(sans, china - usual, "rare.ttf.br")
    subset(hong_kong, others - china, "hongkong.ttf.br")
    subset(japan, others - china - held(hong_kong), "japan.ttf.br")


if __name__ == "__main__":
    main(*sys.argv[1:])
