"""What pages read about quests and the work on them. A rule of who may see what stands here once, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import Any

from sqlalchemy import (
    ColumnElement,
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
from app.blueprints.library import queries as library
from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.quests.models import (
    Evidence,
    Quest,
    QuestNamedMember,
    QuestPrerequisite,
    QuestResource,
    QuestVersion,
    Review,
    Submission,
    SubmissionEvent,
    SubmissionHelper,
)
from app.blueprints.quests.policies import ACTIVE, EDITABLE
from app.core import clock
from app.core.actor import Actor
from app.core.db import Instant, db, read
from app.core.errors import NotFound, Stale
from app.core.i18n import N_
from app.core.paging import Page, keyset, page_of


def in_audience(member: Actor) -> ColumnElement[bool]:
    """Whether a quest is for this member: tier and, where it is, by name. Stars lock, they don't hide."""
    tier = {
        "participant": Quest.to_participant,
        "contributor": Quest.to_contributor,
        "cocreator": Quest.to_cocreator,
    }[member.tier]
    named = (
        select(QuestNamedMember.quest_id)
        .where(QuestNamedMember.quest_id == Quest.id, QuestNamedMember.member_id == member.id)
        .exists()
    )
    return and_(tier, or_(Quest.named_members_only.is_(False), named))


def in_window(now: datetime) -> ColumnElement[bool]:
    """Whether a quest is open at `now`: from its opening on, until before its closing."""
    return and_(
        or_(Quest.opens_at.is_(None), Quest.opens_at <= now),
        or_(Quest.closes_at.is_(None), Quest.closes_at > now),
    )


def on_offer(member: Actor, now: datetime) -> ColumnElement[bool]:
    """Whether a member sees a quest that they haven't begun."""
    return and_(Quest.state == "live", in_audience(member), in_window(now))


def among(state: Any, *states: str) -> ColumnElement[bool]:
    """Whether a column of states holds one of these, where the member and the quest are given too.

    Written so that SQLite can't take it for the index by quest and state, which would lead it through
    everybody's work on that quest.
    """
    shielded = func.coalesce(state, literal_column("''"))
    return or_(*(shielded == literal_column(f"'{each}'") for each in states))


def approved_by(member_id: int, quest_id: Any) -> ColumnElement[bool]:
    """Whether the member has completed the quest whose id a column holds."""
    done = aliased(Submission)
    return (
        select(done.id)
        .where(done.member_id == member_id, done.quest_id == quest_id, among(done.state, "approved"))
        .exists()
    )


def unmet(member_id: int) -> dict[str, Any]:
    """The title of the first prerequisite the member lacks of the outer quest, {"zh", "en"}: subqueries."""
    first, version = aliased(Quest), aliased(QuestVersion)
    lacking = (
        select(first.id)
        .join(QuestPrerequisite, QuestPrerequisite.requires_quest_id == first.id)
        .where(QuestPrerequisite.quest_id == Quest.id, ~approved_by(member_id, first.id))
        .order_by(QuestPrerequisite.id)
        .limit(1)
        .correlate(Quest)
        .scalar_subquery()
    )
    by_badge = (
        select(badges.name_of(QuestPrerequisite.requires_badge_id))
        .where(
            QuestPrerequisite.quest_id == Quest.id,
            QuestPrerequisite.requires_badge_id.is_not(None),
            ~badges.has_lit(member_id, QuestPrerequisite.requires_badge_id),
        )
        .limit(1)
        .correlate(Quest)
        .scalar_subquery()
    )
    titles = select(version.title, version.title_en).join(
        first, and_(first.id == version.quest_id, first.version_id == version.id)
    )
    return {
        name: func.coalesce(
            titles.with_only_columns(column).where(first.id == lacking).scalar_subquery(), by_badge
        )
        for name, column in (("zh", version.title), ("en", version.title_en))
    }


def startable(quest_id: int, *, member: Actor, now: datetime) -> Any | None:
    """Everything that decides whether a member may start a quest; None when it isn't theirs to see.

    version_id, min_stars, repeat_days, offer (points now), active_id (work under way), attempts,
    last_approved_at, unmet (title of what must come first), stars_missing, open_now.
    """
    mine = select(Submission).where(Submission.quest_id == Quest.id, Submission.member_id == member.id)
    return db.session.execute(
        select(
            Quest.id,
            Quest.version_id,
            Quest.min_stars,
            Quest.repeat_days,
            points.offer(QuestVersion.rule_key, QuestVersion.points, now).label("offer"),
            mine.with_only_columns(Submission.id)
            .where(among(Submission.state, *ACTIVE))
            .scalar_subquery()
            .label("active_id"),
            mine.with_only_columns(func.count(Submission.id)).scalar_subquery().label("attempts"),
            mine.with_only_columns(func.max(Submission.decided_at))
            .where(among(Submission.state, "approved"))
            .scalar_subquery()
            .label("last_approved_at"),
            unmet(member.id)["zh"].label("unmet"),
            case((Quest.min_stars > member.star_level, True), else_=False).label("stars_missing"),
            case((and_(Quest.state == "live", in_window(now)), True), else_=False).label("open_now"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(Quest.id == quest_id, Quest.state.in_(("live", "closed")), in_audience(member))
    ).one_or_none()


# --- the member's pages ---------------------------------------------------------------------------
# Statements are built once with these parameters and kept: building costs more than running them.

ME: Any = bindparam("me", type_=Integer)
STARS: Any = bindparam("stars", type_=Integer)
TRACK: Any = bindparam("track", type_=String)
NOW: Any = bindparam("now", type_=Instant)
SHORT_MINUTES = 15

IN_REACH, ONE_STEP, DOING, LIT = 12, 6, 20, 8
PLACE = ("other_kind", "other_track", "rung", "position", "id")


def _anybody(tier: str) -> Actor:
    """Any member of a tier: the rules above then hold for the bound one."""
    return Actor(id=ME, name="", tier=tier, star_level=STARS)


def _bound(member: Actor, **more: Any) -> dict[str, Any]:
    return {"me": member.id, "stars": member.star_level, "now": clock.now(), **more}


def _full() -> ColumnElement[bool]:
    return and_(Quest.capacity.is_not(None), Quest.started_count >= Quest.capacity)


def _my_quests(*states: str) -> Any:
    """The quests of the member's work in these states. Asked once for a whole list, not for each row."""
    words: list[Any] = [literal_column(f"'{state}'") for state in states]
    return select(Submission.quest_id).where(
        Submission.member_id == ME, or_(*(Submission.state == word for word in words))
    )


def _lacking() -> Any:
    """What each quest still needs of the member, as a CTE: quest_id, how many, the first quest and badge."""
    needs = QuestPrerequisite
    undone = needs.requires_quest_id.not_in(_my_quests("approved"))
    unlit = ~badges.has_lit(ME, needs.requires_badge_id)
    return (
        select(
            needs.quest_id,
            func.count().label("many"),
            func.min(needs.requires_quest_id).label("first_id"),
            func.min(needs.requires_badge_id).label("badge_id"),
        )
        .where(
            or_(
                and_(needs.requires_quest_id.is_not(None), undone),
                and_(needs.requires_badge_id.is_not(None), unlit),
            )
        )
        .group_by(needs.quest_id)
        .cte("lacking")
    )


def _resting() -> ColumnElement[bool]:
    """Whether the member has done the outer quest and can't (yet) do it again."""
    mine = aliased(Submission)
    last = (
        select(func.max(mine.decided_at))
        .where(mine.member_id == ME, mine.quest_id == Quest.id, among(mine.state, "approved"))
        .correlate(Quest)
        .scalar_subquery()
    )
    if db.engine.dialect.name == "sqlite":
        days = func.julianday(NOW) - func.julianday(last)
    else:
        days = func.extract("epoch", NOW - last) / 86400
    again = and_(Quest.repeat_days.is_not(None), days >= Quest.repeat_days)
    return and_(Quest.id.in_(_my_quests("approved")), ~again)


@lru_cache
def _reach(tier: str, in_track: bool, short: bool) -> tuple[Any, Any]:
    """What a member of this tier could do next, as a CTE: how many steps away it is, and its place.

    The place is that of `queries_sky.next_star`, so that the first in reach is what Today recommends.
    """
    lacking = _lacking()
    stars = case((Quest.min_stars > STARS, Quest.min_stars - STARS), else_=0)
    query = (
        select(
            Quest.id,
            Quest.version_id,
            (func.coalesce(lacking.c.many, 0) + stars).label("steps"),
            case((_full(), 1), else_=0).label("full"),
            lacking.c.first_id,
            lacking.c.badge_id,
            case((Quest.preset == "skill_challenge", 0), else_=1).label("other_kind"),
            case((members.likes(ME, Quest.track_key), 0), else_=1).label("other_track"),
            Quest.rung,
            Quest.position,
        )
        .outerjoin(lacking, lacking.c.quest_id == Quest.id)
        .where(on_offer(_anybody(tier), NOW), Quest.id.not_in(_my_quests(*ACTIVE)), ~_resting())
    )
    if in_track:
        query = query.where(Quest.track_key == TRACK)
    if short:
        query = query.join(QuestVersion, QuestVersion.id == Quest.version_id).where(
            QuestVersion.effort_minutes <= SHORT_MINUTES
        )
    return query.cte("reach"), lacking


def _part_of_reach(part: str, reach: Any, lacking: Any, cursor: str | None, size: int) -> Any:
    query = select(reach, literal_column(f"'{part}'", String).label("part"))
    if part == "start":
        query = query.where(reach.c.steps == 0, reach.c.full == 0)
    else:
        # not what is itself two steps away
        next_up = or_(reach.c.first_id.is_(None), reach.c.first_id.not_in(select(lacking.c.quest_id)))
        no_place = and_(reach.c.steps == 0, reach.c.full == 1)
        query = query.where(or_(and_(reach.c.steps == 1, next_up), no_place))
    order = [reach.c[name] for name in PLACE]
    return keyset(query, *order, cursor=cursor, size=size, newest_first=False)[0]


def _with_details(picked: Any) -> Any:
    """What a row of the list shows, for the few quests that were picked."""
    first, terms = aliased(Quest), aliased(QuestVersion)
    return (
        select(
            picked,
            Quest.track_key,
            Quest.icon,
            Quest.min_stars,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.summary,
            QuestVersion.summary_en,
            QuestVersion.effort_minutes,
            points.offer(QuestVersion.rule_key, QuestVersion.points, NOW).label("points"),
            points.multiplier(QuestVersion.rule_key, NOW).label("percent"),
            func.coalesce(terms.title, badges.name_of(picked.c.badge_id)).label("unmet"),
            func.coalesce(terms.title_en, badges.name_of(picked.c.badge_id, english=True)).label("unmet_en"),
        )
        .select_from(picked)
        .join(Quest, Quest.id == picked.c.id)
        .join(QuestVersion, QuestVersion.id == picked.c.version_id)
        .outerjoin(first, first.id == picked.c.first_id)
        .outerjoin(terms, terms.id == first.version_id)
        .order_by(*(picked.c[name] for name in PLACE))
    )


def _reach_statement(
    parts: dict[str, int], tier: str, in_track: bool, short: bool, cursor: str | None = None
) -> Any:
    # asked for once: of two threads that come first each may build one, and a statement takes only one CTE
    reach, lacking = _reach(tier, in_track, short)
    each = [
        select(_part_of_reach(part, reach, lacking, cursor, size).subquery(f"{part}_rows"))
        for part, size in parts.items()
    ]
    return _with_details((union_all(*each) if len(each) > 1 else each[0]).subquery("picked"))


@lru_cache
def _first_reach(tier: str, in_track: bool, short: bool) -> Any:
    return _reach_statement({"start": IN_REACH, "step": ONE_STEP}, tier, in_track, short)


def _part_of_mine(part: str, in_track: bool, short: bool, cursor: str | None, size: int) -> Any:
    states = ("approved",) if part == "lit" else ACTIVE
    query: Any = (
        select(
            Submission.id,
            literal_column(f"'{part}'", String).label("part"),
            Submission.state,
            Submission.round,
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
    """The four parts of the list, each a page of rows."""

    doing: Page[Any]
    start: Page[Any]
    step: Page[Any]
    lit: Page[Any]


def quest_list(member: Actor, *, track: str = "", short: bool = False) -> QuestList:
    """The first page of every part of the quest list, in two queries."""
    values = _bound(member, track=track)
    reach = read(_first_reach(member.tier, bool(track), short), values).all()
    mine = read(_first_mine(bool(track), short), values).all()
    part = {
        name: [row for row in rows if row.part == name]
        for name, rows in (("start", reach), ("step", reach), ("doing", mine), ("lit", mine))
    }
    return QuestList(
        doing=page_of(part["doing"], DOING, "id"),
        start=page_of(part["start"], IN_REACH, *PLACE),
        step=page_of(part["step"], ONE_STEP, *PLACE),
        lit=page_of(part["lit"], LIT, "id"),
    )


def more_quests(
    part: str, member: Actor, *, cursor: str | None, track: str = "", short: bool = False
) -> Page[Any]:
    """The next rows of one part ("doing", "start", "step" or "lit") of the list."""
    values = _bound(member, track=track)
    if part in ("doing", "lit"):
        mine = read(_part_of_mine(part, bool(track), short, cursor, DOING), values).all()
        return page_of(mine, DOING, "id")
    statement = _reach_statement({part: IN_REACH}, member.tier, bool(track), short, cursor)
    return page_of(read(statement, values).all(), IN_REACH, *PLACE)


@lru_cache
def _quest_page(tier: str) -> Any:
    anybody = _anybody(tier)
    mine = aliased(Submission)
    latest = (
        select(func.max(mine.id)).where(mine.member_id == ME, mine.quest_id == Quest.id).correlate(Quest)
    ).scalar_subquery()
    last_approved = (
        select(func.max(mine.decided_at))
        .where(mine.member_id == ME, mine.quest_id == Quest.id, among(mine.state, "approved"))
        .correlate(Quest)
        .scalar_subquery()
    )
    before = aliased(QuestPrerequisite)
    lacking_id = (
        select(before.requires_quest_id)
        .where(before.quest_id == Quest.id, ~approved_by(ME, before.requires_quest_id))
        .where(before.requires_quest_id.is_not(None))
        .order_by(before.id)
        .limit(1)
        .correlate(Quest)
        .scalar_subquery()
    )
    title = unmet(ME)
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
            case((_full(), True), else_=False).label("full"),
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
            points.offer(QuestVersion.rule_key, QuestVersion.points, NOW).label("points"),
            points.multiplier(QuestVersion.rule_key, NOW).label("percent"),
            case((in_audience(anybody), True), else_=False).label("for_me"),
            case((and_(Quest.state == "live", in_window(NOW)), True), else_=False).label("open_now"),
            title["zh"].label("unmet"),
            title["en"].label("unmet_en"),
            lacking_id.label("unmet_id"),
            badges.name_of(Quest.badge_id).label("badge_name"),
            badges.name_of(Quest.badge_id, english=True).label("badge_name_en"),
            badges.award_count(Quest.badge_id).label("lit_count"),
            last_approved.label("last_approved_at"),
            Submission.id.label("work_id"),
            Submission.state.label("work_state"),
            Submission.round.label("work_round"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .outerjoin(Submission, Submission.id == latest)
        .where(Quest.id == bindparam("quest_id"))
    )


@dataclass(frozen=True)
class QuestPage:
    """A quest as one member sees it, and where they stand with it.

    `standing`: "doing", "changes", "sent", "lit" (done, once for all), "again" (done, may be done again
    from `again_at`), "start", or why not: "unmet", "stars", "full", "closed", "soon".
    """

    quest: Any
    standing: str
    again_at: datetime | None
    opens: Sequence[Any]
    people: Sequence[Any]
    resources: Sequence[Any]


def quest_page(quest_id: int, member: Actor) -> QuestPage:
    """Four queries. Raises NotFound for a quest that isn't this member's to see and that they never began."""
    quest = read(_quest_page(member.tier), _bound(member, quest_id=quest_id)).one_or_none()
    if quest is None or not ((quest.for_me and quest.state in ("live", "closed")) or quest.work_id):
        raise NotFound
    standing, again_at = _standing(quest, member)
    return QuestPage(
        quest, standing, again_at, _opened_by(quest_id, member), _lit_by(quest_id), resources_for(quest_id)
    )


def _standing(quest: Any, member: Actor) -> tuple[str, datetime | None]:
    now = clock.now()
    if quest.work_state in ACTIVE:
        return {"working": "doing", "submitted": "sent", "changes": "changes"}[quest.work_state], None
    if quest.last_approved_at is not None:
        if not quest.repeat_days:
            return "lit", None
        again_at = quest.last_approved_at + timedelta(days=quest.repeat_days)
        if again_at > now:
            return "again", again_at
    if not quest.open_now or not quest.for_me:
        return ("soon" if quest.opens_at and quest.opens_at > now else "closed"), None
    if quest.unmet:
        return "unmet", None
    if quest.min_stars > member.star_level:
        return "stars", None
    return ("full" if quest.full else "start"), None


@lru_cache
def _opened(tier: str) -> Any:
    return (
        select(
            Quest.id,
            Quest.icon,
            Quest.rung,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.effort_minutes,
            *members.track_words(Quest.track_key),
        )
        .join(QuestPrerequisite, QuestPrerequisite.quest_id == Quest.id)
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(QuestPrerequisite.requires_quest_id == bindparam("quest_id"), on_offer(_anybody(tier), NOW))
        .order_by(Quest.rung, Quest.position, Quest.id)
        .limit(3)
    )


def _opened_by(quest_id: int, member: Actor) -> Sequence[Any]:
    """The quests that this one opens: id, titles, icon, rung, effort_minutes, track_name, shape."""
    return read(_opened(member.tier), _bound(member, quest_id=quest_id)).all()


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
    """The quests on offer that a resource was written for: id, title, title_en, icon, rung, shape."""
    return read(
        select(
            Quest.id,
            Quest.icon,
            Quest.rung,
            QuestVersion.title,
            QuestVersion.title_en,
            members.track_column(Quest.track_key, "shape").label("shape"),
        )
        .join(QuestResource, QuestResource.quest_id == Quest.id)
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(QuestResource.resource_id == resource_id, on_offer(member, clock.now()))
        .order_by(Quest.rung, Quest.position, Quest.id)
        .limit(5)
    ).all()


# --- a piece of work --------------------------------------------------------------------------------


@lru_cache
def _work() -> Any:
    """One's own work with its terms, its last review, and its helpers (a row each, or one row)."""
    resource = library.title_of(SubmissionHelper.resource_id)
    current = aliased(QuestVersion)
    said = aliased(Review)
    latest = select(func.max(said.id)).where(said.submission_id == Submission.id).correlate(Submission)
    opened, opened_terms = aliased(Quest), aliased(QuestVersion)
    opens = (
        select(opened_terms.title)
        .join(opened, opened.version_id == opened_terms.id)
        .join(QuestPrerequisite, QuestPrerequisite.quest_id == opened.id)
        .where(QuestPrerequisite.requires_quest_id == Quest.id, opened.state == "live")
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
            members.name_of(Submission.mentor_id).label("mentor_name"),
            members.mentor_name_of(Submission.member_id).label("mentor_now"),
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
            current.id.label("current_id"),
            current.change_note,
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


def evidence(submission_id: int, round_: int) -> dict[str, list[Piece]]:
    """What one round holds, by step and in order; one query."""
    rows = read(_evidence(), {"work_id": submission_id, "round": round_})
    by_step: dict[str, list[Piece]] = {}
    for row in rows:
        tile = media.as_tile(row) if row.id is not None else None
        by_step.setdefault(row.step_key, []).append(Piece(row.evidence_id, row.what, row.body, tile))
    return by_step


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
        literal(1),
    ).where(Review.submission_id == submission_id)
    rows = union_all(events, verdicts).subquery("story")
    newest_first = (rows.c.at.desc(), rows.c.round.desc(), rows.c.later.desc())
    return select(rows).order_by(*newest_first)


def story(submission_id: int) -> Sequence[Any]:
    """Everything that happened to a piece of work, newest first: events and verdicts in one query.

    kind, round, at, name; for a verdict (approved, changes, declined) also its words.
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
    """The steps of one's own work while it can be changed. Raises NotFound, or Stale once it was sent."""
    row = read(
        select(Submission.state, QuestVersion.steps)
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(Submission.id == submission_id, Submission.member_id == member.id)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.state not in EDITABLE:
        raise Stale(N_("This has been sent. Take it back first if you want to change it."))
    return row.steps


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
    """Whether a reviewer, or the mentor it was routed to, may see a file of work that was sent."""
    if not actor.can("reviews:open"):
        return False
    sent = select(Submission.id).where(Submission.id == row.subject_id, Submission.state != "working")
    if not actor.can("reviews:staff"):
        sent = sent.where(Submission.mentor_id == actor.id)
    return db.session.scalar(sent) is not None


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
