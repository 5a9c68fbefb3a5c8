"""How far a database has come, for the demo to know whether it may."""

from __future__ import annotations

from sqlalchemy import func, select

from app.blueprints.members.models import Member, Programme
from app.core.db import db


def state_now() -> str:
    """ "empty", "founded" (a programme without anybody) or "members"."""
    if db.session.scalar(select(func.count(Member.id))):
        return "members"
    return "founded" if db.session.scalar(select(func.count(Programme.id))) else "empty"
