"""History in the right order: things happen at their moment, with the clock set to it."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random

from app.core import clock
from app.core.dates import day_bounds, zone


class Timeline:
    """What was put on it happens in the order of the moments; what lies after `now` never does."""

    def __init__(self, now: datetime, timezone: str, chance: Random) -> None:
        self.now = now
        self.chance = chance
        self._zone = zone(timezone)
        self._waiting: list[tuple[datetime, int, Callable[[], None]]] = []
        self._turn = count()

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        if moment <= self.now:
            heapq.heappush(self._waiting, (moment, next(self._turn), act))

    def run(self) -> None:
        while self._waiting:
            moment, _, act = heapq.heappop(self._waiting)
            with clock.at(moment):
                act()

    def day(self, days_ago: float, hour: int | None = None) -> datetime:
        """Some minute of that day at that hour (or one people are up at), in the programme's zone.

        Today is the last few hours.
        """
        if days_ago < 1:
            return self.now - timedelta(minutes=self.chance.randint(35, 100))
        local = (self.now - timedelta(days=int(days_ago))).astimezone(self._zone)
        if hour is None:
            hour = self.chance.choice((8, 9, 10, 11, 12, 13, 15, 17, 18, 19, 20, 20, 21, 21, 22))
        return local.replace(hour=hour, minute=self.chance.randint(0, 59), second=self.chance.randint(0, 59))

    def midnight(self, days_ago: int) -> datetime:
        """The first moment of that day, in the programme's zone."""
        return self.day(max(days_ago, 1), hour=0).replace(minute=0, second=0, microsecond=0)

    def midnight_of(self, moment: datetime) -> datetime:
        """The first moment of the day of `moment`, in the programme's zone."""
        return day_bounds(moment, self._zone.key)[0]

    def after(self, moment: datetime, least_hours: float, most_hours: float) -> datetime:
        """A moment so many hours later, not in the small hours of the night."""
        later = moment + timedelta(hours=self.chance.uniform(least_hours, most_hours))
        return later + timedelta(hours=8) if later.astimezone(self._zone).hour < 7 else later

    def before(self, moment: datetime, least_hours: float, most_hours: float) -> datetime:
        """A moment so many hours earlier, not in the small hours of the night."""
        earlier = moment - timedelta(hours=self.chance.uniform(least_hours, most_hours))
        return earlier - timedelta(hours=8) if earlier.astimezone(self._zone).hour < 7 else earlier

    def month_start(self, months_ago: int = 0) -> datetime:
        """The first moment of the month so many months ago (negative: to come)."""
        local = self.now.astimezone(self._zone)
        month = local.year * 12 + local.month - 1 - months_ago
        return local.replace(
            year=month // 12, month=month % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
        )
