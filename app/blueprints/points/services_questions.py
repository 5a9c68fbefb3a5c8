"""Questions about a line of the wallet, each with the date by which staff answer. Source: product.md 4.4."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from app.blueprints.inbox import services as inbox
from app.blueprints.members import queries as members
from app.blueprints.points import queries_wallet
from app.blueprints.points.models import LineQuestion
from app.blueprints.points.policies_desk import answer_due
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db, upsert
from app.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

LONGEST = 500
WHAT = N_("Write what isn't clear, in a sentence or two.")
UP_TO = N_("Up to 500 characters, please.")


def ask(transfer_id: int, text: str, *, by: Actor) -> datetime:
    """Ask staff about a line of one's own: by when it is answered.

    There is one open question for each line. Raises NotFound for a line that isn't theirs, Invalid for
    nothing or too much, Refused while an earlier question waits.
    """
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise Invalid(fields={"text": UP_TO if text else WHAT})
    with unit_of_work():
        queries_wallet.line(transfer_id, by.id)
        now = clock.now()
        due = answer_due(now, members.programme().timezone)
        asked = db.session.scalar(
            upsert(LineQuestion)
            .values(transfer_id=transfer_id, member_id=by.id, text=text, asked_at=now, due_at=due, answer="")
            .on_conflict_do_nothing()
            .returning(LineQuestion.id)
        )
        if asked is None:
            raise Refused(N_("Your question about this line is with staff already."))
        return due


def answer(question_id: int, text: str, *, by: Actor) -> None:
    """Answer an open question; the member gets a notice and reads it on the line.

    Raises Forbidden, NotFound, Invalid for nothing or too much, Refused for one's own, Stale when it has
    its answer.
    """
    if not by.can("points:answer"):
        raise Forbidden
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise Invalid(fields={"answer": UP_TO if text else N_("Write an answer first.")})
    with unit_of_work():
        row = db.session.execute(
            update(LineQuestion)
            .where(
                LineQuestion.id == question_id,
                LineQuestion.answered_at.is_(None),
                LineQuestion.member_id != by.id,
            )
            .values(answer=text, answered_by_id=by.id, answered_at=clock.now())
            .returning(LineQuestion.member_id, LineQuestion.transfer_id)
        ).one_or_none()
        if row is None:
            refuse(question_id, by)
            return
        audit.record("line_question.answer", f"line_question:{question_id}", by=by.id, after={"answer": text})
        notice = inbox.NewNotice(
            key=f"line_question:{question_id}",
            member_id=row.member_id,
            icon="point",
            title=both(N_("%(who)s answered your question about a line"), who=by.name),
            body=pair(text, None),
            link=f"/wallet/{row.transfer_id}#asked",
        )
        inbox.notify([notice])


def refuse(question_id: int, by: Actor) -> None:
    """Say why a question can't be answered by this person now."""
    whose = db.session.scalar(select(LineQuestion.member_id).where(LineQuestion.id == question_id))
    if whose is None:
        raise NotFound
    if whose == by.id:
        raise Refused(N_("Somebody else answers your own question."))
    raise Stale(N_("It has been answered meanwhile."))
