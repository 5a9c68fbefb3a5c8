"""Headers that every answer carries."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
PERMISSIONS_POLICY = "camera=(self), geolocation=(), microphone=(), interest-cohort=()"


class RowId(IntegerConverter):
    """`<int:…>` in an address: only what both databases can hold, so that a longer number is a 404."""

    def __init__(self, map: Map, **limits: Any) -> None:
        super().__init__(map, **({"max": 2**31 - 1} | limits))


def init_security(app: Flask, *, https: bool) -> None:
    app.url_map.converters["int"] = RowId

    @app.after_request
    def headers(response: Response) -> Response:
        set_default = response.headers.setdefault
        set_default("Content-Security-Policy", POLICY)
        set_default("X-Content-Type-Options", "nosniff")
        set_default("Permissions-Policy", PERMISSIONS_POLICY)
        # no-referrer would break the CSRF check over https, which wants one from our own pages
        set_default("Referrer-Policy", "same-origin")
        set_default("Cross-Origin-Opener-Policy", "same-origin")
        if https:
            set_default("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint == "static" and response.status_code < 400 and "v" in request.args:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response
