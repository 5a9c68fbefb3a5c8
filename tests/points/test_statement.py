"""The statement: every line, balances that add up, and no cell that a sheet would run."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

from flask.testing import FlaskClient

from app.blueprints.points import queries_wallet, services
from app.core import clock
from app.core.actor import Actor
from app.core.uow import unit_of_work

WORDS = {"zh": "x", "en": "x"}
NOON = datetime(2025, 11, 10, 4, 0, tzinfo=UTC)


def test_a_statement_adds_up(make_member: Callable[..., Actor], login: Callable[..., FlaskClient]) -> None:
    linxia, other = make_member("linxia", locale="en"), make_member("other")
    for n in range(6):
        for member in (linxia, other):
            at = NOON + timedelta(days=n)
            with unit_of_work(), clock.at(at):
                paid = services.award(
                    member.id, key=f"{member.id}:{n}", rule_key="original_post", acted_at=at,
                    title={"zh": "=1+1", "en": "=1+1"}, note={"zh": "说明", "en": "a note"},
                )  # fmt: skip
            if n == 3:
                with clock.at(at):
                    services.reverse(
                        paid.transfer_id, key=f"back:{member.id}", reason={"zh": "x", "en": "x"}, by=None
                    )
    client = login(linxia)
    answer = client.get("/wallet/statement.csv")
    text = answer.get_data(as_text=True)
    assert answer.mimetype == "text/csv"
    assert text.startswith("\ufeff")
    head, *lines = csv.reader(StringIO(text[1:]))
    assert head[0] == "Number"
    assert [int(line[6]) for line in lines] == [100, 100, 100, 100, -100, 100, 100]
    assert [int(line[7]) for line in lines] == [100, 200, 300, 400, 300, 400, 500]
    assert int(lines[-1][7]) == queries_wallet.purse(linxia.id).balance
    assert lines[0][2] == "'=1+1: a note"
    # days are whole, in the programme's zone; what can't be read is as if it weren't asked
    part = client.get("/wallet/statement.csv?from=2025-11-12&to=2025-11-13").get_data(as_text=True)
    _head, *lines = csv.reader(StringIO(part[1:]))
    assert [line[7] for line in lines] == ["300", "400", "300"]
    assert client.get("/wallet/statement.csv?from=x&to=9999-12-31").get_data(as_text=True) == text
