"""What pages read of posts and their figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, cast, distinct, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.impact.models import ImpactLine, Post, PostFigure, ThanksLink
from app.blueprints.impact.policies_posts import Shown, shown
from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.blueprints.members.policies import normal_code
from app.core.db import read
from app.core.errors import NotFound
from app.core.paging import Page, below, page_by_id

ME: Any = bindparam("me", type_=Integer)
BELOW: Any = bindparam("below", type_=Integer)
POSTS: Any = bindparam("posts", expanding=True)
PAGE = 20
# of each of a post's metrics the newest so many figures are drawn
DRAWN = 40

# what a feature above says of rewards by what posts were made for: {made_for: rows}
Rewards = Callable[[Collection[str]], dict[str, Sequence[Any]]]
_rewards: list[Rewards] = []


def rewards_of(made_for: Collection[str | None]) -> dict[str, Sequence[Any]]:
    """What figures have brought and may still bring, by what a post was made for; one query when asked."""
    asked = {one for one in made_for if one}
    found: dict[str, Sequence[Any]] = {}
    for tell in _rewards if asked else ():
        found |= tell(asked)
    return found


def tell_rewards(tell: Rewards) -> None:
    """Let a feature above say what figures bring; telling twice is harmless."""
    if tell not in _rewards:
        _rewards.append(tell)


@dataclass(frozen=True)
class Posts:
    """A page of a member's posts. `number` is how many they have, `views` what these have reached in all: of
    each the latest that counts. `people` say that one of them helped, each counted once."""

    rows: list[Shown]
    next: str | None
    number: int
    views: int
    people: int
    rewards: dict[str, Sequence[Any]]


def _counts(metric: str) -> Any:
    """A member's latest figure of each post that counts, summed, as a scalar subquery."""
    later, post = aliased(PostFigure), aliased(Post)
    newer = select(later.id).where(
        later.post_id == PostFigure.post_id,
        later.metric == metric,
        later.state == "confirmed",
        or_(later.at > PostFigure.at, and_(later.at == PostFigure.at, later.id > PostFigure.id)),
    )
    return (
        select(func.coalesce(func.sum(PostFigure.value), 0))
        .join(post, post.id == PostFigure.post_id)
        .where(
            post.member_id == ME,
            PostFigure.metric == metric,
            PostFigure.state == "confirmed",
            ~newer.exists(),
        )
        .scalar_subquery()
    )


# the lines of those who say that it helped
THANKED = ImpactLine.kind.in_(("thanks", "relay"))
# a post's thank-you link
LINKED = ThanksLink.about == literal("post:").concat(cast(Post.id, String))


def _people() -> Any:
    """How many people say that a post of a member's helped them, each once, as a scalar subquery."""
    return (
        select(func.count(distinct(ImpactLine.person_id)) + func.count(distinct(ImpactLine.reader)))
        .where(ImpactLine.member_id == ME, ImpactLine.about.like("post:%"), THANKED)
        .scalar_subquery()
    )


def _link() -> tuple[Any, ...]:
    """Of a post joined with its thank-you link: code, cover_media_id, and how many say it helped."""
    helped = (
        select(func.count(ImpactLine.id))
        .where(ImpactLine.member_id == Post.member_id, ImpactLine.about == ThanksLink.about, THANKED)
        .correlate(Post, ThanksLink)
        .scalar_subquery()
    )
    return (ThanksLink.code, ThanksLink.cover_media_id, helped.label("helped"))


@lru_cache
def _posts() -> Any:
    mine = aliased(Post)
    number = select(func.count(mine.id)).where(mine.member_id == ME).scalar_subquery()
    return (
        select(
            *POST,
            *_link(),
            number.label("number"),
            _counts("views").label("views"),
            _people().label("people"),
        )
        .outerjoin(ThanksLink, LINKED)
        .where(Post.member_id == ME, Post.id < BELOW)
        .order_by(Post.id.desc())
        .limit(PAGE + 1)
    )


POST = (
    Post.id,
    Post.member_id,
    Post.link,
    Post.platform,
    Post.title,
    Post.made_for,
    Post.registered_at,
)


@lru_cache
def _figures() -> Any:
    latest_first = (PostFigure.at.desc(), PostFigure.id.desc())
    nth = func.row_number().over(partition_by=(PostFigure.post_id, PostFigure.metric), order_by=latest_first)
    rows = (
        select(
            PostFigure.id,
            PostFigure.post_id,
            PostFigure.metric,
            PostFigure.value,
            PostFigure.source,
            PostFigure.state,
            PostFigure.media_id,
            PostFigure.at,
            nth.label("nth"),
        )
        .where(PostFigure.post_id.in_(POSTS))
        .subquery("newest")
    )
    return select(rows).where(rows.c.nth <= DRAWN).order_by(rows.c.at, rows.c.id)


def posts(member_id: int, cursor: str | None) -> Posts:
    """A member's posts, the newest first, in at most three queries."""
    page = page_by_id(read(_posts(), {"me": member_id, "below": below(cursor)}).all(), PAGE)
    if not page.rows:
        return Posts([], None, 0, 0, 0, {})
    figures = _figures_of([row.id for row in page.rows])
    rewards = rewards_of([row.made_for for row in page.rows])
    first = page.rows[0]
    rows = [shown(row, figures) for row in page.rows]
    return Posts(rows, page.next, first.number, first.views, first.people, rewards)


def _figures_of(ids: list[int]) -> Sequence[Any]:
    """The newest figures of these posts, the earliest first."""
    return read(_figures(), {"posts": ids}).all()


@lru_cache
def _post() -> Any:
    return (
        select(*POST, *_link())
        .outerjoin(ThanksLink, LINKED)
        .where(Post.id == bindparam("post"), Post.member_id == ME)
    )


def post(post_id: int, member_id: int) -> tuple[Shown, Sequence[Any]]:
    """One's own post with its figures, and what they bring. Raises NotFound for anybody else's."""
    row = read(_post(), {"post": post_id, "me": member_id}).one_or_none()
    if row is None:
        raise NotFound
    return shown(row, _figures_of([post_id])), rewards_of([row.made_for]).get(row.made_for, ())


@lru_cache
def _own_link() -> Any:
    return select(
        ThanksLink.code, ThanksLink.title, members.appears_as(ThanksLink.member_id).label("name")
    ).where(ThanksLink.code == bindparam("code"), ThanksLink.member_id == ME)


def own_link(code: str, member_id: int) -> Any:
    """One's own thank-you link: code, title, and one's name as one allows. Raises NotFound for any other."""
    known = normal_code(code)
    link = read(_own_link(), {"code": known, "me": member_id}).one_or_none() if known else None
    if link is None:
        raise NotFound
    return link


@lru_cache
def best() -> Any:
    """The highest figures that count of posts (parameter `posts`): the fields of `services_posts.Counted`."""
    return (
        select(
            PostFigure.post_id,
            Post.member_id,
            Post.made_for,
            PostFigure.metric,
            func.max(PostFigure.value).label("value"),
            func.max(PostFigure.at).label("at"),
        )
        .join(Post, Post.id == PostFigure.post_id)
        .where(PostFigure.post_id.in_(POSTS), PostFigure.state == "confirmed")
        .group_by(PostFigure.post_id, Post.member_id, Post.made_for, PostFigure.metric)
    )


@lru_cache
def posts_of() -> Any:
    """Posts by id (parameter `posts`): id, member_id, made_for, title, link."""
    return select(Post.id, Post.member_id, Post.made_for, Post.title, Post.link).where(Post.id.in_(POSTS))


def made_of(made_for: Any) -> Any:
    """The posts made for something: post_id, metric, value (the highest that counts; both None without
    any), for a feature above to join. `made_for` is a column or parameter of theirs."""
    counts = and_(PostFigure.post_id == Post.id, PostFigure.state == "confirmed")
    return (
        select(
            Post.id.label("post_id"),
            PostFigure.metric,
            func.max(PostFigure.value).label("value"),
            Post.made_for,
        )
        .select_from(Post)
        .outerjoin(PostFigure, counts)
        .where(made_for(Post.made_for))
        .group_by(Post.id, PostFigure.metric, Post.made_for)
    )


def numbers_of(made_for: Any) -> Any:
    """The numbers of the posts made for something, "3,12", as a scalar subquery; None without any. `made_for`
    is an expression of a feature above."""
    numbers = func.aggregate_strings(cast(Post.id, String), ",")
    return select(numbers).where(Post.made_for == made_for).scalar_subquery()


def registered_by(link_key: str) -> set[int]:
    """The members who registered this link."""
    return set(read(select(Post.member_id).where(Post.link_key == link_key)).scalars())


def taken(link_key: str, member_id: int) -> bool:
    """Whether others registered this link and the member didn't."""
    whose = registered_by(link_key)
    return bool(whose) and member_id not in whose


# --- staff ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """What a member reported of one post in one go. `before` is what counted until then, by metric; `twins`
    are the posts of others with the same link."""

    id: int
    post: Any
    at: Any
    media: Any | None
    figures: list[Any]
    twins: list[Any]


@lru_cache
def _waiting() -> Any:
    """The waiting reports, the earliest first: a row for each figure, as many reports as fit on a page."""
    first, counted, latest = aliased(PostFigure), aliased(PostFigure), aliased(PostFigure)
    reports = (
        select(func.min(first.id).label("id"), first.post_id, first.at)
        .where(first.state == "waiting")
        .group_by(first.post_id, first.at)
        .having(func.min(first.id) > bindparam("above", type_=Integer))
        .order_by(func.min(first.id))
        .limit(PAGE + 1)
        .subquery("reports")
    )
    before = (
        select(latest.id)
        .where(
            latest.post_id == PostFigure.post_id,
            latest.metric == PostFigure.metric,
            latest.state == "confirmed",
        )
        .order_by(latest.at.desc(), latest.id.desc())
        .limit(1)
        .correlate(PostFigure)
        .scalar_subquery()
    )
    return (
        select(
            reports.c.id.label("report_id"),
            reports.c.at.label("reported_at"),
            *POST,
            Post.link_key,
            members.name_of(Post.member_id).label("member_name"),
            PostFigure.metric,
            PostFigure.value,
            PostFigure.media_id,
            counted.value.label("before"),
        )
        .select_from(reports)
        .join(PostFigure, and_(PostFigure.post_id == reports.c.post_id, PostFigure.at == reports.c.at))
        .join(Post, Post.id == reports.c.post_id)
        .outerjoin(counted, counted.id == before)
        .where(PostFigure.state == "waiting")
        .order_by(reports.c.id, PostFigure.id)
    )


def waiting_reports(cursor: str | None) -> Page[Report]:
    """Reports that wait for staff, the earliest first, in three queries: with their screenshots, and with who
    else registered the same link."""
    above = below(cursor) if cursor else 0
    rows = read(_waiting(), {"above": above if cursor else 0}).all()
    ids = list(dict.fromkeys(row.report_id for row in rows))
    tiles = media.tiles({row.media_id for row in rows if row.media_id is not None})
    same = named_posts({row.link_key for row in rows}, ()) if rows else ()
    reports = []
    for number in ids:
        mine = [row for row in rows if row.report_id == number]
        post = mine[0]
        twins = [one for one in same if one.link_key == post.link_key and one.id != post.id]
        reports.append(Report(number, post, post.reported_at, tiles.get(post.media_id), mine, twins))
    return page_by_id(reports, PAGE)


@lru_cache
def _named() -> Any:
    return select(*POST, Post.link_key, members.name_of(Post.member_id).label("member_name")).where(
        or_(Post.link_key.in_(bindparam("keys", type_=String, expanding=True)), Post.id.in_(POSTS))
    )


def named_posts(keys: Collection[str], ids: Collection[int]) -> Sequence[Any]:
    """The posts that lines of a file may mean, by link or by number, in one query."""
    return read(_named(), {"keys": list(keys) or [""], "posts": list(ids) or [0]}).all()


# so many posts fit into a file that can be imported again once its figures are filled in
IN_FILE = 250


def last_number() -> int:
    """The highest number of a post, 0 without any."""
    return read(select(func.coalesce(func.max(Post.id), 0))).scalar_one()


@lru_cache
def _known() -> Any:
    return (
        select(Post.id, Post.link, Post.title, members.name_of(Post.member_id).label("member_name"))
        .where(Post.id >= bindparam("first", type_=Integer), Post.id < bindparam("beyond", type_=Integer))
        .order_by(Post.id)
    )


def known_posts(first: int) -> Sequence[Any]:
    """The posts from this number on that fit into a file: id, link, title, member_name."""
    return read(_known(), {"first": first, "beyond": first + IN_FILE}).all()
