"""A whole address in one line, as people copy it from a shop or a chat, taken apart. Pure, and never final:
the member looks it over before it is kept.

What isn't understood stays in the street, so nothing that was pasted is lost.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from app.blueprints.addresses.policies import Address, normal_phone
from app.blueprints.addresses.policies_regions import Region, region_at, words

# what was taken out leaves this, so that what stood around it doesn't run together
CUT = "\n"
MOBILE = re.compile(r"(?<![\d+])(?:(?:\+|00)?86[\s-]?)?1[3-9]\d(?:[\s-]?\d{4}){2}(?!\d)")
OTHER = re.compile(r"(?<!\d)(?:\+\d[\d\s-]{6,18}\d|0\d{2,3}[\s-]\d{7,8}(?:-\d{1,6})?|0\d{9,11})(?!\d)")
FOREIGN_FIRST = re.compile(r"\s*([A-Za-z][A-Za-z.'\-]*(?: [A-Za-z][A-Za-z.'\-]*)*)(?=[\s,;|]|$)")
FOREIGN_LAST = re.compile(r"(?<=[\s,;|])([A-Z][A-Za-z'\-]+(?: [A-Z][A-Za-z'\-]+)+)(?=[ ,;|]*(?:\n|$))")
HAN = r"\u3400-\u9fff"
EDGES = " ,;:|/。、-\n"
FARTHEST = 12


def pasted(text: str) -> Address:
    """The parts of a pasted line that were understood; all the rest is in `street`."""
    parts = _by_label(_normal(text))
    free = parts.get("", "")
    phone, parts = _take_phone(parts)
    free = parts.get("", "")
    name = parts.get("name", "").strip(EDGES)
    left = ""
    if name:
        # a label's value ends at the first gap, unless it is a foreign name
        first = re.match(r"[A-Za-z][A-Za-z .'\-]*[A-Za-z.]|[^\s,;|。\n]+", name)
        left = name[first.end() :] if first else ""
        name = first[0] if first else ""
    where = CUT.join(part for part in (free, left, parts.get("region", ""), parts.get("street", "")) if part)
    beside = parts.get("phone", "")
    where = f"{where}{CUT}{beside}" if beside.strip(EDGES) else where
    if not name:
        name, where = _take_name(where)
    region, before = _region(where)
    street = _tidy(f"{before}{CUT}{where[region.end :]}" if before.strip(EDGES) else where[region.end :])
    return Address(
        name=name, phone=phone, province=region.province, city=region.city, district=region.district,
        street=street,
    )  # fmt: skip


def _normal(text: str) -> str:
    """Full-width digits and signs become ordinary ones; control characters become gaps."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(?<![0-9A-Za-z])/|/(?![0-9A-Za-z])", " ", text)
    return "".join(
        " " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") else sign for sign in text
    ).strip()


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(rf"[ ,;|。]*{CUT}[ ,;|。]*", " ", text)).strip(EDGES)


# --- labels -------------------------------------------------------------------------------------


@lru_cache
def _labels() -> tuple[re.Pattern[str], dict[str, str]]:
    kinds = {word: kind for kind, listed in words()["labels"].items() for word in listed}
    either = "|".join(sorted(map(re.escape, kinds), key=len, reverse=True))
    # with a colon anywhere; without one only between gaps
    found = re.compile(
        rf"(?:(?<![A-Za-z])(?P<told>{either})\s*:\s*|(?:(?<=[\s,;|。])|^)(?P<bare>{either})(?=\s)\s+)", re.I
    )
    return found, kinds


def _by_label(text: str) -> dict[str, str]:
    """What stands after each label, by kind; "" is what stands before the first one."""
    pattern, kinds = _labels()
    found = list(pattern.finditer(text))
    parts: dict[str, str] = {"": text[: found[0].start()] if found else text}
    for number, label in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        kind = kinds[(label["told"] or label["bare"]).lower()]
        parts[kind] = (
            f"{parts[kind]}{CUT}{text[label.end() : end]}" if kind in parts else text[label.end() : end]
        )
    return parts


# --- phone --------------------------------------------------------------------------------------


def _take_phone(parts: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The first number, that of the label before all others, and the parts without it."""
    order = sorted(parts, key=lambda kind: ("phone", "", "name", "street", "region").index(kind))
    for pattern in (MOBILE, OTHER):
        for kind in order:
            if found := pattern.search(parts[kind]):
                return normal_phone(found[0]), parts | {kind: _cut(parts[kind], found.start(), found.end())}
    labelled = re.search(r"\+?\d[\d\s\-]{4,22}\d", parts.get("phone", ""))
    if labelled:
        rest = _cut(parts["phone"], labelled.start(), labelled.end())
        return normal_phone(labelled[0]), parts | {"phone": rest}
    return "", parts


def _cut(text: str, start: int, end: int) -> str:
    # brackets that held it alone go with it
    before, after = text[:start].rstrip(), text[end:].lstrip()
    if before.endswith("(") and after.startswith(")"):
        before, after = before[:-1], after[1:]
    return f"{before}{CUT}{after}"


# --- name ---------------------------------------------------------------------------------------


def _take_name(where: str) -> tuple[str, str]:
    """A name without a label, and the text without it: a short piece that is no place."""
    pieces = [(found.start(), found[0]) for found in re.finditer(r"[^\s,;|。]+", where)]
    foreign = FOREIGN_FIRST.match(where) or FOREIGN_LAST.search(where)
    if foreign:
        return foreign[1], _cut(where, foreign.start(1), foreign.end(1))
    homes = [at for at, piece in pieces if region_at(where, at).province]
    likely = [(at, piece) for at, piece in pieces if at not in homes]
    # before the region, or next to where the number stood, or at the very end
    cut = where.find(CUT)
    close = [one for one in likely if cut >= 0 and _next_to(where, cut, one)]
    ends = likely[-1:] if likely and pieces and likely[-1] == pieces[-1] else []
    first = [one for one in likely if not homes or one[0] < homes[0]]
    for at, piece in (*first, *close, *ends):
        if _is_name(piece):
            return piece, _cut(where, at, at + len(piece))
    for at, piece in (*first[:1], *close):
        if len(pieces) > 1 and _is_name(piece, strict=False):
            return piece, _cut(where, at, at + len(piece))
    return _glued(where, pieces)


def _next_to(where: str, cut: int, piece: tuple[int, str]) -> bool:
    at, text = piece
    return not where[at + len(text) : cut].strip(EDGES) if at < cut else not where[cut:at].strip(EDGES)


def _glued(where: str, pieces: list[tuple[int, str]]) -> tuple[str, str]:
    """A name that runs into the region behind it or follows the house's number without a gap."""
    for at, piece in pieces:
        for length in range(2, min(5, len(piece))):
            region = region_at(where, at + length)
            if region.province and region.city and _is_name(piece[:length]):
                return piece[:length], _cut(where, at, at + length)
    houses = words()["house_endings"]
    for at, piece in pieces:
        found = re.search(rf"(?<=[{houses}\d])(?![{houses}])[{HAN}]{{2,3}}$", piece)
        if found and _is_name(found[0]) and (at + len(piece) == len(where.rstrip(EDGES)) or CUT in where):
            return found[0], _cut(where, at + found.start(), at + found.end())
    return "", where


def _is_name(text: str, *, strict: bool = True) -> bool:
    known = words()
    bare = text
    for title in known["honorifics"]:
        bare = bare.removesuffix(title) if len(bare) > len(title) else bare
    if text in known["not_names"] or not re.fullmatch(rf"[{HAN}]{{1,4}}|[{HAN}]+(?:·[{HAN}]+)+", bare):
        return False
    if bare == text and len(text) < 2:
        return False
    return not strict or bare[-1] not in known["place_endings"]


# --- region -------------------------------------------------------------------------------------


def _region(where: str) -> tuple[Region, str]:
    """The first place in the text where a region begins, and what stands before it."""
    starts = [found.start() for found in re.finditer(r"[^\s,;|。]+", where)]
    best, before = Region(), ""
    for start in starts:
        region = region_at(where, start)
        if region.province and (region.city or not best.province):
            best, before = region, where[:start]
            if region.city:
                return best, before
    if best.province:
        return best, before
    for start in range(min(len(where), FARTHEST)):
        region = region_at(where, start)
        if region.province and region.city:
            return region, where[:start]
    return Region(), ""
