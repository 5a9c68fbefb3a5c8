"""The wallet, its lines, and the rules that everybody can read."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.members import queries as members
from app.blueprints.points import queries_wallet as queries
from app.blueprints.points.policies import months_of
from app.core.access import actor, member, public
from app.core.html import programme, reply, wants_fragment

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


@blueprint.get("/wallet/<int(max=2147483647):transfer_id>")
@member
def line(transfer_id: int) -> Response:
    found = queries.line(transfer_id, actor().id)
    return reply(
        "points/line.html",
        line=found,
        pairs=queries.pair_of(found, actor().id),
        campaign=queries.campaign_at(found.rule_key, found.acted_at),
    )


@blueprint.get("/rules")
@public
def rules() -> Response:
    return reply(
        "points/rules.html",
        rules=queries.rules_today(),
        campaigns={each.rule_key: each for each in queries.running_campaigns()},
        stars=members.star_levels(),
    )
