"""Thank-you links, the words that hold a message, and the invite a reader may follow. The only writer."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from importlib.resources import files
from typing import Any

from sqlalchemy import delete

from app.blueprints.impact.models import HeldWord, ThanksLink, ThanksSetting
from app.blueprints.impact.policies_words import MOST_WORD, comparable
from app.core import audit, clock
from app.core.actor import Actor
from app.core.crypto import new_code
from app.core.db import db, table, upsert, write
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.uow import unit_of_work

# 31 ** 7: who guesses a thousand a second for a year finds one of a thousand links
CODE_LETTERS = 7


def give_link(
    about: str, *, member_id: int, kind: str, title: dict[str, Any], cover_media_id: int | None = None
) -> None:
    """Give a work its thank-you link, or let the one it has say its title and cover as they are now.

    `about` names the work ("post:12", "resource:5"), `kind` is "post", "tutorial" or "case", `title` is
    {"zh", "en"}. Joins the caller's unit of work.
    """
    write(
        _give(),
        {
            "code": new_code(CODE_LETTERS),
            "about": about,
            "member_id": member_id,
            "kind": kind,
            "title": title,
            "cover_media_id": cover_media_id,
            "created_at": clock.now(),
            "hour": 0,
            "hour_thanks": 0,
            "hour_words": 0,
        },
    )


@lru_cache
def _give() -> Any:
    link = table(ThanksLink)
    new = upsert(link)
    # whose it is never changes: what was thanked for stays with who was thanked
    return new.on_conflict_do_update(
        index_elements=["about"],
        set_={name: new.excluded[name] for name in ("kind", "title", "cover_media_id")},
    )


def hold_words(words: Collection[str], *, by: Actor | None) -> int:
    """Add words whose appearance holds a message; how many were new. Raises Invalid for one that is too long
    or has nothing in it, NotFound for whom that isn't. `by` is None at the founding."""
    if by is not None and not by.is_staff:
        raise NotFound
    made = {comparable(word) for word in words}
    if not made or "" in made or any(len(word) > MOST_WORD for word in made):
        raise Invalid(
            fields={"word": N_("One word or a short phrase, please, at most %(most)s letters.")},
            most=MOST_WORD,
        )
    by_id = by.id if by else None
    with unit_of_work():
        rows = [{"word": word, "by_id": by_id, "created_at": clock.now()} for word in sorted(made)]
        statement = upsert(table(HeldWord)).on_conflict_do_nothing().returning(table(HeldWord).c.word)
        new = [word for row in rows if (word := write(statement, row).scalar()) is not None]
        if new and by is not None:
            audit.record("words.hold", "held_word", by=by.id, after={"words": new})
    return len(new)


def hold_first_words() -> int:
    """Put the words that a programme begins with (held_words.txt) on the list; how many were new."""
    text = files(__package__).joinpath("held_words.txt").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return hold_words([line for line in lines if line and not line.startswith("#")], by=None)


def release_word(word_id: int, *, by: Actor) -> str:
    """Take a word off the list; the word. Raises NotFound for one that isn't there."""
    if not by.is_staff:
        raise NotFound
    with unit_of_work():
        word = db.session.scalar(delete(HeldWord).where(HeldWord.id == word_id).returning(HeldWord.word))
        if word is None:
            raise NotFound
        audit.record("words.release", "held_word", by=by.id, before={"word": word})
    return word


def offer_invite(code: str | None, *, by: Actor) -> None:
    """Let readers follow the invite of this code from the public page, or none (None).

    The caller has looked whether it is one that lets anybody in.
    """
    if not by.is_staff:
        raise NotFound
    with unit_of_work():
        setting = table(ThanksSetting)
        new = upsert(setting)
        write(
            new.on_conflict_do_update(index_elements=["id"], set_={"invite_code": new.excluded.invite_code}),
            {"id": 1, "invite_code": code},
        )
        audit.record("thanks.invite", "thanks_setting", by=by.id, after={"code": code})
