"""The programme itself: its letter, tracks, stars, rules, people, quests and library."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.blueprints.addresses import services as addresses
from app.blueprints.addresses.policies import Address
from app.blueprints.badges import services as badges
from app.blueprints.impact import services_links as thanks
from app.blueprints.library import services as library
from app.blueprints.media import services as media
from app.blueprints.members import queries as member_queries
from app.blueprints.members import services as members
from app.blueprints.members.routes import DEMO_INVITE
from app.blueprints.points import services as points
from app.blueprints.quests import queries_staff, services_publish, services_staff
from app.blueprints.quests.policies_presets import QuestIn, Step
from app.core.actor import Actor
from app.core.i18n import N_, both
from app.demo.content import Content
from app.demo.pictures import Pictures
from app.demo.timeline import Timeline

BEGAN_DAYS_AGO = 640
MOST_RESOURCES = 6


class Programme:
    """Puts the founding onto a timeline; ids are known by login and key once they exist."""

    def __init__(self, content: Content, pictures: Pictures, timeline: Timeline, password_hash: str) -> None:
        self.content = content
        self.pictures = pictures
        self.timeline = timeline
        self.password_hash = password_hash
        self.member_ids: dict[str, int] = {}
        self.quest_ids: dict[str, int] = {}
        self.resource_ids: dict[str, int] = {}
        self._resources_of: dict[str, list[int]] = {}
        self._covers = 0
        self._actors: dict[str, Actor] = {}

    def actor(self, login: str) -> Actor:
        """The member as they are at this moment of history."""
        if login not in self._actors:
            self._actors[login] = member_queries.as_actor(self.member_ids[login])
        return self._actors[login]

    def changed(self, login: str) -> None:
        """Something about the member has changed: read them anew next time."""
        self._actors.pop(login, None)

    def plan(self) -> None:
        began = self.timeline.day(BEGAN_DAYS_AGO, hour=9)
        self.timeline.at(began, self._found)
        self.timeline.at(began + timedelta(hours=1), self._staff)
        self.timeline.at(began + timedelta(hours=2), self._rules)
        self.timeline.at(began + timedelta(days=3), self._quests)
        self.timeline.at(self.timeline.day(6), self._to_come)
        for row in self.content.people["member"]:
            self.timeline.at(self.timeline.day(row["joined_days_ago"]), partial(self._joins, row))
        for row in self.content.resources:
            self.timeline.at(
                self.timeline.day(row["published_days_ago"], hour=10), partial(self._publishes, row)
            )
        self.timeline.at(self.timeline.day(20, hour=10), self._invites)

    # --- the founding -------------------------------------------------------------------------

    def _found(self) -> None:
        told, welcome = self.content.programme["programme"], self.content.programme["welcome"]
        letter = {
            f"letter{english}": "\n\n".join(
                welcome[f"{part}{english}"].strip() for part in ("greeting", "body", "closing")
            )
            for english in ("", "_en")
        }
        members.found_programme(
            programme=letter
            | {name: told[name] for name in ("name", "name_en", "timezone")}
            | {
                name: welcome[name]
                for name in ("leader_name", "leader_name_en", "leader_title", "leader_title_en")
            }
            | {"is_demo": True},
            tracks=[
                {name: row[name] for name in ("key", "name", "name_en", "shape")}
                | {"figure_name": row["constellation"], "figure_name_en": row["constellation_en"]}
                for row in self.content.programme["track"]
            ],
            star_levels=[
                {name: row[name] for name in ("level", "name", "name_en", "opens", "opens_en")}
                | {"lifetime_from": row["points"]}
                for row in self.content.programme["star"]
            ],
        )
        points.open_accounts()
        thanks.hold_first_words()

    def _staff(self) -> None:
        for number, row in enumerate(self.content.people["staff"], 1):
            self.member_ids[row["login"]] = members.add_member(
                login=row["login"],
                name=row["name"],
                password_hash=self.password_hash,
                capabilities=row["capabilities"],
                bio=row["bio"],
                title=row["role"],
                title_en=row["role_en"],
                number=number,
            )

    def _rules(self) -> None:
        """Rules and their values from the beginning on; a value that came later is set shortly before."""
        began = self.timeline.midnight(BEGAN_DAYS_AGO)
        by = self.member_ids["guanli"]
        for position, row in enumerate(self.content.programme["rule"]):
            points.add_rule(
                row["key"],
                name=row["title"],
                name_en=row["title_en"],
                hint=row["about"],
                hint_en=row["about_en"],
                position=position,
                per_quest=row.get("per_quest", False),
                daily_cap=row.get("daily_cap_points"),
                monthly_cap=row.get("monthly_cap_points"),
            )
            if row.get("per_quest"):
                continue
            first, *later = row.get("history") or [{"points": row["points"]}]
            points.set_value(row["key"], first["points"], starts_at=began, by=by)
            for value in later:
                self._later_value(row["key"], value)
        for campaign in self.content.programme["campaign"]:
            # early in a month it has to reach back to what the demo's member did under it
            starts = min(self.timeline.month_start(), self.timeline.midnight(14))
            self.timeline.at(
                starts - timedelta(days=4),
                partial(self._campaign, campaign, starts),
            )

    def _campaign(self, campaign: dict[str, Any], starts: datetime) -> None:
        points.run_campaign(
            campaign["rule"],
            multiplier_percent=campaign["multiplier"] * 100,
            starts_at=starts,
            ends_at=self.timeline.month_start(-1),
            reason=campaign["reason"],
            reason_en=campaign["reason_en"],
            by=self.member_ids["guanli"],
        )

    def _later_value(self, rule_key: str, value: dict[str, Any]) -> None:
        starts = self.timeline.month_start(value["months_ago"])
        by = self.member_ids["guanli"]
        self.timeline.at(
            starts - timedelta(days=5),
            lambda: points.set_value(rule_key, value["points"], starts_at=starts, by=by),
        )

    # --- people -------------------------------------------------------------------------------

    def _joins(self, row: dict[str, Any]) -> None:
        login = row["login"]
        told = self.content.programme["programme"]
        contact = "luoning" if len(self.member_ids) % 3 or login == "linxia" else "guanli"
        self.member_ids[login] = members.add_member(
            login=login,
            name=row.get("nickname") or row["name"],
            password_hash=self.password_hash,
            tier=row["tier"],
            capabilities=row.get("capabilities", ()),
            city=row["city"],
            bio=row["bio"],
            locale=row.get("locale"),
            contact_person_id=self.member_ids[contact],
            tracks=row["interests"],
            title=told["default_title"],
            title_en=told["default_title_en"],
            number=int(row["number"].split()[-1]),
        )
        for address in row.get("addresses", ()):
            addresses.add_address(Address(**address), by=self.actor(login))
        if "mentor" in row:
            self.timeline.at(
                self.timeline.now - timedelta(days=row["joined_days_ago"]) + timedelta(hours=23),
                lambda: members.set_mentor(
                    self.member_ids[login], self.member_ids[row["mentor"]], by=self.actor("guanli")
                ),
            )

    def _invites(self) -> None:
        by, now = self.actor("luoning"), self.timeline.now
        contact = self.member_ids["luoning"]
        members.create_invites(
            uses=500,
            contact_person_id=contact,
            note=both(N_("To try joining"))["zh"],
            code=DEMO_INVITE,
            by=by,
        )
        members.create_invites(count=3, contact_person_id=contact, expires_at=now + timedelta(days=30), by=by)
        members.create_invites(contact_person_id=contact, expires_at=now - timedelta(days=6), by=by)
        [(withdrawn, _code)] = members.create_invites(tier="contributor", contact_person_id=contact, by=by)
        self.timeline.at(now - timedelta(days=12), lambda: members.withdraw_invite(withdrawn, by=by))

    # --- quests and library -------------------------------------------------------------------

    def _quests(self) -> None:
        by = self.actor("luoning")
        for quest in self.content.quests:
            self.quest_ids[quest["key"]] = services_staff.create_quest(quest["preset"], by=by)
        for quest in self.content.quests:
            self._write(quest, by)
        for key, quest in self.content.challenges.items():
            services_publish.publish_quest(self.quest_ids[key], by=by)
            self._name_badge(quest)

    def _write(self, quest: dict[str, Any], by: Actor) -> None:
        cover = (
            self._cover(quest["cover"], f"quest:{self.quest_ids[quest['key']]}") if "cover" in quest else None
        )
        services_staff.save_quest(
            self.quest_ids[quest["key"]],
            said(quest, self.content)
            | QuestIn(
                cover_media_id=cover,
                requires=[self.quest_ids[key] for key in quest["prerequisites"]],
                position=quest["recommended_order"],
            ),
            by=by,
        )

    def _name_badge(self, quest: dict[str, Any]) -> None:
        """Where the sky says so a badge is called otherwise than its quest."""
        badge = quest.get("badge", {})
        if badge and badge["name"] != quest["title"]:
            badge_id = queries_staff.whole(self.quest_ids[quest["key"]]).badge_id
            badges.redraw_badge(
                badge_id,
                name=badge["name"],
                name_en=badge["name_en"],
                track_key=quest["track"],
                icon=badge["icon"],
                rung=quest["rung"],
            )

    def _to_come(self) -> None:
        """What staff have scheduled: a challenge in some days."""
        by = self.actor("luoning")
        for quest in self.content.quests:
            if quest["state"] == "scheduled":
                opens = self.timeline.midnight(1) + timedelta(days=9, hours=9)
                services_publish.publish_quest(self.quest_ids[quest["key"]], by=by, at=opens)

    def _publishes(self, row: dict[str, Any]) -> None:
        author_id = self.member_ids[row["author"]] if row["author"] else None
        resource_id = library.publish_resource(
            kind="case" if row["shelf"] == "case" else "tutorial",
            title=row["title"],
            title_en=row["title_en"],
            summary=row["summary"],
            summary_en=row["summary_en"],
            body=row["body"].strip(),
            body_en=row["body_en"].strip(),
            author_id=author_id,
            reading_minutes=row["minutes"],
        )
        self.resource_ids[row["key"]] = resource_id
        shared = [quest["key"] for quest in self.content.quests if quest.get("resource") == row["key"]]
        for key in [*row["quests"], *shared]:
            known = self._resources_of.setdefault(key, [])
            if len(known) < MOST_RESOURCES:
                known.append(resource_id)
                services_staff.save_quest(self.quest_ids[key], {"resources": known}, by=self.actor("luoning"))

    def _cover(self, name: str, belongs_to: str) -> int:
        self._covers += 1
        return media.keep(
            self.pictures.photo(name),
            owner_id=self.member_ids["luoning"],
            upload_key=f"demo-cover-{self._covers}",
            belongs_to=belongs_to,
            by=None,
        )


def said(quest: dict[str, Any], content: Content) -> QuestIn:
    """A quest of the files, as the publishing form would say it (without cover and prerequisites)."""
    return {
        "kind": KINDS.get(quest.get("kind", "")),
        "title": quest["title"],
        "title_en": quest["title_en"],
        "summary": quest["summary"],
        "summary_en": quest["summary_en"],
        "needs": quest["needs"],
        "needs_en": quest["needs_en"],
        "track_key": quest["track"],
        "icon": quest["icon"],
        "rung": quest["rung"],
        "effort_minutes": quest["effort_minutes"],
        "steps": steps_of(quest),
        "criteria": quest.get("criteria", pairs(quest, "required_elements")),
        "stages": quest.get("stages", ()),
        "focus": pairs(quest, "focus"),
        "format": quest.get("format", ""),
        "format_en": quest.get("format_en", ""),
        "confidential": quest["confidential"],
        "scores": [content.score_names[key] for key in quest.get("scores", ())],
        "phrases": {
            language: [phrase[language] for phrase in quest.get("phrases", ())] for language in ("zh", "en")
        },
        "rule_key": quest["rule"] or None,
        "points": quest["points"] or None,
        "perk": quest.get("perk", ""),
        "perk_en": quest.get("perk_en", ""),
        "results_ladder": [
            {"metric": row["metric"], "from": row["at"], "points": row["points"], "perk": ""}
            for row in quest.get("ladder", ())
        ],
        "terms": quest.get("terms", "").strip(),
        "terms_en": quest.get("terms_en", "").strip(),
        "tiers": quest["tiers"],
        "min_stars": quest["min_stars"],
        "repeat_days": 30 if quest["repeat"] == "every 30 days" else None,
        "review_mode": quest["review_mode"],
        "review_hours": quest["review_hours"],
        "draft_rounds": quest["draft_rounds"],
        "sky_x": quest["sky"]["x"] if "sky" in quest else None,
        "sky_y": quest["sky"]["y"] if "sky" in quest else None,
    }


def pairs(quest: dict[str, Any], name: str) -> list[dict[str, str]]:
    """A list of the files with its English sibling."""
    both_lists = zip(quest.get(name, ()), quest.get(f"{name}_en", ()), strict=True)
    return [{"zh": zh, "en": en} for zh, en in both_lists]


# what a quick task is called in the files, and where that only names its kind, what it asks for
KINDS = {"poll": "poll", "photo": "photo_call", "tip": "tip", "survey": "survey", "share": "share"}
QUICK = {
    "poll": (N_("Choose one"), "choice"),
    "photo": (N_("One photo"), "photo"),
    "tip": (N_("One line"), "text"),
    "share": (N_("Whom you sent it to"), "text"),
}
ANSWERS = {"one": "choice", "many": "multiple", "scale": "scale", "text": "text"}
LINE = 60


def steps_of(quest: dict[str, Any]) -> list[Step]:
    if "steps" in quest:
        names = ("key", "title", "title_en", "hint", "hint_en", "evidence", "min", "max", "required")
        return [
            Step(**{name: step[name] for name in names}, stage=step.get("stage", 1))  # type: ignore[typeddict-item]
            for step in quest["steps"]
        ]
    if quest["kind"] == "survey":
        return [_question(question) for question in quest["questions"]]
    message, evidence = QUICK[quest["kind"]]
    title = both(message)
    step = Step(
        key="s1", title=title["zh"], title_en=title["en"], evidence=evidence, min=1, max=1, required=True
    )
    if evidence == "choice":
        step["options"] = quest["options"]
    elif evidence == "text":
        step["limit"] = LINE
    return [step]


def _question(question: dict[str, Any]) -> Step:
    step = Step(
        key=question["key"], title=question["zh"], title_en=question["en"],
        evidence=ANSWERS[question["kind"]], min=1, max=1, required=not question.get("optional"),
    )  # fmt: skip
    if "options" in question:
        step["options"] = question["options"]
    if question["kind"] == "scale":
        ends = ("low", "low_en", "high", "high_en")
        step = Step(**step, **{end: question[end] for end in ends})  # type: ignore[typeddict-item]
    return step
