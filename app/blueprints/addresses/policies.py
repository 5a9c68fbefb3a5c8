"""What an address is, what it must be, and how much of it a list shows: pure rules."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from app.blueprints.addresses.policies_regions import cities, districts, is_written, plain, provinces
from app.core.crypto import seal, unseal
from app.core.i18n import N_

MOST = 10
NAME_LENGTH, STREET_LENGTH, LABEL_LENGTH = 40, 120, 10
HIDDEN = "***"


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a parcel goes, and to whom. `label` is what its owner calls it."""

    name: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    label: str = ""

    @property
    def region(self) -> str:
        """Province, city and district as they stand on a parcel."""
        city = self.city if is_written(self.city, self.province) else ""
        return f"{self.province}{city}{self.district}"

    @property
    def line(self) -> str:
        """All of it but the person: for a parcel, a sheet, a copy button."""
        return f"{self.region} {self.street}".strip()


@dataclass(frozen=True, kw_only=True)
class Masked:
    """As much of an address as its owner needs to know it again on a list: nobody else could go there."""

    name: str
    phone: str
    region: str
    street: str
    label: str


def sealed(address: Address) -> str:
    """The address as one sealed text."""
    return seal(json.dumps(asdict(address), ensure_ascii=False, separators=(",", ":")))


def opened(text: str) -> Address:
    """The address of a sealed text, the book's or an order's own copy. Raises crypto.Unreadable."""
    values: dict[str, Any] = json.loads(unseal(text))
    return Address(**values)


# --- what a list shows --------------------------------------------------------------------------


def masked(address: Address) -> Masked:
    return Masked(
        name=address.name,
        phone=masked_phone(address.phone),
        region=short_region(address),
        street=masked_street(address.street),
        label=address.label,
    )


def masked_phone(phone: str) -> str:
    """A mobile's first three and last four digits; of other numbers less."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) >= 10:
        return f"{digits[:3]} **** {digits[-4:]}"
    return f"{digits[:2]} **** {digits[-2:]}" if len(digits) >= 6 else "****"


def masked_street(street: str) -> str:
    """The street without its number, and without what follows the next one (staircase, floor, door)."""
    numbers = list(re.finditer(r"[A-Za-z]*\d[A-Za-z\d\-#]*", street))
    if not numbers:
        return f"{street[: (len(street) + 1) // 2]}{HIDDEN}"
    first = numbers[0]
    if len(numbers) == 1:
        tail = street[first.end() :]
    elif len(numbers) == 2:
        tail = street[first.end() : numbers[1].start()]
    else:
        tail = street[first.end() : numbers[2].start()]
    return f"{street[: first.start()]}{HIDDEN}{tail}".strip()


def short_region(address: Address) -> str:
    """The region as one says it: province and city without what they are, then the district."""
    city = plain(address.city) if is_written(address.city, address.province) else ""
    return f"{plain(address.province)}{city} {address.district}".strip()


# --- what it must be ----------------------------------------------------------------------------

CHOOSE = N_("Choose from the list")


def normal_phone(text: str) -> str:
    """A number as it is kept: a mobile of the mainland as its eleven digits, others as they were written."""
    digits = re.sub(r"[\s\-()]", "", text)
    mobile = re.fullmatch(r"(?:\+?86|0086)?(1[3-9]\d{9})", digits)
    return mobile[1] if mobile else re.sub(r"\s+", " ", text).strip()


def wrong(address: Address) -> dict[str, str]:
    """What has to change before it can be kept: by field a msgid; empty when nothing has to."""
    told: dict[str, str] = {}
    if not 1 <= len(address.name) <= NAME_LENGTH:
        told["name"] = N_("Whose name should the parcel carry? Up to 40 characters")
    if not right_phone(address.phone):
        told["phone"] = N_("A number the courier can call: a mobile has 11 digits, others 6 to 20")
    if address.province not in provinces():
        told["province"] = CHOOSE
    elif address.city not in cities(address.province):
        told["city"] = N_("Choose a city of this province")
    elif address.district not in districts(address.province, address.city):
        told["district"] = N_("Choose a district of this city")
    if not 2 <= len(address.street) <= STREET_LENGTH:
        told["street"] = N_("Street, number, door: 2 to 120 characters")
    if len(address.label) > LABEL_LENGTH:
        told["label"] = N_("At most 10 characters")
    return told


def right_phone(phone: str) -> bool:
    """A mobile of the mainland, or another number that isn't a mobile with a digit too few or too many."""
    if re.fullmatch(r"1[3-9]\d{9}", phone):
        return True
    if not re.fullmatch(r"\+?[\d\s()\-]+", phone) or re.fullmatch(r"1[3-9]\d{8,10}|1[3-9]\d{11}", phone):
        return False
    return 6 <= len(re.sub(r"\D", "", phone)) <= 20
