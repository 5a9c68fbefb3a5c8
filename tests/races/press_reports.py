"""One process of the race for the reports of a month (see test_reports.py): its own app on the same database,
and several threads that send them at the same moment.

Given: database URL, data folder, month, threads, guard. `guard` "off" gives each notice a key of its own.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

from app.blueprints.impact import services_report
from app.blueprints.impact.policies_report import month_named
from app.blueprints.inbox import services as inbox
from tests.races.at_once import press_together, racing_app

ZONE = "Asia/Shanghai"


def main(database_url: str, data: str, key: str, threads: str, guard: str) -> None:
    app = racing_app(database_url, data)
    month = month_named(key, ZONE)
    assert month is not None
    services_report.BATCH = 5  # so that they overtake each other
    if guard == "off":

        def leave(notices: list[inbox.NewNotice]) -> int:
            inbox.notify([replace(each, key=f"{each.key}:{uuid.uuid4()}") for each in notices])
            return len(notices)

        inbox.notify_all_once = leave

    def send() -> str:
        sent = services_report.send_reports(month, ZONE)
        return "\n".join(["run", *["new"] * sent.new])

    press_together(app, [()] * int(threads), send)
