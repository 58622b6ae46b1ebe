"""The table of review links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from munadi.db.types import instant


class ReviewLinkRow(SQLModel, table=True):
    """A link by which one person without an account reviews a post. Only a hash of its secret is kept.

    `key_id` is the key that made it, for which it acts: it works only while that key may approve. `decision` and
    `used_at` are set by the one decision.
    """

    __tablename__ = "review_links"
    __table_args__ = (UniqueConstraint("secret_hash", name="review_links_one_per_secret"),)
    id: str = Field(primary_key=True)
    content_id: str = Field(foreign_key="contents.id", index=True)
    key_id: str
    secret_hash: str
    expires_at: datetime = instant()
    used_at: datetime | None = instant(default=None)
    decision: str | None = None
    created_at: datetime = instant()
