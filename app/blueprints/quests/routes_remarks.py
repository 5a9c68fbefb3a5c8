"""The doors for what is said beside verdicts: pins on the review page, the dialogue from both its sides, and
agreeing to terms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.quests import (
    queries_remarks,
    queries_review,
    routes,
    routes_review,
    schemas,
    schemas_remarks,
    schemas_review,
    services_remarks,
    services_terms,
)
from app.core.access import actor, member, requires
from app.core.crypto import new_token
from app.core.errors import DomainError, Invalid, Refused, Stale
from app.core.html import go, reply, wants_fragment
from app.core.i18n import gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("remarks", __name__)

REVIEW = "/review/<int(max=2147483647):submission_id>"


@blueprint.post(f"{routes.QUEST}/agree")
@member
def agree(quest_id: int) -> Response:
    try:
        services_terms.agree(quest_id, schemas_review.whole(request.form.get("agree")), by=actor())
    except Invalid as error:
        return routes.quest_page(quest_id, status=422, errors=field_errors(error))
    except Refused as refused:
        return routes.quest_page(quest_id, status=409, notice=gettext(refused.message))
    return go("quests.show", quest_id=quest_id, toast=gettext("You agreed to the terms. Here is what it is."))


# --- pins ---------------------------------------------------------------------------------------------


@blueprint.post(f"{REVIEW}/pins")
@requires("reviews:open")
def pin(submission_id: int) -> Response:
    """With a script one pin and its place anew; without, all that were typed and the whole page, on which
    the verdict that was being written stands as it was."""
    place = request.args.get("at", "")[:80]
    pins = schemas_remarks.pins(request.form, place if wants_fragment() else "")
    errors: dict[str, str] = {}
    try:
        services_remarks.pin(submission_id, pins, by=actor())
    except Invalid as error:
        errors = field_errors(error)
    except (Stale, Refused) as error:
        verdict = schemas_review.verdict_in(request.form)
        return routes_review.moved(submission_id, verdict, gettext(error.message), error.status)
    work = queries_review.opened(submission_id, by=actor())
    if wants_fragment():
        return one_place(work, place, errors)
    verdict = schemas_review.verdict_in(request.form)
    return routes_review.page_of(work, typed=verdict, errors=errors, status=422 if errors else 200)


def one_place(work: Any, place: str, errors: dict[str, str]) -> Response:
    step_key, _, number = place.partition(":")
    media_id = int(number) if number.isascii() and number.isdigit() and number != "0" else None
    said = queries_remarks.remarks(work.id)
    return reply(
        "review/_pins.html",
        status=422 if errors else 200,
        work=work,
        remarks=said,
        at_round=work.shown_round,
        step_key=step_key,
        media_id=media_id,
        pinning=True,
        token=new_token,
        typed_pins=request.form if errors else {},
        errors=errors,
    )


# --- the dialogue -------------------------------------------------------------------------------------


@blueprint.get(f"{routes.WORK}/talk")
@member
def lines(submission_id: int) -> Response:
    return talk_page(submission_id, reviewing=False)


@blueprint.post(f"{routes.WORK}/talk")
@member
def say(submission_id: int) -> Response:
    return said(submission_id, reviewing=False)


@blueprint.get(f"{REVIEW}/talk")
@requires("reviews:open")
def review_lines(submission_id: int) -> Response:
    return talk_page(submission_id, reviewing=True)


@blueprint.post(f"{REVIEW}/talk")
@requires("reviews:open")
def review_say(submission_id: int) -> Response:
    return said(submission_id, reviewing=True)


def said(submission_id: int, *, reviewing: bool) -> Response:
    """Back to the work's page with the new line; words that couldn't be taken stay on the dialogue's own."""
    words = schemas.clean(request.form.get("talk", ""))
    try:
        services_remarks.talk(submission_id, words, key=request.form.get("key", ""), by=actor())
    except (Invalid, Stale) as error:
        errors = field_errors(error) if isinstance(error, Invalid) else told(error)
        if wants_fragment():
            return fresh_lines(submission_id, reviewing=reviewing, words=words, errors=errors)
        return talk_page(submission_id, reviewing=reviewing, words=words, errors=errors, status=error.status)
    if wants_fragment():
        return fresh_lines(submission_id, reviewing=reviewing)
    if "highlight" in request.form:
        # the verdict that was being written stands as it was
        work = queries_review.opened(submission_id, by=actor())
        return routes_review.page_of(work, typed=schemas_review.verdict_in(request.form))
    page = "review.show" if reviewing else "quests.work"
    return go(page, submission_id=submission_id, _anchor="talk")


def fresh_lines(
    submission_id: int, *, reviewing: bool, words: str = "", errors: dict[str, str] | None = None
) -> Response:
    return reply(
        "quests/_talk.html",
        status=422 if errors else 200,
        submission_id=submission_id,
        remarks=queries_remarks.remarks(submission_id),
        reviewing=reviewing,
        in_verdict="highlight" in request.form,
        typed_talk=words,
        errors=errors or {},
        token=new_token,
    )


def told(error: DomainError) -> dict[str, str]:
    return {"talk": gettext(error.message, **error.params)}


def talk_page(
    submission_id: int,
    *,
    reviewing: bool,
    words: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    queries_remarks.talked_about(submission_id, actor(), reviewing=reviewing)
    return reply(
        "quests/talk.html",
        fragment="quests/_lines.html",
        status=status,
        submission_id=submission_id,
        reviewing=reviewing,
        page=queries_remarks.lines(submission_id, request.args.get("after")),
        words=words,
        errors=errors or {},
        token=new_token,
    )
