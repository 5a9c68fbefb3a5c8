"""Placing a track's stars on its figure: tapped on the picture, or moved step by step.

No script is needed: the picture is a button that sends where it was tapped.
"""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.blueprints.home import policies
from app.blueprints.members import queries as members
from app.blueprints.quests import queries_sky, services_sky
from app.core.access import actor, requires
from app.core.errors import NotFound, Refused
from app.core.html import go, render, reply
from app.core.i18n import current_locale, gettext

blueprint = Blueprint("sky_staff", __name__, url_prefix="/staff/sky")

# how wide the picture is drawn, everywhere: where it is tapped is told in its own pixels
DRAWN = 280
STEP = 8
MOVES = {"up": (0, -STEP), "down": (0, STEP), "left": (-STEP, 0), "right": (STEP, 0)}


@blueprint.get("")
@requires("quests:publish")
def sky() -> Response:
    return go(".track", key=members.tracks()[0].key)


class Placing:
    """A track with its stars and where they stand now."""

    def __init__(self, key: str) -> None:
        self.tracks = members.tracks()
        found = next((track for track in self.tracks if track.key == key), None)
        if found is None:
            raise NotFound
        self.track = found
        self.stars = queries_sky.to_place(key)
        self.height, _side = policies.BOXES.get(key, (policies.HEIGHT, "start"))
        english = current_locale() == "en"
        titles = [star.title_en or star.title if english else star.title for star in self.stars]
        self.shape = policies.shape_of(self.stars, titles, key)

    def chosen(self, asked: str | None) -> int:
        """The star that is being placed: the one asked for, else the first."""
        ids = [str(star.id) for star in self.stars]
        return int(asked) if asked in ids else int(next(iter(ids), 0))


@blueprint.get("/<key>")
@requires("quests:publish")
def track(key: str) -> Response:
    return placing_page(Placing(key))


def placing_page(placing: Placing, *, status: int = 200, notice: str = "") -> Response:
    return reply(
        "home/placing.html",
        status=status,
        placing=placing,
        chosen=placing.chosen(request.values.get("star")),
        drawn=(DRAWN, placing.height * DRAWN // policies.WIDTH),
        notice=notice,
    )


@blueprint.get("/<key>/figure.svg")
@requires("quests:publish")
def figure(key: str) -> Response:
    placing = Placing(key)
    picture = render("home/figure.svg", placing=placing, chosen=placing.chosen(request.args.get("star")))
    return Response(picture, content_type="image/svg+xml; charset=utf-8")


@blueprint.post("/<key>")
@requires("quests:publish")
def move(key: str) -> Response:
    placing = Placing(key)
    star = placing.chosen(request.form.get("star"))
    if not star:
        raise NotFound
    how = request.form.get("move", "")
    try:
        if how == "off":
            services_sky.place_star(star, None, by=actor())
        elif at := wanted(placing, star, how):
            services_sky.place_star(star, at, by=actor())
    except Refused as refused:
        return placing_page(placing, status=409, notice=gettext(refused.message))
    return go(".track", key=key, star=star)


def wanted(placing: Placing, star: int, how: str) -> tuple[int, int] | None:
    """Where the star is to stand, within the picture; None when the form names no place."""
    if how in MOVES:
        spot = placing.shape.spots[star]
        x, y = spot.x + MOVES[how][0], spot.y + MOVES[how][1]
    else:
        tapped = request.form.get("at.x", type=int), request.form.get("at.y", type=int)
        if tapped[0] is None or tapped[1] is None:
            return None
        x, y = (value * policies.WIDTH // DRAWN for value in (tapped[0], tapped[1]))
    return min(max(x, 24), policies.WIDTH - 24), min(max(y, 48), placing.height - 36)
