"""Rotates the key-encryption keys: seals all secrets again under the newest key, while work continues.

The rule here: no transaction waits long and none deadlocks. Rows are rewritten a few at a time. Rows that another
transaction writes are skipped and visited again. A row that cannot be opened is left as it is, and reported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, LargeBinary, Table, func, select, tuple_, update
from sqlmodel import SQLModel

from munadi.crypto import VERSION, KeyRing, SealBroken
from munadi.db.session import Database
from munadi.db.tables import (
    AccountRow,
    AlertRow,
    BrandAppRow,
    ConnectionRow,
    DiscardRow,
    EndpointRow,
    IdempotencyRow,
    PublicationRow,
    ReceiptKeyRow,
)

# Rows of one transaction: short enough that a writer who waits for it does not notice.
ROWS = 50
KEY_ID_BYTES = 8
PAUSE_SECONDS = 0.1
# How long to retry rows that another transaction holds, without any progress.
PATIENCE_SECONDS = 60.0


class RowsLocked(Exception):
    """Other transactions keep rows locked; the text says how many, and in which table."""


@dataclass(frozen=True)
class SealedColumn:
    """A column with sealed values. A value is sealed for its row: the parts of the primary key, joined by spaces.

    `owner`: another place that it is sealed for, table and column, and which column here has the key of the row there.
    """

    row: type[SQLModel]
    column: str = "sealed"
    owner: tuple[str, str, str] | None = None

    @property
    def table(self) -> Table:
        """The table as statements name it."""
        return SQLModel.metadata.tables[str(self.row.__tablename__)]


# Every column of the database that holds a sealed value.
SEALED = (
    SealedColumn(AccountRow),
    SealedColumn(EndpointRow),
    SealedColumn(EndpointRow, "sealed_headers"),
    SealedColumn(ConnectionRow),
    SealedColumn(IdempotencyRow, "answer"),
    SealedColumn(PublicationRow, "sealed_preparation"),
    SealedColumn(DiscardRow, "sealed_preparation", owner=("publications", "sealed_preparation", "publication_id")),
    SealedColumn(ReceiptKeyRow),
    SealedColumn(AlertRow),
    SealedColumn(BrandAppRow),
)


@dataclass(frozen=True)
class Unreadable:
    """A row that no available key opens: damaged, moved, or sealed under a removed key."""

    table: str
    row: str
    error: str


@dataclass
class ResealResult:
    """The number of rewritten values by table, and the rows that could not be rewritten."""

    rows: dict[str, int] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


async def reseal(database: Database, keyring: KeyRing, patience: float = PATIENCE_SECONDS) -> ResealResult:
    """Seal everything under the newest key. Once no process seals with an older one, the older ones can be removed.

    May be repeated, and stopped at any time. Raises RowsLocked after `patience` seconds without progress.
    """
    done = ResealResult()
    for place in SEALED:
        one = _Place(database, keyring, place)
        count = await one.reseal(patience)
        done.rows[place.table.name] = done.rows.get(place.table.name, 0) + count
        done.unreadable += one.unreadable.values()
    return done


class _Place:
    """One column under rotation."""

    def __init__(self, database: Database, keyring: KeyRing, place: SealedColumn) -> None:
        self.unreadable: dict[tuple[str, ...], Unreadable] = {}
        self._database, self._keyring = database, keyring
        self._table = place.table
        self._keys = list(self._table.primary_key)
        self._sealed = self._table.c[place.column]
        self._name, self._column, owner = place.owner or (self._table.name, self._sealed.name, None)
        # What a row is sealed under: its own key, or the one of its owner.
        self._sealed_under = self._keys if owner is None else [self._table.c[owner]]

    async def reseal(self, patience: float) -> int:
        """Repeat until no row is left under an older key."""
        count, waited = 0, 0.0
        while left := [key for key in await self._older() if key not in self.unreadable]:
            before = count + len(self.unreadable)
            for start in range(0, len(left), ROWS):
                count += await self._rewrite(left[start : start + ROWS])
            if count + len(self.unreadable) > before:
                waited = 0.0
                continue
            if waited >= patience:
                raise RowsLocked(f"{len(left)} rows of {self._table.name} are held by other transactions")
            await asyncio.sleep(PAUSE_SECONDS)
            waited += PAUSE_SECONDS
        return count

    async def _older(self) -> list[tuple[str, ...]]:
        """The keys of the rows that the newest key has not sealed."""
        newest = self._keyring.newest_header
        head = func.substr(self._sealed, 1, len(newest), type_=LargeBinary)
        query = select(*self._keys).where(self._sealed != b"", head != newest).order_by(*self._keys)
        async with self._database.read() as session:
            connection = await session.connection()
            return [tuple(row) for row in (await connection.execute(query)).all()]

    async def _rewrite(self, keys: Sequence[tuple[str, ...]]) -> int:
        """Rewrite some rows in one transaction; returns their number. Skips rows that another transaction holds."""
        width = len(self._keys)
        query = select(*self._keys, *self._sealed_under, self._sealed).where(self._one_of(keys))
        query = query.with_for_update(skip_locked=True)
        count = 0
        async with self._database.write() as session:
            connection = await session.connection()
            for *read, sealed in (await connection.execute(query)).all():
                key, under = tuple(read[:width]), tuple(read[width:])
                fresh = self._resealed(key, under, sealed)
                if fresh is not None:
                    change = update(self._table).where(self._one_of([key]))
                    await connection.execute(change.values({self._sealed: fresh}))
                    count += 1
        return count

    def _resealed(self, key: tuple[str, ...], under: tuple[str, ...], sealed: bytes) -> bytes | None:
        """The value sealed under the newest key; None if it already is, or cannot be opened."""
        if not sealed or not self._keyring.needs_reseal(sealed):
            return None
        place = {"table": self._name, "row": " ".join(under), "column": self._column}
        try:
            plain = self._keyring.open(sealed, **place)
        except SealBroken as error:
            self.unreadable[key] = Unreadable(self._table.name, " ".join(key), str(error))
            return None
        return self._keyring.seal(plain, **place)

    def _one_of(self, keys: Sequence[tuple[str, ...]]) -> ColumnElement[bool]:
        if len(self._keys) == 1:
            return self._keys[0].in_([key for (key,) in keys])
        return tuple_(*self._keys).in_(keys)


async def sealed_under(database: Database) -> dict[str, int]:
    """The number of stored secrets that each key has sealed, by the key's id (`KeyRing.key_ids`)."""
    counts: dict[str, int] = {}
    async with database.read() as session:
        connection = await session.connection()
        for place in SEALED:
            sealed = place.table.c[place.column]
            key_id = func.substr(sealed, len(VERSION) + 1, KEY_ID_BYTES, type_=LargeBinary).label("key_id")
            each = select(key_id).where(sealed != b"").subquery()
            query = select(each.c.key_id, func.count()).group_by(each.c.key_id)
            for found, count in (await connection.execute(query)).all():
                counts[bytes(found).hex()] = counts.get(bytes(found).hex(), 0) + count
    return counts
