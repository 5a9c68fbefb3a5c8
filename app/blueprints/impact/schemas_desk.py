"""What comes in by staff's forms of thanks: a relay, words for the list, a friend who became an owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from app.blueprints.impact.services_owner import Friend
from app.core import clock
from app.core.crypto import new_token
from app.core.dates import zone
from app.core.errors import Invalid
from app.core.i18n import N_

# a pasted conversation; more than may be said, so that nothing is lost while it is made shorter
MOST_PASTED = 4000
MOST_LISTED = 200


def text_of(form: Mapping[str, str], name: str, most: int = 80) -> str:
    return form.get(name, "").replace("\x00", "")[:most]


def number_of(form: Mapping[str, str], name: str) -> int | None:
    """The whole number of a hidden field or a choice; None for anything else."""
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


@dataclass(frozen=True)
class RelayIn:
    """What the relay's form says so far. `guessed` is the work that was chosen for them from the words."""

    words: str
    name: str
    may_name: bool
    outcome: str
    heard: str
    work: int | None
    guessed: int | None
    q: str
    key: str

    @classmethod
    def read(cls, form: Mapping[str, str]) -> RelayIn:
        return cls(
            words=text_of(form, "words", MOST_PASTED).replace("\r\n", "\n"),
            name=text_of(form, "name"),
            may_name="may_name" in form,
            outcome=text_of(form, "outcome"),
            heard=text_of(form, "heard"),
            work=number_of(form, "work"),
            guessed=number_of(form, "guessed"),
            q=text_of(form, "q"),
            key=text_of(form, "key", 60) or new_token(),
        )

    @property
    def chosen(self) -> int | None:
        """The work that they chose themselves."""
        return None if self.work == self.guessed else self.work


def lines_of(text: str) -> list[str]:
    """Words for the list, one on each line. Raises Invalid for none, or more than may come at once."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise Invalid(fields={"word": N_("One word or short phrase on each line.")})
    if len(lines) > MOST_LISTED:
        raise Invalid(fields={"word": N_("At most %(most)s at once, please.")}, most=MOST_LISTED)
    return lines


@dataclass(frozen=True)
class OwnerIn:
    """What the form of a new owner says so far. `who` and `whom` are what is looked for, `member` and
    `friend` what was chosen; `kind` says whether the friend is a "member" or "other"."""

    who: str
    member: int | None
    kind: str
    whom: str
    friend: int | None
    name: str
    agreed: bool
    another: bool
    day: str
    token: str

    @classmethod
    def read(cls, form: Mapping[str, str]) -> OwnerIn:
        return cls(
            who=text_of(form, "who"),
            member=number_of(form, "member"),
            kind="other" if form.get("kind") == "other" else "member",
            whom=text_of(form, "whom"),
            friend=number_of(form, "friend"),
            name=" ".join(text_of(form, "name").split()),
            agreed="agreed" in form,
            another="another" in form,
            day=text_of(form, "day"),
            token=text_of(form, "token", 60) or new_token(),
        )

    def since(self, timezone: str) -> datetime:
        """The moment that stands for the day: its noon, or now on the day itself. Raises Invalid."""
        try:
            day = date.fromisoformat(self.day)
        except ValueError:
            raise Invalid(fields={"day": N_("The day on which they became an owner.")}) from None
        noon, now = datetime.combine(day, time(12), zone(timezone)), clock.now()
        return min(noon, now) if day == now.astimezone(zone(timezone)).date() else noon

    def whose(self, friends: list[Any]) -> Friend:
        """Who the friend is, as chosen or the only one found. Raises Invalid (fields friend, name)."""
        if self.kind == "member":
            return Friend(person_id=one_of(self.friend, friends, "friend"))
        if self.name and not self.agreed:
            raise Invalid(
                fields={"name": N_("Leave the name out, or tick that they agreed to be named to the member.")}
            )
        return Friend(name=self.name, another=self.another)


def one_of(chosen: int | None, found: list[Any], field: str) -> int:
    """Who was chosen, or the only one that was found. Raises Invalid for nobody and for several."""
    if chosen is not None:
        return chosen
    if not found:
        raise Invalid(fields={field: N_("Nobody is found by this. A name, a login or a number, please.")})
    if len(found) > 1:
        raise Invalid(fields={field: N_("Choose which of them.")})
    one: int = found[0].id
    return one
