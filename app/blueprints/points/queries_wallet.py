"""What the wallet, its lines and the public rules read.

Statements without parts that vary are built once: building them costs more than running them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from app.blueprints.members import queries as members
from app.blueprints.points.models import Account, Campaign, PointRule, PointRuleValue, Transfer
from app.blueprints.points.queries import own_account, rule_value, rules
from app.core import clock
from app.core.db import Instant, db, read
from app.core.errors import NotFound
from app.core.paging import Page, below, page_by_id

ME: Any = bindparam("me", type_=Integer)
NOW: Any = bindparam("now", type_=Instant)
WALLET: Any = bindparam("wallet", type_=Integer)
BELOW: Any = bindparam("below", type_=Integer)
PAGE = 30


@lru_cache
def _purse() -> Select[Any]:
    debt = aliased(Account)
    owed = select(-debt.balance).where(debt.member_id == ME, debt.kind == "debt").scalar_subquery()
    hold, answer = aliased(Transfer), aliased(Transfer)
    answered = select(answer.id).where(answer.reverses_id == hold.id).exists()
    # decided line by line: among all lines of the held account it would find the wallet's by looking at each
    aside = case((and_(hold.credit_id == own_account("held"), ~answered), hold.amount))
    held = select(func.sum(aside)).where(hold.debit_id == Account.id).scalar_subquery()
    return select(
        Account.id,
        Account.balance,
        Account.lifetime,
        func.coalesce(owed, 0).label("owed"),
        func.coalesce(held, 0).label("held"),
        *members.standing(ME, Account.lifetime),
    ).where(Account.member_id == ME, Account.kind == "wallet")


def purse(member_id: int) -> Any:
    """The wallet and where it stands: id, balance, lifetime, owed, held (for what is
    redeemed and not yet sent or given back), and `members.queries.standing`.

    Raises NotFound for somebody without a wallet.
    """
    row = read(_purse(), {"me": member_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


def balance(member_id: Any) -> Any:
    """What a member has to use, as a scalar subquery."""
    wallet = select(Account.balance).where(Account.member_id == member_id, Account.kind == "wallet")
    return func.coalesce(wallet.scalar_subquery(), 0)


@lru_cache
def _running() -> Select[Any]:
    return (
        select(
            Campaign.rule_key,
            Campaign.multiplier_percent.label("percent"),
            Campaign.ends_at,
            Campaign.reason,
            Campaign.reason_en,
            PointRule.name,
            PointRule.name_en,
            rule_value(Campaign.rule_key, NOW).label("base"),
        )
        .join(PointRule, PointRule.key == Campaign.rule_key)
        .where(Campaign.starts_at <= NOW, Campaign.ends_at > NOW)
        .order_by(Campaign.ends_at, Campaign.id)
    )


def running_campaigns() -> list[Any]:
    """Campaigns that run now, the one that ends first leading.

    rule_key, percent, ends_at, reason, reason_en, name, name_en (the rule's), base (its plain value).
    """
    return list(read(_running(), {"now": clock.now()}).all())


@lru_cache
def _coming() -> Select[Any]:
    rule = (PointRule.name, PointRule.name_en)
    values = (
        select(
            PointRuleValue.starts_at,
            null().label("ends_at"),
            PointRuleValue.value,
            null().label("percent"),
            *rule,
            literal("").label("reason"),
            literal("").label("reason_en"),
        )
        .join(PointRule, PointRule.key == PointRuleValue.rule_key)
        .where(PointRuleValue.starts_at > NOW)
    )
    campaigns = (
        select(
            Campaign.starts_at,
            Campaign.ends_at,
            null(),
            Campaign.multiplier_percent,
            *rule,
            Campaign.reason,
            Campaign.reason_en,
        )
        .join(PointRule, PointRule.key == Campaign.rule_key)
        .where(Campaign.starts_at > NOW)
    )
    both = union_all(values, campaigns).subquery()
    return select(
        both.c.starts_at,
        type_coerce(both.c.ends_at, Instant).label("ends_at"),
        both.c.value,
        both.c.percent,
        both.c.name,
        both.c.name_en,
        both.c.reason,
        both.c.reason_en,
    ).order_by(both.c.starts_at, both.c.name_en)


def coming() -> list[Any]:
    """Values and campaigns that begin later, the first one leading.

    starts_at, name and name_en (the rule's), value, or a campaign's percent, ends_at, reason, reason_en.
    """
    return list(read(_coming(), {"now": clock.now()}).all())


@lru_cache
def _rules_today() -> Select[Any]:
    return rules(NOW)


def rules_today() -> list[Any]:
    """All public rules with today's value, in their order; columns as `rules`."""
    return list(read(_rules_today(), {"now": clock.now()}).all())


def _answered() -> Any:
    """Of a redemption's line: the kind of account to which its points went on from where they are held."""
    answer, account = aliased(Transfer), aliased(Account)
    went = (
        select(account.kind)
        .join(answer, answer.credit_id == account.id)
        .where(answer.reverses_id == Transfer.id)
        .correlate(Transfer)
        .limit(1)
    )
    return case((Transfer.cause == "redemption", went.scalar_subquery())).label("answered")


# `answered` beside it says of a redemption's hold where it went: None (held), "redeemed" or "wallet"
LINE = (
    Transfer.id,
    Transfer.amount,
    Transfer.cause,
    Transfer.rule_key,
    Transfer.base,
    Transfer.multiplier_percent,
    Transfer.uncapped,
    Transfer.title,
    Transfer.note,
    Transfer.link,
    Transfer.reverses_id,
    Transfer.acted_at,
    Transfer.created_at,
)


@lru_cache
def _history(sides: tuple[int, ...]) -> Any:
    halves = []
    for came in sides:
        side = Transfer.credit_id if came else Transfer.debit_id
        # what was set aside and came back was earned before
        which = Transfer.cause != "redemption" if sides == (1,) else true()
        halves.append(
            select(*LINE, _answered(), literal(came).label("came"), PointRule.name, PointRule.name_en)
            .outerjoin(PointRule, PointRule.key == Transfer.rule_key)
            .where(side == WALLET, Transfer.id < BELOW, which)
            .order_by(Transfer.id.desc())
            .limit(PAGE + 1)
        )
    if len(halves) == 1:
        return halves[0]
    both = union_all(*(select(half.subquery()) for half in halves)).subquery()
    return select(both).order_by(both.c.id.desc()).limit(PAGE + 1)


def history(wallet_id: int, show: str, cursor: str | None) -> Page[Any]:
    """Lines of a wallet, newest first. `show` is "earned", "spent" or anything else for both.

    A line has the columns of LINE, `came` (1 for points that came in, 0 for points that went) and
    the rule's name, name_en. Each direction is read along its own index, however long the ledger is.
    """
    sides = {"earned": (1,), "spent": (0,)}.get(show, (1, 0))
    values = {"wallet": wallet_id, "below": below(cursor)}
    return page_by_id(read(_history(sides), values).all(), PAGE)


@lru_cache(maxsize=64)
def _month_sums(months: int) -> Select[Any]:
    def by_month(side: Any, which: Any) -> Any:
        columns = []
        for number in range(months):
            begins = bindparam(f"begins{number}", type_=Instant)
            ends = bindparam(f"ends{number}", type_=Instant)
            inside = and_(Transfer.created_at >= begins, Transfer.created_at < ends)
            columns.append(func.coalesce(func.sum(case((inside, Transfer.amount))), 0).label(f"m{number}"))
        return (
            select(*columns)
            .where(
                side == WALLET,
                which,
                Transfer.created_at >= bindparam("first", type_=Instant),
                Transfer.created_at < bindparam("last", type_=Instant),
            )
            .subquery()
        )

    answer = aliased(Transfer)
    given_back = select(answer.id).where(answer.reverses_id == Transfer.id, answer.credit_id == WALLET)
    # what was set aside or spent and came back was earned before; each direction out of its own index,
    # without the lines themselves
    earned = by_month(
        Transfer.credit_id, Transfer.debit_id.not_in([own_account("held"), own_account("redeemed")])
    )
    gone = by_month(Transfer.debit_id, or_(Transfer.credit_id != own_account("held"), ~given_back.exists()))
    both = (side.c[f"m{number}"] for number in range(months) for side in (earned, gone))
    return select(*both).select_from(earned.join(gone, true()))


def month_sums(wallet_id: int, months: Sequence[tuple[datetime, datetime]]) -> list[tuple[int, int]]:
    """What was earned and what went in each of these months (first moment, first moment of the next): whole
    months. What was set aside and came back is neither.

    `months` are in order, newest first.
    """
    if not months:
        return []
    values: dict[str, Any] = {"wallet": wallet_id, "first": months[-1][0], "last": months[0][1]}
    for number, (begins, ends) in enumerate(months):
        values |= {f"begins{number}": begins, f"ends{number}": ends}
    row = read(_month_sums(len(months)), values).one()
    return [(row[at], row[at + 1]) for at in range(0, len(row), 2)]


@lru_cache
def _line() -> Select[Any]:
    mine = select(Account.id).where(Account.member_id == ME)
    return (
        select(
            *LINE,
            _answered(),
            Transfer.key,
            case((Transfer.credit_id.in_(mine.where(Account.kind == "wallet")), 1), else_=0).label("came"),
            case((Transfer.debit_id.in_(mine.where(Account.kind == "debt")), 1), else_=0).label("owed"),
            PointRule.name,
            PointRule.name_en,
            PointRule.per_quest,
            PointRule.daily_cap,
            PointRule.monthly_cap,
        )
        .outerjoin(PointRule, PointRule.key == Transfer.rule_key)
        .where(
            Transfer.id == bindparam("line", type_=Integer),
            or_(Transfer.credit_id.in_(mine), Transfer.debit_id.in_(mine)),
        )
    )


def line(transfer_id: int, member_id: int) -> Any:
    """One line of a member's own wallet or debt: LINE, answered, came, owed, key, the rule's names and caps.

    Raises NotFound for one that isn't theirs.
    """
    row = read(_line(), {"line": transfer_id, "me": member_id}).one_or_none()
    if row is None:
        raise NotFound
    return row


@lru_cache
def _pair() -> Select[Any]:
    mine = select(Account.id).where(Account.member_id == ME)
    debts = mine.where(Account.kind == "debt")
    first, stem = bindparam("first", type_=Integer), bindparam("stem", type_=String)
    family = [stem, stem.concat(":repayment"), stem.concat(":owed")]
    return (
        select(
            Transfer.id,
            Transfer.amount,
            Transfer.cause,
            Transfer.title,
            Transfer.created_at,
            case((Transfer.debit_id.in_(debts), 1), else_=0).label("owed"),
            case((Transfer.credit_id.in_(mine.where(Account.kind == "wallet")), 1), else_=0).label("came"),
        )
        .where(
            or_(
                Transfer.id == first, Transfer.reverses_id == first, *(Transfer.key == key for key in family)
            ),
            Transfer.id != bindparam("line", type_=Integer),
            # what a hold was spent on moves between the programme's accounts: no line of theirs
            or_(Transfer.credit_id.in_(mine), Transfer.debit_id.in_(mine)),
        )
        .order_by(Transfer.id)
    )


def pair_of(found: Any, member_id: int) -> list[Any]:
    """The lines that belong to this one: what it reverses, what reversed it, and what was repaid with it.

    id, amount, cause, title, created_at, owed (1 for what became a debt), came (1 for what came in).
    """
    values = {
        "me": member_id,
        "line": found.id,
        "first": found.reverses_id or found.id,
        "stem": found.key.removesuffix(":repayment").removesuffix(":owed"),
    }
    return list(read(_pair(), values).all())


def campaign_at(rule_key: str | None, moment: datetime) -> Any | None:
    """The campaign that counted for a rule at `moment`: reason, reason_en, ends_at."""
    return db.session.execute(
        select(Campaign.reason, Campaign.reason_en, Campaign.ends_at)
        .where(Campaign.rule_key == rule_key, Campaign.starts_at <= moment, Campaign.ends_at > moment)
        .order_by(Campaign.multiplier_percent.desc())
        .limit(1)
    ).one_or_none()


@lru_cache
def _paid_by() -> Select[Any]:
    wallet = select(Account.id).where(Account.member_id == ME, Account.kind == "wallet").scalar_subquery()
    mine = select(Account.id).where(Account.member_id == ME)
    before, issued = aliased(Transfer), own_account("issued")
    counted = (
        select(
            func.sum(
                case(
                    (and_(before.debit_id == issued, before.credit_id == wallet), before.amount),
                    (before.cause.in_(("reversal", "adjustment")), -before.amount),
                    else_=0,
                )
            )
        )
        .where(before.id <= Transfer.id, or_(before.credit_id.in_(mine), before.debit_id.in_(mine)))
        .correlate(Transfer)
        .scalar_subquery()
    )
    return select(Transfer.id, Transfer.amount, counted.label("lifetime_after")).where(
        Transfer.key == bindparam("key", type_=String), Transfer.credit_id == wallet
    )


def paid_by(key: str, member_id: int) -> Any | None:
    """What the award with this key paid, and the lifetime points after it: id, amount, lifetime_after.

    Awards count up, reversals and what staff took count down, each as of its line, so the figure stays true
    for ever.
    """
    return read(_paid_by(), {"key": key, "me": member_id}).one_or_none()
