"""The queue behind the mall: who sees an address, each step of an order's way, files out and in."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.blueprints.inbox.models import Notice
from app.blueprints.mall import services, services_items
from app.blueprints.mall.models import MallItem, Redemption
from app.blueprints.mall.policies import TAKEN_FOR
from app.blueprints.members import queries as members
from app.blueprints.points import queries_audit, services_questions
from app.blueprints.points.models import Account, Transfer
from app.core import clock
from app.core.actor import Actor
from app.core.audit import AuditLine
from app.core.crypto import seal
from app.core.db import db
from tests.conftest import PASSWORD

HOME = {
    "name": "蒋南", "phone": "13800004417", "province": "浙江省", "city": "杭州市", "district": "余杭区",
    "street": "=古墩路 1899 号",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_drift(app: Any) -> Any:
    yield
    db.session.rollback()
    assert list(queries_audit.differences()) == []


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.books, "sealed_copy", lambda *_: seal(json.dumps(HOME)))


@pytest.fixture
def order(make_item: Callable[..., int], rich: Callable[..., Actor]) -> Callable[..., int]:
    """order("physical", …) -> a redemption by jiangnan, to be posted unless `address` is "pickup"."""
    who: list[Actor] = []
    tokens = iter(range(100))

    def make(kind: str = "physical", *, item: int | None = None, **more: Any) -> int:
        if not who:
            who.append(rich("jiangnan", 5000, name="蒋南"))
        item = item or make_item(kind, stock=5, pickup="店里", pickup_en="the shop")
        more = {"address": "1"} | more
        return services.redeem(item, token=str(next(tokens)), price=100, by=who[0], **more)

    return make


@pytest.fixture
def as_(client: FlaskClient, app: Any, make_member: Callable[..., Actor], keeper: Actor) -> Any:
    """as_("keeper") -> a client of their own; others of staff are made when asked for."""
    clients: dict[str, FlaskClient] = {}

    def sign_in(name: str) -> FlaskClient:
        if name not in clients:
            if name != keeper.login:
                make_member(name, capabilities=("admin",) if name == "guanli" else ("reviewer",))
            clients[name] = app.test_client()
            clients[name].post("/login", data={"login": name, "password": PASSWORD})
        return clients[name]

    return sign_in


def now_of(order: int) -> Any:
    db.session.rollback()
    return db.session.execute(select(*Redemption.__table__.c).where(Redemption.id == order)).one()


def wallet() -> int:
    db.session.rollback()
    return (
        db.session.scalars(
            select(Account.balance).where(Account.kind == "wallet").order_by(Account.balance.desc())
        ).first()
        or 0
    )


def acts(what: str) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditLine).where(AuditLine.act == what).order_by(AuditLine.id)))


def told(order: int) -> list[str]:
    """Of which states the member has heard."""
    db.session.rollback()
    keys = db.session.scalars(select(Notice.key).order_by(Notice.id))
    return [key.rsplit(":", 1)[1] for key in keys if key.startswith(f"redemption:{order}:")]


def say(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(f"/staff/mall/orders/{path}", data=form)


# --- whose it is, and whose address ----------------------------------------------------------------------


def test_an_address_is_seen_by_who_took_the_order_and_nobody_else(order: Any, as_: Any) -> None:
    one = order()
    desk = as_("keeper")
    assert say(desk, f"{one}/address").status_code == 404
    assert say(desk, f"{one}/take").status_code == 303
    shown = say(desk, f"{one}/address")
    assert "13800004417" in shown.get_data(as_text=True)
    part = desk.post(f"/staff/mall/orders/{one}/address", headers={"HX-Request": "true"})
    assert "古墩路" in part.get_data(as_text=True)
    assert [line.subject for line in acts("redemption.address")] == [f"redemption:{one}"] * 2
    for page in ("", f"/{one}"):
        assert "13800004417" not in desk.get(f"/staff/mall/orders{page}").get_data(as_text=True)
    # not for an admin either, who neither sees nor moves what is in other hands
    admin = as_("guanli")
    assert say(admin, f"{one}/address").status_code == 404
    assert say(admin, f"{one}/take").status_code == 409
    assert say(admin, f"{one}/ship", tracking="SF123").status_code == 409
    assert (now_of(one).state, told(one)) == ("held", [])
    assert len(acts("redemption.address")) == 2
    with clock.at(clock.now() + TAKEN_FOR):
        assert say(as_("guanli"), f"{one}/take").status_code == 303
        assert "13800004417" in say(as_("guanli"), f"{one}/address").get_data(as_text=True)
        assert say(as_("keeper"), f"{one}/address").status_code == 404


def test_given_back_it_is_free_again(order: Any, as_: Any) -> None:
    one = order()
    say(as_("keeper"), f"{one}/take")
    assert say(as_("luoning"), f"{one}/release").status_code == 303
    assert now_of(one).taker_id is not None
    say(as_("keeper"), f"{one}/release")
    assert say(as_("luoning"), f"{one}/take").status_code == 303


# --- its way ---------------------------------------------------------------------------------------------


def test_a_parcel_goes_out_and_arrives(order: Any, as_: Any) -> None:
    one, desk = order(), as_("keeper")
    say(desk, f"{one}/take")
    wrong = say(desk, f"{one}/ship", tracking="顺丰 12", carrier="顺丰")
    assert wrong.status_code == 422
    assert 'value="顺丰 12"' in wrong.get_data(as_text=True)
    assert say(desk, f"{one}/ship", tracking="SF1542 8830 6719", carrier="顺丰").status_code == 303
    row = now_of(one)
    assert (row.state, row.tracking, row.carrier) == ("shipped", "SF154288306719", "顺丰")
    assert say(desk, f"{one}/arrived").status_code == 303
    assert say(desk, f"{one}/arrived").status_code == 409
    assert (now_of(one).state, told(one), wallet()) == ("delivered", ["shipped", "delivered"], 4900)


def test_what_is_fetched_needs_no_number(order: Any, as_: Any) -> None:
    one, desk = order(address="pickup"), as_("keeper")
    say(desk, f"{one}/ship")
    assert now_of(one).state == "shipped"
    say(desk, f"{one}/arrived")
    assert (now_of(one).state, told(one)) == ("delivered", ["shipped", "delivered"])


@pytest.mark.parametrize(("shelf", "left"), [("1", 5), ("0", 4)])
def test_refused_with_a_reason_and_the_piece_where_it_is(shelf: str, left: int, order: Any, as_: Any) -> None:
    one, desk = order(), as_("keeper")
    assert say(desk, f"{one}/refuse", reason=" ", shelf=shelf).status_code == 422
    assert say(desk, f"{one}/refuse", reason="路上摔坏了", shelf=shelf).status_code == 303
    assert (now_of(one).reason, wallet(), told(one)) == ("路上摔坏了", 5000, ["refused"])
    assert db.session.scalars(select(MallItem.stock)).one() == left


def test_points_come_back_for_what_was_sent(order: Any, as_: Any) -> None:
    one, desk = order(), as_("keeper")
    assert say(desk, f"{one}/refund", reason="太早了").status_code == 409
    say(desk, f"{one}/ship", tracking="SF1")
    say(desk, f"{one}/ship", tracking="SF123")
    assert say(desk, f"{one}/refund", reason="丢件了").status_code == 303
    assert (now_of(one).state, wallet(), told(one)) == ("refunded", 5000, ["shipped", "refunded"])


def test_a_loan_is_due_back_and_late_after_its_day(order: Any, as_: Any) -> None:
    one, desk = order("loan"), as_("keeper")
    say(desk, f"{one}/ship", tracking="SF123")
    row = now_of(one)
    assert (row.back_on - row.moved_at.date()).days in (14, 15)
    with clock.at(clock.now() + timedelta(days=17)):
        page = as_("keeper").get("/staff/mall/orders?tab=lent").get_data(as_text=True)
        late = re.search(r"约定 [^<]+归还 · <b>过了 (\d) 天", page)
        assert late is not None
        assert late[1] in "23"
        say(as_("keeper"), f"{one}/returned")
    assert (now_of(one).state, told(one)) == ("returned", ["shipped", "returned"])
    assert db.session.scalars(select(MallItem.stock)).one() == 5


def test_guests_are_checked_in_and_put_right(make_item: Any, rich: Any, keeper: Actor, as_: Any) -> None:
    now = clock.now()
    item = make_item("experience")
    slot = services_items.add_slot(
        item, starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=2, hours=2), seats=3, by=keeper
    )
    guests = [
        services.redeem(item, token="t", price=100, slot_id=slot, by=rich(name, 200)) for name in ("an", "bo")
    ]
    date = f"/staff/mall/dates/{slot}"

    def press(guest: int, what: str) -> int:
        return as_("luoning").post(f"{date}/{guest}/{what}").status_code

    assert press(guests[0], "came") == 409
    with clock.at(now + timedelta(days=2, minutes=-5)):
        assert press(guests[0], "missed") == 409
        assert press(guests[0], "came") == 303
    with clock.at(now + timedelta(days=2, minutes=30)):
        assert press(guests[1], "missed") == 303
        assert "其实到了" in as_("luoning").get(date).get_data(as_text=True)
        assert press(guests[1], "came") == 303
    assert [told(guest) for guest in guests] == [["delivered"], ["missed", "delivered"]]


# --- lists -----------------------------------------------------------------------------------------------


def test_the_earliest_promise_stands_first_and_pages_go_on(
    order: Any, as_: Any, make_item: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, other = make_item(stock=30), make_item(stock=3)
    orders = [order(item=item) for _ in range(22)]
    mine = order(item=other)
    desk = as_("keeper")
    say(desk, f"{mine}/take")

    def listed(query: str) -> tuple[list[int], str | None]:
        page = desk.get(f"/staff/mall/orders?{query}").get_data(as_text=True)
        more = re.search(r'hx-get="/staff/mall/orders\?([^"]+)" hx-trigger="revealed', page)
        found = [int(n) for n in re.findall(r'<a class="tgt" href="/staff/mall/orders/(\d+)"', page)]
        return found, more[1].replace("&amp;", "&") if more else None

    first, more = listed("")
    assert first == orders[:20]
    assert more is not None
    assert listed(more) == ([*orders[20:], mine], None)
    assert listed(f"item={other}")[0] == [mine]
    assert listed("mine=1")[0] == [mine]
    assert listed("tab=way")[0] == []


def test_a_longer_list_asks_no_more(order: Any, as_: Any, make_item: Any) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append(statement)

    def cost(path: str) -> int:
        asked.clear()
        assert as_("keeper").get(path).status_code == 200
        return len(asked)

    item = make_item(stock=30)
    order(item=item)
    pages = ("/staff/mall/orders", "/staff/owed", "/staff/mall")
    as_("keeper")
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        few = [cost(path) for path in pages]
        for _ in range(15):
            order(item=item)
        assert [cost(path) for path in pages] == few
        # the board of promises reads from three features
        assert all(
            cost <= 4 + ("owed" in path or "orders" in path) for path, cost in zip(pages, few, strict=True)
        )
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


# --- files -----------------------------------------------------------------------------------------------


def test_take_all_and_download_as_text(order: Any, as_: Any) -> None:
    mine, other, fetched = order(), order(), order(address="pickup")
    say(as_("luoning"), f"{other}/take")
    file = say(as_("keeper"), "export", **{"as": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(file.data)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [str(mine)]
    assert rows[0][2:8] == tuple(HOME.values())
    assert {cell.data_type for row in sheet.iter_rows(max_col=8) for cell in row} == {"s"}
    assert [line.after for line in acts("redemption.export")] == [{"orders": [mine]}]
    assert now_of(fetched).taker_id is None
    # what is in hand already comes again: a lost download is no lost order
    text = say(as_("keeper"), "export", **{"as": "csv"}).data.decode("utf-8-sig")
    (line,) = list(csv.reader(io.StringIO(text)))[1:]
    assert (line[0], line[7]) == (str(mine), "'=古墩路 1899 号")


def upload(client: FlaskClient, text: str, path: str = "", encoding: str = "utf-8") -> Any:
    file = (io.BytesIO(text.encode(encoding)), "回单.csv")
    return client.post(f"/staff/mall/tracking{path}", data={"file": file})


def test_numbers_from_a_file_are_tried_then_written_once(order: Any, as_: Any, rich: Any) -> None:
    good, sent, taken, gone = order(), order(), order(), order()
    say(as_("luoning"), f"{taken}/take")
    desk = as_("keeper")
    say(desk, f"{sent}/ship", tracking="SF111")
    services.cancel(gone, by=members.as_actor(now_of(gone).member_id))
    lines = [
        (good, "SF1542"),
        (sent, "SF222"),
        (taken, "SF333"),
        (gone, "SF444"),
        (987654, "SF5"),
        (good, ""),
    ]
    text = "订单号,快递单号,快递公司\n" + "\n".join(f"{one},{number},顺丰" for one, number in lines)
    page = upload(desk, text, encoding="gb18030").get_data(as_text=True)
    for word in ("已寄出", "Luoning在办", "已取消", "没有这个号的包裹", "写入 1 行"):
        assert word in page
    assert now_of(good).state == "held"
    for _ in range(2):
        assert upload(desk, text, "/run").status_code == 303
    assert (now_of(good).tracking, now_of(good).carrier) == ("SF1542", "顺丰")
    assert (now_of(sent).tracking, now_of(taken).state, told(good)) == ("SF111", "held", ["shipped"])
    assert upload(desk, "a,b\n1,2").status_code == 422


def test_the_board_says_what_is_late_and_whose(
    order: Any, as_: Any, make_item: Any, rich: Any, keeper: Actor
) -> None:
    desk, now = as_("keeper"), clock.now()
    starts = now + timedelta(days=20)

    def read(query: str = "") -> str:
        return unescape(as_("keeper").get(f"/staff/owed{query}").get_data(as_text=True))

    assert "答应过的都兑现了" in read()
    one, _two = order(), order("loan")
    say(desk, f"{one}/take")
    item = make_item("experience")
    slot = services_items.add_slot(
        item, starts_at=starts, ends_at=starts + timedelta(hours=1), seats=3, by=keeper
    )
    services.redeem(item, token="t", price=100, slot_id=slot, by=rich("an", 200))
    assert "3 件还没兑现，没有一件过了约定的日子" in read()
    assert "1 位来宾" in read()
    assert "1 件还没兑现" in read("?mine=1")
    with clock.at(now + timedelta(days=10)):
        late = read()
    assert "3 件还没兑现，2 件已经过了约定的日子" in late
    assert late.index("<b>过了 3 天</b>") < late.index("位来宾")
    asker = rich("asker", 10)
    line = db.session.scalars(select(Transfer.id).order_by(Transfer.id.desc())).first()
    assert line is not None
    db.session.rollback()
    services_questions.ask(line, "这一笔是什么", by=asker)
    assert 'href="/staff/points/questions#q-1"' in read()
