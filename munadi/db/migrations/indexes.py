"""Builds and drops indexes of tables that have rows, for revisions.

On PostgreSQL concurrently, so that no writer waits. That takes no transaction: a revision that was interrupted begins
again, and drops what is left of an index before it builds it. So such a revision does nothing else. On SQLite this is
part of the transaction of the upgrade.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text


def build_index(
    name: str, table: str, columns: Sequence[str], where: str | None = None, *, unique: bool = False
) -> None:
    """Build an index of a table that exists already."""
    condition = None if where is None else text(where)
    drop_index(name)
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(name, table, list(columns), unique=unique, sqlite_where=condition)
        return
    with op.get_context().autocommit_block():
        op.create_index(
            name, table, list(columns), unique=unique, postgresql_where=condition, postgresql_concurrently=True
        )


def drop_index(name: str) -> None:
    """Drop an index, if it is there."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(name, if_exists=True)
        return
    with op.get_context().autocommit_block():
        op.drop_index(name, if_exists=True, postgresql_concurrently=True)
