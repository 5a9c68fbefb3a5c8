"""The mall as members meet it in a browser: what the pages say, and what a press does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.blueprints.addresses import services as addresses
from app.blueprints.addresses.policies import Address
from app.blueprints.inbox.models import Notice
from app.blueprints.mall import services, services_items
from app.blueprints.mall.models import MallItem, Redemption
from app.blueprints.mall.services_items import NewCode
from app.blueprints.points.models import Account
from app.core import clock
from app.core.actor import Actor
from app.core.db import db

HOME = Address(
    name="林夏",
    phone="13800000312",
    province="浙江省",
    city="杭州市",
    district="西湖区",
    street="文三路 1177 号 6 幢",
)
EN = {"Accept-Language": "en"}


@pytest.fixture
def linxia(rich: Callable[..., Actor], login: Callable[..., FlaskClient]) -> Actor:
    member = rich("linxia", 500)
    login(member)
    return member


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path, headers=EN)
    assert response.status_code == status, path
    return response.get_data(as_text=True)


def form_of(html: str) -> dict[str, str]:
    """The hidden fields of the form that redeems."""
    return dict(re.findall(r'<input type="hidden" name="(token|price)" value="([^"]*)"', html))


def balance(member: Actor) -> int:
    db.session.rollback()
    return db.session.scalars(
        select(Account.balance).where(Account.member_id == member.id, Account.kind == "wallet")
    ).one()


def redemptions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Redemption.id))) or 0


def test_from_the_shelf_to_the_door(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int]
) -> None:
    item = make_item(name_en="Ridge mug", price=120, stock=2)
    home = addresses.add_address(HOME, by=linxia)
    assert "Ridge mug" in page(client, "/mall")
    assert f"/mall/{item}/redeem" in page(client, f"/mall/{item}")
    asking = page(client, f"/mall/{item}/redeem")
    assert "138 **** 0312" in asking
    assert "1177" not in asking
    assert re.search(r"Afterwards</dt><dd>380<", asking)
    form = form_of(asking)
    sent = [client.post(f"/mall/{item}/redeem", data=form | {"address": str(home)}) for _ in range(2)]
    assert {response.status_code for response in sent} == {303}
    assert len({response.location for response in sent}) == 1
    assert (redemptions(), balance(linxia)) == (1, 380)
    order = page(client, sent[0].location)
    assert "being prepared" in order
    assert "Cancel, the points come back" in order
    assert "138 **** 0312" in order
    client.post(f"{sent[0].location}/cancel")
    assert balance(linxia) == 500
    assert "All points are back" in page(client, sent[0].location)
    assert client.post(f"{sent[0].location}/cancel").status_code == 409


def test_what_is_missing_is_said_and_what_was_chosen_is_kept(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int], keeper: Actor
) -> None:
    item = make_item("experience", price=50)
    start = clock.now() + timedelta(days=3)
    slots = [
        services_items.add_slot(item, starts_at=start, ends_at=start + timedelta(hours=n), seats=2, by=keeper)
        for n in (1, 2)
    ]
    form = form_of(page(client, f"/mall/{item}/redeem"))
    refused = client.post(f"/mall/{item}/redeem", data=form, headers=EN)
    assert refused.status_code == 422
    text = refused.get_data(as_text=True)
    assert "Choose a date that is still ahead." in text
    assert form_of(text) == form
    client.post(f"/mall/{item}/redeem", data=form | {"slot": str(slots[1])})
    assert db.session.scalars(select(Redemption.slot_id)).all() == [slots[1]]
    kind = make_item(price=50)
    no_address = client.post(f"/mall/{kind}/redeem", data={"token": "a", "price": "50"}, headers=EN)
    assert no_address.status_code == 422
    assert "Where should it go?" in no_address.get_data(as_text=True)


def test_being_too_late_is_told_kindly_and_takes_nothing(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int], rich: Callable[..., Actor]
) -> None:
    item = make_item(price=50, stock=1, pickup="店里")
    form = form_of(page(client, f"/mall/{item}/redeem")) | {"address": "pickup"}
    services.redeem(item, token="other", price=50, address="pickup", by=rich("faster"))
    late = client.post(f"/mall/{item}/redeem", data=form, headers=EN)
    assert late.status_code == 409
    assert "Somebody was faster" in late.get_data(as_text=True)
    assert (redemptions(), balance(linxia)) == (1, 500)


@pytest.mark.parametrize("number", ["0", "999999"])
def test_nobody_redeems_with_the_address_of_another(
    number: str, client: FlaskClient, linxia: Actor, make_item: Callable[..., int], make_member: Any
) -> None:
    item = make_item(price=50)
    theirs = addresses.add_address(HOME, by=make_member("other"))
    for address in (number, str(theirs)):
        sent = client.post(f"/mall/{item}/redeem", data={"token": "a", "price": "50", "address": address})
        assert sent.status_code == 404
    assert (redemptions(), balance(linxia)) == (0, 500)
    mine = addresses.add_address(HOME, by=linxia)
    assert (
        client.post(
            f"/mall/{item}/redeem", data={"token": "a", "price": "50", "address": str(mine)}
        ).status_code
        == 303
    )


def test_an_order_is_its_owners_alone(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int], rich: Callable[..., Actor]
) -> None:
    item = make_item(price=50, pickup="店里")
    theirs = services.redeem(item, token="x", price=50, address="pickup", by=rich("other"))
    mine = services.redeem(item, token="x", price=50, address="pickup", by=linxia)
    for number, status in ((theirs, 404), (999_999, 404)):
        page(client, f"/mall/orders/{number}", status)
        assert client.post(f"/mall/orders/{number}/cancel").status_code == status
        assert client.post(f"/mall/orders/{number}/received").status_code == status
    page(client, f"/mall/orders/{mine}")
    assert client.post(f"/mall/orders/{mine}/cancel").status_code == 303
    assert db.session.scalars(select(Redemption.state).order_by(Redemption.id)).all() == ["held", "cancelled"]


def test_a_code_is_shown_to_its_owner(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int], keeper: Actor
) -> None:
    item = make_item("voucher", price=50)
    services_items.add_codes(item, [NewCode("YS8K-2P4W-77QD")], by=keeper)
    sent = client.post(f"/mall/{item}/redeem", data=form_of(page(client, f"/mall/{item}/redeem")))
    assert "YS8K-2P4W-77QD" in page(client, sent.location)
    assert "YS8K-2P4W-77QD" not in page(client, "/mall/orders")
    assert "All gone" in page(client, f"/mall/{item}")


def test_enough_now_leaves_what_can_be_redeemed(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int]
) -> None:
    soon = clock.now() + timedelta(days=1)
    for name, more in {
        "cheap": {}, "dear": {"price": 501}, "gone": {"stock": 0}, "starred": {"min_star": 1},
        "later": {"opens_at": soon}, "other tier": {"min_tier": "cocreator"},
    }.items():  # fmt: skip
        make_item(name=name, name_en=name, **{"price": 100} | more)
    names = re.findall(r'class="good".*?<b class="blk">(.*?)</b>', page(client, "/mall?only=now"))
    assert names == ["cheap"]
    everything = re.findall(r'class="good".*?<b class="blk">(.*?)</b>', page(client, "/mall"))
    assert everything == ["cheap", "dear", "starred", "later", "other tier", "gone"]


def test_a_long_shelf_goes_on_where_it_ended(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int]
) -> None:
    for number in range(30):
        make_item(name_en=f"Good {number}", position=number % 3)
    found, path, pages = [], "/mall", 0
    while path:
        html, pages = page(client, path), pages + 1
        found += re.findall(r'<b class="blk">(Good \d+)</b>', html)
        link = re.search(r'href="(/mall\?after=[^"]+)"', html)
        path = link[1] if link else ""
    assert pages == 2
    assert sorted(found) == sorted(f"Good {number}" for number in range(30))


def test_a_wish_stands_on_today_until_it_is_redeemed(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int]
) -> None:
    item = make_item(name_en="Lantern", price=800, pickup="店里")
    client.post(f"/mall/{item}/wish")
    assert re.search(r"Your wish, 300 to go.*?Lantern", page(client, "/"), re.S)
    assert "Your wish" in page(client, f"/mall/{item}")
    services_items.edit_item(item, price=400, by=Actor(id=linxia.id, name=""))
    assert "You have enough" in page(client, "/")
    client.post(f"/mall/{item}/redeem", data={"token": "t", "price": "400", "address": "pickup"})
    assert "Lantern" not in page(client, "/")


def test_those_who_wait_are_told_as_many_as_there_are(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int], keeper: Actor, make_member: Any
) -> None:
    item = make_item(name_en="Blanket", stock=0)
    first, second = make_member("first"), make_member("second")
    for member in (first, second):
        services.watch(item, by=member)
    client.post(f"/mall/{item}/watch")
    services_items.change_stock(item, 1, by=keeper)
    services_items.change_stock(item, 1, by=keeper)
    told = select(Notice.member_id).where(Notice.key.like("restock:%")).order_by(Notice.id)
    assert db.session.scalars(told).all() == [first.id, second.id]
    client.post(f"/mall/{item}/unwatch")
    services_items.change_stock(item, 5, by=keeper)
    assert db.session.scalars(told).all() == [first.id, second.id]


def test_redeeming_never_touches_the_stars(
    client: FlaskClient, make_item: Callable[..., int], rich: Callable[..., Actor], login: Any
) -> None:
    member = rich("starry", 1200)
    login(member)
    item = make_item(price=1200, pickup="店里")
    client.post(f"/mall/{item}/redeem", data={"token": "t", "price": "1200", "address": "pickup"})
    assert balance(member) == 0
    lifetime = select(Account.lifetime).where(Account.member_id == member.id, Account.kind == "wallet")
    assert db.session.scalars(lifetime).one() == 1200
    assert 'aria-label="1 star"' in page(client, "/me")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"token": "t", "price": "x", "address": "pickup"},
        {"token": "t" * 5000, "price": "-1", "slot": "9" * 40, "address": "9" * 40},
        {"token": "t", "price": str(2**70), "slot": "0x1", "address": "\x00"},
    ],
)
def test_nonsense_is_refused_without_a_scratch(
    data: dict[str, str], client: FlaskClient, linxia: Actor, make_item: Callable[..., int]
) -> None:
    item = make_item(price=50, pickup="店里")
    assert client.post(f"/mall/{item}/redeem", data=data).status_code in (404, 409, 422)
    assert (redemptions(), balance(linxia)) == (0, 500)
    assert db.session.scalars(select(MallItem.stock)).all() == [3]
    page(client, f"/mall/{item}/redeem?slot=%00&address=%00")
    page(client, "/mall?after=%00&shelf=%00")
    page(client, "/mall/orders?after=zzz")


def test_a_draft_is_seen_by_those_who_fill_the_shelves(
    client: FlaskClient, linxia: Actor, make_item: Callable[..., int], keeper: Actor, login: Any
) -> None:
    item = services_items.add_item("physical", name="新", price=5, opens_at=clock.now(), by=keeper, stock=1)
    for path in (f"/mall/{item}", f"/mall/{item}/redeem"):
        page(client, path, 404)
    for act in ("redeem", "wish", "watch"):
        assert client.post(f"/mall/{item}/{act}", data={"price": "5", "token": "t"}).status_code == 404
    client.post("/logout")
    login(keeper)
    page(client, f"/mall/{item}")
