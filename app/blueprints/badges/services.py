"""Telling facts and lighting badges. The only writers of these tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, delete, func, insert, select, update

from app.blueprints.badges.models import Award, Badge, Fact
from app.core import clock
from app.core.db import add, db, table, write
from app.core.uow import unit_of_work


@dataclass(frozen=True)
class Lit:
    """A badge that has just been lit."""

    award_id: int
    badge_id: int


def record_fact(
    member_id: int,
    name: str,
    *,
    key: str,
    scopes: Iterable[str] = ("",),
    link: str | None = None,
    story: dict[str, Any] | None = None,
) -> list[Lit]:
    """Tell that `name` happened to a member, and light every badge that it completes.

    `key` names the event; telling it twice is an IntegrityError, and the unit of work undoes
    everything. `scopes` are where it counts
    ("quest:12", "track:photo", "" for everywhere). Returns the badges lit by it, each at most
    once a member for ever. Joins the caller's unit of work.
    """
    now = clock.now()
    scopes = list(scopes)
    add(
        Fact,
        [{"key": key, "member_id": member_id, "name": name, "scope": scope, "at": now} for scope in scopes],
    )
    values = {"who": member_id, "what": name, "scopes": scopes, "now": now, "page": link, "words": story}
    return _counted(write(_light(), values).all())


@lru_cache
def _light() -> Any:
    """Award every badge that the facts of `who` complete and that they haven't lit."""
    who, what = bindparam("who", type_=Integer), bindparam("what", type_=String)
    badge, award, mine = table(Badge), table(Award), table(Fact)
    count = (
        select(func.count())
        .select_from(mine)
        .where(mine.c.member_id == who, mine.c.name == what, mine.c.scope == badge.c.fact_scope)
        .scalar_subquery()
    )
    earned = select(
        who,
        badge.c.id,
        bindparam("now", type_=award.c.awarded_at.type),
        bindparam("page", type_=String),
        bindparam("words", type_=award.c.story.type),
    ).where(
        badge.c.fact == what,
        badge.c.fact_scope.in_(bindparam("scopes", expanding=True)),
        badge.c.fact_count <= count,
        ~select(award.c.id).where(award.c.member_id == who, award.c.badge_id == badge.c.id).exists(),
    )
    columns = ["member_id", "badge_id", "awarded_at", "link", "story"]
    return insert(award).from_select(columns, earned).returning(award.c.id, award.c.badge_id)


@lru_cache
def _one_more() -> Any:
    badge = table(Badge)
    return update(badge).where(badge.c.id == bindparam("lit")).values(award_count=badge.c.award_count + 1)


def _counted(rows: Sequence[Any]) -> list[Lit]:
    # in the order of their ids, so that two who light the same badges never wait for each other crosswise
    for badge_id in sorted(row.badge_id for row in rows):
        write(_one_more(), {"lit": badge_id})
    return [Lit(row.id, row.badge_id) for row in rows]


def withdraw_fact(key: str) -> list[int]:
    """Take back a fact, and every badge that its member would not have without it; the badges' ids.

    What other facts still complete stays lit. Badges that staff gave by hand count no fact, so they stay.
    Telling the same event again needs another key. Joins the caller's unit of work; harmless when nothing was
    told under `key`.
    """
    facts = db.session.execute(
        delete(Fact).where(Fact.key == key).returning(Fact.member_id, Fact.name, Fact.scope)
    ).all()
    if not facts:
        return []
    member_id, name = facts[0].member_id, facts[0].name
    left = (
        select(func.count(Fact.id))
        .where(Fact.member_id == member_id, Fact.name == name, Fact.scope == Badge.fact_scope)
        .correlate(Badge)
        .scalar_subquery()
    )
    lacking = select(Badge.id).where(
        Badge.fact == name, Badge.fact_scope.in_([fact.scope for fact in facts]), Badge.fact_count > left
    )
    gone = sorted(
        db.session.scalars(
            delete(Award)
            .where(Award.member_id == member_id, Award.badge_id.in_(lacking))
            .returning(Award.badge_id)
        )
    )
    # in the order of their ids, as when they are lit
    for badge_id in gone:
        db.session.execute(
            update(Badge).where(Badge.id == badge_id).values(award_count=Badge.award_count - 1)
        )
    return gone


def define_badge(
    *,
    key: str,
    name: str,
    name_en: str,
    track_key: str,
    icon: str,
    rung: int,
    fact: str | None,
    fact_scope: str = "",
    fact_count: int = 1,
) -> int:
    """Define a badge that lights once `fact` has happened `fact_count` times in `fact_scope`: its id."""
    return db.session.scalars(
        insert(Badge)
        .values(
            key=key,
            name=name,
            name_en=name_en,
            track_key=track_key,
            icon=icon,
            rung=rung,
            fact=fact,
            fact_scope=fact_scope,
            fact_count=fact_count,
            award_count=0,
            created_at=clock.now(),
        )
        .returning(Badge.id)
    ).one()


def redraw_badge(badge_id: int, *, name: str, name_en: str, track_key: str, icon: str, rung: int) -> None:
    """Change how a badge looks and is called; who has it keeps it."""
    db.session.execute(
        update(Badge)
        .where(Badge.id == badge_id)
        .values(name=name, name_en=name_en, track_key=track_key, icon=icon, rung=rung)
    )


def show_lit(award_id: int, *, by: int) -> bool:
    """Mark that the member sees the badge light up; True for the one request that may show it."""
    with unit_of_work():
        marked = db.session.execute(
            update(Award)
            .where(Award.id == award_id, Award.member_id == by, Award.shown_at.is_(None))
            .values(shown_at=clock.now())
        )
        return marked.rowcount == 1  # type: ignore[attr-defined]
