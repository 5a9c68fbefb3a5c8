"""The address book through its pages."""

from __future__ import annotations

import re

import pytest

from app.blueprints.addresses import policies, queries, services
from app.blueprints.addresses.policies import Address
from app.core.db import db
from app.core.errors import NotFound

EN = {"Accept-Language": "en"}


def page(response) -> str:
    return response.get_data(as_text=True)


def book(member) -> list[queries.Entry]:
    db.session.rollback()
    return queries.book(member.id)


def test_an_address_is_kept_shown_masked_changed_and_removed(linxia, typed, login) -> None:
    client = login(linxia)
    assert client.post("/addresses/new", data=typed).headers["Location"] == "/addresses"
    assert client.post("/addresses/new", data=typed).status_code == 303  # a second tap
    [entry] = book(linxia)
    assert (entry.address, entry.is_default) == (Address(**typed), True)
    shown = page(client.get("/addresses"))
    assert "138 **** 0312" in shown
    assert "文三路 *** 号 6 幢" in shown
    assert not re.search("13800000312|100 号|301", shown)
    edit = f"/addresses/{entry.id}/edit"
    assert "文三路 100 号 6 幢 301" in page(client.get(edit))
    order = queries.sealed_copy(entry.id, linxia.id)
    changed = typed | {"district": "滨江区", "street": "江南大道 588 号"}
    assert client.post(edit, data=changed).status_code == 303
    assert book(linxia)[0].address == Address(**changed)
    assert policies.opened(order) == Address(**typed)  # what is on its way goes where it was sent
    client.post(f"/addresses/{entry.id}/remove")
    assert book(linxia) == []


def test_one_is_the_usual_one(linxia, typed, kept, login) -> None:
    client = login(linxia)
    client.post("/addresses/new", data=typed | {"street": "second street"})
    client.post("/addresses/new", data=typed | {"street": "third street", "default": "1"})

    def order() -> list[tuple[str, bool]]:
        return [(entry.address.street[:6], entry.is_default) for entry in book(linxia)]

    assert order() == [("third ", True), ("second", False), ("文三路 10", False)]
    client.post(f"/addresses/{kept}/default")
    assert order() == [("文三路 10", True), ("third ", False), ("second", False)]
    client.post(f"/addresses/{kept}/remove")
    assert order() == [("third ", True), ("second", False)]


def test_ten_at_most_and_nothing_typed_is_lost(linxia, typed, login) -> None:
    client = login(linxia)
    for number in range(10):
        services.add_address(Address(**typed | {"street": f"street {number}"}), by=linxia)
    answer = client.post("/addresses/new", data=typed | {"street": "one too many"}, headers=EN)
    assert answer.status_code == 409
    assert "one too many" in page(answer)
    assert len(book(linxia)) == 10
    assert "/addresses/new" not in page(client.get("/addresses"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "夏" * 41}, "name"),
        ({"phone": "1380000031"}, "phone"),
        ({"phone": "call me"}, "phone"),
        ({"province": "浙江"}, "province"),
        ({"city": "深圳市"}, "city"),
        ({"district": "南山区"}, "district"),
        ({"street": "x"}, "street"),
        ({"street": "街" * 121}, "street"),
        ({"label": "很长很长很长很长很长的"}, "label"),
    ],
)
def test_what_cannot_be_kept_is_told_beside_its_field(change, field, linxia, typed, login) -> None:
    client = login(linxia)
    answer = client.post("/addresses/new", data=typed | change)
    assert answer.status_code == 422
    assert f'id="f-{field}-e"' in page(answer)
    assert typed["label" if field == "street" else "street"] in page(answer)
    assert book(linxia) == []


@pytest.mark.parametrize(
    ("number", "kept_as"),
    [
        ("+86 138-0000-0312", "13800000312"),
        ("0571-87654321", "0571-87654321"),
        ("+852 6123 4567", "+852 6123 4567"),
        ("+1 (415) 555-0132", "+1 (415) 555-0132"),
    ],
)
def test_numbers_that_a_courier_can_call(number, kept_as, linxia, typed, login) -> None:
    assert login(linxia).post("/addresses/new", data=typed | {"phone": number}).status_code == 303
    assert book(linxia)[0].address.phone == kept_as


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_a_pasted_line_fills_the_fields_and_saves_nothing(htmx, linxia, login) -> None:
    line = "王小明 13900000001 云南省大理白族自治州大理市古城复兴路12号"
    form = {"act": "paste", "paste": line, "name": "typed before", "label": "家"}
    answer = login(linxia).post("/addresses/new", data=form, headers=htmx)
    shown = page(answer)
    assert answer.status_code == 200
    assert ("<html" in shown) == (not htmx)
    for value in ('value="王小明"', 'value="13900000001"', "古城复兴路12号"):
        assert value in shown
    for name in ("云南省", "大理白族自治州", "大理市"):
        assert f'value="{name}" selected' in shown
    assert book(linxia) == []


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_lists_are_narrowed_and_what_was_typed_stays(htmx, linxia, typed, login) -> None:
    form = typed | {"act": "regions", "province": "广东省"}
    shown = page(login(linxia).post("/addresses/new", data=form, headers=htmx))
    assert 'value="深圳市"' in shown
    assert "杭州市" not in shown.replace("文三路", "")
    assert "南山区" not in shown
    assert (typed["street"] in shown) == (not htmx)
    assert book(linxia) == []


def test_back_to_the_redeem_page_and_nowhere_else(linxia, typed, login) -> None:
    client = login(linxia)
    assert 'name="for" value="12"' in page(client.get("/addresses/new?for=12"))
    answer = client.post("/addresses/new", data=typed | {"for": "12"})
    assert answer.headers["Location"] == "/mall/12/redeem"
    for number, bad in enumerate(("//evil.example", "12/../..", "-1", "１２", "9" * 12, "")):
        form = typed | {"for": bad, "street": f"street {number}"}
        assert client.post("/addresses/new", data=form).headers["Location"] == "/addresses"


def test_anothers_answers_as_an_absent_one_does(kept, linxia, typed, make_member, login) -> None:
    other = make_member("other")
    client = login(other)
    for method, path in (("GET", "edit"), ("POST", "edit"), ("POST", "default"), ("POST", "remove")):
        for data in ({}, typed, {"act": "regions"}):
            anothers, absent = (
                client.open(
                    f"/addresses/{one}/{path}", method=method, data=data if method == "POST" else None
                )
                for one in (kept, 987654)
            )
            assert (anothers.status_code, absent.status_code) == (404, 404), path
            assert re.sub(r"csrf.*", "", page(anothers)) == re.sub(r"csrf.*", "", page(absent))
    for ask in (queries.sealed_copy, queries.own):
        with pytest.raises(NotFound):
            ask(kept, other.id)
    assert book(linxia)[0].address == Address(**typed)


@pytest.mark.parametrize(
    ("street", "shown"),
    [
        ("文三路 100 号 6 幢 301", "文三路 *** 号 6 幢"),
        ("江南大道 588 号", "江南大道 *** 号"),
        ("建国路88号SOHO现代城A座1203", "建国路***号SOHO现代城A座"),
        ("阳光小区东门", "阳光小***"),
    ],
)
def test_how_much_of_a_street_a_list_shows(street: str, shown: str) -> None:
    assert policies.masked_street(street) == shown
