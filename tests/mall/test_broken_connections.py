"""Redeeming where connections, servers and disks break: nothing is lost, nothing half, nothing twice.

LIGHTUP_FULL=1: 5,000 presses, and a server killed fifty times (or LIGHTUP_KILLS times).
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.blueprints.mall import services_items
from app.blueprints.mall.models import Redemption
from app.blueprints.mall.services_items import NewCode
from app.blueprints.points.models import Account
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from tests.mall.conftest import earn
from tests.mall.shoppers import Intent, Shopper, check_told, check_whole
from tests.quests.served import GUNICORN, WAITRESS, Server, serving, sign_in

FULL = bool(os.environ.get("LIGHTUP_FULL"))
KILLS = int(os.environ.get("LIGHTUP_KILLS", "50" if FULL else "2"))
INTENTS, CUT = (5000, 0.1) if FULL else (40, 0.3)
CONTROL = 20
LOGINS, PRICE = ("linxia", "alan", "laohe", "suhe"), 10
# as WAITRESS serves it, but for its transactions
IN_PIECES = [*WAITRESS[:3], "--app", "tests.mall.in_pieces", "serve"]
GONE, FULL_DISK = "最后一件刚被换走。你的积分没有动", "什么都没有改动，过一分钟再试"


@pytest.fixture
def people(make_member: Callable[..., Actor]) -> list[Actor]:
    with unit_of_work():
        found = [make_member(login) for login in LOGINS]
        for each in found:
            earn(each, PRICE * 20_000)
    return found


@pytest.fixture
def make_goods(make_item: Callable[..., int], keeper: Actor) -> Callable[[int], list[int]]:
    """make_goods(5) -> something to fetch and a voucher, so many of each."""

    def make(count: int) -> list[int]:
        mug = make_item(stock=count, price=PRICE, pickup="店里", pickup_en="the shop")
        voucher = make_item("voucher", price=PRICE)
        codes = [NewCode(f"YS8K-{voucher}-{n:05}") for n in range(count)]
        services_items.add_codes(voucher, codes, by=keeper)
        db.session.rollback()
        return [mug, voucher]

    return make


def work(shoppers: list[Shopper]) -> None:
    for shopper in shoppers:
        shopper.start()
    for shopper in shoppers:
        shopper.join(timeout=900)
        assert not shopper.is_alive()


def redeem_on_a_bad_line(
    server: Server, goods: list[int], presses: int, *, keep_token: bool = True
) -> list[Shopper]:
    each = presses // len(LOGINS)
    shoppers = []
    for login in LOGINS:
        intents = [Intent(goods[n % 2], f"{login}-{goods[0]}-{n}", PRICE) for n in range(each)]
        shoppers.append(Shopper(server, login, intents, cut=CUT, keep_token=keep_token))
    work(shoppers)
    assert sum(shopper.told.cut for shopper in shoppers) > 0
    return shoppers


def redemptions() -> int:
    db.session.rollback()
    return db.session.scalars(select(func.count(Redemption.id))).one()


@pytest.mark.race
def test_a_press_without_its_answer_is_pressed_again(
    app: Flask, make_goods: Callable[[int], list[int]], people: list[Actor]
) -> None:
    # there is less than is asked for, so some presses are refused
    goods, others = make_goods(INTENTS // 2 - 5), make_goods(CONTROL)
    with serving(app, GUNICORN) as server:
        shoppers = redeem_on_a_bad_line(server, goods, INTENTS)
        check_told(shoppers)
        check_whole()
        before = redemptions()
        # the control: without its token it is another redemption
        redeem_on_a_bad_line(server, others, CONTROL, keep_token=False)
        assert redemptions() - before > CONTROL
    ordered = sum(len(shopper.told.orders) for shopper in shoppers)
    refused = [page for shopper in shoppers for page in shopper.told.refused.values()]
    assert ordered == before == (INTENTS // 2 - 5) * 2
    assert ordered + len(refused) == INTENTS
    assert all(GONE in page for page in refused)


def kill_at_work(server: Server, goods: list[int], kills: int) -> Generator[list[Shopper]]:
    """Members redeem without end while the server is killed and started again: they, after each kill."""
    chance, stop = random.Random(11), threading.Event()

    def intents(login: str) -> Generator[Intent]:
        for n in range(5000):
            # every third of those that can be fetched is cancelled
            yield Intent(goods[n % 2], f"{login}-{n}", PRICE, cancels=n % 6 == 0)

    shoppers = [Shopper(server, login, intents(login), stop=stop) for login in LOGINS]
    for shopper in shoppers:
        shopper.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.3, 0.9))
            server.kill()
            yield shoppers
            server.start()
    finally:
        # whoever waits for an answer gets it from the last server
        stop.set()
        for shopper in shoppers:
            shopper.join(timeout=60)
            assert not shopper.is_alive()


@pytest.mark.race
def test_what_was_acknowledged_outlives_kill_9(
    app: Flask, make_goods: Callable[[int], list[int]], people: list[Actor]
) -> None:
    goods = make_goods(5000)
    with serving(app) as server:
        *_, shoppers = kill_at_work(server, goods, KILLS)
    assert sum(shopper.told.lost for shopper in shoppers) > 0, "no request was ever cut off"
    assert sum(len(shopper.told.cancelled) for shopper in shoppers) > 0
    check_told(shoppers)
    check_whole()
    print(f"{KILLS} kills, {redemptions()} redemptions")


@pytest.mark.race
def test_a_server_without_its_transaction_leaves_halves_when_killed(
    app: Flask, make_goods: Callable[[int], list[int]], people: list[Actor]
) -> None:
    goods = make_goods(5000)
    with serving(app, IN_PIECES) as server, closing(kill_at_work(server, goods, kills=20)) as kills:
        assert not all(is_whole() for _ in kills)


def is_whole() -> bool:
    try:
        check_whole()
    except AssertionError:
        return False
    return True


@pytest.mark.race
def test_a_full_disk_is_honest(
    app: Flask, make_goods: Callable[[int], list[int]], people: list[Actor]
) -> None:
    mug, voucher = make_goods(10)
    on_server = db.engine.dialect.name == "postgresql"
    with serving(app) as server:
        cookie, csrf = sign_in(server, "linxia")

        def redeem(item: int, token: str) -> tuple[int, str]:
            form = {"token": token, "price": str(PRICE), "address": "pickup", "csrf_token": csrf}
            status, headers, page = server.ask("POST", f"/mall/{item}/redeem", form, cookie)
            return status, headers.get("Location") or page.decode()

        before = balance(people[0])
        assert redeem(mug, "before")[0] == 303
        server.fail_disk()
        for item in (mug, voucher):
            status, page = redeem(item, f"during {item}")
            # a database of its own machine doesn't need this disk
            assert status == (303 if on_server else 503)
            assert on_server or FULL_DISK in page
        # what is there can be read all the while
        assert server.ask("GET", "/mall/orders", cookie=cookie)[0] == 200
        assert redemptions() == (3 if on_server else 1)
        assert balance(people[0]) == before - PRICE * redemptions()
        server.mend_disk()
        assert [redeem(item, f"during {item}")[0] for item in (mug, voucher)] == [303, 303]
    assert redemptions() == 3
    assert balance(people[0]) == before - PRICE * 3
    check_whole()


def balance(member: Actor) -> int:
    db.session.rollback()
    wallet = select(Account.balance).where(Account.member_id == member.id, Account.kind == "wallet")
    return db.session.scalars(wallet).one()
