"""Reading work and deciding on it. Approval is one transaction: the submission, points, badge, stars,
impact lines and notices happen together, once, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, func, or_, select, update

from app.blueprints.badges import services as badges
from app.blueprints.impact import services as impact
from app.blueprints.inbox import services as inbox
from app.blueprints.library import queries as library
from app.blueprints.members import queries as members
from app.blueprints.points import services as points
from app.blueprints.quests import services_ladder, services_quick
from app.blueprints.quests.models import (
    Nomination,
    Quest,
    QuestVersion,
    Remark,
    Review,
    Submission,
    SubmissionHelper,
)
from app.blueprints.quests.policies import (
    CLAIM,
    WHERE_NOW,
    approval_key,
    facts_of,
    had_first_look,
    held_by_another,
    is_sampled,
    may_review,
    next_state,
)
from app.blueprints.quests.policies_stages import last_stage, nth_round, was_sent
from app.blueprints.quests.policies_terms import VEILED
from app.blueprints.quests.services import _happened, move_on, next_round
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import add, db, read
from app.core.errors import Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

WORDS_LIMIT = 1000


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a reviewer says of one round. `scores` by index of the quest's score names, 1 to 5;
    `checks` the indexes of the criteria that are met; `nominate` of "case" and "month" what it is put
    forward for when it is approved."""

    round: int
    highlight: str = ""
    suggestion: str = ""
    reason: str = ""
    scores: dict[str, int] = field(default_factory=dict)
    checks: list[int] = field(default_factory=list)
    nominate: list[str] = field(default_factory=list)


def open_for_review(submission_id: int, *, by: Actor) -> bool:
    """Open sent work to read it and claim it for fifteen minutes; True when the claim is ours.

    From the first opening on its member can't change it any more. Somebody else's running claim is
    left alone. Raises NotFound for work that isn't this reviewer's to read.
    """
    with unit_of_work():
        work = _reviewable(submission_id, by)
        now = clock.now()
        if work.state != "submitted":
            return False
        claimed = db.session.execute(
            update(Submission)
            .where(
                Submission.id == submission_id,
                Submission.state == "submitted",
                or_(
                    Submission.claimed_by_id.is_(None),
                    Submission.claimed_by_id == by.id,
                    Submission.claimed_until <= now,
                ),
            )
            .values(claimed_by_id=by.id, claimed_until=now + CLAIM, opened_at=work.opened_at or now)
        )
        if claimed.rowcount == 1 and work.opened_at is None:  # type: ignore[attr-defined]
            _happened(submission_id, "opened", work.round, by.id)
        return claimed.rowcount == 1  # type: ignore[attr-defined]


def release_claim(submission_id: int, *, by: Actor) -> None:
    """Put claimed work back into the queue."""
    with unit_of_work():
        db.session.execute(
            update(Submission)
            .where(Submission.id == submission_id, Submission.claimed_by_id == by.id)
            .values(claimed_by_id=None, claimed_until=None)
        )


def approve_submission(
    submission_id: int, verdict: Verdict, *, by: Actor, need: tuple[str, ...] = ("highlight",)
) -> points.Paid | None:
    """Approve one round and give everything the quest promised, once. `need` are the words it takes.

    Pressing again returns None and changes nothing. Raises Invalid for a verdict that isn't whole,
    Stale when the work has moved on or another round was read, Refused while a colleague has it open
    and before its last stage.
    """
    with unit_of_work():
        work = _reviewable(submission_id, by)
        if work.state == "approved":
            return None
        _check_claim(work, by)
        if work.state == "submitted" and not last_stage(work):
            raise Refused(N_("This isn't its last stage yet. Pass it on, and it lights at the end."))
        _check_words(verdict, work, need=need)
        paid = _give(work, by=by.id)
        scored = bool(work.scores and verdict.scores)
        _decide(
            work,
            "approve",
            verdict,
            by,
            points_awarded=paid.amount,
            decided_at=clock.now(),
            sampled=scored and is_sampled(submission_id),
        )
        if work.kind == "poll":
            services_quick.remember_answers(submission_id)
        services_ladder.register_posts(work)
        _nominate(work, verdict, by)
        audit.record(
            "submission.approve",
            f"submission:{submission_id}",
            by=by.id,
            before={"state": work.state, "round": work.round},
            after={"state": "approved", "points": paid.amount},
        )
        return paid


def approve_by_itself(submission_id: int) -> points.Paid:
    """Approve what a quest lets through without a reviewer, in the unit of work that sent it."""
    work = _load(submission_id)
    paid = _give(work, by=None)
    _move_on(work, "approve", points_awarded=paid.amount, decided_at=clock.now())
    services_ladder.register_posts(work)
    return paid


def ask_changes(submission_id: int, verdict: Verdict, *, by: Actor) -> None:
    """Not yet: say what shines and one thing to try; the next round begins with what was sent.

    Raises Refused when the quest's rounds are used up, otherwise as `approve_submission`.
    """
    with unit_of_work():
        work = _reviewable(submission_id, by)
        if work.state == "changes" and work.round == verdict.round + 1:
            return
        _check_claim(work, by)
        if nth_round(work) >= work.draft_rounds:
            raise Refused(N_("This was the last round. Approve it, or say why it can't be accepted."))
        _check_words(verdict, work, need=("highlight", "suggestion"))
        _decide(work, "ask_changes", verdict, by, round=work.round + 1)
        next_round(submission_id, work.round)
        _tell(
            work,
            icon="i-pen",
            title=both(N_("Not yet: “%(quest)s”"), quest=_title(work)),
            body={"zh": verdict.suggestion, "en": verdict.suggestion},
        )
        audit.record(
            "submission.ask_changes", f"submission:{submission_id}", by=by.id, after={"round": work.round}
        )


def decline_submission(submission_id: int, verdict: Verdict, *, by: Actor) -> None:
    """Not accepted, with the reason. Raises as `approve_submission`."""
    with unit_of_work():
        work = _reviewable(submission_id, by)
        if work.state == "declined":
            return
        _check_claim(work, by)
        _check_words(verdict, work, need=("reason",))
        _decide(work, "decline", verdict, by, decided_at=clock.now(), declined_by_id=by.id)
        if work.kind == "poll":
            services_quick.forget_answers(submission_id)
        _tell(
            work,
            icon="i-info",
            title=both(N_("“%(quest)s” was not accepted"), quest=_title(work)),
            body={"zh": verdict.reason, "en": verdict.reason},
        )
        audit.record(
            "submission.decline", f"submission:{submission_id}", by=by.id, after={"reason": verdict.reason}
        )


@dataclass(frozen=True)
class Work:
    """The work as it stands, with its terms, and who helped with it."""

    row: Any
    helpers: list[Any]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


@lru_cache
def _work() -> Any:
    resource = library.title_of(SubmissionHelper.resource_id)
    return (
        select(
            Submission.id,
            Submission.quest_id,
            Submission.member_id,
            Submission.state,
            Submission.round,
            Submission.stage,
            Submission.stage_round,
            Submission.mentor_id,
            Submission.promised_points,
            Submission.submitted_at,
            Submission.due_at,
            Submission.opened_at,
            Submission.claimed_by_id,
            Submission.claimed_until,
            Submission.look,
            Submission.declined_by_id,
            Submission.undone_count,
            Submission.library_consent,
            _commented().label("commented_by_id"),
            Quest.track_key,
            Quest.preset,
            Quest.kind,
            Quest.confidential,
            QuestVersion.steps,
            QuestVersion.stages,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.rule_key,
            QuestVersion.points,
            QuestVersion.scores,
            QuestVersion.criteria,
            QuestVersion.draft_rounds,
            QuestVersion.review_mode,
            QuestVersion.review_hours,
            members.name_of(Submission.member_id).label("member_name"),
            SubmissionHelper.helper_id,
            SubmissionHelper.resource_id,
            resource["zh"].label("resource_title"),
            resource["en"].label("resource_title_en"),
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .outerjoin(SubmissionHelper, SubmissionHelper.submission_id == Submission.id)
        .where(Submission.id == bindparam("work", type_=Integer))
        .order_by(SubmissionHelper.position)
        .with_for_update(of=Submission)
    )


def _commented() -> Any:
    """Whose mentor's words stand beside the work; who spoke last, where the mentor has changed."""
    last = select(func.max(Remark.id)).where(Remark.submission_id == Submission.id, Remark.kind == "mentor")
    said = select(Remark.author_id).where(Remark.id == last.correlate(Submission).scalar_subquery())
    return said.correlate(Submission).scalar_subquery()


def _load(submission_id: int) -> Work:
    """The work in one query, its row held until the end of the unit of work."""
    rows = read(_work(), {"work": submission_id}).all()
    if not rows:
        raise NotFound
    return Work(rows[0], [row for row in rows if row.helper_id is not None])


def _reviewable(submission_id: int, by: Actor) -> Any:
    work = _load(submission_id)
    if had_first_look(by, work):
        raise Refused(N_("You had the first look at this one. The second is somebody else's."))
    if not may_review(by, work) or not was_sent(work):
        raise NotFound
    return work


def _check_claim(work: Any, by: Actor) -> None:
    if work.state == "submitted" and held_by_another(work, by, clock.now()):
        raise Refused(N_("A colleague has this open right now. Take another one meanwhile."))


def _check_words(verdict: Verdict, work: Any, *, need: tuple[str, ...]) -> None:
    fields = {name: MISSING_WORDS[name] for name in need if not getattr(verdict, name).strip()} | {
        name: N_("A little shorter, please: up to 1,000 characters.")
        for name in ("highlight", "suggestion", "reason")
        if len(getattr(verdict, name)) > WORDS_LIMIT
    }
    if fields:
        raise Invalid(fields=fields)


MISSING_WORDS = {
    "highlight": N_("Say one thing that shines."),
    "suggestion": N_("Say one small thing to try next."),
    "reason": N_("Say why, so that it can be understood."),
}


def _move_on(work: Any, move: str, **values: Any) -> None:
    """Make the move if the work is still in the state and round that was read: the guard of it all."""
    state = next_state(work.state, move)
    if not move_on(work, state, claimed_by_id=None, claimed_until=None, **values):
        raise Stale(N_("Somebody else has just decided on this."))


def _decide(work: Any, move: str, verdict: Verdict, by: Actor, **values: Any) -> None:
    if verdict.round != work.round:
        raise Stale(WHERE_NOW[work.state])
    _move_on(work, move, **values)
    decision = {"approve": "approved", "ask_changes": "changes", "decline": "declined", "pass": "passed"}[
        move
    ]
    now = clock.now()
    # a second look waits from when it was asked for
    since = work.submitted_at if work.look == 1 else work.due_at - timedelta(hours=work.review_hours)
    add(
        Review,
        {
            "submission_id": work.id,
            "round": work.round,
            "look": work.look,
            "reviewer_id": by.id,
            "decision": decision,
            "highlight": verdict.highlight.strip(),
            "suggestion": verdict.suggestion.strip(),
            "reason": verdict.reason.strip() if move == "decline" else "",
            "scores": {
                str(n): verdict.scores[str(n)]
                for n in range(len(work.scores))
                if verdict.scores.get(str(n)) in (1, 2, 3, 4, 5)
            },
            "checks": sorted({n for n in verdict.checks if 0 <= n < len(work.criteria)}),
            "waited_minutes": int((now - since).total_seconds()) // 60,
            "in_time": now <= work.due_at,
            "created_at": now,
        },
    )
    if work.commented_by_id not in (None, by.id):
        inbox.notify([_outcome_notice(work, decision)])


def _nominate(work: Any, verdict: Verdict, by: Actor) -> None:
    """Put the work forward, for the case library only where its member said that it may go there."""
    kinds = [kind for kind in ("case", "month") if kind in verdict.nominate]
    if not work.library_consent and "case" in kinds:
        kinds.remove("case")
    if kinds:
        row = {"submission_id": work.id, "by_id": by.id, "created_at": clock.now()}
        add(Nomination, [row | {"kind": kind} for kind in kinds])


def _give(work: Any, *, by: int | None) -> points.Paid:
    """Everything an approval gives, in the running unit of work."""
    title, to_others = _title(work), title_for_others(work)
    link = f"/work/{work.id}"
    paid = points.award(
        work.member_id,
        key=approval_key(work),
        rule_key=work.rule_key,
        own=work.points,
        promised=work.promised_points,
        acted_at=work.submitted_at,
        title=both(N_("Lit “%(quest)s”"), quest=title),
        link=link,
        by=by,
    )
    fact, scopes = facts_of(work)
    lit = badges.record_fact(
        work.member_id, fact, key=approval_key(work), scopes=scopes, link=link, story=title
    )
    impact.add_lines([_help(work, helper, to_others, link) for helper in work.helpers])
    inbox.notify(
        [_approved_notice(work, paid, bool(lit), title, link)]
        + [_helper_notice(work, helper, to_others) for helper in work.helpers]
    )
    return paid


def _helper_key(work: Any, helper: Any) -> str:
    """Names a helper's line and their notice of one approval."""
    return f"{approval_key(work)}:helper:{helper.helper_id}"


def _help(work: Any, helper: Any, title: dict[str, Any], link: str) -> impact.Help:
    if helper.resource_id is None:
        subject, by_what = both(N_("Your help with “%(quest)s”"), quest=title), "oneself"
    else:
        by_what = f"resource:{helper.resource_id}"
        subject = both(N_("Your “%(title)s”"), title=pair(helper.resource_title, helper.resource_title_en))
    return impact.Help(
        key=_helper_key(work, helper),
        member_id=helper.helper_id,
        kind="credit",
        person_id=work.member_id,
        subject=subject,
        outcome=both(N_("lit “%(quest)s”"), quest=title),
        link=link,
        about=f"submission:{work.id}",
        bundle=f"{by_what}:quest:{work.quest_id}",
    )


def _approved_notice(
    work: Any, paid: points.Paid, lit: bool, title: dict[str, Any], link: str
) -> inbox.NewNotice:
    body = both(N_("%(points)s points"), points=f"{paid.amount:,}") if paid.amount else None
    if paid.cut:
        body = both(
            N_("%(points)s points; a cap of the rule kept back %(cut)s"),
            points=f"{paid.amount:,}",
            cut=f"{paid.cut:,}",
        )
    return inbox.NewNotice(
        key=f"{approval_key(work)}:approved",
        member_id=work.member_id,
        icon="i-sun" if lit else "i-check",
        title=both(N_("“%(quest)s” is lit"), quest=title),
        body=body,
        link=link,
    )


def _helper_notice(work: Any, helper: Any, title: dict[str, Any]) -> inbox.NewNotice:
    return inbox.NewNotice(
        key=_helper_key(work, helper),
        member_id=helper.helper_id,
        icon="i-ripple",
        title=both(N_("%(name)s lit “%(quest)s” with your help"), name=work.member_name, quest=title),
        link="/impact",
    )


OUTCOMES = {
    "approved": N_("“%(quest)s” by %(name)s, which you spoke for, is lit"),
    "changes": N_("“%(quest)s” by %(name)s goes into another round"),
    "declined": N_("“%(quest)s” by %(name)s was not accepted"),
    "passed": N_("“%(quest)s” by %(name)s goes on with its next stage"),
}


def _outcome_key(work: Any, decision: str) -> str:
    """Names the mentor's notice of a verdict; of an approval as everything it gives."""
    if decision == "approved":
        return f"{approval_key(work)}:outcome"
    return f"{_decided_key(work)}:outcome"


def _outcome_notice(work: Any, decision: str) -> inbox.NewNotice:
    """To the mentor who said something before."""
    return inbox.NewNotice(
        key=_outcome_key(work, decision),
        member_id=work.commented_by_id,
        icon="i-inbox",
        title=both(OUTCOMES[decision], name=work.member_name, quest=_title(work)),
        link=f"/review/{work.id}",
    )


def _decided_key(work: Any) -> str:
    """Names what is said of one look at one round."""
    return f"submission:{work.id}:{work.round}:decided" + (":again" if work.look == 2 else "")


def _tell(work: Any, *, icon: str, title: dict[str, Any], body: dict[str, Any]) -> None:
    inbox.notify(
        [
            inbox.NewNotice(
                key=_decided_key(work),
                member_id=work.member_id,
                icon=icon,
                title=title,
                body=body,
                link=f"/work/{work.id}",
            )
        ]
    )


def _title(work: Any) -> dict[str, Any]:
    return pair(work.title, work.title_en)


def title_for_others(work: Any) -> dict[str, Any]:
    """What others than its member read of the quest: nothing, where it is confidential."""
    return both(VEILED) if work.confidential else _title(work)
