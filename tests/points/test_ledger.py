"""Values, campaigns and caps at their boundaries; a ledger that can't be rewritten; an audit that finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.blueprints.points import queries_wallet, services, services_holds
from app.blueprints.points.models import Transfer
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.uow import unit_of_work

NOON = datetime(2025, 11, 10, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
SECOND = timedelta(seconds=1)
WORDS = {"zh": "一笔", "en": "one line"}


def award(member, key: str, *, at: datetime, rule: str = "original_post", **more) -> services.Paid:
    with unit_of_work(), clock.at(at):
        return services.award(member.id, key=key, rule_key=rule, acted_at=at, title=WORDS, **more)


@pytest.fixture
def linxia(make_member):
    return make_member("linxia")


def test_a_new_value_counts_from_its_second_on(linxia) -> None:
    services.set_value("original_post", 120, starts_at=NOON, by=None)
    assert award(linxia, "before", at=NOON - SECOND).amount == 100
    assert award(linxia, "from then", at=NOON).amount == 120


def test_a_campaign_counts_from_its_first_second_until_before_its_last(linxia) -> None:
    services.run_campaign(
        "original_post",
        multiplier_percent=150,
        starts_at=NOON,
        ends_at=NOON + timedelta(days=1),
        reason="x",
        by=None,
    )
    moments = [NOON - SECOND, NOON, NOON + timedelta(days=1) - SECOND, NOON + timedelta(days=1)]
    assert [award(linxia, f"{at}", at=at).amount for at in moments] == [100, 150, 150, 100]


def test_caps_count_days_and_months_in_the_programmes_zone(linxia) -> None:
    services.add_rule("answer", name="x", name_en="x", position=9, daily_cap=50, monthly_cap=90)
    services.set_value("answer", 40, starts_at=NOON - timedelta(days=400), by=None)
    midnight = datetime(2025, 11, 30, 16, 0, tzinfo=UTC)  # 1 December begins in Shanghai
    given = [
        (midnight - timedelta(days=1) - SECOND, 40, 0),
        (midnight - timedelta(days=1) - SECOND, 10, 30),  # the day has 50
        (midnight - timedelta(days=1), 40, 0),  # the next day; the month has 90
        (midnight - SECOND, 0, 40),
        (midnight, 40, 0),  # a new day and month
    ]
    paid = [award(linxia, f"a{n}", at=at, rule="answer") for n, (at, _, _) in enumerate(given)]
    assert [(each.amount, each.cut) for each in paid] == [(amount, cut) for _, amount, cut in given]


def test_what_was_promised_holds_and_what_is_better_wins(linxia) -> None:
    assert award(linxia, "promised more", at=NOON, promised=150).amount == 150
    assert award(linxia, "rule gives more", at=NOON, promised=50).amount == 100


def test_a_reversal_takes_what_is_there_and_the_next_award_repays_the_rest(linxia) -> None:
    first = award(linxia, "first", at=NOON)
    with unit_of_work():
        services_holds.hold(linxia.id, 70, key="spent", title=WORDS, link="/mall", acted_at=NOON)
    services.reverse(first.transfer_id, key="back", reason=WORDS, by=None)
    purse = queries_wallet.purse(linxia.id)
    assert (purse.balance, purse.lifetime, purse.owed) == (0, 0, 70)
    award(linxia, "second", at=NOON)
    purse = queries_wallet.purse(linxia.id)
    assert (purse.balance, purse.lifetime, purse.owed) == (30, 100, 0)


def test_the_wallet_of_nobody_is_not_found(app) -> None:
    with pytest.raises(NotFound):
        queries_wallet.purse(4711)


@pytest.mark.parametrize("statement", ["UPDATE transfer SET amount = amount + 1", "DELETE FROM transfer"])
def test_the_database_refuses_to_rewrite_a_transfer(linxia, statement: str) -> None:
    award(linxia, "one", at=NOON)
    with pytest.raises(DBAPIError, match="never changed"), unit_of_work():
        db.session.execute(text(statement))
    assert db.session.scalar(select(Transfer.amount)) == 100


def audit(app) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["points", "audit"])
    return result.exit_code, result.output


def test_the_audit_is_content_with_an_honest_ledger(app, linxia) -> None:
    first = award(linxia, "one", at=NOON)
    award(linxia, "two", at=NOON, rule="adopted_suggestion")
    services.reverse(first.transfer_id, key="back", reason=WORDS, by=None)
    code, words = audit(app)
    assert (code, words.splitlines()[-1]) == (0, "6 accounts, 3 transfers, 0 differences")


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (
            "UPDATE account SET balance = balance + 5 WHERE kind = 'wallet'",
            "wallet stands at 1105, should be 1100",
        ),
        ("UPDATE account SET lifetime = 7 WHERE kind = 'wallet'", "wallet stands at 7, should be 1100"),
        ("UPDATE member SET star_level = 2", "wallet stands at 2, should be 1"),
        ("UPDATE account SET balance = 3 WHERE kind = 'held'", "programme's held stands at 3, should be 0"),
    ],
)
def test_the_audit_names_a_difference_and_fails(app, linxia, planted: str, found: str) -> None:
    award(linxia, "one", at=NOON)
    award(linxia, "two", at=NOON, rule="adopted_suggestion")
    assert audit(app)[0] == 0
    with unit_of_work():
        db.session.execute(text(planted))
    code, words = audit(app)
    assert code == 1
    assert found in words
