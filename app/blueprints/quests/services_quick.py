"""Quick tasks, done from their card: each command begins, sends and lights in one unit of work.

What is begun, sent and given is done by the commands of `services`; here stands what only quick tasks have:
the votes of a poll with their tally, and the marks of tips that were useful.

Locks are always taken in this order, so that no two of these commands can wait for each other: the member's
own row for the quest (`_hold`), the quest, the submission, the vote, then the tallies by option.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from app.blueprints.media import services as media
from app.blueprints.quests import services
from app.blueprints.quests.models import (
    Evidence,
    PollTally,
    PollVote,
    QuestSeen,
    Submission,
    TipUseful,
)
from app.blueprints.quests.policies import MISSING, is_open
from app.blueprints.quests.policies_quick import UNKNOWN_OPTION, asked_of, form_of, options_of
from app.blueprints.quests.queries_quick import terms_of, tip_for
from app.blueprints.quests.services import Draft
from app.core import clock
from app.core.actor import Actor
from app.core.db import read, table, upsert, write
from app.core.errors import Invalid, NotFound, Refused
from app.core.i18n import N_
from app.core.uow import unit_of_work

POLL_CLOSED = N_("The poll has closed. Your vote stays as it was.")


def vote(quest_id: int, option_key: str, *, by: Actor) -> int:
    """Vote in a poll, or change one's vote until it closes; returns the submission's id.

    Raises NotFound for what isn't a poll of this member's, Invalid (the step's field) for an option that it
    doesn't have, Refused when it can't be voted in, or not any more.
    """
    with unit_of_work():
        poll = _held(quest_id, by)
        if form_of(poll.preset, poll.kind, poll.steps) != "poll":
            raise NotFound
        step = asked_of(poll.steps)[0]
        if not option_key:
            raise Invalid(fields={f"step:{step['key']}": MISSING["choice"]})
        mine = read(_own_vote(), {"quest": quest_id, "me": by.id}).one_or_none()
        if mine is not None:
            _vote_again(poll, mine, option_key, by)
            return mine.submission_id
        return _send(quest_id, Draft(texts={step["key"]: option_key}), by)


def answer(quest_id: int, given: Draft, *, by: Actor) -> int:
    """Send a tip, a survey's answers or whom something was shared with; returns the submission's id.

    What has been sent before is left as it is, so that a double tap sends once. Raises NotFound, Invalid with
    what is missing or can't be, by step ("step:<key>"), Refused when it can't be begun.
    """
    with unit_of_work():
        _held(quest_id, by)
        return _send(quest_id, given, by)


def put_up_photo(quest_id: int, upload_key: str, prepared: media.Prepared, given: Draft, *, by: Actor) -> int:
    """Put one photo on a photo call's wall; returns the submission's id. Otherwise as `answer`.

    `prepared` comes from `media.prepare_upload`. That the photo is their own is said beside the button.
    """
    with unit_of_work():
        _held(quest_id, by)
        work_id, fresh = _begun(quest_id, by)
        if fresh:
            steps = services._own(work_id, by).steps
            photo = next((step["key"] for step in steps if step.get("evidence") == "photo"), "")
            services.add_media(work_id, photo, upload_key, prepared, by=by)
            services.submit_work(work_id, Draft(texts=given.texts, original=True), by=by)
        return work_id


def _send(quest_id: int, given: Draft, by: Actor) -> int:
    work_id, fresh = _begun(quest_id, by)
    if fresh:
        services.submit_work(work_id, given, by=by)
    return work_id


def _begun(quest_id: int, by: Actor) -> tuple[int, bool]:
    """The member's work on it, begun now if it wasn't, and whether it is still to be sent."""
    try:
        return services.start_quest(quest_id, by=by), True
    except Refused:
        done = read(_done(), {"quest": quest_id, "me": by.id}).scalar()
        if done is None:
            raise
        return done, False


def _held(quest_id: int, by: Actor) -> Any:
    """The quest's terms, with the member's own row for it held until the end: of two taps that come
    together the second one finds what the first has done. Raises NotFound for what isn't a quick task."""
    found = terms_of(quest_id)
    if found is None or found.preset != "quick_task":
        raise NotFound
    write(_hold(), {"quest_id": quest_id, "member_id": by.id, "at": clock.now()})
    return found


@lru_cache
def _hold() -> Any:
    seen = table(QuestSeen)
    return upsert(seen).on_conflict_do_update(
        index_elements=["quest_id", "member_id"], set_={"at": seen.c.at}
    )


@lru_cache
def _done() -> Any:
    return (
        select(Submission.id)
        .where(
            Submission.quest_id == bindparam("quest"),
            Submission.member_id == bindparam("me"),
            Submission.state == "approved",
        )
        .order_by(Submission.id.desc())
        .limit(1)
    )


# --- votes ------------------------------------------------------------------------------------------


@lru_cache
def _own_vote() -> Any:
    return (
        select(PollVote.option_key, PollVote.submission_id)
        .where(PollVote.quest_id == bindparam("quest"), PollVote.member_id == bindparam("me"))
    )  # fmt: skip


def _vote_again(poll: Any, mine: Any, option_key: str, by: Actor) -> None:
    if option_key == mine.option_key:
        return
    if poll.state != "live" or not is_open(poll, clock.now()):
        raise Refused(POLL_CLOSED)
    step = asked_of(poll.steps)[0]
    if option_key not in {option["key"] for option in options_of(step)}:
        raise Invalid(fields={f"step:{step['key']}": UNKNOWN_OPTION})
    # a reversal holds the work first, then asks for the vote: so does this
    work = read(_hold_work(), {"work": mine.submission_id}).one()
    if _move_vote(poll.id, by.id, option_key, mine.submission_id):
        services._happened(mine.submission_id, "voted_again", work.round, by.id)


@lru_cache
def _hold_work() -> Any:
    return select(Submission.round).where(Submission.id == bindparam("work")).with_for_update()


def count_vote(submission_id: int, *, by: Actor) -> None:
    """Count the vote of a poll's work that has just been sent; joins the caller's unit of work."""
    with unit_of_work():
        sent = read(_sent_choice(), {"work": submission_id}).one()
        if not _count_first(submission_id, sent):
            _move_vote(sent.quest_id, by.id, sent.body, submission_id)


def remember_answers(submission_id: int) -> None:
    """Count what was sent again, where `forget_answers` had taken it out and it is approved after all. A vote
    that is counted stays, changed as it may be since. Joins the caller's unit of work, which holds the
    submission."""
    with unit_of_work():
        _count_first(submission_id, read(_sent_choice(), {"work": submission_id}).one())


def _count_first(submission_id: int, sent: Any) -> bool:
    """Count the member's vote if none of theirs is counted; whether it was."""
    vote = {"quest_id": sent.quest_id, "member_id": sent.member_id, "option_key": sent.body}
    row = vote | {"submission_id": submission_id, "voted_at": clock.now()}
    if write(_new_vote(), row).first() is None:
        return False
    _tally(sent.quest_id, {sent.body: 1})
    return True


@lru_cache
def _sent_choice() -> Any:
    return (
        select(Submission.quest_id, Submission.member_id, Evidence.body)
        .join(Evidence, (Evidence.submission_id == Submission.id) & (Evidence.round == Submission.round))
        .where(Submission.id == bindparam("work"), Evidence.kind == "choice")
    )


@lru_cache
def _new_vote() -> Any:
    votes = table(PollVote)
    new = upsert(votes).on_conflict_do_nothing(index_elements=["quest_id", "member_id"])
    return new.returning(votes.c.member_id)


def _move_vote(quest_id: int, member_id: int, option_key: str, submission_id: int) -> bool:
    """Bring the vote to another option and the tallies with it; False when it is there or gone already."""
    vote = {"quest": quest_id, "me": member_id}
    was = read(_own_vote().with_for_update(), vote).one_or_none()
    if was is None:
        return False
    moved = {"option_key": option_key, "submission_id": submission_id, "voted_at": clock.now()}
    write(_change_vote(), vote | moved)
    if was.option_key == option_key:
        return False
    _tally(quest_id, {was.option_key: -1, option_key: 1})
    return True


@lru_cache
def _change_vote() -> Any:
    votes = table(PollVote)
    return update(votes).where(votes.c.quest_id == bindparam("quest"), votes.c.member_id == bindparam("me"))


def _tally(quest_id: int, changes: dict[str, int]) -> None:
    for key, change in sorted(changes.items()):
        if change > 0:
            write(_one_more(), {"quest_id": quest_id, "option_key": key, "votes": change})
        else:
            write(_one_less(), {"quest": quest_id, "option": key})


@lru_cache
def _one_more() -> Any:
    tally = table(PollTally)
    new = upsert(tally)
    return new.on_conflict_do_update(
        index_elements=["quest_id", "option_key"], set_={"votes": tally.c.votes + new.excluded.votes}
    )


@lru_cache
def _one_less() -> Any:
    tally = table(PollTally)
    of_option = (tally.c.quest_id == bindparam("quest")) & (tally.c.option_key == bindparam("option"))
    return update(tally).where(of_option).values(votes=tally.c.votes - 1)


def forget_answers(submission_id: int) -> None:
    """Take a poll's vote out of its tally, for work that doesn't count any more: withdrawn, not accepted,
    or let through and then reversed. An approval that is undone leaves the work sent, so its vote stays.
    Joins the caller's unit of work, which holds the submission; again changes nothing."""
    with unit_of_work():
        for gone in write(_forget_vote(), {"work": submission_id}).all():
            _tally(gone.quest_id, {gone.option_key: -1})


@lru_cache
def _forget_vote() -> Any:
    votes = table(PollVote)
    gone = delete(votes).where(votes.c.submission_id == bindparam("work"))
    return gone.returning(votes.c.quest_id, votes.c.option_key)


# --- useful tips ------------------------------------------------------------------------------------


def mark_useful(submission_id: int, *, by: Actor) -> int:
    """Say that a tip was useful, once; returns how many say so. Raises NotFound for a tip that isn't this
    member's to see, Refused for their own."""
    with unit_of_work():
        tip = _tip(submission_id, by)
        mark = {"submission_id": submission_id, "member_id": by.id, "at": clock.now()}
        return _count(tip, int(write(_mark(), mark).first() is not None))


def unmark_useful(submission_id: int, *, by: Actor) -> int:
    """Take it back; as `mark_useful`."""
    with unit_of_work():
        tip = _tip(submission_id, by)
        return _count(tip, -write(_unmark(), {"work": submission_id, "me": by.id}).rowcount)


def _tip(submission_id: int, by: Actor) -> Any:
    """The tip, its row held: marks on it come one after the other."""
    tip = tip_for(submission_id, by, lock=True)
    if tip.member_id == by.id:
        raise Refused(N_("That one is yours. Others say whether it is useful."))
    return tip


def _count(tip: Any, change: int) -> int:
    if change:
        write(_useful(), {"work": tip.id, "change": change})
    return tip.useful_count + change


@lru_cache
def _mark() -> Any:
    marks = table(TipUseful)
    new = upsert(marks).on_conflict_do_nothing(index_elements=["submission_id", "member_id"])
    return new.returning(marks.c.member_id)


@lru_cache
def _unmark() -> Any:
    marks = table(TipUseful)
    return delete(marks).where(
        marks.c.submission_id == bindparam("work"), marks.c.member_id == bindparam("me")
    )


@lru_cache
def _useful() -> Any:
    submission = table(Submission)
    return (
        update(submission)
        .where(submission.c.id == bindparam("work"))
        .values(useful_count=submission.c.useful_count + bindparam("change"))
    )
