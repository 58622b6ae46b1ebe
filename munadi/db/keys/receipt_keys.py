"""The keys that sign receipts: Ed25519 pairs in the database, sealed, so that every API signs with the same one.

The first one is made when it is first needed. A rotation makes another; the public keys of earlier ones stay, because
they verify the receipts of their time.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from datetime import datetime
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rfc8785 import dumps
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.session import Database
from munadi.db.tables import ReceiptKeyRow

_KIND = {"kty": "OKP", "crv": "Ed25519"}


class ReceiptSigner(NamedTuple):
    """The key that signs now, and its name."""

    kid: str
    private: Ed25519PrivateKey


class ReceiptKeyStore:
    """The keys of one installation."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def signer(self, now: datetime) -> ReceiptSigner:
        """The newest key; the first one is made here. SealBroken when no key of the key ring opens it."""
        async with self._database.read() as session:
            row = await _newest(session)
        if row is None:
            row = await self._add(1, now)
        opened = self._keyring.open(row.sealed, table="receipt_keys", row=row.kid, column="sealed")
        return ReceiptSigner(row.kid, Ed25519PrivateKey.from_private_bytes(opened))

    async def public(self, now: datetime) -> list[dict[str, str]]:
        """The public keys as JWKs (RFC 8037), the newest first. The first one is made here."""
        query = select(ReceiptKeyRow).order_by(col(ReceiptKeyRow.number).desc())
        async with self._database.read() as session:
            rows = list((await session.exec(query)).all())
        if not rows:
            rows = [await self._add(1, now)]
        return [{**_KIND, "x": row.public, "kid": row.kid, "use": "sig", "alg": "EdDSA"} for row in rows]

    async def rotate(self, now: datetime) -> ReceiptKeyRow:
        """Make another key, which signs from now on. Of two rotations at the same time, one makes it."""
        async with self._database.read() as session:
            row = await _newest(session)
        return await self._add(1 if row is None else row.number + 1, now)

    async def _add(self, number: int, now: datetime) -> ReceiptKeyRow:
        """The newest key after making the one with this number, unless another process has made it."""
        private = Ed25519PrivateKey.generate()
        public = _base64url(private.public_key().public_bytes_raw())
        # RFC 7638: the hash of the members that a public key must have.
        kid = _base64url(hashlib.sha256(dumps({**_KIND, "x": public})).digest())
        sealed = self._keyring.seal(private.private_bytes_raw(), table="receipt_keys", row=kid, column="sealed")
        values = {"kid": kid, "number": number, "public": public, "sealed": sealed, "created_at": now}
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        async with self._database.write() as session:
            connection = await session.connection()
            await connection.execute(insert(ReceiptKeyRow).values(values).on_conflict_do_nothing())
        async with self._database.read() as session:
            row = await _newest(session)
        assert row is not None, "a key is never deleted"
        return row


async def _newest(session: AsyncSession) -> ReceiptKeyRow | None:
    query = select(ReceiptKeyRow).order_by(col(ReceiptKeyRow.number).desc()).limit(1)
    return (await session.exec(query)).first()


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
