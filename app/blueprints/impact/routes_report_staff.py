"""The programme's month: how many people were helped, how they said so, how quickly words were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flask import Blueprint, redirect, stream_with_context, url_for
from werkzeug.wrappers import Response

from app.blueprints.impact import policies_report as policies
from app.blueprints.impact import queries_report_staff as queries
from app.blueprints.impact import schemas_report as schemas
from app.blueprints.impact.models import KINDS
from app.blueprints.impact.policies_report import Month
from app.blueprints.impact.policies_thanks import OUTCOMES
from app.blueprints.impact.routes_report import month_asked
from app.core import clock
from app.core.access import requires
from app.core.dates import span
from app.core.html import programme, reply
from app.core.i18n import N_, current_locale, gettext

blueprint = Blueprint("reports_staff", __name__, url_prefix="/staff/reports")

SOURCES = {
    "reader": N_("Readers, by the public page"),
    "member": N_("Members, signed in"),
    "relay": N_("Passed on by staff"),
}
# the file shows a year
YEAR = 12


@blueprint.get("")
@requires("staff:console")
def latest() -> Response:
    """The last month that is over."""
    return redirect(url_for(".show", key=policies.last_over(clock.now(), programme().timezone).key), 303)


def months_up_to(month: Month, number: int) -> list[Month]:
    months, zone_name = [month], programme().timezone
    while len(months) < number:
        months.insert(0, policies.before(months[0], zone_name))
    return months


@blueprint.get("/<key>")
@requires("staff:console")
def show(key: str) -> Response:
    month, zone_name, locale, now = month_asked(key), programme().timezone, current_locale(), clock.now()
    figures = queries.figures(months_up_to(month, policies.COLUMNS))
    thanks = queries.thanks(month)
    held = queries.held(month)
    names = [policies.month_name(each.month, zone_name, locale) for each in figures]
    numbers = [each.all for each in figures]
    by_source: Counter[str] = Counter()
    by_outcome: Counter[str] = Counter()
    for row in thanks:
        by_source[row.source] += row.number
        by_outcome[row.outcome] += row.number
    return reply(
        "reports_staff/month.html",
        month=month,
        before=policies.before(month, zone_name),
        after=policies.after(month, zone_name) if month.is_over(now) else None,
        over=month.is_over(now),
        now=now,
        name_of=lambda month: policies.month_name(month, zone_name, locale),
        figures=figures,
        kinds=[(kind, gettext(schemas.KIND_NAMES[kind])) for kind in KINDS],
        names=names,
        short=[policies.month_name(each.month, zone_name, locale, "abbreviated") for each in figures],
        numbers=numbers,
        dots=policies.dots(list(zip(names, numbers, strict=True))),
        sources=[(gettext(SOURCES[each]), by_source[each]) for each in SOURCES if by_source[each]],
        outcomes=[(gettext(OUTCOMES[each]), number) for each, number in by_outcome.most_common()],
        held=held,
        half=span(int(held.half_minutes), locale) if held.read else "",
        works=queries.works(month),
        work_kinds={kind: gettext(name) for kind, name in schemas.WORK_KINDS.items()},
        moments=policies.varied(queries.said(month)),
    )


@blueprint.get("/<key>/figures.csv")
@requires("staff:console")
def table(key: str) -> Response:
    """A year of figures that ends with the month."""
    figures = queries.figures(months_up_to(month_asked(key), YEAR))
    return sheet(schemas.figures_csv(figures, gettext), f"figures-{key}.csv")


@blueprint.get("/<key>/works.csv")
@requires("staff:console")
def works(key: str) -> Response:
    """All works that helped somebody in the month."""
    found = queries.all_works(month_asked(key))
    file = schemas.works_csv(found, gettext, locale=current_locale(), zone_name=programme().timezone)
    return sheet(file, f"works-{key}.csv")


def sheet(lines: Iterator[bytes], name: str) -> Response:
    return Response(
        stream_with_context(lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
