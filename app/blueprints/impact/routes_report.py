"""A member's month, written for them: whom they helped, in whose words, and a picture to take along."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.blueprints.impact import pictures, queries_people
from app.blueprints.impact import policies_report as policies
from app.blueprints.impact import queries_report as queries
from app.blueprints.impact.policies_report import Month
from app.blueprints.impact.policies_report_words import OF_ME, TO_YOU, WAY_NAMES, headline, in_one_line
from app.core import clock, qr
from app.core.access import actor, member
from app.core.errors import NotFound
from app.core.html import programme, reply
from app.core.i18n import current_locale, gettext, pair, pick

blueprint = Blueprint("reports", __name__, url_prefix="/impact/report")


def month_asked(key: str) -> Month:
    """The month of the address. Raises NotFound for none, and for one that hasn't begun."""
    month = policies.month_named(key, programme().timezone)
    if month is None or month.starts > clock.now():
        raise NotFound
    return month


@blueprint.get("")
@member
def latest() -> Response:
    """The last month that is over; for whoever came since then, the running one."""
    now, zone_name = clock.now(), programme().timezone
    month = policies.last_over(now, zone_name)
    if queries.about(actor().id, month).joined_at >= month.ends:
        month = policies.month_of(now, zone_name)
    return redirect(url_for(".show", key=month.key), 303)


@blueprint.get("/<key>")
@member
def show(key: str) -> Response:
    me, zone_name, locale, now = actor(), programme().timezone, current_locale(), clock.now()
    month = month_asked(key)
    about = queries.about(me.id, month)
    if about.joined_at >= month.ends:
        raise NotFound
    months = policies.with_those_before(month, policies.COLUMNS - 1, about.joined_at, zone_name)
    counted = queries_people.months(me.id, [*(each.starts for each in months), month.ends])
    names = [policies.month_name(each, zone_name, locale) for each in months]
    numbers = [each.people + each.readers for each in counted]
    ways = queries.ways(me.id, month)
    sentence = policies.sentence_of({way.key: way.people for way in ways}, numbers[-1])
    return reply(
        "impact/report.html",
        month=month,
        before=policies.before(month, zone_name) if about.joined_at < month.starts else None,
        after=policies.after(month, zone_name) if month.is_over(now) else None,
        over=month.is_over(now),
        now=now,
        name_of=lambda month: policies.month_name(month, zone_name, locale),
        about=about,
        total=numbers[-1],
        lines=sum(counted[-1].lines.values()),
        to_you=headline(TO_YOU, sentence, numbers[-1], locale).split("\n") if sentence else None,
        of_me=headline(OF_ME, sentence, numbers[-1], locale).split("\n") if sentence else None,
        moments=policies.varied(queries.said(me.id, month)) if counted[-1].lines else [],
        names=names,
        numbers=numbers,
        dots=policies.dots(list(zip(names, numbers, strict=True))),
        ways=ways,
        way_names=WAY_NAMES,
        code=qr.path(url_for("members.profile", member_id=me.id, _external=True)),
    )


@blueprint.get("/<key>/<way>")
@member
def way(key: str, way: str) -> Response:
    """The lines behind one of the numbers."""
    month = month_asked(key)
    if way not in policies.WAYS:
        raise NotFound
    return reply(
        "impact/report_way.html",
        fragment="impact/_report_lines.html",
        month=month,
        way=way,
        title=gettext(WAY_NAMES[way]),
        number=next((each for each in queries.ways(actor().id, month) if each.key == way), None),
        page=queries.of_way(actor().id, month, way, request.args.get("after")),
    )


@blueprint.get("/<key>/picture.png")
@member
def picture(key: str) -> Response:
    """The month as a picture to share: the member's name and a number, nobody else's words."""

    me, zone_name, locale = actor(), programme().timezone, current_locale()
    month = month_asked(key)
    (counted,) = queries_people.months(me.id, [month.starts, month.ends])
    number = counted.people + counted.readers
    if not number or not month.is_over(clock.now()):
        raise NotFound
    ways = {each.key: each.people for each in queries.ways(me.id, month)}
    name = policies.month_name(month, zone_name, locale)
    drawn = pictures.report_picture(
        name=me.name,
        month_label=gettext("The light of %(month)s", month=name),
        headline=in_one_line(headline(OF_ME, policies.sentence_of(ways, number), number, locale)),
        brand=f"{pick(pair(programme().name, programme().name_en), locale)} · {gettext('Lightup')}",
        stamp=key.replace("-", "."),
        url=url_for("members.profile", member_id=me.id, _external=True),
    )
    return Response(
        drawn,
        content_type="image/png",
        headers={
            "Content-Disposition": f'attachment; filename="lightup-{key}.png"',
            "Cache-Control": "no-store",
        },
    )
