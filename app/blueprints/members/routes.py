"""The visitor's doors (invite, joining, log-in) and the member's own settings and profile."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from babel import Locale
from flask import Blueprint, current_app, g, redirect, request, session, url_for
from flask.wrappers import Response as FlaskResponse
from flask_limiter.util import get_remote_address
from flask_login import login_user, logout_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from app.blueprints.members import policies, queries, services
from app.blueprints.members.models import CurrentMember
from app.blueprints.members.schemas import (
    JoinIn,
    LanguageIn,
    LogInIn,
    PasswordIn,
    ProfileIn,
    ThemeIn,
)
from app.core import dates
from app.core.access import actor, member, public, signed_in
from app.core.crypto import digest
from app.core.errors import Invalid
from app.core.html import go, programme, reply
from app.core.i18n import LOCALES, N_, current_locale, gettext, pair, pick
from app.core.limits import limiter
from app.core.web_errors import field_errors

blueprint = Blueprint("members", __name__)

# accounts to try a demo programme with; the demo makes them with this password
DEMO_PASSWORD = "dianliang"  # noqa: S105
DEMO_INVITE = "YUANSHAN"
DEMO_ACCOUNTS = {
    "linxia": N_("A member"),
    "zhoumo": N_("A mentor"),
    "luoning": N_("Staff: reviews and publishes"),
    "guanli": N_("Admin"),
}

TOO_MANY = N_("Too many tries. Wait a few minutes; what you typed is still here.")

# each language by its own name, whoever reads
LANGUAGES = [(key, Locale.parse(key).get_language_name(key) or key) for key in LOCALES]


# --- where to go next ---------------------------------------------------------------------------


def own_address(target: str | None) -> str | None:
    """`target` as an address that this app itself made, or None.

    It is looked up among the app's pages and built anew, so nothing of what was sent is
    followed: `urlsplit` calls `/\\evil.example` local, browsers don't.
    """
    path, _, query = (target or "").partition("?")
    if not path.startswith("/") or path.startswith("//"):
        return None
    try:
        endpoint, values = current_app.url_map.bind("").match(path, "GET")
    except (HTTPException, RequestRedirect):
        return None
    if endpoint in ("static", "members.login"):
        return None
    # names with an underscore steer url_for itself
    more: dict[str, Any] = {
        key: texts for key, texts in parse_qs(query).items() if key[0] != "_" and key not in values
    }
    return url_for(endpoint, **values, **more)


def home() -> str:
    return url_for("home.today") if "home.today" in current_app.view_functions else url_for(".settings")


def sign_in(token: str) -> None:
    """Bind this browser to a new session; nothing of the visitor's session survives but the language."""
    locale = session.get("locale")
    session.clear()
    if locale:
        session["locale"] = locale
    session.permanent = True
    login_user(CurrentMember(id=0, name="", token=token))


def device() -> str:
    return policies.device_name(request.user_agent.string)


# --- limits: only what failed counts, so that a room full of people behind one address can join ---


def by_login() -> str:
    """The limit's key for guesses at one account; never the login itself."""
    try:
        login = request.form.get("login", "")
    except HTTPException:  # a body too large: the view refuses it
        login = ""
    return "login-" + digest(policies.normal_login(login))[:20]


def by_address() -> str:
    return get_remote_address() or "unknown"


def failed(response: FlaskResponse) -> bool:
    return response.status_code in (404, 410, 422)


def breached(response: Response) -> FlaskResponse:
    return current_app.make_response(response)


def login_breached(_limit: object) -> FlaskResponse:
    return breached(login_page(status=429, notice=gettext(TOO_MANY)))


def invite_breached(_limit: object) -> FlaskResponse:
    code = (request.view_args or {}).get("code") or request.args.get("code", "")
    return breached(code_page(code, status=429, notice=gettext(TOO_MANY)))


guessing = limiter.shared_limit(
    "30 per 10 minutes", scope="invites", key_func=by_address, deduct_when=failed, on_breach=invite_breached
)


# --- invites and joining ------------------------------------------------------------------------


def code_page(code: str = "", *, status: int = 200, notice: str = "", error: str = "") -> Response:
    return reply("members/code.html", status=status, code=code, notice=notice, error=error, **for_visitors())


def for_visitors() -> dict[str, Any]:
    return {"languages": LANGUAGES, "here": request.full_path.rstrip("?")}


def closed_page(code: str, invite: queries.InviteView | None, state: str) -> Response:
    letter = queries.welcome()
    status = 404 if state == "unknown" else 410
    return reply(
        "members/closed.html",
        status=status,
        code=code,
        invite=invite,
        state=state,
        title=gettext(services.CLOSED[state]),
        leader=letter,
        **for_visitors(),
    )


@blueprint.get("/i")
@public
def enter_code() -> Response:
    typed = request.args.get("code", "")
    if policies.normal_code(typed):
        return redirect(url_for(".invite", code=policies.normal_code(typed)), 303)
    if typed.strip():
        error = gettext("A code has eight letters and digits, such as 7KM2QX4T")
        return code_page(typed, status=422, error=error)
    return code_page()


@blueprint.get("/i/<code>")
@public
@guessing
def invite(code: str) -> Response:
    found = queries.invite_by_code(code)
    if found is None or found.state != "open":
        return closed_page(code, found, "unknown" if found is None else found.state)
    letter = queries.welcome()
    signed = dates.letter_date(found.created_at, programme().timezone, current_locale())
    return reply(
        "members/welcome.html", invite=found, letter=letter, signed=signed, home=home(), **for_visitors()
    )


@blueprint.get("/i/<code>/join")
@public
@guessing
def join(code: str) -> Response:
    found = queries.invite_by_code(code)
    if found is None or found.state != "open":
        return closed_page(code, found, "unknown" if found is None else found.state)
    return join_page(found.code)


def join_page(
    code: str, *, status: int = 200, errors: dict[str, str] | None = None, notice: str = ""
) -> Response:
    return reply(
        "members/join.html",
        status=status,
        code=code,
        errors=errors or {},
        notice=notice,
        typed=request.form,
        home=home(),
        **for_visitors(),
    )


def join_breached(_limit: object) -> FlaskResponse:
    code = policies.normal_code((request.view_args or {}).get("code", ""))
    return breached(join_page(code, status=429, notice=gettext(TOO_MANY)))


@blueprint.post("/i/<code>/join")
@public
@guessing
@limiter.limit("60 per minute", key_func=by_address, on_breach=join_breached)
def join_now(code: str) -> Response:
    if signed_in():
        return redirect(home(), 303)
    try:
        values = JoinIn.read(request.form)
        member_id = services.join(code, **values, locale=session.get("locale"))
    except services.InviteClosed as closed:
        return closed_page(code, queries.invite_by_code(code), closed.state)
    except Invalid as error:
        return join_page(code, status=422, errors=field_errors(error))
    sign_in(services.open_session(member_id, device()))
    return redirect(home(), 303)


# --- log-in and out -----------------------------------------------------------------------------


def login_page(*, status: int = 200, errors: dict[str, str] | None = None, notice: str = "") -> Response:
    demo: list[tuple[str, str, str]] = []
    if programme().is_demo:
        names = queries.people_with_logins(tuple(DEMO_ACCOUNTS))
        demo = [
            (login, names[login], gettext(role)) for login, role in DEMO_ACCOUNTS.items() if login in names
        ]
    target = own_address(request.values.get("next")) or ""
    return reply(
        "members/login.html",
        status=status,
        errors=errors or {},
        notice=notice,
        login=request.form.get("login", ""),
        target=target,
        demo=demo,
        demo_password=DEMO_PASSWORD,
        demo_invite=DEMO_INVITE,
        **for_visitors() | {"here": url_for(".login", next=target or None)},
    )


@blueprint.get("/login")
@public
def login() -> Response:
    if signed_in():
        return redirect(own_address(request.args.get("next")) or home(), 303)
    return login_page()


@blueprint.post("/login")
@public
@limiter.limit("40 per 10 minutes", key_func=by_address, deduct_when=failed, on_breach=login_breached)
@limiter.limit("10 per 5 minutes", key_func=by_login, deduct_when=failed, on_breach=login_breached)
def log_in() -> Response:
    try:
        values = LogInIn.read(request.form)
        token = services.log_in(values["login"], values["password"], device())
    except Invalid as error:
        return login_page(status=422, errors=field_errors(error))
    target = own_address(request.form.get("next")) or home()
    sign_in(token)
    return redirect(target, 303)


@blueprint.post("/logout")
@public
def logout() -> Response:
    who = signed_in()
    if who is not None and who.session_id is not None:
        services.log_out(who.session_id)
    response = redirect(url_for(".login"), 303)
    sign_out(response)
    return response


def sign_out(response: Response) -> None:
    """Forget this browser's session, and have it drop its copies of private pages."""
    locale = session.get("locale")
    logout_user()
    session.clear()
    g.pop("actor", None)
    if locale:
        session["locale"] = locale
    response.headers["Clear-Site-Data"] = '"cache", "storage"'


@blueprint.get("/privacy")
@public
def privacy() -> Response:
    return reply("members/privacy.html", letter=queries.welcome(), home=home(), **for_visitors())


@blueprint.post("/language")
@public
def language() -> Response:
    locale = LanguageIn.read(request.form)["locale"]
    who = signed_in()
    if who is not None:
        services.choose_language(locale, by=who)
    elif locale not in LOCALES:
        raise Invalid(fields={"locale": N_("Choose from the list")})
    remember_language(locale)
    return redirect(own_address(request.form.get("next")) or url_for(".login"), 303)


def remember_language(locale: str | None) -> None:
    """For this browser, so that the log-in page speaks it too."""
    if locale:
        session["locale"] = locale
    else:
        session.pop("locale", None)


# --- one's own settings -------------------------------------------------------------------------


def said(text: str, text_en: str) -> str:
    """A stored text in the reader's language."""
    return str(pick(pair(text, text_en), current_locale()))


def settings_page(form: str = "", error: Invalid | None = None, status: int = 422) -> Response:
    """The settings; after a refusal with the errors and what was typed in `form`."""
    who = actor()
    return reply(
        "members/settings.html",
        status=200 if error is None else status,
        profile=queries.profile(who.id),
        tracks=[
            (track.key, pick(pair(track.name, track.name_en), current_locale())) for track in queries.tracks()
        ],
        sessions=queries.sessions_of(who.id),
        current_session=who.session_id,
        form=form,
        errors=field_errors(error) if error else {},
        typed=request.form,
        chosen=request.form.getlist("tracks"),
        home=home(),
        languages=LANGUAGES,
    )


@blueprint.get("/me/settings")
@member
def settings() -> Response:
    return settings_page()


@blueprint.post("/me/settings")
@member
def save_profile() -> Response:
    try:
        services.update_profile(**ProfileIn.read(request.form), by=actor())
    except Invalid as error:
        return settings_page("profile", error)
    return go("members.settings", toast=gettext("Saved"))


@blueprint.post("/me/settings/language")
@member
def save_language() -> Response:
    locale = LanguageIn.read(request.form)["locale"]
    services.choose_language(locale, by=actor())
    remember_language(locale)
    g.pop("locale", None)
    return go("members.settings")


@blueprint.post("/me/settings/theme")
@member
def save_theme() -> Response:
    services.choose_theme(ThemeIn.read(request.form)["theme"], by=actor())
    return go("members.settings")


def by_member() -> str:
    who = signed_in()
    return f"member-{who.id}" if who else by_address()


def password_breached(_limit: object) -> FlaskResponse:
    return breached(settings_page("password", Invalid(fields={"current": TOO_MANY}), status=429))


@blueprint.post("/me/settings/password")
@member
@limiter.limit("10 per 10 minutes", key_func=by_member, deduct_when=failed, on_breach=password_breached)
def save_password() -> Response:
    try:
        token = services.change_password(**PasswordIn.read(request.form), by=actor(), device=device())
    except Invalid as error:
        return settings_page("password", error)
    sign_in(token)
    return go("members.settings", toast=gettext("Changed. You were logged out everywhere else"))


@blueprint.post("/me/settings/sessions/<int:session_id>/end")
@member
def end_session(session_id: int) -> Response:
    services.end_session(session_id, by=actor())
    if session_id != actor().session_id:
        return go("members.settings", toast=gettext("That browser is logged out"))
    response = redirect(url_for(".login"), 303)
    sign_out(response)
    return response


@blueprint.get("/members/<int:member_id>")
@member
def profile(member_id: int) -> Response:
    found = queries.profile(member_id)
    names = {track.key: track for track in queries.tracks()}
    return reply(
        "members/profile.html",
        profile=found,
        tier=gettext(policies.TIER_NAMES[found.tier]),
        stars=queries.star_levels(),
        tracks=[names[key] for key in found.tracks if key in names],
        mine=found.id == actor().id,
        home=home(),
    )
