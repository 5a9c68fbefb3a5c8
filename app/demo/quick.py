"""The quick tasks going live, and what the sixty answered: votes, photos, tips with their marks, surveys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from app.blueprints.quests import services_publish, services_quick, services_staff
from app.blueprints.quests.services import Draft
from app.demo.content import Deck
from app.demo.history import MEMBER
from app.demo.programme import Programme

# chance of its own, so that the rest of history is the same with and without quick tasks
SEED = 20_251_122
CHANGE_THEIR_MIND = 0.06
MOST_MARKS = 7
# of a quick task that staff read, the last answers were sent so many hours ago: they wait
WAITING_HOURS = (2.5, 4, 7, 11, 16)


class QuickAnswers:
    """Plans everybody's answers onto the timeline, and gives them when their moment has come.

    The demo's own member has answered none: all cards are there to be tried.
    """

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.timeline = programme.timeline
        self.content = programme.content
        self.chance = Random(SEED)  # noqa: S311  # nosec B311
        self.people = {row["login"]: row for row in self.content.people["member"] if row["login"] != MEMBER}
        self._uploads = 0

    def plan(self) -> None:
        for quest in self.content.quick_tasks:
            told = self.content.answers[quest["key"]]
            live_from = self._moment(quest["went_live_days_ago"])
            self.timeline.at(live_from, partial(self._goes_live, quest))
            everybody = list(self._takers(told["eagerness"], live_from))
            if "lines" in told and quest["kind"] != "survey":
                everybody = self._with_a_line(told["lines"], everybody)
            lines = Deck(told.get("lines", ()), self.chance)
            pictures = Deck(told.get("pictures", ()), self.chance)
            everybody.sort(key=lambda taker: taker[1])
            if quest["review_mode"] == "staff":
                everybody = self._some_just_now(everybody)
            for login, at in everybody:
                answer = self._answer(quest, told, login, lines, pictures)
                self.timeline.at(at, partial(self._answers, quest, login, at, answer))

    def _moment(self, days_ago: float) -> datetime:
        """So many days ago, at an hour at which people are up."""
        day = self.timeline.midnight_of(self.timeline.now - timedelta(days=days_ago))
        return day + timedelta(hours=self.chance.randint(8, 21), minutes=self.chance.randint(0, 59))

    def _takers(self, eagerness: float, live_from: datetime) -> Iterator[tuple[str, datetime]]:
        """Who answers, and when: rather in the first days, and those who do much rather than others."""
        logins = list(self.people)
        self.chance.shuffle(logins)
        for login in logins:
            row = self.people[login]
            least = max(live_from, self.timeline.now - timedelta(days=row["joined_days_ago"] - 2))
            if row["joined_days_ago"] < 4 or self.chance.random() > eagerness * (0.5 + row["pace"] * 0.25):
                continue
            room = (self.timeline.now - timedelta(hours=2) - least) / timedelta(days=1)
            if room > 1:
                at = self._moment((1 - self.chance.random() ** 2) * room)
                if least < at < self.timeline.now:
                    yield login, at

    def _some_just_now(self, everybody: list[tuple[str, datetime]]) -> list[tuple[str, datetime]]:
        """The same people, the last of them only today."""
        late = [login for login, _ in everybody[-len(WAITING_HOURS) :]]
        now = self.timeline.now
        just_now = [now - timedelta(hours=hours) for hours in sorted(WAITING_HOURS, reverse=True)]
        return everybody[: -len(WAITING_HOURS)] + list(zip(late, just_now, strict=False))

    def _with_a_line(
        self, lines: list[dict[str, Any]], everybody: list[tuple[str, datetime]]
    ) -> list[tuple[str, datetime]]:
        """As many as there are lines in their language: no two write the same."""
        left = Counter(line.get("lang", "zh") for line in lines)
        some = []
        for login, at in everybody:
            language = self._language(login)
            if left[language]:
                left[language] -= 1
                some.append((login, at))
        return some

    def _language(self, login: str) -> str:
        return self.people[login].get("locale", "zh")

    # --- going live and answering ---------------------------------------------------------------

    def _goes_live(self, quest: dict[str, Any]) -> None:
        by, quest_id = self.programme.actor("luoning"), self.programme.quest_ids[quest["key"]]
        if "open_days_more" in quest:
            ends = self.timeline.midnight_of(self.timeline.now) + timedelta(days=quest["open_days_more"])
            services_staff.save_quest(quest_id, {"closes_at": ends}, by=by)
        services_publish.publish_quest(quest_id, by=by)

    def _answer(
        self, quest: dict[str, Any], told: dict[str, Any], login: str, lines: Deck, pictures: Deck
    ) -> Any:
        """What they answer: an option, a picture's name, or the words of each step."""
        if quest["kind"] == "poll":
            return self._choose(told["weights"])
        if quest["kind"] == "photo":
            return pictures.deal()
        language = self._language(login)

        def deal() -> str:
            return lines.deal(lambda line: line.get("lang", "zh") == language)["text"]

        if quest["kind"] != "survey":
            return {"s1": deal()}
        return {
            question["key"]: self._said(question, told["weights"].get(question["key"]), deal)
            for question in quest["questions"]
            if not question.get("optional") or self.chance.random() < 0.3
        }

    def _said(self, question: dict[str, Any], weights: Any, deal: Any) -> str:
        if question["kind"] == "text":
            return deal()
        if question["kind"] == "scale":
            return str(self.chance.choices(range(1, 6), weights)[0])
        if question["kind"] == "one":
            return self._choose(weights)
        some = {self._choose(weights) for _ in range(self.chance.choice((1, 1, 2)))}
        return ",".join(key for key in weights if key in some)

    def _choose(self, weights: dict[str, int]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def _answers(self, quest: dict[str, Any], login: str, at: datetime, answer: Any) -> None:
        by, quest_id = self.programme.actor(login), self.programme.quest_ids[quest["key"]]
        if quest["kind"] == "poll":
            services_quick.vote(quest_id, answer, by=by)
            if self.chance.random() < CHANGE_THEIR_MIND:
                other = self._choose(self.content.answers[quest["key"]]["weights"])
                later = at + timedelta(minutes=self.chance.randint(1, 600))
                self.timeline.at(later, partial(self._thinks_again, quest_id, other, login))
        elif quest["kind"] == "photo":
            self._uploads += 1
            photo = self.programme.pictures.photo(answer)
            services_quick.put_up_photo(quest_id, f"demo-quick-{self._uploads}", photo, Draft(), by=by)
        else:
            tip = services_quick.answer(quest_id, Draft(texts=answer), by=by)
            if quest["kind"] == "tip":
                self._marks(tip, login, at)
        # an award may have brought a star
        self.programme.changed(login)

    def _thinks_again(self, quest_id: int, option_key: str, login: str) -> None:
        services_quick.vote(quest_id, option_key, by=self.programme.actor(login))

    def _marks(self, tip: int, author: str, at: datetime) -> None:
        """Some find it useful in the weeks after; a good one more than others."""
        readers = [
            login
            for login, row in self.people.items()
            if login != author and self.timeline.now - timedelta(days=row["joined_days_ago"] - 1) < at
        ]
        for login in self.chance.sample(readers, min(len(readers), self.chance.randint(0, MOST_MARKS))):
            later = at + (self.timeline.now - at) * self.chance.random()
            self.timeline.at(later, partial(self._marked, tip, login))

    def _marked(self, tip: int, login: str) -> None:
        services_quick.mark_useful(tip, by=self.programme.actor(login))
