"""Publishing: drafts, versions, states. The only writer of what a quest is.

A quest that members may see keeps its terms: saving it makes the next `QuestVersion`, and who has
started keeps the one they began with. Where a quest stands and whom it is for (track, rung, audience,
window, capacity) changes at once.

A quest is scheduled by being live with an opening still to come: its window hides it until then, so
nothing has to run at that moment. `queries_staff.shown_state` names that "scheduled".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made
from datetime import datetime, timedelta
from typing import Any, TypedDict

from sqlalchemy import delete, func, insert, select, update

from app.blueprints.badges import services as badges
from app.blueprints.library import queries as library
from app.blueprints.members import queries as members
from app.blueprints.quests import queries_staff
from app.blueprints.quests.models import (
    EVIDENCE_KINDS,
    PRESETS,
    REVIEW_MODES,
    Quest,
    QuestNamedMember,
    QuestPrerequisite,
    QuestResource,
    QuestVersion,
)
from app.blueprints.quests.policies import next_quest_state
from app.blueprints.quests.queries_staff import QUEST_FIELDS, VERSION_FIELDS, Whole, token_of
from app.core import audit, clock
from app.core.actor import TIERS, Actor
from app.core.db import db
from app.core.errors import Forbidden, Invalid, Refused, Stale
from app.core.i18n import N_, both
from app.core.uow import unit_of_work

MOST_STEPS = MOST_CRITERIA = 5
MOST_SCORES = 4
MOST_PHRASES = 8
MOST_FILES = 9
MOST_RESOURCES = 6
MOST_REQUIRED = 5
MOST_NAMED = 200
MOST_MINUTES = 60 * 24 * 7

# the drawings a quest may choose from, with their names; those of the design's form come first
ICONS = {
    "i-camera": N_("camera"), "i-trail": N_("light trail"), "i-moon": N_("moon"), "i-sun": N_("sun"),
    "i-drop": N_("drop"), "i-film": N_("film"), "i-cut": N_("scissors"), "i-wave": N_("sound wave"),
    "i-pen": N_("pen"), "i-answer": N_("speech bubble"), "i-road": N_("road"), "i-bolt": N_("bolt"),
    "i-tent": N_("tent"), "i-snow": N_("snow"), "i-idea": N_("light bulb"), "i-lantern": N_("lantern"),
    "i-letter": N_("letter"), "i-heart": N_("heart"), "i-book": N_("book"), "i-flag": N_("flag"),
    "i-star": N_("star"), "i-image": N_("picture"), "i-text": N_("text"), "i-people": N_("people"),
    "i-shield": N_("shield"), "i-calendar": N_("calendar"), "i-eye": N_("eye"), "i-clock": N_("clock"),
    "i-share": N_("share"), "i-list": N_("list"), "i-note": N_("note"), "i-article": N_("article"),
    "i-vert": N_("upright video"), "i-long": N_("wide video"), "i-doc": N_("document"),
    "i-cast": N_("broadcast"), "i-globe": N_("globe"), "i-gift": N_("gift"),
    "i-play": N_("play"),
}  # fmt: skip


class Step(TypedDict, total=False):
    """One small goal. `key` stays the same for as long as the step does; without one it gets one."""

    key: str
    title: str
    title_en: str
    hint: str
    hint_en: str
    evidence: str
    min: int
    max: int
    required: bool
    options: list[dict[str, str]]


class QuestIn(TypedDict, total=False):
    """What can be said of a quest; what is left out stays as it is. Moments are aware."""

    title: str
    title_en: str
    summary: str
    summary_en: str
    track_key: str
    icon: str
    rung: int
    position: int
    requires: Sequence[int]  # quests that must be done before
    requires_badges: Sequence[int]
    effort_minutes: int
    needs: str
    needs_en: str
    cover_media_id: int | None
    steps: Sequence[Step]
    criteria: Sequence[Mapping[str, str]]  # {"zh", "en", "hint", "hint_en"}
    scores: Sequence[Mapping[str, str]]  # {"zh", "en"}
    phrases: Mapping[str, Sequence[str]]  # {"zh": [...], "en": [...]}
    rule_key: str | None  # a public rule, or one whose value each quest names itself; None: no points
    points: int | None  # own value, only under such a rule
    perk: str
    perk_en: str
    results_ladder: Sequence[Mapping[str, Any]]
    terms: str
    terms_en: str
    tiers: Sequence[str]
    min_stars: int
    named_logins: Sequence[str]  # not empty: only these members see it
    opens_at: datetime | None
    closes_at: datetime | None
    capacity: int | None
    repeat_days: int | None
    review_mode: str
    review_hours: int
    draft_rounds: int
    resources: Sequence[int]
    goal: str
    sky_x: int | None
    sky_y: int | None
    change_note: str


@dataclass(frozen=True)
class Finding:
    """Something the check found: `must` keeps the quest from being published, the rest is advice."""

    must: bool
    field: str
    message: str
    params: dict[str, Any] = made(default_factory=dict)


@dataclass(frozen=True)
class Saved:
    """`token` names the quest as it is now; `new_version` whether those who began keep another one."""

    token: str
    number: int
    new_version: bool


# --- beginning -------------------------------------------------------------------------------------


def _step(key: str, title: dict[str, str], evidence: str, most: int = 1) -> Step:
    return {
        "key": key, "title": title["zh"], "title_en": title["en"], "hint": "", "hint_en": "",
        "evidence": evidence, "min": 0 if evidence == "none" else 1, "max": most,
        "required": evidence != "none",
    }  # fmt: skip


# What a new quest of each preset begins with. Words are made when it is asked for, in both languages.
PRESETS_DEFAULTS: dict[str, Callable[[], QuestIn]] = {
    "skill_challenge": lambda: {
        "tiers": TIERS,
        "effort_minutes": 30,
        "review_mode": "mentor",
        "review_hours": 48,
        "draft_rounds": 3,
        "rule_key": "original_post",
        "steps": [
            _step("s1", both(N_("Take one to three photos")), "photo", 3),
            _step("s2", both(N_("Write one line")), "text"),
        ],
        "scores": [both(N_("Clarity")), both(N_("Telling"))],
    },
    "quick_task": lambda: {
        "tiers": TIERS,
        "effort_minutes": 2,
        "review_mode": "auto",
        "review_hours": 24,
        "draft_rounds": 1,
        "rule_key": "quest",
        "points": 10,
        "steps": [_step("s1", both(N_("Write one line")), "text")],
    },
    "brief": lambda: {
        "tiers": ("contributor", "cocreator"),
        "effort_minutes": 120,
        "review_mode": "staff",
        "review_hours": 72,
        "draft_rounds": 3,
        "rule_key": "original_post",
        "steps": [
            _step("s1", both(N_("Send your draft")), "text"),
            _step("s2", both(N_("Paste the link once it is published")), "link"),
        ],
        "scores": [both(N_("Clarity")), both(N_("Telling"))],
    },
    "open_call": lambda: {
        "tiers": ("cocreator",),
        "min_stars": 2,
        "effort_minutes": 240,
        "review_mode": "staff",
        "review_hours": 120,
        "draft_rounds": 3,
        "rule_key": None,
        "steps": [_step("s1", both(N_("Send your proposal")), "text")],
    },
}

# the presets whose badge a member lights; the others thank with points, gifts or a seat at the table
WITH_BADGE = ("skill_challenge",)

BLANK: dict[str, Any] = {
    "title": "", "title_en": "", "summary": "", "summary_en": "", "needs": "", "needs_en": "",
    "effort_minutes": 30, "cover_media_id": None, "steps": [], "criteria": [], "scores": [],
    "phrases": {"zh": [], "en": []}, "review_mode": "staff", "review_hours": 48, "draft_rounds": 3,
    "rule_key": None, "points": None, "perk": "", "perk_en": "", "results_ladder": [], "terms": "",
    "terms_en": "", "icon": "i-star", "rung": 1, "min_stars": 0, "opens_at": None, "closes_at": None,
    "capacity": None, "repeat_days": None, "goal": "", "sky_x": None, "sky_y": None, "tiers": TIERS,
    "requires": (),
    "requires_badges": (), "resources": (), "named_logins": (),
}  # fmt: skip


def create_quest(preset: str, *, by: Actor) -> int:
    """Begin a draft with the preset's sensible defaults; returns its id. Raises Invalid."""
    _publisher(by)
    if preset not in PRESETS:
        raise Invalid(fields={"preset": N_("Choose one of the kinds.")})
    with unit_of_work():
        values = BLANK | PRESETS_DEFAULTS[preset]()
        rules = _rules()
        if values["rule_key"] not in rules:
            values |= {"rule_key": None, "points": None}
        quest_id = _insert(preset, values | {"track_key": members.tracks()[0].key}, by)
        audit.record("quest.create", f"quest:{quest_id}", by=by.id, after={"preset": preset})
        return quest_id


COPIED = N_("Copied: everything but its dates, who was named, and its place in the sky.")


def duplicate_quest(quest_id: int, *, by: Actor) -> int:
    """Begin a draft with everything of another quest; returns its id.

    The dates are cleared, the name is marked, nobody is named and it has no place in the sky yet; `COPIED`
    says so. Raises NotFound.
    """
    _publisher(by)
    with unit_of_work():
        first = queries_staff.whole(quest_id)
        values = first.values() | {
            "opens_at": None, "closes_at": None, "sky_x": None, "sky_y": None, "named_logins": (),
        }  # fmt: skip
        mark = both(N_("%(title)s (copy)"), title={"zh": first.title, "en": first.title_en})
        values |= {"title": mark["zh"][:TITLE], "title_en": mark["en"][:TITLE_EN] if first.title_en else ""}
        copy_id = _insert(first.preset, values, by)
        audit.record("quest.duplicate", f"quest:{copy_id}", by=by.id, after={"of": quest_id})
        return copy_id


def _insert(preset: str, values: Mapping[str, Any], by: Actor) -> int:
    now = clock.now()
    last = select(func.coalesce(func.max(Quest.position), 0) + 1).where(
        Quest.track_key == values["track_key"]
    )
    quest_id: int = db.session.scalar(  # type: ignore[assignment]
        insert(Quest)
        .values(
            preset=preset,
            state="draft",
            created_by_id=by.id,
            created_at=now,
            updated_at=now,
            **_quest_columns(values) | {"position": last.scalar_subquery()},
        )
        .returning(Quest.id)
    )
    version_id = _add_version(quest_id, 1, values, by)
    db.session.execute(update(Quest).where(Quest.id == quest_id).values(version_id=version_id))
    _write_lists(quest_id, {}, values)
    return quest_id


def _add_version(
    quest_id: int, number: int, values: Mapping[str, Any], by: Actor, change_note: str = ""
) -> int:
    return db.session.scalar(  # type: ignore[return-value]
        insert(QuestVersion)
        .values(
            quest_id=quest_id,
            number=number,
            change_note=change_note,
            created_by_id=by.id,
            created_at=clock.now(),
            **{name: values[name] for name in VERSION_FIELDS},
        )
        .returning(QuestVersion.id)
    )


def _quest_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: values[name] for name in QUEST_FIELDS if name in values}
    if "tiers" in values:
        columns |= {f"to_{tier}": tier in values["tiers"] for tier in TIERS}
    if "named_logins" in values:
        columns["named_members_only"] = bool(values["named_logins"])
    return columns


def _write_lists(quest_id: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Bring prerequisites, resources and named members in line with `after`."""
    if any(
        tuple(before.get(name, ())) != tuple(after.get(name, ())) for name in ("requires", "requires_badges")
    ):
        db.session.execute(delete(QuestPrerequisite).where(QuestPrerequisite.quest_id == quest_id))
        rows = [
            {"quest_id": quest_id, "requires_quest_id": first, "requires_badge_id": None}
            for first in after["requires"]
        ]
        rows += [
            {"quest_id": quest_id, "requires_quest_id": None, "requires_badge_id": badge}
            for badge in after["requires_badges"]
        ]
        if rows:
            db.session.execute(insert(QuestPrerequisite), rows)
    if tuple(before.get("resources", ())) != tuple(after["resources"]):
        db.session.execute(delete(QuestResource).where(QuestResource.quest_id == quest_id))
        if after["resources"]:
            db.session.execute(
                insert(QuestResource),
                [
                    {"quest_id": quest_id, "resource_id": resource, "position": position}
                    for position, resource in enumerate(after["resources"])
                ],
            )
    if tuple(before.get("named_logins", ())) != tuple(after["named_logins"]):
        db.session.execute(delete(QuestNamedMember).where(QuestNamedMember.quest_id == quest_id))
        if after["named_logins"]:
            db.session.execute(
                insert(QuestNamedMember),
                [
                    {"quest_id": quest_id, "member_id": row.id}
                    for row in members.with_logins(list(after["named_logins"]))
                ],
            )


# --- saving ----------------------------------------------------------------------------------------


def save_quest(quest_id: int, changes: QuestIn, *, by: Actor, seen: str | None = None) -> Saved:
    """Keep what `changes` names.

    A draft, or a quest that hasn't opened, is changed in place; one that members may have seen gets its
    next version when its terms change, and its badge is redrawn. `seen` is the token of the quest that the
    form was drawn from: Stale when somebody has saved since. Raises Invalid by field, NotFound.
    """
    _publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if seen is not None and seen != quest.token:
            raise Stale(N_("Somebody else saved this quest while you were writing."))
        if quest.state == "archived":
            raise Stale(N_("This quest is in the archive. Duplicate it to use it again."))
        before = quest.values()
        after = _merged(before, changes)
        _validate(quest, before, after)
        if quest.state != "draft" and (wrong := _musts(quest, after)):
            raise Invalid(fields=wrong)
        if after == before and not changes.get("change_note"):
            return Saved(quest.token, quest.number, False)
        return _save(quest, before, after, changes.get("change_note", ""), by)


def _merged(before: Mapping[str, Any], changes: QuestIn) -> dict[str, Any]:
    """The stored values with the changes; a choice keeps its options when the changes don't name any."""
    after = dict(before) | normal(changes)
    options = {step["key"]: step["options"] for step in before["steps"] if step.get("options")}
    after["steps"] = [
        step | {"options": options[step["key"]]}
        if step["evidence"] == "choice" and not step.get("options") and step["key"] in options
        else step
        for step in after["steps"]
    ]
    return after


def tried_on(quest: Whole, changes: QuestIn) -> dict[str, Any]:
    """The quest's values with those of `changes` that could be stored. Writes nothing."""
    before = quest.values()
    after = _merged(before, changes)
    try:
        _validate(quest, before, after)
    except Invalid as error:
        for name in error.fields:
            kind = name.split("-")[0]
            stored = {"step": "steps", "criterion": "criteria", "phrases_en": "phrases"}.get(kind, kind)
            after[stored] = before[stored]
    return after


def _save(quest: Whole, before: Mapping[str, Any], after: Mapping[str, Any], note: str, by: Actor) -> Saved:
    now = max(clock.now(), quest.updated_at + timedelta(microseconds=1))
    terms = {name: after[name] for name in VERSION_FIELDS if after[name] != before[name]}
    number, version_id = quest.number, quest.version_id
    new_version = bool(terms) and _could_be_started(quest)
    if new_version:
        last = select(func.max(QuestVersion.number)).where(QuestVersion.quest_id == quest.id)
        number = 1 + (db.session.scalar(last) or 0)
        version_id = _add_version(quest.id, number, after, by, _line(note, NOTE))
    elif terms:
        db.session.execute(
            update(QuestVersion)
            .where(QuestVersion.id == version_id)
            .values(created_by_id=by.id, created_at=now, **terms)
        )
    db.session.execute(
        update(Quest)
        .where(Quest.id == quest.id)
        .values(version_id=version_id, updated_at=now, **_quest_columns(after))
    )
    _write_lists(quest.id, before, after)
    if quest.badge_id is not None:
        badges.redraw_badge(quest.badge_id, **_drawing(after))
    changed = [name for name in after if after[name] != before[name]]
    audit.record(
        "quest.save",
        f"quest:{quest.id}",
        by=by.id,
        before={name: _plain(before[name]) for name in changed},
        after={name: _plain(after[name]) for name in changed} | ({"version": number} if new_version else {}),
    )
    return Saved(token_of(now), number, new_version)


def _could_be_started(quest: Whole) -> bool:
    """Whether a member may have seen these terms, so that they are frozen."""
    if quest.state == "draft":
        return False
    return quest.started_count > 0 or quest.opens_at is None or quest.opens_at <= clock.now()


def _drawing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": values["title"],
        "name_en": values["title_en"] or values["title"],
        "track_key": values["track_key"],
        "icon": values["icon"],
        "rung": values["rung"],
    }


def _plain(value: Any) -> Any:
    """A value as JSON takes it, for the audit line."""
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


# --- what may be said ------------------------------------------------------------------------------

TITLE, TITLE_EN, SUMMARY, NEEDS, HINT, PERK, GOAL, NOTE, TERMS, PHRASE = (
    30,
    60,
    160,
    120,
    240,
    200,
    80,
    200,
    4000,
    120,
)
LENGTHS = {
    "title": TITLE, "title_en": TITLE_EN, "summary": SUMMARY, "summary_en": 2 * SUMMARY, "needs": NEEDS,
    "needs_en": NEEDS, "perk": PERK, "perk_en": PERK, "goal": GOAL, "terms": TERMS, "terms_en": TERMS,
}  # fmt: skip
TOO_LONG = N_("A little shorter, please.")
# least, most, and what to say of anything else
BOUNDS: dict[str, tuple[int, int, str]] = {
    "rung": (1, 3, N_("There are three rungs.")),
    "effort_minutes": (1, MOST_MINUTES, N_("How many minutes, in whole numbers: 1 to 10,080 (a week).")),
    "min_stars": (0, 20, N_("A whole number of stars, or 0.")),
    "capacity": (1, 1_000_000, N_("A whole number of places from 1 up, or nothing.")),
    "repeat_days": (1, 3650, N_("A whole number of days from 1 up, or nothing.")),
    "review_hours": (1, 24 * 60, N_("How many hours, in whole numbers: 1 to 1,440.")),
    "draft_rounds": (1, 10, N_("From one to ten rounds.")),
    "points": (1, 100_000, N_("A whole number of points from 1 to 100,000.")),
    "position": (0, 100_000, N_("A whole number, please.")),
    "sky_x": (0, 100_000, N_("A whole number, please.")),
    "sky_y": (0, 100_000, N_("A whole number, please.")),
}
MAY_BE_EMPTY = ("capacity", "repeat_days", "points", "sky_x", "sky_y")


def _line(text: str | None, limit: int | None = None) -> str:
    """One line: controls (which databases refuse) gone, ends trimmed."""
    kept = "".join(sign if sign.isprintable() else " " for sign in (text or ""))
    return " ".join(kept.split()) if limit is None else " ".join(kept.split())[:limit]


def _lines(text: str | None) -> str:
    """Several lines, each without controls."""
    return "\n".join(_line(line) for line in (text or "").splitlines()).strip()


def normal(changes: QuestIn) -> dict[str, Any]:
    """The changes in the one form they are stored in: trimmed, without empty rows, steps with keys."""
    values: dict[str, Any] = {name: value for name, value in changes.items() if name != "change_note"}
    for name in LENGTHS:
        if name in values:
            values[name] = (_lines if name in ("terms", "terms_en", "summary", "summary_en") else _line)(
                values[name]
            )
    if "steps" in values:
        values["steps"] = _normal_steps(values["steps"])
    if "criteria" in values:
        values["criteria"] = [
            {name: _line(row.get(name)) for name in ("zh", "en", "hint", "hint_en")}
            for row in values["criteria"]
            if _line(row.get("zh")) or _line(row.get("en"))
        ]
    if "scores" in values:
        values["scores"] = [
            {"zh": _line(row.get("zh")), "en": _line(row.get("en"))}
            for row in values["scores"]
            if _line(row.get("zh")) or _line(row.get("en"))
        ]
    if "phrases" in values:
        values["phrases"] = {
            language: [text for text in map(_line, values["phrases"].get(language) or ()) if text]
            for language in ("zh", "en")
        }
    for name in ("track_key", "icon", "rule_key", "review_mode"):
        if values.get(name) is not None:
            values[name] = _line(values[name])
    if "named_logins" in values:
        values["named_logins"] = [text for text in map(_line, values["named_logins"]) if text]
    for name in ("requires", "requires_badges", "resources", "named_logins"):
        if name in values:
            kept = tuple(dict.fromkeys(values[name]))
            values[name] = kept if name == "resources" else tuple(sorted(kept))
    if "tiers" in values:
        values["tiers"] = tuple(tier for tier in TIERS if tier in values["tiers"])
    if "results_ladder" in values:
        values["results_ladder"] = [dict(row) for row in values["results_ladder"]]
    if not values.get("rule_key", True):
        values |= {"rule_key": None, "points": None}
    return values


def _normal_steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    taken = {step.get("key") for step in steps}
    for step in steps:
        texts = {name: _line(str(step.get(name) or "")) for name in ("title", "title_en", "hint", "hint_en")}
        if not any(texts.values()):
            continue
        evidence = step.get("evidence") or "none"
        key = _line(step.get("key"))[:40]
        if not key or any(row["key"] == key for row in rows):
            key = next(name for n in range(1, 100) if (name := f"s{n}") not in taken)
            taken.add(key)
        files = evidence in ("photo", "video")
        least = (step.get("min") or 1) if files else (0 if evidence == "none" else 1)
        row = {
            "key": key,
            **texts,
            "evidence": evidence,
            "min": least,
            "max": max(step.get("max") or least, least) if files else least,
            "required": evidence != "none" and bool(step.get("required", True)),
        }
        if evidence == "choice":
            row["options"] = [dict(option) for option in step.get("options") or ()]
        rows.append(row)
    return rows


def _validate(quest: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise Invalid with everything that can't be stored, by field."""
    wrong: dict[str, str] = {}
    params: dict[str, Any] = {}

    def refuse(name: str, message: str, **more: Any) -> None:
        wrong.setdefault(name, message)
        params.update(more)

    for name, limit in LENGTHS.items():
        if len(after[name]) > limit:
            refuse(name, TOO_LONG)
    for name, (least, most, message) in BOUNDS.items():
        value = after[name]
        if value is None and name in MAY_BE_EMPTY:
            continue
        if not isinstance(value, int) or not least <= value <= most:
            refuse(name, message)
    _check_choices(quest, before, after, refuse)
    _check_rows(after, refuse)
    _check_window(quest, after, refuse)
    if wrong:
        raise Invalid(fields=wrong, **params)


def _check_choices(quest: Any, before: Mapping[str, Any], after: Mapping[str, Any], refuse: Any) -> None:
    def changed(name: str) -> bool:
        return after[name] != before[name]

    if changed("track_key") and after["track_key"] not in {track.key for track in members.tracks()}:
        refuse("track_key", N_("Choose a direction from the list."))
    if changed("icon") and after["icon"] not in ICONS:
        refuse("icon", N_("Choose one of the drawings."))
    if after["review_mode"] not in REVIEW_MODES:
        refuse("review_mode", N_("Choose who reads it."))
    if changed("rule_key") or changed("points"):
        _check_reward(after, refuse)
    if changed("requires"):
        _check_order(quest, after["requires"], refuse)
    if changed("resources"):
        known = {row.id for row in library.short_list(list(after["resources"]), limit=MOST_RESOURCES)}
        if len(after["resources"]) > MOST_RESOURCES:
            refuse("resources", N_("Up to six are enough to begin with."))
        elif set(after["resources"]) - known - set(before["resources"]):
            refuse("resources", N_("One of these isn't in the library any more."))
    if changed("named_logins"):
        unknown = set(after["named_logins"]) - {
            row.login for row in members.with_logins(list(after["named_logins"]))
        }
        if len(after["named_logins"]) > MOST_NAMED:
            refuse("named_logins", N_("Up to 200 people."))
        elif unknown:
            refuse("named_logins", N_("Nobody here is called %(login)s."), login=sorted(unknown)[0][:40])


def _check_reward(after: Mapping[str, Any], refuse: Any) -> None:
    if after["rule_key"] is None:
        if after["points"] is not None:
            refuse("points", N_("Choose a rule for the points first."))
        return
    rule = _rules().get(after["rule_key"])
    if rule is None:
        refuse("rule_key", N_("Choose one of the public rules."))
    elif after["points"] is not None and not rule.per_quest:
        refuse("points", N_("The public rule sets this value. It can't be changed for one quest."))


def _check_order(quest: Any, requires: Sequence[int], refuse: Any) -> None:
    if len(requires) > MOST_REQUIRED:
        refuse("requires", N_("Up to five quests can come before this one."))
        return
    if set(requires) - set(queries_staff.known_quests(requires)) or quest.id in requires:
        refuse("requires", N_("Choose another quest from the list."))
        return
    first: dict[int, set[int]] = {}
    for edge in queries_staff.edges():
        if edge.quest_id != quest.id:
            first.setdefault(edge.quest_id, set()).add(edge.requires_quest_id)
    ahead, seen = set(requires), set[int]()
    while ahead:
        one = ahead.pop()
        seen.add(one)
        ahead |= first.get(one, set()) - seen
    if quest.id in seen:
        refuse("requires", N_("That one already waits for this quest, so neither could ever be started."))


def _check_rows(after: Mapping[str, Any], refuse: Any) -> None:
    if len(after["steps"]) > MOST_STEPS:
        refuse("steps", N_("Five steps at most. Small is reachable."))
    for n, step in enumerate(after["steps"]):
        if len(step["title"]) > 2 * TITLE or len(step["title_en"]) > 2 * TITLE_EN:
            refuse(f"step-{n}-title", TOO_LONG)
        if len(step["hint"]) > HINT or len(step["hint_en"]) > HINT:
            refuse(f"step-{n}-hint", TOO_LONG)
        if step["evidence"] not in EVIDENCE_KINDS:
            refuse(f"step-{n}-evidence", N_("Choose what this step asks for."))
        elif step["evidence"] in ("photo", "video") and not 1 <= step["min"] <= step["max"] <= MOST_FILES:
            refuse(f"step-{n}-max", N_("From one to nine, the most not below the least."))
    if len(after["criteria"]) > MOST_CRITERIA:
        refuse("criteria", N_("Five points at most."))
    for n, row in enumerate(after["criteria"]):
        if any(len(text) > SUMMARY for text in row.values()):
            refuse(f"criterion-{n}", TOO_LONG)
    if len(after["scores"]) > MOST_SCORES:
        refuse("scores", N_("Four scores at most."))
    for row in after["scores"]:
        if any(len(text) > TITLE for text in row.values()):
            refuse("scores", TOO_LONG)
    for language, texts in after["phrases"].items():
        name = "phrases" if language == "zh" else "phrases_en"
        if len(texts) > MOST_PHRASES:
            refuse(name, N_("Eight phrases at most."))
        if any(len(text) > PHRASE for text in texts):
            refuse(name, TOO_LONG)


def _check_window(quest: Any, after: Mapping[str, Any], refuse: Any) -> None:
    opens, closes = after["opens_at"], after["closes_at"]
    if opens is not None and closes is not None and closes <= opens:
        refuse("closes_at", N_("The end has to come after the beginning."))
    if after["capacity"] is not None and after["capacity"] < quest.started_count:
        refuse("capacity", N_("%(num)s people have started already."), num=quest.started_count)


def _rules() -> dict[str, Any]:
    return {row.key: row for row in queries_staff.rules()}


# --- the check before publishing -------------------------------------------------------------------

# words that say nothing a newcomer could see or count; the catalogue holds those of each language
VAGUE = N_("premium high-end beautiful perfect great amazing good-looking creative quality")


def check_quest(quest_id: int) -> list[Finding]:
    """What is missing or odd, what keeps it from being published first. Raises NotFound."""
    quest = queries_staff.whole(quest_id)
    return look_over(quest, queries_staff.others(quest_id))


def look_over(quest: Whole, around: queries_staff.Others) -> list[Finding]:
    """The check on a quest that has been read already."""
    values = quest.values()
    offer = queries_staff.worth(values["rule_key"], values["points"])
    found = _missing(quest, values) + _odd(values)
    if (
        values["rule_key"] is not None
        and offer == 0
        and not any(finding.field == "points" for finding in found)
    ):
        found.append(
            Finding(True, "rule_key", N_("This rule has no value yet. Name one, or choose another rule."))
        )
    unreachable = [row for row in around.choices if row.id in values["requires"] and row.state != "live"]
    if unreachable:
        found.append(
            Finding(False, "requires", N_("What has to come first isn't open, so nobody can reach this one."))
        )
    if quest.reach == 0 and values["tiers"]:
        found.append(
            Finding(False, "tiers", N_("Nobody can start it yet: no member has this tier and these stars."))
        )
    if around.usual and offer:
        times = offer / values["effort_minutes"] / around.usual
        if times > 2.5:
            found.append(
                Finding(
                    False,
                    "points",
                    N_("It gives %(times)s times what quests here usually give for a minute."),
                    {"times": f"{times:.1f}"},
                )
            )
        elif times < 0.4:
            found.append(
                Finding(False, "points", N_("It gives much less for a minute than quests here usually do."))
            )
    return sorted(found, key=lambda finding: not finding.must)


def _musts(quest: Any, values: Mapping[str, Any]) -> dict[str, str]:
    return {finding.field: finding.message for finding in _missing(quest, values)}


def _missing(quest: Any, values: Mapping[str, Any]) -> list[Finding]:
    """What a quest can't do without."""
    found = []

    def lacks(name: str, message: str) -> None:
        found.append(Finding(True, name, message))

    if not values["title"]:
        lacks("title", N_("Give it a name."))
    if not values["steps"]:
        lacks("steps", N_("Say how it is done: at least one step."))
    for n, step in enumerate(values["steps"]):
        if not step["title"]:
            lacks(f"step-{n}-title", N_("Say what this step is."))
    asks = any(step["evidence"] != "none" and step["required"] for step in values["steps"])
    if values["steps"] and not asks and values["review_mode"] in ("staff", "mentor"):
        lacks("steps", N_("Ask for something to look at in at least one step."))
    for n, step in enumerate(values["steps"]):
        if step["evidence"] == "choice" and len(step.get("options") or ()) < 2:
            lacks(f"step-{n}-evidence", N_("A choice needs at least two options."))
    if not values["tiers"]:
        lacks("tiers", N_("Choose for whom it is."))
    if values["rule_key"] is not None and values["points"] is None and _per_quest(values["rule_key"]):
        lacks("points", N_("Say how many points it gives."))
    if values["closes_at"] is not None and values["closes_at"] <= clock.now() and quest.state == "draft":
        lacks("closes_at", N_("It would be over before it begins."))
    return found


def _per_quest(rule_key: str) -> bool:
    rule = _rules().get(rule_key)
    return rule is not None and rule.per_quest


def _odd(values: Mapping[str, Any]) -> list[Finding]:
    """What could be better."""
    found = []

    def advise(name: str, message: str, **params: Any) -> None:
        found.append(Finding(False, name, message, params))

    if not values["title_en"]:
        advise("title_en", N_("It has no English name. English readers will see the Chinese one."))
    if not values["summary"]:
        advise("summary", N_("One sentence would say what is good about doing it."))
    elif not values["summary_en"]:
        advise("summary_en", N_("The sentence isn't there in English."))
    if any(not step["title_en"] for step in values["steps"]):
        advise("steps", N_("Not every step is there in English."))
    if values["review_mode"] in ("staff", "mentor"):
        if not values["criteria"]:
            advise(
                "criteria",
                N_("Nothing says what is looked at. Two or three points help members and reviewers."),
            )
        if not values["phrases"]["zh"]:
            advise("phrases", N_("Phrases to start from make answers quicker and kinder."))
    for n, word in vague(values["criteria"]):
        advise(
            f"criterion-{n}",
            N_("“%(word)s” can't be seen or counted. Could it be said another way?"),
            word=word,
        )
    if values["effort_minutes"] > 240 and values["rung"] == 1:
        advise("effort_minutes", N_("Long for a first rung. Could it be two quests?"))
    if values["review_mode"] == "self" and values["rung"] > 1:
        advise("review_mode", N_("A self-check suits the first rung."))
    return found


def vague(criteria: Sequence[Mapping[str, str]]) -> list[tuple[int, str]]:
    """(number of the criterion, the word in it that says nothing)."""
    words = both(VAGUE)
    return [
        (n, word)
        for n, row in enumerate(criteria)
        for word in next(
            (
                [one]
                for language in ("zh", "en")
                for one in words[language].split()
                if one in row[language].lower()
            ),
            [],
        )
    ]


# --- states ----------------------------------------------------------------------------------------


def publish_quest(quest_id: int, *, by: Actor, at: datetime | None = None, seen: str | None = None) -> str:
    """Let members have it, from `at` on if that is still to come; returns "live" or "scheduled".

    A draft gets its badge, a scheduled quest another moment; a closed one opens again, an end that is over
    is cleared. Pressing twice publishes once. Raises Invalid with what `check_quest` calls a must,
    Stale when it can't be published from where it is.
    """
    _publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.shown_state == "live":
            return "live"
        if seen is not None and seen != quest.token:
            raise Stale(N_("Somebody else saved this quest while you were writing."))
        now = clock.now()
        values = quest.values()
        if at is not None:
            values["opens_at"] = at
        if quest.shown_state == "closed" and values["closes_at"] is not None and values["closes_at"] <= now:
            values["closes_at"] = None
        _validate(quest, quest.values(), values)
        wrong = _musts(quest, values)
        if (
            "rule_key" not in wrong
            and values["rule_key"]
            and not queries_staff.worth(values["rule_key"], values["points"])
        ):
            wrong.setdefault("rule_key", N_("This rule has no value yet. Name one, or choose another rule."))
        if wrong:
            raise Invalid(fields=wrong)
        badge_id = quest.badge_id
        if badge_id is not None:
            badges.redraw_badge(badge_id, **_drawing(values))
        elif quest.preset in WITH_BADGE:
            badge_id = badges.define_badge(
                key=f"quest:{quest_id}",
                fact="quest.approved",
                fact_scope=f"quest:{quest_id}",
                **_drawing(values),
            )
        _move(
            quest,
            "publish",
            by,
            badge_id=badge_id,
            published_at=quest.published_at or now,
            opens_at=values["opens_at"],
            closes_at=values["closes_at"],
        )
        return "scheduled" if values["opens_at"] is not None and values["opens_at"] > now else "live"


def unschedule_quest(quest_id: int, *, by: Actor) -> None:
    """Take a quest that hasn't opened back to the drafts. Raises Refused once it has opened."""
    _publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.state == "live" and _could_be_started(quest):
            raise Refused(N_("It is open already. Close it instead; those who have begun may finish."))
        _move(quest, "unschedule", by, published_at=None)


def close_quest(quest_id: int, *, by: Actor) -> None:
    """Nobody can start it any more; those who have begun may finish."""
    _publisher(by)
    with unit_of_work():
        _move(queries_staff.whole(quest_id, lock=True), "close", by)


def reopen_quest(quest_id: int, *, by: Actor) -> str:
    """Open a closed quest again; an end that is over is cleared. As `publish_quest`."""
    return publish_quest(quest_id, by=by)


def archive_quest(quest_id: int, *, by: Actor) -> None:
    """Put a draft or a closed quest away; what was lit by it stays lit."""
    _publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.state == "live" and quest.shown_state == "closed":
            _move(quest, "close", by)
            quest = queries_staff.whole(quest_id, lock=True)
        _move(quest, "archive", by)


def _move(quest: Whole, move: str, by: Actor, **values: Any) -> None:
    state = next_quest_state(quest.state, move)
    moved = db.session.execute(
        update(Quest)
        .where(Quest.id == quest.id, Quest.state == quest.state)
        .values(
            state=state, updated_at=max(clock.now(), quest.updated_at + timedelta(microseconds=1)), **values
        )
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Stale(N_("The quest is not where this page thought it was. Have another look."))
    audit.record(
        f"quest.{move}", f"quest:{quest.id}", by=by.id, before={"state": quest.state}, after={"state": state}
    )


def _publisher(by: Actor) -> None:
    if not by.can("quests:publish"):
        raise Forbidden
