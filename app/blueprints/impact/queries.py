"""What the feed reads of the impact: entries, their lines, what is new. Counted, never estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, case, distinct, func, select
from sqlalchemy.orm import aliased

from app.blueprints.impact.models import ImpactBundle, ImpactLine, Thanks, ThanksLink, ThanksReply
from app.blueprints.impact.policies import KINDS
from app.blueprints.impact.policies_feed import Seen, Who, who_in
from app.blueprints.members import queries as members
from app.core.db import db, read
from app.core.errors import NotFound
from app.core.paging import Page, below, keyset, page_by_id, page_of

ME: Any = bindparam("me", type_=Integer)
BELOW: Any = bindparam("below", type_=Integer)
PAGE = 20
# an entry is taller and costs more than a row of a list: two screens of a phone
ENTRIES = 12
# of an entry of the feed the newest so many lines are read; it says how many there are
NAMED = 3
HIDDEN = "hidden"

LINE = (
    ImpactLine.id,
    ImpactLine.bundle_id,
    ImpactLine.kind,
    ImpactLine.thanks_id,
    ImpactLine.person_id,
    # as the member allows, "" unnamed, NULL for a former member; of a reader what they call themselves
    case(
        (ImpactLine.person_id.is_(None), ImpactLine.person_name),
        else_=members.appears_as(ImpactLine.person_id),
    ).label("name"),
    ImpactLine.reader,
    ImpactLine.subject,
    ImpactLine.outcome,
    ImpactLine.quote,
    ImpactLine.link,
    ImpactLine.occurred_at,
    # of thanks: what was chosen, the work's title, who passed it on and where they heard it
    Thanks.outcome.label("chose"),
    ThanksLink.title,
    members.name_of(Thanks.by_id).label("by_name"),
    Thanks.heard,
    ThanksReply.state.label("reply_state"),
)


def _with_thanks(query: Select[Any]) -> Select[Any]:
    """The lines of a select with the thanks behind them and their answer, where there are any."""
    return (
        query.outerjoin(Thanks, Thanks.id == ImpactLine.thanks_id)
        .outerjoin(ThanksLink, ThanksLink.id == Thanks.link_id)
        .outerjoin(ThanksReply, ThanksReply.line_id == ImpactLine.id)
    )


@lru_cache
def _latest() -> Any:
    return _with_thanks(
        select(*LINE)
        .select_from(ImpactLine)
        .join(ImpactBundle, ImpactBundle.id == ImpactLine.bundle_id)
        .where(ImpactLine.member_id == ME, ImpactBundle.hidden_at.is_(None))
        .order_by(ImpactLine.id.desc())
        .limit(1)
    )


def latest(member_id: int) -> Any | None:
    """A member's newest impact line that they haven't hidden."""
    return read(_latest(), {"me": member_id}).one_or_none()


@dataclass(frozen=True)
class Entry:
    """An entry of the feed: its bundle (id, kind, lines, people, latest_at), and its newest lines first."""

    bundle: Any
    lines: list[Any]

    @cached_property
    def who(self) -> Who:
        return who_in(self.lines, self.bundle.people)


def _people() -> Any:
    """How many people a bundle is about: for one work nobody is counted twice, but somebody may have lit the
    same quest several times with the same help."""
    again = select(func.count(distinct(ImpactLine.person_id))).where(ImpactLine.bundle_id == ImpactBundle.id)
    many = and_(ImpactBundle.kind == "credit", ImpactBundle.lines > 1)
    return case((many, again.correlate(ImpactBundle).scalar_subquery()), else_=ImpactBundle.lines)


BUNDLE = (
    ImpactBundle.id,
    ImpactBundle.kind,
    ImpactBundle.lines,
    _people().label("people"),
    ImpactBundle.latest_at,
)


@lru_cache
def _newest_of() -> Any:
    older = aliased(ImpactLine)
    last_named = (
        select(older.id)
        .where(older.bundle_id == ImpactBundle.id)
        .order_by(older.id.desc())
        .offset(NAMED - 1)
        .limit(1)
        .correlate(ImpactBundle)
        .scalar_subquery()
    )
    newest = and_(ImpactLine.bundle_id == ImpactBundle.id, ImpactLine.id >= func.coalesce(last_named, 0))
    return _with_thanks(
        select(*LINE)
        .select_from(ImpactBundle)
        .join(ImpactLine, newest)
        .where(ImpactBundle.id.in_(bindparam("bundles", type_=Integer, expanding=True)))
        .order_by(ImpactLine.id.desc())
    )


def _entries(bundles: Sequence[Any]) -> list[Entry]:
    """Bundles with their newest lines; one that has gone in between is left out."""
    if not bundles:
        return []
    lines: dict[int, list[Any]] = {bundle.id: [] for bundle in bundles}
    for line in read(_newest_of(), {"bundles": list(lines)}):
        lines[line.bundle_id].append(line)
    return [Entry(bundle, lines[bundle.id]) for bundle in bundles if lines[bundle.id]]


@dataclass(frozen=True)
class Feed(Page[Entry]):
    """A page of the feed; `left_out` is how many lines the member has hidden, `seen` what the page shows."""

    left_out: int
    seen: Seen


@lru_cache
def _left_out() -> Any:
    hidden = aliased(ImpactBundle)
    query = select(func.coalesce(func.sum(hidden.lines), 0).label("left_out"))
    return query.where(hidden.member_id == ME, hidden.hidden_at.is_not(None))


@lru_cache
def _feed(show: str) -> Any:
    hidden = ImpactBundle.hidden_at
    query = select(*BUNDLE, _left_out().scalar_subquery().label("left_out")).where(
        ImpactBundle.member_id == ME, hidden.is_not(None) if show == HIDDEN else hidden.is_(None)
    )
    return query.where(ImpactBundle.kind.in_(KINDS[show])) if show in KINDS else query


def _after(show: str, cursor: str | None) -> Any:
    query, _size = keyset(_feed(show), ImpactBundle.latest_at, ImpactBundle.id, cursor=cursor, size=ENTRIES)
    return query


@lru_cache
def _newest(show: str) -> Any:
    """The first page, which is built once: nearly nobody goes further."""
    return _after(show, None)


def entries(member_id: int, show: str, cursor: str | None) -> Feed:
    """A member's feed, newest first, in two queries; `show` is a key of KINDS, HIDDEN, or "" for all."""
    query = _after(show, cursor) if cursor else _newest(show)
    page = page_of(read(query, {"me": member_id}).all(), ENTRIES, "latest_at", "id")
    left_out = page.rows[0].left_out if page.rows else read(_left_out(), {"me": member_id}).scalar_one()
    return Feed(_entries(page.rows), page.next, left_out, Seen.of(page.rows))


# --- what is new on a page that is open ---------------------------------------------------------------


@dataclass(frozen=True)
class News:
    """What a page doesn't show yet: entries that are new to it or have grown, newest first, and the ids of
    those that have `gone`. `many`: more than can be put in, so that the page is best drawn anew."""

    rows: list[Entry]
    gone: list[int]
    many: bool
    seen: Seen


@lru_cache
def _recent(show: str) -> Any:
    query = select(*BUNDLE).where(
        ImpactBundle.member_id == ME,
        ImpactBundle.hidden_at.is_(None),
        ImpactBundle.latest_at > bindparam("after", type_=ImpactBundle.latest_at.type),
    )
    if show in KINDS:
        query = query.where(ImpactBundle.kind.in_(KINDS[show]))
    return query.order_by(ImpactBundle.latest_at.desc(), ImpactBundle.id.desc()).limit(ENTRIES)


@lru_cache
def _still_there() -> Any:
    return select(*BUNDLE).where(
        ImpactBundle.member_id == ME,
        ImpactBundle.hidden_at.is_(None),
        ImpactBundle.id.in_(bindparam("bundles", type_=Integer, expanding=True)),
    )


def news(member_id: int, show: str, seen: Seen) -> News | None:
    """What a page that has `seen` so much doesn't show yet; None, after one query, when it shows all."""
    recent = read(_recent(show), {"me": member_id, "after": seen.after}).all()
    if {bundle.id: bundle.lines for bundle in recent} == seen.bundles:
        return None
    fresh = [bundle for bundle in recent if seen.bundles.get(bundle.id) != bundle.lines]
    known = {bundle.id for bundle in recent}
    # beyond a full page of newer ones an entry isn't missing but only older than what was asked for
    missing = [bundle for bundle in seen.bundles if bundle not in known] if len(recent) < ENTRIES else []
    if missing:
        # one that lost its newest lines stands further down now
        left = read(_still_there(), {"me": member_id, "bundles": missing}).all()
        fresh += left
        known |= {bundle.id for bundle in left}
    gone = [bundle for bundle in missing if bundle not in known]
    many = seen.moment is not None and len(fresh) >= ENTRIES
    # its own time stays with a page that shows nothing newer, so that what was missing isn't asked for again
    return News(_entries(fresh), gone, many, Seen.of(recent) if recent else seen_nothing_since(seen))


def seen_nothing_since(seen: Seen) -> Seen:
    """The same page when nothing of what it showed as newest is there any more."""
    return Seen(seen.moment, {})


# --- the proof: one line, and all lines of an entry ---------------------------------------------------


@lru_cache
def _line() -> Any:
    return _with_thanks(
        select(
            *LINE,
            ImpactLine.about,
            Thanks.source,
            Thanks.words.label("said"),
            Thanks.words_state,
            ThanksReply.words.label("reply"),
            ThanksReply.created_at.label("replied_at"),
            ImpactBundle.lines,
            ImpactBundle.hidden_at,
        )
        .select_from(ImpactLine)
        .join(ImpactBundle, ImpactBundle.id == ImpactLine.bundle_id)
        .where(ImpactLine.id == bindparam("line", type_=Integer), ImpactLine.member_id == ME)
    )


def line(line_id: int, member_id: int) -> Any:
    """One line of a member's own, with all that stands behind it. Raises NotFound for anybody else's."""
    found = read(_line(), {"line": line_id, "me": member_id}).one_or_none()
    if found is None:
        raise NotFound
    return found


def line_of_thanks(thanks_id: int, member_id: int) -> int:
    """The id of the line that a thanks gave this member. Raises NotFound for anybody else's."""
    whose = (ImpactLine.thanks_id == thanks_id, ImpactLine.member_id == member_id)
    found = read(select(ImpactLine.id).where(*whose)).scalar()
    if found is None:
        raise NotFound
    return int(found)


@lru_cache
def _group() -> Any:
    return select(*BUNDLE, ImpactBundle.hidden_at).where(
        ImpactBundle.id == bindparam("bundle", type_=Integer), ImpactBundle.member_id == ME
    )


@lru_cache
def _lines_of() -> Any:
    return _with_thanks(
        select(*LINE)
        .select_from(ImpactLine)
        .where(ImpactLine.bundle_id == bindparam("bundle", type_=Integer), ImpactLine.id < BELOW)
        .order_by(ImpactLine.id.desc())
        .limit(PAGE + 1)
    )


@dataclass(frozen=True)
class Group(Page[Any]):
    """All lines of an entry, a page of them, newest first; `bundle` as in Entry, with hidden_at."""

    bundle: Any


def group(bundle_id: int, member_id: int, cursor: str | None) -> Group:
    """An entry of one's own feed, line by line. Raises NotFound for anybody else's."""
    bundle = read(_group(), {"bundle": bundle_id, "me": member_id}).one_or_none()
    if bundle is None:
        raise NotFound
    rows = read(_lines_of(), {"bundle": bundle_id, "below": below(cursor)}).all()
    if not rows:
        raise NotFound  # its last line has gone since
    page = page_by_id(rows, PAGE)
    return Group(page.rows, page.next, bundle)


def helped_since(moment: datetime) -> int:
    """How many people somebody has helped since `moment`, each counted once."""
    return (
        db.session.scalar(
            select(func.count(distinct(ImpactLine.person_id))).where(ImpactLine.occurred_at >= moment)
        )
        or 0
    )
