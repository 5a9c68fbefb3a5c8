"""A member's address book. Nothing personal stands in it in plain text."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant


class BookEntry(Base):
    """`sealed` is the whole address (policies.Address), its label too; `used_at` when it last went with an
    order. At most one of a member's is the default."""

    __tablename__ = "address"
    __table_args__ = (
        Index(
            "uq_address_default",
            "member_id",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    sealed: Mapped[str]
    is_default: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
