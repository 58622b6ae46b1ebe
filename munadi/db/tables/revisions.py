"""The table of the revisions that the database has had, for processes that do not have the newest of them."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class SchemaRevisionRow(SQLModel, table=True):
    """A revision that was applied. `oldest_code`: the oldest revision whose code may run on it."""

    __tablename__ = "schema_revisions"
    revision: str = Field(primary_key=True)
    oldest_code: str
