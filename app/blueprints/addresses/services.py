"""Keeping an address book. The only writer of its table; each command is its owner's.

Everything that counts or moves the default holds the member's row first. Nothing of an address goes into
an audit line, a notice or a log.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update

from app.blueprints.addresses import policies, queries
from app.blueprints.addresses.models import BookEntry
from app.blueprints.addresses.policies import Address
from app.blueprints.members import services as members
from app.core import clock
from app.core.actor import Actor
from app.core.db import add, db
from app.core.errors import Invalid, NotFound, Refused
from app.core.i18n import N_
from app.core.uow import unit_of_work


def add_address(address: Address, *, default: bool = False, by: Actor) -> int:
    """Put an address into the book; its id. The first one is the default.

    One that is in the book already is the same one, so that a second tap adds nothing. Raises Invalid by
    field, Refused when the book is full.
    """
    _check(address)
    with unit_of_work():
        members.hold(by.id)
        entries = queries.book(by.id)
        same = next((entry.id for entry in entries if entry.address == address), None)
        if same is None:
            if len(entries) >= policies.MOST:
                raise Refused(N_("Your book is full: ten addresses. Remove one you no longer need."))
            row = {"member_id": by.id, "sealed": policies.sealed(address), "created_at": clock.now()}
            add(BookEntry, row | {"is_default": False, "used_at": None})
            same = db.session.scalars(
                select(BookEntry.id)
                .where(BookEntry.member_id == by.id)
                .order_by(BookEntry.id.desc())
                .limit(1)
            ).one()
        if default or not entries:
            _make_default(same, by.id)
        return same


def change_address(address_id: int, address: Address, *, default: bool = False, by: Actor) -> None:
    """Replace an address; orders keep the copy they were sent with. Raises NotFound, Invalid by field."""
    with unit_of_work():
        members.hold(by.id)
        queries.sealed_copy(address_id, by.id)
        _check(address)
        db.session.execute(
            update(BookEntry).where(BookEntry.id == address_id).values(sealed=policies.sealed(address))
        )
        if default:
            _make_default(address_id, by.id)


def make_default(address_id: int, *, by: Actor) -> None:
    """Have this address stand first. Raises NotFound."""
    with unit_of_work():
        members.hold(by.id)
        queries.sealed_copy(address_id, by.id)
        _make_default(address_id, by.id)


def remove_address(address_id: int, *, by: Actor) -> None:
    """Take an address out of the book; where it was the default, the next one is. Raises NotFound."""
    with unit_of_work():
        members.hold(by.id)
        gone = db.session.execute(
            delete(BookEntry).where(BookEntry.id == address_id, BookEntry.member_id == by.id)
            .returning(BookEntry.is_default)
        ).one_or_none()  # fmt: skip
        if gone is None:
            raise NotFound
        if gone.is_default and (left := queries.book(by.id)):
            _make_default(left[0].id, by.id)


def mark_used(address_id: int, *, by: Actor) -> None:
    """Note that an order goes to this address, so that it stands first among the others. Joins the caller's
    unit of work; an address that isn't theirs changes nothing."""
    db.session.execute(
        update(BookEntry)
        .where(BookEntry.id == address_id, BookEntry.member_id == by.id)
        .values(used_at=clock.now())
    )


def _check(address: Address) -> None:
    if told := policies.wrong(address):
        raise Invalid(fields=told)


def _make_default(address_id: int, member_id: int) -> None:
    mine = update(BookEntry).where(BookEntry.member_id == member_id)
    db.session.execute(mine.where(BookEntry.is_default).values(is_default=False))
    db.session.execute(mine.where(BookEntry.id == address_id).values(is_default=True))
