"""What pages read about members."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.members import policies
from app.blueprints.members.models import (
    CurrentMember,
    Invite,
    InviteUse,
    LoginSession,
    Member,
    MemberCapability,
    MemberTrack,
    Mentorship,
    Programme,
    StarLevel,
    Track,
)
from app.core import clock
from app.core.actor import Actor
from app.core.crypto import digest
from app.core.db import db, read
from app.core.errors import NotFound
from app.core.paging import Page, keyset, page_of


@dataclass(frozen=True)
class ProgrammeView:
    """What the shell of every page says of the programme."""

    name: str
    name_en: str
    timezone: str
    is_demo: bool


NO_PROGRAMME = ProgrammeView("Lightup", "Lightup", "Asia/Shanghai", False)

# Features above give the shell what it shows of them (unread notices, an unlit badge), as
# scalar subqueries on member.id, so that it costs no query of its own.
_shell_columns: dict[str, Any] = {}


def add_to_session_query(name: str, subquery: Callable[[Any], Any]) -> None:
    """Let the session query also fetch `subquery(member id column)` as the actor's `name`."""
    _shell_columns[name] = subquery(Member.id)
    _session_query.cache_clear()


class _Cached:
    """Builds the statement once: it is the first query of every request."""

    def __init__(self) -> None:
        self._statement: Select[*tuple[Any, ...]] | None = None

    def cache_clear(self) -> None:
        self._statement = None

    def __call__(self) -> Select[*tuple[Any, ...]]:
        if self._statement is None:
            self._statement = _build_session_query()
        return self._statement


def _build_session_query() -> Select[*tuple[Any, ...]]:
    capabilities = (
        select(func.aggregate_strings(MemberCapability.capability, ","))
        .where(MemberCapability.member_id == Member.id)
        .correlate(Member)
        .scalar_subquery()
    )
    return (
        select(
            LoginSession.id.label("session_id"),
            LoginSession.seen_at,
            Member.id,
            Member.name,
            Member.login,
            Member.number,
            Member.tier,
            Member.star_level,
            Member.locale,
            Member.theme,
            capabilities.label("capabilities"),
            Programme.name.label("programme_name"),
            Programme.name_en.label("programme_name_en"),
            Programme.timezone,
            Programme.is_demo,
            *(column.label(name) for name, column in _shell_columns.items()),
        )
        .select_from(LoginSession)
        .join(Member, Member.id == LoginSession.member_id)
        .outerjoin(Programme, Programme.id == 1)
        .where(
            LoginSession.token_digest == bindparam("digest"),
            LoginSession.seen_at > bindparam("forgotten"),
            Member.left_at.is_(None),
        )
    )


_session_query = _Cached()


def signed_in(token: str) -> tuple[CurrentMember, ProgrammeView] | None:
    """The member behind a session token and the programme; None when the session is over."""
    forgotten = clock.now() - timedelta(days=policies.SESSION_DAYS)
    values = {"digest": digest(token), "forgotten": forgotten}
    row = read(_session_query(), values).one_or_none()
    if row is None:
        return None
    extra = {name: getattr(row, name) or 0 for name in _shell_columns if name != "unlit_award_id"}
    member = CurrentMember(
        id=row.id,
        name=row.name,
        login=row.login,
        number=row.number,
        tier=row.tier,
        star_level=row.star_level,
        locale=row.locale,
        theme=row.theme,
        capabilities=frozenset((row.capabilities or "").split(",")) - {""},
        session_id=row.session_id,
        token=token,
        seen_at=row.seen_at,
        unlit_award_id=getattr(row, "unlit_award_id", None),
        **extra,
    )
    if row.programme_name is None:
        return member, NO_PROGRAMME
    return member, ProgrammeView(row.programme_name, row.programme_name_en, row.timezone, row.is_demo)


def programme() -> ProgrammeView:
    """The programme, for pages that a visitor sees."""
    row = db.session.execute(
        select(Programme.name, Programme.name_en, Programme.timezone, Programme.is_demo)
    ).one_or_none()
    return NO_PROGRAMME if row is None else ProgrammeView(*row)


@lru_cache
def _tracks() -> Any:
    return select(
        Track.key, Track.name, Track.name_en, Track.shape, Track.figure_name, Track.figure_name_en
    ).order_by(Track.position)


def tracks() -> list[Any]:
    """All tracks in their order: key, name, name_en, shape, figure_name, figure_name_en."""
    return list(read(_tracks()).all())


@lru_cache
def _star_levels() -> Any:
    return select(
        StarLevel.level,
        StarLevel.lifetime_from,
        StarLevel.name,
        StarLevel.name_en,
        StarLevel.opens,
        StarLevel.opens_en,
    ).order_by(StarLevel.level)


def star_levels() -> list[Any]:
    """All star levels from the lowest: level, lifetime_from, name, name_en, opens, opens_en."""
    return list(read(_star_levels()).all())


def mentor_of(member_id: int) -> int | None:
    """Who mentors this member now."""
    return db.session.scalar(
        select(Mentorship.mentor_id).where(Mentorship.mentee_id == member_id, Mentorship.ends_at.is_(None))
    )


def contact_of(member_id: int) -> Any | None:
    """A member's contact person: id, name; None without one."""
    contact = aliased(Member)
    return db.session.execute(
        select(contact.id, contact.name)
        .join(Member, Member.contact_person_id == contact.id)
        .where(Member.id == member_id, contact.left_at.is_(None))
    ).one_or_none()


def running_mentorships() -> Any:
    """A select of who mentors whom now, for other features' queries: mentor_id, mentee_id."""
    return select(Mentorship.mentor_id, Mentorship.mentee_id).where(Mentorship.ends_at.is_(None))


def mentees_of(mentor_id: int) -> list[Any]:
    """Whom this member mentors now: id, name, tier, city, starts_at; who began first comes first."""
    return list(
        db.session.execute(
            select(Member.id, Member.name, Member.tier, Member.city, Mentorship.starts_at)
            .join(Member, Member.id == Mentorship.mentee_id)
            .where(Mentorship.mentor_id == mentor_id, Mentorship.ends_at.is_(None), Member.left_at.is_(None))
            .order_by(Mentorship.starts_at, Member.id)
        ).all()
    )


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """The names of these members; who has left is missing."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Member.id, Member.name).where(Member.id.in_(wanted), Member.left_at.is_(None))
    )
    return {row.id: row.name for row in rows}


def find_people(text: str, limit: int = 8, exclude: Collection[int] = ()) -> list[Any]:
    """Members whose name contains `text`, those it begins first: id, name, tier, city."""
    text = policies.clean(text)
    if not text:
        return []
    query = (
        select(Member.id, Member.name, Member.tier, Member.city)
        .where(Member.name.icontains(text, autoescape=True), Member.left_at.is_(None))
        .order_by(Member.name.istartswith(text, autoescape=True).desc(), Member.name, Member.id)
        .limit(limit)
    )
    if exclude:
        query = query.where(Member.id.not_in(exclude))
    return list(db.session.execute(query).all())


@dataclass(frozen=True)
class Able:
    """Somebody with capabilities, as a choice in a form."""

    id: int
    name: str
    capabilities: frozenset[str]


# who can be the named person behind the brand
CONTACT_CAPABILITIES = ("reviewer", "publisher", "admin")


def staff_with(*capabilities: str) -> list[Any]:
    """Members with any of these capabilities: id, name; by name."""
    return list(
        db.session.execute(
            select(Member.id, Member.name)
            .where(
                Member.left_at.is_(None),
                Member.id.in_(
                    select(MemberCapability.member_id).where(MemberCapability.capability.in_(capabilities))
                ),
            )
            .order_by(Member.name, Member.id)
        ).all()
    )


def people_with_capabilities() -> list[Able]:
    """Everybody who may do something special: id, name, capabilities (a set); by name."""
    rows = db.session.execute(
        select(
            Member.id,
            Member.name,
            func.aggregate_strings(MemberCapability.capability, ",").label("capabilities"),
        )
        .join(MemberCapability, MemberCapability.member_id == Member.id)
        .where(Member.left_at.is_(None))
        .group_by(Member.id, Member.name)
        .order_by(Member.name, Member.id)
    )
    return [Able(row.id, row.name, frozenset(row.capabilities.split(","))) for row in rows]


def audience_count(*, tiers: dict[str, Any], min_stars: Any, only: Any = None) -> Any:
    """How many members a quest is for, as a scalar subquery: `tiers` says of each tier whether it belongs
    (columns or values), `only` may narrow it down by a condition made from the member's id."""
    who = aliased(Member)
    wanted = [and_(who.tier == tier, belongs) for tier, belongs in tiers.items()]
    query = (
        select(func.count())
        .select_from(who)
        .where(who.left_at.is_(None), or_(*wanted), who.star_level >= min_stars)
    )
    return (query if only is None else query.where(only(who.id))).scalar_subquery()


def with_logins(logins: Collection[str]) -> list[Any]:
    """Members by their logins: id, login, name; who has left or isn't known is missing."""
    if not logins:
        return []
    query = select(Member.id, Member.login, Member.name).where(
        Member.login.in_(logins), Member.left_at.is_(None)
    )
    return list(db.session.execute(query).all())


def track_column(track_key: Any, column: str) -> Any:
    """`name`, `name_en` or `shape` of the track whose key a column holds, as a scalar subquery."""
    wanted = {"name": Track.name, "name_en": Track.name_en, "shape": Track.shape}[column]
    return select(wanted).where(Track.key == track_key).scalar_subquery()


def login_of(member_id: Any) -> Any:
    """The login of the member whose id a column holds, as a scalar subquery."""
    who = aliased(Member)
    return select(who.login).where(who.id == member_id).scalar_subquery()


def as_actor(member_id: int) -> Actor:
    """The member as somebody who acts, outside of a request (demo, jobs, tests). Raises NotFound."""
    row = db.session.execute(
        select(Member.name, Member.login, Member.number, Member.tier, Member.star_level, Member.locale).where(
            Member.id == member_id, Member.left_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    capabilities = db.session.scalars(
        select(MemberCapability.capability).where(MemberCapability.member_id == member_id)
    )
    return Actor(id=member_id, capabilities=frozenset(capabilities), **row._mapping)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One member as their own pages and staff's show them; `sessions` is how many browsers are signed in."""

    id: int
    number: int
    login: str
    name: str
    tier: str
    star_level: int
    title: str
    title_en: str
    bio: str
    city: str
    locale: str | None
    theme: str | None
    named_to_helpers: bool
    joined_at: datetime
    contact_person_id: int | None
    contact_name: str | None
    mentor_id: int | None
    mentor_name: str | None
    capabilities: frozenset[str]
    tracks: tuple[str, ...]
    sessions: int


@lru_cache
def _profile() -> Any:
    contact, mentor = aliased(Member), aliased(Member)
    capabilities = _joined_text(MemberCapability.capability, MemberCapability.member_id == Member.id)
    chosen = _joined_text(MemberTrack.track_key, MemberTrack.member_id == Member.id)
    sessions = (
        select(func.count()).where(LoginSession.member_id == Member.id).correlate(Member).scalar_subquery()
    )
    return (
        select(
            Member.id,
            Member.number,
            Member.login,
            Member.name,
            Member.tier,
            Member.star_level,
            Member.title,
            Member.title_en,
            Member.bio,
            Member.city,
            Member.locale,
            Member.theme,
            Member.named_to_helpers,
            Member.joined_at,
            contact.id.label("contact_person_id"),
            contact.name.label("contact_name"),
            mentor.id.label("mentor_id"),
            mentor.name.label("mentor_name"),
            capabilities.label("capabilities"),
            chosen.label("tracks"),
            sessions.label("sessions"),
        )
        .outerjoin(contact, (contact.id == Member.contact_person_id) & contact.left_at.is_(None))
        .outerjoin(Mentorship, (Mentorship.mentee_id == Member.id) & Mentorship.ends_at.is_(None))
        .outerjoin(mentor, (mentor.id == Mentorship.mentor_id) & mentor.left_at.is_(None))
        .where(Member.id == bindparam("member_id"), Member.left_at.is_(None))
    )


def profile(member_id: int) -> Profile:
    """Everything about one member, in one query. Raises NotFound when they aren't there or have left."""
    row = read(_profile(), {"member_id": member_id}).one_or_none()
    if row is None:
        raise NotFound
    values = dict(row._mapping)
    held, keys = values.pop("capabilities"), values.pop("tracks")
    return Profile(
        **values,
        capabilities=frozenset(held.split(",") if held else ()),
        tracks=tuple(sorted(keys.split(",") if keys else ())),
    )


def _joined_text(column: Any, where: ColumnElement[bool]) -> Any:
    return select(func.aggregate_strings(column, ",")).where(where).correlate(Member).scalar_subquery()


def sessions_of(member_id: int) -> list[Any]:
    """Where a member is signed in, last used first: id, device, created_at, seen_at."""
    return list(
        db.session.execute(
            select(LoginSession.id, LoginSession.device, LoginSession.created_at, LoginSession.seen_at)
            .where(LoginSession.member_id == member_id)
            .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
            .limit(50)
        ).all()
    )


# --- invites and the welcome -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class InviteView:
    """An invite with its state now (policies.invite_state); `whom` is whom to ask about it."""

    id: int
    code: str
    note: str
    tier: str
    contact_person_id: int | None
    contact_name: str | None
    created_by_name: str | None
    created_at: datetime
    uses: int
    uses_allowed: int
    expires_at: datetime | None
    withdrawn_at: datetime | None
    state: str

    @property
    def whom(self) -> str | None:
        return self.contact_name or self.created_by_name


def _invites() -> Select[*tuple[Any, ...]]:
    contact, maker = aliased(Member), aliased(Member)
    return (
        select(
            Invite.id,
            Invite.code,
            Invite.note,
            Invite.tier,
            contact.id.label("contact_person_id"),
            contact.name.label("contact_name"),
            maker.name.label("created_by_name"),
            Invite.created_at,
            Invite.uses,
            Invite.uses_allowed,
            Invite.expires_at,
            Invite.withdrawn_at,
        )
        .outerjoin(contact, (contact.id == Invite.contact_person_id) & contact.left_at.is_(None))
        .outerjoin(maker, (maker.id == Invite.created_by_id) & maker.left_at.is_(None))
    )


def _invite_view(row: Any) -> InviteView:
    state = policies.invite_state(
        uses=row.uses,
        uses_allowed=row.uses_allowed,
        expires_at=row.expires_at,
        withdrawn_at=row.withdrawn_at,
        now=clock.now(),
    )
    return InviteView(**row._mapping, state=state)


def invite_by_code(code: str) -> InviteView | None:
    """The invite of this code, as typed; None when nobody ever made it."""
    normal = policies.normal_code(code)
    if not normal:
        return None
    row = db.session.execute(_invites().where(Invite.code == normal)).one_or_none()
    return None if row is None else _invite_view(row)


def invite(invite_id: int) -> InviteView:
    """One invite, for staff. Raises NotFound."""
    row = db.session.execute(_invites().where(Invite.id == invite_id)).one_or_none()
    if row is None:
        raise NotFound
    return _invite_view(row)


def invites_page(cursor: str | None, size: int = 30) -> Page[InviteView]:
    """All invites, newest first."""
    query, size = keyset(_invites(), Invite.id, cursor=cursor, size=size)
    page = page_of(db.session.execute(query).all(), size, "id")
    return Page([_invite_view(row) for row in page.rows], page.next)


def open_invites(most: int = 20) -> list[InviteView]:
    """The newest invites that let somebody in now."""
    now = clock.now()
    query = (
        _invites()
        .where(
            Invite.withdrawn_at.is_(None),
            Invite.uses < Invite.uses_allowed,
            or_(Invite.expires_at.is_(None), Invite.expires_at > now),
        )
        .order_by(Invite.id.desc())
        .limit(most)
    )
    return [_invite_view(row) for row in db.session.execute(query).all()]


def joined_by(invite_id: int) -> list[Any]:
    """Who joined by this invite, latest first: id, name, used_at (at most 100)."""
    return list(
        db.session.execute(
            select(Member.id, Member.name, InviteUse.used_at)
            .join(Member, Member.id == InviteUse.member_id)
            .where(InviteUse.invite_id == invite_id, Member.left_at.is_(None))
            .order_by(InviteUse.id.desc())
            .limit(100)
        ).all()
    )


def welcome() -> Any | None:
    """The welcome letter and who signs it, in both languages."""
    return db.session.execute(
        select(
            Programme.letter,
            Programme.letter_en,
            Programme.leader_name,
            Programme.leader_name_en,
            Programme.leader_title,
            Programme.leader_title_en,
        )
    ).one_or_none()


def people_with_logins(logins: Collection[str]) -> dict[str, str]:
    """The names behind these logins (the demo's accounts on its log-in page)."""
    rows = db.session.execute(
        select(Member.login, Member.name).where(Member.login.in_(logins), Member.left_at.is_(None))
    )
    return {row.login: row.name for row in rows}


# --- staff's list ----------------------------------------------------------------------------------


def members_page(text: str, tier: str | None, cursor: str | None, size: int = 30) -> Page[Any]:
    """Members, latest first: id, number, name, login, tier, star_level, city, joined_at, capabilities.

    `text` is looked for in name and login, or is a number.
    """
    query = select(
        Member.id,
        Member.number,
        Member.name,
        Member.login,
        Member.tier,
        Member.star_level,
        Member.city,
        Member.joined_at,
        _joined_text(MemberCapability.capability, MemberCapability.member_id == Member.id).label(
            "capabilities"
        ),
    ).where(Member.left_at.is_(None))
    text = policies.clean(text)
    if text:
        found = [
            Member.name.icontains(text, autoescape=True),
            Member.login.contains(policies.normal_login(text), autoescape=True),
        ]
        if text.isascii() and text.isdigit() and len(text) <= 9:
            found.append(Member.number == int(text))
        query = query.where(or_(*found))
    if tier:
        query = query.where(Member.tier == tier)
    query, size = keyset(query, Member.number, cursor=cursor, size=size)
    return page_of(db.session.execute(query).all(), size, "number")


def name_of(member_id: Any) -> Any:
    """The name of the member whose id a column holds, as a scalar subquery for other features' queries."""
    who = aliased(Member)
    return select(who.name).where(who.id == member_id).scalar_subquery()


def called(text: str) -> Any:
    """The ids of members with `text` in their name, as a statement for an IN."""
    return select(Member.id).where(Member.name.icontains(text, autoescape=True), Member.left_at.is_(None))


def appears_as(member_id: Any) -> Any:
    """How the member whose id a column holds appears to those who helped them, as a scalar subquery: their
    name; "" as they wish not to be named; NULL for one who has left (or without anybody)."""
    who = aliased(Member)
    return (
        select(case((who.named_to_helpers, who.name), else_=""))
        .where(who.id == member_id, who.left_at.is_(None))
        .scalar_subquery()
    )


def stars_of(member_id: Any) -> Any:
    """The stars of the member whose id a column holds, as a scalar subquery."""
    who = aliased(Member)
    return select(who.star_level).where(who.id == member_id).scalar_subquery()


def level_for(lifetime: Any) -> Any:
    """The star level that so many lifetime points reach, as a scalar subquery on a column."""
    reached = select(func.max(StarLevel.level)).where(StarLevel.lifetime_from <= lifetime)
    return func.coalesce(reached.scalar_subquery(), 0)


# --- for other features' queries: what a row of theirs says of a member or a track -----------------


def liked_tracks(member_id: Any) -> Any:
    """A select of the tracks that a member has chosen: track_key."""
    return select(MemberTrack.track_key).where(MemberTrack.member_id == member_id)


def track_words(track_key: Any) -> list[Any]:
    """Of the track whose key a column holds: track_name, track_name_en, shape, as labelled subqueries."""
    which = aliased(Track)
    return [
        select(column).where(which.key == track_key).scalar_subquery().label(name)
        for name, column in (
            ("track_name", which.name),
            ("track_name_en", which.name_en),
            ("shape", which.shape),
        )
    ]


def standing(member_id: Any, lifetime: Any) -> list[Any]:
    """Where so many lifetime points stand among the stars, and how many star levels there are.

    Labelled scalar subqueries: joined_at, star_level, star_name, star_name_en, levels, next_from,
    next_name, next_name_en, next_opens, next_opens_en (the last five None at the highest level).
    """
    own, reached, coming = aliased(Member), aliased(StarLevel), aliased(StarLevel)
    mine = [
        select(column).where(own.id == member_id).scalar_subquery().label(column.key)
        for column in (own.joined_at, own.star_level)
    ]
    has = [
        select(column)
        .where(reached.lifetime_from <= lifetime)
        .order_by(reached.level.desc())
        .limit(1)
        .scalar_subquery()
        .label(name)
        for name, column in (("star_name", reached.name), ("star_name_en", reached.name_en))
    ]
    ahead = [
        select(column)
        .where(coming.lifetime_from > lifetime)
        .order_by(coming.level)
        .limit(1)
        .scalar_subquery()
        .label(name)
        for name, column in (
            ("next_from", coming.lifetime_from),
            ("next_name", coming.name),
            ("next_name_en", coming.name_en),
            ("next_opens", coming.opens),
            ("next_opens_en", coming.opens_en),
        )
    ]
    levels = select(func.count(StarLevel.level)).scalar_subquery().label("levels")
    return [*mine, *has, levels, *ahead]


def levels() -> Any:
    """The star levels as a table to join: level, lifetime_from, name, name_en."""
    return select(StarLevel.level, StarLevel.lifetime_from, StarLevel.name, StarLevel.name_en).subquery(
        "level"
    )


def mentor_name_of(member_id: Any) -> Any:
    """The name of who mentors, now, the member whose id a column holds, as a scalar subquery."""
    mentor = aliased(Member)
    return (
        select(mentor.name)
        .join(Mentorship, Mentorship.mentor_id == mentor.id)
        .where(Mentorship.mentee_id == member_id, Mentorship.ends_at.is_(None))
        .scalar_subquery()
    )


def mentor_id_of(member_id: Any) -> Any:
    """Who mentors, now, the member whose id a column holds, as a scalar subquery."""
    running = aliased(Mentorship)
    return (
        select(running.mentor_id)
        .where(running.mentee_id == member_id, running.ends_at.is_(None))
        .scalar_subquery()
    )


def led_by(mentor_id: Any) -> Any:
    """The ids of those whom this member mentors now, as a statement for an IN."""
    running = aliased(Mentorship)
    return select(running.mentee_id).where(running.mentor_id == mentor_id, running.ends_at.is_(None))


def tier_of(member_id: Any) -> Any:
    """The tier of the member whose id a column holds, as a scalar subquery."""
    who = aliased(Member)
    return select(who.tier).where(who.id == member_id).scalar_subquery()


def number_of(member_id: Any) -> Any:
    """The number of the member whose id a column holds, as a scalar subquery."""
    who = aliased(Member)
    return select(who.number).where(who.id == member_id).scalar_subquery()


def is_here(member_id: Any) -> ColumnElement[bool]:
    """Whether the member whose id a column holds has not left."""
    who = aliased(Member)
    return select(who.id).where(who.id == member_id, who.left_at.is_(None)).exists()


def joined_of(member_id: Any) -> Any:
    """When the member whose id a column holds joined, as a scalar subquery."""
    who = aliased(Member)
    return select(who.joined_at).where(who.id == member_id).scalar_subquery()


def ids_after(member_id: int, most: int, *, joined_before: datetime) -> list[int]:
    """The next ids after `member_id`, in their order, of members who joined before a moment and are here."""
    return list(
        db.session.scalars(
            select(Member.id)
            .where(Member.id > member_id, Member.joined_at < joined_before, Member.left_at.is_(None))
            .order_by(Member.id)
            .limit(most)
        )
    )


def joined_since(moment: datetime) -> Any:
    """The ids of members who joined since `moment`, as a statement for an IN."""
    return select(Member.id).where(Member.joined_at >= moment, Member.left_at.is_(None))


def counts(*, joined_since: datetime) -> Any:
    """all: members now; joined: those of them who came since."""
    return db.session.execute(
        select(
            func.count().label("all"),
            func.count(Member.id).filter(Member.joined_at >= joined_since).label("joined"),
        ).where(Member.left_at.is_(None))
    ).one()
