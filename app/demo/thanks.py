"""What was said of members' posts and tutorials: registered posts, readers' thanks, what staff passed on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from app.blueprints.impact import queries, queries_thanks, services_posts, services_thanks
from app.blueprints.impact import services as impact
from app.blueprints.impact.policies_links import shared
from app.blueprints.impact.services_posts import Said as Figure
from app.blueprints.impact.services_thanks import Said
from app.blueprints.media import services as media
from app.core import clock
from app.core.i18n import pair
from app.core.uow import unit_of_work
from app.demo.programme import Programme

READER = "luoning"
SEED = 26


class Thanks:
    """Puts them onto the timeline, without a part in the chance of the rest of history."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.timeline = programme.timeline
        self.content = programme.content.thanks
        self.chance = Random(SEED)  # noqa: S311
        self._about: dict[str, str] = {}
        self._readers = 0

    def plan(self) -> None:
        for post in self.content["post"]:
            self._at(post["days_ago"], partial(self._registers, post))
            for figures in post["figures"]:
                self._at(figures["days_ago"], partial(self._reaches, post["key"], figures))
            for outcome, readers in post.get("readers", {}).items():
                for _ in range(readers):
                    ago = self.chance.uniform(1, post["days_ago"] - 1)
                    self._at(ago, partial(self._thanks, post["key"], {"outcome": outcome}))
        for row in self.content["say"]:
            self._at(row["days_ago"], partial(self._says, row))
        for row in self.content["relay"]:
            self._at(row["days_ago"], partial(self._relays, row))
        for row in self.content["idea"]:
            self._at(row["days_ago"], partial(self._adopted, row))
        for row in self.content["answer"]:
            self._at(row["days_ago"], partial(self._taken, row))

    def _at(self, days_ago: float, act: Callable[[], None]) -> None:
        self.timeline.at(self._moment(days_ago), act)

    def _moment(self, days_ago: float) -> datetime:
        if days_ago < 1:
            return self.timeline.now - timedelta(hours=self.chance.uniform(0.5, 6))
        day = self.timeline.midnight_of(self.timeline.now - timedelta(days=days_ago))
        return day + timedelta(hours=self.chance.uniform(8, 22))

    def _registers(self, post: dict[str, Any]) -> None:
        found = shared(post["paste"])
        if found is None:
            raise ValueError(f"no link in the post {post['key']}")
        with unit_of_work():
            post_id, _new = services_posts.register(
                found, member_id=self.programme.member_ids[post["member"]], title=post.get("title", "")
            )
        self._about[post["key"]] = f"post:{post_id}"
        if "cover" in post:
            by = self.programme.actor(post["member"])
            cover = media.keep(
                self.programme.pictures.photo(post["cover"]),
                owner_id=by.id,
                upload_key=f"demo-post-{post_id}",
                belongs_to=f"post-cover:{post_id}",
                by=by,
            )
            title = post.get("title") or found.title
            services_posts.correct_post(post_id, title=title, cover_media_id=cover, by=by)

    def _reaches(self, key: str, figures: dict[str, int]) -> None:
        post_id, now = int(self._about[key].removeprefix("post:")), clock.now()
        said = [Figure(post_id, metric, figures[metric], now) for metric in figures if metric != "days_ago"]
        services_posts.import_figures(said, by=self.programme.actor(READER))

    def _link(self, row: dict[str, Any]) -> Any:
        about = (
            self._about[row["post"]]
            if "post" in row
            else f"resource:{self.programme.resource_ids[row['resource']]}"
        )
        return queries_thanks.link_about(about)

    def _thanks(self, key: str, row: dict[str, Any]) -> None:
        self._says({"post": key, **row})

    def _says(self, row: dict[str, Any]) -> None:
        self._readers += 1
        # who gives a name is the same reader each time
        reader: Any = row.get("name") or f"reader {self._readers}"
        if "member" in row:
            reader = self.programme.member_ids[row["member"]]
        said = Said(outcome=row["outcome"], words=row.get("words", ""), name=row.get("name", ""))
        link = self._link(row)
        services_thanks.thank(link.code, said, reader=reader)
        if "answer" in row:
            by = self.programme.actor(self._login(link.member_id))
            services_thanks.reply(queries.latest(by.id).id, row["answer"], by=by)  # type: ignore[union-attr]

    def _login(self, member_id: int) -> str:
        return next(login for login, known in self.programme.member_ids.items() if known == member_id)

    def _relays(self, row: dict[str, Any]) -> None:
        said = Said(outcome=row["outcome"], words=row["words"], name=row.get("name", ""))
        services_thanks.relay(
            self._link(row).id,
            said,
            heard=row["heard"],
            may_name=row.get("may_name", False),
            key=f"demo:{row['days_ago']}:{row['post']}",
            by=self.programme.actor(row["by"]),
        )

    def _adopted(self, row: dict[str, Any]) -> None:
        self._line(row, "idea")

    def _taken(self, row: dict[str, Any]) -> None:
        self._line(row, "answer", person_id=self.programme.member_ids[row["asked_by"]])

    def _line(self, row: dict[str, Any], kind: str, **more: Any) -> None:
        with unit_of_work():
            impact.add_lines(
                [
                    impact.Help(
                        key=f"{kind}:{row['member']}:{row['days_ago']}",
                        member_id=self.programme.member_ids[row["member"]],
                        kind=kind,
                        subject=pair(row["subject"], row["subject_en"]),
                        outcome=pair(row["outcome"], row["outcome_en"]),
                        **more,
                    )
                ]
            )
