"""What happened around the ledger: questions about lines, adjustments by hand, and a value to come."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.blueprints.points import (
    queries_questions,
    queries_wallet,
    services,
    services_adjust,
    services_questions,
)
from app.core.db import db
from app.demo.programme import Programme

WHO_ASKS, WHO_ANSWERS = "linxia", "guanli"
ANSWERED = (
    "这一笔是按哪一天的规则算的？",
    "按这件事做成的那天算。规则后来改了，也不影响这一笔。",
)
WAITS = "这一笔比规则上写的多了一倍，没有算错吧？"

PROPOSER = "guanli"
LARGE = ("shenyizhou", 1500, "带两个小组时还没有导师规则，补五位毕业组员。附当时的名单。")
LARGE_EN = "Five mentees graduated before there was a rule for mentors. The list of that time is attached."
SMALL = ("bailu", 100, "上个月漏记一篇图文，她来问过。")
SMALL_EN = "A post of last month had not been counted; she had asked."

# the rule, its value, and how many months ahead it begins
COMING = ("adopted_suggestion", 1200, 2)


class Points:
    """Puts them onto the timeline, as the members and staff would have done it."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme

    def plan(self) -> None:
        timeline = self.programme.timeline
        timeline.at(self._ago(25, 20), lambda: self._ask(ANSWERED[0]))
        timeline.at(self._ago(24, 10), self._answer)
        timeline.at(self._ago(9, 11), self._small)
        timeline.at(self._ago(3, 15), self._coming)
        timeline.at(self._ago(1, 9), self._large)
        timeline.at(self._ago(1, 12), lambda: self._ask(WAITS))

    def _ago(self, days: int, hour: int) -> datetime:
        """That hour so many days ago, without a part in the chance of the rest of history."""
        timeline = self.programme.timeline
        return timeline.midnight_of(timeline.now - timedelta(days=days)) + timedelta(hours=hour, minutes=12)

    def _ask(self, text: str) -> None:
        by = self.programme.actor(WHO_ASKS)
        wallet = queries_wallet.purse(by.id)
        newest = queries_wallet.history(wallet.id, "earned", None).rows[0]
        services_questions.ask(newest.id, text, by=by)

    def _answer(self) -> None:
        [waits] = db.session.execute(queries_questions.questions_open()).all()
        services_questions.answer(waits.id, ANSWERED[1], by=self.programme.actor(WHO_ANSWERS))

    def _small(self) -> None:
        self._propose(SMALL, SMALL_EN)

    def _large(self) -> None:
        """More than one admin may give alone: it waits for the second."""
        self._propose(LARGE, LARGE_EN)

    def _propose(self, what: tuple[str, int, str], reason_en: str) -> None:
        login, amount, reason = what
        services_adjust.propose(
            self.programme.member_ids[login],
            amount,
            reason=reason,
            reason_en=reason_en,
            token=f"demo:{login}",
            by=self.programme.actor(PROPOSER),
        )
        self.programme.changed(login)

    def _coming(self) -> None:
        rule_key, value, months = COMING
        starts_at = self.programme.timeline.month_start(-months)
        services.set_value(rule_key, value, starts_at=starts_at, by=self.programme.member_ids[PROPOSER])
