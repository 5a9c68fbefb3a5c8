"""The points mall: goods, redeeming, and the way of what was redeemed."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.mall import services  # noqa: F401
