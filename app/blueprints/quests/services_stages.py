"""From one stage of a brief or an open call to the next: a reviewer says that what was sent is good."""

from __future__ import annotations

from typing import Any

from app.blueprints.quests.policies import next_state
from app.blueprints.quests.policies_stages import last_stage
from app.blueprints.quests.services import _happened, next_round
from app.blueprints.quests.services_review import (
    Verdict,
    _check_claim,
    _check_words,
    _decide,
    _load,
    _move_on,
    _reviewable,
    _tell,
    _title,
)
from app.core import audit
from app.core.actor import Actor
from app.core.errors import Refused
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work


def pass_stage(submission_id: int, verdict: Verdict, *, by: Actor) -> None:
    """What was sent of this stage is good: the next begins with a copy of it, its rounds counted anew.

    Pressing again changes nothing. Raises Refused in the last stage, which is approved instead, otherwise as
    `services_review.approve_submission`.
    """
    with unit_of_work():
        work = _reviewable(submission_id, by)
        if work.state == "working" and work.stage_round == verdict.round + 1:
            return
        next_state(work.state, "pass")
        _check_claim(work, by)
        if last_stage(work):
            raise Refused(N_("This is its last stage. Approve it, and it lights."))
        _check_words(verdict, work, need=("highlight",))
        _decide(work, "pass", verdict, by, **_onward(work))
        next_round(submission_id, work.round)
        through, then = (_stage(work, number) for number in (work.stage, work.stage + 1))
        _tell(
            work,
            icon="i-check",
            title=both(N_("“%(stage)s” is through: “%(quest)s”"), stage=through, quest=_title(work)),
            body=both(N_("Next: %(stage)s. %(hint)s"), stage=then, hint=_hint(work)),
        )
        audit.record(
            "submission.pass",
            f"submission:{submission_id}",
            by=by.id,
            before={"stage": work.stage, "round": work.round},
            after={"stage": work.stage + 1},
        )


def pass_by_itself(submission_id: int) -> None:
    """Let a stage through that nobody reads, in the unit of work that sent it."""
    work = _load(submission_id)
    _move_on(work, "pass", **_onward(work))
    next_round(submission_id, work.round)
    _happened(submission_id, "through", work.round, None)


def _onward(work: Any) -> dict[str, Any]:
    return {
        "stage": work.stage + 1,
        "round": work.round + 1,
        "stage_round": work.round + 1,
        "opened_at": None,
    }


def _stage(work: Any, number: int) -> dict[str, str]:
    stage = work.stages[number - 1]
    return pair(stage["title"], stage.get("title_en"))


def _hint(work: Any) -> dict[str, str]:
    """What the next stage asks for first, in its own words."""
    step = next((step for step in work.steps if step.get("stage") == work.stage + 1), None)
    return pair(step["title"], step.get("title_en")) if step else pair("", "")
