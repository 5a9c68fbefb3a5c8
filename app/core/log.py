"""Structured logs without personal data: events, endpoints, numbers; never names, texts or addresses."""

from __future__ import annotations

import logging
import sys
import time

import structlog
from flask import Flask, g, request
from werkzeug.wrappers import Response

log = structlog.get_logger("lightup")


def init_log(app: Flask) -> None:
    """One JSON line for each request slower than a second or failed, and for what the code reports."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def line(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        if response.status_code >= 500 or seconds > 1:
            log.warning(
                "request",
                endpoint=request.endpoint,
                method=request.method,
                status=response.status_code,
                ms=round(seconds * 1000),
            )
        return response
