"""The page behind a thank-you link: a reader without an account says what a work helped them with.

Who a reader is. One person counts once for a work, and nobody is followed for it. So a browser that opens
the page is given a cookie of its own, signed, kept for a year and sent to these pages only (path /t): a
number made by chance, of which each author sees another pseudonym (services_thanks.reader_key). There is
nothing in it to know somebody by, and none of it is kept until they say thanks. SameSite=Lax: a form on
somebody else's site doesn't bring it.

A member is themselves, signed in or not: once they have come here signed in, the cookie also says who they
are, so that nobody thanks themselves by logging out first. It opens nothing else, and what they said is
shown only while they are signed in. Who has thanked before they became a member, or before they logged in,
is the same person still: the number made by chance stays beside the member. A cookie that somebody has
changed counts as none, and so does that of a member who has left.

Limits. What counts is exact and stands in the database: once for each reader and work, and so many an hour
for a work. Before anything is asked of the database, a network (256 addresses, or an IPv6 line) may send so
much, and all networks together: for phones that share their addresses by the thousand, and a shop where
everybody scans the same code. Whoever is refused keeps what they wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel import Locale
from flask import Blueprint, current_app, request, url_for
from flask.wrappers import Response as FlaskResponse
from flask_wtf.csrf import CSRFError
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from app.blueprints.impact import queries_thanks as queries
from app.blueprints.impact import services_thanks as services
from app.blueprints.impact.policies_thanks import MOST_NAME, MOST_WORDS, RULES, may_take_back
from app.blueprints.impact.services_thanks import FULL, OWN, Full, Said, reader_key
from app.blueprints.media import covers
from app.blueprints.members import queries as members
from app.blueprints.members.policies import normal_code
from app.core import clock
from app.core.access import public, signed_in
from app.core.crypto import new_token
from app.core.errors import Invalid, NotFound, Refused
from app.core.html import reply
from app.core.i18n import LOCALES, N_, current_locale, gettext, pick
from app.core.limits import by_network, limiter
from app.core.web_errors import field_errors

blueprint = Blueprint("thanks", __name__, url_prefix="/t")

COOKIE = "lightup_reader"
YEAR_SECONDS = 365 * 24 * 3600
COVER_SECONDS = 3600

# what a reader taps -> in their own words
CHOICES = {
    "learned": N_("Learned a skill"),
    "solved": N_("Solved a problem"),
    "chose": N_("Chose a model"),
    "decided": N_("Decided to buy"),
    "enjoyed": N_("Just enjoyed it"),
}
# why staff read words first
HELD = {
    "word": N_("Staff read your words first, because of a word in them."),
    "link": N_("Staff read your words first, because there is a link in them."),
    "number": N_("Staff read your words first, because there is a number in them, perhaps a phone's."),
    "rush": N_("Staff read your words first, because very many write at this moment."),
}
COOKIE_WANTED = N_(
    "Your browser has to keep one cookie, so that each person counts once. Allow it and press once more; "
    "what you wrote is still here."
)
PRESS_AGAIN = N_("This page had been open for long. Press once more; what you wrote is still here.")
MANY = N_(
    "Very many thanks come from your network right now. Wait a while and press once more; "
    "what you wrote is still here."
)


# --- who a reader is --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """Who asks: a number made by chance, and the member that this browser belongs to, if any.

    `is_new` says that the browser has brought no cookie that counts, `is_here` that the member is signed in.
    """

    number: str
    member_id: int | None
    is_new: bool
    is_here: bool

    @property
    def names(self) -> list[str | int]:
        """What they may have said thanks as; the first is what they say it as now."""
        return [self.number] if self.member_id is None else [self.member_id, self.number]

    @property
    def is_known(self) -> bool:
        """Whether they would be the same when they come again."""
        return self.is_here or not self.is_new


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key, salt="thanks-reader")  # type: ignore[arg-type]


def cookie_of(number: str, member_id: int | None = None) -> str:
    """What the browser of this reader is given to keep."""
    return str(_seal().dumps([number, member_id]))


def _kept() -> tuple[str, int | None] | None:
    """What the browser's cookie says: number and member; None for none that we have signed."""
    try:
        number, member_id = _seal().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return None
    return number, member_id


def reader() -> Reader:
    kept, here = _kept(), signed_in()
    number, member_id = kept or (new_token(), None)
    if here is not None:
        return Reader(number, here.id, kept is None, True)
    if member_id is not None and not members.names_of([member_id]):
        member_id = None
    return Reader(number, member_id, kept is None, False)


def remember(response: Response, who: Reader) -> Response:
    """Let the browser keep who it is, where it doesn't yet."""
    if _kept() != (who.number, who.member_id):
        response.set_cookie(
            COOKIE,
            cookie_of(who.number, who.member_id),
            max_age=YEAR_SECONDS,
            path="/t",
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


def said_by(who: Reader, link: Any) -> tuple[Any | None, str | int]:
    """What they have said of this work already, and as whom they say it."""
    names = {reader_key(link, name): name for name in who.names}
    said = queries.said(link, names)
    return said, names[said.reader] if said is not None else who.names[0]


# --- what they see ----------------------------------------------------------------------------------


def found(code: str) -> Any | None:
    """The link of a code, if its author is still there to be thanked."""
    link = queries.link(code)
    return None if link is None or link.author is None else link


def other_language() -> tuple[str, str]:
    """The language that the page isn't in, and what it calls itself."""
    key = next(key for key in LOCALES if key != current_locale())
    return key, Locale.parse(key).get_language_name(key) or key


def page_of(
    link: Any,
    who: Reader,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    notice: str = "",
    said: Any | None = None,
) -> Response:
    own = who.member_id == link.member_id
    response = reply(
        "thanks/page.html",
        status=status,
        link=link,
        title=pick(link.title, current_locale()),
        author=link.author,
        choices=choices(),
        most={"words": MOST_WORDS, "name": MOST_NAME},
        who=who,
        own=own,
        said=said,
        words=about_words(said) if said is not None else "",
        may_back=said is not None and may_take_back(said, clock.now()),
        invite=open_invite() if said is not None and who.member_id is None else None,
        typed=request.form,
        errors=errors or {},
        notice=notice,
        other=other_language(),
    )
    return remember(response, who)


def choices() -> list[tuple[str, str]]:
    return [(key, gettext(text)) for key, text in CHOICES.items()]


def about_words(said: Any) -> str:
    """What became of somebody's words."""
    if said.words_state == "held":
        return gettext(HELD[said.held_for[0]]) + " " + gettext("Your thanks counts already.")
    if said.words_state == "passed":
        return gettext("Staff have handed your words over to be read, not to be shown.")
    if said.words_state == "refused":
        return gettext(
            "Your words were not passed on (%(rule)s). Your thanks is.", rule=gettext(RULES[said.rule])
        )
    return gettext("To whoever made it, this is light.")


def open_invite() -> str | None:
    """The address of the brand's invite, while it lets somebody in."""
    code = queries.invite_code()
    invite = members.invite_by_code(code) if code else None
    if invite is None or invite.state != "open":
        return None
    return url_for("members.invite", code=invite.code)


def nowhere(code: str) -> Response:
    """Nobody is to be thanked here: a code that isn't, or somebody who has left."""
    left = queries.link(code) is not None
    return reply("thanks/nowhere.html", status=410 if left else 404, left=left, other=other_language())


def later_page(_limit: object) -> FlaskResponse:
    """Refused before the database was asked anything: the form with what was written."""
    response = reply(
        "thanks/later.html",
        status=429,
        notice=gettext(MANY),
        choices=choices(),
        most={"words": MOST_WORDS, "name": MOST_NAME},
        typed=request.form,
        errors={},
        other=other_language(),
    )
    response.headers["Retry-After"] = "600"
    return current_app.make_response(response)


# --- limits: the house's own, then a network's, then a network's for one work -----------------------


def by_all() -> str:
    return "all"


def by_network_and_work() -> str:
    # however the code is written, it is the same work
    return f"{by_network()}-{normal_code((request.view_args or {}).get('code', ''))}"


def thanked(response: FlaskResponse) -> bool:
    return response.status_code == 303


_more: dict[str, Any] = {"on_breach": later_page}
everybody = limiter.shared_limit("600 per minute", scope="thanks-all", key_func=by_all, **_more)
tries = limiter.shared_limit("120 per minute", scope="thanks-tries", key_func=by_network, **_more)
sent = limiter.limit("240 per hour", key_func=by_network, deduct_when=thanked, **_more)
sent_here = limiter.limit("40 per hour", key_func=by_network_and_work, deduct_when=thanked, **_more)


# --- doors ------------------------------------------------------------------------------------------


@blueprint.get("/<code>")
@public
def page(code: str) -> Response:
    link = found(code)
    if link is None:
        return nowhere(code)
    who = reader()
    return page_of(link, who, said=said_by(who, link)[0])


def typed(field: str) -> str:
    """What was written, a new line counted as one letter, as the browser counts it."""
    return request.form.get(field, "").replace("\x00", "").replace("\r\n", "\n")


@blueprint.post("/<code>")
@public
@everybody
@tries
@sent
@sent_here
def say(code: str) -> Response:
    link = found(code)
    if link is None:
        return nowhere(code)
    who = reader()
    if not who.is_known:
        return page_of(link, who, status=400, notice=gettext(COOKIE_WANTED))
    said, name = said_by(who, link)
    if said is not None:
        return back_to(code)
    words = Said(outcome=typed("outcome"), words=typed("words"), name=typed("name"))
    try:
        services.thank(code, words, reader=name)
    except Invalid as error:
        return page_of(link, who, status=422, errors=field_errors(error))
    except Full as error:
        return page_of(link, who, status=error.status, notice=gettext(FULL))
    except Refused as error:
        return page_of(link, who, status=error.status, notice=gettext(OWN))
    return remember(back_to(code), who)


@blueprint.post("/<code>/back")
@public
@everybody
@tries
def take_back(code: str) -> Response:
    link = found(code)
    if link is None:
        return nowhere(code)
    who = reader()
    said, name = said_by(who, link)
    try:
        services.take_back(code, reader=name)
    except NotFound:
        pass  # taken back already: the page shows how it is
    except Refused as error:
        notice = gettext(error.message, **error.params)
        return page_of(link, who, status=error.status, notice=notice, said=said)
    return back_to(code)


def back_to(code: str) -> Response:
    return Response(status=303, headers={"Location": url_for(".page", code=code)})


@blueprint.get("/<code>/cover")
@public
def cover(code: str) -> Response:
    """The picture of the work, and no other."""
    link = found(code)
    if link is None or link.cover_media_id is None:
        raise NotFound
    response = Response(covers.cover(link.cover_media_id), content_type="image/webp")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = f"public, max-age={COVER_SECONDS}"
    return response


@blueprint.errorhandler(CSRFError)
def not_ours(_error: CSRFError) -> Response:
    """The form's token says nothing without its cookie: say what to do, and lose nothing."""
    code = (request.view_args or {}).get("code", "")
    link = found(code)
    if link is None:
        return nowhere(code)
    who = reader()
    notice = PRESS_AGAIN if who.is_known else COOKIE_WANTED
    return page_of(link, who, status=400, notice=gettext(notice), said=said_by(who, link)[0])
