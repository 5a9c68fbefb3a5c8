"""The milestones that a post's readers carry it over, each a line of its member's: written once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select

from app.blueprints.impact import services as impact
from app.blueprints.impact.models import ImpactLine, ThanksLink
from app.blueprints.impact.policies_posts import milestones
from app.core.db import read
from app.core.i18n import N_, both

WAS_READ = N_("was read %(num)s times")


def reached(views: Iterable[tuple[int, int, datetime]]) -> None:
    """Write a line for each post that passes a milestone with these views (post, value, when they were taken)
    and hasn't passed it or a higher one before. Joins the unit of work in which they begin to count.

    It comes last there: whoever pays for figures has locked their wallets already, so that two who write at
    once wait for each other in one order.
    """
    highest: dict[int, tuple[int, datetime]] = {}
    for post_id, value, at in views:
        if milestones(value) and value > highest.get(post_id, (0, at))[0]:
            highest[post_id] = (value, at)
    if not highest:
        return
    abouts = {f"post:{post_id}": post_id for post_id in highest}
    for link in read(_links(), {"abouts": list(abouts)}).all():
        post_id = abouts[link.about]
        value, at = highest[post_id]
        passed = milestones(value)[-1]
        higher = [_key(post_id, number) for number in milestones(None) if number >= passed]
        if read(_known(), {"keys": higher}).first() is None:
            _write(link, post_id, passed, at)


def _key(post_id: int, number: int) -> str:
    return f"reach:{post_id}:{number}"


def _write(link: Any, post_id: int, number: int, at: datetime) -> None:
    impact.add_line_once(
        impact.Help(
            key=_key(post_id, number),
            member_id=link.member_id,
            kind="reach",
            subject=both(N_("Your “%(title)s”"), title=link.title),
            outcome=both(WAS_READ, num=f"{number:,}"),
            link=f"/posts/{post_id}",
            occurred_at=at,
        )
    )


@lru_cache
def _links() -> Any:
    """In one order everywhere, so that two who write at once never wait for each other crosswise."""
    return (
        select(ThanksLink.about, ThanksLink.member_id, ThanksLink.title)
        .where(ThanksLink.about.in_(bindparam("abouts", expanding=True)))
        .order_by(ThanksLink.id)
    )


@lru_cache
def _known() -> Any:
    return select(ImpactLine.id).where(ImpactLine.key.in_(bindparam("keys", expanding=True))).limit(1)
