"""Notes in the database which code may run on each revision, in the transaction of the revision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from alembic.migration import MigrationContext
from alembic.runtime.migration import MigrationInfo
from alembic.script.revision import Revision
from sqlalchemy import insert, inspect

from munadi.db.tables import SchemaRevisionRow


def oldest_code(script: Revision) -> str:
    """The oldest revision whose code may run on this one; itself where its file does not say."""
    return str(getattr(getattr(script, "module", None), "oldest_code", script.revision))


def note_oldest_code(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Store the row of a revision that was just applied; the revisions before 0042 have no table for it."""
    connection, script = ctx.connection, step.up_revision
    if connection is None or script is None or not inspect(connection).has_table(SchemaRevisionRow.__tablename__):
        return
    values = {"revision": script.revision, "oldest_code": oldest_code(script)}
    connection.execute(insert(SchemaRevisionRow).values(values))
