"""How briefs and open calls went: each story of the files, done by commands at its moments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from app.blueprints.impact import queries_posts, services_posts
from app.blueprints.impact.policies_links import shared
from app.blueprints.quests import (
    queries,
    services,
    services_publish,
    services_remarks,
    services_review,
    services_staff,
    services_stages,
)
from app.blueprints.quests.queries_board import outlook
from app.blueprints.quests.services import Draft
from app.blueprints.quests.services_remarks import Pin
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.demo.pictures import STILLS
from app.demo.programme import Programme

READER = "luoning"
DECIDE: dict[str, Callable[..., Any]] = {
    "changes": services_review.ask_changes,
    "pass": services_stages.pass_stage,
    "approve": services_review.approve_submission,
}
PUBLISHED_DAYS_AGO = 90


class Stories:
    """Publishes the briefs and calls, and puts their stories onto the timeline."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.timeline = programme.timeline
        self._uploads = 0
        self._taken: set[str] = set()

    def plan(self) -> None:
        self.timeline.at(self.timeline.day(PUBLISHED_DAYS_AGO, hour=9), self._publish)
        for story in self.programme.content.stories:
            self.timeline.at(self.timeline.day(story["days_ago"], hour=9), partial(self._begin, story))

    def _publish(self) -> None:
        by = self.programme.actor(READER)
        for quest in self.programme.content.quests:
            if quest["preset"] in ("brief", "open_call"):
                quest_id = self.programme.quest_ids[quest["key"]]
                stages = [
                    {name: stage[name] for name in ("title", "title_en")} | {"due_on": self._due(stage)}
                    for stage in quest["stages"]
                ]
                services_staff.save_quest(quest_id, {"stages": stages}, by=by)
                services_publish.publish_quest(quest_id, by=by)

    def _due(self, stage: dict[str, Any]) -> str | None:
        """The day by which a stage is due, counted from the day the demo is loaded."""
        if "due_days" not in stage:
            return None
        return (self.timeline.now + timedelta(days=stage["due_days"])).date().isoformat()

    def _begin(self, story: dict[str, Any]) -> None:
        quest_id = self.programme.quest_ids[story["quest"]]
        for row in self.programme.content.people["member"]:
            login = row["login"]
            if (
                row["tier"] not in story["tiers"]
                or login in self._taken
                or login not in self.programme.member_ids
            ):
                continue
            self.programme.changed(login)
            by = self.programme.actor(login)
            view = outlook(by)
            if all(quest.id != quest_id for quest in view.start):
                continue
            self._taken.add(login)
            version = view.board.quests[quest_id].version_id
            work_id = services.start_quest(quest_id, by=by, agrees_to=version)
            for act in story["acts"]:
                hour = 20 if act["do"] in ("send", "say") else 10
                do = partial(self._act, act, work_id, login, story["quest"])
                self.timeline.at(self.timeline.day(act["days_ago"], hour=hour), do)
            return

    def _act(self, act: dict[str, Any], work_id: int, login: str, quest: str) -> None:
        if act["do"] == "send":
            self._send(act, work_id, login, quest)
        elif act["do"] == "say":
            who = login if act["who"] == "member" else READER
            by = self.programme.actor(who)
            services_review.open_for_review(work_id, by=self.programme.actor(READER))
            services_remarks.talk(work_id, act["body"], key=f"{work_id}:{act['days_ago']}", by=by)
        elif act["do"] in DECIDE:
            self._decide(act, work_id, login)
        else:
            self._figures(act, work_id, login)

    def _send(self, act: dict[str, Any], work_id: int, login: str, quest: str) -> None:
        by = self.programme.actor(login)
        pictures = self.programme.content.pictures_for(quest)
        for step, number in act.get("photos", {}).items():
            for n in range(number):
                self._upload(work_id, step, self.programme.pictures.photo(pictures[n % len(pictures)]), by)
        for step in act.get("films", {}):
            self._upload(work_id, step, self.programme.pictures.film(STILLS[0]), by)
        texts = dict(act.get("texts", {}))
        for step, pasted in act.get("paste", {}).items():
            found = shared(pasted)
            texts[step] = found.link if found else ""
        draft = Draft(texts=texts, original=True, library_consent=True, checks=act.get("checks"))
        services.submit_work(work_id, draft, by=by)

    def _upload(self, work_id: int, step: str, prepared: Any, by: Any) -> None:
        self._uploads += 1
        services.add_media(work_id, step, f"demo-story-{self._uploads}", prepared, by=by)

    def _decide(self, act: dict[str, Any], work_id: int, login: str) -> None:
        by, member = self.programme.actor(READER), self.programme.actor(login)
        services_review.open_for_review(work_id, by=by)
        row = queries.work(work_id, member)[0]
        pieces = queries.evidence(work_id, row.round)
        pins = [
            Pin(one["step"], self._picture(pieces, one), one["body"], f"{work_id}:{n}")
            for n, one in enumerate(act.get("pins", ()))
        ]
        if pins:
            services_remarks.pin(work_id, pins, by=by)
        verdict = Verdict(
            round=row.round,
            highlight=act["highlight"],
            suggestion=act.get("suggestion", ""),
            checks=list(act.get("checks", ())),
        )
        DECIDE[act["do"]](work_id, verdict, by=by)
        self.programme.changed(login)

    def _picture(self, pieces: dict[str, Any], one: dict[str, Any]) -> int | None:
        return pieces[one["step"]][0].tile.id if one.get("picture") else None

    def _figures(self, act: dict[str, Any], work_id: int, login: str) -> None:
        by, desk = self.programme.actor(login), self.programme.actor(READER)
        post = next(
            row for row in queries_posts.posts(by.id, None).rows if row.made_for == f"submission:{work_id}"
        )
        if act["do"] == "import":
            now = clock.now()
            said = [
                services_posts.Said(post.id, metric, value, now) for metric, value in act["figures"].items()
            ]
            services_posts.import_figures(said, by=desk)
            return
        services_posts.report_figures(post.id, act["figures"], key=str(act["days_ago"]), by=by)
        if not act.get("waits"):
            self.timeline.at(self.timeline.after(clock.now(), 3, 20), partial(self._confirm, post.id))

    def _confirm(self, post_id: int) -> None:
        report = next(one for one in queries_posts.waiting_reports(None).rows if one.post.id == post_id)
        services_posts.decide_report(report.id, confirm=True, by=self.programme.actor(READER))
