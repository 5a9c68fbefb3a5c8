"""A programme's ledger of any length, written in bulk as the services would have written it.

    python -m tests.bench.ledger_rows TRANSFERS MEMBERS     on an empty, migrated database (DATABASE_URL)

Every active member has the same hundred lines, a year long: awards by rules, redemptions sent and cancelled,
corrections. `usual` is one of them, `long` has fifty times as many lines; so their pages are alike whatever
the ledger's length is, and only other people's lines grow. Balances come from the pattern, not from the
transfers, so that the audit has something to find.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import Connection, insert, text

from app import create_app
from app.blueprints.mall import services_items
from app.blueprints.members import queries as members
from app.blueprints.members import services as member_services
from app.blueprints.members.models import Member
from app.blueprints.points.models import Account
from app.core import clock
from app.core.db import db, table
from app.founding import STAR_LEVELS, found

EACH, LONG = 100, 5000
YEAR = 365 * 24 * 3600
PRICE, GOODS = 100, 12


@dataclass(frozen=True)
class Line:
    """One of the hundred: from and to which kind of account; `back` says that it answers the line before it.
    Its key is `head`, its own or the answered line's number, `tail`."""

    debit: str
    credit: str
    amount: int
    cause: str
    rule: str | None = None
    head: str = "submission:"
    tail: str = ":approved"
    back: bool = False


def pattern() -> list[Line]:
    """The hundred lines, five times the same twenty."""
    rules = [("original_post", 100), ("accepted_answer", 10), ("original_video", 200), ("quick_task", 15)]
    lines = []
    for at in range(EACH):
        rule, amount = rules[at % len(rules)]
        found = {
            6: Line("wallet", "held", PRICE, "redemption", None, "redemption:", ""),
            7: Line("held", "redeemed", PRICE, "redemption", None, "redemption:", ":spent", back=True),
            8: Line("issued", "wallet", 50, "quest", "quest"),
            9: Line("wallet", "reversed", 50, "reversal", "quest", "undo:", "", back=True),
            16: Line("wallet", "held", PRICE, "redemption", None, "redemption:", ""),
            17: Line("held", "wallet", PRICE, "redemption", None, "redemption:", ":back", back=True),
        }
        lines.append(found.get(at % 20, Line("issued", "wallet", amount, "rule", rule)))
    return lines


def came_to(lines: list[Line]) -> tuple[int, int]:
    """The balance and the lifetime points after the hundred lines."""
    balance = sum((line.credit == "wallet") * line.amount for line in lines) - sum(
        (line.debit == "wallet") * line.amount for line in lines
    )
    lifetime = sum((line.debit == "issued") * line.amount for line in lines)
    return balance, lifetime - sum((line.cause == "reversal") * line.amount for line in lines)


def add_people(connection: Connection, count: int, active: int) -> int:
    """So many members with their wallets, the first `active` and the last of them with points.

    Returns the number of the account before the first wallet.
    """
    balance, lifetime = came_to(pattern())
    first = (connection.scalar(text("SELECT max(id) FROM member")) or 0) + 1
    before = connection.scalar(text("SELECT max(id) FROM account")) or 0
    now = clock.now() - timedelta(seconds=YEAR)
    names = {active // 2: "usual", count - 1: "long"}
    people, wallets = [], []
    for number in range(count):
        times = LONG // EACH if number == count - 1 else int(number < active)
        login = names.get(number, f"bench{number}")
        stars = sum(lifetime * times >= level[1] for level in STAR_LEVELS)
        people.append(
            {
                "id": first + number, "number": first + number, "login": login, "name": login,
                "password_hash": "", "tier": "participant", "star_level": stars, "joined_at": now,
                "privacy_accepted_at": now,
            }
        )  # fmt: skip
        wallets.append(
            {
                "id": before + 1 + number, "kind": "wallet", "member_id": first + number,
                "balance": balance * times, "lifetime": lifetime * times,
            }
        )  # fmt: skip
    connection.execute(insert(table(Member)), people)
    connection.execute(insert(table(Account)), wallets)
    return before


def add_goods() -> int:
    """Goods that may be fetched; the number of the first one."""
    keeper = members.as_actor(
        member_services.add_member(login="keeper", name="Keeper", capabilities=["publisher"])
    )
    numbers = []
    for number in range(GOODS):
        values: dict[str, Any] = {
            "name": f"山脊保温杯 {number}", "name_en": f"Ridge mug {number}", "price": 1,
            "pickup": "店里", "pickup_en": "The shop", "opens_at": clock.now() - timedelta(seconds=2 * YEAR),
        }  # fmt: skip
        numbers.append(services_items.add_item("physical", by=keeper, stock=10**7, **values))
        services_items.set_state(numbers[-1], "live", by=keeper)
    return numbers[0]


# lines of the same member follow each other `active` numbers apart; every `step`th is the long one's
LINES = """
INSERT INTO transfer (id, key, debit_id, credit_id, amount, cause, rule_key, base, multiplier_percent,
    uncapped, reverses_id, title, link, by_id, acted_at, created_at)
SELECT n.i,
    p.head || CASE WHEN p.back = 1 THEN n.back ELSE n.i END || p.tail,
    COALESCE(p.debit_id, n.wallet), COALESCE(p.credit_id, n.wallet), p.amount, p.cause, p.rule_key,
    CASE WHEN p.debit_id = :issued THEN p.amount END, CASE WHEN p.debit_id = :issued THEN 100 END,
    CASE WHEN p.debit_id = :issued THEN p.amount END, CASE WHEN p.back = 1 THEN n.back END,
    p.title, '/work/' || n.i, NULL, {moment}, {moment}
FROM (
    SELECT i, CASE WHEN i % :step = 0 THEN :long ELSE :before + 1 + (i - 1 - i / :step) % :active END
            AS wallet,
        CASE WHEN i % :step = 0 THEN (i / :step - 1) % {each} ELSE (i - 1 - i / :step) / :active END AS at,
        CASE WHEN i % :step = 0 THEN i - :step
             ELSE i - 1 - i / :step - :active + 1 + (i - 1 - i / :step - :active) / (:step - 1) END AS back
    FROM {series}
) AS n CROSS JOIN ledger_pattern AS p WHERE p.at = n.at
"""
SERIES = {
    "sqlite": "(WITH RECURSIVE s(i) AS (SELECT :low UNION ALL SELECT i + 1 FROM s WHERE i < :high) "
    "SELECT i FROM s) AS s",
    "postgresql": "generate_series(CAST(:low AS integer), CAST(:high AS integer)) AS s(i)",
}
MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', :begins + n.i * :apart, 'unixepoch')",
    "postgresql": "to_timestamp(:begins + n.i * :apart)",
}
REDEMPTIONS = (
    """
INSERT INTO redemption (id, token, member_id, item_id, kind, state, price, name, name_en, due_at, created_at,
    moved_at)
SELECT t.id, 'bench' || t.id, a.member_id, :good + t.id % :goods, 'physical',
    CASE WHEN b.credit_id = :redeemed THEN 'delivered' WHEN b.id IS NULL THEN 'held' ELSE 'cancelled' END,
    t.amount, '山脊保温杯', 'Ridge mug', t.created_at, t.created_at, COALESCE(b.created_at, t.created_at)
FROM transfer t JOIN account a ON a.id = t.debit_id LEFT JOIN transfer b ON b.reverses_id = t.id
WHERE t.credit_id = :held
""",
    """
INSERT INTO redemption_step (redemption_id, state, at, by_id)
SELECT id, 'held', created_at, member_id FROM redemption
UNION ALL SELECT id, 'shipped', moved_at, NULL FROM redemption WHERE state = 'delivered'
UNION ALL SELECT id, state, moved_at, member_id FROM redemption WHERE state <> 'held'
""",
    """
UPDATE mall_item SET stock = stock_total - (
    SELECT count(*) FROM redemption r WHERE r.item_id = mall_item.id AND r.state IN ('held', 'delivered'))
""",
)


def add_lines(connection: Connection, count: int, members_: int, before: int, active: int, good: int) -> None:
    """The transfers, and the redemptions that some of them belong to."""
    sqlite = connection.dialect.name == "sqlite"
    kinds = {
        row.kind: row.id
        for row in connection.execute(text("SELECT kind, id FROM account WHERE member_id IS NULL"))
    }
    connection.execute(
        text(
            "CREATE TEMP TABLE ledger_pattern (at integer PRIMARY KEY, debit_id integer, credit_id integer, "
            "amount integer, cause text, rule_key text, head text, tail text, back integer, title json)"
        )
    )
    title = '{"zh": "「拐角的灯」点亮了", "en": "“The lamp at the corner” was lit"}'
    connection.execute(
        text(
            "INSERT INTO ledger_pattern VALUES (:at, :debit, :credit, :amount, :cause, :rule, :head, :tail, "
            f":back, {':title' if sqlite else 'CAST(:title AS json)'})"
        ),
        [
            {
                "at": at, "debit": kinds.get(line.debit), "credit": kinds.get(line.credit),
                "amount": line.amount, "cause": line.cause, "rule": line.rule, "head": line.head,
                "tail": line.tail, "back": int(line.back), "title": title,
            }
            for at, line in enumerate(pattern())
        ],
    )  # fmt: skip
    name = connection.dialect.name
    statement = text(LINES.format(moment=MOMENT[name], series=SERIES[name], each=EACH))
    values = {
        "issued": kinds["issued"], "step": count // LONG, "active": active, "before": before,
        "long": before + members_, "apart": YEAR / count,
        "begins": clock.now().astimezone(UTC).timestamp() - YEAR - 60,
    }  # fmt: skip
    for low in range(1, count + 1, 1_000_000):
        connection.execute(statement, values | {"low": low, "high": min(low + 999_999, count)})
        print(f"{min(low + 999_999, count):,} transfers", file=sys.stderr, flush=True)
    values = {"good": good, "goods": GOODS, "redeemed": kinds["redeemed"], "held": kinds["held"]}
    add, *rest = REDEMPTIONS
    yield_indexes(connection)
    connection.execute(text(add), values)
    for each in rest:
        connection.execute(text(each))


_indexes: list[str] = []


def hold_indexes(connection: Connection) -> None:
    """Drop what `yield_indexes` builds again at once, which is many times faster than row by row."""
    if connection.dialect.name == "sqlite":
        known = (
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'transfer' "
            "AND sql IS NOT NULL"
        )
    else:
        known = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'transfer' AND indexname LIKE 'ix%'"
        )
    for name, sql in connection.execute(text(known)).all():
        connection.execute(text(f"DROP INDEX {name}"))
        _indexes.append(sql)


def yield_indexes(connection: Connection) -> None:
    while _indexes:
        connection.execute(text(_indexes.pop()))


def fill(transfers: int, members_: int) -> None:
    if transfers % LONG or transfers < 2 * LONG:
        raise SystemExit(f"a number of transfers that {LONG} divides")
    active = (transfers - LONG) // EACH
    if active >= members_:
        raise SystemExit(f"{transfers} transfers need {active + 1} members")
    found(name="远山汽车", name_en="Yuanshan Auto")
    good = add_goods()
    db.session.rollback()
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if sqlite:
            connection.exec_driver_sql("ROLLBACK")
            for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-2000000", "temp_store=FILE"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text("SET synchronous_commit = off"))
            connection.execute(text("SET maintenance_work_mem = '1GB'"))
        before = add_people(connection, members_, active)
        hold_indexes(connection)
        add_lines(connection, transfers, members_, before, active, good)
        if not sqlite:
            for name in ("transfer", "redemption", "member", "account"):
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")
                )
        connection.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            # what its own daemon would have done by and by
            connection.execute(text("VACUUM ANALYZE"))


def main() -> None:
    began = time.perf_counter()
    with create_app().app_context():
        fill(int(sys.argv[1]), int(sys.argv[2]))
    print(f"built in {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
