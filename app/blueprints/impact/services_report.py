"""Telling members that their month is written. Counted for many at once, so that its cost doesn't grow with
what each of them did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.blueprints.impact import queries_report as queries
from app.blueprints.impact.policies_report import Month, before, last_over, month_name, sentence_of
from app.blueprints.impact.policies_report_words import TO_YOU, headline, in_one_line
from app.blueprints.impact.queries_report import Counted
from app.blueprints.inbox import services as inbox
from app.blueprints.members import queries as members
from app.core import clock
from app.core.i18n import LOCALES, N_, both
from app.core.uow import unit_of_work

# a run that comes late also writes the month before; older ones are no news any more
CATCHES_UP = 2
BATCH = 500

WRITTEN = N_("Your %(month)s is written. Read it when you like.")
QUIET = N_("A quiet %(month)s. Light takes its time.")
QUIET_BODY = N_("What you made stays where people find it. Your report has one small step for the next.")


@dataclass(frozen=True)
class Sent:
    """How many notices of a month's reports are new, and how many members have one."""

    month: Month
    new: int
    members: int


def due(zone_name: str) -> list[Month]:
    """The months whose reports should be out by now, the earliest first."""
    months = [last_over(clock.now(), zone_name)]
    while len(months) < CATCHES_UP:
        months.insert(0, before(months[0], zone_name))
    return months


def send_reports(month: Month, zone_name: str) -> Sent:
    """Leave each member who has a report of that month one notice, however often this runs and whoever runs
    beside it: a notice's key names month and member.

    Who helped nobody in it hears of it only if they had helped somebody before: to those who haven't begun
    yet a report of nothing, month for month, would be a reproach. The month must be over.
    """
    new = told = last = 0
    while ids := members.ids_after(last, BATCH, joined_before=month.ends):
        notices = _notices(ids, month, zone_name)
        with unit_of_work():
            new += inbox.notify_all_once(notices)
        told, last = told + len(notices), ids[-1]
    return Sent(month, new, told)


def _notices(ids: Sequence[int], month: Month, zone_name: str) -> list[inbox.NewNotice]:
    """The notices of these members, in the order of their ids."""
    counted = queries.counted(ids, month)
    quiet = queries.helped_before([each for each in ids if each not in counted], month)
    return [
        _notice(each, counted.get(each), month, zone_name) for each in ids if each in counted or each in quiet
    ]


def _notice(member_id: int, counted: Counted | None, month: Month, zone_name: str) -> inbox.NewNotice:
    name = {locale: month_name(month, zone_name, locale) for locale in LOCALES}
    if counted is None:
        title, body = both(QUIET, month=name), both(QUIET_BODY)
    else:
        key = sentence_of(counted.by_way, counted.people)
        title = {locale: in_one_line(headline(TO_YOU, key, counted.people, locale)) for locale in LOCALES}
        body = both(WRITTEN, month=name)
    return inbox.NewNotice(
        key=f"report:{month.key}:{member_id}",
        member_id=member_id,
        icon="i-ripple",
        title=title,
        body=body,
        link=f"/impact/report/{month.key}",
    )
