"""The wallet, its lines, and the rules that everybody can read."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Blueprint, request, stream_with_context
from werkzeug.wrappers import Response

from app.blueprints.members import queries as members
from app.blueprints.points import queries_adjust, queries_questions, queries_statement, services_questions
from app.blueprints.points import queries_wallet as queries
from app.blueprints.points.policies import months_of
from app.blueprints.points.policies_desk import answer_due
from app.blueprints.points.schemas_statement import HEAD, statement
from app.core import clock, dates
from app.core.access import actor, member, public
from app.core.errors import Invalid
from app.core.html import go, programme, reply, wants_fragment
from app.core.i18n import current_locale, gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("points", __name__)

SHOWS = ("", "earned", "spent")


@blueprint.get("/wallet")
@member
def wallet() -> Response:
    show = request.args.get("show", "")
    show = show if show in SHOWS else ""
    purse = queries.purse(actor().id)
    page = queries.history(purse.id, show, request.args.get("after"))
    months = months_of(page.rows, programme().timezone)
    return reply(
        "points/wallet.html",
        fragment="points/_months.html",
        purse=purse,
        months=months,
        sums=queries.month_sums(purse.id, [month.bounds for month in months]),
        show=show,
        next=page.next,
        first_page="after" not in request.args,
        month_before=request.args.get("month", ""),
        rules=[] if wants_fragment() else queries.rules_today(),
    )


@blueprint.get("/wallet/statement.csv")
@member
def statement_csv() -> Response:
    """All lines from the day `from` to the day `to`, both whole and both optional, sent as they are read."""
    here = dates.zone(programme().timezone)
    begins, ends = asked_day("from"), asked_day("to")
    found = queries_statement.lines(
        queries.purse(actor().id).id,
        datetime.combine(begins, time(), here) if begins else None,
        datetime.combine(ends + timedelta(days=1), time(), here) if ends else None,
    )
    head = [gettext(text) for text in HEAD]
    return Response(
        stream_with_context(statement(head, found, locale=current_locale(), here=here)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="points.csv"',
            "Cache-Control": "no-store",
        },
    )


def asked_day(name: str) -> date | None:
    """A day of the address; one that can't be read is as if it weren't there."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


@blueprint.get("/wallet/<int(max=2147483647):transfer_id>")
@member
def line(transfer_id: int) -> Response:
    return line_page(transfer_id)


@blueprint.post("/wallet/<int(max=2147483647):transfer_id>/question")
@member
def ask(transfer_id: int) -> Response:
    try:
        due = services_questions.ask(transfer_id, request.form.get("text", ""), by=actor())
    except Invalid as error:
        return line_page(transfer_id, error)
    day = dates.day(due, programme().timezone, current_locale())
    toast = gettext("Asked. You have an answer by %(day)s", day=day)
    return go(".line", toast=toast, transfer_id=transfer_id, _anchor="asked")


def line_page(transfer_id: int, error: Invalid | None = None) -> Response:
    found = queries.line(transfer_id, actor().id)
    asked = queries_questions.asked(transfer_id, actor().id)
    return reply(
        "points/line.html",
        status=200 if error is None else 422,
        line=found,
        pairs=queries.pair_of(found, actor().id),
        campaign=queries.campaign_at(found.rule_key, found.acted_at) if found.rule_key else None,
        adjustment=queries_adjust.of_line(found.key) if found.cause == "adjustment" else None,
        asked=asked,
        open=bool(asked) and asked[-1].answered_at is None,
        due=answer_due(clock.now(), programme().timezone),
        errors=field_errors(error) if error else {},
        typed=request.form if error else {},
    )


@blueprint.get("/rules")
@public
def rules() -> Response:
    return reply(
        "points/rules.html",
        rules=queries.rules_today(),
        campaigns={each.rule_key: each for each in queries.running_campaigns()},
        coming=queries.coming(),
        stars=members.star_levels(),
    )
