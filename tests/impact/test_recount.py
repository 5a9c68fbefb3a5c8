"""After any history of credits, thanks, decisions and withdrawals every number is what an independent recount
finds (recounted.py; tests/demo recounts the demo programme in the same way).

The controls break the services in a way that each is easily broken, and the same check has to find it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.blueprints.impact import queries_thanks, services, services_links, services_thanks
from app.blueprints.impact.models import ImpactBundle, ImpactLine, Thanks
from app.blueprints.impact.services_thanks import Said
from app.blueprints.members import services as members
from app.core import clock
from app.core.db import db, table, upsert
from app.core.errors import NotFound, Refused, Stale
from app.core.uow import unit_of_work
from tests.impact.recounted import Cause, Recount

# a Saturday evening in Shanghai: the month, the day and the week end within what follows
BEGIN = datetime(2026, 10, 31, 15, 50, tzinfo=UTC)
STEPS = [
    timedelta(seconds=1),
    timedelta(minutes=9),
    timedelta(hours=1),
    timedelta(days=2),
    timedelta(days=33),
]
AGO = [timedelta(0), timedelta(seconds=1), timedelta(minutes=20), timedelta(days=8), timedelta(31)]
WORDS = ["", "Thanks", "see a.com", "Call 138 0000 7702"]
NAMES = ["", "Old Han", "write to a@b.com"]
KINDS = ["credit", "answer"]


class History:
    """Four members who help each other; two of them published something; one mentors another."""

    def __init__(self, make_member: Callable[..., Any]) -> None:
        self.now = BEGIN
        self.keys = 0
        # what there is a line for besides thanks, and who helped whom with which work
        self.causes: dict[str, Cause] = {}
        self.works: dict[str, tuple[int, int, str]] = {}
        self.staff = make_member("staff", capabilities=["admin"])
        self.people = [make_member(f"m{n}", capabilities=["mentor"]) for n in range(4)]
        self.by_id = {person.id: person for person in self.people}
        members.set_mentor(self.people[1].id, self.people[0].id, by=self.staff)
        with unit_of_work():
            for n in range(3):
                title = {"zh": f"P{n}", "en": f"P{n}"}
                owner = self.people[n % 2].id
                services_links.give_link(f"post:{n}", member_id=owner, kind="post", title=title)
        self.codes = [queries_thanks.link_about(f"post:{n}").code for n in range(3)]

    def help(self, helper: int, person: int, about: str, **more: Any) -> services.Help:
        self.keys += 1
        return services.Help(
            key=f"k{self.keys}",
            member_id=self.people[helper].id,
            person_id=self.people[person].id,
            about=about,
            subject={"zh": "x", "en": "x"},
            **more,
        )

    def act(self, pick: Callable[[Any], Any]) -> None:
        """Do one of the acts, whichever `pick` picks; one that is refused as it should be changes nothing."""
        act = pick(
            (self.credit, self.credit, self.credit, self.thank, self.thank, self.withdraw, self.take_back,
             self.decide, self.pass_on, self.same_once_more, self.hide, self.answer, self.time_goes_by)
        )  # fmt: skip
        with clock.at(self.now):
            act(pick)
        db.session.rollback()

    def time_goes_by(self, pick: Callable[[Any], Any]) -> None:
        self.now += pick(STEPS)

    # --- credits

    def credit(self, pick: Callable[[Any], Any]) -> None:
        """One work credits a member or several, told now or of an earlier moment."""
        kind, bundle, moment = pick(KINDS), pick((None, "one", "one")), self.now - pick(AGO)
        person, about = pick(range(4)), f"work:{self.keys}"
        # some more than others, so that much comes together
        helpers = {pick((0, 0, 1, 2, 3)), pick(range(4))} - {person}
        more = {"kind": kind, "bundle": bundle and f"{kind}:{bundle}", "occurred_at": moment}
        helps = {helper: self.help(helper, person, about, **more) for helper in sorted(helpers)}
        with unit_of_work():
            services.add_lines(list(helps.values()))
        for helper, each in helps.items():
            self.causes[each.key] = Cause(each.member_id, kind, person=each.person_id)
            self.works[each.key] = (helper, person, about)

    def same_once_more(self, pick: Callable[[Any], Any]) -> None:
        if self.causes:
            again = self.help(*self.works[pick(sorted(self.causes))], kind="credit", bundle="again")
            with pytest.raises(IntegrityError), unit_of_work():
                services.add_lines([again])

    def withdraw(self, pick: Callable[[Any], Any]) -> None:
        if self.causes:
            keys = {pick(sorted(self.causes)) for _ in range(2)}
            with unit_of_work():
                services.withdraw_lines([*keys, "nothing"])
            for key in keys:
                del self.causes[key]

    # --- thanks

    def reader(self, pick: Callable[[Any], Any]) -> str | int:
        who = pick(("r1", "r2", "r3", 0, 1, 2, 3))
        return who if isinstance(who, str) else self.people[who].id

    def thank(self, pick: Callable[[Any], Any]) -> None:
        said = Said(outcome=pick(("learned", "chose")), words=pick(WORDS), name=pick(NAMES))
        code, reader = self.codes[pick(range(3))], self.reader(pick)
        if reader == queries_thanks.link(code).member_id:
            with pytest.raises(Refused):
                services_thanks.thank(code, said, reader=reader)
        else:
            services_thanks.thank(code, said, reader=reader)

    def take_back(self, pick: Callable[[Any], Any]) -> None:
        with suppress(NotFound, Refused):
            services_thanks.take_back(self.codes[pick(range(3))], reader=self.reader(pick))

    def decide(self, pick: Callable[[Any], Any]) -> None:
        held = db.session.scalars(select(Thanks.id).where(Thanks.words_state == "held").order_by(Thanks.id))
        ids, decision = held.all(), pick(services_thanks.DECISIONS)
        if ids:
            rule = "contact" if decision == "refuse" else None
            services_thanks.decide_words(pick(ids), decision=decision, rule=rule, by=self.staff)

    def pass_on(self, pick: Callable[[Any], Any]) -> None:
        said = Said(outcome="solved", words="They said thanks", name=pick(NAMES))
        link = queries_thanks.link(self.codes[pick(range(3))])
        key = pick(("one", "two"))
        services_thanks.relay(link.id, said, heard="store", may_name=True, key=key, by=self.staff)

    # --- what leaves the numbers alone

    def hide(self, pick: Callable[[Any], Any]) -> None:
        rows = db.session.execute(select(ImpactBundle.id, ImpactBundle.member_id).order_by(ImpactBundle.id))
        own = [(bundle, self.by_id[owner]) for bundle, owner in rows if owner in self.by_id]
        if own:
            bundle, owner = pick(own)
            services.hide_bundle(bundle, hidden=pick((True, True, False)), by=owner)

    def answer(self, pick: Callable[[Any], Any]) -> None:
        rows = db.session.execute(select(ImpactLine.id, ImpactLine.member_id).order_by(ImpactLine.id)).all()
        if rows:
            line, owner = pick(rows)
            with suppress(Stale):
                services_thanks.reply(line, pick(("With pleasure", "see a.com")), by=self.by_id[owner])


def live(pristine: Callable[[], None], make_member: Callable[..., Any], times: int, **more: Any) -> None:
    """So many histories of fifty acts, recounted after every fifth."""

    @settings(
        max_examples=times, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), **more
    )
    @given(data=st.data())
    def each(data: st.DataObject) -> None:
        db.session.remove()
        pristine()
        history = History(make_member)
        for number in range(1, 51):
            history.act(lambda several: data.draw(st.sampled_from(several)))
            if number % 5 == 0:
                found = Recount().differences(history.causes)
                assert not found, "\n".join(found)

    each()


def test_after_any_history_every_number_is_what_a_recount_finds(app, _pristine, make_member) -> None:  # noqa: PT019
    live(_pristine, make_member, 10)


def forget_other_lines(model: Any, _who: str, ids: list[int]) -> None:
    """Whoever was counted for what is withdrawn isn't counted any more, whatever else helped them."""
    db.session.execute(delete(model).where(model.first_line_id.in_(ids)))


def leave_the_bundle(_bundle_id: int, _by: int) -> None:
    """What is withdrawn stays counted in its entry of the feed."""


def the_last_one_is_the_latest() -> Any:
    """An entry stands where its last line was written, though that tells of an earlier moment."""
    bundle = table(ImpactBundle)
    new = upsert(bundle)
    return new.on_conflict_do_update(
        index_elements=["key"],
        set_={"lines": bundle.c.lines + 1, "latest_at": new.excluded.latest_at},
    ).returning(bundle.c.id)


def words_where_it_was(key: str, quote: str | None, person_name: str | None) -> None:
    """Words that staff let through show where their line stood."""
    said = {"quote": quote, "person_name": person_name}
    db.session.execute(update(ImpactLine).where(ImpactLine.key == key).values(said))


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("_uncount", forget_other_lines),
        ("_shrink", leave_the_bundle),
        ("_bundle", the_last_one_is_the_latest),
        ("give_words", words_where_it_was),
        ("bundle_key", lambda each: each.bundle or each.key),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_broken_service_is_found_out(
    app: Flask,
    _pristine: Callable[[], None],  # noqa: PT019
    make_member: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    broken: Any,
) -> None:
    monkeypatch.setattr(services, name, broken)
    with pytest.raises(AssertionError, match="instead of"):
        live(_pristine, make_member, 60, phases=(Phase.generate,), report_multiple_bugs=False)
