"""Calls that members start: proposed, withdrawn, nodded to or refused. The only writer of proposals, beside
`services_publish`, where a call goes out under its member's name.

The quest's row is held first, then the proposal's: so a nod, a refusal and a withdrawal come one after the
other, and each acts only on a proposal that still waits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update

from app.blueprints.inbox import services as inbox
from app.blueprints.members import queries as members
from app.blueprints.members import services as member_services
from app.blueprints.quests import queries_staff
from app.blueprints.quests.models import CallProposal
from app.blueprints.quests.policies_calls import ASKS, HOURS, OPEN_PROPOSALS, REASON, may_propose, until
from app.blueprints.quests.policies_presets import BLANK, QuestIn
from app.blueprints.quests.policies_publish import BOUNDS, SUMMARY, TITLE, TOO_LONG, normal, one_line
from app.blueprints.quests.services_publish import move_quest, publish_quest
from app.blueprints.quests.services_staff import insert_draft, publisher, rules, save_quest
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import add, db
from app.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work


def propose_call(*, title: str, about: str, asks: str, closes_at: datetime | None, by: Actor) -> int:
    """Put a call before staff; returns the quest's id, a draft until they nod.

    Raises Forbidden below the contributors' tier, Invalid by field (title, about, asks, until), Refused
    while two of the member's proposals wait.
    """
    if not may_propose(by):
        raise Forbidden(N_("Contributors can start calls of their own."))
    said = normal(QuestIn(title=title, summary=about))
    wrong = {}
    for name, text, limit in (("title", said["title"], TITLE), ("about", said["summary"], SUMMARY)):
        if not text:
            wrong[name] = N_("A few words, please.")
        elif len(text) > limit:
            wrong[name] = TOO_LONG
    if asks not in ASKS:
        wrong["asks"] = N_("Choose what to send.")
    if told := until(closes_at, clock.now()):
        wrong["until"] = told
    if wrong:
        raise Invalid(fields=wrong)
    icon, minutes, step, most = ASKS[asks]
    words = both(step)
    with unit_of_work():
        member_services.hold(by.id)
        waiting = db.session.scalar(
            select(func.count()).where(CallProposal.member_id == by.id, CallProposal.state == "proposed")
        )
        if (waiting or 0) >= OPEN_PROPOSALS:
            raise Refused(N_("Two of your calls wait for an answer already. Withdraw one, or wait a little."))
        values = BLANK | said | {
            "track_key": _track_of(by), "icon": icon, "effort_minutes": minutes, "review_mode": "mentor",
            "review_hours": HOURS, "closes_at": closes_at,
            "steps": normal(QuestIn(steps=[{
                "title": words["zh"], "title_en": words["en"], "evidence": asks, "min": 1, "max": most,
            }]))["steps"],
        }  # fmt: skip
        quest_id = insert_draft("brief", values, by, hosted_by_id=by.id)
        add(CallProposal, {"quest_id": quest_id, "member_id": by.id, "created_at": clock.now()})
        return quest_id


def _track_of(by: Actor) -> str:
    """The first of the tracks that the member likes, else the first there is."""
    likes = set(db.session.scalars(members.liked_tracks(by.id)))
    tracks = members.tracks()
    return next((track.key for track in tracks if track.key in likes), tracks[0].key)


def withdraw_call(quest_id: int, *, by: Actor) -> None:
    """Take an own proposal back. Raises NotFound for anybody else's, Stale once it was answered."""
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.hosted_by_id != by.id:
            raise NotFound
        _settle(quest_id, "withdrawn", by)
        move_quest(quest, "archive", by)


def refuse_call(quest_id: int, reason: str, *, by: Actor) -> None:
    """Say no, with a reason that the member reads. Raises Invalid without one, Stale once it was answered."""
    publisher(by)
    reason = one_line(reason)
    if not reason or len(reason) > REASON:
        raise Invalid(fields={"reason": TOO_LONG if reason else N_("The member reads this. Say why not.")})
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.hosted_by_id is None:
            raise NotFound
        _settle(quest_id, "refused", by, reason=reason)
        move_quest(quest, "archive", by)
        audit.record("call.refuse", f"quest:{quest_id}", by=by.id, after={"reason": reason})
        inbox.notify(
            [
                inbox.NewNotice(
                    key=f"call:{quest_id}:refused",
                    member_id=quest.hosted_by_id,
                    icon="i-flag",
                    title=both(
                        N_("“%(quest)s” can't go out like this"), quest=pair(quest.title, quest.title_en)
                    ),
                    body=pair(reason, None),
                    link="/calls",
                )
            ]
        )


def nod_call(quest_id: int, points: int | None = None, *, by: Actor) -> str:
    """Let a call out under its member's name, each piece that is lit giving `points` of its own.

    Nodding twice nods once. Returns "live" or "scheduled"; raises Stale for one that was withdrawn or
    refused, Invalid as `publish_quest`.
    """
    publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.hosted_by_id is None:
            raise NotFound
        if quest.state == "draft" and points is not None:
            least, most, message = BOUNDS["points"]
            own = next((key for key, rule in rules().items() if rule.per_quest), None)
            if own is None or not least <= points <= most:
                raise Invalid(fields={"points": message})
            save_quest(quest_id, QuestIn(rule_key=own, points=points), by=by)
        return publish_quest(quest_id, by=by)


def _settle(quest_id: int, state: str, by: Actor, *, reason: str = "") -> None:
    settled = db.session.execute(
        update(CallProposal)
        .where(CallProposal.quest_id == quest_id, CallProposal.state == "proposed")
        .values(state=state, reason=reason, decided_by_id=by.id, decided_at=clock.now())
    )
    if settled.rowcount != 1:  # type: ignore[attr-defined]
        raise Stale(N_("This call has been answered already."))
