"""The publishers' door to a quick task's answers: charts with numbers, texts, and a sheet to take out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, request, stream_with_context, url_for
from werkzeug.wrappers import Response

from app.blueprints.members.policies import TIER_NAMES
from app.blueprints.quests import queries_answers
from app.blueprints.quests.policies_quick import CHOSEN, chosen
from app.blueprints.quests.queries_answers import Line, Task
from app.core import sheets
from app.core.access import requires
from app.core.actor import TIERS
from app.core.dates import zone
from app.core.html import programme, reply
from app.core.i18n import N_, current_locale, gettext, pair, pick

blueprint = Blueprint("answers", __name__, url_prefix="/staff/quests")

HEAD = (N_("Name"), N_("Tier"), N_("Sent"), N_("Points"))
QUEST = "/<int(max=2147483647):quest_id>"


def asked_tier() -> str:
    tier = request.args.get("tier", "")
    return tier if tier in TIERS else ""


@blueprint.get(f"{QUEST}/answers")
@requires("quests:publish")
def show(quest_id: int) -> Response:
    task, tier = queries_answers.task(quest_id), asked_tier()
    texts = queries_answers.texts(task, tier, request.args.get("after"))
    asked: dict[str, Any] = {"quest_id": quest_id, "tier": tier or None}
    more = url_for(".show", **asked, after=texts.next) if texts.next else ""
    here: dict[str, Any] = {"task": task, "tier": tier, "texts": texts.rows, "more_url": more}
    if request.headers.get("HX-Request") == "true" and "after" in request.args:
        return reply("quests_quick/_texts.html", **here)
    return reply(
        "quests_quick/answers.html",
        **here,
        number=queries_answers.number(quest_id, tier),
        questions=queries_answers.results(task, tier),
        tiers=[("", gettext("Everybody"))] + [(key, gettext(TIER_NAMES[key])) for key in TIERS],
    )


@blueprint.get(f"{QUEST}/answers.csv")
@requires("quests:publish")
def download(quest_id: int) -> Response:
    """All answers as a sheet, sent as it is read."""
    task, tier = queries_answers.task(quest_id), asked_tier()
    return Response(
        stream_with_context(sheets.streamed(rows(task, tier))),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="answers-{quest_id}.csv"',
            "Cache-Control": "no-store",
        },
    )


def rows(task: Task, tier: str) -> Iterator[list[object]]:
    """A head in the reader's language, then a row for each member's answers."""
    locale, here = current_locale(), zone(programme().timezone)
    titles = [pick(pair(step["title"], step.get("title_en")), locale) for step in task.steps]
    head = [gettext(text) for text in HEAD]
    useful = [gettext("Found useful")] if task.form == "tip" else []
    yield [*head, *titles, *useful]
    for line in queries_answers.lines(task, tier):
        yield [
            line.name or gettext("a former member"),
            gettext(TIER_NAMES[line.tier]),
            line.at.astimezone(here).strftime("%Y-%m-%d %H:%M"),
            line.points,
            *(said(step, line, locale) for step in task.steps),
            *([line.useful] if useful else []),
        ]


def said(step: Any, line: Line, locale: str) -> str:
    body = line.answers.get(step["key"], "")
    if step["evidence"] in CHOSEN:
        return "; ".join(pick(option, locale) for option in chosen(step, body))
    if body.startswith("media:"):
        return url_for("media.show", media_id=int(body[6:]), size="full", _external=True)
    return body
