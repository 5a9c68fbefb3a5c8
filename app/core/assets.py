"""Static text files, packed once in each process as tightly as they go, and kept in memory.

Packing a page's answer must be quick, so Flask-Compress uses a low level; these few files are the
same for everybody, and a phone's first visit pays for every kilobyte of them.
"""

from __future__ import annotations

import gzip
import os
from functools import lru_cache
from pathlib import PurePosixPath

import brotli
from flask import Flask, request
from werkzeug.utils import safe_join
from werkzeug.wrappers import Response

PACKED = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@lru_cache(maxsize=64)
def packed(path: str, modified: int, coding: str) -> bytes:
    """The file's content in `coding` ("br" or "gzip"); `modified` makes an edited file a new one."""
    with open(path, "rb") as file:
        content = file.read()
    return brotli.compress(content) if coding == "br" else gzip.compress(content, 9, mtime=0)


def init_assets(app: Flask) -> None:
    """Let the endpoint "static" answer with packed text where the browser takes it."""
    plain = app.view_functions["static"]

    def static(filename: str) -> Response:
        kind = PACKED.get(PurePosixPath(filename).suffix)
        coding = next((name for name in ("br", "gzip") if request.accept_encodings[name]), None)
        path = safe_join(app.static_folder or "", filename)
        if kind is None or coding is None or path is None or not os.path.isfile(path):
            return plain(filename=filename)  # type: ignore[return-value]
        response = Response(packed(path, os.stat(path).st_mtime_ns, coding), content_type=kind)
        response.headers["Content-Encoding"] = coding
        response.headers["Vary"] = "Accept-Encoding"
        return response

    app.view_functions["static"] = static
