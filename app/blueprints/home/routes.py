"""The member's own pages: Today, the sky, the moment a badge lights, me."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, redirect, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.blueprints.badges import services as badges
from app.blueprints.home import queries
from app.blueprints.home.policies import day_with_us, part_of_day
from app.blueprints.quests.queries_board import OnBoard, Star
from app.core import clock, qr
from app.core.access import actor, member, signed_in
from app.core.dates import month_bounds
from app.core.errors import Unavailable
from app.core.html import early_fetch, programme, render, reply, wants_fragment
from app.core.i18n import current_locale

blueprint = Blueprint("home", __name__)

# pages on which a badge that has just been lit may show itself first
SHOWS_ITSELF_BEFORE = frozenset(
    {"home", "quests", "points", "badges", "impact", "inbox", "library", "groups", "quick", "mall"}
)


@blueprint.before_app_request
def show_what_lit() -> Response | None:
    """Lead a member to a badge they haven't seen light up; from any of their pages, on the next full one."""
    if request.method != "GET" or request.blueprint not in SHOWS_ITSELF_BEFORE or early_fetch():
        return None
    who = signed_in()
    if who is None or who.unlit_award_id is None or request.endpoint == "home.lit" or wants_fragment():
        return None
    if session.get("shown") == who.unlit_award_id:
        return None
    back = request.full_path.rstrip("?")
    return redirect(url_for("home.lit", award_id=who.unlit_award_id, back=back), 303)


@blueprint.get("/")
@member
def today() -> Response:
    aside = request.args.get("aside", 0, type=int)
    page, timezone, now = queries.today(actor(), aside), programme().timezone, clock.now()
    coming = page.next.quest if page.next is not None else None
    return reply(
        "home/today.html",
        page=page,
        window=window(tuple(page.stars), coming, current_locale()) if coming is not None else None,
        part=part_of_day(now, timezone),
        day=day_with_us(page.purse.joined_at, now, timezone),
        now=now,
        month_ends=month_bounds(now, timezone)[1],
    )


@lru_cache(maxsize=1024)
def window(stars: tuple[Star, ...], coming: OnBoard, _locale: str) -> Markup:
    """The constellation of the star to come, in Today's window; kept, as many members see the same."""
    places, lines = queries.window_places(stars, coming.track_key)
    lit = queries.lit_of(stars)
    drawn = render("home/_window_sky.html", next=coming, stars=stars, places=places, lines=lines, lit=lit)
    return Markup(drawn)


@blueprint.get("/sky")
@member
def sky() -> Response:
    locale = current_locale()
    found = queries.sky(actor(), locale)
    focus = found.next.quest.id if found.next is not None else 0
    pictures = Markup().join(
        picture(each, focus if focus in each.shape.spots else 0, locale) for each in found.constellations
    )
    return reply("home/sky.html", sky=found, pictures=pictures)


@lru_cache(maxsize=1024)
def picture(constellation: queries.Constellation, focus: int, _locale: str) -> Markup:
    """A constellation drawn, with the brackets around `focus`; many members see the same, so it is kept."""
    return Markup(render("home/_constellation.html", each=constellation, next_id=focus))


@blueprint.get("/lit/<int(max=2147483647):award_id>")
@member
def lit(award_id: int) -> Response:
    found = queries.moment(award_id, actor())
    first_time = found.award.shown_at is None and not early_fetch() and show_once(award_id)
    back = own_address(request.args.get("back"))
    return reply("home/lit.html", moment=found, first_time=first_time, back=back)


def show_once(award_id: int) -> bool:
    """Whether this request is the one that shows the badge lighting up."""
    try:
        return badges.show_lit(award_id, by=actor().id)
    except Unavailable:
        # a disk that can't write must not keep anybody here: this browser remembers instead
        first_time = session.get("shown") != award_id
        session["shown"] = award_id
        return first_time


def own_address(text: str | None) -> str:
    """`text` when it is an address of this app's own, else Today's."""
    if text and text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable():
        return text
    return url_for("home.today")


@blueprint.get("/me")
@member
def me() -> Response:
    card = url_for("members.profile", member_id=actor().id, _external=True)
    return reply("home/me.html", page=queries.me(actor()), code=qr.path(card))
