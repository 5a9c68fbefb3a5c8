"""Posts that members published elsewhere, and the figures these reach. The only writer of both.

A figure is never changed: a later one stands beside it. What a member reports counts once staff confirm it,
what a file says counts at once. Whoever pays for figures is told in the same transaction
(`when_figures_count`) and sees to it that nothing is paid twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from app.blueprints.impact import queries_posts as queries
from app.blueprints.impact import queries_thanks, services_links, services_reach
from app.blueprints.impact.models import Post, PostFigure
from app.blueprints.impact.policies_links import MOST_TITLE, Shared
from app.blueprints.impact.policies_posts import METRICS, MOST
from app.blueprints.inbox import services as inbox
from app.blueprints.media import services as media
from app.core import audit, clock
from app.core.actor import Actor
from app.core.db import db, read, table, upsert, write
from app.core.errors import Forbidden, Invalid, NotFound, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

MOST_KEY = 80
MOST_REASON = 200


@dataclass(frozen=True)
class Counted:
    """A figure that counts from now on; `made_for` is the post's, `at` when the figure was taken."""

    post_id: int
    member_id: int
    made_for: str | None
    metric: str
    value: int
    at: datetime


_listeners: list[Callable[[Counted, int | None], None]] = []


def when_figures_count(callback: Callable[[Counted, int | None], None]) -> None:
    """Call `callback(figure, by_id)` inside the transaction in which a figure begins to count."""
    if callback not in _listeners:
        _listeners.append(callback)


def _count(figures: Sequence[Counted], by: int) -> None:
    """Let figures count from now on."""
    _tell(figures, by)
    services_reach.reached((one.post_id, one.value, one.at) for one in figures if one.metric == "views")


def _tell(figures: Sequence[Counted], by: int | None) -> None:
    # always in the same order, so that two who write at once never wait for each other's wallets crosswise
    for figure in sorted(figures, key=lambda one: (one.member_id, one.post_id, one.metric)):
        for callback in _listeners:
            callback(figure, by)


# --- posts ------------------------------------------------------------------------------------------


def register(
    found: Shared, *, member_id: int, made_for: str | None = None, title: str = ""
) -> tuple[int, bool]:
    """Register a post, or find the one that the member registered before; its id, and whether it is new.
    Joins the caller's unit of work.

    What it was made for is written once: a post counts for one piece of work. When it has figures that
    count already, they count for that work too.
    """
    post_id = write(
        _new_post(),
        {
            "member_id": member_id,
            "link": found.link,
            "link_key": found.key,
            "platform": found.platform,
            "title": found.title or title,
            "made_for": made_for,
            "registered_at": clock.now(),
        },
    ).scalar()
    if post_id is not None:
        name = found.title or title or found.link
        services_links.give_link(f"post:{post_id}", member_id=member_id, kind="post", title=pair(name, name))
        return post_id, True
    known = db.session.scalars(
        select(Post.id).where(Post.member_id == member_id, Post.link_key == found.key)
    ).one()
    if made_for is not None:
        db.session.execute(
            update(Post)
            .where(Post.id == known, or_(Post.made_for.is_(None), Post.made_for == made_for))
            .values(made_for=made_for)
        )
        _tell([Counted(**row._mapping) for row in read(queries.best(), {"posts": [known]})], None)
    return known, False


@lru_cache
def _new_post() -> Any:
    post = table(Post)
    return upsert(post).on_conflict_do_nothing(index_elements=["member_id", "link_key"]).returning(post.c.id)


TAKEN = N_("Somebody else has registered this link already. If you published it, say so here.")


def register_post(found: Shared | None, *, by: Actor, mine: bool = False) -> tuple[int, bool]:
    """A member registers a post of theirs; its id, and whether it is new: the same again is the same post.

    Who came first proves nothing, so a link that another has registered is refused until they say that it is
    theirs (`mine`); staff then see both. Raises Invalid for that (field "mine"), and without a link.
    """
    if found is None:
        raise Invalid(
            fields={"text": N_("There is no link in it. Choose “copy link” where you published it.")}
        )
    with unit_of_work():
        if not mine and queries.taken(found.key, by.id):
            raise Invalid(fields={"mine": TAKEN})
        return register(found, member_id=by.id)


def titled(text: str) -> str:
    """A post's title as its member corrects it. Raises Invalid for none, or one that is too long."""
    title = " ".join(text.replace("\x00", "").split())
    if not 0 < len(title) <= MOST_TITLE:
        raise Invalid(fields={"title": N_("A title, please, of at most %(most)s letters.")}, most=MOST_TITLE)
    return title


def correct_post(
    post_id: int, *, title: str, cover_media_id: int | None = None, uncover: bool = False, by: Actor
) -> None:
    """A member corrects the title of a post of theirs, and gives it a cover picture or takes it away; its
    thank-you link says the same. A cover that is replaced is deleted.

    Raises NotFound for a post that isn't theirs, Invalid for a title that can't be.
    """
    name, about = titled(title), f"post:{post_id}"
    with unit_of_work():
        mine = update(Post).where(Post.id == post_id, Post.member_id == by.id)
        if not db.session.execute(mine.values(title=name)).rowcount:  # type: ignore[attr-defined]
            raise NotFound
        link = queries_thanks.link_about(about)
        before = link.cover_media_id if link else None
        cover = cover_media_id or (None if uncover else before)
        services_links.give_link(
            about, member_id=by.id, kind="post", title=pair(name, name), cover_media_id=cover
        )
        if before not in (None, cover):
            media.remove_media([before])


# --- figures ----------------------------------------------------------------------------------------


def report_figures(
    post_id: int, figures: Mapping[str, int], *, key: str, media_id: int | None = None, by: Actor
) -> None:
    """A member says what a post of theirs has reached. It counts once staff have looked at it.

    `key` is the form's one-use token. Raises NotFound for a post that isn't theirs, Invalid for no figure.
    """
    with unit_of_work():
        mine = select(Post.id).where(Post.id == post_id, Post.member_id == by.id)
        if db.session.scalar(mine) is None:
            raise NotFound
        if not figures:
            raise Invalid(fields={"views": N_("Enter at least one number.")})
        if not 0 < len(key) <= MOST_KEY:
            raise Invalid(
                fields={"form": N_("This page has been open too long. Refresh it and try once more.")}
            )
        now = clock.now()
        write(
            _new_figures(),
            [
                _row(post_id, metric, value, f"report:{by.id}:{key}:{metric}", "reported", by.id, now)
                | {"state": "waiting", "media_id": media_id}
                for metric, value in figures.items()
            ],
        )


def _row(
    post_id: int, metric: str, value: int, key: str, source: str, by_id: int, at: datetime
) -> dict[str, Any]:
    if metric not in METRICS or not 0 <= value <= MOST:
        raise Invalid(fields={metric: N_("A whole number, please")})
    return {
        "key": key,
        "post_id": post_id,
        "metric": metric,
        "value": value,
        "source": source,
        "by_id": by_id,
        "at": at,
    }


@lru_cache
def _new_figures() -> Any:
    return upsert(table(PostFigure)).on_conflict_do_nothing(index_elements=["key"])


def decide_report(figure_id: int, *, confirm: bool, reason: str = "", by: Actor) -> None:
    """Staff confirm or refuse what a member reported in one go, of which `figure_id` is one figure.

    Raises NotFound, Forbidden for one's own, Stale when somebody has decided already.
    """
    with unit_of_work():
        report = read(_report(), {"figure": figure_id}).one_or_none()
        if report is None or not by.is_staff:
            raise NotFound
        if report.member_id == by.id:
            raise Forbidden(N_("Somebody else has to look at your own numbers."))
        decided = write(
            _decide(),
            {
                "of_post": report.post_id,
                "taken_at": report.at,
                "now_state": "confirmed" if confirm else "refused",
                "who": by.id,
                "now": clock.now(),
            },
        ).all()
        if not decided:
            raise Stale(N_("Somebody has decided on this already."))
        if confirm:
            whose = (report.post_id, report.member_id, report.made_for)
            _count([Counted(*whose, row.metric, row.value, report.at) for row in decided], by.id)
        else:
            _refused(report, reason.strip()[:MOST_REASON])
        audit.record(
            "figures.confirm" if confirm else "figures.refuse",
            f"post:{report.post_id}",
            by=by.id,
            after={row.metric: row.value for row in decided},
        )


def _refused(report: Any, reason: str) -> None:
    inbox.notify(
        [
            inbox.NewNotice(
                key=f"figures:{report.id}:refused",
                member_id=report.member_id,
                icon="i-info",
                title=both(N_("The numbers of “%(post)s” don't match yet"), post=report.title or report.link),
                body=pair(reason, None)
                if reason
                else both(N_("Look at them once more, and add a screenshot if you can.")),
                link=f"/posts/{report.post_id}",
            )
        ]
    )


@lru_cache
def _report() -> Any:
    return (
        select(
            PostFigure.id,
            PostFigure.post_id,
            PostFigure.at,
            Post.member_id,
            Post.made_for,
            Post.title,
            Post.link,
        )
        .join(Post, Post.id == PostFigure.post_id)
        .where(PostFigure.id == bindparam("figure"), PostFigure.source == "reported")
    )


@lru_cache
def _decide() -> Any:
    """Decide on all figures of one report, as far as nobody has: the state in the row decides."""
    figure = table(PostFigure)
    return (
        update(figure)
        .where(
            figure.c.post_id == bindparam("of_post"),
            figure.c.at == bindparam("taken_at", type_=figure.c.at.type),
            figure.c.source == "reported",
            figure.c.state == "waiting",
        )
        .values(
            state=bindparam("now_state"),
            decided_by_id=bindparam("who"),
            decided_at=bindparam("now", type_=figure.c.at.type),
        )
        .returning(figure.c.metric, figure.c.value)
    )


@dataclass(frozen=True)
class Said:
    """A figure that a file says of a post, taken at that moment."""

    post_id: int
    metric: str
    value: int
    at: datetime


def import_figures(said: Sequence[Said], *, by: Actor) -> int:
    """Take over what a file says; how many figures were new. They count at once.

    The same figure of the same post and moment again is the same: a second import changes nothing.
    """
    if not by.is_staff:
        raise NotFound
    with unit_of_work():
        posts = {row.id: row for row in read(queries.posts_of(), {"posts": [one.post_id for one in said]})}
        new: list[Counted] = []
        statement = _new_figures().returning(table(PostFigure).c.id)
        for one in sorted(set(said), key=lambda each: (each.post_id, each.metric, each.at)):
            post = posts.get(one.post_id)
            if post is None:
                raise NotFound
            key = f"import:{one.post_id}:{one.metric}:{one.at.isoformat()}:{one.value}"
            row = _row(one.post_id, one.metric, one.value, key, "imported", by.id, one.at)
            row |= {"state": "confirmed", "decided_by_id": by.id, "decided_at": clock.now()}
            if write(statement, row).scalar() is not None:
                new.append(Counted(post.id, post.member_id, post.made_for, one.metric, one.value, one.at))
        _count(new, by.id)
        if new:
            audit.record("figures.import", "posts", by=by.id, after={"figures": len(new)})
        return len(new)
