"""Moments and numbers in words, in the programme's zone and the reader's language.

Patterns are msgids, so that each language orders the parts as it is used to.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale

from app.core import clock
from app.core.i18n import N_, catalogue, ngettext

# as plain dicts: the locale's own resolve aliases at every look
MONTHS = {width: dict(Locale("en").months["format"][width]) for width in ("abbreviated", "wide")}
WEEKDAYS = Locale("en").days["format"]

DAY = N_("%(d)s %(mon)s")
DAY_YEAR = N_("%(d)s %(mon)s %(y)s")
DAYTIME = N_("%(d)s %(mon)s %(time)s")
MONTH = N_("%(month)s %(y)s")
TODAY_AT = N_("today %(time)s")
YESTERDAY_AT = N_("yesterday %(time)s")
TOMORROW_AT = N_("tomorrow %(time)s")
WEEKDAY_AT = N_("%(weekday)s %(time)s")
WEEKDAY_NAMES = (
    N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"),
)  # fmt: skip

# a letter's date is written out; the numbers 0 to 31, as each language writes them there
LETTER_DAY = N_("%(d)s %(month)s %(y)s")
LETTER_NUMBERS = N_("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31")


@lru_cache
def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name. Raises ZoneInfoNotFoundError for one that doesn't exist."""
    return ZoneInfo(name)


def _parts(local: datetime, locale: str) -> dict[str, Any]:
    return {
        "y": local.year,
        # Chinese counts its months
        "mon": MONTHS["abbreviated"][local.month] if locale == "en" else local.month,
        "month": MONTHS["wide"][local.month] if locale == "en" else local.month,
        "d": local.day,
        "time": f"{local.hour:02}:{local.minute:02}",
        "weekday": catalogue(locale).ugettext(WEEKDAY_NAMES[local.weekday()]),
    }


def _format(pattern: str, local: datetime, locale: str) -> str:
    return catalogue(locale).ugettext(pattern) % _parts(local, locale)


def day(moment: datetime, zone_name: str, locale: str) -> str:
    """A date; with its year unless it is this year's."""
    local, today = moment.astimezone(zone(zone_name)), clock.now().astimezone(zone(zone_name))
    return _format(DAY if local.year == today.year else DAY_YEAR, local, locale)


def daytime(moment: datetime, zone_name: str, locale: str) -> str:
    """A date and a time of day."""
    return _format(DAYTIME, moment.astimezone(zone(zone_name)), locale)


def time_of_day(moment: datetime, zone_name: str, locale: str) -> str:
    local = moment.astimezone(zone(zone_name))
    return f"{local.hour:02}:{local.minute:02}"


def month(moment: datetime, zone_name: str, locale: str) -> str:
    return _format(MONTH, moment.astimezone(zone(zone_name)), locale)


@lru_cache
def month_names(babel_locale: str, width: str) -> dict[int, str]:
    """What the months are called, by their number, in that language of babel: "wide" or "abbreviated"."""
    return dict(Locale.parse(babel_locale).months["format"][width])


def ago(moment: datetime, zone_name: str, locale: str) -> str:
    """As one would say it: today, yesterday, tomorrow or a weekday with the time, else the date."""
    local, today = moment.astimezone(zone(zone_name)), clock.now().astimezone(zone(zone_name))
    days = (local.date() - today.date()).days
    if days in (-1, 0, 1):
        return _format((YESTERDAY_AT, TODAY_AT, TOMORROW_AT)[days + 1], local, locale)
    if -6 <= days <= 6:
        return _format(WEEKDAY_AT, local, locale)
    return day(moment, zone_name, locale)


def letter_date(moment: datetime, zone_name: str, locale: str) -> str:
    """A date written out in full, as under a letter."""
    local = moment.astimezone(zone(zone_name))
    numbers = catalogue(locale).ugettext(LETTER_NUMBERS).split()
    return catalogue(locale).ugettext(LETTER_DAY) % {
        "y": "".join(numbers[int(digit)] for digit in str(local.year)),
        "d": numbers[local.day],
        "month": MONTHS["wide"][local.month] if locale == "en" else numbers[local.month],
    }


def month_bounds(moment: datetime, zone_name: str) -> tuple[datetime, datetime]:
    """The first moment of the month that `moment` falls in, and that of the next, in the zone."""
    local = moment.astimezone(zone(zone_name))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following


def day_bounds(moment: datetime, zone_name: str) -> tuple[datetime, datetime]:
    """The first moment of the day that `moment` falls in, and that of the next, in the zone."""
    local = moment.astimezone(zone(zone_name))
    first = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return first, (first + timedelta(hours=36)).replace(hour=0, minute=0, fold=0)


@lru_cache(maxsize=1024)
def span(minutes: int, locale: str) -> str:
    """So many minutes as one would say it, rounded down."""
    if minutes < 60:
        return ngettext("%(num)s minute", "%(num)s minutes", max(minutes, 1))
    if minutes < 2 * 24 * 60:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext("%(num)s day", "%(num)s days", minutes // (24 * 60))
