"""Tells Alembic how to compare the tables with a database, and how to render Munadi's column types."""

from __future__ import annotations

from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, MetaData
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from munadi.db.contents.word_index import POSTGRES_INDEX, SQLITE_TABLE
from munadi.db.types import UtcDateTime


def target_metadata() -> MetaData:
    """The tables of the code."""
    import munadi.db.tables  # noqa: F401 - importing them fills the metadata

    return SQLModel.metadata


def render_type(kind: str, value: Any, context: AutogenContext) -> str | Literal[False]:
    """The Python source of one of Munadi's column types; False leaves it to Alembic."""
    if kind != "type":
        return False
    if isinstance(value, UtcDateTime):
        context.imports.add("from munadi.db.types import UtcDateTime")
        return "UtcDateTime()"
    if isinstance(value, AutoString):
        return f"sa.String(length={value.length})" if value.length else "sa.String()"
    if isinstance(value, JSON) and "postgresql" in value._variant_mapping:
        context.imports.add("from munadi.db.types import Json")
        return "Json"
    return False


def is_compared(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether a table or index of the database is compared with the code: not that of texts, which has no model."""
    return not (kind in ("table", "index") and name is not None and name.startswith((SQLITE_TABLE, POSTGRES_INDEX)))


OPTIONS: dict[str, Any] = {
    "include_name": is_compared,
    "compare_type": True,
    # SQLite cannot change a column in place; a batch creates the table again. PostgreSQL gets plain ALTERs.
    "render_as_batch": True,
    "render_item": render_type,
    # SQLite does roll DDL back, once the driver lets us say BEGIN ourselves (munadi.db.migrate).
    "transactional_ddl": True,
    "transaction_per_migration": True,
}
