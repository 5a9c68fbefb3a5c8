"""The member's doors: the quest list, a quest, and one's own work from start to answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, cast

from flask import Blueprint, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.blueprints.media import queries as media_queries
from app.blueprints.media import services as media
from app.blueprints.quests import (
    queries,
    queries_ladder,
    queries_quick,
    queries_remarks,
    schemas,
    services,
    services_desk,
    services_seen,
)
from app.blueprints.quests.policies import EDITABLE, may_take_back
from app.blueprints.quests.policies_stages import TALKS, nth_round, present_steps, stage_of, was_sent
from app.blueprints.quests.queries_board import Row, outlook
from app.blueprints.quests.schemas_review import whole
from app.core import clock, dates
from app.core.access import actor, member
from app.core.crypto import new_token
from app.core.errors import Invalid, Refused, Unavailable
from app.core.html import early_fetch, go, kept, programme, reply, wants_fragment
from app.core.i18n import N_, current_locale, gettext, pair, pick
from app.core.web_errors import field_errors

blueprint = Blueprint("quests", __name__)

# no address names a number that a database can't hold
QUEST = "/quests/<int(max=2147483647):quest_id>"
WORK = "/work/<int(max=2147483647):submission_id>"
EVIDENCE = "/evidence/<int(max=2147483647):evidence_id>"


# --- the list and a quest ---------------------------------------------------------------------------


def drawn(
    rows: Sequence[Row | queries.Work], part: str, tracks: Sequence[Any], *, focus: bool = False
) -> Markup:
    """The rows of a part of the list. Many members see the same: what differs in a work of theirs, its number
    and its day, is put in afterwards."""
    by_key = {track.key: track for track in tracks}
    if part in ("start", "step"):
        quest = kept(ROW, "quest")
        return Markup(
            "\n".join(
                quest(row, by_key[row.track_key], part, focus and not at) for at, row in enumerate(rows)
            )
        )
    work, zone, locale = kept(ROW, "work"), programme().timezone, current_locale()
    return Markup(
        "\n".join(
            str(work(row._replace(id=0, decided_at=None), by_key[row.track_key], part))
            .replace(NUMBER, str(row.id))
            .replace(DAY, dates.day(row.decided_at, zone, locale) if row.decided_at else "")
            for row in cast("Sequence[queries.Work]", rows)
        )
    )


ROW, NUMBER, DAY = "quests/_row.html", "\x1anumber\x1a", "\x1aday\x1a"


@blueprint.get("/quests")
@member
def index() -> Response:
    asked = schemas.LIST_IN.load(request.args)
    chosen = {"track": asked["track"], "short": asked["short"]}
    if asked["part"]:
        part = asked["part"]
        page, tracks = queries.more_quests(part, actor(), cursor=asked["after"], **chosen)
        here = {"rows": drawn(page.rows, part, tracks), "next": page.next, "part": part}
        return reply("quests/part.html", fragment="quests/_rows.html", **here, **chosen)
    found = queries.quest_list(actor(), **chosen)
    parts = [
        (part, len(page.rows), drawn(page.rows, part, found.tracks, focus=part == "start"), page.next)
        for part, page in found.parts.items()
    ]
    may_call = actor().tier != "participant"
    head = kept("quests/_filters.html", "filters")(tuple(found.tracks), *chosen.values(), may_call)
    return reply("quests/index.html", parts=parts, head=head, **chosen)


@blueprint.get(QUEST)
@member
def show(quest_id: int) -> Response:
    return quest_page(quest_id)


def quest_page(
    quest_id: int, *, status: int = 200, notice: str = "", errors: dict[str, str] | None = None
) -> Response:
    """A quest with its start; a quick task with its card, after a refusal with what was typed in it."""
    view = outlook(actor())
    card = queries_quick.card_in(view, quest_id, actor())
    if card is not None:
        if card.row.seen_at is None:
            note_seen(quest_id)
        said = {"notice": notice, "errors": errors or {}, "typed": request.form}
        return reply("quests_quick/quest.html", status=status, card=card, said={quest_id: said})
    page = queries.quest_page(quest_id, actor(), view)
    if not page.veiled and page.quest.seen_at is None:
        note_seen(quest_id)
    template = "quests/veiled.html" if page.veiled else "quests/quest.html"
    here = {"page": page, "quest": page.quest, "notice": notice, "errors": errors or {}}
    return reply(template, status=status, **here)


def note_seen(quest_id: int) -> None:
    """The first time that a member has the page open. A disk that can't write keeps nobody from reading."""
    if actor().is_staff or early_fetch():
        return
    with suppress(Unavailable):
        services_seen.saw_quest(quest_id, by=actor())


@blueprint.post(f"{QUEST}/start")
@member
def start(quest_id: int) -> Response:
    try:
        agrees_to = whole(request.form.get("agree"))
        submission_id = services.start_quest(quest_id, by=actor(), agrees_to=agrees_to)
    except Invalid as error:
        return quest_page(quest_id, status=422, errors=field_errors(error))
    except Refused as refused:
        return quest_page(quest_id, status=409, notice=gettext(refused.message, **refused.params))
    return go(".work", submission_id=submission_id)


# --- one's own work ---------------------------------------------------------------------------------


@blueprint.get(WORK)
@member
def work(submission_id: int) -> Response:
    found, helpers = queries.work(submission_id, actor())
    editable = found.state in EDITABLE
    sent = found.round - 1 if editable else found.round
    asked = request.args.get("round", type=int) or 0
    if editable and not 0 < asked <= sent:
        return working_page(found, helpers, words=schemas.clean(request.args.get("q", "")))
    return journey(found, helpers, asked if 0 < asked <= sent else sent)


def journey(
    found: Any,
    helpers: list[queries.Helper],
    round_: int,
    *,
    note: str = "",
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The way of one's own work. `note` and `errors` are of a second look that was asked for in vain."""
    return reply(
        "quests/journey.html",
        status=status,
        note=note,
        errors=errors or {},
        work=found,
        helpers=helpers,
        round=round_,
        pieces=queries.evidence(found.id, round_),
        story=queries.story(found.id),
        **beside(found),
        stage_names=[
            pick(pair(stage["title"], stage.get("title_en")), current_locale()) for stage in found.stages
        ],
        published=(
            queries_ladder.published(found) if found.state == "approved" and found.results_ladder else None
        ),
        answers=queries.answers_now() if found.state == "submitted" else None,
        may_take_back=may_take_back(found),
        now=clock.now(),
    )


def working_page(
    found: Any,
    helpers: list[queries.Helper],
    *,
    status: int = 200,
    words: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    """The page to work on; after a refusal with what was typed in the request's own form."""
    typed = request.form if errors else {}
    pieces = queries.evidence(found.id, found.round)
    if errors and "whole" in request.form:
        helpers = queries.named_helpers(schemas.helpers(request.form.getlist("helper")))
    return reply(
        "quests/work.html",
        status=status,
        work=found,
        pieces=pieces,
        steps=present_steps(found),
        stage_of=stage_of,
        ticked=schemas.checked_off(request.form) if "ask_checks" in typed else found.ticked,
        before=found.round - 1,
        **beside(found),
        elsewhere=queries.links_elsewhere(found.id, pieces, actor()),
        resources=queries.resources_for(found.quest_id),
        errors=errors or {},
        typed=typed,
        **helper_choices(found.id, helpers, words or typed.get("q", "")),
    )


def beside(found: Any) -> dict[str, Any]:
    """What is said beside the verdicts, as the pages of one's own work show it: a pin on what was sent comes
    with the answer, not before."""
    said = queries_remarks.remarks(found.id)
    return {
        "remarks": said.before(found.round) if found.state == "submitted" else said,
        "talks": found.preset in TALKS and was_sent(found),
        "nth": nth_round(found),
        "token": new_token,
    }


def helper_choices(submission_id: int, helpers: list[queries.Helper], words: str) -> dict[str, Any]:
    found = queries.find_helpers(words[:80], actor())
    return {"chosen": helpers, "found": found, "words": words, "submission_id": submission_id}


def answer(
    submission_id: int, errors: dict[str, str], *, step: str = "", toast: str | None = None
) -> Response:
    """After a form without a script: on with the work, or the same page with what went wrong."""
    if errors:
        return working_page(*queries.work(submission_id, actor()), status=422, errors=errors)
    words = request.form.get("q", "").strip()
    anchor = "helpers" if words else f"step-{step}" if step else None
    return go(".work", submission_id=submission_id, toast=toast, q=words or None, _anchor=anchor)


@blueprint.post(f"{WORK}/save")
@member
def save(submission_id: int) -> Response:
    errors = keep_all(submission_id)
    if wants_fragment():
        status = 422 if errors else 200
        return reply("quests/_saved.html", status=status, errors=errors, saved_at=clock.now())
    toast = None if request.form.get("q") else gettext("Your draft is saved")
    return answer(submission_id, errors, toast=toast)


@blueprint.post(f"{WORK}/submit")
@member
def submit(submission_id: int) -> Response:
    errors = keep_files(submission_id)
    if errors:
        return answer(submission_id, keep_words(submission_id) | errors)
    try:
        found, _ = queries.work(submission_id, actor())
        state = services.submit_work(submission_id, schemas.draft(request.form, found.steps), by=actor())
    except Invalid as error:
        return answer(submission_id, field_errors(error))
    sent = gettext("Sent. It will be read within %(hours)s hours", hours=found.review_hours)
    return go(".work", submission_id=submission_id, toast=sent if state == "submitted" else None)


@blueprint.post(f"{WORK}/take-back")
@member
def take_back(submission_id: int) -> Response:
    services.take_back(submission_id, by=actor())
    return go(".work", submission_id=submission_id, toast=gettext("It is yours to change again"))


@blueprint.post(f"{WORK}/withdraw")
@member
def withdraw(submission_id: int) -> Response:
    services.withdraw_work(submission_id, by=actor())
    return go(".work", submission_id=submission_id, toast=gettext("Withdrawn. The quest stays open to you"))


@blueprint.post(f"{WORK}/look-again")
@member
def look_again(submission_id: int) -> Response:
    note = request.form.get("note", "").replace("\0", "")
    try:
        services_desk.look_again(submission_id, note, by=actor())
    except Invalid as error:
        found, helpers = queries.work(submission_id, actor())
        errors = field_errors(error)
        return journey(found, helpers, found.round, note=note, errors=errors, status=error.status)
    return go(".work", submission_id=submission_id, toast=gettext("Somebody else looks at it now"))


@blueprint.get(f"{WORK}/helpers")
@member
def find_helpers(submission_id: int) -> Response:
    found, helpers = queries.work(submission_id, actor())
    words = schemas.clean(request.args.get("q", ""))
    if not wants_fragment() or found.state not in EDITABLE:
        return go(".work", submission_id=submission_id, q=words or None, _anchor="helpers")
    return reply(
        "quests/_helpers.html",
        resources=queries.resources_for(found.quest_id),
        errors={},
        **helper_choices(submission_id, helpers, words),
    )


# --- evidence ---------------------------------------------------------------------------------------


@blueprint.post(f"{WORK}/evidence")
@member
def add_evidence(submission_id: int) -> Response:
    errors = keep_all(submission_id)
    if not wants_fragment():
        return answer(submission_id, errors)
    if errors:
        return reply("quests/_refused.html", status=422, errors=errors)
    return tiles(submission_id, request.form.get("step_key", ""))


@blueprint.post(f"{EVIDENCE}/remove")
@member
def remove_evidence(evidence_id: int) -> Response:
    return change_evidence(evidence_id, services.remove_evidence)


@blueprint.post(f"{EVIDENCE}/move")
@member
def move_evidence(evidence_id: int) -> Response:
    return change_evidence(evidence_id, services.move_evidence)


def change_evidence(evidence_id: int, command: Any) -> Response:
    row = queries.step_of(evidence_id, actor())
    command(evidence_id, by=actor())
    if wants_fragment():
        return tiles(row.submission_id, row.step_key)
    return answer(row.submission_id, keep_all(row.submission_id), step=row.step_key)


def tiles(submission_id: int, step_key: str) -> Response:
    """The files of one step as they are now."""
    found, _ = queries.work(submission_id, actor())
    pieces = queries.evidence(submission_id, found.round).get(step_key, [])
    return reply("quests/_tiles.html", step_key=step_key, pieces=pieces)


# --- what a form of the working page brings ---------------------------------------------------------


def keep_all(submission_id: int) -> dict[str, str]:
    """Keep the form's words and files; what couldn't be kept, by field."""
    return keep_words(submission_id) | keep_files(submission_id)


def keep_words(submission_id: int) -> dict[str, str]:
    steps = queries.editable_steps(submission_id, actor())
    draft = schemas.draft(request.form, steps)
    try:
        if draft != services.Draft():
            services.save_draft(submission_id, draft, by=actor())
    except Invalid as error:
        return field_errors(error)
    return {}


def keep_files(submission_id: int) -> dict[str, str]:
    errors: dict[str, str] = {}
    for step_key, file, poster in sent_files():
        try:
            put_up(submission_id, step_key, file, poster)
        except Invalid as error:
            errors.setdefault(f"step:{step_key}", " ".join(field_errors(error).values()))
    return errors


def sent_files() -> Iterator[tuple[str, BinaryIO, BinaryIO | None]]:
    """The files of the request with their steps: one that a script sent, or all that a form chose."""
    for name in request.files:
        for file in request.files.getlist(name):
            if not file.filename:
                continue  # a file field that was left empty
            if name == "file":
                still = request.files.get("poster")
                poster = cast(BinaryIO, still.stream) if still else None
                yield request.form.get("step_key", ""), cast(BinaryIO, file.stream), poster
            elif name.startswith("file:"):
                yield name.removeprefix("file:"), cast(BinaryIO, file.stream), None


def put_up(submission_id: int, step_key: str, file: BinaryIO, poster: BinaryIO | None) -> None:
    """Put one file into its step. The same upload again changes nothing."""
    by = actor()
    kinds = {step["key"]: step.get("evidence") for step in queries.editable_steps(submission_id, by)}
    kind = kinds.get(step_key)
    if kind not in media.KINDS:
        raise Invalid(fields={"file": N_("This step takes no file.")})
    key = schemas.clean(request.form.get("upload_key", "")) or f"{submission_id}:{step_key}:{digest_of(file)}"
    known = media_queries.uploaded(by.id, key[:80])
    if known is not None and queries.holds(submission_id, known):
        return
    with media.prepare_upload(file=file, poster=poster, accept=(str(kind),)) as prepared:
        services.add_media(submission_id, step_key, key[:80], prepared, by=by)


def digest_of(file: BinaryIO) -> str:
    """A name for a file that a form without a script sent: the same file is the same upload."""
    digest = hashlib.sha256()
    while part := file.read(1 << 20):
        digest.update(part)
    file.seek(0)
    return digest.hexdigest()[:32]
