"""What the sixty did: work begun, sent, read and lit, who helped, what else earned points, what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import select

from app.blueprints.badges import queries as badge_queries
from app.blueprints.badges import services as badges
from app.blueprints.impact import services_owner
from app.blueprints.inbox import services as inbox
from app.blueprints.points import services as points
from app.blueprints.quests import services, services_review, services_seen
from app.blueprints.quests.queries_board import outlook
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.i18n import pair
from app.core.uow import unit_of_work
from app.demo.content import Deck
from app.demo.pictures import STILLS
from app.demo.programme import Programme

# how many quests a pace means, first-lamp among them
PACES = {0: (0, 0), 1: (1, 3), 2: (3, 5), 3: (6, 9), 4: (9, 13)}
MEMBER = "linxia"
# works that wait for staff today, sent so many hours ago; the first is late
WAITING_HOURS = (63, 40, 29, 22, 15, 9, 5, 2)


@dataclass
class Round:
    """One time that work is sent, and what comes of it ("approved", "changes", "declined", None: waiting)."""

    sent: datetime
    decided: datetime | None = None
    decision: str | None = None
    highlight: str = ""
    suggestion: str = ""


@dataclass
class Work:
    """One member's work on one quest, planned."""

    login: str
    quest: str
    started: datetime
    rounds: list[Round] = field(default_factory=list)
    reviewer: str | None = None
    helper: str | None = None
    withdrawn: datetime | None = None
    id: int = 0
    words: dict[str, Any] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)


class History:
    """Plans everybody's works onto the timeline, and does them when their moment has come."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.content = programme.content
        self.timeline = programme.timeline
        self.chance = programme.timeline.chance
        self._uploads = 0
        # a chance of its own: what is looked at changes nothing of what is done
        self._glances = Random(7)  # noqa: S311  # nosec B311
        self._told: dict[str, Deck] = {}
        self._remarks: dict[tuple[str, str], Deck] = {}
        self._lit: dict[str, list[tuple[datetime, str]]] = {}
        self.people = {row["login"]: row for row in self.content.people["member"]}
        self.skipped: list[tuple[str, str]] = []

    # --- the plan -----------------------------------------------------------------------------

    def plan(self) -> None:
        told = {row["member"]: row for row in self.content.people["history"]}
        for login, row in self.people.items():
            joined = self.timeline.day(row["joined_days_ago"], hour=23)
            if login in told:
                self._as_told(login, told[login], joined)
            else:
                self._by_chance(login, row, joined)
            self._visits(login, joined)
        self._today()
        for row in self.content.people["extra"]:
            self._extra(row)
        self._answers()
        for row in told.values():
            for earned in row.get("other", ()):
                self._referral(row["member"], earned)

    def _as_told(self, login: str, told: dict[str, Any], joined: datetime) -> None:
        """A history that people.toml names: what was lit on which day, and what is open today."""
        lit: dict[str, datetime] = {}
        for each in told["lit"]:
            at = self.timeline.day(each["days_ago"])
            first = self.content.quest[each["quest"]]["prerequisites"]
            least = max([joined - timedelta(hours=6), *(lit[key] for key in first)])
            if each["quest"] == "first-lamp":
                at = max(at, joined + timedelta(minutes=self.chance.randint(10, 40)))
                self._put(Work(login, each["quest"], at - timedelta(minutes=6), [Round(at)]))
            else:
                at = max(at, least + timedelta(hours=5))
                self._put(self._backwards(login, each, at, least))
            lit[each["quest"]] = at
        for each in told["open"]:
            self._open(login, each, max([joined, *lit.values()]))

    def _backwards(self, login: str, each: dict[str, Any], lit: datetime, least: datetime) -> Work:
        """Work that was lit at that moment and can't have begun before `least`."""
        room = (lit - least).total_seconds() / 3600
        sent = self.timeline.before(lit, 2, min(30, room / 3))
        if (lit - sent).total_seconds() / 3600 > min(46, room / 2):
            sent = lit - timedelta(hours=min(20, room / 3))
        rounds = [Round(sent, lit, "approved")]
        room = (sent - least).total_seconds() / 3600
        started = sent - timedelta(hours=min(self.chance.uniform(2, 90), room / 2))
        if room > 24 * 7 and self.chance.random() < 0.3:
            asked = self.timeline.before(sent, 6, 50)
            first = self.timeline.before(asked, 4, 36)
            rounds.insert(0, Round(first, asked, "changes"))
            started = self.timeline.before(first, 2, 60)
        return Work(
            login, each["quest"], started, rounds, reviewer=each.get("reviewer"), helper=each.get("helper")
        )

    def _open(self, login: str, each: dict[str, Any], least: datetime) -> None:
        now = self.timeline.now
        work = Work(
            login, each["quest"], now, reviewer=each.get("reviewer", "zhoumo"), helper=each.get("helper")
        )
        said = {name: each.get(name, "") for name in ("highlight", "suggestion")}
        if each["state"] == "working":
            work.started = now - timedelta(days=each["days_ago"], hours=self.chance.uniform(2, 9))
        elif each["state"] == "submitted":
            sent = now - timedelta(days=each["days_ago"], hours=self.chance.uniform(1, 8))
            work.rounds = [Round(sent)]
            if each["round"] == 2:
                asked = sent - timedelta(hours=self.chance.uniform(20, 40))
                work.rounds.insert(0, Round(self.timeline.before(asked, 6, 30), asked, "changes", **said))
            work.started = work.rounds[0].sent - timedelta(hours=self.chance.uniform(4, 60))
        else:
            asked = self.timeline.day(each["days_ago"], hour=20)
            work.rounds = [Round(self.timeline.before(asked, 18, 40), asked, "changes", **said)]
            work.started = self.timeline.before(work.rounds[0].sent, 12, 50)
        work.started = max(work.started, least + timedelta(minutes=20))
        self._put(work)

    def _by_chance(self, login: str, row: dict[str, Any], joined: datetime) -> None:
        """A path of quests that opens step by step, from joining until a few days ago."""
        least, most = PACES[row["pace"]]
        number = self.chance.randint(least, most)
        if not number:
            return
        at = joined + timedelta(minutes=self.chance.randint(15, 50))
        self._put(Work(login, "first-lamp", at - timedelta(minutes=8), [Round(at)]))
        done = {"first-lamp": at}
        gap = max((self.timeline.now - timedelta(days=1) - joined) / number, timedelta(hours=30))
        for n in range(1, number):
            # they do more once they know how
            place = ((n - 0.5) / number) ** 0.6 * number
            started = self.timeline.after(joined + gap * place, 0, gap.total_seconds() / 3600 * 0.4)
            started = max(
                started, joined + timedelta(hours=14), *(at + timedelta(hours=2) for at in done.values())
            )
            quest = self._next_for(login, row, done, started)
            if quest is None:
                return
            work = self._forwards(login, quest, started)
            if any(each.decided is None or each.decided > self.timeline.now for each in work.rounds):
                return  # what waits today is in `_today`
            self._put(work)
            if work.rounds and work.rounds[-1].decision == "approved" and work.rounds[-1].decided:
                done[quest] = work.rounds[-1].decided

    def _next_for(
        self, login: str, row: dict[str, Any], done: dict[str, datetime], at: datetime
    ) -> str | None:
        """A quest that is open to them then, rather of their tracks and of a low rung."""
        stars = self._stars(login, at)
        open_now = [
            key
            for key, quest in self.content.challenges.items()
            if key not in done
            and row["tier"] in quest["tiers"]
            and quest["min_stars"] <= stars
            and all(done.get(first, at) < at for first in quest["prerequisites"])
            and (login, key) not in self.skipped
        ]
        if not open_now:
            return None
        late = at > self.timeline.now - timedelta(days=45)
        weights = []
        for key in open_now:
            quest = self.content.challenges[key]
            weight = (5.0 if quest["track"] in row["interests"] else 1.0) / quest["rung"]
            weight *= 2.5 if key == "first-night-shot" or (late and self._of_member(key)) else 1
            weights.append(weight * (0.25 if quest["track"] == "build" and quest["rung"] == 1 else 1))
        return self.chance.choices(open_now, weights)[0]

    def _of_member(self, key: str) -> bool:
        """Whether the demo's member wrote something that helps with the quest."""
        return any(row["author"] == MEMBER and key in row["quests"] for row in self.content.resources)

    def _stars(self, login: str, at: datetime) -> int:
        """The stars they will have by then, going by what is planned."""
        lifetime = 0
        value = {row["key"]: row["points"] for row in self.content.programme["rule"]}
        for moment, key in self._lit.get(login, ()):
            quest = self.content.quest[key]
            lifetime += (quest["points"] or value[quest["rule"]]) if moment < at else 0
        for extra in self.content.people["extra"]:
            if extra["member"] == login and self.timeline.now - timedelta(days=extra["days_ago"] - 1) < at:
                lifetime += value[extra["rule"]] * extra["count"] * 8 // 10
        return sum(row["points"] <= lifetime for row in self.content.programme["star"])

    def _forwards(self, login: str, quest: str, started: datetime) -> Work:
        work = Work(login, quest, started)
        sent = self.timeline.after(started, 2, 70)
        if self.chance.random() < 0.03:
            work.withdrawn = sent
            return work
        late = self.chance.random() < 0.04
        hours = self.content.quest[quest]["review_hours"]
        decided = self.timeline.after(sent, hours if late else 2, hours + 12 if late else hours * 0.75)
        chance = self.chance.random()
        if chance < 0.02:
            work.rounds.append(Round(sent, decided, "declined"))
        elif chance < 0.27:
            again = self.timeline.after(decided, 5, 60)
            work.rounds.append(Round(sent, decided, "changes"))
            work.rounds.append(Round(again, self.timeline.after(again, 2, hours * 0.7), "approved"))
        else:
            work.rounds.append(Round(sent, decided, "approved"))
        return work

    def _today(self) -> None:
        """What waits for staff now, and who is at work."""
        told = {row["member"] for row in self.content.people["history"]}
        others = [
            login
            for login, row in self.people.items()
            if login not in told and row["pace"] > 0 and "mentor" not in row and row["joined_days_ago"] > 14
        ]
        self.chance.shuffle(others)
        now = self.timeline.now
        for hours in WAITING_HOURS:
            login = others.pop()
            self._begin_now(login, now - timedelta(hours=hours), sent=True)
        for _ in range(12):
            self._begin_now(others.pop(), now - timedelta(days=self.chance.uniform(0.3, 9)), sent=False)

    def _begin_now(self, login: str, moment: datetime, *, sent: bool) -> None:
        done = {key: at for at, key in self._lit.get(login, ())}
        started = moment - timedelta(hours=self.chance.uniform(2, 30)) if sent else moment
        quest = self._next_for(login, self.people[login], done, started)
        if quest is not None:
            self._put(Work(login, quest, started, [Round(moment)] if sent else []))

    def _put(self, work: Work) -> None:
        """Put a work's first step onto the timeline; each step puts the next."""
        for each in work.rounds:
            if (each.decision == "approved" and each.decided) or self._checks_itself(work):
                self._lit.setdefault(work.login, []).append((each.decided or each.sent, work.quest))
        self.timeline.at(work.started, partial(self._start, work))

    def _checks_itself(self, work: Work) -> bool:
        return self.content.quest[work.quest]["review_mode"] == "self"

    # --- doing it -----------------------------------------------------------------------------

    def _start(self, work: Work) -> None:
        by = self.programme.actor(work.login)
        services_seen.saw_quest(self.programme.quest_ids[work.quest], by=by)
        try:
            work.id = services.start_quest(self.programme.quest_ids[work.quest], by=by)
        except Refused:
            # the plan thought it open, history decided otherwise
            self.skipped.append((work.login, work.quest))
            return
        work.words = self._words(work)
        steps = self._steps(work)
        if work.rounds:
            self.timeline.at(work.rounds[0].sent, partial(self._send, work, 0))
        elif len(steps) > 1:
            # at work: the first thing is there, the rest isn't yet
            later = min(clock.now() + timedelta(hours=1), self.timeline.now - timedelta(minutes=5))
            self.timeline.at(max(later, clock.now()), partial(self._begin, work, steps[0]))
        if work.withdrawn:
            self.timeline.at(work.withdrawn, partial(self._withdraw, work))

    def _withdraw(self, work: Work) -> None:
        services.withdraw_work(work.id, by=self.programme.actor(work.login))

    def _steps(self, work: Work) -> list[dict[str, Any]]:
        return [step for step in self.content.quest[work.quest]["steps"] if step["evidence"] != "none"]

    def _words(self, work: Work) -> dict[str, Any]:
        """The set of words this member wrote, else one that is nobody's, in their language if there is."""
        sets = self.content.words[work.quest]["sets"]
        own = [row for row in sets if row.get("member") == work.login]
        if own:
            return own[0]
        if work.quest not in self._told:
            self._told[work.quest] = Deck([row for row in sets if "member" not in row] or sets, self.chance)
        language = self.people[work.login].get("locale", "zh")
        return self._told[work.quest].deal(lambda row: row.get("lang", "zh") == language)

    def _begin(self, work: Work, step: dict[str, Any]) -> None:
        texts = self._gather(work, [step])
        services.save_draft(work.id, Draft(texts=texts), by=self.programme.actor(work.login))

    def _gather(self, work: Work, steps: Sequence[dict[str, Any]]) -> dict[str, str]:
        """Upload what these steps ask for; returns what is to be written in them."""
        texts: dict[str, str] = {}
        for step in steps:
            if step["evidence"] in ("photo", "video") and (step["required"] or self.chance.random() < 0.3):
                least = max(step["min"], 1)
                number = (
                    least
                    if step["evidence"] == "video"
                    else self.chance.randint(least, min(step["max"], least + 1))
                )
                for _ in range(number):
                    self._upload(work, step)
            elif step["evidence"] == "link":
                if step["required"]:
                    texts[step["key"]] = f"https://example.com/{work.login}/{work.quest}"
            elif step["key"] in work.words:
                texts[step["key"]] = work.words[step["key"]]
        return texts

    def _upload(self, work: Work, step: dict[str, Any]) -> None:
        self._uploads += 1
        if step["evidence"] == "video":
            prepared = self.programme.pictures.film(self.chance.choice(STILLS))
        else:
            prepared = self.programme.pictures.photo(self._picture(work))
        services.add_media(
            work.id, step["key"], f"demo-{self._uploads}", prepared, by=self.programme.actor(work.login)
        )

    def _picture(self, work: Work) -> str:
        """The picture that belongs to the words, then others that fit, none twice while there are some."""
        wanted = [work.words["picture"]] if "picture" in work.words and not work.pictures else []
        fitting = [name for name in self.content.pictures_for(work.quest) if name not in work.pictures]
        name = (wanted or [self.chance.choice(fitting[:5] or self.content.pictures_for(work.quest))])[0]
        work.pictures.append(name)
        return name

    def _send(self, work: Work, number: int) -> None:
        if number == 0:
            draft = Draft(
                texts=self._gather(work, self._steps(work)),
                original=True,
                library_consent=self.chance.random() < 0.7,
                helpers=self._helpers(work),
            )
        else:
            self._again(work)
            draft = Draft(original=True)
        services.submit_work(work.id, draft, by=self.programme.actor(work.login))
        each = work.rounds[number]
        if self._checks_itself(work):
            self._news_for(work.login)
        elif each.decided is not None:
            opened = each.decided - timedelta(minutes=self.chance.randint(3, 13))
            self.timeline.at(opened, partial(self._read, work, number))

    def _again(self, work: Work) -> None:
        """The next round: one photo more, where there is room."""
        for step in self._steps(work):
            if step["evidence"] == "photo" and len(work.pictures) < step["max"]:
                self._upload(work, step)
                return

    def _helpers(self, work: Work) -> list[tuple[int | None, int | None]]:
        """Whom the member credits: who is named in the plan, or by chance a tutorial or a person."""
        ids = self.programme.resource_ids
        there = [
            row
            for row in self.content.resources
            if row["author"] not in ("", work.login) and work.quest in row["quests"] and row["key"] in ids
        ]
        if work.helper is not None:
            named = [row for row in there if row["author"] == work.helper]
            if named:
                return [(None, ids[named[0]["key"]])]
            return [(self.programme.member_ids[work.helper], None)]
        chance = self.chance.random()
        if self._checks_itself(work) or chance < 0.35:
            return []
        if there and chance < 0.72:
            weights = [8 if row["author"] == MEMBER else 1 for row in there]
            return [(None, ids[self.chance.choices(there, weights)[0]["key"]])]
        people = self._been_there(work)
        if not people:
            return []
        return [
            (self.programme.member_ids[self.chance.choices(list(people), list(people.values()))[0]], None)
        ]

    def _been_there(self, work: Work) -> dict[str, int]:
        """Their mentor and those who lit the quest before, with how likely it is that they helped."""
        now = clock.now()
        people = {
            login: 12 if login == MEMBER else 1
            for login, lit in self._lit.items()
            if login != work.login and any(key == work.quest and at < now for at, key in lit)
        }
        if mentor := self.people[work.login].get("mentor"):
            people[mentor] = 4
        return people

    def _read(self, work: Work, number: int) -> None:
        each = work.rounds[number]
        reviewer = self._reviewer(work)
        services_review.open_for_review(work.id, by=self.programme.actor(reviewer))
        if each.decided is not None:
            self.timeline.at(each.decided, partial(self._decide, work, number, reviewer))

    def _reviewer(self, work: Work) -> str:
        """The mentor where the quest says so and there is one; staff otherwise."""
        by_mentor = self.content.quest[work.quest]["review_mode"] == "mentor"
        mentor = self.people[work.login].get("mentor")
        if by_mentor and mentor and work.reviewer not in ("luoning", "guanli"):
            return mentor
        if work.reviewer in ("luoning", "guanli"):
            return work.reviewer
        return self.chance.choices(("luoning", "guanli"), (3, 2))[0]

    def _decide(self, work: Work, number: int, reviewer: str) -> None:
        each = work.rounds[number]
        quest = self.content.quest[work.quest]
        scores, criteria = len(quest.get("scores", ())), len(quest.get("criteria", ()))
        good = each.decision == "approved"
        verdict = Verdict(
            round=number + 1,
            highlight=each.highlight or self._remark(work.quest, "highlights"),
            suggestion=each.suggestion or self._remark(work.quest, "suggestions"),
            reason=self.chance.choice(self.content.declines) if each.decision == "declined" else "",
            scores={
                str(n): self.chance.choice((4, 5, 5, 3) if good else (2, 3, 3, 4)) for n in range(scores)
            },
            checks=[n for n in range(criteria) if good or self.chance.random() < 0.6],
        )
        by = self.programme.actor(reviewer)
        if each.decision == "approved":
            services_review.approve_submission(work.id, verdict, by=by)
            self.programme.changed(work.login)
        elif each.decision == "changes":
            services_review.ask_changes(work.id, verdict, by=by)
            if number + 1 < len(work.rounds):
                self.timeline.at(work.rounds[number + 1].sent, partial(self._send, work, number + 1))
        else:
            services_review.decline_submission(work.id, verdict, by=by)
        self._news_for(work.login)

    def _remark(self, quest: str, kind: str) -> str:
        if (quest, kind) not in self._remarks:
            self._remarks[quest, kind] = Deck(self.content.remarks(quest, kind), self.chance)
        return self._remarks[quest, kind].deal()

    # --- what else happened -------------------------------------------------------------------

    def _news_for(self, login: str) -> None:
        """They will look in within hours."""
        self.timeline.at(self.timeline.after(clock.now(), 1, 14), partial(self._look, login))

    def _visits(self, login: str, joined: datetime) -> None:
        """They look in now and then, whatever happens."""
        at = joined + timedelta(hours=1)
        while at < self.timeline.now - timedelta(hours=7):
            at = self.timeline.after(at, 200, 900)
            self.timeline.at(min(at, self.timeline.now - timedelta(hours=7)), partial(self._look, login))

    def _look(self, login: str) -> None:
        """Read what is new, see what has lit, and perhaps open a quest."""
        member_id = self.programme.member_ids[login]
        by = self.programme.actor(login)
        near = list(islice(outlook(by).start, 12)) if not by.is_staff and self._glances.random() < 0.5 else []
        if near:
            services_seen.saw_quest(self._glances.choice(near).id, by=by)
        inbox.mark_read(by=member_id)
        while award_id := db.session.scalar(select(badge_queries.oldest_unlit_award(member_id))):
            badges.show_lit(award_id, by=member_id)

    def _extra(self, row: dict[str, Any]) -> None:
        rule, note = self._rule(row["rule"]), pair(row["note"], row["note_en"])
        for number in range(row["count"]):
            at = self.timeline.day(row["days_ago"], hour=10) + timedelta(minutes=number)
            self.timeline.at(
                at, partial(self._award, row["member"], rule, f"{row['days_ago']}:{number}", note)
            )

    def _rule(self, key: str) -> dict[str, Any]:
        return next(row for row in self.content.programme["rule"] if row["key"] == key)

    def _award(self, login: str, rule: dict[str, Any], name: str, note: dict[str, str] | None) -> None:
        self.programme.changed(login)
        with unit_of_work():
            points.award(
                self.programme.member_ids[login],
                key=f"{rule['key']}:{login}:{name}",
                rule_key=rule["key"],
                acted_at=clock.now(),
                title=pair(rule["title"], rule["title_en"]),
                note=note,
                by=self.programme.member_ids["guanli"],
            )

    def _answers(self) -> None:
        """Those who like answering get one accepted now and then."""
        rule = self._rule("accepted_answer")
        asked = Deck([row["question"] for row in self.content.words["first-accepted"]["sets"]], self.chance)
        told = {row["member"] for row in self.content.people["history"]}
        for login, row in self.people.items():
            if "answer" not in row["interests"] or login in told or row["pace"] < 2:
                continue
            for number in range(self.chance.randint(2, 7)):
                question = asked.deal()
                at = self.timeline.day(self.chance.randint(1, row["joined_days_ago"] - 2))
                self.timeline.at(at, partial(self._award, login, rule, str(number), pair(question, question)))

    def _referral(self, login: str, earned: dict[str, Any]) -> None:
        self.timeline.at(
            self.timeline.day(earned["days_ago"], hour=11),
            partial(self._became_owner, login, earned["member"]),
        )

    def _became_owner(self, login: str, friend: str) -> None:
        self.programme.changed(login)
        services_owner.record_owner(
            self.programme.member_ids[login],
            services_owner.Friend(person_id=self.programme.member_ids[friend]),
            since=clock.now(),
            token=friend,
            by=self.programme.actor("guanli"),
        )
