"""The points mall: goods, redeeming, and the way of what was redeemed."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.mall import routes
    from app.blueprints.mall.models import Redemption, VoucherCode
    from app.core.sealed import keep_sealed

    keep_sealed(app, Redemption.address, VoucherCode.sealed)
    app.register_blueprint(routes.blueprint)
