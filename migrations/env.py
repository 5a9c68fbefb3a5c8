"""Alembic's side of Flask-Migrate: one engine, batch mode for SQLite, our own column types by name."""

from __future__ import annotations

import importlib
import pkgutil

from alembic import context
from flask import current_app

import app.blueprints
from app.core import audit  # noqa: F401
from app.core.db import Base, Instant

for feature in pkgutil.iter_modules(app.blueprints.__path__):
    name = f"app.blueprints.{feature.name}.models"
    if importlib.util.find_spec(name):
        importlib.import_module(name)


def render_item(kind: str, item: object, _autogen: object) -> str | bool:
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(_context, _inspected, _metadata, inspected_type, metadata_type) -> bool | None:
    # Instant is a DateTime and Json is JSON or JSONB: the dialect's own comparison sees no difference
    return False if isinstance(metadata_type, Instant) else None


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=compare_type,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
