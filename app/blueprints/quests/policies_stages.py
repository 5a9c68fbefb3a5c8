"""Stages: what a brief or an open call passes one after the other, each sent and read by itself. Pure.

A quest without stages has one, which holds all its steps. `work` is anything with `steps`, `stages`,
`stage`, `round` and `stage_round`; a form that has no stages of its own leaves `stages` empty.
"""

from __future__ import annotations

from typing import Any

from app.core.errors import Stale
from app.core.i18n import N_

TALKS = ("open_call",)


def stage_of(step: dict[str, Any], stages: list[Any]) -> int:
    """The stage that asks for a step, from 1; a step that names one there isn't belongs to the nearest."""
    return min(max(step.get("stage") or 1, 1), max(len(stages), 1))


def last_stage(work: Any) -> bool:
    """Whether the work is in its last stage, whose approval lights it."""
    return work.stage >= len(work.stages)


def present_steps(work: Any) -> list[dict[str, Any]]:
    """The steps that the stage asks for in which the work is."""
    return [
        step for step in work.steps if stage_of(step, work.stages) == min(work.stage, len(work.stages) or 1)
    ]


def refuse_other_stage(work: Any, step_key: str) -> None:
    """Raise Stale for a step of another stage than the present one: what is through stays as it was sent."""
    if step_key not in {step["key"] for step in present_steps(work)}:
        raise Stale(N_("This part is through already, or comes later. It can't be changed now."))


def nth_round(work: Any, round_: int | None = None) -> int:
    """The so manieth round of its stage that a round is (the present one, unless another is named)."""
    number = work.round if round_ is None else round_
    return number - work.stage_round + 1 if number >= work.stage_round else number


def was_sent(work: Any) -> bool:
    """Whether anything of it has been sent and stands: what reviewers may read, and talk about."""
    return work.state != "working" or work.stage > 1


def shown_round(work: Any) -> int:
    """The round that was sent last: one that is being worked on is its member's alone."""
    return work.round - 1 if work.state in ("working", "changes") else work.round
