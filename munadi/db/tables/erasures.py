"""The table of erasures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, json_column, partial_index

IS_RUNNING = "ended_at IS NULL"


class ErasureRow(SQLModel, table=True):
    """The erasure of a brand, or of one account. It has no foreign keys, because it outlives what it is about.

    Without a brand it is the answer to a network that asked about somebody who has no account here. `workflows` are the
    workflows of deleted posts and accounts that Temporal may still have: noted in the transaction that deletes the
    rows, so that a killed worker leaves none behind.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        partial_index("erasures_running", "id", where=IS_RUNNING),
        partial_index("erasures_by_code", "code", where="code IS NOT NULL"),
        Index("erasures_by_brand", "brand_ref"),
    )
    id: str = Field(primary_key=True)
    brand_ref: str | None = None
    account_id: str | None = None
    code: str | None = None  # the confirmation code, where a network asked for it
    counts: dict[str, int] = json_column(default_factory=dict)
    workflows: dict[str, Any] = json_column(default_factory=dict)  # by id: whether all of its runs, or the ended ones
    position: int | None = None  # the highest position of the events that it deleted: none is given twice
    waits_for: str | None = None
    requested_at: datetime = instant()
    updated_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
