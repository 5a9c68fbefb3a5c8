"""Orders as files: out with their addresses to whoever sends them, in with the parcels' numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter

from app.blueprints.mall import queries_staff
from app.blueprints.mall.policies import taken_by_other
from app.blueprints.mall.policies_desk import MOST_CARRIER, SENT, tracking_number
from app.blueprints.mall.services_fulfil import NO_TRACKING, Parcel
from app.core import clock, sheets
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.i18n import N_, both, pair, pick

COLUMNS = {
    "order": N_("order number"), "item": N_("item"), "name": N_("recipient"), "phone": N_("phone"),
    "province": N_("province"), "city": N_("city"), "district": N_("district"), "street": N_("street"),
    "carrier": N_("carrier"), "tracking": N_("parcel number"),
}  # fmt: skip
WIDTHS = (10, 24, 12, 16, 12, 12, 12, 40, 12, 22)
MOST_BYTES = 256 * 1024
MOST_LINES = 2000


# --- out -------------------------------------------------------------------------------------------------


def lines(parcels: Iterable[tuple[Any, Any]], locale: str) -> Iterator[list[str]]:
    """A line for each order, all of it text; carrier and number are left to be filled in."""
    for order, to in parcels:
        item = pick(pair(order.name, order.name_en), locale)
        yield [
            str(order.id), item, to.name, to.phone, to.province, to.city, to.district, to.street, "", "",
        ]  # fmt: skip


def xlsx(rows: Iterable[list[str]], say: Any) -> IO[bytes]:
    """The lines as a workbook in a temporary file, which is gone once it is closed."""
    file = TemporaryFile()  # noqa: SIM115
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        text = book.add_format({"num_format": "@"})
        page = book.add_worksheet()
        for at, width in enumerate(WIDTHS):
            page.set_column(at, at, width, text)
        for at, name in enumerate(COLUMNS.values()):
            page.write_string(0, at, say(name), text)
        for line, cells in enumerate(rows, 1):
            for at, cell in enumerate(cells):
                page.write_string(line, at, cell, text)
    file.seek(0)
    return file


def csv(rows: Iterable[list[str]], say: Any) -> IO[bytes]:
    """The lines as comma-separated values, for spreadsheets and carriers' systems."""
    head = [say(name) for name in COLUMNS.values()]
    file = TemporaryFile()  # noqa: SIM115
    file.writelines(sheets.streamed([head, *rows]))
    file.seek(0)
    return file


# --- in --------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """A line that is passed over, and why (a text and its values)."""

    number: int
    order: str
    why: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """What a file of parcels says: those that match an order to be sent, the lines passed over, how many
    lines carried no number yet, and how many members will hear of theirs."""

    parcels: list[Parcel]
    passed: list[Line]
    unfilled: int
    members: int


def tried(text: str, *, by: Actor) -> Trial:
    """Read a file's text and look its orders up; nothing is written. Raises Invalid ("file")."""
    rows = sheets.rows(text)
    if not rows:
        raise Invalid(fields={"file": N_("There is nothing in it.")})
    (_, head), *body = rows
    columns = [_column(cell) for cell in head]
    if "order" not in columns or "tracking" not in columns:
        raise Invalid(
            fields={"file": N_("The first line names the columns: order number and parcel number.")}
        )
    if len(body) > MOST_LINES:
        raise Invalid(fields={"file": N_("At most 2,000 lines at once. Split it, please.")})
    told = [(number, _named(cells, columns)) for number, cells in body]
    filled = [(number, cells) for number, cells in told if cells.get("tracking")]
    ids = {number: _order_number(cells.get("order", "")) for number, cells in filled}
    known = queries_staff.where_they_are([one for one in ids.values() if one])
    parcels: dict[int, Parcel] = {}
    passed = []
    for number, cells in filled:
        order_id, order = ids[number], known.get(ids[number] or 0)
        tracking, carrier = tracking_number(cells["tracking"]), cells.get("carrier", "")[:MOST_CARRIER]
        why, values = _why_not(order, tracking, by)
        if not why and order_id in parcels:
            why = N_("it stands in the file already")
        if why:
            passed.append(Line(number, cells.get("order", ""), why, values))
        elif order_id is not None and tracking is not None:
            parcels[order_id] = Parcel(order_id, tracking, carrier)
    whose = {known[one].member_id for one in parcels}
    return Trial(list(parcels.values()), passed, len(told) - len(filled), len(whose))


def _column(name: str) -> str:
    wanted = name.strip().lower()
    return next((key for key, text in COLUMNS.items() if wanted in (key, text, both(text)["zh"])), "")


def _named(cells: list[str], columns: list[str]) -> dict[str, str]:
    return {name: sheets.unmarked(cell) for name, cell in zip(columns, cells, strict=False) if name and cell}


def _order_number(text: str) -> int | None:
    number = text.removeprefix("#")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def _why_not(order: Any, tracking: str | None, by: Actor) -> tuple[str, dict[str, Any]]:
    if order is None or order.kind not in SENT or not order.posted:
        return N_("no parcel of ours has this number"), {}
    if order.state == "shipped":
        return N_("sent already, %(when)s"), {"when": order.moved_at}
    if order.state in ("cancelled", "refused", "refunded"):
        return N_("it was cancelled, %(when)s"), {"when": order.moved_at}
    if order.state != "held":
        return N_("it has arrived, %(when)s"), {"when": order.moved_at}
    if taken_by_other(order.taker_id, order.taken_at, by.id, clock.now()):
        return N_("%(name)s has it in hand"), {"name": order.taker_name}
    if tracking is None:
        return NO_TRACKING, {}
    return "", {}
