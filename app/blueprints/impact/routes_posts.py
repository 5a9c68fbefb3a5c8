"""A member's posts elsewhere, and the figures they report of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.impact import queries_posts, schemas_figures, services_posts
from app.blueprints.impact.policies_links import Shared, shared
from app.blueprints.impact.routes_links import address
from app.blueprints.media import services as media
from app.core import qr
from app.core.access import actor, member
from app.core.crypto import new_token
from app.core.errors import Invalid
from app.core.html import go, reply, wants_fragment
from app.core.i18n import gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("posts", __name__, url_prefix="/posts")

POST = "/<int(max=2147483647):post_id>"
MOST_LETTERS = 4000


def pasted() -> tuple[str, Shared | None]:
    text = request.form.get("text", "").replace("\x00", "")[:MOST_LETTERS]
    return text, shared(text)


@blueprint.get("")
@member
def index() -> Response:
    return list_page()


def list_page(*, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    text, found = pasted()
    return reply(
        "impact/posts.html",
        fragment="impact/_posts.html" if request.args.get("after") else None,
        status=status,
        page=queries_posts.posts(actor().id, request.args.get("after")),
        text=text,
        found=found,
        taken=found is not None and queries_posts.taken(found.key, actor().id),
        errors=errors or {},
        first=0 if request.args.get("after") else 3,
        address=address,
        qr=qr.path,
    )


@blueprint.post("/read")
@member
def read_share() -> Response:
    """What a pasted text is, before it is registered."""
    text, found = pasted()
    if not wants_fragment():
        return list_page()
    taken = found is not None and queries_posts.taken(found.key, actor().id)
    return reply("impact/_got.html", found=found, text=text, taken=taken, errors={})


@blueprint.post("")
@member
def register() -> Response:
    try:
        mine = "mine" in request.form
        post_id, new = services_posts.register_post(pasted()[1], by=actor(), mine=mine)
    except Invalid as error:
        return list_page(status=422, errors=field_errors(error))
    toast = (
        gettext("Registered. Tell us its numbers whenever you like.")
        if new
        else gettext("You have registered this one before. Here it is.")
    )
    return go(".show", post_id=post_id, toast=toast)


@blueprint.get(POST)
@member
def show(post_id: int) -> Response:
    return post_page(post_id)


def post_page(post_id: int, *, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    post, rungs = queries_posts.post(post_id, actor().id)
    return reply(
        "impact/post.html",
        status=status,
        post=post,
        rungs=rungs,
        typed=request.form if errors else {},
        errors=errors or {},
        token=new_token,
        address=address,
        qr=qr.path,
    )


@blueprint.post(f"{POST}/figures")
@member
def report(post_id: int) -> Response:
    queries_posts.post(post_id, actor().id)
    key = request.form.get("key", "").replace("\x00", "")[:80]
    try:
        figures = schemas_figures.figures(request.form)
        picture = screenshot(post_id, key) if figures else None
        services_posts.report_figures(post_id, figures, key=key, media_id=picture, by=actor())
    except Invalid as error:
        return post_page(post_id, status=422, errors=field_errors(error))
    return go(".show", post_id=post_id, toast=gettext("Noted. It counts once somebody has looked at it."))


def screenshot(post_id: int, key: str) -> int | None:
    """The picture that a report came with, stored; None without one."""
    return uploaded("picture", f"figure:{key}", f"post:{post_id}")


def uploaded(field: str, upload_key: str, belongs_to: str) -> int | None:
    """The picture of a form's field, stored; None without one. Raises Invalid for what can't be taken."""
    file: Any = request.files.get(field)
    if file is None or not file.filename:
        return None
    try:
        return media.store_upload(
            owner_id=actor().id, upload_key=upload_key[:80], belongs_to=belongs_to,
            file=file.stream, by=actor(), accept=("photo",),
        )  # fmt: skip
    except Invalid as error:
        raise Invalid(fields={field: error.fields.get("file", "")}, **error.params) from error


@blueprint.post(f"{POST}/look")
@member
def correct(post_id: int) -> Response:
    """Its title, and its cover picture."""
    queries_posts.post(post_id, actor().id)
    key = request.form.get("key", "").replace("\x00", "")
    try:
        title = services_posts.titled(request.form.get("title", ""))
        services_posts.correct_post(
            post_id,
            title=title,
            cover_media_id=uploaded("cover", f"cover:{key}", f"post-cover:{post_id}"),
            uncover="uncover" in request.form,
            by=actor(),
        )
    except Invalid as error:
        return post_page(post_id, status=422, errors=field_errors(error))
    return go(".show", post_id=post_id, toast=gettext("Noted, also for your readers."))
