"""Counters of usage that has no rows of its own (docs/limits.md). Other usage is counted from its rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from munadi.db.types import instant


class ApiCallsRow(SQLModel, table=True):
    """A brand's API calls of a month, and of the newest minute in it. Every process adds to it once a second."""

    __tablename__ = "api_calls"
    brand_ref: str = Field(primary_key=True, foreign_key="brands.ref")
    month: str = Field(primary_key=True)
    calls: int
    minute: datetime = instant()
    minute_calls: int


class DeliveryTriesRow(SQLModel, table=True):
    """Webhook deliveries about a brand in a month, over a few rows, so that workers do not queue for one."""

    __tablename__ = "delivery_tries"
    brand_ref: str = Field(primary_key=True, foreign_key="brands.ref")
    month: str = Field(primary_key=True)
    shard: int = Field(primary_key=True)
    tries: int


class DeliveryDeferralRow(SQLModel, table=True):
    """A brand and a month in which its limit deferred webhook deliveries. `is_open`: some may still wait."""

    __tablename__ = "delivery_deferrals"
    __table_args__ = (
        Index("delivery_deferrals_open", "brand_ref", sqlite_where=text("is_open"), postgresql_where=text("is_open")),
    )
    brand_ref: str = Field(primary_key=True, foreign_key="brands.ref")
    month: str = Field(primary_key=True)
    since: datetime = instant()
    is_open: bool = True


class LookBudgetRow(SQLModel, table=True):
    """The requests of looks at live posts on a day (UTC): of an account (its id), or of a network (its name)."""

    __tablename__ = "look_budgets"
    scope: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    requests: int


class KeyDayRow(SQLModel, table=True):
    """What a key with caps, or one that it made, did on a day (UTC). `spent` is in millionths of a US dollar."""

    __tablename__ = "key_days"
    key_id: str = Field(primary_key=True, foreign_key="api_keys.id")
    day: str = Field(primary_key=True)
    posts: int = 0
    spent: int = Field(default=0, sa_type=BigInteger)
