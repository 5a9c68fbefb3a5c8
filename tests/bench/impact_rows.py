"""Who helped whom in a programme of any size, written in bulk as the services would have written it.

    python -m tests.bench.impact_rows MEMBERS     on an empty, migrated database (DATABASE_URL)

Every member helped ten others and two readers, within a year, in entries of two lines each. `usual` is one of
them. In a large programme `long` helped five thousand more, who helped fifty thousand.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, text

from app import create_app
from app.core import clock
from app.core.db import db
from app.founding import found
from tests.bench.ledger_rows import MOMENT, SERIES, YEAR, add_people

EACH, READERS, HUB = 10, 2, 5000
# so far apart stand the ten whom one helped; a prime number, so that each gets their turn
APART = 7919

SUBJECT = json.dumps({"zh": "你的「夜拍三件事」", "en": "Your “Three things at night”"}, ensure_ascii=False)
OUTCOME = json.dumps({"zh": "点亮了「首次夜拍」", "en": "lit “First night”"}, ensure_ascii=False)

# line `i` is the `nth` of member `me`: a member's lines are spread over the year and over the table
NTH = """
(SELECT i, (i - 1) / :members AS nth, (i - 1) % :members AS me FROM {series}) AS n
"""
BUNDLES = """
INSERT INTO impact_bundle (id, key, member_id, kind, lines, latest_at)
SELECT n.i, 'bench' || n.i, :first + n.me, {kind}, 2, {moment} FROM {nth} WHERE n.nth % 2 = 1
"""
LINES = """
INSERT INTO impact_line (id, key, member_id, kind, about, bundle_id, person_id, reader, person_name, subject,
    outcome, link, occurred_at)
SELECT n.i, 'bench' || n.i, :first + n.me, {kind}, 'submission:' || n.i, n.i + (1 - n.nth % 2) * :members,
    CASE WHEN n.nth < {each} THEN :first + {person} END,
    CASE WHEN n.nth >= {each} THEN 'r' || n.nth END, CASE WHEN n.nth >= {each} THEN '大刘' END,
    {subject}, {outcome}, '/work/' || n.i, {moment}
FROM {nth}
"""
KIND = "CASE WHEN n.nth >= {each} THEN 'thanks' WHEN n.nth / 2 = 4 THEN 'answer' ELSE 'credit' END"
# who would have helped themselves has helped the last one
ONE = "(n.me * {each} + n.nth) % :members * {apart} % :members"
PERSON = f"CASE WHEN {ONE} = n.me THEN :members - 1 ELSE {ONE} END"
# `long` has a line for each of the first members that they haven't helped already
HUB_BUNDLES = """
INSERT INTO impact_bundle (id, key, member_id, kind, lines, latest_at)
SELECT n.i, 'bench' || n.i, :hub, 'credit', 1, {moment} FROM
    (SELECT i, i - :low AS me FROM {series}) AS n
WHERE NOT EXISTS (SELECT 1 FROM impact_line l WHERE l.member_id = :hub AND l.person_id = :first + n.me)
"""
HUB_LINES = """
INSERT INTO impact_line (id, key, member_id, kind, about, bundle_id, person_id, subject, outcome, link,
    occurred_at)
SELECT b.id, b.key, :hub, 'credit', b.key, b.id, :first + b.id - :low, {subject}, {outcome},
    '/work/' || b.id, b.latest_at
FROM impact_bundle b WHERE b.id >= :low
"""
COUNTED = """
INSERT INTO helped (member_id, person_id, first_line_id)
SELECT member_id, person_id, min(id) FROM impact_line WHERE person_id IS NOT NULL
GROUP BY member_id, person_id
"""
COUNTED_READERS = """
INSERT INTO helped_reader (member_id, reader, first_line_id)
SELECT member_id, reader, min(id) FROM impact_line WHERE reader IS NOT NULL GROUP BY member_id, reader
"""


def add_impact(connection: Connection, members: int, first: int) -> None:
    """The lines of everybody and of `long`, in their bundles, and whom each helped."""
    name = connection.dialect.name
    total = members * (EACH + READERS)
    kind = KIND.format(each=EACH)
    shape = {
        "each": EACH, "kind": kind, "person": PERSON.format(each=EACH, apart=APART), "moment": MOMENT[name],
        "nth": NTH.format(series=SERIES[name]), "series": SERIES[name],
        **{
            what: f"'{value}'" if name == "sqlite" else f"CAST('{value}' AS json)"
            for what, value in (("subject", SUBJECT), ("outcome", OUTCOME))
        },
    }  # fmt: skip
    values: dict[str, Any] = {
        "members": members, "first": first, "hub": first + members - 1, "low": 1, "high": total,
        "apart": YEAR / (total + HUB), "begins": clock.now().astimezone(UTC).timestamp() - YEAR - 60,
    }  # fmt: skip
    plan = [(BUNDLES, 1, total), (LINES, 1, total)]
    if members > 2 * HUB:
        plan += [(HUB_BUNDLES, total + 1, total + HUB), (HUB_LINES, total + 1, total + HUB)]
    for statement, low, high in plan:
        connection.execute(text(statement.format(**shape)), values | {"low": low, "high": high})
    connection.execute(text(COUNTED))
    connection.execute(text(COUNTED_READERS))


def fill(members: int) -> None:
    found(name="远山汽车", name_en="Yuanshan Auto")
    db.session.rollback()
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if sqlite:
            connection.exec_driver_sql("ROLLBACK")
            for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-500000"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text("SET synchronous_commit = off"))
        add_people(connection, members, members // 2)
        add_impact(connection, members, connection.scalar(text("SELECT max(id) FROM member")) - members + 1)
        if not sqlite:
            for name in ("member", "account", "impact_bundle", "impact_line"):
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
        fill(int(sys.argv[1]))
    print(f"built in {time.perf_counter() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
