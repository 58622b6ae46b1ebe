"""The table of series."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, json_column, partial_index


class SeriesRow(SQLModel, table=True):
    """A post that comes again by a rule (munadi.domain.series).

    `made_through`: the last date that is settled: its post is made, or it has passed. `next_at`: when the next date is
    looked at; null once it has ended.
    """

    __tablename__ = "series"
    __table_args__ = (
        Index("series_of_brand", "brand_ref", "id"),
        partial_index("series_to_make", "next_at", where="next_at IS NOT NULL"),
    )
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref")
    rrule: str
    start: str
    timezone: str
    content: dict[str, Any] = json_column()
    variants: list[str] = json_column(default_factory=list)
    version: int = 1
    made_through: date
    next_at: datetime | None = instant(default=None)
    missed: int = 0
    problems: list[dict[str, Any]] = json_column(default_factory=list)
    created_by_key: str | None = None
    created_at: datetime = instant()
    updated_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
    ended_as: str | None = None
