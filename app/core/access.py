"""Every view declares who may enter; one that doesn't stops the app from starting.

@public                      anybody
@member                      anybody signed in
@requires("reviews:staff")   anybody whose capabilities open that door (core/actor.py)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from app.core.actor import PERMISSIONS, Actor
from app.core.errors import Forbidden

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC = "public"
MEMBER = "member"


class UndeclaredAccess(RuntimeError):
    """An endpoint says not who may enter."""


def public(view: View) -> View:
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def member(view: View) -> View:
    view.access = MEMBER  # type: ignore[attr-defined]
    return view


def requires(permission: str) -> Callable[[View], View]:
    """Declare that the view needs `permission`. Raises KeyError for one that isn't listed."""
    PERMISSIONS[permission]

    def declare(view: View) -> View:
        view.access = permission  # type: ignore[attr-defined]
        return view

    return declare


def declared_access(app: Flask) -> dict[str, str]:
    """Each endpoint's declared access. Raises UndeclaredAccess naming those without one."""
    access = {name: getattr(view, "access", None) for name, view in app.view_functions.items()}
    missing = sorted(name for name, value in access.items() if value is None)
    if missing:
        raise UndeclaredAccess("no access declared: " + ", ".join(missing))
    return access  # type: ignore[return-value]


def signed_in() -> Actor | None:
    """The member who asks, or None for a visitor. Read once for each request."""
    if "actor" not in g:
        g.actor = current_user._get_current_object() if current_user.is_authenticated else None
    return g.actor


def actor() -> Actor:
    """The member who asks; only in views that are not public."""
    found = signed_in()
    if found is None:
        raise Forbidden
    return found


def guard() -> Response | None:
    """Before every request: deny by default."""
    if request.endpoint is None:
        return None  # no such address: the 404 follows
    from flask import current_app

    needed = getattr(current_app.view_functions[request.endpoint], "access", None)
    if needed == PUBLIC:
        return None
    found = signed_in()
    if found is None:
        return redirect_to_login()
    if needed == MEMBER or (needed is not None and found.can(needed)):
        return None
    raise Forbidden


def redirect_to_login() -> Response:
    """Send a visitor to the log-in page; it comes back only to an address that this app itself made."""
    target = url_for("members.login")
    if request.method == "GET" and request.endpoint and not request.headers.get("HX-Request"):
        target = url_for("members.login", next=request.full_path.rstrip("?"))
    if request.headers.get("HX-Request"):
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target, 303)


def init_access(app: Flask) -> None:
    """Enforce the declarations on every request. Call before the blueprints' own hooks."""
    app.before_request(guard)
