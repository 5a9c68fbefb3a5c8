"""A friend whom a member told about the car became an owner: recorded by staff, paid by the public rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.blueprints.impact import services as impact
from app.blueprints.impact.models import ImpactLine
from app.blueprints.impact.policies_thanks import MOST_NAME
from app.blueprints.inbox import services as inbox
from app.blueprints.members import queries as members
from app.blueprints.points import services as points
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import read
from app.core.errors import Forbidden, Invalid, NotFound, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

RULE = "referral"
# how long ago somebody may have become an owner
LONGEST = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class Friend:
    """Who became an owner: a member (`person_id`), or somebody without an account, whose `name` is given only
    where they agreed that the member reads it. `another`: not the one of that name recorded before."""

    person_id: int | None = None
    name: str = ""
    another: bool = False


@dataclass(frozen=True)
class Recorded:
    """`new` is False where just this was recorded before; `points` were paid by the rule, now or then."""

    new: bool
    points: int = 0


def record_owner(member_id: int, friend: Friend, *, since: datetime, token: str, by: Actor) -> Recorded:
    """Record that a friend of `member_id` became an owner at `since`: a line, the rule's points, a notice.

    Once for each friend: a member is known by their id, whoever referred them; somebody without an account
    by the form's one-use `token`. Raises NotFound for a member who isn't there, Forbidden for one's own
    friend, Stale for one who is recorded for somebody else, Invalid (fields member, friend, name, day).
    """
    if not by.is_staff:
        raise NotFound
    if member_id == by.id:
        raise Forbidden(N_("Somebody else has to record what you brought about yourself."))
    _check(member_id, friend, since)
    key = f"{RULE}:{friend.person_id if friend.person_id is not None else f'owner:{token}'}"
    try:
        with unit_of_work():
            there = _is_there(key, member_id)
            if there:
                return Recorded(new=False)
            _is_another(member_id, friend)
            return Recorded(new=True, points=_write(member_id, friend, key, since, by))
    except IntegrityError:
        # two who recorded the same friend at once: the line's key let one in
        if _is_there(key, member_id):
            return Recorded(new=False)
        raise


def _check(member_id: int, friend: Friend, since: datetime) -> None:
    wrong = {}
    names = members.names_of([one for one in (member_id, friend.person_id) if one is not None])
    if member_id not in names:
        wrong["member"] = N_("Choose who told their friend about the car.")
    if friend.person_id is not None and friend.person_id not in names:
        wrong["friend"] = N_("Choose who became an owner.")
    elif friend.person_id == member_id:
        wrong["friend"] = N_("Nobody is their own friend here. Choose who became an owner.")
    if len(friend.name) > MOST_NAME:
        wrong["name"] = N_("At most %(name)s letters, please.")
    now = clock.now()
    if not now - LONGEST <= since <= now:
        wrong["day"] = N_("A day within the last year, today at the latest.")
    if wrong:
        raise Invalid(fields=wrong, name=MOST_NAME)


def _is_there(key: str, member_id: int) -> bool:
    """Whether this friend is recorded for this member. Raises Stale where they are for somebody else."""
    whose = read(select(ImpactLine.member_id).where(ImpactLine.key == key)).scalar()
    if whose is not None and whose != member_id:
        raise Stale(N_("This friend is recorded already, for somebody else who told them."))
    return whose is not None


def _is_another(member_id: int, friend: Friend) -> None:
    """Raises Invalid where the member has a friend of this name already and nobody said it is another."""
    if friend.another or not friend.name or friend.person_id is not None:
        return
    same = select(ImpactLine.id).where(
        ImpactLine.member_id == member_id, ImpactLine.kind == RULE, ImpactLine.person_name == friend.name
    )
    if read(same.limit(1)).scalar() is not None:
        raise Invalid(
            fields={
                "name": N_("A friend of this name is recorded for them already. Say so if it is another.")
            }
        )


def _write(member_id: int, friend: Friend, key: str, since: datetime, by: Actor) -> int:
    person = friend.person_id
    impact.add_lines(
        [
            impact.Help(
                key=key,
                member_id=member_id,
                kind=RULE,
                person_id=person,
                reader=None if person is not None else key.removeprefix(f"{RULE}:"),
                person_name=(friend.name or None) if person is None else None,
                subject=both(N_("You told them about the car")),
                outcome=both(N_("became an owner")),
                link=f"/members/{person}" if person is not None else None,
                occurred_at=since,
            )
        ]
    )
    paid = points.award(
        member_id,
        key=key,
        rule_key=RULE,
        acted_at=since,
        title=both(N_("A friend you referred became an owner")),
        # a member's name is read from their line, as they allow it now
        note=pair(friend.name, None) if person is None and friend.name else None,
        link="/impact",
        by=by.id,
    )
    _tell(member_id, key, paid.amount)
    audit.record("owner.record", f"member:{member_id}", by=by.id, after=_said(friend, since, paid.amount))
    return paid.amount


def _tell(member_id: int, key: str, amount: int) -> None:
    body = both(N_("%(num)s points by the public rule. Thank you for telling them."), num=f"{amount:,}")
    inbox.notify_once(
        inbox.NewNotice(
            key=key,
            member_id=member_id,
            icon="i-ripple",
            title=both(N_("A friend you told about the car became an owner")),
            body=body if amount else None,
            link="/impact",
        )
    )


def _said(friend: Friend, since: datetime, amount: int) -> dict[str, Any]:
    who = {"member": friend.person_id} if friend.person_id is not None else {"name": friend.name}
    return who | {"since": since.date().isoformat(), "points": amount}
