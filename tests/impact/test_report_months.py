"""Months at their edges, in six zones with and without daylight saving: each help belongs to one month, and
a run that comes late, or twice, says what the first would have said."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from app.blueprints.impact import queries_people, services, services_report
from app.blueprints.impact.policies_report import Month, after, last_over, month_named, month_of
from app.blueprints.inbox.models import Notice
from app.blueprints.members.models import Member, Programme
from app.core import clock
from app.core.db import db
from app.core.uow import unit_of_work

# Havana has its first midnight of November 2026 twice, Asuncion had none on the first of October 2023;
# Lord Howe moves by half an hour, Kiritimati is fourteen hours ahead
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/Havana",
    "America/Asuncion",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
)
MOMENT = timedelta(microseconds=1)


def months(zone: str, first: str = "2023-01", number: int = 48) -> list[Month]:
    found = [month_named(first, zone)]
    while len(found) < number:
        found.append(after(found[-1], zone))
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_a_month_ends_where_the_next_begins(zone) -> None:
    here = ZoneInfo(zone)
    chain = months(zone)
    assert [month.key for month in chain] == [
        f"{year}-{month:02}" for year in range(2023, 2027) for month in range(1, 13)
    ]
    for month, following in pairwise(chain):
        assert month.ends == following.starts
        # what the clock on the wall says on both sides of the edge
        last, first = (month.ends - MOMENT).astimezone(here), month.ends.astimezone(here)
        assert (last.year, last.month) == (month.starts + timedelta(days=9)).timetuple()[:2]
        assert first.day == 1
        assert month_of(month.ends - MOMENT, zone) == month
        assert month_of(month.ends, zone) == following
        assert last_over(month.ends - MOMENT, zone).ends <= month.starts
        assert last_over(month.ends, zone) == month


def test_a_midnight_that_comes_twice_and_one_that_never_came() -> None:
    twice = month_named("2026-10", "America/Havana")
    assert twice.ends == datetime(2026, 11, 1, 4, tzinfo=UTC), "the first of the two"
    assert month_of(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "America/Havana").key == "2026-11"
    never = month_named("2023-09", "America/Asuncion")
    assert never.ends == datetime(2023, 10, 1, 4, tzinfo=UTC)
    assert never.ends.astimezone(ZoneInfo("America/Asuncion")).hour == 1


def line(helper, reader: str, when: datetime) -> None:
    with unit_of_work():
        services.add_lines(
            [
                services.Help(
                    key=f"{reader}",
                    member_id=helper.id,
                    reader=reader,
                    kind="thanks",
                    subject={"zh": "x", "en": "x"},
                    occurred_at=when,
                )
            ]
        )


def notices() -> dict[str, str]:
    db.session.rollback()
    rows = db.session.execute(select(Notice.key, Notice.title).where(Notice.key.startswith("report:")))
    return {row.key: row.title["en"] for row in rows}


@pytest.fixture
def author(make_member):
    found = make_member("author")
    with unit_of_work():
        db.session.execute(update(Member).values(joined_at=datetime(2022, 1, 1, tzinfo=UTC)))
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_two_years_of_edges_are_told_right_early_late_and_twice(zone, author) -> None:
    """In each of 24 months as many readers as its number says, at its first and last moments."""
    with unit_of_work():
        db.session.execute(update(Programme).values(timezone=zone))
    chain = months(zone, "2025-01", 24)
    wanted: Counter[str] = Counter()
    for number, month in enumerate(chain):
        many = number % 3 + 1
        wanted[month.key] = many
        moments = (month.starts, month.ends - MOMENT, month.starts + timedelta(days=14))
        for n, moment in enumerate(moments[:many]):
            line(author, f"{month.key} {n}", moment)
    edges = [*(month.starts for month in chain), chain[-1].ends]
    assert [month.readers for month in queries_people.months(author.id, edges)] == [
        wanted[month.key] for month in chain
    ]
    for number, month in enumerate(chain):
        # at once, three weeks late, or not until the month after, when it is caught up with
        if number % 3 < 2:
            with clock.at(month.ends + (timedelta(days=20) if number % 3 else timedelta())):
                for _twice in range(2):
                    for due in services_report.due(zone):
                        services_report.send_reports(due, zone)
    with clock.at(chain[-1].ends):
        assert services_report.due(zone)[-1] == chain[-1]
        for due in services_report.due(zone):
            services_report.send_reports(due, zone)
    assert notices() == {
        f"report:{month.key}:{author.id}": "Your light reached "
        + ("1 person." if wanted[month.key] == 1 else f"{wanted[month.key]} people.")
        for month in chain
    }
