"""The desk's other doors: taking back, many at once, samples, a second score, a mentor's word.

Staff's, but for taking back what one approved and for what a mentor says.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.quests import queries_review, queries_together, routes_review, routes_undo, services_desk
from app.blueprints.quests.routes_review import KIND_ICONS
from app.blueprints.quests.schemas_review import verdict_in, whole
from app.blueprints.quests.services_review import Verdict
from app.core.access import actor, requires
from app.core.errors import Invalid
from app.core.html import go, programme, reply, wants_fragment
from app.core.i18n import gettext, ngettext
from app.core.web_errors import field_errors

blueprint = Blueprint("desk", __name__, url_prefix="/review")

# no address names a number that a database can't hold
WORK = "/<int(max=2147483647):submission_id>"
COULD_SAY = ("approved", "changes", "declined")


# --- one piece of work ---------------------------------------------------------------------------------


@blueprint.post(f"{WORK}/undo")
@requires("reviews:open")
def undo(submission_id: int) -> Response:
    services_desk.undo_approval(submission_id, by=actor())
    routes_undo.forget()
    toast = gettext("Taken back, with everything it gave. It waits to be read again.")
    return go("review.show", submission_id=submission_id, toast=toast)


@blueprint.post(f"{WORK}/reverse")
@requires("reviews:staff")
def reverse(submission_id: int) -> Response:
    reason = verdict_in(request.form).reason
    try:
        services_desk.reverse_approval(submission_id, reason, by=actor())
    except Invalid as error:
        work = queries_review.opened(submission_id, by=actor())
        typed = Verdict(round=work.round, reason=reason)
        return routes_review.page_of(work, typed=typed, errors=field_errors(error), status=error.status)
    toast = gettext("Taken back, with everything it gave. Its member reads why.")
    return go(".samples", toast=toast, quest=whole(request.args.get("quest")))


@blueprint.post(f"{WORK}/say")
@requires("reviews:mentor")
def say(submission_id: int) -> Response:
    body, key = words("body"), words("key") or secrets.token_urlsafe(9)
    try:
        services_desk.say_before(submission_id, body, key, by=actor())
    except Invalid as error:
        work = queries_review.opened(submission_id, by=actor())
        errors = field_errors(error)
        return routes_review.page_of(work, said=body, errors=errors, status=error.status)
    toast = gettext("Staff see it beside the work. You hear what becomes of it.")
    return go("review.show", submission_id=submission_id, toast=toast)


@blueprint.post(f"{WORK}/two")
@requires("reviews:staff")
def two(submission_id: int) -> Response:
    services_desk.clear_likeness(submission_id, whole(request.form.get("earlier")) or 0, by=actor())
    toast = gettext("They are two. Nobody is asked again.")
    return go("review.show", submission_id=submission_id, toast=toast)


def words(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").replace("\r\n", "\n")


# --- many at once ----------------------------------------------------------------------------------------


@blueprint.get("/together")
@requires("reviews:staff")
def together() -> Response:
    """With `counted` what the ticked ones would give, else all that can be ticked."""
    ticked = numbers(request.args.getlist("work")) if "counted" in request.args else None
    return page_of_lot(whole(request.args.get("quest")), ticked)


@blueprint.post("/together")
@requires("reviews:staff")
def approve_together() -> Response:
    ids, quest_id = numbers(request.form.getlist("work")), whole(request.form.get("quest"))
    try:
        done = services_desk.approve_together(ids, by=actor())
    except Invalid as error:
        return page_of_lot(quest_id, ids, errors=field_errors(error), status=error.status)
    routes_undo.remember(
        [each for each, _ in done.done],
        points=sum(amount for _, amount in done.done),
        skipped=named(done.skipped),
    )
    return go(".together", quest=quest_id)


@blueprint.post("/together/undo")
@requires("reviews:staff")
def undo_together() -> Response:
    found = services_desk.undo_together(numbers(request.form.getlist("work")), by=actor())
    routes_undo.forget()
    toast = ngettext(
        "%(num)s taken back, with everything it gave", "%(num)s taken back, with everything they gave",
        len(found.done),
    )  # fmt: skip
    if found.skipped:
        why = "; ".join(f"{name}: {gettext(reason)}" for name, reason in named(found.skipped))
        toast = f"{toast}. {why}"
    return go(".together", toast=toast)


def page_of_lot(
    quest_id: int | None,
    ticked: Sequence[int] | None,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    lot = queries_together.lot(quest_id, by=actor(), timezone=programme().timezone)
    return reply(
        "review/together.html",
        fragment="review/_sum.html" if ticked is not None and wants_fragment() else None,
        status=status,
        lot=lot,
        said=queries_together.said,
        sum=lot.sum_of(ticked),
        ticked=ticked,
        errors=errors or {},
        lit=routes_undo.lit_last(),
    )


def named(skipped: Sequence[tuple[int, str]]) -> list[tuple[str, str]]:
    """Whose they were, with the reason."""
    known = queries_together.named([each for each, _ in skipped]) if skipped else {}
    return [(known[each].member_name if each in known else "", why) for each, why in skipped]


def numbers(texts: Sequence[str]) -> list[int]:
    return [number for text in texts if (number := whole(text)) is not None]


# --- what let itself through, and the sample that is scored twice -----------------------------------------


@blueprint.get("/samples")
@requires("reviews:staff")
def samples() -> Response:
    quest_id = whole(request.args.get("quest"))
    page = queries_together.samples(quest_id, request.args.get("after"), by=actor())
    more = url_for(".samples", quest=quest_id, after=page.next) if page.next else ""
    shown: dict[str, Any] = {
        "rows": page.rows, "more_url": more, "quest_id": quest_id, "said": queries_together.said
    }  # fmt: skip
    if wants_fragment() and "after" in request.args:
        return reply("review/_samples.html", **shown)
    return reply("review/samples.html", quests=queries_together.sampled_quests(), **shown)


@blueprint.get("/again")
@requires("reviews:staff")
def again() -> Response:
    page = queries_together.to_score(request.args.get("after"), by=actor())
    more = url_for(".again", after=page.next) if page.next else ""
    shown: dict[str, Any] = {"rows": page.rows, "more_url": more, "icons": KIND_ICONS}
    if wants_fragment() and "after" in request.args:
        return reply("review/_again.html", **shown)
    return reply("review/again.html", **shown)


@blueprint.get(f"/again{WORK}")
@requires("reviews:staff")
def blind(submission_id: int) -> Response:
    return blind_page(submission_id)


@blueprint.post(f"/again{WORK}")
@requires("reviews:staff")
def score_again(submission_id: int) -> Response:
    decision, scores = words("decision"), verdict_in(request.form).scores
    try:
        services_desk.score_again(submission_id, decision, scores, by=actor())
    except Invalid as error:
        typed: dict[str, Any] = {"decision": decision, "scores": scores}
        return blind_page(submission_id, typed=typed, errors=field_errors(error), status=error.status)
    return go(".again", toast=gettext("Kept. It stands beside the first in “How evenly we judge”."))


def blind_page(
    submission_id: int,
    *,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    work = queries_together.blind(submission_id, by=actor())
    return reply(
        "review/blind.html",
        status=status,
        work=work,
        round=queries_review.round_alone(submission_id, work.round),
        typed=typed or {"decision": "", "scores": {}},
        errors=errors or {},
        choices=COULD_SAY,
    )


@blueprint.get("/evenness")
@requires("reviews:staff")
def evenness() -> Response:
    return reply("review/evenness.html", found=queries_together.evenness())
