"""Which earlier works a piece of work looks like: its picture shares a quarter with theirs, or its link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal_column, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.media import queries as media
from app.blueprints.members import queries as members
from app.blueprints.quests.models import Evidence, LikenessCleared, Submission

SHOWN = 3  # so many earlier works are put beside the new one
# what shares a quarter is looked at more closely, the newest of it first
CANDIDATES = 200


@dataclass(frozen=True)
class Found:
    """One way of being alike: `columns` by name and what they are selected from."""

    columns: dict[str, Any]
    source: Any


def found(work_id: Any, at_most: Any) -> list[Found]:
    """Candidates by picture and works by link, for the review page's one statement. Earlier is what was put
    in before, by anybody; what a reviewer said to be two isn't found again."""
    return [_by_picture(work_id, at_most), _by_link(work_id, at_most)]


def _another(mine: Any, other: Any) -> Any:
    """Other work than this that was sent, not said to be two."""
    work = aliased(Submission)
    cleared = select(LikenessCleared.submission_id).where(
        LikenessCleared.submission_id == mine.submission_id,
        LikenessCleared.earlier_id == other.submission_id,
    )
    return work, (work.id == other.submission_id) & (work.id != mine.submission_id) & (
        work.state != "working"
    ) & ~cleared.correlate(mine, other).exists()


def _of_work(work: Any) -> dict[str, Any]:
    return {
        "work_id": work.id,
        "member_id": work.member_id,
        "name": members.name_of(work.member_id),
        "at": work.submitted_at,
        "state": work.state,
    }


def _by_picture(work_id: Any, at_most: Any) -> Found:
    mine, other = aliased(Evidence), aliased(Evidence)
    look, near = media.likeness_table(), media.likeness_table()
    work, another = _another(mine, other)
    names = [f"quarter_{n}" for n in range(4)]
    # a quarter without a step (sky, night) is shared by very many: it says nothing
    shares = or_(*((near.c[name] == look.c[name]) & (look.c[name] != literal_column("0")) for name in names))
    columns = {"round": mine.round, "mine": mine.media_id, "id": other.media_id}
    columns |= {"bits": look.c.bits, "near": near.c.bits} | _of_work(work)
    source = (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(mine)
        .join(look, look.c.media_id == mine.media_id)
        .join(near, shares & (near.c.media_id < look.c.media_id))
        .join(other, other.media_id == near.c.media_id)
        .join(work, another)
        .where(mine.submission_id == work_id, mine.round == at_most)
        .order_by(other.id.desc())
        .limit(CANDIDATES)
        .subquery("near_pictures")
    )
    return Found({name: source.c[name] for name in columns}, source)


def _by_link(work_id: Any, at_most: Any) -> Found:
    mine, other, own = aliased(Evidence), aliased(Evidence), aliased(Evidence)
    work, another = _another(mine, other)
    # a next round copies what was sent: the first time it stood there counts
    had_it = select(own.id).where(
        own.submission_id == mine.submission_id, own.link_key == mine.link_key, own.id < other.id
    )
    columns = {"round": mine.round, "body": other.body} | _of_work(work)
    source = (
        select(*(column.label(name) for name, column in columns.items()))
        .select_from(mine)
        .join(other, other.link_key == mine.link_key)
        .join(work, another)
        .where(mine.submission_id == work_id, mine.round == at_most, ~had_it.correlate(mine, other).exists())
        .order_by(other.id.desc())
        .limit(CANDIDATES)
        .subquery("same_links")
    )
    return Found({name: source.c[name] for name in columns}, source)
