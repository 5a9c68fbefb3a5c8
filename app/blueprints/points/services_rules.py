"""The public rules themselves: a new way to earn, and the caps of one that is there."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import func, insert, select, update

from app.blueprints.points import services
from app.blueprints.points.models import PointRule
from app.core import audit
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.uow import unit_of_work

KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
# addresses of the desk's own pages beside its rules
TAKEN = ("new", "campaigns", "values", "questions", "adjustments", "audit")
MOST = 1_000_000


def key_from(name_en: str) -> str:
    """The key that an English name makes: its letters and digits, with _ between words."""
    return re.sub(r"[^a-z0-9]+", "_", name_en.lower()).strip("_")[:40].strip("_")


def new_rule(
    *,
    key: str,
    name: str,
    name_en: str,
    hint: str = "",
    hint_en: str = "",
    value: int,
    starts_at: datetime,
    daily_cap: int | None = None,
    monthly_cap: int | None = None,
    by: Actor,
) -> str:
    """Add a public way to earn, at the end of the list, worth `value` from `starts_at` on: its key.

    Without a key the English name makes one. Raises Invalid for a key that can't be or that is known.
    """
    key = key or key_from(name_en)
    with unit_of_work():
        if not KEY.fullmatch(key) or key in TAKEN:
            raise Invalid(fields={"key": N_("Lower-case letters, digits and _, beginning with a letter.")})
        if db.session.scalar(select(PointRule.key).where(PointRule.key == key)) is not None:
            raise Invalid(fields={"key": N_("There is a rule with this key already.")})
        caps_or_invalid(daily_cap, monthly_cap)
        last = db.session.scalar(select(func.coalesce(func.max(PointRule.position), 0))) or 0
        db.session.execute(
            insert(PointRule).values(
                key=key,
                position=last + 1,
                name=name,
                name_en=name_en,
                hint=hint,
                hint_en=hint_en,
                per_quest=False,
                daily_cap=daily_cap,
                monthly_cap=monthly_cap,
            )
        )
        audit.record("point_rule.add", f"rule:{key}", by=by.id, after={"name": name, "name_en": name_en})
        services.set_value(key, value, starts_at=starts_at, by=by.id)
    return key


def set_caps(rule_key: str, *, daily_cap: int | None, monthly_cap: int | None, by: Actor) -> None:
    """Cap what a member can earn by a rule in a day and in a month, from now on (None: no cap).

    Caps are held against what is paid from this moment on, whenever it was done; what was paid stays. Raises
    NotFound for a rule there isn't, Invalid by field.
    """
    caps_or_invalid(daily_cap, monthly_cap)
    with unit_of_work():
        before = db.session.execute(
            select(PointRule.daily_cap, PointRule.monthly_cap)
            .where(PointRule.key == rule_key)
            .with_for_update()
        ).one_or_none()
        if before is None:
            raise NotFound
        after = {"daily_cap": daily_cap, "monthly_cap": monthly_cap}
        if dict(before._mapping) == after:
            return
        db.session.execute(update(PointRule).where(PointRule.key == rule_key).values(**after))
        audit.record(
            "point_rule.caps", f"rule:{rule_key}", by=by.id, before=dict(before._mapping), after=after
        )


def caps_or_invalid(daily_cap: int | None, monthly_cap: int | None) -> None:
    wrong = {
        name: N_("A whole number of points from 1 to 1,000,000, or nothing.")
        for name, cap in (("daily_cap", daily_cap), ("monthly_cap", monthly_cap))
        if cap is not None and not 0 < cap <= MOST
    }
    if not wrong and daily_cap is not None and monthly_cap is not None and monthly_cap < daily_cap:
        wrong["monthly_cap"] = N_("A month holds at least as much as a day.")
    if wrong:
        raise Invalid(fields=wrong)
