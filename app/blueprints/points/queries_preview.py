"""What a change would have cost last month: its deeds again, in their order, by the same arithmetic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.blueprints.points.models import PointRule, Transfer
from app.blueprints.points.policies import RuleValue, within_caps
from app.blueprints.points.queries import own_account
from app.core.dates import month_bounds, zone
from app.core.db import db
from app.core.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is thought of: another value, a multiplier, other caps. What is None stays as it was."""

    value: int | None = None
    percent: int | None = None
    caps: tuple[int | None, int | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Would:
    """Last month under a rule: `times` deeds of `people`, `given` then, `worth` with the change before caps,
    of which the caps would have kept back `kept`. `month` is the month's first moment."""

    month: datetime
    times: int
    people: int
    given: int
    worth: int
    kept: int

    @property
    def would(self) -> int:
        return self.worth - self.kept

    @property
    def more(self) -> int:
        return self.would - self.given


def last_month(rule_key: str, change: Change, *, now: datetime, timezone: str) -> Would:
    """What the deeds of the last whole month would have given with `change`.

    Each member's deeds are gone through in the order they were done, and the caps count as they do when
    points are paid. Deeds that were reversed are left out; so are those that a cap left with nothing, as they
    left no line. A value that a quest names itself stays, and so does what was promised at the start.
    Raises NotFound for a rule there isn't.
    """
    rule = db.session.execute(
        select(PointRule.daily_cap, PointRule.monthly_cap).where(PointRule.key == rule_key)
    ).one_or_none()
    if rule is None:
        raise NotFound
    daily, monthly = change.caps if change.caps is not None else (rule.daily_cap, rule.monthly_cap)
    month = month_bounds(month_bounds(now, timezone)[0] - timedelta(hours=1), timezone)
    here = zone(timezone)
    times = given = worth = kept = 0
    by_day: dict[tuple[int, int], int] = defaultdict(int)
    by_member: dict[int, int] = {}
    for deed in deeds(rule_key, month):
        place = (deed.credit_id, deed.acted_at.astimezone(here).day)
        full = worth_with(deed, change)
        paid = within_caps(
            full,
            daily=daily,
            earned_today=by_day[place],
            monthly=monthly,
            earned_month=by_member.get(deed.credit_id, 0),
        )
        by_day[place] += paid
        by_member[deed.credit_id] = by_member.get(deed.credit_id, 0) + paid
        times, given, worth, kept = times + 1, given + deed.amount, worth + full, kept + full - paid
    return Would(month=month[0], times=times, people=len(by_member), given=given, worth=worth, kept=kept)


def deeds(rule_key: str, bounds: tuple[datetime, datetime]) -> Iterator[Any]:
    """What was paid by a rule for what was done within `bounds` and not reversed, each member's in order."""
    undone = aliased(Transfer)
    issued = own_account("issued")
    yield from db.session.execute(
        select(
            Transfer.credit_id,
            Transfer.acted_at,
            Transfer.amount,
            Transfer.cause,
            Transfer.base,
            Transfer.multiplier_percent,
            Transfer.uncapped,
        )
        .where(
            Transfer.debit_id == issued,
            Transfer.rule_key == rule_key,
            Transfer.cause.in_(("rule", "quest")),
            Transfer.acted_at >= bounds[0],
            Transfer.acted_at < bounds[1],
            ~select(undone.id).where(undone.reverses_id == Transfer.id).exists(),
        )
        .order_by(Transfer.credit_id, Transfer.acted_at, Transfer.id),
        execution_options={"yield_per": 1000},
    )


def worth_with(deed: Any, change: Change) -> int:
    """What one deed would have been worth before caps."""
    then = RuleValue(deed.base, deed.multiplier_percent or 100)
    promised = (deed.uncapped or 0) if (deed.uncapped or 0) > then.worth() else 0
    base = change.value if change.value is not None and deed.cause == "rule" else deed.base
    percent = max(then.multiplier_percent, change.percent or 100)
    return max(RuleValue(base, percent).worth(), promised)
