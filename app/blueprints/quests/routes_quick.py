"""The doors of quick tasks: the cards, their forms, the wall of photos, the tips and their marks."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Blueprint, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app.blueprints.media import services as media
from app.blueprints.quests import queries_quick, routes, schemas, services_quick
from app.blueprints.quests.policies import MISSING
from app.blueprints.quests.queries_quick import Card
from app.blueprints.quests.routes import QUEST
from app.blueprints.quests.services import Draft
from app.core.access import actor, member
from app.core.errors import Invalid, NotFound, Refused
from app.core.html import go, reply, wants_fragment
from app.core.i18n import gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("quick", __name__)

TIP = "/tips/<int(max=2147483647):submission_id>"
# how many letters of an upload's key are the browser's, behind the quest's number
KEY_LETTERS = 64


@blueprint.get("/quick")
@member
def index() -> Response:
    return page()


def page(*, status: int = 200, said: dict[int, Any] | None = None) -> Response:
    """The cards; `said` is, by quest, what a refused form said and what was typed in it."""
    part = request.args.get("part", "")
    part = part if part in ("todo", "done") else ""
    cards = queries_quick.cards(actor(), part, request.args.get("after"))
    more = {
        name: url_for(".index", part=name, after=rows.next) if rows.next else ""
        for name, rows in (("todo", cards.todo), ("done", cards.done))
    }
    return reply(
        "quests_quick/index.html",
        fragment="quests_quick/_cards.html" if part == "done" else None,
        status=status,
        cards=cards.done.rows,
        todo=cards.todo.rows,
        more=more,
        part=part,
        said=said or {},
        here="quick",
    )


# --- what a card sends --------------------------------------------------------------------------------


@blueprint.post(f"{QUEST}/answer")
@member
def answer(quest_id: int) -> Response:
    """A vote, a tip, a survey's answers, or whom something was shared with."""
    card = queries_quick.card(quest_id, actor())
    given = schemas.draft(request.form, card.asked)
    try:
        if card.form == "poll":
            services_quick.vote(quest_id, given.texts.get(card.asked[0]["key"], ""), by=actor())
        else:
            services_quick.answer(quest_id, given, by=actor())
    except Invalid as error:
        return refused(quest_id, errors=field_errors(error))
    except Refused as error:
        return refused(quest_id, notice=gettext(error.message, **error.params))
    return answered(quest_id)


@blueprint.post(f"{QUEST}/photo")
@member
def photo(quest_id: int) -> Response:
    card = queries_quick.card(quest_id, actor())
    if card.form != "photo_call":
        raise NotFound
    step = card.asked[0]["key"]
    try:
        if not card.done:
            put_up(card, step)
    except Invalid as error:
        return refused(quest_id, errors={f"step:{step}": " ".join(field_errors(error).values())})
    except Refused as error:
        return refused(quest_id, notice=gettext(error.message, **error.params))
    return answered(quest_id)


def put_up(card: Card, step: str) -> None:
    """Put the request's photo on the wall. The bytes are developed before the database is asked."""
    sent: FileStorage | None = request.files.get("file") or request.files.get(f"file:{step}")
    if sent is None or not sent.filename:
        raise Invalid(fields={"file": MISSING["photo"]})
    file = cast(BinaryIO, sent.stream)
    key = schemas.clean(request.form.get("upload_key", ""))[:KEY_LETTERS] or routes.digest_of(file)
    with media.prepare_upload(file=file, accept=("photo",)) as prepared:
        services_quick.put_up_photo(card.quest.id, f"{card.quest.id}:{key}", prepared, Draft(), by=actor())


def answered(quest_id: int) -> Response:
    """The card as it is now, or without a script the page that it was on."""
    if wants_fragment():
        card = queries_quick.card(quest_id, actor())
        return reply("quests_quick/_card.html", card=card, said={}, here=here(), fresh=True)
    return back_to(quest_id)


def back_to(quest_id: int) -> Response:
    """The page that the form stood on."""
    if here() == "quick":
        return go(".index", _anchor=f"quick-{quest_id}")
    return go(".tips" if here() == "tips" else "quests.show", quest_id=quest_id)


def refused(quest_id: int, *, errors: dict[str, str] | None = None, notice: str = "") -> Response:
    """The card with what can't be, everything typed still in it."""
    said = {quest_id: {"errors": errors or {}, "notice": notice, "typed": request.form}}
    status = 409 if notice else 422
    if not wants_fragment():
        if here() == "quick":
            return page(status=status, said=said)
        return routes.quest_page(quest_id, status=status, errors=errors, notice=notice)
    card = queries_quick.card(quest_id, actor())
    response = reply("quests_quick/_card.html", status=status, card=card, said=said, here=here(), fresh=False)
    if notice:
        # a refusal with words of ours belongs on the card, as an error beside a field does
        response.headers["HX-Retarget"] = f"#quick-{quest_id}"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def here() -> str:
    """The page that a form stands on: where it leads back to without a script."""
    asked = request.values.get("here", "")
    return asked if asked in ("quick", "tips") else "quest"


# --- the wall and the tips ----------------------------------------------------------------------------


@blueprint.get(f"{QUEST}/wall")
@member
def wall(quest_id: int) -> Response:
    found = queries_quick.wall(quest_id, actor(), request.args.get("after"))
    more = url_for(".wall", quest_id=quest_id, after=found.page.next) if found.page.next else ""
    return reply(
        "quests_quick/wall.html",
        fragment="quests_quick/_shots.html",
        quest=found.quest,
        terms=found.terms,
        shots=found.page.rows,
        more_url=more,
    )


@blueprint.get(f"{QUEST}/tips")
@member
def tips(quest_id: int) -> Response:
    by_use = request.args.get("by") != "new"
    after = request.args.get("after")
    found = queries_quick.tips(quest_id, actor(), by_use=by_use, cursor=after)
    asked: dict[str, Any] = {"quest_id": quest_id, "by": None if by_use else "new"}
    return reply(
        "quests_quick/tips.html",
        fragment="quests_quick/_tips.html",
        quest=found.quest,
        tips=found.page.rows,
        by_use=by_use,
        more_url=url_for(".tips", **asked, after=found.page.next) if found.page.next else "",
        here="tips",
    )


@blueprint.post(f"{TIP}/useful")
@member
def useful(submission_id: int) -> Response:
    """Mark a tip, or with on=0 unmark it: the form says which, so that a double tap does it once."""
    marked = request.args.get("on") != "0"
    command = services_quick.mark_useful if marked else services_quick.unmark_useful
    number = command(submission_id, by=actor())
    if wants_fragment():
        tip = {"id": submission_id, "marked": marked, "useful_count": number}
        return reply("quests_quick/_useful.html", tip=tip, here=here())
    quest_id = queries_quick.tip_for(submission_id, actor()).quest_id
    return back_to(quest_id)
