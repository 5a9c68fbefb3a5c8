"""What staff's pages of thanks read: works that may be meant, words that wait, what was passed on or not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, case, func, literal_column, or_, select
from sqlalchemy import union_all as union
from sqlalchemy.orm import aliased

from app.blueprints.impact import queries_thanks
from app.blueprints.impact.models import HeldWord, ImpactLine, Thanks, ThanksLink, ThanksReply
from app.blueprints.impact.policies_words import Piece, pieces
from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.core.db import read
from app.core.errors import NotFound
from app.core.paging import Page, below, keyset, page_by_id, page_of

PAGE = 20
BELOW: Any = bindparam("below", type_=Integer)
# words within which promised to be read
PROMISED = timedelta(hours=24)
# among the newest so many works it is guessed which one is meant
GUESSED = 500
# of the newest so many works titles are searched; by its author or its code any work is found
SEARCHED = 5000
FOUND = 6
# more relays within a week are not counted
MOST_COUNTED = 500


# --- works ------------------------------------------------------------------------------------------


def _works() -> Any:
    """Works of members who are here and aren't `me`, newest first: id, code, about, kind, title,
    cover_media_id, member_id, name."""
    return (
        select(
            ThanksLink.id,
            ThanksLink.code,
            ThanksLink.about,
            ThanksLink.kind,
            ThanksLink.title,
            ThanksLink.cover_media_id,
            ThanksLink.member_id,
            members.name_of(ThanksLink.member_id).label("name"),
        )
        .where(ThanksLink.member_id != bindparam("me", type_=Integer), members.is_here(ThanksLink.member_id))
        .order_by(ThanksLink.id.desc())
    )


@lru_cache
def _newest() -> Any:
    return _works().limit(GUESSED)


def newest_works(me: int) -> list[Any]:
    """The newest works of others, among which what was said is looked for.

    Costs the newest GUESSED rows by their key, and a look at each author, however many works there are.
    """
    return list(read(_newest(), {"me": me}).all())


@lru_cache
def _work() -> Any:
    return _works().where(ThanksLink.id == bindparam("work", type_=Integer))


def work(work_id: int, me: int) -> Any | None:
    """One work of somebody else who is here."""
    return read(_work(), {"work": work_id, "me": me}).one_or_none()


def _found(text: str) -> Any:
    newest = aliased(ThanksLink)
    within = select(newest.id).order_by(newest.id.desc()).limit(SEARCHED).subquery()
    # what a title says in either language: never its JSON as it is written, where letters are escaped
    said = [
        ThanksLink.title[language].as_string().icontains(text, autoescape=True) for language in ("zh", "en")
    ]
    return (
        _works()
        .where(
            or_(
                and_(ThanksLink.id.in_(select(within.c.id)), or_(*said)),
                ThanksLink.member_id.in_(members.called(text)),
                # its public address, pasted whole or as its code
                ThanksLink.code == text.rstrip("/").rsplit("/", 1)[-1].upper(),
            )
        )
        .limit(FOUND)
    )


def find_works(text: str, me: int) -> list[Any]:
    """Works by a part of the title or of the author's name, or by their public address; newest first.

    Of titles the newest SEARCHED are looked through, of authors the names of all members: the cost grows
    with the members, not with the works.
    """
    text = " ".join(text.split())[:60]
    if not text:
        return []
    return list(read(_found(text), {"me": me}).all())


# --- how much waits ---------------------------------------------------------------------------------

HELD = Thanks.words_state == literal_column("'held'")
REPLY_HELD = ThanksReply.state == literal_column("'held'")
RELAYED = Thanks.source == literal_column("'relay'")


@lru_cache
def _counts() -> Any:
    recent = (
        select(Thanks.created_at).where(RELAYED).order_by(Thanks.id.desc()).limit(MOST_COUNTED).subquery()
    )
    week = select(func.count()).where(recent.c.created_at >= bindparam("week", type_=Thanks.created_at.type))
    return select(*_waiting(), week.scalar_subquery().label("week"))


def _waiting() -> list[Any]:
    """How much waits and since when, as labelled scalar subqueries: waiting, thanks_since, replies_since."""
    words = select(func.count()).select_from(Thanks).where(HELD).scalar_subquery()
    replies = select(func.count()).select_from(ThanksReply).where(REPLY_HELD).scalar_subquery()
    return [
        (words + replies).label("waiting"),
        select(func.min(Thanks.created_at)).where(HELD).scalar_subquery().label("thanks_since"),
        select(func.min(ThanksReply.created_at)).where(REPLY_HELD).scalar_subquery().label("replies_since"),
    ]


@dataclass(frozen=True)
class Counts:
    """`waiting` words and answers are to be read, the oldest `since`; `week` were passed on since Monday."""

    waiting: int
    since: datetime | None
    week: int = 0


def counts(week: datetime) -> Counts:
    row = read(_counts(), {"week": week}).one()
    return Counts(row.waiting, _earliest(row), row.week)


def _earliest(row: Any) -> datetime | None:
    return min((one for one in (row.thanks_since, row.replies_since) if one is not None), default=None)


@lru_cache
def _waits() -> Any:
    return select(*_waiting())


def waiting() -> Counts:
    """How much waits to be read, for the console's first page."""
    row = read(_waits()).one()
    return Counts(row.waiting, _earliest(row))


# --- words that wait --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """Words of thanks ("words") or a member's answer ("answer") to be read before anybody else does.

    `author_id` is whom they are said to, of an answer who wrote it. `left` is what remains without what they
    are held for; `listed` the words of the list that are in it.
    """

    row: Any
    words: list[Piece]
    name: list[Piece]
    left: bool
    listed: list[str]


def _keys() -> Any:
    """What waits, its oldest first, each once: what, id, created_at."""
    words = select(literal_column("'words'", String).label("what"), Thanks.id, Thanks.created_at).where(HELD)
    answers = select(
        literal_column("'answer'", String).label("what"),
        ThanksReply.line_id.label("id"),
        ThanksReply.created_at,
    ).where(REPLY_HELD)
    return union(words, answers).subquery("waiting")


def _held(keys: Any) -> Any:
    is_words = keys.c.what == literal_column("'words'")
    reply, line = ThanksReply, ImpactLine
    said_by = case((is_words, Thanks.person_id), else_=line.person_id)
    author = case((is_words, ThanksLink.member_id), else_=reply.member_id)
    return (
        select(
            keys.c.what,
            keys.c.id,
            keys.c.created_at,
            case((is_words, Thanks.words), else_=reply.words).label("words"),
            case((is_words, Thanks.name), else_=literal_column("''")).label("name"),
            case((is_words, Thanks.held_for), else_=reply.held_for).label("held_for"),
            author.label("author_id"),
            members.name_of(author).label("author"),
            func.coalesce(members.name_of(said_by), line.person_name).label("person"),
            ThanksLink.title,
            line.quote,
        )
        .select_from(keys)
        .outerjoin(Thanks, and_(is_words, Thanks.id == keys.c.id))
        .outerjoin(ThanksLink, ThanksLink.id == Thanks.link_id)
        .outerjoin(reply, and_(~is_words, reply.line_id == keys.c.id))
        .outerjoin(line, line.id == reply.line_id)
    )


def held(cursor: str | None, size: int = PAGE) -> Page[Held]:
    """What waits to be read, the oldest first, in two queries: with the words of the list."""
    keys = _keys()
    # the page is cut out before anything is looked up for its rows: a flood may wait
    some, size = keyset(
        select(keys), keys.c.created_at, keys.c.what, keys.c.id, cursor=cursor, size=size, newest_first=False
    )
    here = some.subquery("here")
    query = _held(here).order_by(here.c.created_at, here.c.what, here.c.id)
    page = page_of(read(query).all(), size, "created_at", "what", "id")
    listed = queries_thanks.held_words() if page.rows else frozenset[str]()
    return Page([_seen(row, listed) for row in page.rows], page.next)


def held_one(what: str, one_id: int) -> Held:
    """One of them. Raises NotFound for what doesn't wait."""
    keys = _keys()
    row = read(_held(keys).where(keys.c.what == what, keys.c.id == one_id)).one_or_none()
    if row is None:
        raise NotFound
    return _seen(row, queries_thanks.held_words())


def _seen(row: Any, listed: Collection[str]) -> Held:
    words, name = pieces(row.words, listed), pieces(row.name or "", listed)
    tripped = dict.fromkeys(piece.text for piece in words + name if piece.why == "word")
    left = any(piece.text.strip() for piece in words if not piece.why)
    return Held(row, words, name, left, list(tripped))


# --- what was passed on, and what wasn't ------------------------------------------------------------


@lru_cache
def _relays() -> Any:
    return (
        select(
            Thanks.id,
            Thanks.outcome,
            Thanks.name,
            Thanks.words,
            Thanks.heard,
            Thanks.media_id,
            Thanks.created_at,
            ThanksLink.title,
            ThanksLink.member_id,
            members.name_of(ThanksLink.member_id).label("author"),
            members.name_of(Thanks.by_id).label("by"),
            case((ThanksReply.state == "sent", ThanksReply.words)).label("reply"),
        )
        .join(ThanksLink, ThanksLink.id == Thanks.link_id)
        .outerjoin(ImpactLine, ImpactLine.thanks_id == Thanks.id)
        .outerjoin(ThanksReply, ThanksReply.line_id == ImpactLine.id)
        .where(RELAYED, Thanks.id < BELOW)
        .order_by(Thanks.id.desc())
        .limit(PAGE + 1)
    )


@dataclass(frozen=True)
class Relays:
    """A page of what was passed on, newest first, with the screenshots by their id."""

    rows: list[Any]
    next: str | None
    media: dict[int, Any]


def relays(cursor: str | None, since: datetime | None) -> Relays:
    """What staff passed on, of the time from `since` on (None: all), in two queries."""
    page = page_by_id(read(_relays(), {"below": below(cursor)}).all(), PAGE)
    rows = [row for row in page.rows if since is None or row.created_at >= since]
    # they come by their id: where one is too old, so is all that follows
    more = page.next if len(rows) == len(page.rows) else None
    return Relays(rows, more, media.media_rows([row.media_id for row in rows if row.media_id]))


@lru_cache
def _refused() -> Any:
    return (
        select(
            Thanks.id,
            Thanks.words,
            Thanks.name,
            Thanks.rule,
            Thanks.decided_at,
            ThanksLink.title,
            members.name_of(ThanksLink.member_id).label("author"),
            members.name_of(Thanks.decided_by_id).label("by"),
        )
        .join(ThanksLink, ThanksLink.id == Thanks.link_id)
        .where(Thanks.words_state == literal_column("'refused'"), Thanks.id < BELOW)
        .order_by(Thanks.id.desc())
        .limit(PAGE + 1)
    )


def refused(cursor: str | None) -> Page[Any]:
    """Words not passed on, those said last first: words, name, rule, decided_at, title, author, by."""
    return page_by_id(read(_refused(), {"below": below(cursor)}).all(), PAGE)


# --- the list ---------------------------------------------------------------------------------------


def listed() -> list[Any]:
    """The words that hold a message, in their order: id, word. A few hundred at most, as staff write them."""
    return list(read(select(HeldWord.id, HeldWord.word).order_by(HeldWord.word)).all())


def tried(text: str, words: Collection[str]) -> Held:
    """What would be held of a text, with these words on the list."""
    seen = pieces(text, words)
    left = any(piece.text.strip() for piece in seen if not piece.why)
    return Held(None, seen, [], left, [piece.text for piece in seen if piece.why == "word"])
