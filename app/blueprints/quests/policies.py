"""The rules of quests and of the work on them: pure, for commands, routes and templates alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from app.blueprints.quests.policies_quick import stored_as
from app.core.actor import Actor
from app.core.errors import Stale
from app.core.i18n import N_

CLAIM = timedelta(minutes=15)
# how long an approval can be taken back
UNDO = timedelta(minutes=10)
# one piece of work in so many is looked at twice: scored by a second reviewer, never approved in bulk
SAMPLED_ONE_IN = 10
# what `Review.waited_minutes` says of a verdict that nobody waited for
NOBODY_WAITED = -1
HELPERS = 3

# (state now, what happens) -> state after. What isn't here can't happen.
SUBMISSION_MOVES: dict[tuple[str, str], str] = {
    ("working", "submit"): "submitted",
    ("changes", "submit"): "submitted",
    ("submitted", "take_back"): "working",
    ("working", "withdraw"): "withdrawn",
    ("changes", "withdraw"): "withdrawn",
    ("submitted", "withdraw"): "withdrawn",
    ("submitted", "approve"): "approved",
    ("submitted", "ask_changes"): "changes",
    ("submitted", "decline"): "declined",
    # what was sent is good: the next stage begins
    ("submitted", "pass"): "working",
    # within ten minutes; everything it gave goes back
    ("approved", "undo"): "submitted",
    # what let itself through is looked at later, and wasn't what was asked for
    ("approved", "reverse"): "declined",
    ("declined", "look_again"): "submitted",
}

QUEST_MOVES: dict[tuple[str, str], str] = {
    ("draft", "publish"): "live",
    # a scheduled quest is a live one that opens later: its window hides it, so no clock has to move it
    ("live", "unschedule"): "draft",
    ("live", "publish"): "live",
    ("live", "close"): "closed",
    ("closed", "publish"): "live",
    ("closed", "archive"): "archived",
    ("draft", "archive"): "archived",
}

EDITABLE = ("working", "changes")
ACTIVE = ("working", "submitted", "changes")

WHERE_NOW = {
    "working": N_("It is back with its member, who is still working on it."),
    "submitted": N_("It has been sent and waits to be read."),
    "changes": N_("Changes were asked for; it waits for the next round."),
    "approved": N_("It has been approved already."),
    "declined": N_("It was not accepted."),
    "withdrawn": N_("Its member has taken it back."),
}


def next_state(state: str, move: str) -> str:
    """The state after `move`. Raises Stale, saying where the work is now, for a move that can't be made."""
    if (state, move) not in SUBMISSION_MOVES:
        raise Stale(WHERE_NOW[state])
    return SUBMISSION_MOVES[state, move]


def next_quest_state(state: str, move: str) -> str:
    """The quest's state after `move`. Raises Stale for one that can't be made."""
    if (state, move) not in QUEST_MOVES:
        raise Stale(N_("The quest is not where this page thought it was. Have another look."))
    return QUEST_MOVES[state, move]


def may_review(actor: Actor, submission: Any) -> bool:
    """Staff review everything but their own work; a mentor what was routed to them. A second look is
    another person's than the first."""
    if submission.member_id == actor.id or had_first_look(actor, submission):
        return False
    return actor.can("reviews:staff") or (submission.mentor_id == actor.id and actor.can("reviews:mentor"))


def had_first_look(actor: Actor, submission: Any) -> bool:
    """Whether a second look was asked for at what this very reviewer had not accepted."""
    return bool(
        submission.look == 2 and submission.state == "submitted" and submission.declined_by_id == actor.id
    )


def may_comment(actor: Actor, submission: Any) -> bool:
    """A mentor may say something on a mentee's work while it waits for staff, and read it again later.

    `mentor_now_id` is who mentors its member now, `commented` whether this actor has said something.
    """
    if submission.member_id == actor.id or submission.confidential or not actor.can("reviews:mentor"):
        return False
    if had_first_look(actor, submission):
        return False
    waits = submission.state == "submitted" and submission.mentor_now_id == actor.id
    return bool(waits or (submission.commented and submission.state != "working"))


def is_sampled(submission_id: int) -> bool:
    """Whether work belongs to the sample that is looked at twice; of the same work always the same."""
    return crc32(b"sample:%d" % submission_id) % SAMPLED_ONE_IN == 0


def approval_key(work: Any) -> str:
    """What names everything that an approval gives. One that follows an undone approval has another name, so
    that it pays again, once."""
    return f"submission:{work.id}" + (f":{work.undone_count}" if work.undone_count else "")


def lets_itself_through(work: Any) -> bool:
    """Whether the work was approved without a reviewer: its quest asks for none, and nobody looked again."""
    return work.review_mode in ("self", "auto") and work.look == 1


def undo_minutes(decided_at: datetime | None, now: datetime) -> int:
    """For how many minutes, rounded up, an approval can still be taken back; 0 once it can't."""
    if decided_at is None or now >= decided_at + UNDO:
        return 0
    return -int((now - decided_at - UNDO).total_seconds() // 60)


def is_for(quest: Any, mine: Any) -> bool:
    """Whether a quest is for the member who stands so: by tier and, where it is, by name. Stars lock a
    quest, they don't hide it."""
    return mine.tier in quest.tiers and (not quest.named_members_only or quest.id in mine.named)


def is_open(quest: Any, now: datetime) -> bool:
    """Whether `now` lies in a quest's window: from its opening on, until before its closing."""
    opens, closes = quest.opens_at, quest.closes_at
    return (opens is None or opens <= now) and (closes is None or closes > now)


def rests(quest: Any, mine: Any) -> bool:
    """Whether the member has done a quest and can't, or not yet, do it again."""
    lit_at = mine.lit_at.get(quest.id)
    if lit_at is None:
        return False
    return not quest.repeat_days or lit_at + timedelta(days=quest.repeat_days) > mine.now


def steps_to(quest: Any, mine: Any) -> int:
    """How many quests, badges and stars the member still lacks for a quest."""
    lacking = quest.min_stars - mine.stars if quest.min_stars > mine.stars else 0
    if quest.requires:
        lacking += len(quest.requires.difference(mine.lit_at))
    if quest.requires_badges:
        lacking += len(quest.requires_badges - mine.opened)
    return lacking


def facts_of(work: Any) -> tuple[str, list[str]]:
    """The fact that an approval tells badges, and the scopes it counts in."""
    scopes = [f"quest:{work.quest_id}", f"track:{work.track_key}", f"preset:{work.preset}", ""]
    return "quest.approved", scopes


def held_by_another(work: Any, actor: Actor, now: datetime) -> bool:
    """Whether a colleague has the work open: their claim still runs."""
    return work.claimed_by_id not in (None, actor.id) and work.claimed_until > now


def may_claim(work: Any, actor: Actor, now: datetime) -> bool:
    """Whether opening the work should claim it: it waits, nobody else has it, and less than ten of the
    fifteen minutes of an own claim are left."""
    if work.state != "submitted" or held_by_another(work, actor, now):
        return False
    return work.claimed_by_id != actor.id or work.claimed_until < now + timedelta(minutes=10)


def may_take_back(submission: Any) -> bool:
    """Until a reviewer has opened it, what was sent can be changed or taken back."""
    return submission.state == "submitted" and submission.opened_at is None


def missing(steps: list[dict[str, Any]], evidence: Sequence[Any], *, original: bool) -> dict[str, str]:
    """What a submission still lacks: field ("step:<key>" or "original") -> msgid. Empty when it is whole.

    `evidence` rows have `step_key`, `kind` and `body`.
    """
    found: dict[str, str] = {}
    for step in steps:
        kind = step.get("evidence", "none")
        if kind == "none":
            continue
        put_in = [
            row
            for row in evidence
            if row.step_key == step["key"]
            and row.kind == stored_as(kind)
            and (kind in FILES or row.body.strip())
        ]
        if not step.get("required", True) and not put_in:
            continue
        have = [row for row in put_in if kind != "link" or row.body.startswith(("https://", "http://"))]
        least = step.get("min") or 1
        if len(have) < least:
            several = MISSING_SEVERAL if least > 1 else {}
            found[f"step:{step['key']}"] = several.get(kind, MISSING[kind])
    if any(step.get("evidence") in FILES for step in steps) and not original:
        found["original"] = N_("Tick that this is your own work.")
    return found


FILES = ("photo", "video")
MISSING = {
    "photo": N_("Add a photo here."),
    "video": N_("Add a video here."),
    "link": N_("Paste the link here. It begins with https://"),
    "text": N_("Write a sentence here."),
    "choice": N_("Choose one."),
    "multiple": N_("Choose at least one."),
    "scale": N_("Choose a number from 1 to 5."),
}
MISSING_SEVERAL = {
    "photo": N_("A few more photos are needed here."),
    "video": N_("A few more videos are needed here."),
}


def most(step: dict[str, Any]) -> int:
    """How many photos or videos a step takes."""
    return step.get("max") or max(step.get("min") or 1, 1)
