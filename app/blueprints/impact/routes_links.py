"""A work's thank-you link to take along: as a picture for the end of a post, and its QR code alone.

Only for the member whose work it is. The reader's page behind the link is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.impact import queries_posts
from app.blueprints.impact.pictures import PictureWords, thanks_picture
from app.core import qr
from app.core.access import actor, member
from app.core.html import programme
from app.core.i18n import current_locale, gettext, pick

blueprint = Blueprint("thanks_links", __name__, url_prefix="/thanks-link/<code>")

# what browsers kept of an earlier look is drawn anew
LOOK = "1"


def address(code: str) -> str:
    """The public address of a thank-you link, as readers open it."""
    return url_for("thanks.page", code=code, _external=True)


@blueprint.get("/picture.png")
@member
def picture(code: str) -> Response:
    link, locale = queries_posts.own_link(code, actor().id), current_locale()
    house = programme()
    title = pick(link.title, locale)
    brand = house.name_en if locale == "en" else house.name
    values = {
        # a post without a title is called by its link, which says nothing in a picture
        "title": "" if title.startswith(("http://", "https://")) else title,
        "name": link.name or "",
        "url": address(link.code),
        "brand": f"{brand} \u00b7 {gettext('Lightup')}",
    }
    words = PictureWords(gettext("If this helped you, tell me so."), gettext("Scan it. No account needed."))
    key = "\x1f".join((LOOK, *values.values(), words.voice, words.hint))
    return _file(f"{link.code}.png", "image/png", key, lambda: thanks_picture(**values, words=words))


@blueprint.get("/qr.<any(svg, png):kind>")
@member
def code_alone(code: str, kind: str) -> Response:
    link = queries_posts.own_link(code, actor().id)
    shown = address(link.code)
    content_type = "image/svg+xml" if kind == "svg" else "image/png"
    return _file(f"{link.code}-qr.{kind}", content_type, LOOK + shown + kind, lambda: qr.file(shown, kind))


def _file(name: str, content_type: str, key: str, make: Callable[[], bytes]) -> Response:
    """What `make` draws, unless the browser has what `key` stands for."""
    etag = sha256(key.encode()).hexdigest()[:32]
    known = request.if_none_match.contains(etag)
    response = Response(status=304) if known else Response(make(), content_type=content_type)
    response.set_etag(etag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Accept-Language"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
