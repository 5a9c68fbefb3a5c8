"""Results ladders: what a published work brings beyond its approval, by the figures its posts reach.

The ladder is that of the version its member began with. Each rung pays once for ever: its row is the lock,
whoever writes it first pays, however figures rise and fall and however many confirm or import at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, select

from app.blueprints.impact import services_posts as posts
from app.blueprints.impact.policies_links import shared
from app.blueprints.impact.policies_posts import REACHED
from app.blueprints.inbox import services as inbox
from app.blueprints.points import services as points
from app.blueprints.quests.models import Evidence, QuestVersion, RungPaid, Submission
from app.blueprints.quests.policies_ladder import MADE_FOR, rung_key
from app.core import clock
from app.core.db import read, table, upsert, write
from app.core.i18n import N_, both, pair


def register_posts(work: Any) -> None:
    """Register what the links of an approved work lead to as its member's posts, in the unit of work that
    approves it."""
    if not any(step.get("evidence") == "link" for step in work.steps):
        return
    for body in read(_links(), {"work": work.id, "sent_round": work.round}).scalars():
        if found := shared(body):
            posts.register(found, member_id=work.member_id, made_for=f"{MADE_FOR}{work.id}", title=work.title)


@lru_cache
def _links() -> Any:
    return (
        select(Evidence.body)
        .where(
            Evidence.submission_id == bindparam("work"),
            Evidence.round == bindparam("sent_round"),
            Evidence.link_key.is_not(None),
        )
        .order_by(Evidence.id)
    )


def pay_rungs(figure: posts.Counted, by_id: int | None) -> None:
    """Pay what the ladder of the work promises for this figure and hasn't paid yet (impact's
    `when_figures_count`)."""
    kind, _, number = (figure.made_for or "").partition(":")
    if f"{kind}:" != MADE_FOR or not number.isdigit():
        return
    work = read(_work(), {"work": int(number)}).one_or_none()
    if work is None or work.member_id != figure.member_id or work.state != "approved":
        return
    for rung in sorted(work.results_ladder, key=lambda row: row["from"]):
        if rung["metric"] == figure.metric and rung["from"] <= figure.value and _first(work.id, rung):
            _pay(work, rung, figure, by_id)


@lru_cache
def _work() -> Any:
    return (
        select(
            Submission.id,
            Submission.member_id,
            Submission.state,
            QuestVersion.results_ladder,
            QuestVersion.title,
            QuestVersion.title_en,
        )
        .join(QuestVersion, QuestVersion.id == Submission.version_id)
        .where(Submission.id == bindparam("work", type_=Integer))
    )


def _first(submission_id: int, rung: dict[str, Any]) -> bool:
    """Whether the rung has not been paid before; if so it is taken, and nobody else gets it."""
    row = {"submission_id": submission_id, "metric": rung["metric"], "threshold": rung["from"]}
    taken = write(_take(), row | {"points": rung.get("points") or 0, "at": clock.now()})
    return taken.first() is not None


@lru_cache
def _take() -> Any:
    rung = table(RungPaid)
    return upsert(rung).on_conflict_do_nothing().returning(rung.c.threshold)


def _pay(work: Any, rung: dict[str, Any], figure: posts.Counted, by_id: int | None) -> None:
    key, link = rung_key(work.id, rung), f"/work/{work.id}"
    reached = both(REACHED[rung["metric"]], num=f"{rung['from']:,}")
    title = both(N_("“%(quest)s” reached %(what)s"), quest=pair(work.title, work.title_en), what=reached)
    amount = rung.get("points") or 0
    if amount:
        # exactly what the ladder said when they began: no rule's caps, no campaign
        points.award(
            work.member_id, key=key, rule_key=None, promised=amount, acted_at=figure.at, title=title,
            link=link, by=by_id,
        )  # fmt: skip
    inbox.notify(
        [
            inbox.NewNotice(
                key=key,
                member_id=work.member_id,
                icon="i-point",
                title=title,
                body=both(N_("%(points)s points"), points=f"{amount:,}") if amount else None,
                link=link,
            )
        ]
    )
