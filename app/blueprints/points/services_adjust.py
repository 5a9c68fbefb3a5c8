"""Points given or taken by hand: proposed, signed by a second admin where they are many, booked once.

Source of the rules: product.md 4.4. One given by hand is an award (it counts for the stars, and what is owed
is repaid first); one taken acts as a reversal does.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from app.blueprints.inbox import services as inbox
from app.blueprints.points import queries, services
from app.blueprints.points.models import Account, Adjustment
from app.blueprints.points.policies_desk import MOST, needs_second
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

PERMISSION = "points:adjust"
LONGEST = 200

NOT_YOUR_OWN = N_("Nobody adjusts their own wallet. Ask another admin.")
SAY_WHY = N_("Say why: the member reads it.")
SHORTER = N_("A little shorter, please.")
NOW = {
    "booked": N_("It has been booked meanwhile."),
    "declined": N_("It has been declined meanwhile."),
    "withdrawn": N_("It has been withdrawn meanwhile."),
}


def propose(
    member_id: int, amount: int, *, reason: str, reason_en: str = "", token: str, by: Actor
) -> tuple[int, str]:
    """Give (`amount` above zero) or take points by hand: the adjustment's id, and "booked" or "waiting".

    Up to 1,000 it is booked at once; beyond that it waits for a second admin. `token` is the form's: a
    second press answers what the first did. Raises Forbidden, NotFound for nobody's wallet, Refused for
    one's own or where the lifetime points would fall below zero, Invalid by field.
    """
    may(by)
    reason, reason_en = reason.strip(), reason_en.strip()
    wrong = {}
    if not 0 < abs(amount) <= MOST:
        wrong["amount"] = N_("A whole number of points, up to 100,000 more or less. Not zero.")
    if not reason:
        wrong["reason"] = SAY_WHY
    wrong |= {
        name: SHORTER for name, text in (("reason", reason), ("reason_en", reason_en)) if len(text) > LONGEST
    }
    if wrong:
        raise Invalid(fields=wrong)
    with unit_of_work():
        wallet = wallet_of(member_id)
        known = db.session.execute(
            select(Adjustment.id, Adjustment.state).where(Adjustment.token == token)
        ).one_or_none()
        if known is not None:
            return known.id, known.state
        if member_id == by.id:
            raise Refused(NOT_YOUR_OWN)
        refuse_below_zero(wallet.lifetime, amount)
        alone = not needs_second(amount)
        now = clock.now()
        adjustment_id: int = db.session.scalars(
            insert(Adjustment)
            .values(
                token=token,
                member_id=member_id,
                amount=amount,
                reason=reason,
                reason_en=reason_en,
                state="booked" if alone else "waiting",
                proposed_by_id=by.id,
                refusal="",
                created_at=now,
                decided_at=now if alone else None,
            )
            .returning(Adjustment.id)
        ).one()
        audit.record(
            "adjustment.propose",
            f"adjustment:{adjustment_id}",
            by=by.id,
            after={"member": member_id, "amount": amount, "reason": reason},
        )
        if alone:
            book(adjustment_id, by=by)
        return adjustment_id, "booked" if alone else "waiting"


def agree(adjustment_id: int, *, by: Actor) -> None:
    """Sign a waiting adjustment as the second admin: it is booked, once.

    Raises Forbidden, NotFound, Stale when it waits no longer, Refused for its proposer or member, or where
    the lifetime points would fall below zero.
    """
    may(by)
    with unit_of_work():
        # the order of locks: the wallet, then the adjustment
        wallet_of(member_of(adjustment_id))
        decide(adjustment_id, "booked", by=by)
        book(adjustment_id, by=by)


def decline(adjustment_id: int, *, refusal: str, by: Actor) -> None:
    """Say no to a waiting adjustment, and why, to who proposed it. Raises as `agree`; Invalid without why."""
    may(by)
    refusal = refusal.strip()
    if not refusal or len(refusal) > LONGEST:
        raise Invalid(fields={"refusal": SHORTER if refusal else N_("Say why, to who proposed it.")})
    with unit_of_work():
        decide(adjustment_id, "declined", by=by, refusal=refusal)
        proposed_by = db.session.scalars(
            select(Adjustment.proposed_by_id).where(Adjustment.id == adjustment_id)
        ).one()
        notice = inbox.NewNotice(
            key=f"adjustment:{adjustment_id}:declined",
            member_id=proposed_by,
            icon="point",
            title=both(N_("%(who)s declined an adjustment you proposed"), who=by.name),
            body=pair(refusal, None),
            link="/staff/points/adjustments",
        )
        inbox.notify([notice])


def withdraw(adjustment_id: int, *, by: Actor) -> None:
    """Take back what one proposed while it waits. Raises Forbidden, NotFound (also for others'), Stale."""
    may(by)
    with unit_of_work():
        decide(adjustment_id, "withdrawn", by=by)


def decide(adjustment_id: int, state: str, *, by: Actor, refusal: str = "") -> None:
    """Take an adjustment out of "waiting", if it is still there: the step that only one of many can do."""
    second = state != "withdrawn"
    row = Adjustment
    whose = (
        (row.proposed_by_id != by.id, row.member_id != by.id) if second else (row.proposed_by_id == by.id,)
    )
    decided = db.session.scalar(
        update(row)
        .where(row.id == adjustment_id, row.state == "waiting", *whose)
        .values(state=state, signed_by_id=by.id if second else None, refusal=refusal, decided_at=clock.now())
        .returning(row.id)
    )
    if decided is None:
        found = db.session.execute(
            select(row.state, row.proposed_by_id).where(row.id == adjustment_id)
        ).one_or_none()
        if found is None or (not second and found.proposed_by_id != by.id):
            raise NotFound
        if found.state != "waiting":
            raise Stale(NOW[found.state])
        raise Refused(N_("The second signature is another admin's, and never the member's own."))
    acts = {"booked": "agree", "declined": "decline", "withdrawn": "withdraw"}
    audit.record(
        f"adjustment.{acts[state]}",
        f"adjustment:{adjustment_id}",
        by=by.id,
        after={"refusal": refusal} if refusal else None,
    )


def book(adjustment_id: int, *, by: Actor) -> None:
    """Write what a booked adjustment moves, under its own key, and tell the member."""
    row = db.session.execute(
        select(
            Adjustment.member_id,
            Adjustment.amount,
            Adjustment.reason,
            Adjustment.reason_en,
            Adjustment.proposed_by_id,
        ).where(Adjustment.id == adjustment_id)
    ).one()
    wallet = wallet_of(row.member_id)
    refuse_below_zero(wallet.lifetime, row.amount)
    line: dict[str, Any] = {
        "cause": "adjustment",
        "title": both(N_("Adjusted by staff")),
        "note": pair(row.reason, row.reason_en),
        "by_id": row.proposed_by_id,
        "acted_at": clock.now(),
    }
    key = f"adjustment:{adjustment_id}"
    if row.amount > 0:
        services.write_line(
            key=key, debit="issued", credit="wallet", whose=row.member_id, amount=row.amount, **line
        )
        services.credit(row.member_id, row.amount, key=key, acted_at=line["acted_at"])
        title = both(N_("%(points)s points were added by staff"), points=f"{row.amount:,}")
    else:
        services.take(row.member_id, -row.amount, balance=wallet.balance, key=key, **line)
        title = both(N_("%(points)s points were taken back by staff"), points=f"{-row.amount:,}")
    inbox.notify(
        [
            inbox.NewNotice(
                key=key,
                member_id=row.member_id,
                icon="point",
                title=title,
                body=pair(row.reason, row.reason_en),
                link=f"/wallet/{line_of(key)}",
            )
        ]
    )


def line_of(key: str) -> int:
    """The transfer that was just written under `key`, or that of what is owed where the wallet was empty."""
    found = queries.award_with(key)
    return found if found is not None else queries.award_with(f"{key}:owed") or 0


def refuse_below_zero(lifetime: int, amount: int) -> None:
    if lifetime + amount < 0:
        raise Refused(
            N_("They have earned %(points)s points in all; no more than that can be taken back."),
            points=f"{lifetime:,}",
        )


def wallet_of(member_id: int) -> Any:
    """A wallet's balance and lifetime points, its row locked until the end. Raises NotFound."""
    row = db.session.execute(
        select(Account.balance, Account.lifetime)
        .where(Account.member_id == member_id, Account.kind == "wallet")
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def member_of(adjustment_id: int) -> int:
    """Whose wallet an adjustment is about. Raises NotFound."""
    found = db.session.scalar(select(Adjustment.member_id).where(Adjustment.id == adjustment_id))
    if found is None:
        raise NotFound
    return found


def may(by: Actor) -> None:
    if not by.can(PERMISSION):
        raise Forbidden
