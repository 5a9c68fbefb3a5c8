"""Members who redeem on a connection that breaks; what they were told is held against the rows."""

from __future__ import annotations

import http.client
import random
import threading
import time
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.blueprints.mall.models import MallItem, Redemption, RedemptionStep, VoucherCode
from app.blueprints.mall.policies import hold_key
from app.blueprints.points import queries_audit
from app.blueprints.points.models import Account, Transfer
from app.core.db import db
from tests.quests.served import Server, sign_in


@dataclass(frozen=True)
class Intent:
    """One press on the button; pressed again for want of an answer it has the same token."""

    item: int
    token: str
    price: int
    cancels: bool = False


@dataclass
class Told:
    """What the server has said: a token's order, the page with which it refused one, what was cancelled."""

    orders: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    lost: int = 0
    cut: int = 0


class Shopper(threading.Thread):
    """Redeems one thing after the other. `cut` is the part of the replies that they don't wait for before
    they press again; `keep_token` False lets them do so without the token, as a form without one would."""

    def __init__(
        self, server: Server, login: str, intents: Iterable[Intent], *, stop: threading.Event | None = None,
        cut: float = 0, keep_token: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.server, self.name, self.intents, self.told = server, login, intents, Told()
        self.stop, self.cut, self.keep_token = stop or threading.Event(), cut, keep_token
        self.chance = random.Random(login)
        self.cookie, self.token = sign_in(server, login)

    def run(self) -> None:
        try:
            for intent in self.intents:
                if self.stop.is_set():
                    return
                self.redeem(intent)
        except OSError:
            return  # the last server is gone

    def redeem(self, intent: Intent) -> None:
        form: dict[str, Any] = {"token": intent.token, "price": str(intent.price), "address": "pickup"}
        path = f"/mall/{intent.item}/redeem"
        if self.chance.random() < self.cut:
            self.hang_up(path, form)
            form = form if self.keep_token else form | {"token": ""}
        status, headers, page = self.press(path, form)
        if status == 303:
            order = int(urllib.parse.urlsplit(headers["Location"]).path.rsplit("/", 1)[1])
            self.told.orders[intent.token] = order
            if intent.cancels:
                self.cancel(order)
        elif status == 409:
            self.told.refused[intent.token] = page
        else:
            self.told.wrong.append(f"{status} {path} {page[:300]}")

    def cancel(self, order: int) -> None:
        lost = self.told.lost
        status, _headers, page = self.press(f"/mall/orders/{order}/cancel", {})
        # the answer to the first press may be what was lost
        if status == 303 or (status == 409 and self.told.lost > lost):
            self.told.cancelled.add(order)
        else:
            self.told.wrong.append(f"{status} cancel {order} {page[:300]}")

    def press(self, path: str, form: dict[str, Any]) -> tuple[int, http.client.HTTPMessage, str]:
        """Press until there is an answer."""
        while True:
            try:
                status, headers, page = self.server.ask(
                    "POST", path, form | {"csrf_token": self.token}, self.cookie
                )
                return status, headers, page.decode()
            except OSError:
                self.told.lost += 1
                if self.stop.is_set():
                    raise
                time.sleep(0.05)

    def hang_up(self, path: str, form: dict[str, Any]) -> None:
        """Press and go: the request is sent whole, the answer never read."""
        body = urllib.parse.urlencode(form | {"csrf_token": self.token})
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        kind = "application/x-www-form-urlencoded"
        connection.request("POST", path, body, {"Cookie": self.cookie, "Content-Type": kind})
        connection.close()
        self.told.cut += 1


def check_told(shoppers: Iterable[Shopper]) -> None:
    """Whoever was told of an order has it, under its token; who was refused has none."""
    db.session.rollback()
    rows = {row.id: row for row in db.session.execute(select(*Redemption.__table__.c))}
    for shopper in shoppers:
        told = shopper.told
        assert told.wrong == []
        assert {token: rows[order].token for token, order in told.orders.items()} == {
            token: token for token in told.orders
        }
        assert {rows[order].state for order in told.cancelled} <= {"cancelled"}
        tokens = {row.token for row in rows.values()}
        assert tokens.isdisjoint(told.refused)


def check_whole() -> None:
    """No redemption without its hold, no hold without its redemption; shelf, steps and codes say the same."""
    db.session.rollback()
    assert list(queries_audit.differences()) == []
    rows = db.session.execute(select(*Redemption.__table__.c)).all()
    held = aliased(Account)
    holds = db.session.execute(
        select(Transfer.key, Transfer.id, Transfer.amount)
        .join(held, held.id == Transfer.credit_id)
        .where(held.kind == "held")
    ).all()
    assert {hold.key: hold.amount for hold in holds} == {hold_key(row.id): row.price for row in rows}
    answered = set(db.session.scalars(select(Transfer.reverses_id).where(Transfer.reverses_id.is_not(None))))
    by_key = {hold.key: hold.id for hold in holds}
    assert {by_key[hold_key(row.id)] in answered for row in rows if row.state == "held"} <= {False}
    assert {by_key[hold_key(row.id)] in answered for row in rows if row.state != "held"} <= {True}
    last = select(func.max(RedemptionStep.id)).group_by(RedemptionStep.redemption_id)
    steps = db.session.execute(
        select(RedemptionStep.redemption_id, RedemptionStep.state).where(RedemptionStep.id.in_(last))
    ).all()
    assert sorted((row.id, row.state) for row in rows) == sorted(map(tuple, steps))
    active = select(func.count(Redemption.id)).where(
        Redemption.item_id == MallItem.id, Redemption.state != "cancelled"
    )
    off = select(MallItem.id).where(MallItem.stock_total - MallItem.stock != active.scalar_subquery())
    assert db.session.scalars(off).all() == []
    vouchers = {row.id for row in rows if row.kind == "voucher"}
    given = select(VoucherCode.redemption_id).where(VoucherCode.redemption_id.is_not(None))
    assert sorted(db.session.scalars(given)) == sorted(vouchers)
