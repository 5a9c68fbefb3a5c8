"""The forms of the goods desk: what comes in becomes columns of a good, a good becomes the form again.

Details are numbered rows ("fact-0-label"); empty rows fall away, and two more wait to be filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.core.actor import TIERS
from app.core.dates import zone
from app.core.errors import Invalid
from app.core.i18n import N_

Form = Mapping[str, str]

# how many letters a text may have
TEXTS = {
    "name": 30, "name_en": 60, "blurb": 120, "blurb_en": 240, "unit": 4, "pickup": 60, "pickup_en": 120,
    "how_to": 300, "how_to_en": 600, "again": 60, "again_en": 120,
}  # fmt: skip
# whole numbers: the least, the most, what stands for an empty field
NUMBERS: dict[str, tuple[int, int, int | None]] = {
    "price": (1, 10_000_000, None),
    "kept_for_all": (0, 100_000, 0),
    "per_member": (1, 1000, None),
    "min_star": (0, 9, 0),
    "priority_star": (1, 9, None),
    "promise_days": (0, 365, 7),
    "loan_days": (1, 365, None),
    "position": (0, 100_000, 0),
}
MOMENTS = ("priority_from", "opens_at", "closes_at")
# symbols of the goods' drawings
DRAWINGS = {
    "lantern": N_("Lantern"), "mug": N_("Mug"), "tripod": N_("Tripod"), "keycase": N_("Key case"),
    "blanket": N_("Blanket"), "photobook": N_("Photo book"), "ticket": N_("Ticket"),
    "charge": N_("Charging card"), "car": N_("Car"), "table": N_("Laid table"), "tree": N_("Tree"),
    "cap": N_("Cap"),
}  # fmt: skip
# which fields a kind doesn't have
NOT_FOR = {
    "physical": {"loan_days", "how_to", "how_to_en"},
    "loan": {"how_to", "how_to_en"},
    "voucher": {"loan_days", "pickup", "pickup_en"},
    "experience": {"loan_days", "pickup", "pickup_en"},
}
FACT = ("label", "label_en", "text", "text_en")
MOST_FACTS, FACT_LENGTH = 8, 120
LARGEST = 2_000_000_000

TOO_LONG = N_("A little shorter, please.")
A_NUMBER = N_("A whole number, please, within what makes sense.")
A_MOMENT = N_("A date and a time, please.")
MONEY = N_("An amount such as 39.90, please.")


def item_in(form: Form, kind: str, timezone: str) -> dict[str, Any]:
    """The form's values as columns of a good. Raises Invalid by field."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, most in TEXTS.items():
        values[name] = said(form, name)
        if len(values[name]) > most:
            wrong[name] = TOO_LONG
    for name, (least, most, empty) in NUMBERS.items():
        values[name] = whole(form, name, least, most, empty, wrong)
    for name in MOMENTS:
        values[name] = moment(form, name, timezone, wrong)
    values["min_tier"] = form.get("min_tier") if form.get("min_tier") in TIERS else None
    values["drawing"] = form.get("drawing") if form.get("drawing") in DRAWINGS else None
    values["cost_cents"] = _cents(said(form, "cost"), wrong)
    values["facts"] = _facts(form, wrong)
    _shelf(form, values, wrong)
    for name in NOT_FOR[kind]:
        values[name] = None if name in NUMBERS else ""
        wrong.pop(name, None)
    if wrong:
        raise Invalid(fields=wrong)
    return values


def said(form: Form, name: str) -> str:
    return form.get(name, "").replace("\x00", "").strip()


def whole(form: Form, name: str, least: int, most: int, empty: int | None, wrong: dict[str, str]) -> Any:
    """A whole number of the form's, `empty` for none; what is none is noted in `wrong`."""
    text = said(form, name)
    if not text:
        return empty
    if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 10:
        wrong[name] = A_NUMBER
        return empty
    if not least <= int(text) <= most:
        wrong[name] = A_NUMBER
        return empty
    return int(text)


def moment(form: Form, name: str, timezone: str, wrong: dict[str, str]) -> datetime | None:
    """A moment as a datetime-local field sends it, in the programme's zone."""
    text = said(form, name)
    if not text:
        return None
    try:
        local = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M")
    except ValueError:
        wrong[name] = A_MOMENT
        return None
    if not 2000 <= local.year <= 2200:
        wrong[name] = A_MOMENT
        return None
    return local.replace(tzinfo=zone(timezone))


def _cents(text: str, wrong: dict[str, str]) -> int | None:
    if not text:
        return None
    try:
        cents = Decimal(text) * 100
    except InvalidOperation:
        wrong["cost"] = MONEY
        return None
    if not cents.is_finite() or not 0 <= cents <= LARGEST or cents != cents.to_integral_value():
        wrong["cost"] = MONEY
        return None
    return int(cents)


def _facts(form: Form, wrong: dict[str, str]) -> list[dict[str, str]]:
    facts = []
    for n, row in enumerate(fact_rows(form)):
        if not any(row.values()):
            continue
        if any(len(text) > FACT_LENGTH for text in row.values()):
            wrong[f"fact-{n}"] = TOO_LONG
        elif not row["label"] or not row["text"]:
            wrong[f"fact-{n}"] = N_("A detail has a name and a text in Chinese.")
        facts.append(row)
    return facts


def fact_rows(form: Form) -> list[dict[str, str]]:
    """The rows as they were typed, empty ones too."""
    return [{key: said(form, f"fact-{n}-{key}") for key in FACT} for n in range(MOST_FACTS)]


def _shelf(form: Form, values: dict[str, Any], wrong: dict[str, str]) -> None:
    values["shelf_key"] = said(form, "shelf_key") or None
    name, name_en = said(form, "new_shelf"), said(form, "new_shelf_en")
    if max(len(name), len(name_en) // 2) > 10:
        wrong["new_shelf"] = TOO_LONG
    if name:
        values["new_shelf"] = (name, name_en)


def blank(kind: str) -> dict[str, Any]:
    """The form of a new good."""
    empty = dict.fromkeys((*TEXTS, *NUMBERS, *MOMENTS, "min_tier", "drawing", "cost", "shelf_key"), "")
    return empty | {
        "stock": "", "promise_days": 7, "loan_days": 14 if kind == "loan" else "", "facts": rows_to_fill([]),
        "new_shelf": "", "new_shelf_en": "",
    }  # fmt: skip


def stored(item: Any, timezone: str) -> dict[str, Any]:
    """The form of a good as it is kept."""
    shown: dict[str, Any] = {name: getattr(item, name) or "" for name in TEXTS}
    for name, (_least, _most, empty) in NUMBERS.items():
        value = getattr(item, name)
        shown[name] = "" if value is None or (value == 0 and empty == 0) else value
    for name in MOMENTS:
        value = getattr(item, name)
        shown[name] = value.astimezone(zone(timezone)).strftime("%Y-%m-%dT%H:%M") if value else ""
    for name in ("min_tier", "drawing", "shelf_key"):
        shown[name] = getattr(item, name) or ""
    cents = item.cost_cents
    shown["cost"] = "" if cents is None else f"{cents / 100:.2f}"
    shown["facts"] = rows_to_fill([{key: fact.get(key, "") for key in FACT} for fact in item.facts])
    return shown | {"new_shelf": "", "new_shelf_en": ""}


def typed(form: Form) -> dict[str, Any]:
    """The form as it was typed."""
    return {**form, "facts": rows_to_fill([row for row in fact_rows(form) if any(row.values())])}


def rows_to_fill(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return (rows + [dict.fromkeys(FACT, "")] * 2)[:MOST_FACTS]


def slot_in(form: Form, timezone: str) -> dict[str, Any]:
    """A date of an experience. Raises Invalid by field."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {name: moment(form, name, timezone, wrong) for name in ("starts_at", "ends_at")}
    values["seats"] = whole(form, "seats", 1, 10_000, 0, wrong)
    values["place"], values["place_en"] = said(form, "place"), said(form, "place_en")
    for name in ("starts_at", "ends_at"):
        if values[name] is None:
            wrong.setdefault(name, A_MOMENT)
    for name, most in (("place", 60), ("place_en", 120)):
        if len(values[name]) > most:
            wrong[name] = TOO_LONG
    if wrong:
        raise Invalid(fields=wrong)
    return values


def pieces_in(form: Form, name: str = "pieces", least: int = -100_000) -> int:
    """How many pieces more, or fewer. Raises Invalid."""
    wrong: dict[str, str] = {}
    found = whole(form, name, least, 100_000, 0, wrong)
    if wrong or not found:
        raise Invalid(fields={name: A_NUMBER})
    return int(found)
