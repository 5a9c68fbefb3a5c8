"""The programme's report as files that every spreadsheet opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from app.blueprints.impact.models import KINDS
from app.blueprints.impact.queries_report_staff import Figures
from app.core import sheets
from app.core.dates import zone
from app.core.i18n import N_, pick

# what a number of lines is called, by kind
KIND_NAMES = {
    "credit": N_("Credits from works"),
    "thanks": N_("Thanks by readers and members"),
    "relay": N_("Thanks passed on by staff"),
    "answer": N_("Answers taken"),
    "praise": N_("Praise in groups"),
    "milestone": N_("Milestones of those they guide"),
    "referral": N_("Referrals who became owners"),
    "idea": N_("Suggestions put to use"),
    "reach": N_("Marks of reach passed"),
}
MEMBERS_HELPED = N_("Members helped")
READERS_HELPED = N_("Readers helped")
WORK_KINDS = {"post": N_("Post"), "tutorial": N_("Tutorial"), "case": N_("Case")}


def figures_csv(months: Sequence[Figures], say: Callable[[str], str]) -> Iterator[bytes]:
    """A line for each month: its people, and its lines of each kind."""
    names = [MEMBERS_HELPED, READERS_HELPED, *(KIND_NAMES[kind] for kind in KINDS)]
    head = [say(N_("Month")), *(say(name) for name in names)]
    rows = (
        [of.month.key, of.people, of.readers, *(of.lines.get(kind, 0) for kind in KINDS)] for of in months
    )
    return sheets.streamed(chain([head], rows))


def works_csv(
    works: Iterable[Any], say: Callable[[str], str], *, locale: str, zone_name: str
) -> Iterator[bytes]:
    """A line for each work that helped somebody in a month."""
    head = [N_("Work"), N_("Kind"), N_("Code"), N_("People helped"), N_("Lines"), N_("Last helped")]
    here = zone(zone_name)
    rows = (
        [
            pick(work.title, locale),
            say(WORK_KINDS[work.kind]),
            work.code,
            work.people,
            work.lines,
            work.latest_at.astimezone(here).strftime("%Y-%m-%d %H:%M"),
        ]
        for work in works
    )
    return sheets.streamed(chain([[say(name) for name in head]], rows))
