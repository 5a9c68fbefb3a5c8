"""What pages and commands read of thank-you links, thanks and answers."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, func, or_, select

from app.blueprints.impact.models import (
    HeldWord,
    ImpactLine,
    Thanks,
    ThanksLink,
    ThanksReply,
    ThanksSetting,
)
from app.blueprints.members import queries as members
from app.blueprints.members.policies import normal_code
from app.core.db import read

LINK = (
    ThanksLink.id,
    ThanksLink.code,
    ThanksLink.about,
    ThanksLink.member_id,
    ThanksLink.kind,
    ThanksLink.title,
    ThanksLink.cover_media_id,
    ThanksLink.hour,
    ThanksLink.hour_thanks,
    # as they appear: "" unnamed, None for one who has left
    members.appears_as(ThanksLink.member_id).label("author"),
)


@lru_cache
def _by_code() -> Any:
    return select(*LINK).where(ThanksLink.code == bindparam("code"))


def link(code: str) -> Any | None:
    """The thank-you link of a code, however it was typed."""
    known = normal_code(code)
    return read(_by_code(), {"code": known}).one_or_none() if known else None


@lru_cache
def _by_about() -> Any:
    return select(*LINK).where(ThanksLink.about == bindparam("about"))


def link_about(about: str) -> Any | None:
    """The thank-you link of a work ("post:12")."""
    return read(_by_about(), {"about": about}).one_or_none()


@lru_cache
def _by_id() -> Any:
    return select(*LINK).where(ThanksLink.id == bindparam("link", type_=Integer))


def link_by_id(link_id: int) -> Any | None:
    return read(_by_id(), {"link": link_id}).one_or_none()


def held_words() -> frozenset[str]:
    """The words that hold a message, as they are compared."""
    return frozenset(read(select(HeldWord.word)).scalars())


def invite_code() -> str | None:
    """The code of the invite that readers may follow; it may have been used up since."""
    return read(select(ThanksSetting.invite_code)).scalar()


@lru_cache
def _mine() -> Any:
    return select(
        Thanks.id,
        Thanks.outcome,
        Thanks.name,
        Thanks.words,
        Thanks.words_state,
        Thanks.created_at,
    ).where(Thanks.link_id == bindparam("link", type_=Integer), Thanks.reader == bindparam("reader"))


def mine(link: Any, reader: str) -> Any | None:
    """What a reader has said of a work: id, outcome, name, words, words_state, created_at."""
    return read(_mine(), {"link": link.id, "reader": reader}).one_or_none()


@lru_cache
def _thanks() -> Any:
    return (
        select(
            Thanks.id,
            Thanks.person_id,
            Thanks.outcome,
            Thanks.name,
            Thanks.words,
            Thanks.words_state,
            ThanksLink.member_id,
            ThanksLink.title,
            ThanksLink.about,
        )
        .join(ThanksLink, ThanksLink.id == Thanks.link_id)
        .where(Thanks.id == bindparam("thanks", type_=Integer))
    )


def held_thanks(thanks_id: int) -> Any | None:
    """Thanks with the work they are about (member_id, title), to decide on."""
    return read(_thanks(), {"thanks": thanks_id}).one_or_none()


ANSWERED = (
    ImpactLine.id,
    ImpactLine.member_id,
    ImpactLine.person_id,
    Thanks.by_id.label("relayed_by_id"),
    members.name_of(ImpactLine.member_id).label("member_name"),
)


@lru_cache
def _to_answer() -> Any:
    return (
        select(*ANSWERED)
        .outerjoin(Thanks, Thanks.id == ImpactLine.thanks_id)
        .where(
            ImpactLine.id == bindparam("line", type_=Integer),
            ImpactLine.member_id == bindparam("me", type_=Integer),
            # who has left the programme reads nothing any more
            or_(members.appears_as(ImpactLine.person_id).is_not(None), ImpactLine.reader.is_not(None)),
        )
    )


def line_to_answer(line_id: int, member_id: int) -> Any | None:
    """One's own line with somebody who can read an answer: id, member_id, member_name, person_id,
    relayed_by_id."""
    return read(_to_answer(), {"line": line_id, "me": member_id}).one_or_none()


def answered_line(line_id: int) -> Any | None:
    """A line with its answer: as `line_to_answer`, and reply, reply_state."""
    return read(
        select(*ANSWERED, ThanksReply.words.label("reply"), ThanksReply.state.label("reply_state"))
        .join(ThanksReply, ThanksReply.line_id == ImpactLine.id)
        .outerjoin(Thanks, Thanks.id == ImpactLine.thanks_id)
        .where(ImpactLine.id == line_id)
    ).one_or_none()


@lru_cache
def _said() -> Any:
    return (
        select(
            Thanks.id,
            Thanks.reader,
            Thanks.outcome,
            Thanks.name,
            Thanks.words,
            Thanks.words_state,
            Thanks.held_for,
            Thanks.rule,
            Thanks.created_at,
            ThanksReply.words.label("answer"),
        )
        .outerjoin(ImpactLine, ImpactLine.thanks_id == Thanks.id)
        .outerjoin(ThanksReply, (ThanksReply.line_id == ImpactLine.id) & (ThanksReply.state == "sent"))
        .where(
            Thanks.link_id == bindparam("link", type_=Integer),
            Thanks.reader.in_(bindparam("readers", expanding=True)),
        )
        .order_by(Thanks.id)
        .limit(1)
    )


def said(link: Any, readers: Collection[str]) -> Any | None:
    """What somebody, who may go by any of these keys, said first of a work: as `mine`, and its reader, why
    the words were held, by which rule they were refused, and the author's answer once it is sent."""
    if not readers:
        return None
    return read(_said(), {"link": link.id, "readers": list(readers)}).one_or_none()


@lru_cache
def _helped_by() -> Any:
    return (
        select(func.count())
        .select_from(ImpactLine)
        .join(
            ThanksLink,
            (ThanksLink.member_id == ImpactLine.member_id) & (ThanksLink.about == ImpactLine.about),
        )
        .where(ThanksLink.about == bindparam("about"))
    )


def thanks_count(about: str) -> int:
    """How many people a work ("resource:5") has helped: its lines, of which each person has one."""
    found: int = read(_helped_by(), {"about": about}).scalar_one()
    return found
