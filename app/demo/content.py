"""What the demo programme says, read from its files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

CONTENT = Path(__file__).parent / "content"
PICTURES = Path(__file__).parent / "pictures"


class Content:
    """The files of app/demo/content, each as the tables it holds."""

    def __init__(self) -> None:
        self.programme = self._file("programme")
        self.people = self._file("people")
        self.resources: list[dict[str, Any]] = self._file("resources")["resource"]
        self.pictures: list[dict[str, Any]] = self._file("pictures")["picture"]
        self.calls: list[dict[str, Any]] = self._file("calls")["call"]
        self.stories: list[dict[str, Any]] = self._file("stories")["story"]
        self.mall = self._file("mall")
        self.thanks = self._file("thanks")
        self._works = self._file("works")
        quests = self._file("quests")
        self.score_names = {row["key"]: {"zh": row["name"], "en": row["name_en"]} for row in quests["score"]}
        self.quests: list[dict[str, Any]] = [
            quests["defaults"][row["preset"]] | row for row in quests["quest"]
        ]
        self.quests.sort(key=lambda quest: quest["recommended_order"])

    def _file(self, name: str) -> dict[str, Any]:
        return tomllib.loads((CONTENT / f"{name}.toml").read_text(encoding="utf-8"))

    @cached_property
    def quest(self) -> dict[str, dict[str, Any]]:
        """Quests by key."""
        return {quest["key"]: quest for quest in self.quests}

    @cached_property
    def challenges(self) -> dict[str, dict[str, Any]]:
        """The skill challenges that members can do, by key."""
        return {
            key: quest
            for key, quest in self.quest.items()
            if quest["preset"] == "skill_challenge" and quest["state"] == "live"
        }

    @cached_property
    def quick_tasks(self) -> list[dict[str, Any]]:
        """The quick tasks in the order of their cards."""
        return [quest for quest in self.quests if quest["preset"] == "quick_task"]

    @cached_property
    def answers(self) -> dict[str, dict[str, Any]]:
        """What was answered to the quick tasks, by quest."""
        return {row["quest"]: row for row in self._file("answers")["task"]}

    @cached_property
    def declines(self) -> list[str]:
        return [reason for row in self._works["decline"] for reason in row["reasons"]]

    @cached_property
    def words(self) -> dict[str, dict[str, Any]]:
        """What was written with a quest's work and said of it, by quest."""
        return {row["quest"]: row for row in self._works["work"]}

    def remarks(self, quest_key: str, kind: str) -> list[str]:
        """ "highlights" or "suggestions" that fit the quest: its own first, then its track's."""
        track = self.quest[quest_key]["track"]
        of_track = [remark for row in self._works["remark"] if row["track"] == track for remark in row[kind]]
        return [*self.words[quest_key][kind], *of_track]

    def pictures_for(self, quest_key: str) -> list[str]:
        """Pictures that could be of this quest, the best fitting first."""
        track = self.quest[quest_key]["track"]
        near = [row["file"] for row in self.pictures if quest_key in row["quests"]]
        far = [row["file"] for row in self.pictures if track in row["tracks"] and row["file"] not in near]
        return near + far


class Deck:
    """Cards dealt in an order of chance, each as often as the others."""

    def __init__(self, cards: Iterable[Any], chance: Random) -> None:
        self._cards = list(cards)
        self._chance = chance
        self._left: list[Any] = []

    def deal(self, wanted: Any = None) -> Any:
        """The next card, of those that `wanted(card)` if there is one."""
        for _ in range(2):
            for place, card in enumerate(self._left):
                if wanted is None or wanted(card):
                    return self._left.pop(place)
            fresh = list(self._cards)
            self._chance.shuffle(fresh)
            self._left += fresh
        return self._chance.choice(self._cards)
