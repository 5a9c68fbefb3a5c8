"""What pages read about quests and the work on them. Who may see what is decided by `queries_board`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import (
    Integer,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from app.blueprints.badges import queries as badges
from app.blueprints.impact.policies_links import platform_of
from app.blueprints.library import queries as library
from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.blueprints.quests.models import (
    Evidence,
    Quest,
    QuestPrerequisite,
    QuestResource,
    QuestSeen,
    QuestVersion,
    Review,
    Submission,
    SubmissionEvent,
    SubmissionHelper,
)
from app.blueprints.quests.policies import ACTIVE, EDITABLE, NOBODY_WAITED
from app.blueprints.quests.policies_stages import present_steps
from app.blueprints.quests.queries_board import OnBoard, Outlook, outlook
from app.core import clock
from app.core.actor import Actor
from app.core.db import Instant, db, read
from app.core.errors import NotFound, Stale
from app.core.i18n import N_
from app.core.paging import Page, keyset, page_of, page_of_list

# --- the member's pages ---------------------------------------------------------------------------
# Statements are built once with these parameters and kept: building costs more than running them.

ME: Any = bindparam("me", type_=Integer)
TRACK: Any = bindparam("track", type_=String)
SHORT_MINUTES = 15

IN_REACH, ONE_STEP, DOING, LIT = 12, 6, 20, 8


class Work(NamedTuple):
    """A work of the member's in the list, in "doing" or "lit". `host` is who started its call."""

    id: int
    part: str
    state: str
    decided_at: datetime | None
    points: int
    track_key: str
    icon: str
    rung: int
    title: str
    title_en: str
    summary: str
    summary_en: str
    effort_minutes: int
    host: str | None


def _part_of_mine(part: str, in_track: bool, short: bool, cursor: str | None, size: int) -> Any:
    states = ("approved",) if part == "lit" else ACTIVE
    query: Any = (
        select(
            Submission.id,
            literal_column(f"'{part}'", String).label("part"),
            Submission.state,
            Submission.decided_at,
            func.coalesce(Submission.points_awarded, Submission.promised_points).label("points"),
            Quest.track_key,
            Quest.icon,
            Quest.rung,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.summary,
            QuestVersion.summary_en,
            QuestVersion.effort_minutes,
            members.name_of(Quest.hosted_by_id).label("host"),
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(
            Submission.member_id == ME,
            or_(*(Submission.state == literal_column(f"'{state}'") for state in states)),
        )
    )
    if in_track:
        query = query.where(Quest.track_key == TRACK)
    if short:
        query = query.where(QuestVersion.effort_minutes <= SHORT_MINUTES)
    return keyset(query, Submission.id, cursor=cursor, size=size)[0]


@lru_cache
def _first_mine(in_track: bool, short: bool) -> Any:
    each = [
        select(_part_of_mine(part, in_track, short, None, size).subquery(f"{part}_rows"))
        for part, size in (("doing", DOING), ("lit", LIT))
    ]
    rows = union_all(*each).subquery("mine")
    return select(rows).order_by(rows.c.id.desc())


@dataclass(frozen=True)
class QuestList:
    """The parts of the list ("doing", "start", "step", "lit"), each a page of rows, and the tracks by which
    they can be filtered."""

    parts: dict[str, Page[Any]]
    tracks: Sequence[Any]


def _part_of_reach(
    part: str, view: Outlook, size: int, *, track: str, short: bool, cursor: str | None = None
) -> Page[Any]:
    """A page of what can be started ("start") or is one step away ("step")."""
    chosen = (
        quest
        for quest in (view.start if part == "start" else view.step)
        if (not track or quest.track_key == track) and (not short or quest.effort_minutes <= SHORT_MINUTES)
    )
    page = page_of_list(chosen, view.place, cursor=cursor, size=size)
    return Page([view.row(quest) for quest in page.rows], page.next)


def quest_list(member: Actor, *, track: str = "", short: bool = False) -> QuestList:
    """The first page of every part of the quest list, in two queries."""
    view = outlook(member)
    mine = _mine(_first_mine(bool(track), short), member, track)
    doing, lit = ([row for row in mine if row.part == part] for part in ("doing", "lit"))
    parts = {
        "doing": page_of(doing, DOING, "id"),
        "start": _part_of_reach("start", view, IN_REACH, track=track, short=short),
        "step": _part_of_reach("step", view, ONE_STEP, track=track, short=short),
        "lit": page_of(lit, LIT, "id"),
    }
    return QuestList(parts, view.board.tracks)


def _mine(statement: Any, member: Actor, track: str) -> list[Work]:
    return [Work._make(row) for row in read(statement, {"me": member.id, "track": track}).all()]


def more_quests(
    part: str, member: Actor, *, cursor: str | None, track: str = "", short: bool = False
) -> tuple[Page[Any], Sequence[Any]]:
    """The next rows of one part ("doing", "start", "step" or "lit") of the list, and the tracks."""
    view = outlook(member)
    if part in ("doing", "lit"):
        statement = _part_of_mine(part, bool(track), short, cursor, DOING)
        page = page_of(_mine(statement, member, track), DOING, "id")
    else:
        page = _part_of_reach(part, view, IN_REACH, track=track, short=short, cursor=cursor)
    return page, view.board.tracks


# what of a quest's terms a brief and an open call have beside the others
BRIEF = (
    Quest.preset,
    QuestVersion.stages,
    QuestVersion.focus,
    QuestVersion.format,
    QuestVersion.format_en,
    QuestVersion.results_ladder,
)


@lru_cache
def _quest_page() -> Any:
    mine = aliased(Submission)
    latest = (
        select(func.max(mine.id)).where(mine.member_id == ME, mine.quest_id == Quest.id).correlate(Quest)
    ).scalar_subquery()
    return (
        select(
            Quest.id,
            Quest.state,
            Quest.track_key,
            Quest.rung,
            Quest.icon,
            Quest.badge_id,
            Quest.min_stars,
            Quest.opens_at,
            Quest.closes_at,
            Quest.repeat_days,
            Quest.hosted_by_id,
            members.name_of(Quest.hosted_by_id).label("host_name"),
            select(QuestSeen.at)
            .where(QuestSeen.quest_id == Quest.id, QuestSeen.member_id == ME)
            .scalar_subquery()
            .label("seen_at"),
            *members.track_words(Quest.track_key),
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.summary,
            QuestVersion.summary_en,
            QuestVersion.needs,
            QuestVersion.needs_en,
            QuestVersion.effort_minutes,
            QuestVersion.cover_media_id,
            QuestVersion.steps,
            QuestVersion.criteria,
            QuestVersion.review_mode,
            QuestVersion.review_hours,
            QuestVersion.draft_rounds,
            QuestVersion.perk,
            QuestVersion.perk_en,
            *BRIEF,
            QuestVersion.id.label("version_id"),
            QuestVersion.terms,
            QuestVersion.terms_en,
            badges.name_of(Quest.badge_id).label("badge_name"),
            badges.name_of(Quest.badge_id, english=True).label("badge_name_en"),
            badges.award_count(Quest.badge_id).label("lit_count"),
            Submission.id.label("work_id"),
            Submission.state.label("work_state"),
            (Submission.round - Submission.stage_round + 1).label("work_round"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .outerjoin(Submission, Submission.id == latest)
        .where(Quest.id == bindparam("quest_id"))
    )


@dataclass(frozen=True)
class QuestPage:
    """A quest as one member sees it, and where they stand with it.

    `standing`: "doing", "changes", "sent", "lit" (done, once for all), "again" (done, may be done again
    from `again_at`), "start", or why not: "unmet", "stars", "full", "closed", "soon". `points` is what it
    offers now, at `percent` of its rule; `unmet` what comes first: names in both languages and a quest's id.
    `must_agree`: its terms come before the start. `veiled`: until then only its name on the board and its
    terms are there.
    """

    quest: Any
    standing: str
    again_at: datetime | None
    points: int
    percent: int
    unmet: tuple[str, str, int | None] | None
    opens: Sequence[Any]
    people: Sequence[Any]
    resources: Sequence[Any]
    must_agree: bool = False
    veiled: bool = False


OPENS = 3


def quest_page(quest_id: int, member: Actor, view: Outlook | None = None) -> QuestPage:
    """Four queries with the outlook.

    Raises NotFound for a quest that isn't this member's to see and that they never began.
    """
    quest = read(_quest_page(), {"me": member.id, "quest_id": quest_id}).one_or_none()
    if quest is None:
        raise NotFound
    view = view or outlook(member)
    there = view.board.quests.get(quest_id)
    seen = there is not None and there.state in ("live", "closed") and view.is_for(there)
    if there is None or not (seen or quest.work_id):
        raise NotFound
    standing, again_at = _standing(quest, there, view)
    points_now, percent = view.offer(there)
    if quest_id in view.veiled:
        return QuestPage(
            _veiled(quest, there), standing, again_at, 0, 100, view.unmet(there), [], [], [],
            must_agree=True, veiled=True,
        )  # fmt: skip
    return QuestPage(
        quest,
        standing,
        again_at,
        points_now,
        percent,
        view.unmet(there),
        view.opened_by(quest_id)[:OPENS],
        _lit_by(quest_id),
        resources_for(quest_id),
        must_agree=view.must_agree(there),
    )


def _veiled(quest: Any, there: OnBoard) -> Any:
    """What of a confidential quest those read who haven't agreed yet, and nothing else of its row."""
    shown = ("id", "version_id", "terms", "terms_en", "min_stars", "opens_at", "work_id", "work_state")
    return SimpleNamespace(
        title=there.title, title_en=there.title_en, **{name: getattr(quest, name) for name in shown}
    )


def _standing(quest: Any, there: OnBoard, view: Outlook) -> tuple[str, datetime | None]:
    now, mine = view.mine.now, view.mine
    if quest.work_state in ACTIVE:
        return {"working": "doing", "submitted": "sent", "changes": "changes"}[quest.work_state], None
    if there.id in mine.lit_at:
        if not there.repeat_days:
            return "lit", None
        again_at = mine.lit_at[there.id] + timedelta(days=there.repeat_days)
        if again_at > now:
            return "again", again_at
    if not view.on_offer(there):
        return ("soon" if there.opens_at and there.opens_at > now else "closed"), None
    if view.unmet(there):
        return "unmet", None
    if there.min_stars > mine.stars:
        return "stars", None
    return ("full" if there.id in mine.full else "start"), None


@lru_cache
def _lit() -> Any:
    return (
        select(Submission.member_id.label("id"), members.name_of(Submission.member_id).label("name"))
        .where(
            Submission.quest_id == bindparam("quest_id"),
            Submission.state == "approved",
            members.is_here(Submission.member_id),
        )
        .order_by(Submission.decided_at.desc())
        .limit(12)
    )


def _lit_by(quest_id: int, limit: int = 6) -> Sequence[Any]:
    """Who lit a quest last: id, name, each once; whoever has left isn't named."""
    newest = {row.id: row for row in reversed(read(_lit(), {"quest_id": quest_id}).all())}
    return list(reversed(newest.values()))[:limit]


@lru_cache
def _resources() -> Any:
    of_quest = select(QuestResource.resource_id).where(QuestResource.quest_id == bindparam("quest_id"))
    return library.listing(of_quest, limit=6)


def resources_for(quest_id: int) -> Sequence[Any]:
    """What may help with a quest, as `library.short_list` gives it."""
    return read(_resources(), {"quest_id": quest_id, "now": clock.now()}).all()


def quests_with(resource_id: int, member: Actor) -> Sequence[Any]:
    """The quests on offer that a resource was written for, at most five, the low rungs first."""
    of_resource = select(QuestResource.quest_id).where(QuestResource.resource_id == resource_id)
    found = set(read(of_resource).scalars())
    if not found:
        return []
    view = outlook(member)
    on_offer = [quest for quest in view.board.quests.values() if quest.id in found and view.on_offer(quest)]
    return [quest for quest in on_offer if quest.id not in view.veiled][:5]


# --- a piece of work --------------------------------------------------------------------------------


@lru_cache
def _work() -> Any:
    """One's own work with its terms, its last review, and its helpers (a row each, or one row)."""
    resource = library.title_of(SubmissionHelper.resource_id)
    current = aliased(QuestVersion)
    said = aliased(Review)
    later = aliased(Submission)
    begun_anew = select(later.id).where(
        later.member_id == Submission.member_id,
        later.quest_id == Submission.quest_id,
        later.attempt > Submission.attempt,
        later.state != "withdrawn",
    )
    newer = aliased(QuestVersion)
    notes = (
        select(func.aggregate_strings(newer.change_note, " · "))
        .where(
            newer.quest_id == Submission.quest_id,
            newer.number > QuestVersion.number,
            newer.change_note != "",
        )
        .correlate(Submission, QuestVersion)
    )
    latest = (
        select(func.max(said.id))
        .where(said.submission_id == Submission.id, said.undone_at.is_(None))
        .correlate(Submission)
    )
    opened, opened_terms = aliased(Quest), aliased(QuestVersion)
    opens = (
        select(opened_terms.title)
        .join(opened, opened.version_id == opened_terms.id)
        .join(QuestPrerequisite, QuestPrerequisite.quest_id == opened.id)
        .where(QuestPrerequisite.requires_quest_id == Quest.id, opened.state == "live")
        # of a confidential one nobody is told that it opens
        .where(opened.confidential.is_(False))
        .order_by(opened.rung, opened.id)
        .limit(1)
        .correlate(Quest)
    )
    return (
        select(
            Submission.id,
            Submission.quest_id,
            Submission.version_id,
            Submission.state,
            Submission.round,
            Submission.stage,
            Submission.stage_round,
            Submission.checks.label("ticked"),
            Submission.promised_points,
            Submission.points_awarded,
            Submission.original,
            Submission.library_consent,
            Submission.mentor_id,
            Submission.started_at,
            Submission.submitted_at,
            Submission.due_at,
            Submission.opened_at,
            Submission.decided_at,
            Submission.look,
            begun_anew.correlate(Submission).exists().label("begun_anew"),
            members.name_of(Submission.mentor_id).label("mentor_name"),
            case(
                (Quest.hosted_by_id.is_(None), members.mentor_name_of(Submission.member_id)),
                (Quest.hosted_by_id != Submission.member_id, members.name_of(Quest.hosted_by_id)),
            ).label("mentor_now"),
            Quest.icon,
            Quest.rung,
            *members.track_words(Quest.track_key),
            badges.name_of(Quest.badge_id).label("badge_name"),
            badges.name_of(Quest.badge_id, english=True).label("badge_name_en"),
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.steps,
            QuestVersion.criteria,
            QuestVersion.review_mode,
            QuestVersion.review_hours,
            QuestVersion.draft_rounds,
            QuestVersion.perk,
            QuestVersion.perk_en,
            *BRIEF,
            current.id.label("current_id"),
            notes.scalar_subquery().label("change_note"),
            opens.scalar_subquery().label("opens"),
            opens.with_only_columns(opened_terms.title_en).scalar_subquery().label("opens_en"),
            Review.round.label("review_round"),
            Review.decision,
            Review.highlight,
            Review.suggestion,
            Review.reason,
            Review.checks,
            Review.reviewer_id,
            Review.created_at.label("reviewed_at"),
            members.name_of(Review.reviewer_id).label("reviewer_name"),
            SubmissionHelper.position.label("helper_position"),
            SubmissionHelper.helper_id,
            SubmissionHelper.resource_id,
            members.name_of(SubmissionHelper.helper_id).label("helper_name"),
            resource["zh"].label("resource_title"),
            resource["en"].label("resource_title_en"),
        )
        .join(Quest, Quest.id == Submission.quest_id)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .outerjoin(current, current.id == Quest.version_id)
        .outerjoin(SubmissionHelper, SubmissionHelper.submission_id == Submission.id)
        .outerjoin(Review, Review.id == latest.scalar_subquery())
        .where(Submission.id == bindparam("work_id"), Submission.member_id == ME)
        .order_by(SubmissionHelper.position)
    )


@dataclass(frozen=True)
class Helper:
    """Somebody, or a resource and through it its author, who can be or was thanked."""

    person_id: int
    person_name: str | None
    resource_id: int | None = None
    title: str | None = None
    title_en: str | None = None

    @property
    def value(self) -> str:
        """How a form names it."""
        return f"r:{self.resource_id}" if self.resource_id else f"m:{self.person_id}"


def work(submission_id: int, member: Actor) -> tuple[Any, list[Helper]]:
    """One's own work and who helped, in one query. Raises NotFound for anybody else's."""
    rows = read(_work(), {"me": member.id, "work_id": submission_id}).all()
    if not rows:
        raise NotFound
    helpers = [
        Helper(row.helper_id, row.helper_name, row.resource_id, row.resource_title, row.resource_title_en)
        for row in rows
        if row.helper_id is not None
    ]
    return rows[0], helpers


@lru_cache
def _evidence() -> Any:
    tile = media.tile_table()
    return (
        select(
            tile,
            Evidence.id.label("evidence_id"),
            Evidence.step_key,
            Evidence.kind.label("what"),
            Evidence.body,
            Evidence.link_key,
        )
        .select_from(Evidence)
        .outerjoin(tile, tile.c.id == Evidence.media_id)
        .where(Evidence.submission_id == bindparam("work_id"), Evidence.round == bindparam("round"))
        .order_by(Evidence.position, Evidence.id)
    )


@dataclass(frozen=True)
class Piece:
    """One piece of evidence: a file's tile, or words."""

    id: int
    kind: str
    body: str
    tile: media.Tile | None
    link_key: str | None = None

    @property
    def platform(self) -> str:
        """Whose page a link leads to: a key of PLATFORMS."""
        return platform_of(self.body)


def evidence(submission_id: int, round_: int) -> dict[str, list[Piece]]:
    """What one round holds, by step and in order; one query."""
    rows = read(_evidence(), {"work_id": submission_id, "round": round_})
    by_step: dict[str, list[Piece]] = {}
    for row in rows:
        tile = media.as_tile(row) if row.id is not None else None
        by_step.setdefault(row.step_key, []).append(
            Piece(row.evidence_id, row.what, row.body, tile, row.link_key)
        )
    return by_step


@lru_cache
def _elsewhere() -> Any:
    other = aliased(Submission)
    return (
        select(Evidence.link_key, other.id, QuestVersion.title, QuestVersion.title_en)
        .join(other, other.id == Evidence.submission_id)
        .join(QuestVersion, QuestVersion.id == other.version_id)
        .where(
            Evidence.link_key.in_(bindparam("keys", expanding=True)),
            other.member_id == ME,
            other.id != bindparam("work_id"),
            other.state != "withdrawn",
        )
        .order_by(other.id.desc())
        .limit(20)
    )


def links_elsewhere(submission_id: int, pieces: dict[str, list[Piece]], member: Actor) -> dict[str, Any]:
    """By link key, the newest other work of the member's that has the same link: id, title, title_en. One
    query, none without a link."""
    keys = {piece.link_key for some in pieces.values() for piece in some if piece.link_key}
    if not keys:
        return {}
    rows = read(_elsewhere(), {"keys": sorted(keys), "me": member.id, "work_id": submission_id}).all()
    return {row.link_key: row for row in reversed(rows)}


@lru_cache
def _story() -> Any:
    submission_id: Any = bindparam("work_id")
    nothing = literal("")
    events = select(
        SubmissionEvent.kind,
        SubmissionEvent.round,
        SubmissionEvent.at,
        members.name_of(SubmissionEvent.actor_id).label("name"),
        SubmissionEvent.actor_id,
        nothing.label("highlight"),
        nothing.label("suggestion"),
        nothing.label("reason"),
        literal(1).label("look"),
        literal(0).label("later"),
    ).where(SubmissionEvent.submission_id == submission_id)
    verdicts = select(
        Review.decision,
        Review.round,
        Review.created_at,
        members.name_of(Review.reviewer_id),
        Review.reviewer_id,
        Review.highlight,
        Review.suggestion,
        Review.reason,
        Review.look,
        literal(1),
    ).where(Review.submission_id == submission_id)
    rows = union_all(events, verdicts).subquery("story")
    newest_first = (rows.c.at.desc(), rows.c.round.desc(), rows.c.later.desc())
    return select(rows).order_by(*newest_first)


def story(submission_id: int) -> Sequence[Any]:
    """Everything that happened to a piece of work, newest first: events and verdicts in one query.

    kind, round, at, name; for a verdict (approved, changes, declined, passed) also its words.
    """
    return read(_story(), {"work_id": submission_id}).all()


@dataclass(frozen=True)
class Answers:
    """How long answers take now, and how many came by the promised time."""

    hours: int
    kept_percent: int


@lru_cache
def _newest_answers() -> Any:
    return (
        select(Submission.submitted_at, Submission.due_at, Review.created_at)
        .join(Submission, Submission.id == Review.submission_id)
        .where(
            Review.created_at >= bindparam("since", type_=Instant),
            # of a resubmitted piece, the time of the earlier sending isn't kept
            Review.created_at >= Submission.submitted_at,
            Review.undone_at.is_(None),
            # a second look was asked for later, and nobody waited for what was looked at afterwards
            Review.look == 1,
            Review.waited_minutes > NOBODY_WAITED,
        )
        .order_by(Review.id.desc())
        .limit(100)
    )


def answers_now() -> Answers | None:
    """The median of the newest hundred answers of the last 30 days; None when there are none."""
    rows = read(_newest_answers(), {"since": clock.now() - timedelta(days=30)}).all()
    if not rows:
        return None
    taken = median((row.created_at - row.submitted_at).total_seconds() for row in rows)
    kept = sum(row.due_at is None or row.created_at <= row.due_at for row in rows)
    return Answers(hours=max(1, round(taken / 3600)), kept_percent=kept * 100 // len(rows))


def editable_steps(submission_id: int, member: Actor) -> list[dict[str, Any]]:
    """The steps of one's own work that its stage asks for, while it can be changed.

    Raises NotFound, or Stale once it was sent.
    """
    row = read(
        select(Submission.state, Submission.stage, QuestVersion.steps, QuestVersion.stages)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(Submission.id == submission_id, Submission.member_id == member.id)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.state not in EDITABLE:
        raise Stale(N_("This has been sent. Take it back first if you want to change it."))
    return present_steps(row)


def step_of(evidence_id: int, member: Actor) -> Any:
    """Where a file of one's own work lies: submission_id, step_key. Raises NotFound."""
    row = read(
        select(Evidence.submission_id, Evidence.step_key)
        .join(Submission, Submission.id == Evidence.submission_id)
        .where(Evidence.id == evidence_id, Submission.member_id == member.id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def holds(submission_id: int, media_id: int) -> bool:
    """Whether the present round of a piece of work has this file."""
    found = (
        select(Evidence.id)
        .join(Submission, and_(Submission.id == Evidence.submission_id, Submission.round == Evidence.round))
        .where(Evidence.submission_id == submission_id, Evidence.media_id == media_id)
    )
    return db.session.scalar(found) is not None


def may_see_media(row: Any, actor: Actor) -> bool:
    """Whether a reviewer, the mentor it was routed to, or who mentors its member, may see a file of work that
    was sent."""
    if not actor.can("reviews:open"):
        return False
    sent = select(Submission.id).where(
        Submission.id == row.subject_id, or_(Submission.state != "working", Submission.stage > 1)
    )
    if not actor.can("reviews:staff"):
        mentees = and_(Submission.member_id.in_(members.led_by(actor.id)), ~Quest.confidential)
        sent = sent.join(Quest, Quest.id == Submission.quest_id)
        sent = sent.where(or_(Submission.mentor_id == actor.id, mentees))
    return db.session.scalar(sent) is not None


def may_see_cover(row: Any, actor: Actor) -> bool:
    """Whether a member may see a cover: whoever may open a quest that shows it, and read what that is.

    Not only the quest that it was put up for: a duplicate shows the same picture.
    """
    if actor.is_staff:
        return True
    shown_on = select(QuestVersion.quest_id).where(QuestVersion.cover_media_id == row.id).distinct()
    view = outlook(actor)
    there = [
        view.board.quests[one]
        for one in db.session.scalars(shown_on)
        if one in view.board.quests and one not in view.veiled
    ]
    if any(quest.state in ("live", "closed") and view.is_for(quest) for quest in there):
        return True
    begun = select(Submission.id).where(
        Submission.member_id == actor.id, Submission.quest_id.in_([quest.id for quest in there])
    )
    return bool(there) and db.session.scalar(begun.limit(1)) is not None


def find_helpers(text: str, member: Actor) -> list[Helper]:
    """People and resources that a member may mean by `text`; two queries, none for too little text."""
    if not text.strip():
        return []
    people = members.find_people(text, limit=5, exclude=(member.id,))
    found = library.find(text, limit=5)
    return [Helper(row.id, row.name) for row in people] + [
        Helper(row.author_id, row.author_name, row.id, row.title, row.title_en)
        for row in found
        if row.author_id != member.id
    ]


def named_helpers(chosen: Sequence[tuple[int | None, int | None]]) -> list[Helper]:
    """Helpers as a form names them, with their names; unknown ones are left out."""
    authors = library.authors_of([resource for _, resource in chosen if resource])
    names = members.names_of([person for person, _ in chosen if person] + list(authors.values()))
    resources = library.short_list(list(authors)) if authors else []
    titles = {row.id: row for row in resources}
    found = []
    for person, resource in chosen:
        if resource in titles:
            row = titles[resource]
            found.append(Helper(row.author_id, row.author_name, row.id, row.title, row.title_en))
        elif person in names:
            found.append(Helper(person, names[person]))
    return found
