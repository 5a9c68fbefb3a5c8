"""Pasted lines as they come out of shops and chats."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from app.blueprints.addresses.policies_paste import pasted
from app.blueprints.addresses.policies_regions import districts, regions, words

# what is pasted ("\\n" for a new line), then the fields that come out of it
TABLE = (Path(__file__).parent / "lines.tsv").read_text("utf-8").splitlines()[1:]
LINES = [tuple(cell.replace("\\n", "\n") for cell in line.split("\t")) for line in TABLE]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0][:24])
def test_a_line_is_taken_apart(line: tuple[str, ...]) -> None:
    found = pasted(line[0])
    parts = (found.name, found.phone, found.province, found.city, found.district, found.street)
    assert parts == line[1:]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0][:24])
def test_nothing_pasted_is_lost(line: tuple[str, ...]) -> None:
    """Every letter and digit but labels and what names a kind of place is in some field."""
    known = words()
    text = unicodedata.normalize("NFKC", line[0])
    for label in sorted((word for kind in known["labels"].values() for word in kind), key=len, reverse=True):
        text = re.sub(rf"{label}\s*[: ]", " ", text)
    text = text.replace("+86 ", "").replace("市辖区", "").replace("市县", "市")
    found = pasted(line[0])
    has = "".join((found.name, found.phone, found.province, found.city, found.district, found.street))
    for sign in set(re.findall(r"\w", text)) - set("州"):
        assert text.count(sign) <= has.count(sign) + (sign in "".join(regions())), sign


def test_the_names_are_real_and_whole() -> None:
    known = regions()
    assert len(known) == 34
    assert sum(map(len, known.values())) > 360
    assert all(places for cities in known.values() for places in cities.values())
    assert {"西湖区", "滨江区", "桐庐县"} <= set(districts("浙江省", "杭州市"))
    assert districts("浙江省", "深圳市") == []
    assert {"九龙", "新界"} <= set(known["香港特别行政区"])
