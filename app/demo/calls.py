"""Calls that members started: one that is out and was answered, one that waits for a nod."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.blueprints.quests import services, services_calls, services_review, services_seen
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_review import Verdict
from app.demo.programme import Programme


class Calls:
    """Puts them onto the timeline, as their members and staff would have done it."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.told = programme.content.calls
        self.ids: dict[str, int] = {}
        self.works: dict[str, int] = {}

    def plan(self) -> None:
        timeline = self.programme.timeline
        for row in self.told:
            timeline.at(self._ago(row["days_ago"]), partial(self._propose, row))
            if "nodded_days_ago" in row:
                timeline.at(self._ago(row["nodded_days_ago"]), partial(self._nod, row))
            for answer in row.get("answer", ()):
                sent = self._ago(answer["days_ago"])
                timeline.at(sent, partial(self._send, row, answer))
                if answer.get("highlight"):
                    timeline.at(sent + timedelta(hours=14), partial(self._read, row, answer))

    def _ago(self, days: int) -> datetime:
        """So many days ago; what else happens keeps its own chance."""
        return self.programme.timeline.now - timedelta(days=days)

    def _propose(self, row: dict[str, Any]) -> None:
        now = self.programme.timeline.now
        self.ids[row["title"]] = services_calls.propose_call(
            title=row["title"],
            about=row["about"],
            asks=row["asks"],
            closes_at=now + timedelta(days=row["open_days"]),
            by=self.programme.actor(row["member"]),
        )

    def _nod(self, row: dict[str, Any]) -> None:
        services_calls.nod_call(self.ids[row["title"]], row["points"], by=self.programme.actor("luoning"))
        self.programme.changed(row["member"])

    def _send(self, row: dict[str, Any], answer: dict[str, Any]) -> None:
        by, quest_id = self.programme.actor(answer["member"]), self.ids[row["title"]]
        services_seen.saw_quest(quest_id, by=by)
        work = self.works[answer["member"]] = services.start_quest(quest_id, by=by)
        services.submit_work(work, Draft(texts={"s1": answer["text"]}), by=by)

    def _read(self, row: dict[str, Any], answer: dict[str, Any]) -> None:
        work, by = self.works[answer["member"]], self.programme.actor(row["member"])
        services_review.open_for_review(work, by=by)
        verdict = Verdict(round=1, highlight=answer["highlight"], suggestion=answer["suggestion"])
        services_review.approve_submission(work, verdict, by=by)
        self.programme.changed(answer["member"])
