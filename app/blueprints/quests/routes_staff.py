"""The publishers' doors: the list of quests, one with what came of it, the form, the preview, the states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from flask import Blueprint, current_app, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.library import queries as library
from app.blueprints.members import queries as members
from app.blueprints.members.policies import TIER_NAMES
from app.blueprints.points.policies import RuleValue
from app.blueprints.quests import (
    policies_check,
    policies_presets,
    queries_staff,
    routes,
    schemas_staff,
    services_publish,
    services_staff,
)
from app.blueprints.quests.policies_check import Finding
from app.blueprints.quests.policies_publish import PARTS, hidden
from app.blueprints.quests.queries_staff import SHOWN_STATES, Whole
from app.core import clock
from app.core.access import actor, requires
from app.core.actor import TIERS
from app.core.errors import Invalid, Stale
from app.core.html import go, programme, reply
from app.core.i18n import LOCALES, N_, both, catalogue, current_locale, gettext
from app.core.web_errors import field_errors

blueprint = Blueprint("quests_staff", __name__, url_prefix="/staff/quests")

STATE_NAMES = {
    "live": N_("Running"),
    "scheduled": N_("Scheduled"),
    "draft": N_("Drafts"),
    "closed": N_("Finished"),
    "archived": N_("Archive"),
}
STATE_TAGS = {
    "live": N_("Running"),
    "scheduled": N_("Scheduled"),
    "draft": N_("Draft"),
    "closed": N_("Finished"),
    "archived": N_("In the archive"),
}
RUNG_NAMES = {1: N_("rung 1"), 2: N_("rung 2"), 3: N_("rung 3")}
PRESET_NAMES = {
    "skill_challenge": N_("Skill challenge"),
    "quick_task": N_("Quick task"),
    "brief": N_("Brief"),
    "open_call": N_("Open call"),
}
READERS = {
    "mentor": N_("The mentor, or staff for those without one"),
    "staff": N_("Staff"),
    "self": N_("The member, by a self-check"),
    "auto": N_("Nobody: it counts at once"),
}
KIND_NAMES = {
    "poll": N_("Poll"),
    "photo_call": N_("Photo call"),
    "tip": N_("One-line tip"),
    "survey": N_("Short survey"),
    "share": N_("Share link"),
}
METRIC_NAMES = {
    "views": N_("Views"),
    "likes": N_("Likes"),
    "comments": N_("Comments"),
    "saves": N_("Saves"),
}
# what one may begin with: preset, kind, its name, and what it is for
BEGINNINGS = (
    ("skill_challenge", "", PRESET_NAMES["skill_challenge"],
     N_("One to five small steps, done against oneself. Lights a badge, gives some points.")),
    ("quick_task", "poll", KIND_NAMES["poll"], N_("One question, one tap. The result shows after voting.")),
    ("quick_task", "photo_call", KIND_NAMES["photo_call"], N_("One photo under a tag, on a wall of many.")),
    ("quick_task", "tip", KIND_NAMES["tip"], N_("One line that others mark as useful.")),
    ("quick_task", "survey", KIND_NAMES["survey"], N_("Up to five questions, three minutes.")),
    ("quick_task", "share", KIND_NAMES["share"], N_("Passed on to somebody, the link pasted here.")),
    ("brief", "", PRESET_NAMES["brief"],
     N_("A draft, some rounds of remarks, then published. Results may add to it.")),
    ("open_call", "", PRESET_NAMES["open_call"],
     N_("A proposition for co-creators: a proposal, then milestones.")),
)  # fmt: skip
EVIDENCE_NAMES = {
    "photo": N_("Photos"),
    "video": N_("A video"),
    "text": N_("Words"),
    "link": N_("A link"),
    "none": N_("Nothing to send"),
}


def named(names: dict[Any, str]) -> dict[Any, str]:
    """The names in the reader's language."""
    return {key: gettext(text) for key, text in names.items()}


def words() -> dict[str, Any]:
    return {"state_tags": named(STATE_TAGS), "rung_names": named(RUNG_NAMES), "reader_names": named(READERS)}


# --- the list ----------------------------------------------------------------------------------------


def listed() -> dict[str, Any]:
    """The list as the address asks for it: its rows, the states with their counts, and what was asked."""
    text = request.args.get("q", "").replace("\0", "").strip()[:60]
    state = request.args.get("state", "live")
    state = state if state in SHOWN_STATES else "live"
    page = queries_staff.quests_page(state, text, request.args.get("after"))
    counts = queries_staff.state_counts() if "after" not in request.args else {}
    asked: dict[str, Any] = {"q": text or None, "state": None if text else state}
    chips = (
        [
            (f"{name} {counts[key]}", url_for(".index", state=key), key == state and not text)
            for key, name in named(STATE_NAMES).items()
            if counts.get(key) or key != "archived"
        ]
        if counts
        else []
    )
    more = url_for(".index", **asked, after=page.next) if page.next else ""
    return {"rows": page.rows, "chips": chips, "more_url": more, "q": text, "asked": asked}


@blueprint.get("")
@requires("quests:publish")
def index() -> Response:
    return reply("quests_staff/index.html", fragment="quests_staff/_rows.html", **listed(), **words())


@blueprint.get("/<int:quest_id>")
@requires("quests:publish")
def show(quest_id: int) -> Response:
    found = queries_staff.opened(quest_id)
    return reply("quests_staff/show.html", opened=found, quest=found.quest, **listed(), **words())


# --- beginning ---------------------------------------------------------------------------------------


@blueprint.get("/new")
@requires("quests:publish")
def new() -> Response:
    kinds = [(*keys, gettext(name), gettext(told)) for *keys, name, told in BEGINNINGS]
    return reply("quests_staff/new.html", kinds=kinds, rows=queries_staff.others(None).choices, **words())


@blueprint.post("/new")
@requires("quests:publish")
def create() -> Response:
    preset, kind = request.form.get("preset", ""), request.form.get("kind") or None
    return go(".edit", quest_id=services_staff.create_quest(preset, kind, by=actor()))


@blueprint.post("/<int:quest_id>/duplicate")
@requires("quests:publish")
def duplicate(quest_id: int) -> Response:
    copy_id = services_staff.duplicate_quest(quest_id, by=actor())
    return go(".edit", toast=gettext(services_staff.COPIED), quest_id=copy_id)


# --- the form ----------------------------------------------------------------------------------------


def shown_form(quest: Whole) -> dict[str, Any]:
    """The quest as the form shows it, and what the form offers to choose from."""
    rules = queries_staff.rules()
    own = {rule.key for rule in rules if rule.per_quest}
    return {
        "f": schemas_staff.stored(quest.values(), programme().timezone, own),
        "rules": [(schemas_staff.OWN + rule.key if rule.per_quest else rule.key, rule) for rule in rules],
    }


def form_page(
    quest: Whole,
    form: schemas_staff.Form | None = None,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    button: str | None = None,
    stale: str = "",
    fragment: str | None = None,
) -> Response:
    """The form of a quest: as it is stored, or after a button or a refusal as it was typed (`form`)."""
    shown = shown_form(quest)
    before = shown["f"]
    if button and form is not None:
        shown["f"] = schemas_staff.press(form, before, button)
        fragment = f"quests_staff/_part_{schemas_staff.part_of(button)}.html"
    elif form is not None:
        shown["f"] = schemas_staff.typed(form, before)
    others = queries_staff.others(quest.id)
    return reply(
        "quests_staff/edit.html",
        fragment=fragment,
        status=status,
        quest=quest,
        saves=quest.state == "draft",
        errors=errors or {},
        stale=stale,
        theirs=differing(before, shown["f"]) if stale else [],
        others=others,
        badges=queries_staff.badge_choices(),
        tracks=members.tracks(),
        icons=list(named(policies_presets.ICONS).items()),
        resources=library.short_list(limit=60),
        odd=dict(policies_check.vague(quest.criteria)),
        tier_names=named(TIER_NAMES),
        evidence_names=named(EVIDENCE_NAMES),
        metric_names=named(METRIC_NAMES),
        hide=hidden(quest.preset, quest.kind),
        kind_name=gettext(KIND_NAMES[quest.kind] if quest.kind else PRESET_NAMES[quest.preset]),
        fair=fairness(shown["rules"], quest.rule_key, quest.points, quest.effort_minutes, others.usual),
        **shown,
        **words(),
    )


def fairness(
    rules: Sequence[tuple[str, Any]], rule_key: str | None, own: int | None, minutes: int, usual: float | None
) -> tuple[float, float] | None:
    """(points a minute, what quests here usually give), None where there are no points."""
    rule = next((rule for _, rule in rules if rule.key == rule_key), None)
    offer = RuleValue(rule.base, rule.percent).worth(own) if rule else 0
    return (offer / minutes, usual or 0) if offer and minutes else None


FIELD_NAMES = {
    "title": N_("Name"),
    "title_en": N_("Name in English"),
    "summary": N_("One sentence"),
    "cover_media_id": N_("Cover"),
    "effort_minutes": N_("Minutes"),
    "needs": N_("What to bring"),
    "track_key": N_("Direction"),
    "rung": N_("Rung"),
    "capacity": N_("Places"),
    "points": N_("Points"),
    "opens_at": N_("Opens"),
    "closes_at": N_("Closes"),
    "review_hours": N_("Hours until an answer"),
    "steps": N_("Steps"),
    "stages": N_("Stages"),
    "focus": N_("What it is about"),
    "results_ladder": N_("Results that give more"),
    "terms": N_("Terms"),
    "criteria": N_("What is looked at"),
}


def differing(theirs: dict[str, Any], mine: dict[str, Any]) -> list[tuple[str, str]]:
    """(what, how it is stored now) where somebody else's save and what was typed differ."""
    rows = []
    for name, label in FIELD_NAMES.items():
        stored = as_text(theirs[name])
        if stored != as_text(mine[name]):
            if name == "cover_media_id" and stored:
                stored = gettext("another picture")
            rows.append((gettext(label), stored or gettext("nothing")))
    return rows


def as_text(value: Any) -> str:
    if isinstance(value, list):
        return " · ".join(row.get("title") or row.get("zh") or row.get("from") or "" for row in value)
    return str(value)


@blueprint.get("/<int:quest_id>/edit")
@requires("quests:publish")
def edit(quest_id: int) -> Response:
    return form_page(queries_staff.whole(quest_id))


@blueprint.post("/<int:quest_id>/edit")
@requires("quests:publish")
def save(quest_id: int) -> Response:
    form, errors = with_cover(quest_id)
    button = schemas_staff.button_of(form)
    if button or errors:
        quest = queries_staff.whole(quest_id)
        return form_page(quest, form, button=button, status=422 if errors else 200, errors=errors)
    try:
        saved = save_form(quest_id, form)
    except Invalid as error:
        if "cover_media_id" in error.fields:
            form["cover_media_id"] = ""
        return form_page(queries_staff.whole(quest_id), form, status=422, errors=field_errors(error))
    except Stale as error:
        return form_page(queries_staff.whole(quest_id), form, status=409, stale=gettext(error.message))
    if request.form.get("then") == "check":
        return go(".check", quest_id=quest_id)
    toast = gettext("Saved as version %(n)s. Those who have begun keep theirs", n=saved.number)
    return go(".edit", toast=toast if saved.new_version else gettext("Saved"), quest_id=quest_id)


def save_form(quest_id: int, form: schemas_staff.Form, part: str | None = None) -> services_staff.Saved:
    preset, kind = queries_staff.kind_of(quest_id)
    changes = schemas_staff.read(form, programme().timezone, preset, kind, only=part)
    return services_staff.save_quest(quest_id, changes, by=actor(), seen=request.form.get("seen"))


@blueprint.post("/<int:quest_id>/part")
@requires("quests:publish")
def save_part(quest_id: int) -> Response:
    """A part saves itself while it is written; only drafts do, what is live is saved on purpose."""
    part = request.args.get("part", "")
    part = part if part in PARTS else "what"
    shown: dict[str, Any] = {"part": part}
    try:
        saved = save_form(quest_id, request.form, part)
    except (Invalid, Stale) as error:
        shown |= {
            "errors": field_errors(error) if isinstance(error, Invalid) else {"": gettext(error.message)}
        }
        return reply(
            "quests_staff/_saved.html", status=422, quest_id=quest_id, token=request.form.get("seen"), **shown
        )
    return reply(
        "quests_staff/_saved.html", quest_id=quest_id, token=saved.token, at=clock.now(), errors={}, **shown
    )


# --- the cover ---------------------------------------------------------------------------------------


def with_cover(quest_id: int) -> tuple[schemas_staff.Form, dict[str, str]]:
    """What was sent, with the photo that was chosen for the cover put up, and what is wrong with that one."""
    form = request.form.copy()
    file = request.files.get("cover")
    if file is None or not file.filename:
        return form, {}
    stream = cast(BinaryIO, file.stream)
    key = f"cover:{quest_id}:{routes.digest_of(stream)}"
    try:
        cover_id = services_staff.put_cover(quest_id, stream, upload_key=key, by=actor())
    except Invalid as error:
        return form, field_errors(error)
    form["cover_media_id"] = str(cover_id)
    return form, {}


@blueprint.post("/<int:quest_id>/cover")
@requires("quests:publish")
def cover(quest_id: int) -> Response:
    """Put a cover into the form, or take it out of it; the quest has it once the form is saved."""
    form, errors = with_cover(quest_id)
    if "remove_cover" in form:
        form["cover_media_id"] = ""
    elif not errors and not request.files.get("cover"):
        errors = {"cover_media_id": gettext("Choose a photo first.")}
    answer = form_page(
        queries_staff.whole(quest_id),
        form,
        status=422 if errors else 200,
        errors=errors,
        fragment="quests_staff/_cover.html",
    )
    if not errors:
        # a draft saves the part, and the preview is drawn again
        answer.headers["HX-Trigger-After-Settle"] = "cover"
    return answer


# --- the preview -------------------------------------------------------------------------------------


@blueprint.route("/<int:quest_id>/preview", methods=["GET", "POST"])
@requires("quests:publish")
def preview(quest_id: int) -> Response:
    """The member's page with what the form says now, saved or not. Reads only."""
    quest = queries_staff.whole(quest_id)
    values = services_staff.tried_on(quest, readable(quest))
    seen_as = whose_eyes(values)
    page = queries_staff.preview(quest, values, tier=seen_as["tier"], stars=seen_as["stars"])
    return reply(
        "quests_staff/preview.html",
        fragment="quests_staff/_preview.html",
        quest=quest,
        page=page,
        phone=draw_phone(page, seen_as),
        reach=queries_staff.audience(values["tiers"], values["min_stars"], values["named_logins"]),
        tier_names=named(TIER_NAMES),
        levels=members.star_levels(),
        fair=(page.points / values["effort_minutes"], queries_staff.others(quest.id).usual or 0)
        if page.points and values["effort_minutes"]
        else None,
        **seen_as,
    )


def readable(quest: Whole) -> policies_presets.QuestIn:
    """What of the form can be read already; what can't yet stays as it is stored."""
    try:
        return schemas_staff.read(request.form, programme().timezone, quest.preset, quest.kind)
    except Invalid as error:
        kept = request.form.copy()
        for name in error.fields:
            kept.poplist(name)
        return schemas_staff.read(kept, programme().timezone, quest.preset, quest.kind)


def whose_eyes(values: dict[str, Any]) -> dict[str, Any]:
    """As whom the preview looks: tier, stars and language."""
    asked = request.form if request.method == "POST" else request.args
    tier, language = asked.get("as_tier", ""), asked.get("as_language", "")
    stars = asked.get("as_stars", "")
    return {
        "tier": tier if tier in TIERS else next(iter(values["tiers"]), TIERS[0]),
        "stars": int(stars)
        if stars.isascii() and stars.isdigit() and len(stars) < 3
        else values["min_stars"],
        "language": language if language in LOCALES else current_locale(),
    }


def draw_phone(page: Any, seen_as: dict[str, Any]) -> str:
    """The body of the member's own page, in the language of the one who would read it."""
    environment = current_app.extensions["lightup_templates"][seen_as["language"]]
    says = catalogue(seen_as["language"]).ugettext
    return environment.get_template("quests_staff/_phone.html").render(
        page=page,
        quest=page.quest,
        kind_name=says(KIND_NAMES[page.quest.kind]) if page.quest.kind else "",
        actor=actor(),
        programme=programme(),
        notice="",
    )


# --- the check, and the states -----------------------------------------------------------------------


def said(finding: Finding) -> str:
    return both(finding.message, **finding.params)[current_locale()]


@blueprint.get("/<int:quest_id>/check")
@requires("quests:publish")
def check(quest_id: int) -> Response:
    return check_page(quest_id)


def check_page(quest_id: int, *, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """What is missing or odd, what it will give and whom it reaches, and the buttons that publish."""
    quest = queries_staff.whole(quest_id)
    others = queries_staff.others(quest_id)
    found = services_publish.look_over(quest, others)
    return reply(
        "quests_staff/check.html",
        status=status,
        quest=quest,
        musts=[(one.field, said(one)) for one in found if one.must],
        advice=[(one.field, said(one)) for one in found if not one.must],
        offer=queries_staff.worth(quest.rule_key, quest.points),
        usual=others.usual,
        at=request.form.get("at")
        or schemas_staff.stored(quest.values(), programme().timezone, ())["opens_at"],
        errors=errors or {},
        tier_names=named(TIER_NAMES),
        **words(),
    )


@blueprint.post("/<int:quest_id>/publish")
@requires("quests:publish")
def publish(quest_id: int) -> Response:
    try:
        at = schemas_staff.when(request.form, programme().timezone)
        now = services_publish.publish_quest(quest_id, by=actor(), at=at, seen=request.form.get("seen"))
    except Invalid as error:
        return check_page(quest_id, status=422, errors=field_errors(error))
    toast = (
        gettext("It is out. Members it is for see it now")
        if now == "live"
        else gettext("Scheduled. It opens by itself")
    )
    return go(".show", toast=toast, quest_id=quest_id)


ACTS = {
    "close": (services_publish.close_quest, N_("Finished. Those who have begun may still send")),
    "reopen": (services_publish.reopen_quest, N_("Open again")),
    "unschedule": (services_publish.unschedule_quest, N_("Back among the drafts")),
    "archive": (services_publish.archive_quest, N_("Put away")),
}


@blueprint.get("/<int:quest_id>/<any(close, reopen, unschedule, archive):act>")
@requires("quests:publish")
def ask(quest_id: int, act: str) -> Response:
    """Say what the act does before it is done."""
    return reply("quests_staff/ask.html", quest=queries_staff.opened(quest_id).quest, act=act, **words())


@blueprint.post("/<int:quest_id>/<any(close, reopen, unschedule, archive):act>")
@requires("quests:publish")
def do(quest_id: int, act: str) -> Response:
    command, toast = ACTS[act]
    try:
        command(quest_id, by=actor())
    except Invalid:
        return go(".check", quest_id=quest_id)
    return go(".show", toast=gettext(toast), quest_id=quest_id)
