"""The settings of a process's connections to the database: how many, and how long it waits for them."""

from __future__ import annotations

from pydantic import BaseModel, Field


class DatabaseTimeouts(BaseModel):
    """How long API and workers wait for PostgreSQL. A statement of a migration may take as long as it needs."""

    connect: int = Field(2, ge=2, description="seconds for a new connection to PostgreSQL")
    request: float = Field(4.0, gt=0, description="seconds for a statement of an API request; then it is answered 503")
    work: float = Field(8.0, gt=0, description="seconds for a statement of a worker; then its work is retried")
    pool: float = Field(15.0, gt=0, description="seconds to wait for a connection while all of the process are in use")
    network: int = Field(10, ge=1, description="seconds until a connection is closed whose peer acknowledges nothing")


class DatabasePool(BaseModel):
    """The connections to the database that one process may have."""

    size: int = Field(10, ge=5, description="connections to the database that a process keeps open")
    overflow: int = Field(
        10, ge=0, description="connections to PostgreSQL beyond these, opened while all are in use and closed after it"
    )
    transaction_mode: bool = Field(
        False,
        description="PostgreSQL is behind a pooler that gives each transaction another session, such as PgBouncer with "
        "`pool_mode = transaction`",
    )
