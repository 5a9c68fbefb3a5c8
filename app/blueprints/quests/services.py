"""A member's work on a quest: start, gather evidence, send, take back. The only writer of these tables
beside `services_review` (reviewers) and `services_staff` (publishing).

What was sent in a round never changes again: the next round begins with a copy of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError

from app.blueprints.impact.policies_links import link_key
from app.blueprints.inbox import services as inbox
from app.blueprints.library import queries as library
from app.blueprints.media import services as media
from app.blueprints.members import queries as members
from app.blueprints.quests import services_terms
from app.blueprints.quests.models import (
    Evidence,
    Quest,
    QuestVersion,
    Submission,
    SubmissionEvent,
    SubmissionHelper,
)
from app.blueprints.quests.policies import ACTIVE, EDITABLE, HELPERS, missing, most, next_state, rests
from app.blueprints.quests.policies_quick import TOO_LONG, as_kept, limit_of, misfit, stored_as
from app.blueprints.quests.policies_stages import last_stage, present_steps, refuse_other_stage
from app.blueprints.quests.queries_board import OnBoard, Outlook, outlook
from app.core import clock
from app.core.actor import Actor
from app.core.db import add, db, read, table, upsert, write
from app.core.errors import Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

# evidence that is typed, not sent as a file
WORDS = ("text", "link", "choice")


@dataclass(frozen=True)
class Draft:
    """What the working page sends besides files: texts and links by step key, helpers, the two ticks, and the
    indexes of the criteria that were checked off.

    `helpers` are up to three (member id or None, resource id or None); a resource stands for its author.
    """

    texts: dict[str, str] = field(default_factory=dict)
    helpers: Sequence[tuple[int | None, int | None]] | None = None
    original: bool | None = None
    library_consent: bool | None = None
    checks: Sequence[int] | None = None


def start_quest(quest_id: int, *, by: Actor, agrees_to: int | None = None) -> int:
    """Begin work on a quest, on the terms it has now; returns the submission's id.

    Begun work is returned as it is, so that a double tap starts once. `agrees_to` is the version whose terms
    the member agrees to with it. Raises NotFound for a quest that isn't this member's to see, Refused when
    it can't be started now, and says why; its terms have to be agreed to before.
    """
    now = clock.now()
    try:
        with unit_of_work():
            view = outlook(by)
            quest = view.board.quests.get(quest_id)
            if quest is None or quest.state not in ("live", "closed") or not view.is_for(quest):
                raise NotFound
            if quest_id in view.mine.active:
                return view.mine.active[quest_id]
            refuse_start(quest, view)
            if view.must_agree(quest):
                services_terms.agree(quest_id, agrees_to, by=by)
            if not _take_place(quest_id):
                raise Refused(N_("All places are taken. We will tell you when one opens."))
            submission_id = db.session.scalars(
                insert(Submission)
                .values(
                    quest_id=quest_id,
                    version_id=quest.version_id,
                    member_id=by.id,
                    attempt=view.mine.attempts.get(quest_id, 0) + 1,
                    promised_points=view.offer(quest)[0],
                    started_at=now,
                )
                .returning(Submission.id)
            ).one()
            _happened(submission_id, "started", 1, by.id)
            return submission_id
    except IntegrityError:
        # the same member's other tap came first (unique index on active work)
        active = db.session.scalar(
            select(Submission.id).where(
                Submission.quest_id == quest_id, Submission.member_id == by.id, Submission.state.in_(ACTIVE)
            )
        )
        if active is None:
            raise
        return active


def _take_place(quest_id: int) -> bool:
    """Take one of the quest's places, if there is one left: of many at once, as many as there are."""
    placed = db.session.execute(
        update(Quest)
        .where(
            Quest.id == quest_id,
            Quest.state == "live",
            Quest.capacity.is_(None) | (Quest.started_count < Quest.capacity),
        )
        .values(started_count=Quest.started_count + 1)
    )
    return bool(placed.rowcount == 1)  # type: ignore[attr-defined]


def refuse_start(quest: OnBoard, view: Outlook) -> None:
    """Raise Refused, with what opens it, for a quest that is visible but can't be started."""
    unmet = view.unmet(quest)
    if unmet:
        raise Refused(N_("First light “%(quest)s”. It opens this one."), quest=unmet[0])
    if quest.min_stars > view.mine.stars:
        raise Refused(N_("This one opens at %(num)s stars."), num=quest.min_stars)
    if not view.on_offer(quest):
        raise Refused(N_("This quest isn't open at the moment."))
    if rests(quest, view.mine):
        if quest.repeat_days:
            raise Refused(N_("You can do this one again a little later."))
        raise Refused(N_("You have lit this one already."))


def save_draft(submission_id: int, draft: Draft, *, by: Actor) -> None:
    """Keep what has been typed. Changes only what `draft` names; raises Stale once it has been sent."""
    with unit_of_work():
        work = _own_editable(submission_id, by)
        _save(work, draft, by)


def add_media(
    submission_id: int, step_key: str, upload_key: str, prepared: media.Prepared, *, by: Actor
) -> None:
    """Put an uploaded photo or video into a step; the same `upload_key` again changes nothing.

    `prepared` comes from `media.prepare_upload`: the encoding is done before the database is asked.

    Raises Invalid when the step takes no such file, or no more of them.
    """
    with unit_of_work():
        work = _own_editable(submission_id, by)
        step = next((step for step in present_steps(work) if step["key"] == step_key), None)
        if step is None or step.get("evidence") not in ("photo", "video"):
            raise Invalid(fields={"file": N_("This step takes no file.")})
        if step["evidence"] != prepared.kind:
            wrong = (
                N_("This step asks for photos.")
                if step["evidence"] == "photo"
                else N_("This step asks for a video.")
            )
            raise Invalid(fields={"file": wrong})
        media_id = media.keep(
            prepared, owner_id=by.id, upload_key=upload_key, belongs_to=f"submission:{submission_id}", by=by
        )
        present = db.session.execute(
            select(
                func.count(Evidence.id).label("have"),
                func.max(Evidence.position).label("last"),
                func.count(Evidence.id).filter(Evidence.media_id == media_id).label("known"),
            ).where(
                Evidence.submission_id == submission_id,
                Evidence.round == work.round,
                Evidence.step_key == step_key,
                Evidence.media_id.is_not(None),
            )
        ).one()
        if present.known:
            return
        if present.have >= most(step):
            raise Invalid(fields={"file": N_("This step is full. Remove one first, then add another.")})
        db.session.execute(
            insert(Evidence).values(
                submission_id=submission_id,
                round=work.round,
                step_key=step_key,
                kind=prepared.kind,
                media_id=media_id,
                position=(present.last or 0) + 1,
                created_at=clock.now(),
            )
        )


def remove_evidence(evidence_id: int, *, by: Actor) -> int:
    """Take a file out of the present round; returns the submission's id. Earlier rounds keep theirs."""
    with unit_of_work():
        row = _own_evidence(evidence_id, by)
        db.session.execute(delete(Evidence).where(Evidence.id == evidence_id))
        elsewhere = select(Evidence.id).where(Evidence.media_id == row.media_id).limit(1)
        if row.media_id is not None and db.session.scalar(elsewhere) is None:
            media.remove_media([row.media_id])
        return row.submission_id


def move_evidence(evidence_id: int, *, by: Actor) -> int:
    """Move a file one place forward among its step's files; returns the submission's id."""
    with unit_of_work():
        row = _own_evidence(evidence_id, by)
        before = db.session.execute(
            select(Evidence.id, Evidence.position)
            .where(
                Evidence.submission_id == row.submission_id,
                Evidence.round == row.round,
                Evidence.step_key == row.step_key,
                Evidence.media_id.is_not(None),
                Evidence.position < row.position,
            )
            .order_by(Evidence.position.desc())
            .limit(1)
        ).one_or_none()
        if before is not None:
            _place(evidence_id, before.position)
            _place(before.id, row.position)
        return row.submission_id


def submit_work(submission_id: int, draft: Draft, *, by: Actor) -> str:
    """Send the work to be read, having kept `draft`; returns the state it is in then.

    A quest that checks itself is approved at once. Raises Invalid with what is missing, by step
    ("step:<key>"); what was typed is kept all the same. Sending twice sends once.
    """
    with unit_of_work():
        work = _own(submission_id, by)
        if work.state in ("submitted", "approved") and work.submitted_at is not None:
            return work.state
        next_state(work.state, "submit")
        _save(work, draft, by)
        original = work.original if draft.original is None else draft.original
        fields = missing(present_steps(work), _present_evidence(work), original=original)
        if not fields:
            state = _send(work, by)
            if work.kind == "poll":
                _quick().count_vote(work.id, by=by)
            return state
    # the typed words are kept, the work is not sent
    raise Invalid(fields=fields)


def _quick() -> Any:
    from app.blueprints.quests import services_quick

    return services_quick


def _send(work: Any, by: Actor) -> str:
    from app.blueprints.quests import services_review, services_stages

    now = clock.now()
    mentor_id = _reader_of(work, by) if work.review_mode == "mentor" else None
    _move(
        work,
        "submit",
        submitted_at=now,
        due_at=now + timedelta(hours=work.review_hours),
        opened_at=None,
        claimed_by_id=None,
        claimed_until=None,
        mentor_id=mentor_id,
    )
    _happened(work.id, "submitted", work.round, by.id)
    if work.review_mode in ("self", "auto"):
        if not last_stage(work):
            services_stages.pass_by_itself(work.id)
            return "working"
        services_review.approve_by_itself(work.id)
        return "approved"
    if mentor_id is not None:
        inbox.notify(
            [
                inbox.NewNotice(
                    key=f"submission:{work.id}:{work.round}:{now.timestamp()}:mentor",
                    member_id=mentor_id,
                    icon="i-inbox",
                    title=both(
                        N_("%(name)s sent you “%(quest)s” to look at"),
                        name=by.name,
                        quest=pair(work.title, work.title_en),
                    ),
                    link=f"/review/{work.id}",
                )
            ]
        )
    return "submitted"


def _reader_of(work: Any, by: Actor) -> int | None:
    """Who reads before staff do: the host of a call, else the member's mentor. Nobody reads their own."""
    if work.hosted_by_id is None:
        return members.mentor_of(by.id)
    return work.hosted_by_id if work.hosted_by_id != by.id else None


def take_back(submission_id: int, *, by: Actor) -> None:
    """Return sent work to its member to change, as long as nobody has opened it.

    Raises Stale when a reviewer came first.
    """
    with unit_of_work():
        work = _own(submission_id, by)
        _move(work, "take_back", unopened=True, submitted_at=None, due_at=None)
        _happened(submission_id, "taken_back", work.round, by.id)


def withdraw_work(submission_id: int, *, by: Actor) -> None:
    """Give the work up; its place is free again. Sent work only until a reviewer opens it."""
    with unit_of_work():
        work = _own(submission_id, by)
        _move(work, "withdraw", unopened=work.state == "submitted", decided_at=clock.now())
        db.session.execute(
            update(Quest)
            .where(Quest.id == work.quest_id, Quest.started_count > 0)
            .values(started_count=Quest.started_count - 1)
        )
        _happened(submission_id, "withdrawn", work.round, by.id)
        if work.kind == "poll":
            _quick().forget_answers(submission_id)


def _own(submission_id: int, by: Actor) -> Any:
    """The member's own work with its terms, its row held until the end; raises NotFound."""
    work = read(_own_work(), {"work": submission_id, "me": by.id}).one_or_none()
    if work is None:
        raise NotFound
    return work


@lru_cache
def _own_work() -> Any:
    return (
        select(
            Submission.id,
            Submission.quest_id,
            Submission.member_id,
            Submission.state,
            Submission.round,
            Submission.stage,
            Submission.stage_round,
            Submission.original,
            Submission.submitted_at,
            Submission.opened_at,
            Quest.kind,
            Quest.hosted_by_id,
            QuestVersion.steps,
            QuestVersion.stages,
            QuestVersion.criteria,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.review_mode,
            QuestVersion.review_hours,
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(
            Submission.id == bindparam("work", type_=Integer),
            Submission.member_id == bindparam("me", type_=Integer),
        )
        .with_for_update(of=Submission)
    )


def _own_editable(submission_id: int, by: Actor) -> Any:
    work = _own(submission_id, by)
    if work.state not in EDITABLE:
        raise Stale(N_("This has been sent. Take it back first if you want to change it."))
    return work


def _own_evidence(evidence_id: int, by: Actor) -> Any:
    row = db.session.execute(
        select(
            Evidence.submission_id, Evidence.round, Evidence.step_key, Evidence.media_id, Evidence.position
        )
        .join(Submission, (Submission.id == Evidence.submission_id) & (Submission.round == Evidence.round))
        .where(Evidence.id == evidence_id, Submission.member_id == by.id, Evidence.media_id.is_not(None))
    ).one_or_none()
    if row is None:
        raise NotFound
    refuse_other_stage(_own_editable(row.submission_id, by), row.step_key)
    return row


def _place(evidence_id: int, position: int) -> None:
    db.session.execute(update(Evidence).where(Evidence.id == evidence_id).values(position=position))


def _move(work: Any, move: str, *, unopened: bool = False, **values: Any) -> None:
    """Make one move of the state machine; the row's state decides, whatever the page thought."""
    if not move_on(work, next_state(work.state, move), unopened=unopened, **values):
        raise Stale(
            N_("It is being read already, so it can't be changed any more. The answer is on its way.")
        )


def move_on(work: Any, state: str, *, unopened: bool = False, **values: Any) -> bool:
    """Bring the work into `state` if it is still in the state and round that were read (and unopened,
    where that counts): the guard of every move. False when it isn't."""
    was = {"work": work.id, "was_state": work.state, "was_round": work.round}
    return write(_guarded(unopened), was | {"state": state} | values).rowcount == 1


@lru_cache
def _guarded(unopened: bool) -> Any:
    submission = table(Submission)
    moved = update(submission).where(
        submission.c.id == bindparam("work"),
        submission.c.state == bindparam("was_state"),
        submission.c.round == bindparam("was_round"),
    )
    return moved.where(submission.c.opened_at.is_(None)) if unopened else moved


def _save(work: Any, draft: Draft, by: Actor) -> None:
    kinds = {step["key"]: stored_as(step.get("evidence")) for step in present_steps(work)}
    now = clock.now()
    typed = _fitting(work, {key: body for key, body in draft.texts.items() if kinds.get(key) in WORDS})
    words = [
        {
            "submission_id": work.id,
            "round": work.round,
            "step_key": key,
            "kind": kinds[key],
            "body": body,
            "link_key": link_key(body) if kinds[key] == "link" and body.startswith("http") else None,
            "created_at": now,
        }
        for key, body in typed.items()
        if body.strip()
    ]
    if words:
        write(_keep_words(), words)
    if len(words) < len(typed):
        emptied = [key for key, body in typed.items() if not body.strip()]
        write(_drop_words(), {"work": work.id, "this_round": work.round, "emptied": emptied})
    ticks = {
        name: value
        for name, value in (("original", draft.original), ("library_consent", draft.library_consent))
        if value is not None
    } | checked_off(work, draft)
    if ticks:
        write(_tick(), {"work": work.id} | ticks)
    if draft.helpers is not None:
        _credit(work, draft.helpers, by)


def _fitting(work: Any, typed: dict[str, str]) -> dict[str, str]:
    """The answers as they are kept. Raises Invalid, by step, with those that can't be."""
    steps = {step["key"]: step for step in work.steps}
    kept = {key: as_kept(steps[key], body, work.kind) for key, body in typed.items()}
    wrong = {key: why for key, body in kept.items() if (why := misfit(steps[key], body, work.kind))}
    limits = [limit_of(steps[key], work.kind) for key, why in wrong.items() if why == TOO_LONG]
    # one number stands in the words of a refusal: other limits have their turn after it
    fields = {
        f"step:{key}": why
        for key, why in wrong.items()
        if why != TOO_LONG or limit_of(steps[key], work.kind) == limits[0]
    }
    if fields:
        raise Invalid(fields=fields, limit=f"{limits[0]:,}" if limits else "")
    return kept


def checked_off(work: Any, draft: Draft) -> dict[str, list[int]]:
    """The criteria that the member checked off, as they are kept; nothing where the form didn't ask."""
    if draft.checks is None:
        return {}
    return {"checks": sorted({n for n in draft.checks if 0 <= n < len(work.criteria)})}


@lru_cache
def _keep_words() -> Any:
    """Words into their place: one text, link or choice a step and round (uq_evidence_one_text)."""
    evidence = table(Evidence)
    new = upsert(evidence)
    return new.on_conflict_do_update(
        index_elements=["submission_id", "round", "step_key", "kind"],
        index_where=evidence.c.media_id.is_(None),
        set_={"body": new.excluded.body, "link_key": new.excluded.link_key},
    )


@lru_cache
def _drop_words() -> Any:
    evidence = table(Evidence)
    return delete(evidence).where(
        evidence.c.submission_id == bindparam("work"),
        evidence.c.round == bindparam("this_round"),
        evidence.c.step_key.in_(bindparam("emptied", expanding=True)),
        evidence.c.media_id.is_(None),
    )


@lru_cache
def _tick() -> Any:
    submission = table(Submission)
    return update(submission).where(submission.c.id == bindparam("work"))


def _credit(work: Any, named: Sequence[tuple[int | None, int | None]], by: Actor) -> None:
    """Replace the helpers named; a resource stands for its author. Nobody can name themselves."""
    named = list(dict.fromkeys(pair for pair in named if pair != (None, None)))
    if len(named) > HELPERS:
        raise Invalid(fields={"helpers": N_("Name up to three who helped.")})
    authors = library.authors_of([resource for _, resource in named if resource is not None])
    rows: list[dict[str, Any]] = []
    for member_id, resource_id in named:
        helper_id = member_id if resource_id is None else authors.get(resource_id)
        if helper_id == by.id:
            raise Invalid(fields={"helpers": N_("You can't thank yourself. Name somebody else.")})
        if helper_id is None or any(row["helper_id"] == helper_id for row in rows):
            continue
        rows.append({"helper_id": helper_id, "resource_id": resource_id})
    known = members.names_of([row["helper_id"] for row in rows])
    if any(row["helper_id"] not in known for row in rows):
        raise Invalid(fields={"helpers": N_("We don't know that helper. Choose one from the list.")})
    write(_no_helpers(), {"work": work.id})
    if rows:
        add(
            SubmissionHelper,
            [{"submission_id": work.id, "position": n, **row} for n, row in enumerate(rows, 1)],
        )


@lru_cache
def _no_helpers() -> Any:
    helper = table(SubmissionHelper)
    return delete(helper).where(helper.c.submission_id == bindparam("work"))


def _present_evidence(work: Any) -> Sequence[Any]:
    return read(_present(), {"work": work.id, "sent_round": work.round}).all()


@lru_cache
def _present() -> Any:
    return select(Evidence.step_key, Evidence.kind, Evidence.body).where(
        Evidence.submission_id == bindparam("work"), Evidence.round == bindparam("sent_round")
    )


def _happened(submission_id: int, kind: str, round_: int, actor_id: int | None) -> None:
    event = {"submission_id": submission_id, "kind": kind, "round": round_}
    add(SubmissionEvent, event | {"actor_id": actor_id, "at": clock.now()})


def next_round(submission_id: int, round_: int) -> None:
    """Begin the round after `round_` with a copy of what was sent in it."""
    evidence = table(Evidence).c
    columns = [evidence[name] for name in ("step_key", "kind", "media_id", "body", "link_key", "position")]
    copied = select(
        literal(submission_id), literal(round_ + 1), literal(clock.now(), Evidence.created_at.type), *columns
    ).where(Evidence.submission_id == submission_id, Evidence.round == round_)
    db.session.execute(
        insert(Evidence).from_select(
            ["submission_id", "round", "created_at", *(column.key for column in columns)], copied
        )
    )
