"""Who did what, on what, when, before and after: one line for each staff act, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Instant, Json, add


class AuditLine(Base):
    __tablename__ = "audit_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    actor_id: Mapped[int | None]
    act: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)


def record(
    act: str,
    subject: str,
    *,
    by: int | None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write one line inside the running unit of work.

    `act` is a verb on a thing ("submission.approve"), `subject` names the thing ("submission:12"),
    `by` the member who did it (None: the programme itself).
    """
    line = {"at": clock.now(), "actor_id": by, "act": act, "subject": subject}
    add(AuditLine, line | {"before": before, "after": after})
