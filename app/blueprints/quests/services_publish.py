"""From draft to members and away again: the check, and the states of a quest.

A quest is scheduled by being live with an opening still to come: its window hides it until then, so
nothing has to run at that moment. `queries_staff.shown_state` names that "scheduled".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app.blueprints.badges import services as badges
from app.blueprints.inbox import services as inbox
from app.blueprints.members import queries as members
from app.blueprints.members import services as member_services
from app.blueprints.quests import policies_check, queries_staff
from app.blueprints.quests.models import CallProposal, Quest
from app.blueprints.quests.policies import next_quest_state
from app.blueprints.quests.policies_check import Finding
from app.blueprints.quests.policies_presets import WITH_BADGE
from app.blueprints.quests.queries_staff import Whole
from app.blueprints.quests.services_staff import could_be_started, drawing, musts, publisher, rules, validate
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Invalid, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

# a moment is chosen to the minute, and sent a little later
JUST_NOW = timedelta(minutes=5)


def check_quest(quest_id: int) -> list[Finding]:
    """What is missing or odd, what keeps it from being published first. Raises NotFound."""
    quest = queries_staff.whole(quest_id)
    return look_over(quest, queries_staff.others(quest_id))


def look_over(quest: Whole, around: queries_staff.Others) -> list[Finding]:
    """The check on a quest that has been read already."""
    values = quest.values()
    offer = queries_staff.worth(values["rule_key"], values["points"])
    own = {rule.key for rule in rules().values() if rule.per_quest}
    found = policies_check.missing(quest, values, own, members.programme().timezone) + policies_check.odd(
        quest.preset, values
    )
    if (
        values["rule_key"] is not None
        and offer == 0
        and not any(finding.field == "points" for finding in found)
    ):
        found.append(
            Finding(True, "rule_key", N_("This rule has no value yet. Name one, or choose another rule."))
        )
    unreachable = [
        row
        for row in around.choices
        if row.id in values["requires"] and row.shown_state not in policies_check.OPEN
    ]
    if unreachable:
        found.append(
            Finding(False, "requires", N_("What has to come first isn't open, so nobody can reach this one."))
        )
    for badge in queries_staff.badge_choices() if values["requires_badges"] else ():
        if badge.id in values["requires_badges"] and not policies_check.can_be_lit(badge, around.choices):
            found.append(
                Finding(
                    False,
                    "requires_badges",
                    N_("Nothing that is open lights “%(badge)s”, so only who has it already can begin."),
                    {"badge": pair(badge.name, badge.name_en)},
                )
            )
    if quest.reach == 0 and values["tiers"]:
        found.append(
            Finding(False, "tiers", N_("Nobody can start it yet: no member has this tier and these stars."))
        )
    if around.usual and offer:
        times = offer / values["effort_minutes"] / around.usual
        if times > 2.5:
            found.append(
                Finding(
                    False,
                    "points",
                    N_("It gives %(times)s times what quests here usually give for a minute."),
                    {"times": f"{times:.1f}"},
                )
            )
        elif times < 0.4:
            found.append(
                Finding(False, "points", N_("It gives much less for a minute than quests here usually do."))
            )
    return sorted(found, key=lambda finding: not finding.must)


# --- states ----------------------------------------------------------------------------------------


def publish_quest(quest_id: int, *, by: Actor, at: datetime | None = None, seen: str | None = None) -> str:
    """Let members have it, from `at` on if that is still to come; returns "live" or "scheduled".

    A draft gets its badge, a scheduled quest another moment; a closed one opens again, an end that is over
    is cleared. Pressing twice publishes once. Raises Invalid with what `check_quest` calls a must,
    Stale when it can't be published from where it is.
    """
    publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.shown_state == "live":
            return "live"
        if seen is not None and seen != quest.token:
            raise Stale(N_("Somebody else saved this quest while you were writing."))
        now = clock.now()
        values = quest.values()
        if at is not None:
            _refuse_the_past(at, values["opens_at"], now)
            values["opens_at"] = at
        if quest.shown_state == "closed" and values["closes_at"] is not None and values["closes_at"] <= now:
            values["closes_at"] = None
        validate(quest, quest.values(), values)
        wrong = musts(quest, values)
        if (
            "rule_key" not in wrong
            and values["rule_key"]
            and not queries_staff.worth(values["rule_key"], values["points"])
        ):
            wrong.setdefault("rule_key", N_("This rule has no value yet. Name one, or choose another rule."))
        if wrong:
            raise Invalid(fields=wrong)
        if quest.hosted_by_id is not None and quest.state == "draft":
            _give_to_host(quest, by)
        badge_id = quest.badge_id
        if badge_id is not None:
            badges.redraw_badge(badge_id, **drawing(values))
        elif quest.preset in WITH_BADGE:
            badge_id = badges.define_badge(
                key=f"quest:{quest_id}",
                fact="quest.approved",
                fact_scope=f"quest:{quest_id}",
                **drawing(values),
            )
        move_quest(
            quest,
            "publish",
            by,
            badge_id=badge_id,
            published_at=quest.published_at or now,
            opens_at=values["opens_at"],
            closes_at=values["closes_at"],
        )
        return "scheduled" if values["opens_at"] is not None and values["opens_at"] > now else "live"


def _refuse_the_past(at: datetime, stored: datetime | None, now: datetime) -> None:
    """Raise Invalid for a moment that is over, unless it is the one that the quest opened at before."""
    same = stored is not None and at == stored.replace(second=0, microsecond=0)
    if at < now - JUST_NOW and not same:
        raise Invalid(fields={"at": N_("That moment is over. Choose one to come, or publish it now.")})


def _give_to_host(quest: Whole, by: Actor) -> None:
    """A call goes out under its member's name: they read what comes in, and are told, once."""
    proposal = CallProposal.quest_id == quest.id
    nodded = db.session.execute(
        update(CallProposal)
        .where(proposal, CallProposal.state == "proposed")
        .values(state="nodded", decided_by_id=by.id, decided_at=clock.now())
    )
    if nodded.rowcount != 1:  # type: ignore[attr-defined]
        if db.session.scalar(select(CallProposal.state).where(proposal)) != "nodded":
            raise Stale(N_("This call has been answered already."))
        return
    audit.record("call.nod", f"quest:{quest.id}", by=by.id)
    member_services.make_host(quest.hosted_by_id, by=by)
    inbox.notify(
        [
            inbox.NewNotice(
                key=f"call:{quest.id}:nodded",
                member_id=quest.hosted_by_id,
                icon="i-flag",
                title=both(
                    N_("“%(quest)s” is out, under your name"), quest=pair(quest.title, quest.title_en)
                ),
                link=f"/quests/{quest.id}",
            )
        ]
    )


def unschedule_quest(quest_id: int, *, by: Actor) -> None:
    """Take a quest that hasn't opened back to the drafts. Raises Refused once it has opened."""
    publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.state == "live" and could_be_started(quest):
            raise Refused(N_("It is open already. Close it instead; those who have begun may finish."))
        move_quest(quest, "unschedule", by, published_at=None)


def close_quest(quest_id: int, *, by: Actor) -> None:
    """Nobody can start it any more; those who have begun may finish."""
    publisher(by)
    with unit_of_work():
        move_quest(queries_staff.whole(quest_id, lock=True), "close", by)


def reopen_quest(quest_id: int, *, by: Actor) -> str:
    """Open a closed quest again; an end that is over is cleared. As `publish_quest`."""
    return publish_quest(quest_id, by=by)


def archive_quest(quest_id: int, *, by: Actor) -> None:
    """Put a draft or a closed quest away; what was lit by it stays lit."""
    publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.state == "draft" and quest.hosted_by_id is not None:
            raise Refused(N_("A member proposed this call. Let it out, or tell them why not."))
        if quest.state == "live" and quest.shown_state == "closed":
            move_quest(quest, "close", by)
            quest = queries_staff.whole(quest_id, lock=True)
        move_quest(quest, "archive", by)


def move_quest(quest: Whole, move: str, by: Actor, **values: Any) -> None:
    """Make one move of the quest's states; its row decides. Raises Stale."""
    state = next_quest_state(quest.state, move)
    moved = db.session.execute(
        update(Quest)
        .where(Quest.id == quest.id, Quest.state == quest.state)
        .values(
            state=state, updated_at=max(clock.now(), quest.updated_at + timedelta(microseconds=1)), **values
        )
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Stale(N_("The quest is not where this page thought it was. Have another look."))
    audit.record(
        f"quest.{move}", f"quest:{quest.id}", by=by.id, before={"state": quest.state}, after={"state": state}
    )
