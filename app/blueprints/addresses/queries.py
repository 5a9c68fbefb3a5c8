"""What pages read of address books, each for its owner only.

What an order needs:

    book(member_id)                      to choose from; masked for the list, whole for the parcel
    sealed_copy(address_id, member_id)   the sealed text, to be kept with the order as it is then; it is read
                                         with policies.opened, its column goes to core.sealed.keep_sealed
    services.mark_used(address_id, by=)  in the order's unit of work

An order keeps its own copy: what the member changes later doesn't change where a parcel went.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, select

from app.blueprints.addresses import policies
from app.blueprints.addresses.models import BookEntry
from app.blueprints.addresses.policies import Address, Masked
from app.core.crypto import Unreadable
from app.core.db import read
from app.core.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One address of a book. `address` and `masked` are None where it can't be read right now."""

    id: int
    is_default: bool
    address: Address | None
    masked: Masked | None


def book(member_id: int) -> list[Entry]:
    """A member's addresses: the default first, then the one used or added last."""
    return [_entry(row) for row in read(_book(), {"me": member_id}).all()]


def _entry(row: Any) -> Entry:
    try:
        address = policies.opened(row.sealed)
    except Unreadable:
        return Entry(id=row.id, is_default=row.is_default, address=None, masked=None)
    return Entry(id=row.id, is_default=row.is_default, address=address, masked=policies.masked(address))


@lru_cache
def _book() -> Any:
    return (
        select(BookEntry.id, BookEntry.sealed, BookEntry.is_default)
        .where(BookEntry.member_id == bindparam("me", type_=Integer))
        .order_by(BookEntry.is_default.desc(), BookEntry.used_at.desc().nulls_last(), BookEntry.id.desc())
    )


def sealed_copy(address_id: int, member_id: int) -> str:
    """The sealed text of a member's own address. Raises NotFound, for another's as for none."""
    return str(_own_row(address_id, member_id).sealed)


def own(address_id: int, member_id: int) -> tuple[Address, bool]:
    """A member's own address, and whether it is the default. Raises NotFound, Unreadable."""
    row = _own_row(address_id, member_id)
    return policies.opened(row.sealed), row.is_default


def _own_row(address_id: int, member_id: int) -> Any:
    row = read(_own(), {"address": address_id, "me": member_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


@lru_cache
def _own() -> Any:
    return select(BookEntry.sealed, BookEntry.is_default).where(
        BookEntry.id == bindparam("address", type_=Integer),
        BookEntry.member_id == bindparam("me", type_=Integer),
    )
