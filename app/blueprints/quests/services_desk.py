"""Beyond a first verdict: taking an approval back, many at once, a second look, a second score, what a mentor
says before, and that two works that look alike are two.

Taking back is a reversal, never an edit: the ledger gets a line that names the first, the verdict stays with
the time it was taken back, and a later approval gives everything again under keys of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.blueprints.badges import services as badges
from app.blueprints.impact import services as impact
from app.blueprints.inbox import services as inbox
from app.blueprints.members import queries as members
from app.blueprints.points import queries as point_queries
from app.blueprints.points import services as points
from app.blueprints.quests import services_quick, services_remarks
from app.blueprints.quests.models import (
    LikenessCleared,
    Nomination,
    Quest,
    QuestVersion,
    Review,
    SecondScore,
    Submission,
)
from app.blueprints.quests.policies import (
    NOBODY_WAITED,
    UNDO,
    WHERE_NOW,
    approval_key,
    is_sampled,
    lets_itself_through,
    may_comment,
    may_review,
    next_state,
)
from app.blueprints.quests.services import _happened, move_on
from app.blueprints.quests.services_review import (
    MISSING_WORDS,
    WORDS_LIMIT,
    Verdict,
    _helper_key,
    _load,
    _move_on,
    _outcome_key,
    _title,
    approve_submission,
)
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import add, db, upsert
from app.core.errors import DomainError, Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both
from app.core.uow import unit_of_work

TOO_LONG = N_("A little shorter, please: up to 1,000 characters.")
BEGUN_ANEW = N_("Its member has begun this quest anew meanwhile, so the earlier work stays as it is.")
KEY_LETTERS = 80


# --- taking an approval back -------------------------------------------------------------------------


def undo_approval(submission_id: int, *, by: Actor) -> None:
    """Take back an approval within ten minutes: everything it gave goes back, the work waits to be read.

    For the reviewer who approved it, or an admin; pressing again changes nothing. Raises NotFound for anybody
    else and for what no reviewer approved, Refused when the ten minutes are over or its member has begun
    the quest anew, Stale when the work is somewhere else now.
    """
    with unit_of_work():
        work = _load(submission_id)
        verdict = db.session.execute(
            select(Review.id, Review.reviewer_id, Review.created_at, Review.undone_at)
            .where(Review.submission_id == submission_id, Review.decision == "approved")
            .order_by(Review.id.desc())
            .limit(1)
        ).one_or_none()
        if verdict is None or not (verdict.reviewer_id == by.id or "admin" in by.capabilities):
            raise NotFound
        if work.member_id == by.id:
            raise NotFound
        if verdict.undone_at is not None:
            if work.state == "submitted":
                return
            raise Stale(WHERE_NOW[work.state])
        now = clock.now()
        next_state(work.state, "undo")
        if now >= verdict.created_at + UNDO:
            raise Refused(N_("The ten minutes are over. What it gave stays given."))
        try:
            # read once, it can't be changed by its member any more
            _move_on(
                work,
                "undo",
                points_awarded=None,
                decided_at=None,
                sampled=False,
                undone_count=work.undone_count + 1,
                opened_at=work.opened_at or now,
            )
        except IntegrityError as error:
            raise Refused(BEGUN_ANEW) from error
        db.session.execute(update(Review).where(Review.id == verdict.id).values(undone_at=now))
        _take_all_back(work, reason=both(N_("“%(quest)s” is being read again"), quest=_title(work)), by=by)
        _happened(submission_id, "undone", work.round, by.id)
        audit.record(
            "submission.undo",
            f"submission:{submission_id}",
            by=by.id,
            before={"state": work.state},
            after={"state": "submitted", "undone_count": work.undone_count + 1},
        )


def reverse_approval(submission_id: int, reason: str, *, by: Actor) -> None:
    """Not accept what had let itself through: everything it gave goes back (points that were spent are owed),
    its member reads the reason and may ask for a second look.

    For staff, at any time; pressing again changes nothing. Raises NotFound for work that a reviewer read and
    for anybody's own, Invalid without a reason.
    """
    with unit_of_work():
        work = _load(submission_id)
        if not (by.can("reviews:staff") and lets_itself_through(work)) or work.member_id == by.id:
            raise NotFound
        if work.state == "declined":
            return
        next_state(work.state, "reverse")
        _check_reason(reason)
        now, words = clock.now(), reason.strip()
        _move_on(
            work,
            "reverse",
            points_awarded=None,
            decided_at=now,
            declined_by_id=by.id,
            undone_count=work.undone_count + 1,
        )
        services_quick.forget_answers(submission_id)
        add(
            Review,
            {
                "submission_id": submission_id,
                "round": work.round,
                "look": work.look,
                "reviewer_id": by.id,
                "decision": "declined",
                "reason": words,
                "waited_minutes": NOBODY_WAITED,
                "created_at": now,
                "scores": {},
                "checks": [],
            },
        )
        _take_all_back(work, reason=both(N_("“%(quest)s” was not accepted"), quest=_title(work)), by=by)
        inbox.notify(
            [
                inbox.NewNotice(
                    key=f"{approval_key(work)}:reversed",
                    member_id=work.member_id,
                    icon="i-info",
                    title=both(N_("“%(quest)s” was not accepted"), quest=_title(work)),
                    body={"zh": words, "en": words},
                    link=f"/work/{submission_id}",
                )
            ]
        )
        audit.record(
            "submission.reverse",
            f"submission:{submission_id}",
            by=by.id,
            before={"state": work.state},
            after={"state": "declined", "reason": words},
        )


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(fields={"reason": MISSING_WORDS["reason"]})
    if len(reason) > WORDS_LIMIT:
        raise Invalid(fields={"reason": TOO_LONG})


def _take_all_back(work: Any, *, reason: dict[str, Any], by: Actor) -> None:
    """Everything `services_review._give` gave, in its order: so two who meet here never wait crosswise."""
    key = approval_key(work)
    transfer_id = point_queries.award_with(key)
    if transfer_id is not None:
        points.reverse(transfer_id, key=f"{key}:undone", reason=reason, by=by.id)
    badges.withdraw_fact(key)
    helpers = [_helper_key(work, helper) for helper in work.helpers]
    impact.withdraw_lines(helpers)
    inbox.withdraw([f"{key}:approved", _outcome_key(work, "approved"), *helpers])
    db.session.execute(delete(Nomination).where(Nomination.submission_id == work.id))


# --- many at once -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Together:
    """What came of each: `done` are (id, points), `skipped` are (id, msgid of the reason)."""

    done: list[tuple[int, int]]
    skipped: list[tuple[int, str]]


TOGETHER = 24
ONE_BY_ONE = N_("This one is to be opened by itself.")


def approve_together(ids: Sequence[int], *, by: Actor) -> Together:
    """Approve quick tasks that wait, each in a transaction of its own: one that can't be doesn't hold up the
    others. Those of the sample are left to be opened.

    Raises Invalid for none, or more than are shown at once.
    """
    chosen = list(dict.fromkeys(ids))
    if not 0 < len(chosen) <= TOGETHER:
        raise Invalid(fields={"form": N_("Tick those that are good.")})
    found = Together([], [])
    for submission_id in chosen:
        try:
            paid = _approve_quick(submission_id, by)
        except DomainError as error:
            found.skipped.append((submission_id, error.message or N_("It isn't there any more.")))
        else:
            if paid is not None:
                found.done.append((submission_id, paid.amount))
    return found


def _approve_quick(submission_id: int, by: Actor) -> points.Paid | None:
    with unit_of_work():
        work = db.session.execute(
            select(Quest.preset, QuestVersion.review_mode, Submission.round)
            .select_from(Submission)
            .join(Quest, Quest.id == Submission.quest_id)
            .join(QuestVersion, QuestVersion.id == Submission.version_id)
            .where(Submission.id == submission_id)
        ).one_or_none()
        if work is None or not by.can("reviews:staff"):
            raise NotFound
        if work.preset != "quick_task" or work.review_mode != "staff" or is_sampled(submission_id):
            raise Refused(ONE_BY_ONE)
        return approve_submission(submission_id, Verdict(round=work.round), by=by, need=())


def undo_together(ids: Sequence[int], *, by: Actor) -> Together:
    """Take back several approvals, each as `undo_approval` does and in a transaction of its own."""
    found = Together([], [])
    for submission_id in list(dict.fromkeys(ids))[:TOGETHER]:
        try:
            undo_approval(submission_id, by=by)
            found.done.append((submission_id, 0))
        except DomainError as error:
            found.skipped.append((submission_id, error.message or N_("It isn't there any more.")))
    return found


# --- a second look --------------------------------------------------------------------------------------


def look_again(submission_id: int, note: str = "", *, by: Actor) -> None:
    """Ask for a second look at one's own work that was not accepted: another reviewer decides, with the first
    verdict in view, within the hours that the quest promises. `note` is a word to them.

    Once for each piece of work; pressing again changes nothing. Raises NotFound for anybody else's, Refused
    once the second look has been, or when the quest was begun anew, Invalid for a note that is too long.
    """
    with unit_of_work():
        work = _load(submission_id)
        if work.member_id != by.id:
            raise NotFound
        if work.state == "submitted" and work.look == 2:
            return
        if work.state == "declined" and work.look == 2:
            raise Refused(N_("Two people have looked at it now. The quest is open for another try."))
        state = next_state(work.state, "look_again")
        if len(note) > WORDS_LIMIT:
            raise Invalid(fields={"note": TOO_LONG})
        now = clock.now()
        # a mentor who has decided is not the one to look again: staff are
        mentor_id = None if work.mentor_id == work.declined_by_id else work.mentor_id
        try:
            moved = move_on(
                work,
                state,
                look=2,
                due_at=now + timedelta(hours=work.review_hours),
                # it was judged as it is: its member can't change it any more
                opened_at=work.opened_at or now,
                decided_at=None,
                claimed_by_id=None,
                claimed_until=None,
                mentor_id=mentor_id,
            )
        except IntegrityError as error:
            raise Refused(BEGUN_ANEW) from error
        if not moved:
            raise Stale(WHERE_NOW[work.state])
        # after the move, which waits for a try that is just being sent: else both could be lit
        if db.session.scalar(_later_try(), {"work": submission_id}) is not None:
            raise Refused(BEGUN_ANEW)
        if note.strip():
            services_remarks.write_remark(work, "talk", note, look_key(submission_id), by)
        _happened(submission_id, "look_again", work.round, by.id)


@lru_cache
def _later_try() -> Any:
    """A later piece of the same member's work on the same quest that wasn't given up."""
    later = aliased(Submission)
    return (
        select(later.id)
        .join(Submission, (Submission.quest_id == later.quest_id) & (Submission.member_id == later.member_id))
        .where(
            Submission.id == bindparam("work"), later.attempt > Submission.attempt, later.state != "withdrawn"
        )
        .limit(1)
    )


def look_key(submission_id: int) -> str:
    """Names what a member said when asking for the second look."""
    return f"look:{submission_id}"


# --- what a mentor says before, and what looks alike ------------------------------------------------------


def say_before(submission_id: int, body: str, key: str, *, by: Actor) -> None:
    """A mentor says something on a mentee's work that waits for staff; `key` is the form's one-use token.

    Raises NotFound for work of other groups, Stale once it is decided, Invalid for no or too many words.
    """
    with unit_of_work():
        work = _load(submission_id)
        asked = db.session.execute(select(Quest.confidential).where(Quest.id == work.quest_id)).scalar_one()
        seen = _Commented(work, asked, members.mentor_of(work.member_id))
        if may_review(by, work) or not may_comment(by, seen):
            raise NotFound
        if work.state != "submitted":
            raise Stale(WHERE_NOW[work.state])
        if not body.strip():
            raise Invalid(fields={"body": N_("Write a line first.")})
        if len(body) > WORDS_LIMIT:
            raise Invalid(fields={"body": TOO_LONG})
        # one's own token only: nobody can use up a colleague's
        services_remarks.write_remark(work, "mentor", body, f"mentor:{by.id}:{key[:KEY_LETTERS]}", by)


class _Commented:
    """Work as `may_comment` asks about it."""

    def __init__(self, work: Any, confidential: bool, mentor_now_id: int | None) -> None:
        self._work, self.confidential, self.mentor_now_id = work, confidential, mentor_now_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    @property
    def commented(self) -> bool:
        """Whether the mentor of now has said something."""
        return self._work.commented_by_id is not None and self._work.commented_by_id == self.mentor_now_id


def clear_likeness(submission_id: int, earlier_id: int, *, by: Actor) -> None:
    """Two works that look alike are two: nobody is asked about them again. Raises NotFound."""
    with unit_of_work():
        for each in (_load(submission_id), _load(earlier_id)):
            if not by.can("reviews:staff") or each.state == "working":
                raise NotFound
        if submission_id == earlier_id:
            raise NotFound
        cleared = db.session.execute(
            upsert(LikenessCleared)
            .values(submission_id=submission_id, earlier_id=earlier_id, by_id=by.id, at=clock.now())
            .on_conflict_do_nothing()
            .returning(LikenessCleared.submission_id)
        )
        if cleared.first() is not None:
            audit.record(
                "likeness.clear",
                f"submission:{submission_id}",
                by=by.id,
                after={"earlier": earlier_id},
            )


# --- a second score -------------------------------------------------------------------------------------


def score_again(submission_id: int, decision: str, scores: dict[str, int], *, by: Actor) -> None:
    """Say what one would have decided on sampled work, without having seen the verdict. Once: a second
    press, or a colleague who was faster, changes nothing.

    Raises NotFound for what isn't in the sample or was this reviewer's, Invalid without a decision and every
    score.
    """
    with unit_of_work():
        work = _load(submission_id)
        row = db.session.execute(
            select(Submission.sampled, Review.reviewer_id)
            .join(Review, (Review.submission_id == Submission.id) & Review.undone_at.is_(None))
            .where(Submission.id == submission_id, Review.decision == "approved")
        ).one_or_none()
        if row is None or not row.sampled or by.id in (row.reviewer_id, work.member_id):
            raise NotFound
        fields = {
            f"score-{number}": N_("Choose one, from 1 to 5.")
            for number in range(len(work.scores))
            if scores.get(str(number)) not in (1, 2, 3, 4, 5)
        }
        if decision not in ("approved", "changes", "declined"):
            fields["decision"] = N_("Choose what you would have said.")
        if fields:
            raise Invalid(fields=fields)
        kept = {str(number): scores[str(number)] for number in range(len(work.scores))}
        new = db.session.execute(
            upsert(SecondScore)
            .values(
                submission_id=submission_id,
                reviewer_id=by.id,
                decision=decision,
                scores=kept,
                created_at=clock.now(),
            )
            .on_conflict_do_nothing()
            .returning(SecondScore.submission_id)
        )
        if new.first() is not None:
            audit.record(
                "submission.score_again",
                f"submission:{submission_id}",
                by=by.id,
                after={"decision": decision, "scores": kept},
            )
