"""What staff did at the desk besides: quick tasks that they read, many at once, and second scores."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from random import Random

from app.blueprints.quests import queries_together, services_desk, services_review
from app.blueprints.quests.services_review import Verdict
from app.core import clock
from app.demo.programme import Programme

# chance of its own, so that the rest of history is the same with and without the desk
SEED = 20_251_124
READER, COLLEAGUE = "luoning", "guanli"
# staff read quick tasks once a day, last so long ago: what was sent after that waits, within its promise
READ_LAST = timedelta(hours=20)
READ_FOR_DAYS = 180
# a second score comes days or weeks later, in an hour set aside for it; the newest two are left for next time
SCORED_EVERY, SCORED_LAST, SCORED_FIRST = 13, 5, 400
AT_LEAST_OLD, LEFT = timedelta(days=4), 2
OTHERWISE = 0.15


class Desk:
    """Plans the reading of quick tasks and the second scores."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.timeline = programme.timeline
        self.chance = Random(SEED)  # noqa: S311  # nosec B311

    def plan(self) -> None:
        last = self.timeline.now - READ_LAST
        for days in range(READ_FOR_DAYS):
            self.timeline.at(last - timedelta(days=days), self._read_quick_tasks)
        for days in range(SCORED_LAST, SCORED_FIRST, SCORED_EVERY):
            moment = self.timeline.midnight_of(self.timeline.now - timedelta(days=days))
            for n, login in enumerate((COLLEAGUE, READER)):
                at = moment + timedelta(hours=14 + n, minutes=20)
                self.timeline.at(at, partial(self._score_again, login))

    def _read_quick_tasks(self) -> None:
        by = self.programme.actor(READER)
        timezone = self.programme.content.programme["programme"]["timezone"]
        lot = queries_together.lot(None, by=by, timezone=timezone)
        if not lot.each:
            return
        together = [one.row.id for one in lot.each if not one.sampled]
        if together:
            services_desk.approve_together(together, by=by)
        for one in lot.each:
            if one.sampled:
                services_review.open_for_review(one.row.id, by=by)
                services_review.approve_submission(one.row.id, Verdict(round=1), by=by, need=())
        # an award may have brought a star
        whose = {member_id: login for login, member_id in self.programme.member_ids.items()}
        for one in lot.each:
            self.programme.changed(whose[one.row.member_id])

    def _score_again(self, login: str) -> None:
        """Score what a colleague has judged, without having seen how."""
        by = self.programme.actor(login)
        for row in queries_together.to_score(None, by=by).rows[LEFT:]:
            if row.decided_at > clock.now() - AT_LEAST_OLD:
                continue
            work = queries_together.blind(row.id, by=by)
            good = self.chance.random() > OTHERWISE
            scores = {
                str(n): self.chance.choice((3, 4, 4, 5, 5) if good else (2, 3, 3))
                for n in range(len(work.scores))
            }
            services_desk.score_again(row.id, "approved" if good else "changes", scores, by=by)
