"""Publishing: drafts and their versions. With `services_publish` (states) the only writer of what a quest is.

A quest that members may see keeps its terms: saving it makes the next `QuestVersion`, and who has
started keeps the one they began with. Where a quest stands and whom it is for (track, rung, audience,
window, capacity) changes at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import delete, func, insert, select, update

from app.blueprints.badges import services as badges
from app.blueprints.library import queries as library
from app.blueprints.media import queries as media_queries
from app.blueprints.media import services as media
from app.blueprints.members import queries as members
from app.blueprints.quests import policies_check, queries_staff
from app.blueprints.quests.models import (
    PRESETS,
    QUICK_KINDS,
    REVIEW_MODES,
    Quest,
    QuestNamedMember,
    QuestPrerequisite,
    QuestResource,
    QuestVersion,
)
from app.blueprints.quests.policies_presets import BLANK, ICONS, PRESETS_DEFAULTS, QuestIn, quick
from app.blueprints.quests.policies_publish import (
    BOUNDS,
    LENGTHS,
    MAY_BE_EMPTY,
    MOST_NAMED,
    MOST_REQUIRED,
    MOST_RESOURCES,
    NO_COVER,
    NOTE,
    PARTS,
    TITLE,
    TITLE_EN,
    TOO_LONG,
    check_rows,
    check_window,
    hidden,
    normal,
    one_line,
)
from app.blueprints.quests.queries_staff import QUEST_FIELDS, VERSION_FIELDS, Whole, token_after
from app.core import audit, clock
from app.core.actor import TIERS, Actor
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound, Stale
from app.core.i18n import N_, both
from app.core.uow import unit_of_work


@dataclass(frozen=True)
class Saved:
    """`token` names the parts as whoever saved knows them; `new_version` whether those who
    began keep another one."""

    token: str
    number: int
    new_version: bool


# --- beginning -------------------------------------------------------------------------------------


def create_quest(preset: str, kind: str | None = None, *, by: Actor) -> int:
    """Begin a draft with the preset's sensible defaults, a quick task with those of its `kind`; returns its
    id. Raises Invalid."""
    publisher(by)
    if preset not in PRESETS or (kind is not None and (preset != "quick_task" or kind not in QUICK_KINDS)):
        raise Invalid(fields={"preset": N_("Choose one of the kinds.")})
    with unit_of_work():
        values = BLANK | (quick(kind) if kind else PRESETS_DEFAULTS[preset]())
        known = rules()
        if values["rule_key"] not in known:
            values |= {"rule_key": None, "points": None}
        quest_id = insert_draft(preset, values | {"track_key": members.tracks()[0].key}, by)
        audit.record("quest.create", f"quest:{quest_id}", by=by.id, after={"preset": preset})
        return quest_id


COPIED = N_("Copied: everything but its dates, who was named, and its place in the sky.")


def duplicate_quest(quest_id: int, *, by: Actor) -> int:
    """Begin a draft with everything of another quest; returns its id.

    The dates are cleared, the name is marked, nobody is named and it has no place in the sky yet; `COPIED`
    says so. Raises NotFound.
    """
    publisher(by)
    with unit_of_work():
        first = queries_staff.whole(quest_id)
        values = first.values() | {
            "opens_at": None, "closes_at": None, "sky_x": None, "sky_y": None, "named_logins": (),
        }  # fmt: skip
        mark = both(N_("%(title)s (copy)"), title={"zh": first.title, "en": first.title_en})
        values |= {"title": mark["zh"][:TITLE], "title_en": mark["en"][:TITLE_EN] if first.title_en else ""}
        copy_id = insert_draft(first.preset, values, by)
        audit.record("quest.duplicate", f"quest:{copy_id}", by=by.id, after={"of": quest_id})
        return copy_id


def insert_draft(
    preset: str, values: Mapping[str, Any], by: Actor, *, hosted_by_id: int | None = None
) -> int:
    """A new draft of these values; returns its id."""
    now = clock.now()
    last = select(func.coalesce(func.max(Quest.position), 0) + 1).where(
        Quest.track_key == values["track_key"]
    )
    quest_id: int = db.session.scalar(  # type: ignore[assignment]
        insert(Quest)
        .values(
            preset=preset,
            state="draft",
            hosted_by_id=hosted_by_id,
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
    form was drawn from: Stale when somebody has since saved the same part otherwise. Raises Invalid by field,
    NotFound.
    """
    publisher(by)
    with unit_of_work():
        quest = queries_staff.whole(quest_id, lock=True)
        if quest.state == "archived":
            raise Stale(N_("This quest is in the archive. Duplicate it to use it again."))
        before = quest.values()
        after = _merged(before, changes)
        if seen is not None:
            refuse_overwriting(quest, seen, before, after)
        validate(quest, before, after)
        if quest.state != "draft" and (wrong := musts(quest, after)):
            raise Invalid(fields=wrong)
        if after == before and not changes.get("change_note"):
            return Saved(seen or quest.token, quest.number, False)
        saved = _save(quest, before, after, changes.get("change_note", ""), by)
        return replace(saved, token=token_after(seen or quest.token, before, after))


def refuse_overwriting(quest: Whole, seen: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Raise Stale when a part that these changes touch isn't the one that was seen any more."""
    now, then = quest.token.split("."), seen.split(".")
    for n, names in enumerate(PARTS.values()):
        touched = any(after[name] != before[name] for name in names)
        if touched and (len(then) != len(PARTS) or then[n] != now[n]):
            raise Stale(N_("Somebody else saved this quest while you were writing."))


def _merged(before: Mapping[str, Any], changes: QuestIn) -> dict[str, Any]:
    """The stored values with the changes; a choice keeps its options when the changes don't name any."""
    after = dict(before) | normal(changes)
    options = {step["key"]: step["options"] for step in before["steps"] if step.get("options")}
    after["steps"] = [
        step | {"options": options.get(step["key"], [])}
        if step["evidence"] in ("choice", "multiple") and "options" not in step
        else step
        for step in after["steps"]
    ]
    return after


# under which name the rows of the form are stored
STORED_AS = {
    "step": "steps", "criterion": "criteria", "stage": "stages", "ladder": "results_ladder",
    "phrases_en": "phrases",
}  # fmt: skip


def tried_on(quest: Whole, changes: QuestIn) -> dict[str, Any]:
    """The quest's values with those of `changes` that could be stored. Writes nothing."""
    before = quest.values()
    after = _merged(before, changes)
    try:
        validate(quest, before, after)
    except Invalid as error:
        for name in error.fields:
            kind = name.split("-")[0]
            after[STORED_AS.get(kind, kind)] = before[STORED_AS.get(kind, kind)]
    return after


def _save(quest: Whole, before: Mapping[str, Any], after: Mapping[str, Any], note: str, by: Actor) -> Saved:
    now = max(clock.now(), quest.updated_at + timedelta(microseconds=1))
    terms = {name: after[name] for name in VERSION_FIELDS if after[name] != before[name]}
    number, version_id = quest.number, quest.version_id
    new_version = bool(terms) and could_be_started(quest)
    note = one_line(note, NOTE)
    # a reviewer's phrases are nothing that members read, a picture asks for nothing
    if new_version and quest.started_count and not note and terms.keys() - {"phrases", "cover_media_id"}:
        raise Invalid(fields={"change_note": N_("Say what changes: those who have begun read it.")})
    if new_version:
        last = select(func.max(QuestVersion.number)).where(QuestVersion.quest_id == quest.id)
        number = 1 + (db.session.scalar(last) or 0)
        version_id = _add_version(quest.id, number, after, by, note)
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
    if "cover_media_id" in terms:
        _forget_covers(quest.id, before["cover_media_id"], by)
    if quest.badge_id is not None:
        badges.redraw_badge(quest.badge_id, **drawing(after))
    changed = [name for name in after if after[name] != before[name]]
    audit.record(
        "quest.save",
        f"quest:{quest.id}",
        by=by.id,
        before={name: _plain(before[name]) for name in changed},
        after={name: _plain(after[name]) for name in changed} | ({"version": number} if new_version else {}),
    )
    return Saved(quest.token, number, new_version)


def put_cover(quest_id: int, file: BinaryIO, *, upload_key: str, by: Actor) -> int:
    """Put up a photo that becomes the quest's cover once that is saved; its id. The same key is the same.

    Raises Invalid (field "cover_media_id"), NotFound, also for a quest that has no cover.
    """
    publisher(by)
    if "cover_media_id" in hidden(*queries_staff.kind_of(quest_id)):
        raise NotFound
    try:
        return media.store_upload(
            owner_id=by.id, upload_key=upload_key, belongs_to=f"quest:{quest_id}", file=file, by=by,
            accept=("photo",),
        )  # fmt: skip
    except Invalid as error:
        raise Invalid(fields={"cover_media_id": error.fields["file"]}, **error.params) from error


def _forget_covers(quest_id: int, replaced: int | None, by: Actor) -> None:
    """Remove the pictures of a quest that no version of any quest shows; one that somebody else has put up
    may stand in their form still."""
    up = media_queries.media_rows(tile.id for tile in media_queries.of(f"quest:{quest_id}"))
    mine = [row.id for row in up.values() if row.owner_id == by.id or row.id == replaced]
    shown = select(QuestVersion.cover_media_id).where(QuestVersion.cover_media_id.in_(mine))
    media.remove_media(set(mine) - set(db.session.scalars(shown)))


def could_be_started(quest: Whole) -> bool:
    """Whether a member may have seen these terms, so that they are frozen."""
    if quest.state == "draft":
        return False
    return quest.started_count > 0 or quest.opens_at is None or quest.opens_at <= clock.now()


def drawing(values: Mapping[str, Any]) -> dict[str, Any]:
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


def validate(quest: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
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
    check_rows(after, refuse)
    check_window(quest, after, refuse)
    if wrong:
        raise Invalid(fields=wrong, **params)


def _check_choices(quest: Any, before: Mapping[str, Any], after: Mapping[str, Any], refuse: Any) -> None:
    def changed(name: str) -> bool:
        return after[name] != before[name]

    if changed("kind") and (after["kind"] not in QUICK_KINDS or quest.preset != "quick_task"):
        refuse("kind", N_("Choose one of the kinds."))
    if changed("track_key") and after["track_key"] not in {track.key for track in members.tracks()}:
        refuse("track_key", N_("Choose a direction from the list."))
    if changed("icon") and after["icon"] not in ICONS:
        refuse("icon", N_("Choose one of the drawings."))
    if changed("cover_media_id") and not _may_be_cover(quest.id, after["cover_media_id"]):
        refuse("cover_media_id", NO_COVER)
    if after["review_mode"] not in REVIEW_MODES:
        refuse("review_mode", N_("Choose who reads it."))
    if changed("rule_key") or changed("points"):
        _check_reward(after, refuse)
    if changed("requires") or changed("requires_badges"):
        _check_order(quest, after["requires"], after["requires_badges"], refuse)
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


def _may_be_cover(quest_id: int, media_id: int | None) -> bool:
    """Whether it is a photo that was put up for this quest, or none."""
    row = media_queries.media_rows([media_id]).get(media_id) if media_id is not None else None
    return media_id is None or (
        row is not None and row.kind == "photo" and row.belongs_to == f"quest:{quest_id}"
    )


def _check_reward(after: Mapping[str, Any], refuse: Any) -> None:
    if after["rule_key"] is None:
        if after["points"] is not None:
            refuse("points", N_("Choose a rule for the points first."))
        return
    rule = rules().get(after["rule_key"])
    if rule is None:
        refuse("rule_key", N_("Choose one of the public rules."))
    elif after["points"] is not None and not rule.per_quest:
        refuse("points", N_("The public rule sets this value. It can't be changed for one quest."))


def _check_order(quest: Any, requires: Sequence[int], held: Sequence[int], refuse: Any) -> None:
    """Refuse what can't come first: too many, unknown ones, and what would have to wait for itself."""
    known = {row.id: row.quest_id for row in queries_staff.badge_choices()} if held else {}
    if len(requires) > MOST_REQUIRED:
        refuse("requires", N_("Up to five quests can come before this one."))
    elif set(requires) - set(queries_staff.known_quests(requires)) or quest.id in requires:
        refuse("requires", N_("Choose another quest from the list."))
    elif _waits_for(quest.id, requires):
        refuse("requires", N_("That one already waits for this quest, so neither could ever be started."))
    if len(held) > MOST_REQUIRED:
        refuse("requires_badges", N_("Up to five badges can come before this quest."))
    elif set(held) - set(known):
        refuse("requires_badges", N_("Choose another badge from the list."))
    elif quest.badge_id in held:
        refuse("requires_badges", N_("This quest is what lights that badge, so nobody could ever begin it."))
    elif _waits_for(quest.id, [known[badge] for badge in held if known[badge]]):
        refuse(
            "requires_badges",
            N_("What lights that badge waits for this quest, so neither could be started."),
        )


def _waits_for(quest_id: int, first: Collection[int]) -> bool:
    """Whether one of `first`, or what comes before it, can't be started before the quest is done."""
    if not first:
        return False
    before: dict[int, set[int]] = {}
    for edge in queries_staff.edges():
        if edge.quest_id != quest_id:
            before.setdefault(edge.quest_id, set()).add(edge.first_id)
    ahead, seen = set(first), set[int]()
    while ahead:
        one = ahead.pop()
        seen.add(one)
        ahead |= before.get(one, set()) - seen
    return quest_id in seen


def rules() -> dict[str, Any]:
    return {row.key: row for row in queries_staff.rules()}


def musts(quest: Any, values: Mapping[str, Any]) -> dict[str, str]:
    own = {rule.key for rule in rules().values() if rule.per_quest}
    timezone = members.programme().timezone
    return {
        finding.field: finding.message for finding in policies_check.missing(quest, values, own, timezone)
    }


def publisher(by: Actor) -> None:
    if not by.can("quests:publish"):
        raise Forbidden
