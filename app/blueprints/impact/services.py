"""Writing down who helped whom. The only writers of the lines, their bundles, and whom somebody helped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, case, delete, func, insert, select, update

from app.blueprints.impact.models import Helped, HelpedReader, ImpactBundle, ImpactLine, ThanksReply
from app.blueprints.members import queries as members
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, read, table, upsert, write
from app.core.errors import NotFound
from app.core.i18n import N_, both
from app.core.uow import unit_of_work


@dataclass(frozen=True, kw_only=True)
class Help:
    """One help: `member_id` helped a member (`person_id`) or a `reader` without an account with `subject`;
    `outcome` is what came of it. Without either it helped nobody in particular (a milestone of reach).

    `key` names it for ever, so that the same help can't be written twice; `about` names the work it is about
    ("post:12"; None: nothing else is), for which nobody is counted twice. Lines of one `bundle` and week
    stand together in the feed; None stands alone. `person_name` is what a reader calls themselves.
    """

    key: str
    member_id: int
    kind: str
    person_id: int | None = None
    reader: str | None = None
    person_name: str | None = None
    subject: dict[str, Any]
    outcome: dict[str, Any] | None = None
    link: str | None = None
    occurred_at: datetime = field(default_factory=clock.now)
    quote: str | None = None
    about: str | None = None
    bundle: str | None = None
    thanks_id: int | None = None


def add_lines(helps: list[Help]) -> None:
    """Write impact lines and count each person helped once. Joins the caller's unit of work.

    Nobody helps themselves: a line from a member to the same member is an error of the caller
    (CHECK not_oneself), and so is a second line for the same person and work (UNIQUE).
    """
    if not helps:
        return
    # in one order everywhere, so that two who write at once never wait for each other's bundles crosswise
    helps = sorted(helps, key=bundle_key)
    _write(helps, [_in_bundle(each) for each in helps])


def _write(helps: list[Help], bundles: list[int]) -> None:
    """Write lines into their bundles, and count the people in them."""
    rows = [_row(each, bundle_id) for each, bundle_id in zip(helps, bundles, strict=True)]
    ids = write(_lines(), rows).scalars().all()
    written = list(zip(helps, ids, strict=True))
    people = [
        {"member_id": each.member_id, "person_id": each.person_id, "first_line_id": line_id}
        for each, line_id in written
        if each.person_id is not None
    ]
    if people:
        write(_first(Helped), sorted(people, key=lambda row: (row["member_id"], row["person_id"])))
        _tell_mentors([row["member_id"] for row in people])
    readers = [
        {"member_id": each.member_id, "reader": each.reader, "first_line_id": line_id}
        for each, line_id in written
        if each.reader is not None
    ]
    if readers:
        write(_first(HelpedReader), sorted(readers, key=lambda row: (row["member_id"], row["reader"])))


def add_line_once(each: Help) -> bool:
    """Write a line that stands alone unless it is there already; whether it is new. Joins the caller's unit
    of work.

    Its bundle, which is its own, is claimed first: of two who write it at once, one waits and finds it there.
    """
    bundle_id = write(_claim(), _bundle_of(each)).scalar()
    if bundle_id is None:
        return False
    _write([each], [bundle_id])
    return True


def _row(each: Help, bundle_id: int) -> dict[str, Any]:
    return {
        "key": each.key,
        "member_id": each.member_id,
        "kind": each.kind,
        "about": each.about or each.key,
        "bundle_id": bundle_id,
        "thanks_id": each.thanks_id,
        "person_id": each.person_id,
        "reader": each.reader,
        "person_name": each.person_name,
        "subject": each.subject,
        "outcome": each.outcome,
        "quote": each.quote,
        "link": each.link,
        "occurred_at": each.occurred_at,
    }


def bundle_key(each: Help) -> str:
    """What the bundle of a line is called: those of one week (ISO, in UTC) stand together."""
    if each.bundle is None:
        return each.key
    year, week, _day = each.occurred_at.isocalendar()
    return f"{each.member_id}:{each.bundle}:{year}-{week:02}"


def _in_bundle(each: Help) -> int:
    """The bundle of a new line, counted one line larger."""
    found: int = write(_bundle(), _bundle_of(each)).scalar_one()
    return found


def _bundle_of(each: Help) -> dict[str, Any]:
    return {
        "key": bundle_key(each),
        "member_id": each.member_id,
        "kind": each.kind,
        "lines": 1,
        "latest_at": each.occurred_at,
    }


@lru_cache
def _claim() -> Any:
    bundle = table(ImpactBundle)
    return upsert(bundle).on_conflict_do_nothing(index_elements=["key"]).returning(bundle.c.id)


@lru_cache
def _bundle() -> Any:
    bundle = table(ImpactBundle)
    new = upsert(bundle)
    # the line written last may tell of an earlier moment
    later = case(
        (bundle.c.latest_at > new.excluded.latest_at, bundle.c.latest_at), else_=new.excluded.latest_at
    )
    return new.on_conflict_do_update(
        index_elements=["key"],
        # what was hidden stays hidden: more of the same brings it not back
        set_={"lines": bundle.c.lines + 1, "latest_at": later},
    ).returning(bundle.c.id)


def withdraw_lines(keys: list[str]) -> None:
    """Take back lines whose cause was taken back. A person counts as helped as long as another line says so.

    Joins the caller's unit of work; keys that name nothing are ignored.
    """
    if not keys:
        return
    lines = db.session.execute(
        select(ImpactLine.id, ImpactBundle.id.label("bundle_id"), ImpactBundle.key)
        .join(ImpactBundle, ImpactBundle.id == ImpactLine.bundle_id)
        .where(ImpactLine.key.in_(keys))
    ).all()
    if not lines:
        return
    ids = [line.id for line in lines]
    # bundles first and then people, as who writes lines takes them
    for _key, bundle_id in sorted({(line.key, line.bundle_id) for line in lines}):
        _hold(bundle_id)
    for model, who in ((Helped, "person_id"), (HelpedReader, "reader")):
        _uncount(model, who, ids)
    helpers = set(db.session.scalars(select(ImpactLine.member_id).where(ImpactLine.id.in_(ids))))
    db.session.execute(delete(ThanksReply).where(ThanksReply.line_id.in_(ids)))
    # by what this deletes: of two who withdraw the same at once, one finds it gone
    gone = delete(ImpactLine).where(ImpactLine.id.in_(ids)).returning(ImpactLine.bundle_id)
    for bundle_id, number in sorted(Counter(db.session.scalars(gone)).items()):
        _shrink(bundle_id, number)
    # who has helped nobody any more has passed nothing on
    still = set(db.session.scalars(select(Helped.member_id).where(Helped.member_id.in_(helpers)).distinct()))
    withdraw_lines([passed_on_key(member_id) for member_id in sorted(helpers - still)])


def passed_on_key(mentee_id: int) -> str:
    return f"passed-on:{mentee_id}"


def _tell_mentors(helpers: list[int]) -> None:
    """A line for the mentor of each of these who has just helped somebody for the first time."""
    for row in read(_passed_on(), {"helpers": sorted(set(helpers))}).all():
        # once for each mentee: of two who count their first help at once, one finds it told
        add_line_once(
            Help(
                key=passed_on_key(row.mentee_id),
                member_id=row.mentor_id,
                kind="milestone",
                person_id=row.mentee_id,
                subject=both(N_("You are their mentor")),
                outcome=both(N_("passed the light on: they helped somebody for the first time")),
                link=f"/members/{row.mentee_id}",
            )
        )


@lru_cache
def _passed_on() -> Any:
    """Of the members `helpers` those who have a mentor and have helped one member: mentee_id, mentor_id."""
    mentorship = members.running_mentorships().subquery("mentorship")
    helped = select(func.count()).where(Helped.member_id == mentorship.c.mentee_id).scalar_subquery()
    return select(mentorship.c.mentee_id, mentorship.c.mentor_id).where(
        mentorship.c.mentee_id.in_(bindparam("helpers", type_=Integer, expanding=True)),
        helped == 1,
    )


def _uncount(model: Any, who: str, ids: list[int]) -> None:
    """Let those who were counted for lines `ids` count for another line, or not any more."""
    person, line_is = getattr(model, who), getattr(ImpactLine, who)
    of_them = select(ImpactLine.id).where(
        ImpactLine.id.in_(ids), ImpactLine.member_id == model.member_id, line_is == person
    )
    # everybody in these lines, counted for them or not: another may let them count for one that goes here
    held = db.session.execute(
        select(model.member_id, person.label("person"), model.first_line_id)
        .where(of_them.exists())
        .order_by(model.member_id, person)
        .with_for_update()
    ).all()
    for member_id, person_is, first_line_id in held:
        if first_line_id not in ids:
            continue
        other = db.session.scalar(
            select(func.min(ImpactLine.id)).where(
                ImpactLine.member_id == member_id, line_is == person_is, ImpactLine.id.not_in(ids)
            )
        )
        whose = (model.member_id == member_id, person == person_is)
        if other is None:
            db.session.execute(delete(model).where(*whose))
        else:
            db.session.execute(update(model).where(*whose).values(first_line_id=other))


def _hold(bundle_id: int) -> None:
    """Let nobody else change a bundle until the unit of work is over."""
    db.session.execute(select(ImpactBundle.id).where(ImpactBundle.id == bundle_id).with_for_update())


def _shrink(bundle_id: int, by: int) -> None:
    """Count a bundle smaller by so many lines, which are gone already; an empty one goes with them."""
    gone = delete(ImpactBundle).where(ImpactBundle.id == bundle_id, ImpactBundle.lines <= by)
    if db.session.execute(gone).rowcount:  # type: ignore[attr-defined]
        return
    latest = select(func.max(ImpactLine.occurred_at)).where(ImpactLine.bundle_id == bundle_id)
    db.session.execute(
        update(ImpactBundle)
        .where(ImpactBundle.id == bundle_id)
        .values(lines=ImpactBundle.lines - by, latest_at=latest.scalar_subquery())
    )


def give_words(key: str, quote: str | None, person_name: str | None) -> None:
    """Let a line that was counted without words show them from now on; with a quote it stands alone then, as
    the newest. Joins the caller's unit of work. Raises NotFound for a line that isn't there.
    """
    line = db.session.execute(
        select(ImpactLine.id, ImpactLine.member_id, ImpactLine.kind, ImpactLine.bundle_id).where(
            ImpactLine.key == key
        )
    ).one_or_none()
    if line is None:
        raise NotFound
    said = {"quote": quote, "person_name": person_name}
    if quote:
        _hold(line.bundle_id)
        values = {"key": key, "member_id": line.member_id, "kind": line.kind, "lines": 1}
        said["bundle_id"] = write(_bundle(), values | {"latest_at": clock.now()}).scalar_one()
    db.session.execute(update(ImpactLine).where(ImpactLine.id == line.id).values(said))
    if quote:
        _shrink(line.bundle_id, 1)


def hide_bundle(bundle_id: int, *, hidden: bool, by: Actor) -> None:
    """Leave an entry out of one's own feed, or take it in again. Its lines stay counted.

    Raises NotFound for anybody else's.
    """
    with unit_of_work():
        done = write(_hide(), {"bundle": bundle_id, "me": by.id, "moment": clock.now() if hidden else None})
        if not done.rowcount:
            raise NotFound


@lru_cache
def _hide() -> Any:
    bundle = table(ImpactBundle)
    return (
        update(bundle)
        .where(bundle.c.id == bindparam("bundle"), bundle.c.member_id == bindparam("me"))
        .values(hidden_at=bindparam("moment", type_=bundle.c.hidden_at.type))
    )


@lru_cache
def _lines() -> Any:
    lines = table(ImpactLine)
    return insert(lines).returning(lines.c.id, sort_by_parameter_order=True)


@lru_cache
def _first(model: Any) -> Any:
    """Count a person who isn't counted yet. Who is counted stays so by their first line, and their row is
    locked: somebody who withdraws that line meanwhile has to see the new one."""
    people = table(model)
    return upsert(people).on_conflict_do_update(
        index_elements=[column.name for column in people.primary_key],
        set_={"first_line_id": people.c.first_line_id},
    )
