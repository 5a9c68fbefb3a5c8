"""Thanks: sent by readers and members, passed on by staff, read by staff first where they must be, answered.

Everything that follows from one (line, person counted, notice) happens in its transaction. The UNIQUE key of
reader and work lets each thank once; the quota is a guarded update of the link's own row, so that it is exact
however many processes take part.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, case, delete, or_, select, update

from app.blueprints.impact import queries_thanks as queries
from app.blueprints.impact import services as impact
from app.blueprints.impact.models import Thanks, ThanksLink, ThanksReply
from app.blueprints.impact.policies_thanks import (
    DID,
    HEARD,
    HOUR_THANKS,
    HOUR_WORDS,
    MOST_NAME,
    MOST_WORDS,
    OUTCOMES,
    RULES,
    hour_of,
    may_take_back,
)
from app.blueprints.impact.policies_words import held_for, without
from app.blueprints.inbox import services as inbox
from app.core import audit, clock
from app.core.actor import Actor
from app.core.crypto import pseudonym
from app.core.db import db, read, table, upsert, write
from app.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from app.core.i18n import N_, both, pair
from app.core.uow import unit_of_work

FULL = N_("Very many are saying thanks here right now. Come back in an hour; it won't be forgotten.")
OWN = N_("This is your own. Others can tell you here that it helped them.")


class Full(Refused):
    """As many have said thanks for a work within the hour as can be true."""

    status = 429

    def __init__(self) -> None:
        super().__init__(FULL)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody says of a work: `outcome` (of OUTCOMES), and, as they like, `words` and a `name`."""

    outcome: str
    words: str = ""
    name: str = ""

    def checked(self) -> Said:
        """The same, tidied. Raises Invalid (fields outcome, words, name)."""
        wrong = {}
        if self.outcome not in OUTCOMES:
            wrong["outcome"] = N_("Choose what it helped with.")
        words, name = self.words.strip(), " ".join(self.name.split())
        if len(words) > MOST_WORDS:
            wrong["words"] = N_("At most %(words)s letters, please; it is kept here until it is shorter.")
        if len(name) > MOST_NAME:
            wrong["name"] = N_("At most %(name)s letters, please.")
        if wrong:
            raise Invalid(fields=wrong, words=MOST_WORDS, name=MOST_NAME)
        return Said(outcome=self.outcome, words=words, name=name)


# --- by readers and members -------------------------------------------------------------------------


def reader_key(link: Any, reader: str | int) -> str:
    """Who a reader is to the author of `link`: a member by their id, anybody else by a pseudonym of their
    cookie that differs from author to author, so that nobody can be followed by it."""
    if isinstance(reader, int):
        return f"member:{reader}"
    return pseudonym("reader", reader, link.member_id)


def thank(code: str, said: Said, *, reader: str | int) -> int:
    """A reader says that the work behind `code` helped them; the id of their thanks, the first one's again.

    `reader` is a member's id, or what their signed cookie says. Raises NotFound for a code that isn't and for
    the work of somebody who has left, Refused for one's own work, Full above the quota of the hour, Invalid
    for what can't be said.
    """
    said = said.checked()
    link = queries.link(code)
    if link is None or link.author is None:
        raise NotFound
    if reader == link.member_id:
        raise Refused(OWN)
    who, now = reader_key(link, reader), clock.now()
    if link.hour == hour_of(now) and link.hour_thanks >= HOUR_THANKS:
        # known without writing, so that a flood costs the others nothing
        raise Full
    reasons = held_for((said.words, said.name), queries.held_words())
    with unit_of_work():
        row = {
            "link_id": link.id,
            "source": "member" if isinstance(reader, int) else "reader",
            "reader": who,
            "person_id": reader if isinstance(reader, int) else None,
            "outcome": said.outcome,
            "name": "" if isinstance(reader, int) else said.name,
            "words": said.words,
            "words_state": _state(said, reasons),
            "held_for": reasons,
            "may_name": True,
            "created_at": now,
        }
        thanks_id = write(_new_thanks(), row).scalar()
        if thanks_id is None:
            again: int = read(_mine(), {"link": link.id, "reader": who}).scalar_one()
            return again
        counted = write(
            _count(), {"link": link.id, "hour_is": hour_of(now), "words_are": bool(said.words or said.name)}
        )
        many = counted.one_or_none()
        if many is None:
            raise Full
        if row["words_state"] == "shown" and many.hour_words > HOUR_WORDS:
            row |= {"words_state": "held", "held_for": ["rush"]}
            db.session.execute(
                update(Thanks)
                .where(Thanks.id == thanks_id)
                .values(words_state=row["words_state"], held_for=row["held_for"])
            )
        _count_in(link, thanks_id, row)
    return int(thanks_id)


def _state(said: Said, reasons: list[str]) -> str:
    if not said.words and not said.name:
        return "none"
    return "held" if reasons else "shown"


@lru_cache
def _new_thanks() -> Any:
    thanks = table(Thanks)
    new = upsert(thanks).on_conflict_do_nothing(index_elements=["link_id", "reader"])
    return new.returning(thanks.c.id)


@lru_cache
def _mine() -> Any:
    return select(Thanks.id).where(Thanks.link_id == bindparam("link"), Thanks.reader == bindparam("reader"))


@lru_cache
def _count() -> Any:
    """Count one more thanks of this hour, as far as the quota goes: no row, no thanks."""
    link, hour = table(ThanksLink), bindparam("hour_is", type_=Integer)
    same = link.c.hour == hour
    words = case((bindparam("words_are"), 1), else_=0)
    return (
        update(link)
        .where(link.c.id == bindparam("link"), or_(~same, link.c.hour_thanks < HOUR_THANKS))
        .values(
            hour=hour,
            hour_thanks=case((same, link.c.hour_thanks + 1), else_=1),
            hour_words=case((same, link.c.hour_words), else_=0) + words,
        )
        .returning(link.c.hour_words)
    )


def _count_in(link: Any, thanks_id: int, row: dict[str, Any]) -> None:
    """What follows from a new thanks: its line, and a notice to the author."""
    shown = row["words_state"] == "shown"
    alone = shown and row["words"]
    key, did = line_key(thanks_id), DID[row["outcome"]]
    one = impact.Help(
        key=key,
        member_id=link.member_id,
        kind="relay" if row["source"] == "relay" else "thanks",
        person_id=row["person_id"],
        reader=row["reader"] if row["person_id"] is None else None,
        person_name=(row["name"] or None) if shown and row["person_id"] is None else None,
        subject=both(N_("Your “%(title)s”"), title=link.title),
        outcome=both(did),
        quote=row["words"] if alone else None,
        link=f"/impact/thanks/{thanks_id}",
        occurred_at=row["created_at"],
        about=link.about,
        bundle=None if alone else f"{link.about}:{row['outcome']}",
        thanks_id=thanks_id,
    )
    impact.add_lines([one])
    _tell_author(link, impact.bundle_key(one), row["words"] if alone else "", thanks_id)


def _tell_author(link: Any, bundle: str, words: str, thanks_id: int) -> None:
    """A notice for each entry of the feed, not for each thanks: who is thanked by many reads it once. With
    words it leads to their line, without to the feed: the first of an entry may be taken back."""
    inbox.notify_once(
        inbox.NewNotice(
            key=f"thanks:{bundle}",
            member_id=link.member_id,
            icon="i-ripple",
            title=both(N_("“%(title)s” helped somebody"), title=link.title),
            body=pair(words, None) if words else None,
            link=f"/impact/thanks/{thanks_id}" if words else "/impact",
        )
    )


def line_key(thanks_id: int) -> str:
    return f"thanks:{thanks_id}"


def take_back(code: str, *, reader: str | int) -> None:
    """A reader takes their thanks back, within ten minutes: nothing of it is left.

    Raises NotFound where there is none of theirs, Refused when it is too late.
    """
    with unit_of_work():
        link = queries.link(code)
        mine = queries.mine(link, reader_key(link, reader)) if link else None
        if link is None or mine is None:
            raise NotFound
        if not may_take_back(mine, clock.now()):
            raise Refused(N_("It can be taken back for ten minutes. Write to the programme if it must go."))
        impact.withdraw_lines([line_key(mine.id)])
        if mine.words_state in ("shown", "passed") and mine.words:
            inbox.withdraw([f"thanks:{line_key(mine.id)}"])
        db.session.execute(delete(Thanks).where(Thanks.id == mine.id))


# --- by staff ---------------------------------------------------------------------------------------


def relay(
    link_id: int, said: Said, *, heard: str, may_name: bool, key: str, media_id: int | None = None, by: Actor
) -> int:
    """Staff pass on what somebody said about the work of `link_id`; the id of the thanks.

    `key` is the form's one-use token: a second tap finds the first. Links and numbers are cut from the words;
    the name is passed on where the person agreed (`may_name`). Raises NotFound for a link that isn't there,
    Forbidden for one's own work, Invalid for what can't be said.
    """
    if not by.is_staff:
        raise NotFound
    said = heard_from(said, heard)
    words = cut(said.words)
    with unit_of_work():
        link = queries.link_by_id(link_id)
        if link is None:
            raise NotFound
        if link.member_id == by.id:
            raise Forbidden(N_("Somebody else has to pass on thanks to you."))
        row = {
            "link_id": link.id,
            "source": "relay",
            "reader": f"relay:{key}",
            "person_id": None,
            "outcome": said.outcome,
            "name": cut(said.name) if may_name else "",
            "words": words,
            "words_state": "shown",
            "held_for": [],
            "by_id": by.id,
            "heard": heard,
            "may_name": may_name,
            "media_id": media_id,
            "created_at": clock.now(),
        }
        thanks_id = write(_new_thanks(), row).scalar()
        if thanks_id is None:
            again: int = read(_mine(), {"link": link.id, "reader": row["reader"]}).scalar_one()
            return again
        _count_in(link, thanks_id, row)
        audit.record("thanks.relay", f"thanks:{thanks_id}", by=by.id, after={"about": link.about})
    return int(thanks_id)


def heard_from(said: Said, heard: str) -> Said:
    """What staff heard, tidied. Raises Invalid, all that is wrong at once (outcome, words, name, heard)."""
    wrong, params = {}, {}
    try:
        said = said.checked()
    except Invalid as error:
        wrong, params = error.fields, error.params
    if heard not in HEARD:
        wrong["heard"] = N_("Choose where you heard it.")
    if not cut(said.words):
        wrong["words"] = N_("Write down what they said, in their words.")
    if wrong:
        raise Invalid(fields=wrong, **params)
    return said


def cut(text: str) -> str:
    """A text without the links and numbers in it; words of the list stay, as staff wrote them."""
    return without(text, ())


DECISIONS = ("show", "cut", "pass", "refuse")


def decide_words(thanks_id: int, *, decision: str, rule: str | None = None, by: Actor) -> None:
    """Staff decide on words that are held: "show" them, show them "cut" (without what they are held for),
    "pass" them to the author alone (criticism that helps), or "refuse" them by a rule of RULES.

    Raises NotFound, Forbidden for thanks to oneself, Stale when somebody has decided already, Refused where
    cutting would leave nothing of the words, Invalid (field "rule") for a refusal without a rule.
    """
    if not by.is_staff or decision not in DECISIONS:
        raise NotFound
    if decision == "refuse" and rule not in RULES:
        raise Invalid(fields={"rule": N_("Choose the rule by which it isn't passed on.")})
    with unit_of_work():
        row = queries.held_thanks(thanks_id)
        if row is None:
            raise NotFound
        if row.member_id == by.id:
            raise Forbidden(N_("Somebody else has to read what was said to you."))
        words, name = row.words, row.name
        if decision == "cut":
            listed = queries.held_words()
            words, name = without(words, listed), without(name, listed)
            if row.words and not words:
                raise Refused(N_("Nothing would be left of it. Show it as it is, or don't pass it on."))
        state = {"show": "shown", "cut": "shown", "pass": "passed", "refuse": "refused"}[decision]
        decided = write(
            _decide(),
            {
                "thanks": thanks_id,
                "now_state": state,
                "said": words,
                "called": name,
                "by_rule": rule if decision == "refuse" else None,
                "who": by.id,
                "now": clock.now(),
            },
        )
        if not decided.rowcount:
            raise Stale(N_("Somebody has decided on this already."))
        if state == "shown" and (words or name):
            impact.give_words(
                line_key(thanks_id), words or None, (name or None) if row.person_id is None else None
            )
            _tell_author(row, line_key(thanks_id), words, thanks_id)
        elif state == "passed":
            _tell_author(row, line_key(thanks_id), words, thanks_id)
        audit.record(
            f"thanks.{decision}", f"thanks:{thanks_id}", by=by.id, after={"rule": rule} if rule else None
        )


@lru_cache
def _decide() -> Any:
    thanks = table(Thanks)
    return (
        update(thanks)
        .where(thanks.c.id == bindparam("thanks"), thanks.c.words_state == "held")
        .values(
            words_state=bindparam("now_state"),
            words=bindparam("said"),
            name=bindparam("called"),
            rule=bindparam("by_rule"),
            decided_by_id=bindparam("who"),
            decided_at=bindparam("now", type_=thanks.c.decided_at.type),
        )
    )


# --- answers ----------------------------------------------------------------------------------------


def reply(line_id: int, words: str, *, by: Actor) -> str:
    """A member answers a line of theirs, once; "sent", or "held" until staff have read it.

    Raises NotFound for a line that isn't theirs or has nobody to answer, Stale for a second answer, Invalid
    (field "reply").
    """
    words = words.strip()
    if not words or len(words) > MOST_WORDS:
        raise Invalid(
            fields={"reply": N_("Write a sentence or two, at most %(words)s letters.")}, words=MOST_WORDS
        )
    with unit_of_work():
        line = queries.line_to_answer(line_id, by.id)
        if line is None:
            raise NotFound
        reasons = held_for((words,), queries.held_words())
        state = "held" if reasons else "sent"
        new = upsert(table(ThanksReply)).on_conflict_do_nothing().returning(table(ThanksReply).c.line_id)
        values = {
            "line_id": line_id,
            "member_id": by.id,
            "words": words,
            "state": state,
            "held_for": reasons,
            "created_at": clock.now(),
        }
        if write(new, values).scalar() is None:
            raise Stale(N_("You have answered this already."))
        if state == "sent":
            _hand_over(line, words)
    return state


def _hand_over(line: Any, words: str) -> None:
    """Let who said thanks read the answer: a member in their notices, staff for whom they passed it on. A
    reader without an account finds it where they said thanks."""
    to = line.person_id or line.relayed_by_id
    if to is None or to == line.member_id:
        return
    inbox.notify_once(
        inbox.NewNotice(
            key=f"reply:{line.id}",
            member_id=to,
            icon="i-letter",
            title=both(N_("%(name)s answers"), name=line.member_name),
            body=pair(words, None),
            link=f"/members/{line.member_id}",
        )
    )


def decide_reply(line_id: int, *, send: bool, by: Actor) -> None:
    """Staff send a held answer or don't. Raises NotFound, Forbidden for one's own, Stale when decided."""
    if not by.is_staff:
        raise NotFound
    with unit_of_work():
        line = queries.answered_line(line_id)
        if line is None:
            raise NotFound
        if line.member_id == by.id:
            raise Forbidden(N_("Somebody else has to read your own words."))
        decided = db.session.execute(
            update(ThanksReply)
            .where(ThanksReply.line_id == line_id, ThanksReply.state == "held")
            .values(state="sent" if send else "refused", decided_by_id=by.id, decided_at=clock.now())
        )
        if not decided.rowcount:  # type: ignore[attr-defined]
            raise Stale(N_("Somebody has decided on this already."))
        if send:
            _hand_over(line, line.reply)
        audit.record("reply.send" if send else "reply.refuse", f"line:{line_id}", by=by.id)
