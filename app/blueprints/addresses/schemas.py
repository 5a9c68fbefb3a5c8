"""What comes in through the form of an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.blueprints.addresses.policies import Address, normal_phone
from app.blueprints.addresses.policies_paste import pasted
from app.blueprints.addresses.policies_regions import cities, districts, only_city

FIELDS = ("name", "phone", "province", "city", "district", "street", "label")
# more than anything may have, so that what is too long comes back whole with a word about it
LONGEST = 2000


def address_in(form: Mapping[str, str]) -> Address:
    """The address that a form holds, right or wrong; spaces at the ends and in rows don't count."""
    values = {name: " ".join(form.get(name, "").replace("\x00", "")[:LONGEST].split()) for name in FIELDS}
    return narrowed(Address(**values | {"phone": normal_phone(values["phone"])}))


def narrowed(address: Address) -> Address:
    """Without a city or district of another province; a province of one city has that one."""
    city = address.city if address.city in cities(address.province) else only_city(address.province)
    district = address.district if address.district in districts(address.province, city) else ""
    return replace(address, city=city, district=district)


def with_pasted(address: Address, line: str) -> Address:
    """What was typed, with what a pasted line says in its place. What it doesn't say stays as it was."""
    found = pasted(line[:LONGEST].replace("\x00", ""))
    told = {name: value for name in ("name", "phone", "street") if (value := getattr(found, name))}
    if found.province:
        told |= {"province": found.province, "city": found.city, "district": found.district}
    return narrowed(replace(address, **told))
