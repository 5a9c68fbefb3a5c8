"""The points mall: goods, redeeming, and the way of what was redeemed."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from app.blueprints.mall import routes, routes_staff, routes_staff_codes, routes_staff_orders
    from app.blueprints.mall.models import Redemption, VoucherCode
    from app.blueprints.media import policies as media
    from app.core.sealed import keep_sealed

    keep_sealed(app, Redemption.address, VoucherCode.sealed)
    media.allow("mall_item", media.every_member)
    for each in (routes, routes_staff, routes_staff_codes, routes_staff_orders):
        app.register_blueprint(each.blueprint)
