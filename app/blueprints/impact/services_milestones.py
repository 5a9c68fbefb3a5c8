"""What the members somebody mentors reach, as lines of their mentor."""

from __future__ import annotations

from sqlalchemy import select

from app.blueprints.impact import services as impact
from app.blueprints.impact.models import ImpactLine
from app.blueprints.members import queries as members
from app.core.db import db
from app.core.i18n import N_, both


def tell_star(mentee_id: int, level: int) -> None:
    """A mentee's stars were written (members.when_stars_set): their mentor gets a line for the star they have
    reached, once, and loses those of stars that a reversal has taken."""
    prefix = f"mentee:{mentee_id}:star:"
    told = set(
        db.session.scalars(select(ImpactLine.key).where(ImpactLine.key.startswith(prefix, autoescape=True)))
    )
    impact.withdraw_lines([key for key in sorted(told) if int(key.removeprefix(prefix)) > level])
    mentor_id = members.mentor_of(mentee_id)
    if not level or mentor_id is None or f"{prefix}{level}" in told:
        return
    name = next(star for star in members.star_levels() if star.level == level)
    impact.add_lines(
        [
            impact.Help(
                key=f"{prefix}{level}",
                member_id=mentor_id,
                kind="milestone",
                person_id=mentee_id,
                subject=both(N_("You are their mentor")),
                outcome=both(N_("is “%(star)s” now"), star={"zh": name.name, "en": name.name_en}),
                link=f"/members/{mentee_id}",
            )
        ]
    )
