"""How a view answers: a full page, or just its fragment when htmx asks for one.

`reply` decides between the two, so that a page with JavaScript off and a fragment with it
come out of the same templates. `go` ends a form: 303 with a toast on the next page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from flask import Flask, current_app, flash, g, request, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from app.core import dates
from app.core.access import signed_in
from app.core.i18n import LocalEnvironments, current_locale

STATIC = Path(__file__).parents[1] / "static"


def wants_fragment() -> bool:
    """htmx asks for a part; a boosted or history request wants the whole page."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and "HX-Boosted" not in headers
        and "HX-History-Restore-Request" not in headers
    )


def early_fetch() -> bool:
    """Whether the browser fetches ahead, with nobody looking."""
    return "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))


def render(template: str, **context: Any) -> str:
    """Render with the request's language and the shell's values."""
    locale = current_locale()
    environment = current_app.extensions["lightup_templates"][locale]
    return environment.get_template(template).render(
        actor=signed_in(),
        programme=programme(),
        request=request,
        **{name: shell() for name, shell in current_app.extensions["lightup_shell"].items()},
        **context,
    )


@lru_cache(maxsize=8192)
def _kept(template: str, name: str, locale: str, *values: Any) -> Markup:
    environment = current_app.extensions["lightup_templates"][locale]
    return getattr(environment.get_template(template).module, name)(*values)


def kept(template: str, name: str) -> Callable[..., Markup]:
    """A macro of a template in the request's language whose drawings are kept, as many see them alike.

    It may read nothing but its values, which must be hashable. The oldest of 8,192 drawings make room.
    """
    return partial(_kept, template, name, current_locale())


def reply(page: str, /, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """Answer with `fragment` when htmx asks for a part and there is one, else with the whole `page`."""
    template = fragment if fragment is not None and wants_fragment() else page
    response = Response(render(template, **context), status, content_type="text/html; charset=utf-8")
    response.headers["Vary"] = "HX-Request, Accept-Language, Cookie"
    return response


def go(endpoint: str, *, toast: str | dict[str, str] | None = None, **values: Any) -> Response:
    """Finish a form and go to another page, which shows `toast`: a text, or {"text", "href", "action"}."""
    if toast:
        flash(toast if isinstance(toast, dict) else str(toast))  # type: ignore[arg-type]
    target = url_for(endpoint, **values)
    if request.headers.get("HX-Request") == "true":
        return Response(status=204, headers={"HX-Redirect": target})
    return Response(status=303, headers={"Location": target})


def programme() -> Any:
    """The programme's name and zone, loaded with the member or, for a visitor, once on demand."""
    if "programme" not in g:
        g.programme = current_app.extensions["lightup_programme"]()
    return g.programme


@lru_cache
def asset(name: str) -> str:
    """The address of a static file, with its content's digest so that browsers may keep it for ever.

    Raises FileNotFoundError for a file that isn't there.
    """
    content = (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"


def csrf() -> Markup:
    """The hidden field that every form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="%s">') % generate_csrf()


def _moment_filter(say: Callable[[datetime, str, str], str]) -> Callable[[datetime | None], str]:
    def show(moment: datetime | None) -> str:
        return "" if moment is None else say(moment, programme().timezone, current_locale())

    return show


def isoday(text: str) -> str:
    """A day that is kept as a date ("2026-12-01"), as one says it."""
    noon = datetime.fromisoformat(text).replace(hour=12, tzinfo=dates.zone(programme().timezone))
    return dates.day(noon, programme().timezone, current_locale())


def isotime(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def num(value: int | None) -> Markup:
    """A number with its thousands set apart; safe, as it can only be digits."""
    return Markup(f"{value or 0:,}")


def initial(name: str | None) -> Markup:
    """What an avatar without a picture shows."""
    return escape((name or "?").strip()[:1].upper())


def tint(number: int | None) -> str:
    """One of the four avatar colours, always the same for the same person."""
    return f"k{(number or 0) % 4 + 1}"


def init_html(app: Flask) -> None:
    """Filters and globals first, then one environment for each language."""
    env = app.jinja_env
    env.trim_blocks = True
    env.lstrip_blocks = True
    env.filters.update(
        day=_moment_filter(dates.day),
        daytime=_moment_filter(dates.daytime),
        clock=_moment_filter(dates.time_of_day),
        month=_moment_filter(dates.month),
        ago=_moment_filter(dates.ago),
        isoday=isoday,
        isotime=isotime,
        num=num,
        initial=initial,
        tint=tint,
    )
    env.globals.update(asset=asset, csrf=csrf, csrf_token=generate_csrf, kept=kept)
    app.extensions.setdefault("lightup_shell", {})
    app.extensions["lightup_templates"] = LocalEnvironments(env)
