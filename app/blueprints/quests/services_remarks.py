"""What is said about work beside its verdicts: a reviewer's pins, and the dialogue about a proposal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, union

from app.blueprints.inbox import services as inbox
from app.blueprints.quests.models import (
    Evidence,
    Quest,
    QuestVersion,
    Remark,
    Review,
    Submission,
    SubmissionEvent,
)
from app.blueprints.quests.policies import held_by_another, may_review
from app.blueprints.quests.policies_stages import TALKS, shown_round, was_sent
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, read, table, upsert, write
from app.core.errors import Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

MOST_LETTERS = 1000
MOST_KEY = 80
TELL = 6

EMPTY = N_("Write a word or two first.")
TOO_LONG = N_("A little shorter, please: up to 1,000 characters.")


@dataclass(frozen=True)
class Pin:
    """A word on a step, or on one of its files. `key` is its form's one-use token."""

    step_key: str
    media_id: int | None
    body: str
    key: str

    @property
    def place(self) -> str:
        """How a form names where it is pinned to."""
        return f"{self.step_key}:{self.media_id or 0}"


@lru_cache
def _work() -> Any:
    return (
        select(
            Submission.id,
            Submission.member_id,
            Submission.mentor_id,
            Submission.state,
            Submission.round,
            Submission.stage,
            Submission.look,
            Submission.declined_by_id,
            Submission.claimed_by_id,
            Submission.claimed_until,
            Quest.preset,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.steps,
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(Submission.id == bindparam("work"))
        .with_for_update(of=Submission)
    )


def _load(submission_id: int) -> Any:
    work = read(_work(), {"work": submission_id}).one_or_none()
    if work is None or not was_sent(work):
        raise NotFound
    return work


def pin(submission_id: int, pins: Sequence[Pin], *, by: Actor) -> None:
    """Pin a reviewer's words to steps and pictures of the round that waits; the same key again is the same.

    Its member reads them with the verdict, beside what they are about. Raises NotFound for work that isn't
    this reviewer's, for a step it hasn't and a file it doesn't hold; Stale once it is decided, Refused while
    a colleague has it open, Invalid (field "pin:<place>") for no words or too many.
    """
    with unit_of_work():
        work = _load(submission_id)
        if not may_review(by, work):
            raise NotFound
        if work.state != "submitted":
            raise Stale(N_("It is decided already. Say it in the next round, or in the dialogue."))
        if held_by_another(work, by, clock.now()):
            raise Refused(N_("A colleague has this open right now. Take another one meanwhile."))
        _check_places(work, pins)
        fields = {f"pin:{one.place}": wrong for one in pins if (wrong := _wrong(one.body, one.key))}
        if fields:
            raise Invalid(fields=fields)
        for one in pins:
            write_remark(work, "pin", one.body, f"pin:{by.id}:{one.key}", by, one.step_key, one.media_id)


def _check_places(work: Any, pins: Sequence[Pin]) -> None:
    held = {
        (row.step_key, row.media_id) for row in read(_files(), {"work": work.id, "sent_round": work.round})
    }
    steps = {step["key"] for step in work.steps}
    for one in pins:
        if one.step_key not in steps or (one.media_id and (one.step_key, one.media_id) not in held):
            raise NotFound


@lru_cache
def _files() -> Any:
    return select(Evidence.step_key, Evidence.media_id).where(
        Evidence.submission_id == bindparam("work"),
        Evidence.round == bindparam("sent_round"),
        Evidence.media_id.is_not(None),
    )


def talk(submission_id: int, body: str, *, key: str, by: Actor) -> None:
    """Say something in the dialogue about a proposal: its member, or whoever may review it. The other side
    is told. Raises NotFound for anybody else and for work without a dialogue, Invalid, Stale once it is over.
    """
    with unit_of_work():
        work = _load(submission_id)
        mine = work.member_id == by.id
        if work.preset not in TALKS or not (mine or may_review(by, work)):
            raise NotFound
        if wrong := _wrong(body, key):
            raise Invalid(fields={"talk": wrong})
        if work.state == "withdrawn":
            raise Stale(N_("It was withdrawn, so the dialogue is over."))
        remark_id = write_remark(work, "talk", body, f"talk:{by.id}:{key}", by)
        if remark_id is not None:
            _tell(work, remark_id, body, by, _others(work) if mine else [work.member_id])


def _wrong(body: str, key: str) -> str:
    if not 0 < len(key) <= MOST_KEY:
        return N_("This page has been open too long. Refresh it and try once more.")
    return TOO_LONG if len(body) > MOST_LETTERS else "" if body.strip() else EMPTY


def write_remark(
    work: Any,
    kind: str,
    body: str,
    key: str,
    by: Actor,
    step_key: str | None = None,
    media_id: int | None = None,
) -> int | None:
    """Keep a remark of `kind` on the round that was sent last: its id, None when its key was used before.

    Joins the caller's unit of work, which has checked who says it and what.
    """
    return write(
        _new(),
        {
            "key": key,
            "submission_id": work.id,
            "round": max(shown_round(work), 1),
            "author_id": by.id,
            "kind": kind,
            "step_key": step_key,
            "media_id": media_id,
            "body": body.strip(),
            "created_at": clock.now(),
        },
    ).scalar()


@lru_cache
def _new() -> Any:
    remark = table(Remark)
    return upsert(remark).on_conflict_do_nothing(index_elements=["key"]).returning(remark.c.id)


def _others(work: Any) -> list[int]:
    """Those on the desk's side who have had the work in their hands: opened, decided, or spoken."""
    opened = select(SubmissionEvent.actor_id).where(
        SubmissionEvent.submission_id == work.id, SubmissionEvent.kind == "opened"
    )
    decided = select(Review.reviewer_id).where(Review.submission_id == work.id)
    spoken = select(Remark.author_id).where(Remark.submission_id == work.id)
    found = db.session.scalars(union(opened, decided, spoken)).all()
    return [who for who in found if who not in (None, work.member_id)][:TELL]


def _tell(work: Any, remark_id: int, body: str, by: Actor, whom: Sequence[int]) -> None:
    inbox.notify(
        [
            inbox.NewNotice(
                key=f"remark:{remark_id}:{member_id}",
                member_id=member_id,
                icon="i-answer",
                title=both(
                    N_("%(name)s wrote about “%(quest)s”"),
                    name=by.name,
                    quest=pair(work.title, work.title_en),
                ),
                body=pair(body.strip()[:200], None),
                link=f"/work/{work.id}#talk" if member_id == work.member_id else f"/review/{work.id}#talk",
            )
            for member_id in whom
        ]
    )
