"""The desk's doors to what members ask about their lines."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from app.blueprints.points import queries_questions, services_questions
from app.blueprints.points.routes_staff import blueprint
from app.core import clock
from app.core.access import actor, requires
from app.core.errors import Invalid
from app.core.html import go, reply
from app.core.i18n import gettext
from app.core.web_errors import field_errors


def questions_page(failed: int = 0, error: Invalid | None = None) -> Response:
    """Open questions, oldest first, above those answered last; `failed` is the one answered amiss."""
    return reply(
        "points_staff/questions.html",
        fragment="points_staff/_questions.html",
        status=200 if error is None else 422,
        page=queries_questions.waiting(request.args.get("after")),
        answered=queries_questions.answered(),
        now=clock.now(),
        failed=failed,
        errors=field_errors(error) if error else {},
        typed=request.form if error else {},
    )


@blueprint.get("/questions")
@requires("points:answer")
def questions() -> Response:
    return questions_page()


@blueprint.post("/questions/<int(max=2147483647):question_id>/answer")
@requires("points:answer")
def answer(question_id: int) -> Response:
    try:
        services_questions.answer(question_id, request.form.get("answer", ""), by=actor())
    except Invalid as error:
        return questions_page(question_id, error)
    return go(".questions", toast=gettext("Sent. They have a notice and read it on the line"))
