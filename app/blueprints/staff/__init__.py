"""The console: its first page, and the rail of doors that every desk page shows."""

from __future__ import annotations

from flask import Flask, current_app

from app.core.access import signed_in
from app.core.i18n import pgettext


def init_app(app: Flask) -> None:
    from app.blueprints.staff import routes, routes_owed

    app.register_blueprint(routes.blueprint)
    app.register_blueprint(routes_owed.blueprint)
    app.extensions["lightup_shell"]["rail"] = rail


def rail() -> tuple[tuple[str, str, str, str], ...]:
    """(endpoint, label, icon, key) of the desk's doors that exist and that this person may open."""
    who = signed_in()
    if who is None or not who.is_staff:
        return ()
    doors = [
        ("staff.today", pgettext("desk", "Overview"), "ripple", "today"),
        ("quests_staff.index", pgettext("desk", "Quests"), "quest", "quests"),
        ("review.queue", pgettext("desk", "Reviews"), "inbox", "reviews"),
        ("figures_staff.queue", pgettext("desk", "Figures"), "eye", "figures"),
        ("thanks_staff.relay", pgettext("desk", "Thanks"), "letter", "thanks"),
        ("members_staff.index", pgettext("desk", "Members"), "people", "members"),
        ("orders_staff.index", pgettext("desk", "Mall"), "gift", "mall"),
        ("points_staff.rules", pgettext("desk", "Points"), "point", "points"),
        # the same door for whom only its second room is open
        ("points_staff.questions", pgettext("desk", "Points"), "point", "points"),
    ]
    views = current_app.view_functions
    # each view says itself who may enter
    mine = [door for door in doors if door[0] in views and who.can(getattr(views[door[0]], "access", ""))]
    mine = list({door[3]: door for door in reversed(mine)}.values())[::-1]
    return (*mine, ("home.today", pgettext("desk", "My own"), "home", "home"))
