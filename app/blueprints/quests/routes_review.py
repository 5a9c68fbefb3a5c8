"""Reviewers' and mentors' doors: the queue, one piece of work, the decision on it.

One set of pages for both: whose work they see is decided in `queries_review`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Blueprint, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.blueprints.members import queries as members
from app.blueprints.members.policies import TIER_NAMES
from app.blueprints.quests import (
    queries_review,
    routes_undo,
    schemas_remarks,
    services_remarks,
    services_review,
    services_stages,
)
from app.blueprints.quests.policies import (
    WHERE_NOW,
    lets_itself_through,
    may_claim,
    may_review,
    undo_minutes,
)
from app.blueprints.quests.policies_stages import nth_round
from app.blueprints.quests.queries_review import Asked, Opened, Waiting
from app.blueprints.quests.schemas import clean
from app.blueprints.quests.schemas_review import asked_in, verdict_in
from app.blueprints.quests.services_review import Verdict
from app.core import clock, dates
from app.core.access import actor, requires
from app.core.crypto import new_token
from app.core.dates import span
from app.core.errors import Invalid, Refused, Stale
from app.core.html import go, kept, programme, reply
from app.core.i18n import N_, current_locale, gettext, pair, pick
from app.core.web_errors import field_errors

blueprint = Blueprint("review", __name__, url_prefix="/review")

NTH = {1: N_("first round"), 2: N_("second round"), 3: N_("third round")}
FILTERS = "review/_filters.html"
KIND_ICONS = {"video": "play", "link": "share", "text": "text", "choice": "list"}

DECIDE: dict[str, Callable[..., Any]] = {
    "approve": services_review.approve_submission,
    "changes": services_review.ask_changes,
    "decline": services_review.decline_submission,
    "pass": services_stages.pass_stage,
}
SAID = {
    "changes": N_("%(name)s reads what shines and what to try next"),
    "decline": N_("%(name)s reads why “%(quest)s” was not accepted"),
    "pass": N_("%(name)s goes on with the next stage"),
}


class Row(NamedTuple):
    """A row of the queue in words."""

    href: str
    thumb: str
    icon: str
    name: str
    line: str
    under: str
    left: str
    due: str
    held: str


def rows_of(page: Sequence[Waiting], asked: Asked, selected: int | None = None) -> Markup:
    """The rows drawn: all who read see the same, so each is kept as long as its words stay."""
    locale, zone, row = current_locale(), programme().timezone, kept("review/_row.html", "row")
    address = url_for("review.show", submission_id=0, **asked.args).split("0", 1)
    picture = url_for("media.show", media_id=0, size="thumb").split("0", 1)
    return Markup(
        "\n".join(
            row(
                Row(
                    f"{address[0]}{one.id}{address[1]}",
                    f"{picture[0]}{one.photo_id}{picture[1]}" if one.photo_id else "",
                    KIND_ICONS.get(one.kind or "", "doc"),
                    one.member_name,
                    f"{pick(pair(one.title, one.title_en), locale)} · {what_is_asked(one, locale)}",
                    whose(one),
                    left(one.minutes_left, locale),
                    dates.ago(one.due_at, zone, locale),
                    one.held,
                ),
                one.id == selected,
            )
            for one in page
        )
    )


def what_is_asked(one: Waiting, locale: str) -> str:
    if one.comment:
        return gettext("say something before staff decide")
    return gettext("second look") if one.look == 2 else nth(one.round - one.stage_round + 1, locale)


def whose(one: Waiting) -> str:
    """Who has it open, else whose group the member is in."""
    if one.held:
        return holder(one.held, one.holder_name, one.held_minutes)
    return gettext("%(name)s's group", name=one.mentor_name) if one.mentor_name else ""


def holder(held: str, name: str | None, minutes: int) -> str:
    time = span(minutes, current_locale())
    if held == "me":
        return gettext("Yours, for another %(time)s", time=time)
    return gettext("%(name)s is looking at it, for another %(time)s", name=name, time=time)


@lru_cache(maxsize=64)
def nth(round_: int, locale: str) -> str:
    return gettext(NTH[round_]) if round_ in NTH else gettext("round %(num)s", num=round_)


def left(minutes: int, locale: str) -> str:
    """How long a promise still has, or by how much it was missed."""
    if minutes > 0:
        return gettext("%(time)s left", time=span(minutes, locale))
    return gettext("%(time)s late", time=span(-minutes, locale))


@blueprint.get("")
@requires("reviews:open")
def queue() -> Response:
    by, asked = actor(), asked_in(request.args)
    page = queries_review.queue(by, asked, request.args.get("after"))
    more = url_for(".queue", **asked.args, after=page.next) if page.next else ""
    if request.headers.get("HX-Request") == "true" and "after" in request.args:
        return reply("review/_rows.html", rows=rows_of(page.rows, asked), more_url=more)
    figures = queries_review.figures(by, asked)
    return reply(
        "review/queue.html",
        rows=rows_of(page.rows, asked),
        more_url=more,
        asked=asked,
        figures=figures,
        first=queries_review.minutes_to(figures.first_due_at, clock.now()) if figures.all else 0,
        span=lambda minutes: span(minutes, current_locale()),
        counted=queries_review.COUNTED,
        by_track=kept(FILTERS, "tracks")(tuple(members.tracks()), asked.track) if by.is_staff else "",
        narrow=kept(FILTERS, "narrow")(asked),
        lit=routes_undo.lit_last(),
    )


@blueprint.get("/<int:submission_id>")
@requires("reviews:open")
def show(submission_id: int) -> Response:
    work = queries_review.opened(submission_id, by=actor())
    if may_review(actor(), work) and may_claim(work, actor(), clock.now()):
        services_review.open_for_review(submission_id, by=actor())
        work = queries_review.opened(submission_id, by=actor())
    return page_of(work)


def page_of(
    work: Opened,
    *,
    typed: Verdict | None = None,
    said: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The work with its form; after a refusal with the errors and all that was typed (a mentor: `said`)."""
    by, asked, now = actor(), asked_in(request.args), clock.now()
    decides = may_review(by, work)
    deciding = work.state == "submitted" and decides and not work.held(by)
    mine = work.decided_by_id is not None and (work.decided_by_id == by.id or "admin" in by.capabilities)
    rounds = queries_review.rounds_of(work)
    beside = queries_review.queue(by, asked, size=queries_review.BESIDE).rows
    return reply(
        "review/work.html",
        status=status,
        work=work,
        rounds=rounds,
        remarks=rounds[-1].remarks,
        token=new_token,
        typed_pins=request.form if errors else {},
        commenting=work.state == "submitted" and not decides,
        remark_key=new_token(),
        said=said,
        lit=routes_undo.lit_last(),
        undo_left=undo_minutes(work.decided_at, now) if mine and work.state == "approved" else 0,
        may_reverse=work.state == "approved" and by.can("reviews:staff") and lets_itself_through(work),
        gift=queries_review.would_give(work, timezone=programme().timezone) if deciding else None,
        typed=typed or Verdict(round=work.round),
        errors=errors or {},
        tier=gettext(TIER_NAMES[work.tier]),
        where_now=gettext(WHERE_NOW[work.state]),
        holding=holder(
            "me" if deciding else "other",
            work.holder_name,
            queries_review.minutes_to(work.claimed_until, now) if work.claimed_until else 0,
        ),
        nth=lambda number: nth(nth_round(work, number), current_locale()),
        asked=asked,
        rows=rows_of(beside, asked, work.id),
        place=next((place for place, one in enumerate(beside, 1) if one.id == work.id), 0),
        beside=len(beside),
    )


@blueprint.post("/<int:submission_id>")
@requires("reviews:open")
def decide(submission_id: int) -> Response:
    verdict, move = verdict_in(request.form), request.form.get("decision", "")
    try:
        keep_beside(submission_id)
        if move not in DECIDE:
            raise Invalid(fields={"form": N_("Choose what becomes of it.")})
        DECIDE[move](submission_id, verdict, by=actor())
    except Invalid as error:
        work = queries_review.opened(submission_id, by=actor())
        return page_of(work, typed=verdict, errors=field_errors(error), status=error.status)
    except (Stale, Refused) as error:
        why = gettext(error.message, **error.params)
        return moved(submission_id, verdict, why, error.status)
    return onward(submission_id, move)


def keep_beside(submission_id: int) -> None:
    """Keep what was typed beside the verdict and not sent by itself: pins, a line of the dialogue."""
    if pins := schemas_remarks.pins(request.form):
        services_remarks.pin(submission_id, pins, by=actor())
    words = clean(request.form.get("talk", ""))
    if words.strip():
        services_remarks.talk(submission_id, words, key=request.form.get("key", ""), by=actor())


def moved(submission_id: int, verdict: Verdict, why: str, status: int) -> Response:
    """The work is not where the page thought it was: where it is now, and what was typed."""
    asked = asked_in(request.args)
    return reply(
        "review/moved.html", status=status, why=why, typed=verdict, submission_id=submission_id, asked=asked
    )


def onward(submission_id: int, move: str) -> Response:
    """To the next work of the same part of the queue, with a word on what was decided."""
    asked = asked_in(request.args)
    done = queries_review.after_deciding(submission_id, by=actor(), asked=asked)
    title, said = pair(done.title, done.title_en), None
    if move == "approve":
        given = done.points_awarded or 0
        routes_undo.remember([submission_id], points=given, name=done.member_name, title=title)
    else:
        said = gettext(SAID[move], quest=pick(title, current_locale()), name=done.member_name)
    if done.next_id is None:
        return go(".queue", toast=said, **asked.args)
    return go(".show", toast=said, submission_id=done.next_id, **asked.args)


@blueprint.post("/<int:submission_id>/release")
@requires("reviews:open")
def release(submission_id: int) -> Response:
    services_review.release_claim(submission_id, by=actor())
    toast = gettext("Put back. Somebody else can take it now.")
    return go(".queue", toast=toast, **asked_in(request.args).args)
