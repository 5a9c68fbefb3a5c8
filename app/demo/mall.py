"""The mall's history: shelves filled, points redeemed, parcels sent."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from app.blueprints.addresses import queries as books
from app.blueprints.mall import services, services_fulfil, services_items
from app.blueprints.mall.services_items import NewCode
from app.core.crypto import CODE_ALPHABET
from app.core.dates import zone
from app.demo.programme import Programme

# chance of its own, so that the rest of history is the same with and without the mall
SEED = 20_251_127
KEEPER = "luoning"
FILLED_DAYS_AGO = 210


class Mall:
    """Plans what was put on the shelves, and what members made of it."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.timeline = programme.timeline
        self.told = programme.content.mall
        self.chance = Random(SEED)  # noqa: S311  # nosec B311
        self.items: dict[str, int] = {}
        self.slots: dict[tuple[str, int], int] = {}
        self.orders: dict[int, int] = {}

    def plan(self) -> None:
        filled = self.timeline.day(FILLED_DAYS_AGO, hour=10)
        self.timeline.at(filled, self._fill)
        for number, row in enumerate(self.told["redeemed"]):
            at = self._days_ago(row["days_ago"])
            self.timeline.at(at, partial(self._redeem, number, row))
            for what, after, *more in row.get("then", ()):
                self.timeline.at(at + timedelta(days=after), partial(self._goes_on, number, row, what, more))
        for row in self.told["wish"]:
            self.timeline.at(self._days_ago(row["days_ago"]), partial(self._wishes, row))
        for row in self.told["watch"]:
            self.timeline.at(self._days_ago(row["days_ago"]), partial(self._waits, row))

    def _days_ago(self, days: float) -> datetime:
        return self.timeline.now - timedelta(days=days, minutes=self.chance.randint(0, 300))

    # --- the shelves --------------------------------------------------------------------------

    def _fill(self) -> None:
        by = self.programme.actor(KEEPER)
        for position, row in enumerate(self.told["shelf"]):
            services_items.add_shelf(row["key"], name=row["name"], name_en=row["name_en"], position=position)
        for position, row in enumerate(self.told["item"]):
            item_id = services_items.add_item(
                row["kind"], by=by, stock=row.get("stock", 0), position=position, **self._columns(row)
            )
            self.items[row["key"]] = item_id
            for number, slot in enumerate(row.get("slots", ())):
                starts = self._on(slot["in_days"], slot["hour"])
                self.slots[row["key"], number] = services_items.add_slot(
                    item_id,
                    starts_at=starts,
                    ends_at=starts + timedelta(hours=slot["hours"]),
                    seats=slot["seats"],
                    place=slot["place"],
                    place_en=slot["place_en"],
                    by=by,
                )
            if "codes" in row:
                services_items.add_codes(item_id, self._codes(row), by=by)
            services_items.set_state(item_id, "live", by=by)

    def _columns(self, row: dict[str, Any]) -> dict[str, Any]:
        plain = (
            "drawing", "name", "name_en", "blurb", "blurb_en", "unit", "price", "kept_for_all", "per_member",
            "min_star", "min_tier", "priority_star", "promise_days", "loan_days", "pickup", "pickup_en",
            "how_to", "how_to_en", "again", "again_en", "cost_cents",
        )  # fmt: skip
        values = {name: row[name] for name in plain if name in row} | {"shelf_key": row["shelf"]}
        values["opens_at"] = self._on(row.get("opens_in_days", -row.get("opens_days_ago", 0)), 10)
        if "priority_days_ago" in row:
            values["priority_from"] = self._on(-row["priority_days_ago"], 10)
        values["facts"] = [
            {"label": label, "label_en": label_en, "text": text, "text_en": text_en}
            for label, label_en, text, text_en in row["facts"]
        ]
        return values

    def _on(self, in_days: int, hour: int) -> datetime:
        """That hour of the day so many days from now, in the programme's zone."""
        timezone = zone(self.programme.content.programme["programme"]["timezone"])
        day = (self.timeline.now + timedelta(days=in_days)).astimezone(timezone)
        return day.replace(hour=hour, minute=0, second=0, microsecond=0)

    def _codes(self, row: dict[str, Any]) -> list[NewCode]:
        until: date | None = None
        if "valid_days" in row:
            until = (self.timeline.now + timedelta(days=row["valid_days"])).date()
        found: set[str] = set()
        while len(found) < row["codes"]:
            parts = ["".join(self.chance.choices(CODE_ALPHABET, k=4)) for _ in range(2)]
            found.add("-".join((row["code_prefix"], *parts)))
        return [NewCode(code, until) for code in sorted(found)]

    # --- what members made of it --------------------------------------------------------------

    def _redeem(self, number: int, row: dict[str, Any]) -> None:
        item = next(item for item in self.told["item"] if item["key"] == row["item"])
        where = None
        if item["kind"] in ("physical", "loan"):
            home = books.book(self.programme.member_ids[row["member"]])
            where = services.PICKUP if row.get("pickup") else str(home[0].id)
        self.orders[number] = services.redeem(
            self.items[row["item"]],
            token=f"demo-{number}",
            price=item["price"],
            slot_id=self.slots[row["item"], row["slot"]] if "slot" in row else None,
            address=where,
            by=self.programme.actor(row["member"]),
        )

    def _goes_on(self, number: int, row: dict[str, Any], what: str, more: list[Any]) -> None:
        order, who = self.orders[number], self.programme.actor(row["member"])
        by = self.programme.actor(KEEPER)
        if what == "cancel":
            services.cancel(order, by=who)
        elif what == "received":
            services.say_received(order, by=who)
        elif what == "take":
            services_fulfil.take(order, by=by)
        elif what == "ship":
            services_fulfil.ship(order, carrier=more[0], tracking=more[1], by=by)
        elif what == "deliver":
            services_fulfil.arrive(order, by=by)
        elif what == "refuse":
            services_fulfil.refuse(order, reason=more[0], back_on_shelf=False, by=by)

    def _wishes(self, row: dict[str, Any]) -> None:
        services.wish(self.items[row["item"]], by=self.programme.actor(row["member"]))

    def _waits(self, row: dict[str, Any]) -> None:
        services.watch(self.items[row["item"]], by=self.programme.actor(row["member"]))
