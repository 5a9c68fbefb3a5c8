"""What an action is worth: pure arithmetic of the public rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.dates import month_bounds, zone


@dataclass(frozen=True)
class RuleValue:
    """A rule's value at a moment. `base` is None where each quest names its own."""

    base: int | None
    multiplier_percent: int = 100
    until: datetime | None = None
    reason: str = ""
    reason_en: str = ""

    def worth(self, own: int | None = None) -> int:
        """Points of one action now: the rule's value, or the quest's `own`, times the campaign."""
        base = own if own is not None else self.base
        return (base or 0) * self.multiplier_percent // 100


@dataclass(frozen=True)
class RuleNow:
    """A rule's value at a moment and its caps."""

    value: RuleValue
    daily_cap: int | None
    monthly_cap: int | None

    @property
    def capped(self) -> bool:
        return self.daily_cap is not None or self.monthly_cap is not None


def worth_of(rule: RuleNow | None, *, own: int | None, promised: int) -> int:
    """What one action gives before caps: by the rule, or what was promised at the start if that is more."""
    return promised if rule is None else max(rule.value.worth(own), promised)


def within_caps(
    amount: int, *, daily: int | None, earned_today: int, monthly: int | None, earned_month: int
) -> int:
    """What of `amount` the caps leave, never below zero."""
    left = amount
    if daily is not None:
        left = min(left, daily - earned_today)
    if monthly is not None:
        left = min(left, monthly - earned_month)
    return max(left, 0)


@dataclass
class Month:
    """Lines of a wallet that were written in one month, each with its day of the month.

    `bounds` are the month's first moment and that of the next.
    """

    key: str
    bounds: tuple[datetime, datetime]
    lines: list[tuple[int, Any]]


def months_of(lines: Sequence[Any], timezone: str) -> list[Month]:
    """Lines, newest first, gathered by the month in which they were written, in the programme's zone."""
    months: list[Month] = []
    for line in lines:
        if not months or not months[-1].bounds[0] <= line.created_at < months[-1].bounds[1]:
            bounds = month_bounds(line.created_at, timezone)
            months.append(Month(bounds[0].strftime("%Y-%m"), bounds, []))
        months[-1].lines.append((line.created_at.astimezone(zone(timezone)).day, line))
    return months
