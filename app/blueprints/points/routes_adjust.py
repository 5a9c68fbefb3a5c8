"""The admins' doors: points given or taken by hand, and the ledger recomputed."""

from __future__ import annotations

from itertools import islice
from time import perf_counter
from uuid import uuid4

from flask import request
from werkzeug.wrappers import Response

from app.blueprints.members import queries as members
from app.blueprints.points import queries_adjust, queries_audit, services_adjust
from app.blueprints.points.policies_desk import ALONE, may_sign
from app.blueprints.points.routes_staff import blueprint
from app.blueprints.points.schemas_staff import AdjustmentIn
from app.core.access import actor, requires
from app.core.errors import Invalid
from app.core.html import go, reply
from app.core.i18n import N_, gettext
from app.core.web_errors import field_errors

MOST_SHOWN = 50


def adjustments_page(failed: int = 0, error: Invalid | None = None) -> Response:
    """What waits for a second signature, the form, and what was decided; `failed` the one that was declined
    without a reason, 0 the form."""
    return reply(
        "points_staff/adjustments.html",
        fragment="points_staff/_adjustments.html",
        status=200 if error is None else 422,
        waiting=queries_adjust.waiting(),
        page=queries_adjust.decided(request.args.get("after")),
        may_sign=may_sign,
        alone=ALONE,
        token=request.form.get("token") or uuid4().hex,
        failed=failed,
        errors=field_errors(error) if error else {},
        typed=request.form if error else request.args,
    )


@blueprint.get("/adjustments")
@requires("points:adjust")
def adjustments() -> Response:
    return adjustments_page()


@blueprint.post("/adjustments")
@requires("points:adjust")
def propose() -> Response:
    try:
        asked = AdjustmentIn.read(request.form)
        [whose] = members.with_logins([asked["login"]]) or [None]
        if whose is None:
            raise Invalid(fields={"login": N_("There is nobody with this login.")})
        _id, state = services_adjust.propose(
            whose.id,
            asked["amount"] if asked["way"] == "give" else -asked["amount"],
            reason=asked["reason"],
            reason_en=asked["reason_en"],
            token=asked["token"],
            by=actor(),
        )
    except Invalid as error:
        return adjustments_page(error=error)
    booked = gettext("Booked. The member has a notice and reads why")
    return go(
        ".adjustments",
        toast=booked if state == "booked" else gettext("Proposed. It waits for another admin"),
    )


@blueprint.post("/adjustments/<int(max=2147483647):adjustment_id>/agree")
@requires("points:adjust")
def agree(adjustment_id: int) -> Response:
    services_adjust.agree(adjustment_id, by=actor())
    return go(".adjustments", toast=gettext("Booked. The member has a notice and reads why"))


@blueprint.post("/adjustments/<int(max=2147483647):adjustment_id>/decline")
@requires("points:adjust")
def decline(adjustment_id: int) -> Response:
    try:
        services_adjust.decline(adjustment_id, refusal=request.form.get("refusal", ""), by=actor())
    except Invalid as error:
        return adjustments_page(adjustment_id, error)
    return go(".adjustments", toast=gettext("Declined. Who proposed it reads why"))


@blueprint.post("/adjustments/<int(max=2147483647):adjustment_id>/withdraw")
@requires("points:adjust")
def withdraw(adjustment_id: int) -> Response:
    services_adjust.withdraw(adjustment_id, by=actor())
    return go(".adjustments", toast=gettext("Withdrawn. It never counted"))


@blueprint.get("/audit")
@requires("points:adjust")
def audit() -> Response:
    """The ledger, recomputed while one waits."""
    began = perf_counter()
    differences = list(islice(queries_audit.differences(), MOST_SHOWN))
    balances = queries_audit.balances()
    accounts, transfers = queries_audit.audited()
    return reply(
        "points_staff/audit.html",
        differences=differences,
        balances=balances,
        accounts=accounts,
        transfers=transfers,
        seconds=perf_counter() - began,
    )
