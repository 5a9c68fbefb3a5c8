"""What the members somebody mentors reach, as lines of their mentor."""

from __future__ import annotations

from app.blueprints.impact import services as impact
from app.blueprints.members import queries as members
from app.core.i18n import N_, both


def star_key(mentee_id: int, level: int) -> str:
    return f"mentee:{mentee_id}:star:{level}"


def tell_star(mentee_id: int, level: int) -> None:
    """A mentee's stars were written (members.when_stars_set): their mentor gets a line for the star they have
    reached, once, and loses those of stars that a reversal has taken."""
    stars = {star.level: star for star in members.star_levels()}
    impact.withdraw_lines([star_key(mentee_id, one) for one in stars if one > level])
    mentor_id = members.mentor_of(mentee_id) if level else None
    if mentor_id is None:
        return
    name = {"zh": stars[level].name, "en": stars[level].name_en}
    impact.add_line_once(
        impact.Help(
            key=star_key(mentee_id, level),
            member_id=mentor_id,
            kind="milestone",
            person_id=mentee_id,
            subject=both(N_("You are their mentor")),
            outcome=both(N_("is “%(star)s” now"), star=name),
            link=f"/members/{mentee_id}",
        )
    )
