"""The ledger, after double-entry bookkeeping, and the public rules that feed it.

A transfer moves a positive whole number of points from its debit account to its credit
account, so all balances together are always zero. Wallets keep their balance in their row,
changed in the same transaction as the transfer; the programme's own accounts are summed when
asked, so that no row is hot. Database triggers refuse to change or delete a transfer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant, Json


class Account(Base):
    """A member's wallet or debt, or one of the programme's accounts (one of each kind).

    `balance` is kept for members' accounts only: a wallet's is never below zero, a debt's never
    above (what a reversal could not take; later awards repay it first). `lifetime` is the wallet's
    sum of awards less reversals, and of what staff gave and took by hand; stars are counted from it.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('wallet', 'debt', 'issued', 'held', 'redeemed', 'reversed', 'expired')", name="kind"
        ),
        CheckConstraint("(kind IN ('wallet', 'debt')) = (member_id IS NOT NULL)", name="whose"),
        CheckConstraint("kind = 'debt' OR balance >= 0", name="balance"),
        CheckConstraint("kind <> 'debt' OR balance <= 0", name="debt"),
        CheckConstraint("lifetime >= 0", name="lifetime"),
        UniqueConstraint("member_id", "kind"),
        Index(
            "uq_account_programme_kind",
            "kind",
            unique=True,
            sqlite_where=text("member_id IS NULL"),
            postgresql_where=text("member_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    balance: Mapped[int] = mapped_column(default=0)
    lifetime: Mapped[int] = mapped_column(default=0)


class Transfer(Base):
    """One movement of points, for ever as it was written.

    `key` is unique, so that one cause can't pay twice. `amount` = what was paid;
    `base` × `multiplier_percent` / 100 is what the rule gave before caps (`uncapped`).
    `acted_at` is when the member did what is paid, `created_at` when it was written.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
        CheckConstraint(
            "cause IN ('rule', 'quest', 'redemption', 'adjustment', 'reversal', 'repayment', 'expiry')",
            name="cause",
        ),
        UniqueConstraint("reverses_id", "debit_id"),
        # an account's lines in their order; the other columns let them be summed without their rows
        Index("ix_transfer_went", "debit_id", "id", "credit_id", "amount", "created_at"),
        Index("ix_transfer_came", "credit_id", "id", "debit_id", "amount", "created_at"),
        Index("ix_transfer_rule_acted", "credit_id", "rule_key", "acted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    debit_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    credit_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    amount: Mapped[int]
    cause: Mapped[str]
    rule_key: Mapped[str | None]
    base: Mapped[int | None]
    multiplier_percent: Mapped[int | None]
    uncapped: Mapped[int | None]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("transfer.id"))
    title: Mapped[dict[str, Any]] = mapped_column(Json)
    note: Mapped[dict[str, Any] | None] = mapped_column(Json)
    link: Mapped[str | None]
    by_id: Mapped[int | None]
    acted_at: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class PointRule(Base):
    """A way to earn points. `per_quest`: each quest names its own value; then no PointRuleValue is needed."""

    __tablename__ = "point_rule"
    __table_args__ = (
        CheckConstraint("daily_cap IS NULL OR daily_cap > 0", name="daily_cap"),
        CheckConstraint("monthly_cap IS NULL OR monthly_cap > 0", name="monthly_cap"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str]
    name_en: Mapped[str]
    hint: Mapped[str] = mapped_column(default="")
    hint_en: Mapped[str] = mapped_column(default="")
    per_quest: Mapped[bool] = mapped_column(default=False)
    daily_cap: Mapped[int | None]
    monthly_cap: Mapped[int | None]


class PointRuleValue(Base):
    """The value of a rule from a moment on, until the next one begins."""

    __tablename__ = "point_rule_value"
    __table_args__ = (CheckConstraint("value > 0", name="value"), UniqueConstraint("rule_key", "starts_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_key: Mapped[str] = mapped_column(ForeignKey("point_rule.key"))
    value: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(Instant)


class Campaign(Base):
    """A dated multiplier on a rule: 200 percent doubles it from `starts_at` until before `ends_at`."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("multiplier_percent > 100", name="multiplier"),
        CheckConstraint("ends_at > starts_at", name="dates"),
        Index("ix_campaign_rule_key_starts_at", "rule_key", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_key: Mapped[str] = mapped_column(ForeignKey("point_rule.key"))
    multiplier_percent: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str]
    reason_en: Mapped[str] = mapped_column(default="")


class Adjustment(Base):
    """Points given or taken by hand, with a reason that the member reads.

    A large one is `waiting` until a second admin signs it, or declines it saying why (`refusal`); its
    proposer may withdraw it until then. `token` is the form's, so that a second press proposes nothing more.
    Who proposes or signs is never the member.
    """

    __tablename__ = "adjustment"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'booked', 'declined', 'withdrawn')", name="state"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        CheckConstraint("proposed_by_id <> member_id", name="own"),
        CheckConstraint(
            "signed_by_id IS NULL OR (signed_by_id <> proposed_by_id AND signed_by_id <> member_id)",
            name="second",
        ),
        CheckConstraint(
            "state <> 'booked' OR abs(amount) <= 1000 OR signed_by_id IS NOT NULL", name="signed"
        ),
        CheckConstraint(
            "state <> 'declined' OR (signed_by_id IS NOT NULL AND length(trim(refusal)) > 0)", name="refusal"
        ),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
        Index("ix_adjustment_state_id", "state", "id"),
        Index("ix_adjustment_member_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    amount: Mapped[int]
    reason: Mapped[str]
    reason_en: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    refusal: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class LineQuestion(Base):
    """What a member asks about a line of their wallet, and the answer promised by `due_at`."""

    __tablename__ = "line_question"
    __table_args__ = (
        CheckConstraint("length(trim(text)) > 0 AND length(text) <= 500", name="text"),
        CheckConstraint("(answered_at IS NULL) = (answered_by_id IS NULL)", name="answered"),
        CheckConstraint("answered_at IS NULL OR length(trim(answer)) > 0", name="answer"),
        CheckConstraint("answered_by_id IS NULL OR answered_by_id <> member_id", name="own"),
        # one that is open for each line
        Index(
            "uq_line_question_open",
            "transfer_id",
            "member_id",
            unique=True,
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
        Index(
            "ix_line_question_waiting",
            "asked_at",
            "id",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
        Index("ix_line_question_member_id_transfer_id", "member_id", "transfer_id"),
        Index("ix_line_question_answered_at", "answered_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfer.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    text: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str] = mapped_column(default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
