"""The only writers of the ledger. Each command joins the caller's unit of work.

Source of the rules: product.md 4.4. After double-entry bookkeeping, a transfer moves points from
its debit account to its credit account; a mistake is reversed by a transfer that names the first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, delete, func, insert, literal_column, select, update

from app.blueprints.members import queries as member_queries
from app.blueprints.members import services as members
from app.blueprints.points import queries
from app.blueprints.points.models import Account, Campaign, PointRule, PointRuleValue, Transfer
from app.blueprints.points.policies import RuleNow, RuleValue, within_caps, worth_of
from app.core import audit, clock
from app.core.dates import day_bounds, month_bounds
from app.core.db import Instant, db, read, table, upsert, write
from app.core.errors import Invalid, NotFound, Refused
from app.core.i18n import N_, both
from app.core.uow import unit_of_work

PROGRAMME_KINDS = ("issued", "held", "redeemed", "reversed", "expired")


@dataclass(frozen=True)
class Paid:
    """What an award came to: `amount` points paid, `cut` points that a cap took off.

    `balance` and `lifetime` are the wallet's after it; the star levels are before and after.
    """

    transfer_id: int | None
    amount: int
    cut: int = 0
    balance: int = 0
    lifetime: int = 0
    stars_before: int = 0
    stars_after: int = 0


def open_accounts() -> None:
    """Make the programme's own accounts; harmless when they are there."""
    with unit_of_work():
        for kind in PROGRAMME_KINDS:
            known = select(Account.id).where(Account.kind == kind)
            if db.session.scalar(known) is None:
                db.session.execute(insert(Account).values(kind=kind, balance=0, lifetime=0))


def open_wallet(member_id: int) -> None:
    """Make a member's wallet; harmless when it is there."""
    db.session.execute(
        upsert(Account)
        .values(kind="wallet", member_id=member_id, balance=0, lifetime=0)
        .on_conflict_do_nothing()
    )


# whose wallet or debt a statement is about
WHOSE: Any = bindparam("whose", type_=Integer)


def account_id(kind: str) -> Any:
    """An account of `kind`: the programme's own, or that of WHOSE."""
    if kind not in ("wallet", "debt"):
        return queries.own_account(kind)
    account = table(Account)
    mine = account.c.kind == literal_column(f"'{kind}'"), account.c.member_id == WHOSE
    return select(account.c.id).where(*mine).scalar_subquery()


@lru_cache
def _transfer(debit: str, credit: str) -> Any:
    transfer = table(Transfer)
    return (
        insert(transfer)
        .values(debit_id=account_id(debit), credit_id=account_id(credit))
        .returning(transfer.c.id)
    )


def owed_by(member_id: Any) -> Any:
    """What the member named by a column owes after reversals, as a scalar subquery; 0 for most."""
    debt = table(Account).alias()
    owed = select(-debt.c.balance).where(
        debt.c.member_id == member_id, debt.c.kind == literal_column("'debt'")
    )
    return func.coalesce(owed.scalar_subquery(), 0)


@lru_cache
def _pay() -> Any:
    account = table(Account)
    paid = bindparam("paid", type_=Integer)
    return (
        update(account)
        .where(account.c.kind == literal_column("'wallet'"), account.c.member_id == WHOSE)
        .values(balance=account.c.balance + paid, lifetime=account.c.lifetime + paid)
        .returning(
            account.c.balance,
            account.c.lifetime,
            owed_by(WHOSE).label("owed"),
            member_queries.stars_of(account.c.member_id).label("stars_before"),
            member_queries.level_for(account.c.lifetime).label("stars_after"),
        )
    )


def award(
    member_id: int,
    *,
    key: str,
    rule_key: str | None,
    acted_at: datetime,
    title: dict[str, Any],
    note: dict[str, Any] | None = None,
    link: str | None = None,
    own: int | None = None,
    promised: int = 0,
    by: int | None = None,
) -> Paid:
    """Pay a member by a public rule, once for each `key`.

    The value in force at `acted_at` counts, times a campaign that runs then; `own` is a quest's own
    value under the rule, `promised` what the member was told at the start: they get the better of
    the two. The rule's caps count what was earned in the day and month of `acted_at` in the programme's zone.
    Points owed after a reversal are repaid first. Raises NotFound for an unknown rule.
    """
    rule = rule_at(rule_key, acted_at) if rule_key is not None else None
    worth = worth_of(rule, own=own, promised=promised)
    amount = worth
    if rule is not None and rule.capped:
        # the wallet row is the lock under which the caps are counted
        lock_wallet(member_id)
        timezone = member_queries.programme().timezone
        amount = within_caps(
            worth,
            daily=rule.daily_cap,
            earned_today=_earned(member_id, rule_key, day_bounds(acted_at, timezone)),
            monthly=rule.monthly_cap,
            earned_month=_earned(member_id, rule_key, month_bounds(acted_at, timezone)),
        )
    if amount <= 0:
        return Paid(None, 0, cut=worth)
    transfer_id = write_line(
        key=key,
        debit="issued",
        credit="wallet",
        whose=member_id,
        amount=amount,
        cause="quest" if own is not None or rule_key is None else "rule",
        rule_key=rule_key,
        base=own if own is not None or rule is None else rule.value.base,
        multiplier_percent=100 if rule is None else rule.value.multiplier_percent,
        uncapped=worth,
        title=title,
        note=note,
        link=link,
        by_id=by,
        acted_at=acted_at,
    )
    after = credit(member_id, amount, key=key, acted_at=acted_at)
    return replace(after, transfer_id=transfer_id, cut=worth - amount)


def credit(member_id: int, amount: int, *, key: str, acted_at: datetime) -> Paid:
    """Let a wallet have what transfer `key` issued: lifetime and stars rise, what is owed is repaid first."""
    wallet = write(_pay(), {"whose": member_id, "paid": amount}).one()
    balance = wallet.balance
    if wallet.owed:
        balance = repay(member_id, min(wallet.owed, wallet.balance), key=key, acted_at=acted_at)
    if wallet.stars_after != wallet.stars_before:
        members.set_stars(member_id, wallet.stars_after)
    return Paid(None, amount, 0, balance, wallet.lifetime, wallet.stars_before, wallet.stars_after)


def reverse(transfer_id: int, *, key: str, reason: dict[str, Any], by: int | None) -> None:
    """Take an award back by a transfer that names it, once.

    Takes what the wallet has; the rest is recorded as owed and repaid first from later awards.
    Lifetime points fall by the whole award, and the stars with them. Raises NotFound for a transfer
    that isn't an award to a wallet, Refused when it was reversed before.
    """
    with unit_of_work():
        first = db.session.execute(
            select(Transfer.amount, Transfer.acted_at, Transfer.link, Transfer.rule_key, Account.member_id)
            .join(Account, Account.id == Transfer.credit_id)
            .where(
                Transfer.id == transfer_id,
                Account.kind == "wallet",
                Transfer.debit_id == account_id("issued"),
            )
        ).one_or_none()
        if first is None:
            raise NotFound
        balance = lock_wallet(first.member_id)
        if db.session.scalar(select(Transfer.id).where(Transfer.reverses_id == transfer_id).limit(1)):
            raise Refused(N_("This line has been reversed already."))
        take(
            first.member_id,
            first.amount,
            balance=balance,
            key=key,
            cause="reversal",
            rule_key=first.rule_key,
            reverses_id=transfer_id,
            title=reason,
            link=first.link,
            by_id=by,
            acted_at=first.acted_at,
        )


def take(member_id: int, amount: int, *, balance: int, key: str, **line: Any) -> None:
    """Take from a wallet, whose row is locked, what of `amount` its `balance` has; the rest becomes owed.

    Lifetime points fall by the whole amount, and the stars with them. `line` is what the transfers say.
    """
    taken = min(balance, amount)
    line |= {"credit": "reversed", "whose": member_id}
    if taken:
        write_line(key=key, debit="wallet", amount=taken, **line)
    if taken < amount:
        debt = amount - taken
        _open_debt(member_id)
        write_line(key=f"{key}:owed", debit="debt", amount=debt, **line)
        _move_debt(member_id, -debt)
    stars = db.session.scalar(
        update(Account)
        .where(Account.kind == "wallet", Account.member_id == member_id, Account.balance >= taken)
        .values(balance=Account.balance - taken, lifetime=Account.lifetime - amount)
        .returning(member_queries.level_for(Account.lifetime))
    )
    if stars is None:
        raise Refused(N_("The balance has just changed. Try again."))
    members.set_stars(member_id, stars)


def rule_at(rule_key: str, moment: datetime) -> RuleNow:
    """The rule as it stood at `moment`: the boundary second belongs to what begins with it.

    Raises NotFound for an unknown rule.
    """
    row = read(_rule(), {"rule": rule_key, "moment": moment}).one_or_none()
    if row is None:
        raise NotFound
    return RuleNow(
        RuleValue(row.base, row.multiplier_percent or 100, row.ends_at), row.daily_cap, row.monthly_cap
    )


@lru_cache
def _rule() -> Any:
    moment = bindparam("moment", type_=Instant)
    base = (
        select(PointRuleValue.value)
        .where(PointRuleValue.rule_key == PointRule.key, PointRuleValue.starts_at <= moment)
        .order_by(PointRuleValue.starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            PointRule.daily_cap,
            PointRule.monthly_cap,
            base.label("base"),
            Campaign.multiplier_percent,
            Campaign.ends_at,
        )
        .outerjoin(
            Campaign,
            (Campaign.rule_key == PointRule.key)
            & (Campaign.starts_at <= moment)
            & (Campaign.ends_at > moment),
        )
        .where(PointRule.key == bindparam("rule", type_=String))
        .order_by(Campaign.multiplier_percent.desc())
        .limit(1)
    )


def add_rule(
    key: str,
    *,
    name: str,
    name_en: str,
    position: int,
    per_quest: bool = False,
    hint: str = "",
    hint_en: str = "",
    daily_cap: int | None = None,
    monthly_cap: int | None = None,
) -> None:
    """Add a public way to earn points; give it a value with `set_value` unless it is `per_quest`."""
    with unit_of_work():
        db.session.execute(
            insert(PointRule).values(
                key=key,
                name=name,
                name_en=name_en,
                position=position,
                per_quest=per_quest,
                hint=hint,
                hint_en=hint_en,
                daily_cap=daily_cap,
                monthly_cap=monthly_cap,
            )
        )


def set_value(rule_key: str, value: int, *, starts_at: datetime, by: int | None) -> None:
    """Let a rule be worth `value` points from `starts_at` on.

    Raises Invalid for a value below one, or one that another value already begins with.
    """
    with unit_of_work():
        if value < 1:
            raise Invalid(fields={"value": N_("A value is a whole number of points from 1 up.")})
        if db.session.scalar(
            select(PointRuleValue.id).where(
                PointRuleValue.rule_key == rule_key, PointRuleValue.starts_at == starts_at
            )
        ):
            raise Invalid(fields={"starts_at": N_("Another value already begins at that moment.")})
        db.session.execute(insert(PointRuleValue).values(rule_key=rule_key, value=value, starts_at=starts_at))
        audit.record(
            "point_rule.value", f"rule:{rule_key}", by=by, after={"value": value, "from": str(starts_at)}
        )


def run_campaign(
    rule_key: str,
    *,
    multiplier_percent: int,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    reason_en: str = "",
    by: int | None,
) -> None:
    """Multiply a rule from `starts_at` until before `ends_at`.

    Raises Invalid for dates or a factor that can't be.
    """
    with unit_of_work():
        if ends_at <= starts_at:
            raise Invalid(fields={"ends_at": N_("The end has to come after the beginning.")})
        if not 100 < multiplier_percent <= 1000:
            raise Invalid(fields={"multiplier_percent": N_("Between 101 and 1,000 percent.")})
        db.session.execute(
            insert(Campaign).values(
                rule_key=rule_key,
                multiplier_percent=multiplier_percent,
                starts_at=starts_at,
                ends_at=ends_at,
                reason=reason,
                reason_en=reason_en,
            )
        )
        audit.record("campaign.run", f"rule:{rule_key}", by=by, after={"percent": multiplier_percent})


def withdraw_value(value_id: int, *, by: int | None) -> str:
    """Take back a value that has not begun yet; returns its rule. Raises NotFound, Refused once it counts."""
    with unit_of_work():
        row = db.session.execute(
            select(PointRuleValue.rule_key, PointRuleValue.value, PointRuleValue.starts_at).where(
                PointRuleValue.id == value_id
            )
        ).one_or_none()
        if row is None:
            raise NotFound
        if row.starts_at <= clock.now():
            raise Refused(N_("This value counts already. Set another one from a day on."))
        db.session.execute(delete(PointRuleValue).where(PointRuleValue.id == value_id))
        audit.record(
            "point_rule.withdraw",
            f"rule:{row.rule_key}",
            by=by,
            before={"value": row.value, "from": str(row.starts_at)},
        )
        return row.rule_key


def end_campaign(campaign_id: int, *, by: int | None) -> None:
    """End a running campaign now, or take back one that has not begun; what was done in it still counts so.

    Raises NotFound, Refused when it is over already.
    """
    with unit_of_work():
        now = clock.now()
        row = db.session.execute(
            select(
                Campaign.rule_key, Campaign.multiplier_percent, Campaign.starts_at, Campaign.ends_at
            ).where(Campaign.id == campaign_id)
        ).one_or_none()
        if row is None:
            raise NotFound
        if row.ends_at <= now:
            raise Refused(N_("This campaign is over already."))
        if row.starts_at >= now:
            db.session.execute(delete(Campaign).where(Campaign.id == campaign_id))
        else:
            db.session.execute(update(Campaign).where(Campaign.id == campaign_id).values(ends_at=now))
        audit.record(
            "campaign.end",
            f"rule:{row.rule_key}",
            by=by,
            before={"percent": row.multiplier_percent, "from": str(row.starts_at), "until": str(row.ends_at)},
        )


def write_line(
    *,
    key: str,
    debit: str,
    credit: str,
    whose: int,
    amount: int,
    cause: str,
    title: dict[str, Any],
    acted_at: datetime,
    **more: Any,
) -> int:
    """Write a transfer between two kinds of account, those of `whose` where they are a member's: its id."""
    line = {"key": key, "amount": amount, "cause": cause, "title": title, "acted_at": acted_at}
    values = line | {"created_at": clock.now(), "whose": whose} | more
    return write(_transfer(debit, credit), values).scalar_one()


def _open_debt(member_id: int) -> None:
    """Make the member's debt account when it is first needed."""
    db.session.execute(
        upsert(Account)
        .values(kind="debt", member_id=member_id, balance=0, lifetime=0)
        .on_conflict_do_nothing()
    )


def _move_debt(member_id: int, amount: int) -> None:
    db.session.execute(
        update(Account)
        .where(Account.member_id == member_id, Account.kind == "debt")
        .values(balance=Account.balance + amount)
    )


def repay(member_id: int, amount: int, *, key: str, acted_at: datetime) -> int:
    """Repay so much of what a member owes from the wallet, for the transfer with `key`; the balance then."""
    write_line(
        key=f"{key}:repayment",
        debit="wallet",
        credit="debt",
        whose=member_id,
        amount=amount,
        cause="repayment",
        title=both(N_("Repaid what an earlier correction left open")),
        acted_at=acted_at,
    )
    _move_debt(member_id, amount)
    return db.session.scalars(
        update(Account)
        .where(Account.member_id == member_id, Account.kind == "wallet")
        .values(balance=Account.balance - amount)
        .returning(Account.balance)
    ).one()


def lock_wallet(member_id: int) -> int:
    """Hold the wallet's row until the end of the unit of work; returns its balance."""
    balance = db.session.scalar(
        select(Account.balance)
        .where(Account.member_id == member_id, Account.kind == "wallet")
        .with_for_update()
    )
    if balance is None:
        raise NotFound
    return balance


def _earned(member_id: int, rule_key: str | None, bounds: tuple[datetime, datetime]) -> int:
    earned = queries.earned(account_id("wallet"), rule_key, bounds)
    return read(select(earned), {"whose": member_id}).scalar_one()
