"""What is measured on a ledger that tests.bench.ledger_rows has filled, with seconds:

    python -m tests.bench.ledger_measured seconds    {what: the median's milliseconds}
    python -m tests.bench.ledger_measured blocks     {what: pages that PostgreSQL read for one of them}
    python -m tests.bench.ledger_measured audit      {"seconds": …, "differences": …}

`counted` asks for the same under callgrind.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Pool, create_engine, event, select, text

from app import create_app
from app.blueprints.mall import services
from app.blueprints.mall.models import MallItem
from app.blueprints.members import queries as members
from app.blueprints.members.models import Member
from app.blueprints.points import queries_audit
from app.core.db import db
from tests.bench.counted import client_of
from tests.bench.pages import cookie_for

TIMES = 60
# who has so many lines of their own, on a ledger of any length
WHO = {"usual": "100 lines", "long": "5,000 lines"}
Ask = Callable[[str], tuple[int, int]]


def asked() -> tuple[list[tuple[str, str, Ask]], list[str]]:
    """The wallet's page and a redemption, of both members; and the list that their statements go into."""
    app = create_app()
    statements: list[str] = []
    plan = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        cookies = {login: cookie_for(app, login) for login in WHO}
        item = db.session.execute(select(MallItem.id, MallItem.price).order_by(MallItem.id).limit(1)).one()
        people = {
            login: members.as_actor(db.session.scalars(select(Member.id).where(Member.login == login)).one())
            for login in WHO
        }
        db.session.remove()
    for login, lines in WHO.items():

        def redeem(_path: str, by: Any = people[login]) -> tuple[int, int]:
            with app.app_context():
                services.redeem(item.id, token=uuid.uuid4().hex, price=item.price, address="pickup", by=by)
                db.session.remove()
            return 303, 0

        plan += [
            (f"wallet, {lines}", "/wallet", client_of(app, cookies[login])),
            (f"redeem, {lines}", f"/mall/{item.id}/redeem", redeem),
        ]
    return plan, statements


def seconds() -> dict[str, float]:
    found = {}
    for name, path, ask in asked()[0]:
        # the members' points are not to run out: what is bought is what one can pay
        times = []
        for _ in range(TIMES if path == "/wallet" else TIMES // 4):
            began = time.perf_counter()
            ask(path)
            times.append(time.perf_counter() - began)
        found[name] = statistics.median(times[3:]) * 1000
    return found


# every page of a table, an index or a long value that the server looked at, in memory or not
READ = """
    SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit, 0) + coalesce(idx_blks_read, 0)
        + coalesce(toast_blks_hit, 0) + coalesce(toast_blks_read, 0)) FROM pg_statio_user_tables
"""


def blocks() -> dict[str, float]:
    """What PostgreSQL read for each, in pages of 8 KB: unlike seconds, whatever else runs here."""
    counting = create_engine(os.environ["DATABASE_URL"])
    plan = asked()[0]

    @event.listens_for(Pool, "checkin")
    def _tell(connection: Any, _record: Any) -> None:
        # a server process keeps its counts to itself for a second, if nobody asks
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.commit()

    def read_so_far() -> int:
        with counting.connect() as connection:
            return int(connection.scalar(text(READ)) or 0)

    found = {}
    for name, path, ask in plan:
        # the first ones fill what each process and each plan keeps
        for _ in range(3):
            ask(path)
        before = read_so_far()
        for _ in range(TIMES // 4):
            ask(path)
        found[name] = (read_so_far() - before) / (TIMES // 4)
    return found


def audit() -> dict[str, float]:
    with create_app().app_context():
        began = time.perf_counter()
        found = sum(1 for _ in queries_audit.differences())
        return {"seconds": time.perf_counter() - began, "differences": found}


if __name__ == "__main__":
    print(json.dumps({"seconds": seconds, "blocks": blocks, "audit": audit}[sys.argv[1]]()))
