"""Provinces, their cities and their districts: lists for the form, and the names as people write them.

The data (regions.json, REGIONS.md says where it is from) is read when it is first asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@lru_cache
def regions() -> dict[str, dict[str, list[str]]]:
    """{province: {city: [district, …]}}, in the order of the official codes."""
    found: dict[str, dict[str, list[str]]] = json.loads((HERE / "regions.json").read_text("utf-8"))
    return found


@lru_cache
def words() -> dict[str, Any]:
    """The Chinese words by which names and pasted lines are understood."""
    found: dict[str, Any] = json.loads((HERE / "words.json").read_text("utf-8"))
    return found


def provinces() -> list[str]:
    return list(regions())


def cities(province: str) -> list[str]:
    """The cities of a province; empty for what is none."""
    return list(regions().get(province, ()))


def districts(province: str, city: str) -> list[str]:
    """The districts of a city; empty for what is none in that province."""
    return regions().get(province, {}).get(city, [])


def only_city(province: str) -> str:
    """The city of a province that has but one, as Beijing does; else empty."""
    found = cities(province)
    return found[0] if len(found) == 1 else ""


def is_written(city: str, province: str) -> bool:
    """Whether a city is named on a parcel: not where it is the province again, nor a mere heading."""
    return bool(city) and city != province and words()["governed"] not in city


# --- names as they are written ------------------------------------------------------------------


@cache
def plain(name: str) -> str:
    """A name without what says of which kind it is: "Hangzhou" for the city of Hangzhou; else itself."""
    known = words()
    for province, shorts in known["province_short"].items():
        if name == province:
            return str(shorts[0])
    ending, peoples = known["people_ending"], "|".join(known["peoples"])
    short = re.sub(rf"(?:(?:{peoples}){ending}?)*{known['autonomous']}[^{known['autonomous']}]$", "", name)
    if short == name:
        kinds = (
            known["special_region"],
            *known["city_endings"],
            *known["district_endings"],
            *known["province_endings"],
        )
        kind = next((one for one in sorted(kinds, key=len, reverse=True) if name.endswith(one)), "")
        short = name.removesuffix(kind)
    return short if len(short) > 1 else name


@cache
def written(name: str, kind: str) -> tuple[str, ...]:
    """How people write the name of a "province" or "city", the longest first."""
    known = words()
    if known["governed"] in name:
        return ()
    short = plain(name)
    forms = {name, short, *known["province_short"].get(name, ())}
    forms |= {short + ending for ending in known[f"{kind}_endings"]}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


# --- where a text begins with a region ----------------------------------------------------------

BETWEEN = re.compile(r"[\s,;|/。、·\-]*")


@dataclass(frozen=True)
class Region:
    """What a text begins with, and where the rest of it begins."""

    province: str = ""
    city: str = ""
    district: str = ""
    end: int = 0


def region_at(text: str, start: int) -> Region:
    """The region that stands in `text` at `start`, as completely as it is written; an empty one when none."""
    found = list(_readings(text, start))
    if not found:
        return Region(end=start)
    best = max(found, key=_worth)
    rivals = {(one.province, one.city, one.district) for one in found if _worth(one) == _worth(best)}
    if len(rivals) == 1:
        return best
    # two of that name: only what they share is known
    province = best.province if len({one[0] for one in rivals}) == 1 else ""
    end = max((one.end for one in found if not one.city and one.province == province), default=start)
    return Region(province=province, end=end if province else start)


def _worth(region: Region) -> tuple[int, bool, bool]:
    return region.end, bool(region.district), bool(region.city)


def _readings(text: str, start: int) -> Iterator[Region]:
    for province in regions():
        for form in written(province, "province"):
            if text.startswith(form, start):
                end = start + len(form)
                yield Region(province, end=end)
                yield from _in_province(text, end, province)
        yield from _in_province(text, start, province, alone=True)


def _in_province(text: str, start: int, province: str, *, alone: bool = False) -> Iterator[Region]:
    """Readings from a city or, where it is left out, a district on. `alone`: no province stands before."""
    at = _skip(text, start)
    for city in cities(province):
        if not is_written(city, province):
            if alone:
                continue
            # the city is the province once more, a heading, or not written at all
            headings = (*written(province, "province"), *words()["governed_written"])
            here = [at, *(_skip(text, at + len(form)) for form in headings if text.startswith(form, at))]
            for each in here:
                if each != at and city == only_city(province):
                    yield Region(province, city, end=each)
                yield from _district(text, each, province, city, short=city == only_city(province))
            continue
        for form in written(city, "city"):
            if text.startswith(form, at):
                end = at + len(form)
                yield Region(province, city, end=end)
                yield from _district(text, _skip_heading(text, end), province, city, short=True)
        yield from _district(text, at, province, city, short=False)


def _district(text: str, start: int, province: str, city: str, *, short: bool) -> Iterator[Region]:
    at, known = _skip(text, start), words()
    for district in districts(province, city):
        if text.startswith(district, at):
            yield Region(province, city, district, at + len(district))
            continue
        name = plain(district)
        county_city = district.endswith(known["county_city"])
        if name == district or not text.startswith(name, at) or not (short or county_city):
            continue
        end = at + len(name)
        if text[end : end + 1] not in set(known["not_after_short"]):
            yield Region(province, city, district, end)


def _skip(text: str, at: int) -> int:
    found = BETWEEN.match(text, at)
    return found.end() if found else at


def _skip_heading(text: str, at: int) -> int:
    """Past a "districts of the city" that stands between city and district in some lists."""
    at = _skip(text, at)
    heading = words()["governed_written"][-2]
    return at + len(heading) if text.startswith(heading, at) else at
