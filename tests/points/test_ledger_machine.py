"""Any order of awards, double presses, reversals and repayments, held against a plain model of the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.blueprints.members import queries as members
from app.blueprints.points import queries_audit, services
from app.blueprints.points.models import Account, Transfer
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.uow import unit_of_work

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANGE = datetime(2025, 11, 10, 4, 0, tzinfo=UTC)
CAMPAIGN = (datetime(2025, 11, 1, tzinfo=SHANGHAI), datetime(2025, 12, 1, tzinfo=SHANGHAI))
SECOND = timedelta(seconds=1)
# every boundary with the second before it: value, campaign, local midnight and month
MOMENTS = [
    moment - late * SECOND
    for moment in (
        CHANGE,
        *CAMPAIGN,
        datetime(2025, 11, 10, 16, 0, tzinfo=UTC),
        datetime(2025, 11, 20, 3, tzinfo=UTC),
    )
    for late in (1, 0)
]
RULES = {"free": (None, None), "daily": (150, None), "monthly": (None, 260), "both": (90, 200)}
VALUES = {"free": (100, 130), "daily": (60, 70), "monthly": (80, 50), "both": (40, 45)}


def worth(key: str, moment: datetime) -> int:
    before, after = VALUES[key]
    value = after if moment >= CHANGE else before
    return value * (150 if key in ("free", "both") and CAMPAIGN[0] <= moment < CAMPAIGN[1] else 100) // 100


class Person:
    def __init__(self) -> None:
        self.balance = self.owed = self.lifetime = 0
        self.awards: dict[int, tuple[str, datetime, int]] = {}
        self.reversed: set[int] = set()

    def earned(self, key: str, moment: datetime, month: bool) -> int:
        def period(when: datetime) -> tuple[int, ...]:
            here = when.astimezone(SHANGHAI)
            return (here.year, here.month) if month else (here.year, here.month, here.day)

        return sum(
            amount
            for number, (name, when, amount) in self.awards.items()
            if number not in self.reversed and name == key and period(when) == period(moment)
        )


def test_the_ledger_keeps_its_promises(app, _pristine, make_member) -> None:  # noqa: PT019
    class Ledger(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            db.session.remove()
            _pristine()
            self.ids = [make_member("one").id, make_member("two").id]
            self.people = {member: Person() for member in self.ids}
            self.keys = 0
            with unit_of_work():
                for place, (key, (daily, monthly)) in enumerate(RULES.items()):
                    services.add_rule(
                        key, name=key, name_en=key, position=50 + place, daily_cap=daily, monthly_cap=monthly
                    )
                    services.set_value(key, VALUES[key][0], starts_at=CHANGE - timedelta(days=90), by=None)
                    services.set_value(key, VALUES[key][1], starts_at=CHANGE, by=None)
                for key in ("free", "both"):
                    services.run_campaign(
                        key,
                        multiplier_percent=150,
                        starts_at=CAMPAIGN[0],
                        ends_at=CAMPAIGN[1],
                        reason="x",
                        by=None,
                    )

        def pay(self, member: int, key: str, moment: datetime, promised: int, name: str):
            with unit_of_work(), clock.at(moment):
                return services.award(
                    member,
                    key=name,
                    rule_key=key,
                    acted_at=moment,
                    promised=promised,
                    title={"zh": "x", "en": "x"},
                )

        @rule(
            who=st.integers(0, 1),
            key=st.sampled_from(sorted(RULES)),
            moment=st.sampled_from(MOMENTS),
            promised=st.sampled_from([0, 0, 30, 500]),
        )
        def award(self, who: int, key: str, moment: datetime, promised: int) -> None:
            member = self.ids[who]
            person = self.people[member]
            self.keys += 1
            paid = self.pay(member, key, moment, promised, f"k{self.keys}")
            daily, monthly = RULES[key]
            full = max(worth(key, moment), promised)
            left = full
            if daily is not None:
                left = min(left, daily - person.earned(key, moment, month=False))
            if monthly is not None:
                left = min(left, monthly - person.earned(key, moment, month=True))
            left = max(left, 0)
            assert (paid.amount, paid.cut) == (left, full - left)
            if left:
                assert paid.transfer_id is not None
                person.awards[paid.transfer_id] = (key, moment, left)
                repaid = min(person.owed, person.balance + left)
                person.balance += left - repaid
                person.owed -= repaid
                person.lifetime += left

        @precondition(lambda self: any(person.awards for person in self.people.values()))
        @rule(data=st.data())
        def reverse(self, data: st.DataObject) -> None:
            known = [(member, number) for member, person in self.people.items() for number in person.awards]
            member, number = data.draw(st.sampled_from(known))
            person = self.people[member]
            amount = person.awards[number][2]
            name = f"r{number}"
            if number in person.reversed:
                with pytest.raises(Refused):
                    services.reverse(number, key=f"{name}-again", reason={"zh": "y", "en": "y"}, by=None)
                return
            services.reverse(number, key=name, reason={"zh": "y", "en": "y"}, by=None)
            taken = min(person.balance, amount)
            person.balance -= taken
            person.owed += amount - taken
            person.lifetime -= amount
            person.reversed.add(number)

        @precondition(lambda self: self.keys)
        @rule(data=st.data(), who=st.integers(0, 1))
        def press_twice(self, data: st.DataObject, who: int) -> None:
            name = data.draw(st.sampled_from([f"k{n}" for n in range(1, self.keys + 1)]))
            if db.session.scalar(select(Transfer.id).where(Transfer.key == name)) is None:
                return  # a cap left nothing of it
            before = db.session.scalar(select(func.count(Transfer.id)))
            with pytest.raises(IntegrityError):
                self.pay(self.ids[who], "free", MOMENTS[0], 0, name)
            db.session.rollback()
            assert db.session.scalar(select(func.count(Transfer.id))) == before

        @invariant()
        def accounts_follow_from_the_model(self) -> None:
            if not hasattr(self, "people"):
                return
            db.session.rollback()
            for member, person in self.people.items():
                wallet = db.session.execute(
                    select(Account.balance, Account.lifetime).where(
                        Account.member_id == member, Account.kind == "wallet"
                    )
                ).one()
                owed = db.session.scalar(
                    select(-Account.balance).where(Account.member_id == member, Account.kind == "debt")
                )
                assert tuple(wallet) == (person.balance, person.lifetime)
                assert (owed or 0) == person.owed
                assert person.balance >= 0
                stars = 2 if person.lifetime >= 5000 else 1 if person.lifetime >= 1000 else 0
                assert members.as_actor(member).star_level == stars

        @invariant()
        def nothing_comes_from_nowhere(self) -> None:
            if not hasattr(self, "people"):
                return
            rows = db.session.execute(select(Transfer.debit_id, Transfer.credit_id, Transfer.amount)).all()
            balances: dict[int, int] = {}
            for row in rows:
                balances[row.debit_id] = balances.get(row.debit_id, 0) - row.amount
                balances[row.credit_id] = balances.get(row.credit_id, 0) + row.amount
            assert sum(balances.values()) == 0
            assert list(queries_audit.differences()) == []

    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=12,
            stateful_step_count=18,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
