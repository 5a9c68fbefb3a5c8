"""What we owe: everything promised to members and not yet done, by its date. Source: product.md 4.5, 4.11."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.blueprints.mall import queries_owed
from app.blueprints.mall.policies_desk import days_left
from app.blueprints.mall.queries_owed import Promise
from app.blueprints.points import queries_questions
from app.blueprints.quests import queries_review
from app.core import clock
from app.core.actor import Actor
from app.core.dates import day_bounds
from app.core.db import read
from app.core.paging import Page, page_of_list

LANES = ("gift", "answer", "date", "loan")
# the board's window around today, in days
BEHIND, AHEAD = 7, 14
# where the window begins and ends, in percent of the board's width
LEFT, RIGHT = 13.0, 99.0
PAGE = 40


@dataclass(frozen=True)
class Dot:
    """Promises of one day on a lane: where they stand, how many, whether they are late."""

    x: str
    many: int
    late: bool


@dataclass(frozen=True)
class Board:
    """Everything owed, the earliest first, each with its days left; and the dots of each lane."""

    rows: list[tuple[Promise, int]]
    lanes: list[tuple[str, list[Dot]]]
    ticks: list[tuple[str, bool]]
    first: datetime
    last: datetime
    today_x: str
    mine: int

    @property
    def late(self) -> int:
        return sum(days < 0 for _one, days in self.rows)


def board(by: Actor, timezone: str, *, mine: bool = False) -> Board:
    """Four queries: the mall's two, the reviews' and the questions'. `mine` leaves only what `by` sees to."""
    now = clock.now()
    promises = [*queries_owed.promises(), *answers(by)]
    own = sum(one.owner_id == by.id for one in promises)
    if mine:
        promises = [one for one in promises if one.owner_id == by.id]
    rows = [(one, days_left(one.due_at, now, timezone)) for one in promises]
    rows.sort(key=lambda row: (row[0].due_at, LANES.index(row[0].lane), row[0].id))
    span = BEHIND + AHEAD

    def at(days: int) -> str:
        inside = min(max(days + BEHIND, 0), span)
        return f"{LEFT + (RIGHT - LEFT) * inside / span:.1f}%"

    today = day_bounds(now, timezone)[0]
    lanes = []
    for lane in LANES:
        inside = [min(max(days, -BEHIND), AHEAD) for one, days in rows if one.lane == lane]
        dots = [Dot(at(day), inside.count(day), day < 0) for day in sorted(set(inside))]
        if dots or lane in ("gift", "answer"):
            lanes.append((lane, dots))
    ticks = [(at(day), day in (-BEHIND, 0, AHEAD)) for day in range(-BEHIND, AHEAD + 1)]
    first, last = today - timedelta(days=BEHIND), today + timedelta(days=AHEAD, hours=12)
    return Board(rows, lanes, ticks, first, last, at(0), own)


def answers(by: Actor) -> list[Promise]:
    """Answers that members wait for. Each kind of answer adds its own promises here."""
    return [*_reviews(by), *_questions()]


def _questions() -> list[Promise]:
    """What members asked about lines of their wallets; whoever answers first has answered."""
    return [
        Promise("answer", "question", row.id, row.title["zh"], row.title["en"], row.name, row.due_at)
        for row in read(queries_questions.questions_open()).all()
    ]


def _reviews(by: Actor) -> list[Promise]:
    """Work and second looks to be read, as staff see them: whoever has one open sees to it, or its mentor."""
    reader = Actor(id=by.id, name=by.name, capabilities=frozenset({"reviewer"}))
    page = queries_review.queue(reader, queries_review.Asked(), size=queries_review.COUNTED)
    return [_review(row, by) for row in page.rows]


def _review(row: Any, by: Actor) -> Promise:
    one = Promise(
        "answer", "second" if row.look == 2 else "review", row.id, row.title, row.title_en or row.title,
        row.member_name, row.due_at, owner=row.holder_name if row.held else row.mentor_name,
    )  # fmt: skip
    return replace(one, owner_id=by.id) if row.held == "me" else one


def page(board: Board, cursor: str | None) -> Page[tuple[Promise, int]]:
    def place(row: tuple[Promise, int]) -> tuple[int, ...]:
        one = row[0]
        return (int(one.due_at.timestamp() * 1_000_000), LANES.index(one.lane), one.id)

    return page_of_list(board.rows, place, cursor=cursor, size=PAGE)
