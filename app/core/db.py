"""The database handle, its typed base class, and column types both databases agree on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    Connection,
    CursorResult,
    DateTime,
    Insert,
    MetaData,
    Result,
    TypeDecorator,
    event,
    insert,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction


class Base(DeclarativeBase):
    """Every table names its constraints alike on both databases, so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


class Instant(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, `timestamptz` in PostgreSQL, naive UTC text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return (
            value.astimezone(UTC) if dialect.name != "sqlite" else value.astimezone(UTC).replace(tzinfo=None)
        )

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True)


def upsert(table: Any) -> Any:
    """An INSERT that knows ON CONFLICT, in the running database's dialect."""
    return postgresql_insert(table) if db.engine.dialect.name == "postgresql" else sqlite_insert(table)


def read(statement: Any, values: dict[str, Any] | None = None) -> Result[Any]:
    """Run a SELECT of columns in the session's transaction, past the ORM's bookkeeping: half the cost.

    For statements without entities; nothing of what the session holds is flushed first.
    """
    return _connection().execute(statement, values or {})


def _connection() -> Connection:
    """The connection of the session's transaction: asking the session for it costs a fifth of a query."""
    session = db.session()
    found: Connection | None = session.info.get("connection")
    if found is None:
        found = session.info["connection"] = session.connection()
    return found


@event.listens_for(Session, "after_transaction_end")
def _let_go(session: Session, _transaction: SessionTransaction) -> None:
    session.info.pop("connection", None)


def write(
    statement: Any, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
) -> CursorResult[Any]:
    """Run a change built of tables in the session's transaction, past the ORM's bookkeeping.

    As `read`: a statement that is built once with parameters and kept costs a fraction of one that is
    built for each call. `values` is one row of parameters or several.
    """
    return _connection().execute(statement, values or {})


def table(model: type[Base]) -> Any:
    """The table of a model, for statements past the ORM."""
    return model.__table__


@lru_cache
def _insert(model: type[Base]) -> Insert:
    return insert(table(model))


def add(model: type[Base], values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Insert one row or several, each naming the same columns."""
    write(_insert(model), values)
