"""What the publishing pages read: the list of quests, one with its figures, one with everything to edit."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from types import SimpleNamespace
from typing import Any

from sqlalchemy import String, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.blueprints.badges import queries as badges
from app.blueprints.library import queries as library
from app.blueprints.members import queries as members
from app.blueprints.points import queries as points
from app.blueprints.quests import queries
from app.blueprints.quests.models import (
    Evidence,
    Quest,
    QuestNamedMember,
    QuestPrerequisite,
    QuestResource,
    QuestVersion,
    Review,
    Submission,
)
from app.blueprints.quests.policies_publish import PARTS
from app.core import clock
from app.core.actor import TIERS
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, keyset, page_of

TIER_COLUMNS = {tier: getattr(Quest, f"to_{tier}") for tier in TIERS}

# what of a version can be changed, and is carried into the next one
VERSION_FIELDS = (
    "title", "title_en", "summary", "summary_en", "needs", "needs_en", "effort_minutes", "cover_media_id",
    "steps", "criteria", "scores", "phrases", "review_mode", "review_hours", "draft_rounds", "rule_key",
    "points", "perk", "perk_en", "results_ladder", "terms", "terms_en", "stages", "focus",
    "format", "format_en",
)  # fmt: skip
QUEST_FIELDS = (
    "track_key", "icon", "rung", "position", "min_stars", "opens_at", "closes_at", "capacity", "repeat_days",
    "goal", "sky_x", "sky_y", "kind", "confidential",
)  # fmt: skip


def shown_state(now: datetime) -> Any:
    """The state as staff read it: a live quest is scheduled until it opens and closed once its time is over.

    Only "live" is stored for these: the window hides a quest by itself, so no clock has to move it.
    """
    return case(
        (and_(Quest.state == "live", Quest.opens_at > now), "scheduled"),
        (and_(Quest.state == "live", Quest.closes_at <= now), "closed"),
        else_=Quest.state,
    )


def was_ever_sent() -> Any:
    """Whether a work was ever sent in, whatever became of it since."""
    return or_(
        Submission.submitted_at.is_not(None),
        Submission.round > 1,
        Submission.stage > 1,
        Submission.state.in_(("submitted", "changes", "approved", "declined")),
    )


def _joined(column: Any, *where: Any) -> Any:
    """The values of other rows as one text with commas: one query instead of four."""
    text = func.aggregate_strings(cast(column, String), ",")
    return select(text).where(*where).correlate(Quest).scalar_subquery()


def reach() -> Any:
    """How many members can start the quest of the outer query as far as tier, stars and names go."""
    named = aliased(QuestNamedMember)
    return members.audience_count(
        tiers=TIER_COLUMNS,
        min_stars=Quest.min_stars,
        only=lambda member_id: or_(
            Quest.named_members_only.is_(False),
            select(named.member_id).where(named.quest_id == Quest.id, named.member_id == member_id).exists(),
        ),
    )


@dataclass(frozen=True)
class Whole:
    """A quest with its present version and everything that belongs to it, as the form shows it."""

    row: Any
    tiers: tuple[str, ...]
    requires: tuple[int, ...]
    requires_badges: tuple[int, ...]
    resources: tuple[int, ...]
    named_logins: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    @property
    def token(self) -> str:
        """Names this state of the quest, part by part: where a form carries another one, it is older."""
        return token_of(self.values())

    def values(self) -> dict[str, Any]:
        """Everything that can be changed, by the names of `policies_presets.QuestIn`."""
        return {name: getattr(self.row, name) for name in (*QUEST_FIELDS, *VERSION_FIELDS)} | {
            "tiers": self.tiers,
            "requires": self.requires,
            "requires_badges": self.requires_badges,
            "resources": self.resources,
            "named_logins": self.named_logins,
        }


def token_of(values: Mapping[str, Any]) -> str:
    """The digests of the form's parts, one after the other."""
    return ".".join(_digest([values[name] for name in names]) for names in PARTS.values())


def token_after(seen: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What a form that had `seen` knows once it has made `after` of `before`: its own parts anew, the
    others as it saw them."""
    old, was, now = seen.split("."), token_of(before).split("."), token_of(after).split(".")
    if len(old) != len(now):
        return ".".join(now)
    return ".".join(new if new != had else own for own, had, new in zip(old, was, now, strict=True))


def _digest(values: Sequence[Any]) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def kind_of(quest_id: int) -> tuple[str, str | None]:
    """A quest's preset and, of a quick task, its kind. Raises NotFound."""
    row = db.session.execute(select(Quest.preset, Quest.kind).where(Quest.id == quest_id)).one_or_none()
    if row is None:
        raise NotFound
    return row.preset, row.kind


def whole(quest_id: int, *, lock: bool = False) -> Whole:
    """The quest with everything; `lock` holds its row until the end. Raises NotFound."""
    query = (
        select(
            Quest.id,
            Quest.preset,
            Quest.state,
            shown_state(clock.now()).label("shown_state"),
            Quest.version_id,
            Quest.badge_id,
            Quest.hosted_by_id,
            members.name_of(Quest.hosted_by_id).label("host_name"),
            Quest.started_count,
            Quest.created_at,
            Quest.updated_at,
            Quest.published_at,
            Quest.to_participant,
            Quest.to_contributor,
            Quest.to_cocreator,
            *(getattr(Quest, name) for name in QUEST_FIELDS),
            QuestVersion.number,
            QuestVersion.change_note,
            QuestVersion.created_at.label("version_at"),
            *(getattr(QuestVersion, name) for name in VERSION_FIELDS),
            members.name_of(QuestVersion.created_by_id).label("author"),
            *members.track_words(Quest.track_key),
            _joined(QuestPrerequisite.requires_quest_id, QuestPrerequisite.quest_id == Quest.id).label(
                "_requires"
            ),
            _joined(QuestPrerequisite.requires_badge_id, QuestPrerequisite.quest_id == Quest.id).label(
                "_badges"
            ),
            _joined(
                cast(QuestResource.position, String) + ":" + cast(QuestResource.resource_id, String),
                QuestResource.quest_id == Quest.id,
            ).label("_resources"),
            _joined(
                members.login_of(QuestNamedMember.member_id), QuestNamedMember.quest_id == Quest.id
            ).label("_named"),
            reach().label("reach"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(Quest.id == quest_id)
    )
    if lock:
        # by itself: a row joined to the one that was waited for would be read as it stood before the wait
        db.session.execute(select(Quest.id).where(Quest.id == quest_id).with_for_update())
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return Whole(
        row,
        tiers=tuple(tier for tier in TIERS if getattr(row, f"to_{tier}")),
        requires=tuple(sorted(int(text) for text in _split(row._requires))),
        requires_badges=tuple(sorted(int(text) for text in _split(row._badges))),
        resources=tuple(
            resource
            for _, resource in sorted(tuple(map(int, text.split(":"))) for text in _split(row._resources))
        ),
        named_logins=tuple(sorted(_split(row._named))),
    )


def _split(text: str | None) -> list[str]:
    return text.split(",") if text else []


@dataclass(frozen=True)
class Others:
    """The other quests, as choices of what must come first, and what they usually give a minute."""

    choices: Sequence[Any]
    usual: float | None


def others(quest_id: int | None) -> Others:
    """Every other quest that is not archived: id, title, title_en, track_key, rung, preset, state,
    shown_state; and the median of points per effort minute of those that are live."""
    rows = db.session.execute(
        select(
            Quest.id,
            Quest.track_key,
            Quest.rung,
            Quest.preset,
            Quest.state,
            shown_state(clock.now()).label("shown_state"),
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.effort_minutes,
            points.offer(QuestVersion.rule_key, QuestVersion.points, clock.now()).label("offer"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(Quest.state != "archived", Quest.id != (quest_id or 0))
        .order_by(Quest.track_key, Quest.rung, Quest.position, Quest.id)
    ).all()
    rates = [row.offer / row.effort_minutes for row in rows if row.state == "live" and row.offer]
    return Others(rows, median(rates) if rates else None)


def rules() -> Sequence[Any]:
    """The public rules with what they are worth now, as `points.queries.rules` gives them."""
    return db.session.execute(points.rules(clock.now())).all()


def worth(rule_key: str | None, own: int | None) -> int:
    """What a quest with this reward offers now."""
    return (
        db.session.scalar(
            select(points.offer(literal(rule_key, String), literal(own, Quest.id.type), clock.now()))
        )
        or 0
    )


def audience(tiers: Collection[str], min_stars: int, logins: Collection[str]) -> int:
    """How many members a quest with this audience would reach, in one query."""
    return db.session.scalar(  # type: ignore[return-value]
        select(
            members.audience_count(
                tiers={tier: literal(tier in tiers) for tier in TIERS},
                min_stars=min_stars,
                only=(lambda member_id: members.login_of(member_id).in_(list(logins))) if logins else None,
            )
        )
    )


def edges() -> Sequence[Any]:
    """Which quest requires which, by itself or by the badge that it lights: (quest_id, first_id)."""
    lights = aliased(Quest)
    first = func.coalesce(QuestPrerequisite.requires_quest_id, lights.id)
    return db.session.execute(
        select(QuestPrerequisite.quest_id, first.label("first_id"))
        .outerjoin(lights, lights.badge_id == QuestPrerequisite.requires_badge_id)
        .where(first.is_not(None))
    ).all()


def badge_choices() -> Sequence[Any]:
    """The badges that may have to be lit first, by track: the columns of `badges.queries.choices`, and the
    quest_id of the one whose own badge it is."""
    badge = badges.choices().subquery("badge")
    return db.session.execute(
        select(badge, Quest.id.label("quest_id"))
        .outerjoin(Quest, Quest.badge_id == badge.c.id)
        .order_by(badge.c.track_key, badge.c.rung, badge.c.id)
    ).all()


def known_quests(ids: Collection[int]) -> dict[int, Any]:
    """These quests: id -> (id, state, title, title_en)."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(Quest.id, Quest.state, QuestVersion.title, QuestVersion.title_en)
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(Quest.id.in_(ids))
    ).all()
    return {row.id: row for row in rows}


# --- the preview ------------------------------------------------------------------------------------


def preview(quest: Whole, values: Mapping[str, Any], *, tier: str, stars: int) -> queries.QuestPage:
    """The member's quest page, with unsaved values, as somebody of this tier and these stars would see it."""
    track = next((track for track in members.tracks() if track.key == values["track_key"]), None)
    first = known_quests(values["requires"])
    before = first.get(min(values["requires"], default=0))
    shown = SimpleNamespace(
        **dict(quest.row._mapping)
        | dict(values)
        | {
            "track_name": track.name if track else "",
            "track_name_en": track.name_en if track else "",
            "shape": track.shape if track else "s-photo",
            "badge_name": values["title"],
            "badge_name_en": values["title_en"] or values["title"],
            "lit_count": 0,
            "work_id": None,
            "work_state": None,
            "work_round": None,
        }
    )
    standing = (
        "closed" if tier not in values["tiers"] else "stars" if values["min_stars"] > stars else "start"
    )
    resources = library.short_list(list(values["resources"])) if values["resources"] else []
    return queries.QuestPage(
        quest=shown,
        standing=standing,
        again_at=None,
        points=worth(values["rule_key"], values["points"]),
        percent=100,
        unmet=(before.title, before.title_en, before.id) if before else None,
        opens=[],
        people=[],
        resources=resources,
    )


# --- the list --------------------------------------------------------------------------------------

SHOWN_STATES = ("live", "scheduled", "draft", "closed", "archived")
PAGE = 40


def state_counts() -> dict[str, int]:
    """How many quests are in each state as staff read it."""
    state = shown_state(clock.now())
    rows = db.session.execute(select(state.label("state"), func.count().label("count")).group_by(state)).all()
    return dict.fromkeys(SHOWN_STATES, 0) | {row.state: row._mapping["count"] for row in rows}


def quests_page(state: str, text: str = "", cursor: str | None = None, size: int = PAGE) -> Page[Any]:
    """Quests in a state, or of any state whose title, track or maker contains `text`; changed last first."""
    waiting = (
        select(func.count())
        .where(Submission.quest_id == Quest.id, Submission.state == "submitted")
        .correlate(Quest)
        .scalar_subquery()
    )
    shown = shown_state(clock.now())
    query = select(
        Quest.id,
        *members.track_words(Quest.track_key),
        Quest.rung,
        Quest.icon,
        shown.label("shown_state"),
        Quest.opens_at,
        Quest.closes_at,
        Quest.published_at,
        Quest.updated_at,
        QuestVersion.title,
        QuestVersion.title_en,
        badges.award_count(Quest.badge_id).label("lit"),
        waiting.label("waiting"),
    ).join(QuestVersion, QuestVersion.id == Quest.version_id)
    if text:
        found = [
            QuestVersion.title.icontains(text, autoescape=True),
            QuestVersion.title_en.icontains(text, autoescape=True),
            members.name_of(Quest.created_by_id).icontains(text, autoescape=True),
            members.track_column(Quest.track_key, "name").icontains(text, autoescape=True),
            members.track_column(Quest.track_key, "name_en").icontains(text, autoescape=True),
        ]
        query = query.where(or_(*found))
    else:
        query = query.where(shown == state)
    query, size = keyset(query, Quest.id, cursor=cursor, size=size)
    return page_of(db.session.execute(query).all(), size, "id")


# --- one quest with what came of it ----------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """A quest beside the list: what it is, how far members came, who waits, what was missing most."""

    quest: Any
    waiting: Sequence[Any]
    lacking: Sequence[tuple[dict[str, Any], int]]
    not_yet: int
    days: float | None


def opened(quest_id: int) -> Opened:
    """One quest with its figures, in three queries. Raises NotFound."""

    def people(*where: Any) -> Any:
        # each once, however often they did it: the results say the same
        return (
            select(func.count(Submission.member_id.distinct()))
            .where(Submission.quest_id == Quest.id, *where)
            .correlate(Quest)
            .scalar_subquery()
        )

    row = db.session.execute(
        select(
            Quest.id,
            Quest.preset,
            Quest.state,
            shown_state(clock.now()).label("shown_state"),
            *members.track_words(Quest.track_key),
            Quest.rung,
            Quest.icon,
            Quest.opens_at,
            Quest.closes_at,
            Quest.published_at,
            Quest.updated_at,
            Quest.capacity,
            Quest.started_count,
            Quest.version_id,
            QuestVersion.number,
            QuestVersion.title,
            QuestVersion.title_en,
            QuestVersion.summary,
            QuestVersion.summary_en,
            QuestVersion.effort_minutes,
            QuestVersion.review_mode,
            QuestVersion.review_hours,
            QuestVersion.criteria,
            QuestVersion.change_note,
            QuestVersion.created_at.label("version_at"),
            members.name_of(QuestVersion.created_by_id).label("author"),
            points.offer(QuestVersion.rule_key, QuestVersion.points, clock.now()).label("offer"),
            reach().label("reach"),
            people().label("started"),
            people(was_ever_sent()).label("sent"),
            people(Submission.state == "approved").label("approved"),
            people(Submission.state == "submitted").label("waiting"),
        )
        .join(QuestVersion, QuestVersion.id == Quest.version_id)
        .where(Quest.id == quest_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    verdicts = _verdicts(quest_id)
    lacking, not_yet = _lacking(row, verdicts)
    return Opened(row, _waiting(quest_id), lacking, not_yet, _days(verdicts))


def _waiting(quest_id: int, limit: int = 5) -> Sequence[Any]:
    """Who waits for an answer, longest first, with the first picture they sent."""
    picture = (
        select(Evidence.media_id)
        .where(
            Evidence.submission_id == Submission.id,
            Evidence.round == Submission.round,
            Evidence.media_id.is_not(None),
        )
        .order_by(Evidence.position, Evidence.id)
        .limit(1)
        .correlate(Submission)
        .scalar_subquery()
    )
    return db.session.execute(
        select(
            Submission.id,
            Submission.member_id,
            Submission.round,
            Submission.submitted_at,
            members.name_of(Submission.member_id).label("name"),
            members.name_of(Submission.mentor_id).label("mentor"),
            picture.label("media_id"),
        )
        .where(Submission.quest_id == quest_id, Submission.state == "submitted")
        .order_by(Submission.due_at, Submission.id)
        .limit(limit)
    ).all()


def _verdicts(quest_id: int, limit: int = 200) -> Sequence[Any]:
    """The latest verdicts on this quest."""
    return db.session.execute(
        select(
            Review.decision,
            Review.checks,
            Submission.version_id,
            Submission.started_at,
            Submission.decided_at,
        )
        .join(Submission, Submission.id == Review.submission_id)
        .where(Submission.quest_id == quest_id, Review.undone_at.is_(None))
        .order_by(Review.id.desc())
        .limit(limit)
    ).all()


def _lacking(quest: Any, verdicts: Sequence[Any]) -> tuple[list[tuple[dict[str, Any], int]], int]:
    """Which criteria of the present version were not met when it was "not yet", most often first."""
    asked = [row for row in verdicts if row.decision == "changes" and row.version_id == quest.version_id]
    unmet = Counter(
        index for row in asked for index in range(len(quest.criteria)) if index not in (row.checks or [])
    )
    return [(quest.criteria[index], count) for index, count in unmet.most_common(4)], len(asked)


def _days(verdicts: Sequence[Any]) -> float | None:
    """Within how many days of starting half of those who lit it had done so."""
    spans = [
        (row.decided_at - row.started_at).total_seconds() / 86400
        for row in verdicts
        if row.decision == "approved" and row.decided_at
    ]
    return median(spans) if len(spans) > 2 else None
