"""Staff's doors for thanks: passing on what was said, words to be read, the list, the invite, new owners."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.impact import (
    policies_desk,
    queries_desk,
    queries_thanks,
    services_links,
    services_owner,
    services_thanks,
)
from app.blueprints.impact.policies_thanks import DID, HEARD, OUTCOMES, RULES
from app.blueprints.impact.policies_words import pieces
from app.blueprints.impact.schemas_desk import MOST_PASTED, OwnerIn, RelayIn, lines_of, one_of, text_of
from app.blueprints.impact.services_thanks import Said
from app.blueprints.media import services as media
from app.blueprints.members import queries as members
from app.blueprints.points import services as points
from app.core import clock
from app.core.access import actor, requires
from app.core.dates import zone
from app.core.errors import Invalid, NotFound
from app.core.html import go, programme, reply, wants_fragment
from app.core.i18n import N_, gettext, pgettext
from app.core.uow import unit_of_work
from app.core.web_errors import field_errors

blueprint = Blueprint("thanks_staff", __name__, url_prefix="/staff/thanks")

# of what waits, the relay's page shows the oldest
SHORT = 5
CANDIDATES = 6


def monday() -> datetime:
    """When this week began, in the programme's zone."""
    local = clock.now().astimezone(zone(programme().timezone))
    day = local - timedelta(days=local.weekday())
    return day.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def page(template: str, *, status: int = 200, **context: Any) -> Response:
    """A whole page, with what its doors say."""
    return reply(
        template,
        status=status,
        counts=queries_desk.counts(monday()),
        now=clock.now(),
        promised=queries_desk.PROMISED,
        **context,
    )


# --- passing on -------------------------------------------------------------------------------------


def seen(asked: RelayIn) -> dict[str, Any]:
    """What the form shows of what was typed: the works that may be meant, and what the author will read."""
    me = actor().id
    said = policies_desk.suggested(asked.words, queries_desk.newest_works(me) if asked.words.strip() else [])
    meant = {one.work.id: one for one in said}
    # what they looked for stands first; what the words say, behind it
    found = queries_desk.find_works(asked.q, me)
    works = [meant.pop(one.id, policies_desk.Suggested(one, ())) for one in found] + list(meant.values())
    guess = None if asked.q.strip() else policies_desk.surest(said)
    work: Any = next((one.work for one in works if one.work.id == asked.chosen), None)
    if work is None and asked.chosen is not None:
        work = queries_desk.work(asked.chosen, me)
        if work is not None:
            works.insert(0, policies_desk.Suggested(work, ()))
    if work is None:
        work = guess
    return {
        "asked": asked,
        "works": works,
        "work": work,
        "guessed": work.id if guess is not None and guess is work else None,
        "taken_out": [piece.text.strip() for piece in pieces(asked.words, ()) if piece.why],
        "left": services_thanks.cut(asked.words),
        "name": services_thanks.cut(asked.name),
        "outcomes": OUTCOMES,
        "did": DID,
        "heard": HEARD,
    }


def relay_page(asked: RelayIn, *, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return page(
        "thanks_staff/relay.html",
        status=status,
        errors=errors or {},
        file_lost=bool(request.files.get("picture")),
        waiting=queries_desk.held(None, SHORT),
        rules=RULES,
        **seen(asked),
    )


@blueprint.get("")
@requires("staff:console")
def relay() -> Response:
    return relay_page(RelayIn.read(request.args))


@blueprint.post("/look")
@requires("staff:console")
def look() -> Response:
    """The form as it is so far: what it may be about, what the author will read. Writes nothing."""
    asked = RelayIn.read(request.form)
    if wants_fragment():
        return reply("thanks_staff/_seen.html", errors={}, **seen(asked))
    return relay_page(asked)


@blueprint.post("")
@requires("staff:console")
def pass_on() -> Response:
    asked = RelayIn.read(request.form)
    try:
        work = chosen_work(asked)
        pass_on_with_picture(asked, work.id)
    except Invalid as error:
        return relay_page(asked, status=422, errors=field_errors(error))
    taken = [piece.text.strip() for piece in pieces(asked.words, ()) if piece.why]
    what = pgettext("list", ", ").join(taken)
    text = (
        gettext("Passed on to %(name)s. Taken out: %(what)s.", name=work.name, what=what)
        if taken
        else gettext("Passed on to %(name)s.", name=work.name)
    )
    toast = {"text": text, "href": url_for(".relay"), "action": gettext("Pass on another")}
    return go(".relayed", toast=toast)


def heard(asked: RelayIn) -> Said:
    return Said(outcome=asked.outcome, words=asked.words, name=asked.name)


def chosen_work(asked: RelayIn) -> Any:
    """The work the form names. Raises Invalid for none, beside what else is missing."""
    work = queries_desk.work(asked.work, actor().id) if asked.work is not None else None
    if work is not None:
        return work
    wrong = {"work": N_("Choose the work it was about.")}
    try:
        services_thanks.heard_from(heard(asked), asked.heard)
    except Invalid as error:
        raise Invalid(fields=wrong | error.fields, **error.params) from error
    raise Invalid(fields=wrong)


def pass_on_with_picture(asked: RelayIn, work_id: int) -> None:
    """Pass it on, with the screenshot if there is one: both are there, or neither."""

    def send(picture: int | None) -> None:
        services_thanks.relay(
            work_id,
            heard(asked),
            heard=asked.heard,
            may_name=asked.may_name,
            key=asked.key,
            media_id=picture,
            by=actor(),
        )

    file: Any = request.files.get("picture")
    if file is None or not file.filename:
        send(None)
        return
    try:
        with media.prepare_upload(file=file.stream, accept=("photo",)) as prepared, unit_of_work():
            picture = media.keep(
                prepared, owner_id=actor().id, upload_key=f"relay:{asked.key}",
                belongs_to=f"thanks:{work_id}", by=actor(),
            )  # fmt: skip
            send(picture)
    except Invalid as error:
        if "file" in error.fields:
            raise Invalid(fields={"picture": error.fields["file"]}, **error.params) from error
        raise


@blueprint.get("/relayed")
@requires("staff:console")
def relayed() -> Response:
    """What was passed on this week, or ever."""
    ever = bool(request.args.get("all"))
    rows = queries_desk.relays(request.args.get("after"), None if ever else monday())
    words: dict[str, Any] = {"rows": rows, "ever": ever, "did": DID, "heard": HEARD}
    if wants_fragment():
        return reply("thanks_staff/_relayed.html", **words)
    return page("thanks_staff/relayed.html", **words)


# --- words to be read -------------------------------------------------------------------------------


def words_page(*, status: int = 200, failed: str = "", errors: dict[str, str] | None = None) -> Response:
    after = request.args.get("after")
    rows = queries_desk.held(after)
    if wants_fragment():
        return reply(
            "thanks_staff/_held.html", held=rows, after=after, rules=RULES, failed=failed,
            errors=errors or {}, now=clock.now(),
        )  # fmt: skip
    return page(
        "thanks_staff/words.html", status=status, held=rows, after=after, rules=RULES, failed=failed,
        errors=errors or {},
    )  # fmt: skip


@blueprint.get("/words")
@requires("staff:console")
def words() -> Response:
    return words_page()


def decided(said: str) -> Response:
    """After a decision: htmx takes the row away, else the list again from where it was."""
    if wants_fragment():
        return reply("thanks_staff/_decided.html", said=said, counts=queries_desk.waiting())
    return go(".words", after=request.args.get("after"), toast=said)


@blueprint.post("/words/<int(max=2147483647):thanks_id>/<any(show, cut, pass, refuse):decision>")
@requires("staff:console")
def decide(thanks_id: int, decision: str) -> Response:
    rule = request.form.get("rule")
    try:
        services_thanks.decide_words(thanks_id, decision=decision, rule=rule, by=actor())
    except Invalid as error:
        errors, failed = field_errors(error), f"words-{thanks_id}"
        if not wants_fragment():
            return words_page(status=422, failed=failed, errors=errors)
        return reply(
            "thanks_staff/_row.html", status=422, one=queries_desk.held_one("words", thanks_id),
            after=request.args.get("after"), rules=RULES, failed=failed, errors=errors, now=clock.now(),
        )  # fmt: skip
    said = {
        "show": gettext("Shown as it is"),
        "cut": gettext("Shown without the marked part"),
        "pass": gettext("Told the author alone"),
        "refuse": gettext("Not passed on; it stands in the record"),
    }
    return decided(said[decision])


@blueprint.post("/answers/<int(max=2147483647):line_id>/<any(send, refuse):decision>")
@requires("staff:console")
def decide_answer(line_id: int, decision: str) -> Response:
    services_thanks.decide_reply(line_id, send=decision == "send", by=actor())
    return decided(gettext("The answer is sent") if decision == "send" else gettext("The answer isn't sent"))


@blueprint.get("/refused")
@requires("staff:console")
def refused() -> Response:
    """What was not passed on, by which rule and by whom."""
    rows = queries_desk.refused(request.args.get("after"))
    if wants_fragment():
        return reply("thanks_staff/_refused.html", rows=rows, rules=RULES)
    return page("thanks_staff/refused.html", rows=rows, rules=RULES)


# --- the list ---------------------------------------------------------------------------------------


def list_page(
    *, status: int = 200, errors: dict[str, str] | None = None, typed: str = "", tried: str = ""
) -> Response:
    rows = queries_desk.listed()
    return page(
        "thanks_staff/list.html",
        status=status,
        rows=rows,
        errors=errors or {},
        typed=typed,
        text=tried,
        tried=queries_desk.tried(tried, [row.word for row in rows]) if tried.strip() else None,
    )


@blueprint.get("/list")
@requires("staff:console")
def held_words() -> Response:
    # a word that was taken off by mistake is at hand again
    return list_page(typed=text_of(request.args, "word"))


@blueprint.post("/list")
@requires("staff:console")
def hold() -> Response:
    text = text_of(request.form, "word", MOST_PASTED)
    try:
        new = services_links.hold_words(lines_of(text), by=actor())
    except Invalid as error:
        return list_page(status=422, errors=field_errors(error), typed=text)
    if not new:
        return go(".held_words", toast=gettext("They were on the list already"))
    return go(".held_words", toast=gettext("On the list now: %(num)s more", num=new))


@blueprint.post("/list/<int(max=2147483647):word_id>/remove")
@requires("staff:console")
def release(word_id: int) -> Response:
    word = services_links.release_word(word_id, by=actor())
    text = gettext("Off the list: %(word)s", word=word)
    back = url_for(".held_words", word=word)
    return go(".held_words", toast={"text": text, "href": back, "action": gettext("Put it back")})


@blueprint.post("/list/try")
@requires("staff:console")
def try_words() -> Response:
    """What would be held of a text. Writes nothing."""
    text = text_of(request.form, "text", MOST_PASTED)
    if wants_fragment():
        seen_as = queries_desk.tried(text, queries_thanks.held_words()) if text.strip() else None
        return reply("thanks_staff/_tried.html", tried=seen_as)
    return list_page(tried=text)


# --- the invite that readers may follow -------------------------------------------------------------


@blueprint.get("/invite")
@requires("staff:console")
def invite() -> Response:
    return invite_page()


def invite_page(*, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    code = queries_thanks.invite_code()
    rows = members.open_invites()
    now = next((one for one in rows if one.code == code), None) or (
        members.invite_by_code(code) if code else None
    )
    if now is not None and now.state == "open" and now not in rows:
        rows.append(now)
    return page("thanks_staff/invite.html", status=status, rows=rows, chosen=now, errors=errors or {})


@blueprint.post("/invite")
@requires("staff:console")
def offer() -> Response:
    code = text_of(request.form, "code")
    if code:
        found = members.invite_by_code(code)
        if found is None or found.state != "open":
            wrong = gettext("This one lets nobody in any more. Choose another.")
            return invite_page(status=422, errors={"code": wrong})
        code = found.code
    services_links.offer_invite(code or None, by=actor())
    shown = gettext("Readers may follow it from the public page now")
    return go(".invite", toast=shown if code else gettext("Readers see no invite now"))


# --- became an owner --------------------------------------------------------------------------------


def people(text: str, chosen: int | None) -> list[Any]:
    """Whom a name, login or number may mean; who was chosen stays among them."""
    rows = list(members.members_page(text, None, None, size=CANDIDATES).rows) if text.strip() else []
    if chosen is not None and all(row.id != chosen for row in rows):
        names = members.names_of([chosen])
        rows[:0] = [{"id": chosen, "name": name} for name in names.values()]
    return rows


def owner_page(asked: OwnerIn, *, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    return page(
        "thanks_staff/owner.html",
        status=status,
        asked=asked,
        who=people(asked.who, asked.member),
        whom=people(asked.whom, asked.friend) if asked.kind == "member" else [],
        worth=worth(),
        today=clock.now().astimezone(zone(programme().timezone)).date().isoformat(),
        errors=errors or {},
    )


def worth() -> int:
    """What the public rule pays now; 0 where the programme has none."""
    try:
        return points.rule_at(services_owner.RULE, clock.now()).value.worth()
    except NotFound:
        return 0


@blueprint.get("/owner")
@requires("staff:console")
def owner() -> Response:
    return owner_page(OwnerIn.read(request.args))


@blueprint.post("/owner/look")
@requires("staff:console")
def look_owner() -> Response:
    """Who may be meant by what was typed. Writes nothing."""
    asked = OwnerIn.read(request.form)
    if not wants_fragment():
        return owner_page(asked)
    if request.args.get("for") == "friend":
        rows = people(asked.whom, asked.friend)
        return reply(
            "thanks_staff/_people.html", name="friend", rows=rows, chosen=asked.friend, typed=asked.whom
        )
    rows = people(asked.who, asked.member)
    return reply("thanks_staff/_people.html", name="member", rows=rows, chosen=asked.member, typed=asked.who)


@blueprint.post("/owner")
@requires("staff:console")
def record_owner() -> Response:
    asked = OwnerIn.read(request.form)
    wrong: dict[str, str] = {}

    def read(ask: Any, *args: Any) -> Any:
        try:
            return ask(*args)
        except Invalid as error:
            wrong.update(field_errors(error))

    member = read(one_of, asked.member, people(asked.who, None), "member")
    friend = read(asked.whose, people(asked.whom, None) if asked.kind == "member" else [])
    since = read(asked.since, programme().timezone)
    if not wrong:
        try:
            done = services_owner.record_owner(member, friend, since=since, token=asked.token, by=actor())
        except Invalid as error:
            wrong = field_errors(error)
    if wrong:
        return owner_page(asked, status=422, errors=wrong)
    if not done.new:
        return go(".owner", toast=gettext("This was recorded before; nothing was paid twice"))
    text = gettext("Recorded. %(num)s points paid, and they have a notice", num=f"{done.points:,}")
    return go(".owner", toast=text)
