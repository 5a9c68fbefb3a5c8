"""What the desk reads of the public rules: every value with its day, every campaign with what it gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.blueprints.points.models import Account, Campaign, PointRule, PointRuleValue, Transfer
from app.blueprints.points.queries import own_account
from app.blueprints.points.queries import rules as rules_at
from app.core import clock
from app.core.db import db


@dataclass(frozen=True)
class RuleBook:
    """All rules as they are now, and their values by rule, latest first."""

    rules: Sequence[Any]
    values: dict[str, list[Any]]

    def rule(self, key: str) -> Any | None:
        return next((rule for rule in self.rules if rule.key == key), None)


def rule_book() -> RuleBook:
    """Two queries: the rules, and every value they had, have or will have (id, value, starts_at, state)."""
    now = clock.now()
    rules = db.session.execute(rules_at(now)).all()
    values: dict[str, list[Any]] = {rule.key: [] for rule in rules}
    for row in db.session.execute(
        select(
            PointRuleValue.id, PointRuleValue.rule_key, PointRuleValue.value, PointRuleValue.starts_at
        ).order_by(PointRuleValue.starts_at.desc())
    ):
        before = values[row.rule_key]
        coming = row.starts_at > now
        current = not coming and all(one["state"] == "coming" for one in before)
        before.append({**row._mapping, "state": "coming" if coming else "now" if current else "past"})
    return RuleBook(rules, values)


def campaigns(limit: int = 30) -> list[dict[str, Any]]:
    """Campaigns, latest first: id, rule, names, percent, dates, reason, state, and what was paid in them.

    `paid` counts awards whose deed fell into the campaign, `times` how many and `people` to whom.
    """
    now = clock.now()
    issued = own_account("issued")
    within = (
        Transfer.debit_id == issued,
        Transfer.rule_key == Campaign.rule_key,
        Transfer.acted_at >= Campaign.starts_at,
        Transfer.acted_at < Campaign.ends_at,
    )

    def counted(what: Any) -> Any:
        return select(what).where(*within).correlate(Campaign).scalar_subquery()

    rows = db.session.execute(
        select(
            Campaign.id,
            Campaign.rule_key,
            Campaign.multiplier_percent,
            Campaign.starts_at,
            Campaign.ends_at,
            Campaign.reason,
            Campaign.reason_en,
            PointRule.name,
            PointRule.name_en,
            counted(func.coalesce(func.sum(Transfer.amount), 0)).label("paid"),
            counted(func.count(Transfer.id)).label("times"),
            counted(func.count(Transfer.credit_id.distinct())).label("people"),
        )
        .join(PointRule, PointRule.key == Campaign.rule_key)
        .order_by(Campaign.starts_at.desc(), Campaign.id.desc())
        .limit(limit)
    ).all()
    return [{**row._mapping, "state": _state(row.starts_at, row.ends_at, now)} for row in rows]


def _state(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    return "coming" if starts_at > now else "running" if ends_at > now else "past"


def in_wallets() -> Any:
    """How many points all members have to spend, as a scalar subquery."""
    return (
        select(func.coalesce(func.sum(Account.balance), 0)).where(Account.kind == "wallet").scalar_subquery()
    )
