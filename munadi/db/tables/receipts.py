"""The table of the keys that sign receipts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from munadi.db.types import instant


class ReceiptKeyRow(SQLModel, table=True):
    """An Ed25519 key pair. The row with the highest `number` signs; the public keys of all are published.

    `public` is the 32 bytes of the public key in base64url; `sealed` is the private key.
    """

    __tablename__ = "receipt_keys"
    kid: str = Field(primary_key=True)
    number: int = Field(unique=True)
    public: str
    sealed: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = instant()
