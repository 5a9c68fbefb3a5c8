"""What the member's own pages show, gathered from the features below. Each function is one page's reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.blueprints.badges import queries as badges
from app.blueprints.home import policies
from app.blueprints.home.policies import Point, Shape, fitted, shape_of
from app.blueprints.impact import queries as impact
from app.blueprints.mall import queries as mall
from app.blueprints.members import queries as members
from app.blueprints.points import queries_wallet as points
from app.blueprints.quests import queries_quick as quick
from app.blueprints.quests import queries_sky as quests
from app.blueprints.quests.queries_board import outlook
from app.core.actor import Actor

WINDOW = (40, 36, 310, 126)
MIDDLE = (195, 170)


@dataclass(frozen=True)
class Today:
    """`stars` are the constellation of the next star; `to_read` is for those who review, `small` are the
    quick tasks they could do, `wish` the good they save for, `aside` the quest they have just put aside."""

    purse: Any
    next: Any | None
    stars: list[Any]
    waiting: list[Any]
    impact: Any | None
    campaign: Any | None
    to_read: Any | None
    small: list[Any]
    wish: Any | None
    aside: Any | None = None

    @property
    def lit(self) -> set[int]:
        """The ids of the lit stars."""
        return lit_of(self.stars)

    @property
    def first_steps(self) -> bool:
        """Whether nothing has been lit or begun yet."""
        return not (self.lit or self.waiting or self.purse.lifetime)


def today(member: Actor, aside: int = 0) -> Today:
    """Everything on Today: seven queries with the session's, one more for those who review."""
    view = outlook(member)
    upcoming = view.next()
    return Today(
        purse=points.purse(member.id),
        next=upcoming,
        stars=view.stars(upcoming.quest.track_key) if upcoming is not None else [],
        waiting=quests.waiting(member.id),
        impact=impact.latest(member.id),
        campaign=next(iter(points.running_campaigns()), None),
        to_read=quests.to_read(member) if member.can("reviews:open") else None,
        small=quick.quick_tasks(view),
        wish=mall.wish_of(member.id),
        aside=view.board.quests[aside] if aside in view.mine.skipped else None,
    )


def window_places(stars: Sequence[Any], track_key: str) -> tuple[dict[int, Point], Sequence[tuple[int, int]]]:
    """Where the stars of a constellation stand in Today's window, and which of them are joined."""
    shape = shape_of(stars, [""] * len(stars), track_key)
    return (fitted(shape.spots, WINDOW) if stars else {}), shape.lines


def lit_of(stars: Sequence[Any]) -> set[int]:
    return {star.id for star in stars if star.state == "lit"}


@dataclass(frozen=True, eq=False)
class Constellation:
    """One track's stars, and where its box begins in the whole sky. Equal to one that looks the same."""

    track: Any
    top: int
    height: int
    side: str
    stars: list[Any]
    shape: Shape
    lit: set[int]

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """Everything that its picture shows. A shape stands for itself: who is compared holds it alive."""
        stars = (
            (star.id, star.state, star.badge_id, star.title, star.title_en, star.needs, star.stars)
            for star in self.stars
        )
        return self.track, self.top, self.side, id(self.shape), *stars

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constellation) and self.key == other.key


@dataclass(frozen=True)
class Sky:
    constellations: list[Constellation]
    next: Any | None
    height: int

    @property
    def lit(self) -> int:
        return sum(len(each.lit) for each in self.constellations)

    @property
    def in_reach(self) -> int:
        return sum(star.state in ("next", "begun") for each in self.constellations for star in each.stars)


# more would not be legible; the quest list has them all
MOST_STARS = 14


def sky(member: Actor, locale: str) -> Sky:
    """All constellations, in two queries with the session's."""
    view = outlook(member)
    top, found = 0, []
    for track in view.board.tracks:
        stars = view.stars(track.key, MOST_STARS)
        height, side = policies.BOXES.get(track.key, (policies.HEIGHT, "start"))
        titles = [star.title_en or star.title if locale == "en" else star.title for star in stars]
        shape = shape_of(stars, titles, track.key, (20, top))
        found.append(Constellation(track, top, height, side, stars, shape, lit_of(stars)))
        top += height
    return Sky(found, view.next(), top)


@dataclass(frozen=True)
class Moment:
    """A badge as it lit. `work_id`, `verdict` and `paid` are None when no work of quests is behind it."""

    award: Any
    purse: Any
    work_id: int | None
    verdict: Any | None
    paid: Any | None
    stars: list[Any]
    quest_id: int | None
    shape: Shape
    places: dict[int, Point]

    @property
    def lit(self) -> set[int]:
        return lit_of(self.stars)

    @property
    def opened(self) -> list[Any]:
        """What this one has brought within reach."""
        if self.quest_id is None:
            return []
        return [
            star
            for star in self.stars
            if star.state == "next" and str(self.quest_id) in (star.before or "").split(",")
        ][:2]


def moment(award_id: int, member: Actor) -> Moment:
    """The lighting-up of the member's own badge: six queries with the session's. Raises NotFound."""
    award = badges.award(award_id, member.id)
    kind, _, number = (award.link or "").lstrip("/").partition("/")
    work_id = int(number) if kind == "work" and number.isdigit() else None
    verdict = quests.verdict_on(work_id, member.id) if work_id is not None else None
    stars = outlook(member).stars(award.track_key)
    shape = shape_of(stars, [""] * len(stars), award.track_key)
    quest_id = verdict.quest_id if verdict is not None else None
    return Moment(
        award=award,
        purse=points.purse(member.id),
        work_id=work_id,
        verdict=verdict,
        paid=points.paid_by(f"submission:{work_id}", member.id) if work_id is not None else None,
        stars=stars,
        quest_id=quest_id,
        shape=shape,
        places=policies.around(shape, quest_id, MIDDLE) if quest_id is not None else {},
    )


@dataclass(frozen=True)
class Me:
    profile: Any
    purse: Any
    badges: list[Any]


def me(member: Actor) -> Me:
    """The member's own page, in four queries with the session's."""
    return Me(members.profile(member.id), points.purse(member.id), badges.collection(member.id))
