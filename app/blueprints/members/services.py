"""Joining, logging in and out, and what staff change about members. The only writers of these tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, insert, select, update

from app.blueprints.members import policies, queries
from app.blueprints.members.models import (
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
from app.core import audit, clock
from app.core.actor import CAPABILITIES, TIERS, Actor
from app.core.crypto import digest, new_code, new_token
from app.core.db import db, table, upsert, write
from app.core.errors import Forbidden, Invalid, NotFound, Refused
from app.core.i18n import LOCALES, N_
from app.core.uow import unit_of_work

# 48 ms and 19 MiB each (OWASP's second choice): a log-in stays quick on a small server
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)

_joined: list[Callable[[int], None]] = []
_tier_changed: list[Callable[[int, str, str, int], None]] = []
_stars_set: list[Callable[[int, int], None]] = []

THEMES = ("light", "dark")
# any number does, as long as nothing else in this database locks by it
_NUMBER_LOCK = 7_201


class InviteClosed(Refused):
    """This invite lets nobody in; `state` is "unknown", "used", "expired" or "withdrawn"."""

    def __init__(self, state: str) -> None:
        super().__init__(CLOSED[state])
        self.state = state


CLOSED = {
    "unknown": N_("We don't know this code"),
    "used": N_("This invite has already been used"),
    "expired": N_("This invite has run out"),
    "withdrawn": N_("This invite was withdrawn"),
}


def when_joined(callback: Callable[[int], None]) -> None:
    """Call `callback(member_id)` inside the transaction of everybody who joins."""
    if callback not in _joined:
        _joined.append(callback)


def when_tier_changed(callback: Callable[[int, str, str, int], None]) -> None:
    """Call `callback(member_id, tier, reason, by_id)` inside the transaction that changes a tier."""
    if callback not in _tier_changed:
        _tier_changed.append(callback)


def when_stars_set(callback: Callable[[int, int], None]) -> None:
    """Call `callback(member_id, level)` inside the transaction that writes a member's stars."""
    if callback not in _stars_set:
        _stars_set.append(callback)


# --- accounts ---------------------------------------------------------------------------------


def hash_password(password: str) -> str:
    """The hash under which `password` is kept. Slow by intent: call it outside of transactions."""
    return _hasher.hash(policies.normal_password(password))


def add_member(
    *,
    login: str,
    name: str,
    password: str | None = None,
    password_hash: str | None = None,
    tier: str = "participant",
    capabilities: Iterable[str] = (),
    city: str = "",
    bio: str = "",
    locale: str | None = None,
    contact_person_id: int | None = None,
    tracks: Iterable[str] = (),
    title: str = "",
    title_en: str = "",
    number: int | None = None,
) -> int:
    """Open an account and return its id; the number is the next one unless it is given.

    Without password and hash nobody can log in to it. Raises Invalid by field.
    """
    login, name = policies.normal_login(login), policies.clean(name)
    check_account(login=login, name=name, password=password)
    if password is not None:
        password_hash = hash_password(password)
    with unit_of_work() as session:
        if session.get_bind().dialect.name == "postgresql":
            # numbers and logins are handed out one after the other; SQLite has one writer anyway
            session.execute(select(func.pg_advisory_xact_lock(_NUMBER_LOCK)))
        taken = select(Member.id).where(Member.login == login)
        if session.scalar(taken) is not None:
            raise Invalid(fields={"login": N_("Somebody already has this login. Try another one")})
        if number is None:
            number = session.scalar(select(func.coalesce(func.max(Member.number), 0) + 1))
        now = clock.now()
        member_id: int = session.execute(
            insert(Member)
            .values(
                number=number,
                login=login,
                name=name,
                password_hash=password_hash or "",
                tier=tier,
                title=title,
                title_en=title_en,
                bio=policies.clean_lines(bio),
                city=policies.clean(city),
                locale=locale if locale in LOCALES else None,
                contact_person_id=contact_person_id,
                joined_at=now,
                privacy_accepted_at=now,
            )
            .returning(Member.id)
        ).scalar_one()
        _insert_all(MemberCapability, [{"member_id": member_id, "capability": c} for c in set(capabilities)])
        _insert_all(
            MemberTrack, [{"member_id": member_id, "track_key": key} for key in dict.fromkeys(tracks)]
        )
        for callback in _joined:
            callback(member_id)
        return member_id


def check_account(*, login: str, name: str, password: str | None) -> None:
    """Raise Invalid naming every field that can't be taken (login in normal form)."""
    fields: dict[str, str] = {}
    if not name:
        fields["name"] = N_("What should we call you?")
    elif len(name) > policies.NAME_LENGTH:
        fields["name"] = N_("At most 30 characters")
    if fault := policies.login_fault(login):
        fields["login"] = fault
    if password is not None and (fault := policies.password_fault(password, login)):
        fields["password"] = fault
    if fields:
        raise Invalid(fields=fields)


def join(code: str, *, name: str, login: str, password: str, consent: bool, locale: str | None = None) -> int:
    """Become a member through an invite; returns the member's id.

    Raises InviteClosed when the invite lets nobody in (any more), Invalid by field. Of several
    who take the last use at once exactly one gets it: the UPDATE's row count decides.
    """
    invite = queries.invite_by_code(code)
    if invite is None or invite.state != "open":
        raise InviteClosed("unknown" if invite is None else invite.state)
    fields: dict[str, str] = {}
    normal = policies.normal_login(login)
    try:
        check_account(login=normal, name=policies.clean(name), password=password)
    except Invalid as error:
        fields = error.fields
    if (
        "login" not in fields
        and db.session.scalar(select(Member.id).where(Member.login == normal)) is not None
    ):
        fields["login"] = N_("Somebody already has this login. Try another one")
    if not consent:
        fields["consent"] = N_("We need your consent before we keep anything about you")
    if fields:
        raise Invalid(fields=fields)
    hashed = hash_password(password)  # before the transaction: it takes 48 ms and holds no lock
    with unit_of_work() as session:
        if not _take_use(invite.id):
            fresh = queries.invite_by_code(code)
            raise InviteClosed("unknown" if fresh is None else fresh.state)
        member_id = add_member(
            login=login,
            name=name,
            password_hash=hashed,
            tier=invite.tier,
            contact_person_id=invite.contact_person_id,
            locale=locale,
        )
        session.execute(
            insert(InviteUse).values(invite_id=invite.id, member_id=member_id, used_at=clock.now())
        )
        return member_id


def _take_use(invite_id: int) -> bool:
    """Take one use of an open invite; False when there was none to take."""
    taken = db.session.execute(
        update(Invite)
        .where(
            Invite.id == invite_id,
            Invite.uses < Invite.uses_allowed,
            Invite.withdrawn_at.is_(None),
            Invite.expires_at.is_(None) | (Invite.expires_at > clock.now()),
        )
        .values(uses=Invite.uses + 1)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


# --- sessions ---------------------------------------------------------------------------------


@lru_cache
def _nobodys_hash() -> str:
    return _hasher.hash(new_token())


def _matches(password_hash: str, password: str) -> bool:
    """Whether the password is the hash's. An account that isn't there costs as much time as one that is."""
    try:
        return _hasher.verify(password_hash or _nobodys_hash(), policies.normal_password(password)) and bool(
            password_hash
        )
    except (VerificationError, InvalidHashError):
        return False


def log_in(login: str, password: str, device: str = "") -> str:
    """Check login and password and open a session; returns its token.

    Raises Invalid, which never says which of the two was wrong.
    """
    row = db.session.execute(
        select(Member.id, Member.password_hash).where(
            Member.login == policies.normal_login(login), Member.left_at.is_(None)
        )
    ).one_or_none()
    if (
        not _matches(row.password_hash if row else "", password[: policies.PASSWORD_LENGTH + 1])
        or row is None
    ):
        raise Invalid(fields={"password": N_("Login and password don't match. Have another look at both")})
    renewed = hash_password(password) if _hasher.check_needs_rehash(row.password_hash) else None
    with unit_of_work() as session:
        if renewed is not None:
            session.execute(
                update(Member)
                .where(Member.id == row.id, Member.password_hash == row.password_hash)
                .values(password_hash=renewed)
            )
        return open_session(row.id, device)


def open_session(member_id: int, device: str = "") -> str:
    """A new session for this member, without asking for a password; returns its token."""
    token, now = new_token(), clock.now()
    with unit_of_work() as session:
        forgotten = now - timedelta(days=policies.SESSION_DAYS)
        session.execute(
            delete(LoginSession).where(LoginSession.member_id == member_id, LoginSession.seen_at < forgotten)
        )
        session.execute(
            insert(LoginSession).values(
                token_digest=digest(token),
                member_id=member_id,
                device=policies.clean(device)[:120],
                created_at=now,
                seen_at=now,
            )
        )
    return token


def log_out(session_id: int) -> None:
    """End this session: its cookie, and any copy of it, opens nothing any more."""
    with unit_of_work() as session:
        session.execute(delete(LoginSession).where(LoginSession.id == session_id))


def end_session(session_id: int, *, by: Actor) -> None:
    """End one of one's own sessions. Raises NotFound for anybody else's."""
    with unit_of_work() as session:
        ended = session.execute(
            delete(LoginSession).where(LoginSession.id == session_id, LoginSession.member_id == by.id)
        )
        if ended.rowcount == 0:  # type: ignore[attr-defined]
            raise NotFound


def touch_session(session_id: int) -> None:
    """Note that the session was used; at most once an hour, so that reading stays reading."""
    now = clock.now()
    with unit_of_work() as session:
        session.execute(
            update(LoginSession)
            .where(LoginSession.id == session_id, LoginSession.seen_at < now - timedelta(hours=1))
            .values(seen_at=now)
        )


def end_sessions_of(member_id: int) -> None:
    """End every session of a member; inside a command that changes what they may do."""
    with unit_of_work() as session:
        session.execute(delete(LoginSession).where(LoginSession.member_id == member_id))


# --- what members change about themselves -------------------------------------------------------


def change_password(*, current: str, new: str, by: Actor, device: str = "") -> str:
    """Set a new password; every session ends, and the returned token opens a new one here."""
    kept = db.session.execute(select(Member.login, Member.password_hash).where(Member.id == by.id)).one()
    if not _matches(kept.password_hash, current[: policies.PASSWORD_LENGTH + 1]):
        raise Invalid(fields={"current": N_("That isn't your password now")})
    if fault := policies.password_fault(new, kept.login):
        raise Invalid(fields={"new": fault})
    hashed = hash_password(new)
    with unit_of_work() as session:
        session.execute(update(Member).where(Member.id == by.id).values(password_hash=hashed))
        end_sessions_of(by.id)
        audit.record("member.password", f"member:{by.id}", by=by.id)
        return open_session(by.id, device)


def update_profile(
    *, name: str, bio: str, city: str, tracks: Iterable[str], named_to_helpers: bool, by: Actor
) -> None:
    """Change one's own name, words, city, tracks of interest and whether those who helped one read one's
    name. Raises Invalid by field."""
    name, bio, city = policies.clean(name), policies.clean_lines(bio), policies.clean(city)
    fields: dict[str, str] = {}
    if not name:
        fields["name"] = N_("What should we call you?")
    elif len(name) > policies.NAME_LENGTH:
        fields["name"] = N_("At most 30 characters")
    if len(bio) > policies.BIO_LENGTH:
        fields["bio"] = N_("At most 200 characters")
    if len(city) > policies.CITY_LENGTH:
        fields["city"] = N_("At most 30 characters")
    known = {row.key for row in queries.tracks()}
    if not known.issuperset(chosen := set(tracks)):
        fields["tracks"] = N_("Choose from the list")
    if fields:
        raise Invalid(fields=fields)
    with unit_of_work() as session:
        values = {"name": name, "bio": bio, "city": city, "named_to_helpers": named_to_helpers}
        session.execute(update(Member).where(Member.id == by.id).values(values))
        session.execute(delete(MemberTrack).where(MemberTrack.member_id == by.id))
        _insert_all(MemberTrack, [{"member_id": by.id, "track_key": key} for key in sorted(chosen)])


def choose_language(locale: str | None, *, by: Actor) -> None:
    """Remember the member's language; None follows the browser."""
    if locale is not None and locale not in LOCALES:
        raise Invalid(fields={"locale": N_("Choose from the list")})
    with unit_of_work() as session:
        session.execute(update(Member).where(Member.id == by.id).values(locale=locale))


def choose_theme(theme: str | None, *, by: Actor) -> None:
    """Remember light or dark; None follows the phone."""
    if theme is not None and theme not in THEMES:
        raise Invalid(fields={"theme": N_("Choose from the list")})
    with unit_of_work() as session:
        session.execute(update(Member).where(Member.id == by.id).values(theme=theme))


# --- what staff do ------------------------------------------------------------------------------


def create_invites(
    *,
    count: int = 1,
    uses: int = 1,
    tier: str = "participant",
    contact_person_id: int | None = None,
    note: str = "",
    expires_at: datetime | None = None,
    code: str | None = None,
    by: Actor,
) -> list[tuple[int, str]]:
    """Make `count` invites of `uses` uses each; returns their ids and codes. Raises Invalid by field.

    `code` names the code of a single invite, for one that is easy to remember.
    """
    if not by.can("members:invite"):
        raise Forbidden
    note = policies.clean(note)
    fields: dict[str, str] = {}
    if not 1 <= count <= policies.MOST_INVITES:
        fields["count"] = N_("Between 1 and 100")
    if not 1 <= uses <= policies.MOST_USES:
        fields["uses"] = N_("Between 1 and 10,000")
    if tier not in TIERS:
        fields["tier"] = N_("Choose from the list")
    if len(note) > policies.NOTE_LENGTH:
        fields["note"] = N_("At most 120 characters")
    if expires_at is not None and expires_at <= clock.now():
        fields["expires"] = N_("That day is already over")
    if fields:
        raise Invalid(fields=fields)
    with unit_of_work() as session:
        if contact_person_id is not None and not _is_staff(contact_person_id):
            raise Invalid(fields={"contact": N_("Choose from the list")})
        made = []
        for _number in range(count):
            code = code if code and count == 1 else new_code()
            invite_id: int = session.execute(
                insert(Invite)
                .values(
                    code=code,
                    note=note,
                    tier=tier,
                    contact_person_id=contact_person_id,
                    uses_allowed=uses,
                    created_by_id=by.id,
                    created_at=clock.now(),
                    expires_at=expires_at,
                )
                .returning(Invite.id)
            ).scalar_one()
            after = {"tier": tier, "uses": uses, "expires": expires_at.isoformat() if expires_at else None}
            audit.record("invite.create", f"invite:{invite_id}", by=by.id, after=after)
            made.append((invite_id, code))
        return made


def withdraw_invite(invite_id: int, *, by: Actor) -> None:
    """Close an invite for good; who already joined by it stays. Doing it twice changes nothing."""
    if not by.can("members:invite"):
        raise Forbidden
    with unit_of_work() as session:
        changed = session.execute(
            update(Invite)
            .where(Invite.id == invite_id, Invite.withdrawn_at.is_(None))
            .values(withdrawn_at=clock.now())
        )
        if changed.rowcount:  # type: ignore[attr-defined]
            audit.record("invite.withdraw", f"invite:{invite_id}", by=by.id)
        elif session.scalar(select(Invite.id).where(Invite.id == invite_id)) is None:
            raise NotFound


def set_tier(member_id: int, tier: str, reason: str, *, by: Actor) -> None:
    """Offer a member another kind of work, with a reason they get to read."""
    reason = policies.clean_lines(reason)
    fields: dict[str, str] = {}
    if tier not in TIERS:
        fields["tier"] = N_("Choose from the list")
    if not reason:
        fields["reason"] = N_("Say why; they will read it")
    elif len(reason) > policies.REASON_LENGTH:
        fields["reason"] = N_("At most 300 characters")
    with unit_of_work() as session:
        member = _managed(member_id, by)
        if "tier" not in fields and member.tier == tier:
            fields["tier"] = N_("That is their tier already")
        if fields:
            raise Invalid(fields=fields)
        session.execute(update(Member).where(Member.id == member_id).values(tier=tier))
        audit.record(
            "member.tier",
            f"member:{member_id}",
            by=by.id,
            before={"tier": member.tier},
            after={"tier": tier, "reason": reason},
        )
        for callback in _tier_changed:
            callback(member_id, tier, reason, by.id)


def set_capabilities(member_id: int, capabilities: Iterable[str], *, by: Actor) -> None:
    """Give and take what a member may do; their sessions end, so that old rights end with them.

    Nobody takes the keys from themselves: somebody must be left who can give them back.
    """
    wanted = set(capabilities)
    if not wanted <= set(CAPABILITIES):
        raise Invalid(fields={"capabilities": N_("Choose from the list")})
    with unit_of_work() as session:
        _managed(member_id, by)
        held = set(
            session.scalars(
                select(MemberCapability.capability).where(MemberCapability.member_id == member_id)
            )
        )
        if member_id == by.id and "admin" in held - wanted:
            raise Invalid(fields={"capabilities": N_("You can't take the admin's keys from yourself")})
        if held == wanted:
            return
        session.execute(
            delete(MemberCapability).where(
                MemberCapability.member_id == member_id, MemberCapability.capability.in_(held - wanted)
            )
        )
        _insert_all(MemberCapability, [{"member_id": member_id, "capability": c} for c in wanted - held])
        end_sessions_of(member_id)
        audit.record(
            "member.capabilities",
            f"member:{member_id}",
            by=by.id,
            before={"capabilities": sorted(held)},
            after={"capabilities": sorted(wanted)},
        )


def make_host(member_id: int, *, by: Actor) -> None:
    """Let a member read what is sent to calls of their own, which a nod of staff opens; once is enough."""
    with unit_of_work():
        held = table(MemberCapability)
        new = upsert(held).values(member_id=member_id, capability="host")
        # what comes back says whether it is new: not every driver counts rows of such an insert
        if write(new.on_conflict_do_nothing().returning(held.c.member_id)).first() is not None:
            audit.record("member.host", f"member:{member_id}", by=by.id, after={"capability": "host"})


def hold(member_id: int) -> None:
    """Hold a member's row until the end of the unit of work, so that what is limited for each member is
    counted by one command at a time."""
    db.session.execute(select(Member.id).where(Member.id == member_id).with_for_update())


def set_mentor(mentee_id: int, mentor_id: int | None, *, by: Actor) -> None:
    """Give a member this mentor from now on (None: nobody); the time with the one before stays on record."""
    with unit_of_work() as session:
        _managed(mentee_id, by)
        before = queries.mentor_of(mentee_id)
        if before == mentor_id:
            return
        if mentor_id is not None:
            able = (
                select(MemberCapability.member_id)
                .join(Member)
                .where(
                    Member.id == mentor_id, Member.left_at.is_(None), MemberCapability.capability == "mentor"
                )
            )
            if mentor_id == mentee_id or session.scalar(able) is None:
                raise Invalid(fields={"mentor": N_("Choose somebody who mentors")})
        now = clock.now()
        session.execute(
            update(Mentorship)
            .where(Mentorship.mentee_id == mentee_id, Mentorship.ends_at.is_(None))
            .values(ends_at=now)
        )
        if mentor_id is not None:
            session.execute(
                insert(Mentorship).values(mentor_id=mentor_id, mentee_id=mentee_id, starts_at=now)
            )
        audit.record(
            "member.mentor",
            f"member:{mentee_id}",
            by=by.id,
            before={"mentor": before},
            after={"mentor": mentor_id},
        )


def set_contact(member_id: int, contact_person_id: int | None, *, by: Actor) -> None:
    """Name the person of the brand a member turns to."""
    with unit_of_work() as session:
        member = _managed(member_id, by)
        if contact_person_id is not None and (
            contact_person_id == member_id or not _is_staff(contact_person_id)
        ):
            raise Invalid(fields={"contact": N_("Choose from the list")})
        session.execute(
            update(Member).where(Member.id == member_id).values(contact_person_id=contact_person_id)
        )
        audit.record(
            "member.contact",
            f"member:{member_id}",
            by=by.id,
            before={"contact": member.contact_person_id},
            after={"contact": contact_person_id},
        )


def set_title(member_id: int, title: str, title_en: str, *, by: Actor) -> None:
    """Give a member a title, in both languages ("" takes it back)."""
    title, title_en = policies.clean(title), policies.clean(title_en)
    fields = {
        field: N_("At most 30 characters")
        for field, text in (("title", title), ("title_en", title_en))
        if len(text) > (30 if field == "title" else 60)
    }
    if fields:
        raise Invalid(fields=fields)
    with unit_of_work() as session:
        member = _managed(member_id, by)
        session.execute(update(Member).where(Member.id == member_id).values(title=title, title_en=title_en))
        audit.record(
            "member.title",
            f"member:{member_id}",
            by=by.id,
            before={"title": member.title},
            after={"title": title},
        )


def _managed(member_id: int, by: Actor) -> Any:
    """Load and authorise: the member's row, locked, for somebody who manages members."""
    if not by.can("members:manage"):
        raise Forbidden
    row = db.session.execute(
        select(Member.id, Member.tier, Member.title, Member.contact_person_id)
        .where(Member.id == member_id, Member.left_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _is_staff(member_id: int) -> bool:
    return any(row.id == member_id for row in queries.staff_with(*queries.CONTACT_CAPABILITIES))


def _insert_all(table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(insert(table), rows)


def set_stars(member_id: int, level: int) -> None:
    """Write a member's stars, which points count from the lifetime points (`queries.level_for`)."""
    db.session.execute(update(Member).where(Member.id == member_id).values(star_level=level))
    for callback in _stars_set:
        callback(member_id, level)


def found_programme(
    *, programme: dict[str, Any], tracks: list[dict[str, Any]], star_levels: list[dict[str, Any]]
) -> None:
    """Write the programme's own row, its tracks in their order and its star levels, once.

    The dicts hold columns of Programme, Track and StarLevel. Raises Refused when there is one already.
    """
    with unit_of_work() as session:
        if session.scalar(select(Programme.id)) is not None:
            raise Refused(N_("This deployment has its programme already."))
        session.execute(insert(Programme).values(id=1, **programme))
        _insert_all(Track, [{"position": n, **track} for n, track in enumerate(tracks)])
        _insert_all(StarLevel, star_levels)
