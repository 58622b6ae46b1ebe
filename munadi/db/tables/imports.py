"""The tables of imports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, json_column, partial_index

IS_RUNNING = "status = 'running'"


class ImportRow(SQLModel, table=True):
    """An import. It is `receiving` until all of its rows are stored, then `running`. `key_id`: whose import it is.

    `media` are the files of its ZIP that a dry run stored and deletes at its end.
    """

    __tablename__ = "imports"
    __table_args__ = (
        partial_index("imports_running", "id", where=IS_RUNNING),
        Index("imports_of_brand", "brand_ref", "id"),
        Index("imports_by_age", "created_at"),
    )
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref")
    key_id: str
    status: str
    dry_run: bool
    media: list[str] = json_column(default_factory=list)
    total: int = 0
    accepted: int = 0
    repeated: int = 0
    valid: int = 0
    refused: int = 0
    created_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)


class ImportLineRow(SQLModel, table=True):
    """A row of an import. `sent` is the post as it was sent, until the row has its result. `fingerprint`: of the post
    and the bytes of its files."""

    __tablename__ = "import_lines"
    __table_args__ = (partial_index("import_lines_pending", "import_id", "line", where="status = 'pending'"),)
    import_id: str = Field(primary_key=True, foreign_key="imports.id")
    line: int = Field(primary_key=True)
    row_key: str | None = None
    status: str
    sent: dict[str, Any] | None = json_column(default=None)
    columns: dict[str, Any] | None = json_column(default=None)  # by pointer, the column of the CSV file
    fingerprint: str | None = None
    content_id: str | None = None
    result: dict[str, Any] | None = json_column(default=None)  # `statusCode code detail problems` of a refusal
