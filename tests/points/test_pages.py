"""The wallet, its lines and the public rules as pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.blueprints.points import services
from app.core import clock
from app.core.uow import unit_of_work

NOON = datetime(2025, 11, 10, 4, 0, tzinfo=UTC)


def award(member, key: str, *, at: datetime, rule: str = "original_post", **more) -> services.Paid:
    words = {"zh": f"点亮{key}", "en": f"Lit {key}"}
    with unit_of_work(), clock.at(at):
        return services.award(member.id, key=key, rule_key=rule, acted_at=at, title=words, **more)


@pytest.fixture
def linxia(make_member):
    return make_member("linxia", name="林夏")


def page(client, path: str, **headers: str) -> str:
    response = client.get(path, headers={"Accept-Language": "en", **headers})
    assert response.status_code == 200, response.get_data(as_text=True)[:400]
    return response.get_data(as_text=True)


def test_every_line_is_shown_once_and_months_sum_to_the_whole_month(linxia, login) -> None:
    month_begins = datetime(2025, 10, 31, 16, 0, tzinfo=UTC)  # 1 November in Shanghai
    for number in range(40):
        award(linxia, f"n{number}", at=month_begins + timedelta(hours=number))
    for number in range(30):
        award(linxia, f"o{number}", at=month_begins - timedelta(seconds=1 + number))
    client = login(linxia)
    path, seen, months = "/wallet", [], []
    while path:
        text = page(client, path)
        seen += re.findall(r"Lit (\w+)<", text)
        months += re.findall(r'id="m-([\d-]+)">.*?earned ([\d,]+)', text)
        more = re.search(r'href="(/wallet\?[^"]*after=[^"]*)"', text)
        path = more.group(1).replace("&amp;", "&") if more else ""
    assert sorted(seen) == sorted([f"n{n}" for n in range(40)] + [f"o{n}" for n in range(30)])
    # a month that goes on over pages says the sum of all of it each time
    assert set(months) == {("2025-11", "4,000"), ("2025-10", "3,000")}


def test_the_next_lines_come_as_a_fragment_that_goes_on_with_the_month(linxia, login) -> None:
    for number in range(35):
        award(linxia, f"n{number}", at=NOON)
    client = login(linxia)
    more = (
        re.search(r'href="(/wallet\?[^"]*after=[^"]*)"', page(client, "/wallet"))
        .group(1)
        .replace("&amp;", "&")
    )
    part = page(client, more, **{"HX-Request": "true"})
    assert "<html" not in part
    assert "earned" not in part  # the month's head stands above already
    assert len(re.findall(r"Lit n\d+<", part)) == 5


def test_the_filters_show_what_came_or_what_went(linxia, login) -> None:
    first = award(linxia, "one", at=NOON)
    award(linxia, "two", at=NOON)
    services.reverse(first.transfer_id, key="back", reason={"zh": "更正", "en": "Correction"}, by=None)
    client = login(linxia)
    earned, spent = page(client, "/wallet?show=earned"), page(client, "/wallet?show=spent")
    assert "Lit two<" in earned
    assert "Correction<" not in earned
    assert "Correction<" in spent
    assert "Lit two<" not in spent
    assert "gone 100" in page(client, "/wallet")


def test_a_line_explains_value_campaign_and_cap(linxia, login) -> None:
    services.add_rule("capped", name="有上限", name_en="Capped rule", position=9, daily_cap=150)
    services.set_value("capped", 100, starts_at=NOON - timedelta(days=30), by=None)
    services.run_campaign(
        "capped", multiplier_percent=200, starts_at=NOON, ends_at=NOON + timedelta(days=1), reason="双倍",
        reason_en="Doubled", by=None,
    )  # fmt: skip
    paid = award(linxia, "big", at=NOON, rule="capped", link="/work/1")
    text = page(login(linxia), f"/wallet/{paid.transfer_id}")
    for words in (
        "Capped rule",
        ">100<",
        "Campaign: Doubled",
        "×2",
        "Kept back by a cap",
        "−50",
        ">150<",
        "/work/1",
    ):
        assert words in text, words


def test_a_reversal_and_its_first_line_name_each_other(linxia, login) -> None:
    paid = award(linxia, "one", at=NOON)
    services.reverse(paid.transfer_id, key="back", reason={"zh": "更正", "en": "Correction"}, by=None)
    client = login(linxia)
    assert f'href="/wallet/{paid.transfer_id + 1}"' in page(client, f"/wallet/{paid.transfer_id}")
    assert f'href="/wallet/{paid.transfer_id}"' in page(client, f"/wallet/{paid.transfer_id + 1}")


def test_somebody_elses_line_is_not_there(linxia, make_member, login) -> None:
    paid = award(make_member("other"), "one", at=NOON)
    client = login(linxia)
    for path in (f"/wallet/{paid.transfer_id}", "/wallet/4711", f"/wallet/{10**30}"):
        assert client.get(path).status_code == 404


def test_visitors_read_the_rules_with_todays_values(app, client) -> None:
    now = clock.now()
    services.run_campaign(
        "adopted_suggestion", multiplier_percent=200, starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1), reason="建议月", reason_en="Suggestion month", by=None,
    )  # fmt: skip
    services.add_rule("capped", name="有上限", name_en="Capped", position=9, daily_cap=50, monthly_cap=1200)
    services.set_value("capped", 10, starts_at=now, by=None)
    text = page(client, "/rules")
    assert re.search(r"1,000</s> 2,000", text)
    for words in ("Suggestion month", "50 a day · 1,200 a month", "One-star adviser", "5,000", "Log in"):
        assert words in text, words
    assert 'class="tabs"' not in text


def test_an_empty_wallet_says_where_the_first_points_come_from(linxia, login) -> None:
    client = login(linxia)
    assert "No points yet" in page(client, "/wallet")
    assert "Nothing has left this wallet" in page(client, "/wallet?show=spent")
    assert page(client, "/wallet?show=%00x&after=%F0%9F%92%A9")
