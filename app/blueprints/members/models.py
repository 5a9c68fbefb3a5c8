"""Who belongs to the programme, how they came, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.actor import Actor
from app.core.db import Base, Instant


@dataclass(frozen=True, kw_only=True)
class CurrentMember(Actor, UserMixin):
    """The signed-in member as Flask-Login wants it: its id is the session's, not the member's.

    A copied cookie then dies with the session row it names.
    """

    token: str = ""
    seen_at: datetime | None = None

    def get_id(self) -> str:
        return self.token


class Programme(Base):
    """The one brand this deployment serves."""

    __tablename__ = "programme"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    letter: Mapped[str] = mapped_column(default="")
    letter_en: Mapped[str] = mapped_column(default="")
    leader_name: Mapped[str] = mapped_column(default="")
    leader_name_en: Mapped[str] = mapped_column(default="")
    leader_title: Mapped[str] = mapped_column(default="")
    leader_title_en: Mapped[str] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)


class Track(Base):
    """A direction a member can grow in; it gives its badges their shape and draws one constellation."""

    __tablename__ = "track"

    key: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    shape: Mapped[str]
    figure_name: Mapped[str] = mapped_column(default="")
    figure_name_en: Mapped[str] = mapped_column(default="")


class StarLevel(Base):
    """From how many lifetime points on a member has so many stars, and what that opens."""

    __tablename__ = "star_level"
    __table_args__ = (CheckConstraint("lifetime_from > 0", name="positive"),)

    level: Mapped[int] = mapped_column(primary_key=True)
    lifetime_from: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    opens: Mapped[str] = mapped_column(default="")
    opens_en: Mapped[str] = mapped_column(default="")


class Member(Base):
    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint("tier IN ('participant', 'contributor', 'cocreator')", name="tier"),
        CheckConstraint("star_level >= 0", name="star_level"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    tier: Mapped[str] = mapped_column(default="participant")
    star_level: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(default="")
    title_en: Mapped[str] = mapped_column(default="")
    bio: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    locale: Mapped[str | None]
    theme: Mapped[str | None]
    # whether those who helped them read their name
    named_to_helpers: Mapped[bool] = mapped_column(default=True)
    contact_person_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    joined_at: Mapped[datetime] = mapped_column(Instant, index=True)
    privacy_accepted_at: Mapped[datetime] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class MemberCapability(Base):
    __tablename__ = "member_capability"
    __table_args__ = (
        CheckConstraint(
            "capability IN ('mentor', 'expert', 'reviewer', 'publisher', 'admin', 'host')", name="capability"
        ),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    capability: Mapped[str] = mapped_column(primary_key=True)


class MemberTrack(Base):
    """Tracks a member is interested in."""

    __tablename__ = "member_track"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    track_key: Mapped[str] = mapped_column(ForeignKey("track.key"), primary_key=True)


class Mentorship(Base):
    """Who mentors whom, and since when; a mentee has one mentor at a time."""

    __tablename__ = "mentorship"
    __table_args__ = (
        CheckConstraint("mentor_id <> mentee_id", name="not_oneself"),
        Index(
            "uq_mentorship_running",
            "mentee_id",
            unique=True,
            sqlite_where=text("ends_at IS NULL"),
            postgresql_where=text("ends_at IS NULL"),
        ),
        Index("ix_mentorship_mentor_id_ends_at", "mentor_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mentor_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    mentee_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)


class Invite(Base):
    """A code that lets somebody join: used up, expired or withdrawn it lets nobody in."""

    __tablename__ = "invite"
    __table_args__ = (
        CheckConstraint("uses_allowed > 0", name="uses_allowed"),
        CheckConstraint("uses >= 0 AND uses <= uses_allowed", name="uses"),
        CheckConstraint("tier IN ('participant', 'contributor', 'cocreator')", name="tier"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(default="")
    tier: Mapped[str] = mapped_column(default="participant")
    contact_person_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    uses_allowed: Mapped[int] = mapped_column(default=1)
    uses: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class InviteUse(Base):
    __tablename__ = "invite_use"
    __table_args__ = (UniqueConstraint("member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invite_id: Mapped[int] = mapped_column(ForeignKey("invite.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    used_at: Mapped[datetime] = mapped_column(Instant)


class LoginSession(Base):
    """One signed-in browser. The cookie holds the token, this row only its digest."""

    __tablename__ = "login_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    device: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
