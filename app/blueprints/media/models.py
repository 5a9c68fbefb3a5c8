"""What was uploaded. The bytes lie in the storage under `storage_key`; the row says what they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant, Json


class Media(Base):
    """A photo or video.

    `upload_key` is the uploader's name for this upload: sending it again returns the same row.
    `belongs_to` says whose page it is part of ("submission:12"); that feature decides who may see it.
    Sizes are pixels and bytes; `exposure` holds what the camera said (never the position).
    """

    __tablename__ = "media"
    __table_args__ = (
        CheckConstraint("kind IN ('photo', 'video')", name="kind"),
        UniqueConstraint("owner_id", "upload_key"),
        Index("ix_media_belongs_to", "belongs_to"),
        # browsers keep a file by its number: SQLite must not give a removed one's number to another
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    upload_key: Mapped[str]
    belongs_to: Mapped[str]
    kind: Mapped[str]
    content_type: Mapped[str]
    storage_key: Mapped[str] = mapped_column(unique=True)
    poster_key: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(index=True)
    duration_seconds: Mapped[int | None]
    exposure: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Likeness(Base):
    """How a photo looks, in 64 bits: pictures that look alike differ in few of them (media/likeness.py).

    `bits` is signed. Its four quarters are kept beside it, so that an index finds what shares one.
    """

    __tablename__ = "likeness"
    __table_args__ = tuple(Index(f"ix_likeness_quarter_{n}", f"quarter_{n}") for n in range(4))

    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True)
    bits: Mapped[int] = mapped_column(BigInteger)
    quarter_0: Mapped[int]
    quarter_1: Mapped[int]
    quarter_2: Mapped[int]
    quarter_3: Mapped[int]
