"""What pages read about points, and expressions for other features' queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    String,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.blueprints.members import queries as members
from app.blueprints.points.models import Account, Campaign, PointRule, PointRuleValue, Transfer
from app.blueprints.points.policies import RuleNow, RuleValue, within_caps, worth_of
from app.core.dates import day_bounds, month_bounds
from app.core.db import Instant, db, read, table


def own_account(kind: str) -> Any:
    """The programme's own account of a kind, as a scalar subquery.

    It says that nobody is its member: without that its index can't be used, and every wallet is looked at.
    """
    account = table(Account).alias()
    return (
        select(account.c.id)
        .where(account.c.kind == literal_column(f"'{kind}'"), account.c.member_id.is_(None))
        .scalar_subquery()
    )


def rule_value(rule_key: Any, moment: datetime) -> Any:
    """The plain value of the rule named by a column, at `moment`, as a scalar subquery."""
    return (
        select(PointRuleValue.value)
        .where(PointRuleValue.rule_key == rule_key, PointRuleValue.starts_at <= moment)
        .order_by(PointRuleValue.starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def multiplier(rule_key: Any, moment: datetime) -> Any:
    """The percent by which the rule named by a column counts at `moment` (100: plainly)."""
    running = select(func.max(Campaign.multiplier_percent)).where(
        Campaign.rule_key == rule_key, Campaign.starts_at <= moment, Campaign.ends_at > moment
    )
    return func.coalesce(running.scalar_subquery(), 100)


def offer(rule_key: Any, own: Any, moment: datetime) -> Any:
    """What a quest offers at `moment`: its own points or the rule's value, times the campaign."""
    base = func.coalesce(own, rule_value(rule_key, moment), 0)
    # whole points: the same rounding as RuleValue.worth
    return case((rule_key.is_(None), base), else_=base * multiplier(rule_key, moment) // 100)


def values_at(moment: Any) -> Any:
    """A select of what each rule is worth at `moment`: key, base (None where quests name it), percent."""
    return select(
        PointRule.key,
        rule_value(PointRule.key, moment).label("base"),
        multiplier(PointRule.key, moment).label("percent"),
    )


def rules(moment: datetime) -> Any:
    """Statement of all rules with today's value: key, names, hints, per_quest, base, percent, until, caps."""
    running = (
        select(Campaign.ends_at)
        .where(Campaign.rule_key == PointRule.key, Campaign.starts_at <= moment, Campaign.ends_at > moment)
        .order_by(Campaign.multiplier_percent.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(
        PointRule.key,
        PointRule.name,
        PointRule.name_en,
        PointRule.hint,
        PointRule.hint_en,
        PointRule.per_quest,
        PointRule.daily_cap,
        PointRule.monthly_cap,
        rule_value(PointRule.key, moment).label("base"),
        multiplier(PointRule.key, moment).label("percent"),
        running.label("until"),
    ).order_by(PointRule.position)


def earned(wallet_id: Any, rule_key: Any, bounds: Sequence[Any]) -> Any:
    """What a wallet earned by a rule for what was done within `bounds`, less what was reversed, as a
    scalar subquery: the figure that caps are held against."""
    undone = aliased(Transfer)
    return func.coalesce(
        select(func.sum(Transfer.amount))
        .where(
            Transfer.credit_id == wallet_id,
            Transfer.rule_key == rule_key,
            Transfer.cause.in_(("rule", "quest")),
            Transfer.acted_at >= bounds[0],
            Transfer.acted_at < bounds[1],
            ~select(undone.id).where(undone.reverses_id == Transfer.id).exists(),
        )
        .scalar_subquery(),
        0,
    )


def award_with(key: str) -> int | None:
    """The transfer that was written with this key, None where nothing was paid."""
    return db.session.scalar(select(Transfer.id).where(Transfer.key == key))


@dataclass(frozen=True)
class Preview:
    """What `services.award` would pay now. `worth` is before caps, `cut` what they would keep back;
    `star` is the level it would reach (level, name, name_en), None when it stays."""

    rule: RuleNow | None
    rule_name: str | None
    rule_name_en: str | None
    worth: int
    amount: int
    lifetime: int
    star: Any | None

    @property
    def cut(self) -> int:
        return self.worth - self.amount


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What an award would be made of, as `services.award` takes it."""

    member_id: int
    rule_key: str | None
    own: int | None
    promised: int
    acted_at: datetime


BOUNDS = ("today", "tomorrow", "this_month", "next_month")


def _preview_of(asked: dict[str, Any], source: Any = None) -> Select[Any]:
    """What the arithmetic needs for awards asked for by values or by the columns of `source`, a row for each
    star level that is still ahead."""
    level = members.levels()
    bounds = [asked[name] for name in BOUNDS]
    query = select(
        asked["place"].label("place"),
        Account.lifetime,
        PointRule.key,
        PointRule.name,
        PointRule.name_en,
        PointRule.daily_cap,
        PointRule.monthly_cap,
        rule_value(PointRule.key, asked["moment"]).label("base"),
        multiplier(PointRule.key, asked["moment"]).label("percent"),
        earned(Account.id, PointRule.key, bounds[:2]).label("today"),
        earned(Account.id, PointRule.key, bounds[2:]).label("month"),
        level.c.level,
        level.c.lifetime_from,
        level.c.name.label("star_name"),
        level.c.name_en.label("star_name_en"),
    )
    whose = (Account.member_id == asked["me"]) & (Account.kind == "wallet")
    if source is None:
        query = query.select_from(Account).where(whose)
    else:
        query = query.select_from(source).join(Account, whose)
    return (
        query.outerjoin(PointRule, PointRule.key == asked["rule_key"])
        .outerjoin(level, level.c.lifetime_from > Account.lifetime)
        .order_by("place", level.c.lifetime_from)
    )


def _types() -> dict[str, Any]:
    texts: dict[str, Any] = {"place": Integer, "me": Integer, "rule_key": String, "moment": Instant}
    return texts | dict.fromkeys(BOUNDS, Instant)


@lru_cache
def _preview() -> Select[Any]:
    return _preview_of({name: bindparam(name, type_=kind) for name, kind in _types().items()})


def _values(place: int, asking: Asking, timezone: str) -> dict[str, Any]:
    today, month = day_bounds(asking.acted_at, timezone), month_bounds(asking.acted_at, timezone)
    return {
        "place": place,
        "me": asking.member_id,
        "rule_key": asking.rule_key,
        "moment": asking.acted_at,
        **dict(zip(BOUNDS, (*today, *month), strict=True)),
    }


def preview(
    member_id: int, *, rule_key: str | None, own: int | None, promised: int, acted_at: datetime, timezone: str
) -> Preview:
    """What an award with these values would come to, by the same arithmetic, in one query. Nothing is held
    meanwhile: another award may still use up a cap."""
    asking = Asking(member_id=member_id, rule_key=rule_key, own=own, promised=promised, acted_at=acted_at)
    return _as_preview(asking, read(_preview(), _values(0, asking, timezone)).all())


def previews(each: Sequence[Asking], *, timezone: str) -> list[Preview]:
    """As `preview`, for several members' awards in one query; each as if it came alone."""
    if not each:
        return []
    asked = union_all(
        *(
            select(
                *(
                    literal(value, _types()[name]).label(name)
                    for name, value in _values(place, asking, timezone).items()
                )
            )
            for place, asking in enumerate(each)
        )
    ).subquery("asked")
    rows = read(_preview_of(dict(asked.c.items()), asked)).all()
    return [
        _as_preview(asking, [row for row in rows if row.place == place]) for place, asking in enumerate(each)
    ]


def _as_preview(asking: Asking, rows: Sequence[Any]) -> Preview:
    first, rule = rows[0], None
    if first.key is not None:
        rule = RuleNow(RuleValue(first.base, first.percent), first.daily_cap, first.monthly_cap)
    worth = amount = worth_of(rule, own=asking.own, promised=asking.promised)
    if rule is not None:
        amount = within_caps(
            worth,
            daily=rule.daily_cap,
            earned_today=first.today,
            monthly=rule.monthly_cap,
            earned_month=first.month,
        )
    reached = [row for row in rows if row.level is not None and row.lifetime_from <= first.lifetime + amount]
    return Preview(
        rule, first.name, first.name_en, worth, amount, first.lifetime, reached[-1] if reached else None
    )


def paid_by_rule(start: datetime, end: datetime) -> Sequence[Any]:
    """What was paid out from `start` until before `end` by rule, most first: key, name, name_en, amount."""
    amount = func.sum(Transfer.amount).label("amount")
    return db.session.execute(
        select(PointRule.key, PointRule.name, PointRule.name_en, amount)
        .select_from(Transfer)
        .outerjoin(PointRule, PointRule.key == Transfer.rule_key)
        .where(
            Transfer.debit_id == own_account("issued"),
            Transfer.created_at >= start,
            Transfer.created_at < end,
        )
        .group_by(PointRule.key, PointRule.name, PointRule.name_en)
        .order_by(amount.desc())
    ).all()
