"""API keys: create, read, change, rotate and revoke them. Only a hash of each is stored."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.ids import new_id
from munadi.db.keys.callers import forget_callers, guarded, key_hash
from munadi.db.session import Database
from munadi.db.tables import BrandRow, KeyRow
from munadi.domain.audit import Action
from munadi.domain.brand import BrandMode
from munadi.domain.ids import Prefix
from munadi.domain.key import ALPHABET, RANDOM_LENGTH, KeyKind, Scope, kind_of, write_key
from munadi.domain.key_caps import KeyCaps
from munadi.domain.reach import EVERY_BRAND, Reach


@dataclass(frozen=True)
class NewKey:
    """A key to be made. `lineage`: the keys that it descends from, the first one ahead."""

    name: str
    scopes: Sequence[Scope]
    reach: Reach = EVERY_BRAND
    caps: KeyCaps | None = None
    expires_at: datetime | None = None
    lineage: Sequence[str] = ()
    metadata: Mapping[str, str] | None = None


class KeyStore:
    """Keys of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, session: AsyncSession, new: NewKey, now: datetime) -> tuple[KeyRow, str]:
        """Create a key in the caller's transaction: its row and its text, which cannot be read again."""
        text = _new_text(new.scopes, new.reach, is_test=await is_of_tests(session, new.reach))
        brand_ref, brand_refs = new.reach.columns
        row = KeyRow(
            id=new_id(Prefix.KEY),
            name=new.name,
            hash=_stored_hash(key_hash(text), new.reach, new.caps),
            hint=text[-4:],
            scopes=[scope.value for scope in new.scopes],
            brand_ref=brand_ref,
            brand_refs=brand_refs,
            caps=_stored_caps(new.caps),
            parent_id=next(reversed(new.lineage), None),
            lineage=list(new.lineage),
            own_metadata=dict(new.metadata) if new.metadata else None,
            created_at=now,
            expires_at=new.expires_at,
        )
        session.add(row)
        record(session, Action.KEY_CREATED, target=row.id, brand_ref=brand_ref, now=now)
        await session.flush()
        return row, text

    async def find(self, text: str) -> KeyRow | None:
        """The row of a key in any state; None when there is no such key."""
        hashes = [key_hash(text), guarded(key_hash(text))]
        async with self._database.read() as session:
            return (await session.exec(select(KeyRow).where(col(KeyRow.hash).in_(hashes)))).first()

    async def get(self, key_id: str) -> KeyRow | None:
        """A key by id."""
        async with self._database.read() as session:
            return await session.get(KeyRow, key_id)

    async def list(self, *, reach: Reach, limit: int, after: str | None, parent_id: str | None = None) -> list[KeyRow]:
        """Keys whose brands are all within `reach`, in order of id after `after`; those of one parent if given."""
        query = select(KeyRow).order_by(col(KeyRow.id)).limit(limit)
        if (condition := _may_be_within(reach)) is not None:
            query = query.where(condition)
        if parent_id is not None:
            query = query.where(KeyRow.parent_id == parent_id)
        found: list[KeyRow] = []
        async with self._database.read() as session:
            while True:
                rows = (await session.exec(query if after is None else query.where(col(KeyRow.id) > after))).all()
                found += [row for row in rows if not reach_of(row).beyond(reach)]
                if len(found) >= limit or len(rows) < limit:
                    return found[:limit]
                after = rows[-1].id

    async def revoke(self, key_id: str, now: datetime, *, children: bool = False) -> KeyRow | None:
        """Revoke a key, with `children` also those that descend from it: here at once, in other processes within a
        second. Repeats change nothing. None: no such key."""
        async with self._database.write() as session:
            row = await session.get(KeyRow, key_id, with_for_update=True)
            if row is not None:
                for each in [row, *(await descendants(session, key_id) if children else ())]:
                    _end(session, each, now)
        forget_callers(self._database)
        return row


async def descendants(session: AsyncSession, key_id: str) -> list[KeyRow]:
    """The keys that a key made and that are not revoked, and those that these made. They are locked."""
    found: list[KeyRow] = []
    parents = [key_id]
    while parents:
        query = select(KeyRow).where(col(KeyRow.parent_id).in_(parents)).order_by(col(KeyRow.id)).with_for_update()
        rows = (await session.exec(query)).all()
        found += [row for row in rows if row.revoked_at is None]
        parents = [row.id for row in rows]
    return found


def change_key(session: AsyncSession, row: KeyRow, changes: Mapping[str, Any], now: datetime) -> None:
    """Change a locked key: its `name`, its brands (`reach`), its `caps` and its `metadata`, those that are given."""
    row.name = changes.get("name", row.name)
    row.own_metadata = changes.get("metadata", row.own_metadata)
    reach, caps = changes.get("reach", reach_of(row)), changes.get("caps", caps_of(row))
    row.brand_ref, row.brand_refs = reach.columns
    row.caps = _stored_caps(caps)
    row.hash = _stored_hash(row.hash.removeprefix(guarded("")), reach, caps)
    record(session, Action.KEY_UPDATED, target=row.id, brand_ref=row.brand_ref, now=now)


async def rotate_key(session: AsyncSession, row: KeyRow, overlap: timedelta, now: datetime) -> str:
    """Give a locked key another text, which is returned. The one before is valid until the overlap ends, and the one
    before that ends now."""
    reach = reach_of(row)
    scopes, is_test = [Scope(scope) for scope in row.scopes], await is_of_tests(session, reach)
    text = _new_text(scopes, reach, is_test=is_test)
    row.previous_hash = row.hash.removeprefix(guarded("")) if overlap else None
    row.previous_ends_at = now + overlap if overlap else None
    row.hash, row.hint = _stored_hash(key_hash(text), reach, caps_of(row)), text[-4:]
    record(session, Action.KEY_ROTATED, target=row.id, brand_ref=row.brand_ref, now=now)
    return text


async def forget_brand(session: AsyncSession, brand_ref: str, now: datetime) -> None:
    """Remove an erased brand from keys of several brands. One that has no other brand is revoked."""
    query = select(KeyRow).where(col(KeyRow.brand_ref).is_(None)).with_for_update()
    for row in (await session.exec(query)).all():
        brands = reach_of(row).brands
        if brands is None or brand_ref not in brands:
            continue
        kept = Reach(tuple(each for each in brands if each != brand_ref))
        row.hash = _stored_hash(row.hash.removeprefix(guarded("")), kept, caps_of(row))
        row.brand_ref, row.brand_refs = kept.columns
        if not kept.brands:
            _end(session, row, now)


def reach_of(row: KeyRow) -> Reach:
    """The brands that a key works for."""
    return Reach.stored(row.brand_ref, row.brand_refs)


def caps_of(row: KeyRow) -> KeyCaps | None:
    """The caps of a key; None without any."""
    return KeyCaps.kept(row.caps)


def _end(session: AsyncSession, row: KeyRow, now: datetime) -> None:
    if row.revoked_at is None:
        row.revoked_at = now
        record(session, Action.KEY_REVOKED, target=row.id, brand_ref=row.brand_ref, now=now)


async def is_of_tests(session: AsyncSession, reach: Reach) -> bool:
    """Whether a key that reaches this is a test key: one of a test brand."""
    brand = None if reach.only is None else await session.get(BrandRow, reach.only)
    return brand is not None and brand.mode == BrandMode.TEST


def _new_text(scopes: Sequence[Scope], reach: Reach, *, is_test: bool) -> str:
    kind = KeyKind.CLIENT if reach.is_several else kind_of(scopes, reach.only)
    kind = KeyKind.TEST if is_test else kind
    return write_key(kind, "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH)))


def _stored_hash(hash_: str, reach: Reach, caps: KeyCaps | None) -> str:
    return guarded(hash_) if reach.is_several or caps is not None else hash_


def _stored_caps(caps: KeyCaps | None) -> dict[str, Any] | None:
    return None if caps is None else caps.model_dump(mode="json", by_alias=True)


def _may_be_within(reach: Reach) -> ColumnElement[bool] | None:
    """What keys within a reach fulfil, and keys of several brands that must be compared each."""
    if reach.brands is None:
        return None
    of_one = [
        col(KeyRow.brand_ref).startswith(pattern[:-1], autoescape=True)
        if pattern.endswith("*")
        else col(KeyRow.brand_ref) == pattern
        for pattern in reach.brands
    ]
    return or_(*of_one) if reach.only is not None else or_(*of_one, col(KeyRow.brand_ref).is_(None))
