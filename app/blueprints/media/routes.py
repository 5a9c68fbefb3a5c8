"""The one door to uploaded files: permission first, then the bytes, never as anything active."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response

from app.blueprints.media import queries, storage, videos
from app.core.access import actor, member
from app.core.errors import NotFound

blueprint = Blueprint("media", __name__)

WEBP = "image/webp"
ENDINGS = {"image/jpeg": "jpg", WEBP: "webp", videos.CONTENT_TYPE: "mp4"}
# Opened by itself a file is a page: one that can run nothing and load nothing but itself. The
# browser's own viewer styles that page inline, so styles are left alone, and its player loads the
# video once more, which an origin of nowhere may not.
POLICY = (
    "script-src 'none'; img-src 'self'; media-src 'self'; connect-src 'none'; object-src 'none'; "
    "frame-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
)
SANDBOX = {"photo": "", "video": " allow-same-origin"}
PRIVATE_SECONDS = 3600


@blueprint.get("/media/<int:media_id>/<any(full, large, thumb, poster):size>")
@member
def show(media_id: int, size: str) -> Response:
    row = queries.media_for(media_id, by=actor())
    name, content_type = _object(row, size)
    etag = f"{row.sha256[:16]}-{row.id}-{name}"
    response = _bytes(row, name, content_type, etag)
    response.headers["Content-Security-Policy"] = POLICY + SANDBOX[row.kind]
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Content-Disposition"] = (
        f'inline; filename="{row.kind}-{row.id}.{ENDINGS[content_type]}"'
    )
    response.headers["Cache-Control"] = f"private, max-age={PRIVATE_SECONDS}"
    response.headers["Vary"] = "Cookie"
    return response


def _object(row: Any, size: str) -> tuple[str, str]:
    """The stored object of that size and its type. Raises NotFound where there is none."""
    if size == "full":
        # a MOV plays as what it is nearly: browsers turn the QuickTime type away
        return "full", videos.CONTENT_TYPE if row.kind == "video" else row.content_type
    if row.kind == "photo" and size in ("large", "thumb"):
        return size, WEBP
    if row.poster_key is not None and size in ("poster", "large", "thumb"):
        return "thumb" if size == "thumb" else "large", WEBP
    raise NotFound


def _bytes(row: Any, name: str, content_type: str, etag: str) -> Response:
    place = storage.current()
    path = place.path(row.storage_key, name)
    if path is not None and place.accel:
        headers = {"X-Accel-Redirect": f"{place.accel.rstrip('/')}/{row.storage_key}/{name}"}
        return Response(status=200, headers=headers, content_type=content_type)
    if path is not None:
        return send_file(path, mimetype=content_type, etag=etag, conditional=True, max_age=PRIVATE_SECONDS)
    return _streamed(place, row, name, content_type, etag)


def _streamed(place: storage.Storage, row: Any, name: str, content_type: str, etag: str) -> Response:
    """From a bucket, chunk by chunk; a part of it when the player asks for one."""
    response = Response(content_type=content_type)
    response.set_etag(etag)
    if request.if_none_match.contains(etag):
        response.status_code = 304
        return response
    start, length = 0, None
    if name == "full":
        response.headers["Accept-Ranges"] = "bytes"
        wanted = _range(row.size_bytes, etag)
        if wanted is not None:
            start, length = wanted[0], wanted[1] - wanted[0]
            response.status_code = 206
            response.headers["Content-Range"] = f"bytes {start}-{wanted[1] - 1}/{row.size_bytes}"
        response.content_length = row.size_bytes if length is None else length
    response.response = place.read(row.storage_key, name, start, length)
    return response


def _range(size: int, etag: str) -> tuple[int, int] | None:
    """The part that is asked for, from and up to; None for the whole.

    Raises RequestedRangeNotSatisfiable for a part that isn't there.
    """
    asked = request.range
    if asked is None or len(asked.ranges) != 1 or asked.units != "bytes":
        return None
    if request.if_range is not None and request.if_range.etag not in (None, etag):
        return None
    found = asked.range_for_length(size)
    if found is None:
        raise RequestedRangeNotSatisfiable(size)
    return found
