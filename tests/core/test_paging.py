"""Pages by key: every row once, whatever the cursor says."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core import audit
from app.core.audit import AuditLine
from app.core.db import db
from app.core.paging import keyset, page_of
from app.core.uow import unit_of_work


def page(cursor: str | None, size: int, newest_first: bool = True):
    query, size = keyset(
        select(AuditLine.subject, AuditLine.id).where(AuditLine.act == "test"),
        AuditLine.subject,
        AuditLine.id,
        cursor=cursor,
        size=size,
        newest_first=newest_first,
    )
    return page_of(db.session.execute(query).all(), size, "subject", "id")


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_every_row_once(size: int, newest_first: bool, app: Flask) -> None:
    with unit_of_work():
        for number in range(20):
            audit.record("test", f"s{number % 4}", by=None)
    seen, cursor = [], None
    for _ in range(30):
        rows = page(cursor, size, newest_first)
        seen += [(row.subject, row.id) for row in rows.rows]
        cursor = rows.next
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=newest_first)
    assert len(seen) == len(set(seen)) == 20


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: raw.hex()))
def test_a_cursor_that_is_no_cursor_begins_anew(app: Flask, cursor: str) -> None:
    assert page(cursor, 5).rows == page(None, 5).rows
