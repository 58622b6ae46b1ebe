"""Alembic's entry: run the revisions over the connection that `munadi.db.migrate` opened and will commit."""

from __future__ import annotations

from alembic import context

from munadi.db.migrations.noting import note_oldest_code
from munadi.db.migrations.rendering import OPTIONS, target_metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run through munadi.db.migrate (munadi db upgrade), not through alembic itself")

context.configure(
    connection=connection, target_metadata=target_metadata(), on_version_apply=note_oldest_code, **OPTIONS
)
with context.begin_transaction():
    context.run_migrations()
