"""The goods desk: forms, pieces, dates, pictures, and codes from a file."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.blueprints.mall import services, services_items
from app.blueprints.mall.models import MallItem, MallPicture, MallShelf, MallSlot, Redemption, VoucherCode
from app.blueprints.mall.services_items import NewCode
from app.core import clock
from app.core.actor import Actor
from app.core.crypto import unseal
from app.core.db import db

LANTERN = {
    "name": "山脊营灯", "name_en": "Ridge lantern", "blurb": "夜里也看得清路", "price": "2600",
    "cost": "118.50",
    "stock": "12", "per_member": "1", "opens_at": "2026-11-20T10:00", "priority_from": "2026-11-18T10:00",
    "priority_star": "2", "kept_for_all": "6", "promise_days": "7", "new_shelf": "周边",
    "new_shelf_en": "Merch",
    "fact-0-label": "材质", "fact-0-label_en": "Made of", "fact-0-text": "铝", "fact-0-text_en": "Aluminium",
    "fact-3-label": "重量", "fact-3-text": "320 克",
}  # fmt: skip


@pytest.fixture
def desk(login: Callable[..., FlaskClient], keeper: Actor) -> FlaskClient:
    return login(keeper)


def items() -> list[Any]:
    db.session.rollback()
    return list(db.session.execute(select(*MallItem.__table__.c).order_by(MallItem.id)))


def test_a_good_is_written_read_back_and_put_on_the_shelf(desk: FlaskClient) -> None:
    made = desk.post("/staff/mall/new/physical", data=LANTERN)
    assert made.status_code == 303
    (item,) = items()
    assert (item.state, item.stock, item.price, item.cost_cents) == ("draft", 12, 2600, 11850)
    assert [fact["label"] for fact in item.facts] == ["材质", "重量"]
    assert db.session.execute(select(MallShelf.key, MallShelf.name)).all() == [(item.shelf_key, "周边")]
    form = desk.get(f"/staff/mall/{item.id}/edit").get_data(as_text=True)
    again = {
        name: unescape(value) for name, value in re.findall(r'name="([\w-]+)"[^>]*? value="([^"]*)"', form)
    }
    del again["preview"]
    again |= {"blurb": LANTERN["blurb"], "shelf_key": item.shelf_key}
    assert desk.post(f"/staff/mall/{item.id}/edit", data=again | {"price": "2700"}).status_code == 303
    (changed,) = items()
    assert dict(changed._mapping) | {"price": 2600} == dict(item._mapping)
    desk.post(f"/staff/mall/{item.id}/live")
    assert "山脊营灯" in desk.get("/staff/mall").get_data(as_text=True)
    desk.post(f"/staff/mall/{item.id}/closed")
    assert "山脊营灯" not in desk.get("/staff/mall").get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("price", "zwölf"),
        ("price", "0"),
        ("cost", "1e400"),
        ("opens_at", "2026-13-01T10:00"),
        ("priority_from", "2026-11-21T10:00"),
        ("per_member", "99999999999"),
    ],
)
def test_bad_input_stands_beside_its_field_with_what_was_typed(
    field: str, typed: str, desk: FlaskClient
) -> None:
    answer = desk.post("/staff/mall/new/physical", data=LANTERN | {field: typed, "blurb": "别丢"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="f-{field}-e"' in page
    assert f'value="{typed}"' in page
    assert "别丢</textarea>" in page
    assert 'value="铝"' in page
    assert items() == []


def test_the_preview_writes_nothing(desk: FlaskClient) -> None:
    page = desk.post(
        "/staff/mall/new/physical", data=LANTERN | {"preview": "1"}, headers={"HX-Request": "true"}
    ).get_data(as_text=True)
    assert "2 星及以上先兑" in page
    assert items() == []


def test_pieces_and_seats_are_never_fewer_than_are_taken(
    desk: FlaskClient, make_item: Callable[..., int], rich: Callable[..., Actor]
) -> None:
    mug = make_item(stock=3)
    assert desk.post(f"/staff/mall/{mug}/pieces", data={"pieces": "-4"}).status_code == 422
    assert desk.post(f"/staff/mall/{mug}/pieces", data={"pieces": "-3"}).status_code == 303
    visit = make_item("experience")
    day = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%d")
    when = {"starts_at": f"{day}T10:00", "ends_at": f"{day}T12:00", "seats": "3"}
    assert desk.post(f"/staff/mall/{visit}/slots", data=when | {"ends_at": ""}).status_code == 422
    for _ in range(2):
        assert desk.post(f"/staff/mall/{visit}/slots", data=when).status_code == 303
    db.session.rollback()
    one, two = db.session.scalars(select(MallSlot.id).order_by(MallSlot.id)).all()
    for token in ("an", "bo"):
        services.redeem(visit, token=token, price=100, slot_id=one, by=rich(token, 100))
    assert desk.post(f"/staff/mall/slots/{one}/seats", data={"seats": "1"}).status_code == 422
    assert desk.post(f"/staff/mall/slots/{one}/seats", data={"seats": "2"}).status_code == 303
    assert desk.post(f"/staff/mall/slots/{one}/remove").status_code == 409
    assert desk.post(f"/staff/mall/slots/{two}/remove").status_code == 303
    db.session.rollback()
    left = db.session.execute(select(MallSlot.id, MallSlot.seats, MallSlot.seats_total)).all()
    assert left == [(one, 0, 2)]
    assert [(item.stock, item.stock_total) for item in items()] == [(0, 0), (0, 2)]


def test_pictures_in_their_order(desk: FlaskClient, make_item: Callable[..., int]) -> None:
    mug = make_item()

    def photo(colour: str) -> tuple[io.BytesIO, str]:
        file = io.BytesIO()
        Image.new("RGB", (40, 30), colour).save(file, "JPEG")
        return io.BytesIO(file.getvalue()), "x.jpg"

    def shown() -> list[int]:
        db.session.rollback()
        return list(db.session.scalars(select(MallPicture.media_id).order_by(MallPicture.position)))

    files = {
        "pictures": [photo("red"), photo("green"), (io.BytesIO(b"no photo"), "y.jpg")],
        "upload_key": "k",
    }
    answer = desk.post(f"/staff/mall/{mug}/pictures", data=files)
    assert answer.status_code == 422
    assert 'id="f-pictures-e"' in answer.get_data(as_text=True)
    first, second = shown()
    desk.post(f"/staff/mall/{mug}/pictures/{second}/forward")
    assert shown() == [second, first]
    assert desk.get(f"/media/{second}/thumb").status_code == 200
    desk.post(f"/staff/mall/{mug}/pictures/{second}/remove")
    assert shown() == [first]
    assert desk.get(f"/media/{second}/thumb").status_code == 404


# --- codes -----------------------------------------------------------------------------------------------


def send(desk: FlaskClient, item: int, text: str, path: str = "", encoding: str = "utf-8") -> Any:
    file = (io.BytesIO(text.encode(encoding)), "券码.csv")
    return desk.post(f"/staff/mall/{item}/codes{path}", data={"file": file})


def codes() -> list[str]:
    db.session.rollback()
    return [unseal(text) for text in db.session.scalars(select(VoucherCode.sealed).order_by(VoucherCode.id))]


def test_one_bad_line_and_nothing_is_imported(
    desk: FlaskClient, make_item: Callable[..., int], rich: Callable[..., Actor], keeper: Actor
) -> None:
    voucher = make_item("voucher")
    services_items.add_codes(voucher, [NewCode("YS-CH-1P8W")], by=keeper)
    services.redeem(voucher, token="t", price=100, by=rich("lixm", 100, name="黎小满"))
    lines = [
        "券码,有效期", "YS-CH-7K2M", "", "YS-CH-7K2M", "YS-CH-1P8W", "abc", "x" * 65, "YS-CH-0001,明年",
        "YS-CH-0002,2020-01-01", "YS-CH-0003,2099/3/1",
    ]  # fmt: skip
    answer = send(desk, voucher, "\r\n".join(lines), encoding="gb18030")
    page = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    found = dict(re.findall(r'<tr><td>(\d+)</td><td>.*?<span class="fix blk">(.*?)</span>', page))
    assert list(found) == ["3", "4", "5", "6", "7", "8", "9"]
    assert found["3"] == "空行"
    assert found["4"] == "和第 2 行一样"
    assert found["5"].endswith("导过，已给了黎小满")
    assert "改好 7 行再导入" in page
    assert send(desk, voucher, "\n".join(lines), "/run").status_code == 422
    assert codes() == ["YS-CH-1P8W"]
    file = send(desk, voucher, "\n".join(lines), "/errors").data.decode("utf-8-sig")
    assert len(file.splitlines()) == 8


def test_ten_thousand_codes_in_a_moment(desk: FlaskClient, make_item: Callable[..., int]) -> None:
    voucher = make_item("voucher")
    text = "\n".join(f"YS-CH-{number:08},2099-12-31" for number in range(10_000))
    began = time.perf_counter()
    page = send(desk, voucher, text)
    assert page.status_code == 200
    assert db.session.scalars(select(VoucherCode.id)).first() is None
    # the text comes back with the page that showed it
    back = desk.post(
        f"/staff/mall/{voucher}/codes/run", data={"text": text}, content_type="multipart/form-data"
    )
    print(f"10,000 codes tried and imported in {time.perf_counter() - began:.1f} s")
    assert back.status_code == 303
    assert len(codes()) == 10_000
    assert (items()[0].stock, items()[0].stock_total) == (10_000, 10_000)


def test_what_points_would_cost(
    desk: FlaskClient, make_item: Callable[..., int], rich: Callable[..., Actor]
) -> None:
    linxia = rich("linxia", 22_100)
    assert "还说不出" in desk.get("/staff/mall").get_data(as_text=True)
    mug = make_item(price=100, cost_cents=400, pickup="店里", pickup_en="shop")
    services.redeem(mug, token="t", price=100, address="pickup", by=linxia)
    page = desk.get("/staff/mall").get_data(as_text=True)
    assert "按商城近三个月的兑换，22,000 积分约合 880 元" in page
    assert db.session.scalars(select(Redemption.state)).one() == "held"
