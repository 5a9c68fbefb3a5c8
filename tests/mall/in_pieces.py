"""The app with each statement committed by itself: the control of kill -9, without its unit of work."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

from app import create_app


@event.listens_for(Engine, "before_cursor_execute")
def _keep_what_was_done(connection: Connection, *_statement: Any) -> None:
    kept = connection.connection.dbapi_connection
    assert kept is not None
    kept.commit()


app = create_app()
