"""What the browser is given keeps its promises: small, without classes that can't work, as vendored."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from app.blueprints.mall.schemas_staff import DRAWINGS

STATIC = Path(__file__).parents[2] / "app" / "static"
TEMPLATES = STATIC.parent / "templates"
SPRITE = (STATIC / "icons/sprite.svg").read_text()


def packed(name: str) -> int:
    return len(gzip.compress((STATIC / name).read_bytes(), 6))


def test_first_visit_fits_into_45_kb_with_the_page() -> None:
    names = (
        "css/lightup.css",
        "js/vendor/htmx.min.js",
        "js/app.js",
        "icons/sprite.svg",
        "icons/favicon.svg",
        "manifest.webmanifest",
    )
    assert sum(map(packed, names)) + 6 * 1024 < 45 * 1024


@pytest.mark.parametrize("name", ["app.js", "parts.js", "upload.js"])
def test_our_scripts_stay_small(name: str) -> None:
    assert len((STATIC / "js" / name).read_text().splitlines()) <= 100


def test_htmx_is_as_published() -> None:
    wanted = (STATIC / "js/vendor/htmx.min.js.sha256").read_text().split()[0]
    assert hashlib.sha256((STATIC / "js/vendor/htmx.min.js").read_bytes()).hexdigest() == wanted


@pytest.mark.parametrize("name", ["lightup.css", "lightup-staff.css"])
def test_css_holds_up_in_chromium_86(name: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", (STATIC / "css" / name).read_text(), flags=re.S)
    late = r"@layer|(?<![a-z-])(?:inset(?:-[a-z]+)*|(?:margin|padding)-(?:inline|block)|border-block):"
    assert not re.findall(late, css)
    # an unknown :has() drops the whole list of selectors it stands in
    for selectors in re.findall(r"(?:^|[}\n])([^{}@]*:has\([^{}]*)\{", css):
        parts = [part for part in selectors.split(",") if part.strip()]
        assert all(":has(" in part for part in parts), selectors


def test_sprite_needs_no_css_of_its_page() -> None:
    assert "class=" not in SPRITE
    assert "<style" not in SPRITE


def test_templates_name_only_symbols_there_are() -> None:
    symbols = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))
    for page in TEMPLATES.rglob("*.html"):
        text = page.read_text()
        used = set(re.findall(r'sprite\.svg"\) \}\}#([a-z0-9-]+)(?=")', text))
        used |= {f"i-{name}" for name in re.findall(r'\bicon\("([a-z0-9-]+)"', text)}
        assert used <= symbols, (page.name, used - symbols)


def test_templates_carry_no_inline_style_or_script() -> None:
    for page in TEMPLATES.rglob("*.html"):
        text = page.read_text()
        assert not re.search(r'\sstyle="|<style|\son[a-z]+="|<script(?![^>]*\ssrc=)', text), page.name


def test_manifest_icons_exist() -> None:
    manifest = json.loads((STATIC / "manifest.webmanifest").read_text())
    for icon in manifest["icons"]:
        assert (STATIC.parent / icon["src"].lstrip("/")).is_file()


def test_goods_are_drawn_as_the_form_offers() -> None:
    goods = (STATIC / "icons/goods.svg").read_text()
    assert set(re.findall(r'id="p-([a-z]+)"', goods)) == set(DRAWINGS)
    assert "class=" not in goods
