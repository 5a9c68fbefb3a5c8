"""For measuring: thousands of members with months of history, written in bulk.

What is written is what the services would have written, row for row, so that every sum still follows from
history (tests/demo recounts them). The sixty of the demo, and what their pages count, stay as they are.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from sqlalchemy import func, select, text, update

from app.blueprints.quests import queries_staff, services_publish, services_staff
from app.core import clock
from app.core.db import Base, db
from app.core.i18n import N_, both, pair
from app.demo.content import CONTENT
from app.demo.programme import BEGAN_DAYS_AGO, Programme, said

SEED = 7
AT_LEAST_QUESTS = 62  # the demo's 31 live challenges and a copy of each
CHUNK = 2000
HOURS = 48
# what stands beside a set of words
NO_WORDS = ("member", "lang", "picture")
FOR_TIERS = (
    ("participant", "contributor", "cocreator"),
    ("contributor", "cocreator"),
    ("participant", "contributor"),
)
# rules that pay the same at any time and without a cap, so that history needs no arithmetic
PLAIN_RULES = ("original_post", "original_video", "quest")
TABLES = (
    "member", "member_track", "account", "submission", "evidence", "submission_helper", "review",
    "submission_event", "transfer", "fact", "award", "impact_bundle", "impact_line", "helped", "notice",
    "audit_line",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Copy:
    """A live quest made for measuring: all its steps ask for words."""

    id: int
    version_id: int
    badge_id: int
    base: str
    track: str
    tiers: tuple[str, ...]
    requires: tuple[int, ...]
    rule: str
    own: int | None
    points: int
    hours: int
    steps: tuple[str, ...]
    scores: int
    criteria: int
    title: dict[str, str]


@dataclass
class Work:
    member: int
    copy: Copy
    started: datetime
    sent: datetime | None
    decided: datetime | None
    helper: int | None


class Crowd:
    """Fills the programme up to so many members and live quests."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.content = programme.content
        self.now = programme.timeline.now
        self.chance = Random(SEED)  # noqa: S311  # nosec B311
        self.names = tomllib.loads((CONTENT / "crowd.toml").read_text(encoding="utf-8"))
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.ids: dict[str, int] = {}
        self.people: list[dict[str, Any]] = []
        self.helped: set[tuple[int, int]] = set()
        self.wallets: dict[int, int] = {}
        self.issued: int | None = None
        self.reviewers = [programme.member_ids["luoning"], programme.member_ids["guanli"]]

    def fill(self, *, members: int, quests: int) -> None:
        more = members - len(self.content.people["member"])
        if more > 0:
            quests = max(quests, AT_LEAST_QUESTS)
        copies = self._quests(quests - len(self.content.challenges))
        if more <= 0:
            return
        self._next_ids()
        works = self._plan(more, copies)
        self._people_rows(works)
        self._flush()
        for work in works:
            self._work_rows(work)
            if len(self.rows["submission"]) >= CHUNK:
                self._flush()
        self._flush()
        self._counts(works)
        self._sequences()

    # --- quests -------------------------------------------------------------------------------

    def _quests(self, number: int) -> list[Copy]:
        """Copies of the challenges under other names, some for fewer tiers, through the services."""
        value = {row["key"]: row["points"] for row in self.content.programme["rule"]}
        made: dict[tuple[int, str], Copy] = {}
        keys = list(self.content.challenges)
        with clock.at(self.now - timedelta(days=BEGAN_DAYS_AGO - 5)):
            for n in range(max(number, 0)):
                time, key = n // len(keys) + 2, keys[n % len(keys)]
                made[time, key] = self._copy(key, time, made, value)
        return list(made.values())

    def _copy(self, key: str, time: int, made: dict[tuple[int, str], Copy], value: dict[str, int]) -> Copy:
        quest = self.content.challenges[key]
        by = self.programme.actor("luoning")
        words = said(quest, self.content)
        rule = quest["rule"] if quest["rule"] in PLAIN_RULES else "quest"
        own = (quest["points"] or 40) if rule == "quest" else None
        requires = tuple(made[time, first].id for first in quest["prerequisites"])
        mine = FOR_TIERS[time % 3] if not requires else tuple(
            set.intersection(*(set(made[time, first].tiers) for first in quest["prerequisites"]))
        )  # fmt: skip
        for step in words["steps"]:
            if step["evidence"] in ("photo", "video", "link"):
                step["evidence"], step["min"], step["max"] = "text", 1, 1
        quest_id = services_staff.create_quest("skill_challenge", by=by)
        services_staff.save_quest(
            quest_id,
            words
            | {
                "title": f"{quest['title']} {time}",
                "title_en": f"{quest['title_en']} {time}",
                "requires": requires,
                "position": quest["recommended_order"] + 100 * time,
                "rule_key": rule,
                "points": own,
                "tiers": mine,
                "min_stars": 0,
                "repeat_days": None,
                "review_mode": "staff",
                "review_hours": HOURS,
                "sky_x": None,
                "sky_y": None,
            },
            by=by,
        )
        services_publish.publish_quest(quest_id, by=by)
        now = queries_staff.whole(quest_id)
        return Copy(
            id=quest_id,
            version_id=now.version_id,
            badge_id=now.badge_id,
            base=key,
            track=quest["track"],
            tiers=mine,
            requires=requires,
            rule=rule,
            own=own,
            points=own or value[rule],
            hours=HOURS,
            steps=tuple(
                step["key"] for step in words["steps"] if step["evidence"] == "text" and step["required"]
            ),
            scores=len(quest["scores"]),
            criteria=len(quest["criteria"]),
            title=pair(f"{quest['title']} {time}", f"{quest['title_en']} {time}"),
        )

    # --- the plan -----------------------------------------------------------------------------

    def _plan(self, more: int, copies: list[Copy]) -> list[Work]:
        """People, and what each did, in the order in which it was decided."""
        by_tier = {
            tier: [copy for copy in copies if tier in copy.tiers]
            for tier in ("participant", "contributor", "cocreator")
        }
        first = self.ids["member"] + 1
        works: list[Work] = []
        for n in range(more):
            tier = self.chance.choices(("participant", "contributor", "cocreator"), (70, 27, 3))[0]
            joined = self.now - timedelta(days=self.chance.uniform(2, BEGAN_DAYS_AGO - 20))
            self.people.append({"id": first + n, "tier": tier, "joined": joined, "name": self._name()})
            works += self._path(first + n, joined, by_tier[tier])
        for work in works:
            if work.decided is not None and self.chance.random() < 0.4:
                helper = self.people[self.chance.randrange(more)]
                if helper["id"] != work.member and helper["joined"] < work.started:
                    work.helper = helper["id"]
        works.sort(key=lambda work: work.decided or work.sent or work.started)
        return works

    def _path(self, member: int, joined: datetime, copies: list[Copy]) -> Iterator[Work]:
        """About six quests lit, one after the other; of fifty members one waits for an answer today."""
        done: set[int] = set()
        wanted = self.chance.randint(4, 8)
        gap = (self.now - joined - timedelta(hours=40)) / (wanted + 1)
        at = joined
        for copy in self.chance.sample(copies, min(len(copies), 40)):
            if copy.id in done or not done.issuperset(copy.requires):
                continue
            if len(done) == wanted:
                yield from self._open(member, copy, at)
                return
            started = at + gap * self.chance.uniform(0.05, 0.25)
            sent = started + gap * self.chance.uniform(0.05, 0.3)
            decided = sent + min(timedelta(hours=self.chance.uniform(2, copy.hours * 1.02)), gap * 0.3)
            at += gap
            done.add(copy.id)
            yield Work(member, copy, started, sent, decided, None)

    def _open(self, member: int, copy: Copy, least: datetime) -> Iterator[Work]:
        chance = self.chance.random()
        if chance < 0.02:
            sent = self.now - timedelta(hours=self.chance.uniform(0.5, 24))
            yield Work(member, copy, max(least, sent - timedelta(hours=12)), sent, None, None)
        elif chance < 0.12:
            started = self.now - timedelta(hours=self.chance.uniform(1, 39))
            yield Work(member, copy, max(least, started), None, None, None)

    def _name(self) -> str:
        given = "".join(self.chance.choices(self.names["given"], k=self.chance.choice((1, 2, 2))))
        return self.chance.choice(self.names["family"]) + given

    # --- rows ---------------------------------------------------------------------------------

    def _people_rows(self, works: list[Work]) -> None:
        lifetime: Counter[int] = Counter()
        for work in works:
            if work.decided is not None:
                lifetime[work.member] += work.copy.points
        stars = sorted(row["points"] for row in self.content.programme["star"])
        number = 1 + (db.session.scalar(select(func.max(self._table("member").c.number))) or 0)
        told = self.content.programme["programme"]
        self.wallets = {row["id"]: self._id("account") for row in self.people}
        for n, row in enumerate(self.people):
            member = {
                "id": row["id"], "number": number + n, "login": f"koc{row['id']:06}", "name": row["name"],
                "password_hash": self.programme.password_hash, "tier": row["tier"],
                "star_level": sum(least <= lifetime[row["id"]] for least in stars),
                "title": told["default_title"], "title_en": told["default_title_en"], "bio": "",
                "city": self.chance.choice(self.names["cities"]), "locale": None, "theme": None,
                "contact_person_id": self.reviewers[n % 2], "joined_at": row["joined"],
                "privacy_accepted_at": row["joined"], "left_at": None,
            }  # fmt: skip
            self.rows["member"].append(member)
            tracks = self.chance.sample([track["key"] for track in self.content.programme["track"]], 2)
            self.rows["member_track"] += [{"member_id": row["id"], "track_key": key} for key in tracks]
            points = lifetime[row["id"]]
            self.rows["account"].append(
                {
                    "id": self.wallets[row["id"]], "kind": "wallet", "member_id": row["id"],
                    "balance": points, "lifetime": points,
                }
            )  # fmt: skip

    def _work_rows(self, work: Work) -> None:
        copy = work.copy
        work_id = self._id("submission")
        state = "approved" if work.decided else "submitted" if work.sent else "working"
        opened = work.decided - timedelta(minutes=8) if work.decided else None
        due = work.sent + timedelta(hours=copy.hours) if work.sent else None
        self.rows["submission"].append(
            {
                "id": work_id, "quest_id": copy.id, "version_id": copy.version_id, "member_id": work.member,
                "attempt": 1, "state": state, "round": 1, "promised_points": copy.points,
                "points_awarded": copy.points if work.decided else None, "original": work.sent is not None,
                "library_consent": False, "mentor_id": None, "started_at": work.started,
                "submitted_at": work.sent, "due_at": due, "opened_at": opened, "claimed_by_id": None,
                "claimed_until": None, "decided_at": work.decided,
            }
        )  # fmt: skip
        self._event(work_id, "started", work.member, work.started)
        if work.sent is None:
            return
        words = self.chance.choice(self.content.words[copy.base]["sets"])
        some = next(words[key] for key in ("line", "text", *words) if key in words and key not in NO_WORDS)
        for step in copy.steps:
            self.rows["evidence"].append(
                {
                    "submission_id": work_id, "round": 1, "step_key": step, "kind": "text", "media_id": None,
                    "body": words.get(step, some), "position": 0, "created_at": work.sent,
                }
            )  # fmt: skip
        self._event(work_id, "submitted", work.member, work.sent)
        if work.decided is not None and opened is not None:
            reviewer = self.chance.choice(self.reviewers)
            self._event(work_id, "opened", reviewer, opened)
            self._approved(work, work_id, reviewer, work.sent, work.decided)

    def _approved(self, work: Work, work_id: int, reviewer: int, sent: datetime, decided: datetime) -> None:
        copy, key, link = work.copy, f"submission:{work_id}", f"/work/{work_id}"
        seen = decided + timedelta(hours=self.chance.uniform(0.5, 12))
        read = seen if seen < self.now else None
        remarks = self.content.words[copy.base]
        self.rows["review"].append(
            {
                "submission_id": work_id, "round": 1, "reviewer_id": reviewer, "decision": "approved",
                "highlight": self.chance.choice(remarks["highlights"]),
                "suggestion": self.chance.choice(remarks["suggestions"]), "reason": "",
                "scores": {str(n): self.chance.randint(3, 5) for n in range(copy.scores)},
                "checks": list(range(copy.criteria)),
                "waited_minutes": int((decided - sent).total_seconds()) // 60,
                "in_time": decided <= sent + timedelta(hours=copy.hours), "created_at": decided,
            }
        )  # fmt: skip
        self.rows["transfer"].append(
            {
                "key": key, "debit_id": self.issued, "credit_id": self.wallets[work.member],
                "amount": copy.points, "cause": "quest" if copy.own is not None else "rule",
                "rule_key": copy.rule, "base": copy.points,
                "multiplier_percent": 100, "uncapped": copy.points, "reverses_id": None, "title": lit(copy),
                "note": None, "link": link, "by_id": reviewer, "acted_at": sent, "created_at": decided,
            }
        )  # fmt: skip
        self.rows["fact"] += [
            {"key": key, "member_id": work.member, "name": "quest.approved", "scope": scope, "at": decided}
            for scope in (f"quest:{copy.id}", f"track:{copy.track}", "preset:skill_challenge", "")
        ]
        self.rows["award"].append(
            {
                "member_id": work.member, "badge_id": copy.badge_id, "awarded_at": decided, "link": link,
                "story": copy.title, "shown_at": read,
            }
        )  # fmt: skip
        self._notice(
            f"{key}:approved", work.member, "i-sun", is_lit(copy), gives(copy.points), link, decided, read
        )
        self.rows["audit_line"].append(
            {
                "at": decided, "actor_id": reviewer, "act": "submission.approve", "subject": key,
                "before": {"state": "submitted", "round": 1},
                "after": {"state": "approved", "points": copy.points},
            }
        )  # fmt: skip
        if work.helper is not None:
            self._helped(work, work_id, work.helper, decided)

    def _helped(self, work: Work, work_id: int, helper: int, at: datetime) -> None:
        copy = work.copy
        name = self.people[work.member - self.people[0]["id"]]["name"]
        key, bundle_id = f"submission:{work_id}:helper:{helper}", self._id("impact_bundle")
        line_id = self._id("impact_line")
        self.rows["submission_helper"].append(
            {"submission_id": work_id, "position": 1, "helper_id": helper, "resource_id": None, "note": ""}
        )
        self.rows["impact_bundle"].append(
            {
                "id": bundle_id, "key": key, "member_id": helper, "kind": "credit", "lines": 1,
                "latest_at": at,
            }
        )  # fmt: skip
        self.rows["impact_line"].append(
            {
                "id": line_id, "key": key, "member_id": helper,
                "kind": "credit", "about": f"submission:{work_id}", "bundle_id": bundle_id,
                "person_id": work.member, "subject": your_help(copy),
                "outcome": has_lit(copy),
                "quote": None, "link": f"/work/{work_id}", "occurred_at": at,
            }
        )  # fmt: skip
        if (helper, work.member) not in self.helped:
            self.helped.add((helper, work.member))
            self.rows["helped"].append(
                {"member_id": helper, "person_id": work.member, "first_line_id": line_id}
            )
        self._notice(
            key,
            helper,
            "i-ripple",
            both(N_("%(name)s lit “%(quest)s” with your help"), name=name, quest=copy.title),
            None,
            "/impact",
            at,
            at + timedelta(days=1) if at + timedelta(days=1) < self.now else None,
        )

    def _event(self, work_id: int, kind: str, actor: int, at: datetime) -> None:
        self.rows["submission_event"].append(
            {"submission_id": work_id, "kind": kind, "round": 1, "actor_id": actor, "at": at}
        )

    def _notice(
        self, key: str, member: int, icon: str, title: dict[str, Any], body: dict[str, Any] | None, link: str,
        at: datetime, read: datetime | None,
    ) -> None:  # fmt: skip
        self.rows["notice"].append(
            {
                "key": key, "member_id": member, "icon": icon, "title": title, "body": body, "link": link,
                "created_at": at, "read_at": read,
            }
        )  # fmt: skip

    # --- writing ------------------------------------------------------------------------------

    def _table(self, name: str) -> Any:
        return Base.metadata.tables[name]

    def _next_ids(self) -> None:
        for name in ("member", "account", "submission", "impact_bundle", "impact_line"):
            self.ids[name] = db.session.scalar(select(func.max(self._table(name).c.id))) or 0
        account = self._table("account")
        self.issued = db.session.scalar(select(account.c.id).where(account.c.kind == "issued"))

    def _id(self, name: str) -> int:
        self.ids[name] += 1
        return self.ids[name]

    def _flush(self) -> None:
        for name in TABLES:
            if self.rows[name]:
                db.session.connection().execute(self._table(name).insert(), self.rows[name])
                self.rows[name] = []

    def _counts(self, works: list[Work]) -> None:
        """The counts that rows keep of others."""
        begun = Counter(work.copy.id for work in works)
        awarded = Counter(work.copy.badge_id for work in works if work.decided)
        quest, badge = self._table("quest"), self._table("badge")
        for quest_id, number in begun.items():
            db.session.execute(
                update(quest)
                .where(quest.c.id == quest_id)
                .values(started_count=quest.c.started_count + number)
            )
        for badge_id, number in awarded.items():
            db.session.execute(
                update(badge).where(badge.c.id == badge_id).values(award_count=badge.c.award_count + number)
            )

    def _sequences(self) -> None:
        """PostgreSQL hands out ids by itself again, after those that were given here."""
        if db.engine.dialect.name != "postgresql":
            return
        for name in self.ids:
            db.session.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")  # noqa: S608  # nosec B608
            )


@cache
def lit(copy: Copy) -> dict[str, str]:
    return both(N_("Lit “%(quest)s”"), quest=copy.title)


@cache
def is_lit(copy: Copy) -> dict[str, str]:
    return both(N_("“%(quest)s” is lit"), quest=copy.title)


@cache
def has_lit(copy: Copy) -> dict[str, str]:
    return both(N_("lit “%(quest)s”"), quest=copy.title)


@cache
def your_help(copy: Copy) -> dict[str, str]:
    return both(N_("Your help with “%(quest)s”"), quest=copy.title)


@cache
def gives(points: int) -> dict[str, str]:
    return both(N_("%(points)s points"), points=f"{points:,}")
