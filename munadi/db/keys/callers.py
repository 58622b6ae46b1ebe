"""The caller of a request: its API key, and the brand that the call counts for.

A valid key is cached for a second, so that a client that calls often costs one read a second. Revoking a key or
changing a brand in this process forgets it at once; another process notices within that second. A brand with limits on
its calls is never cached: its counter must be read for each call (docs/limits.md).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Select, String, and_, bindparam, case, null, or_, select
from sqlmodel import col, func

from munadi.db.prebuilt import Prebuilt
from munadi.db.session import Database
from munadi.db.tables import ApiCallsRow, BrandRow, KeyRow, OAuthTokenRow, SessionRow
from munadi.db.types import UtcDateTime
from munadi.domain.brand import BrandLimits
from munadi.domain.key import Scope, allows, is_token
from munadi.domain.key_caps import KeyCaps, strictest
from munadi.domain.reach import Reach
from munadi.domain.usage import BrandCalls, Month

CACHE_SECONDS = 1.0
MAX_REMEMBERED = 1_000


class ScopeMissing(Exception):
    """The caller's key lacks a scope that a field of the request needs."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"the key lacks the scope {scope}")
        self.scope = scope


@dataclass(frozen=True)
class Principal:
    """The bearer of a key. `calls`: the brand that this call counts for.

    `caps` are those of the key and of the keys that it descends from (`lineage`), each with its key's id. `expires_at`
    is the end of the text that was sent, which may be earlier than that of the key (`key_ends_at`).
    """

    key_id: str
    scopes: frozenset[str]
    reach: Reach
    calls: BrandCalls | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    key_ends_at: datetime | None = None
    lineage: tuple[str, ...] = ()
    caps: tuple[tuple[str, KeyCaps], ...] = ()

    def may(self, scope: str) -> bool:
        """Whether the key has this scope, by itself or included in another."""
        return allows(self.scopes, scope)

    def require(self, scope: Scope) -> None:
        """ScopeMissing without this scope."""
        if not self.may(scope):
            raise ScopeMissing(scope)

    def may_see(self, brand_ref: str | None) -> bool:
        """Whether the key may see this brand's objects. Only a key of every brand sees what belongs to none (None)."""
        return self.reach.includes(brand_ref)

    @property
    def own_caps(self) -> KeyCaps:
        """What the caps of the key and of those that it descends from allow together."""
        return strictest(caps for _, caps in self.caps)

    @property
    def only_brand(self) -> str | None:
        """The brand of a key of one brand. Without one, a list needs `reach` too: the key may have several."""
        return self.reach.only

    @property
    def is_for_all(self) -> bool:
        """Whether the key works for every brand."""
        return self.reach.is_everything


_NAMED: ColumnElement[str] = func.coalesce(KeyRow.brand_ref, bindparam("named", type_=String))


def _key_and_brand(text_ends: Any) -> Select[Any]:
    """`text_ends`: when the text ends that was sent, if that is not when the key ends."""
    return (
        select(
            col(KeyRow.id),
            col(KeyRow.scopes),
            col(KeyRow.brand_ref),
            col(KeyRow.brand_refs),
            col(KeyRow.caps),
            col(KeyRow.lineage),
            col(KeyRow.expires_at),
            text_ends.label("text_ends"),
            col(KeyRow.revoked_at),
            col(BrandRow.ref),
            col(BrandRow.limits),
            col(ApiCallsRow.calls),
            col(ApiCallsRow.minute),
            col(ApiCallsRow.minute_calls),
        )
        .select_from(KeyRow)
        .join(BrandRow, col(BrandRow.ref) == _NAMED, isouter=True)
        .join(
            ApiCallsRow,
            and_(col(ApiCallsRow.brand_ref) == col(BrandRow.ref), col(ApiCallsRow.month) == bindparam("month")),
            isouter=True,
        )
    )


# The text of before a rotation ends earlier than the key.
_IS_PREVIOUS = col(KeyRow.hash).not_in([bindparam("hash"), bindparam("guarded")])
_BY_HASH = Prebuilt(
    _key_and_brand(case((_IS_PREVIOUS, col(KeyRow.previous_ends_at)), else_=null())).where(
        or_(
            col(KeyRow.hash).in_([bindparam("hash"), bindparam("guarded")]),
            col(KeyRow.previous_hash) == bindparam("hash"),
        )
    )
)
# The key of a program that signed in, by one of its tokens. An end of the key that was moved holds for the token, too.
_BY_TOKEN = Prebuilt(
    _key_and_brand(col(OAuthTokenRow.expires_at))
    .join(OAuthTokenRow, col(OAuthTokenRow.key_id) == col(KeyRow.id))
    .where(col(OAuthTokenRow.hash) == bindparam("hash"), col(OAuthTokenRow.is_refresh).is_(False))
)
_BY_ID = Prebuilt(_key_and_brand(null()).where(col(KeyRow.id) == bindparam("key_id")))
_BY_SESSION = Prebuilt(
    _key_and_brand(null())
    .join(SessionRow, col(SessionRow.key_id) == col(KeyRow.id))
    .where(
        col(SessionRow.id) == bindparam("session"),
        col(SessionRow.ended_at).is_(None),
        col(SessionRow.ends_at) > bindparam("now", type_=UtcDateTime),
    )
)


class _KeyCache:
    """A cache of valid keys, for one second. `changes` counts how often it was cleared."""

    def __init__(self) -> None:
        self.changes = 0
        self._until: dict[tuple[str, str | None, Month], tuple[float, Principal]] = {}

    def get(self, cache_key: tuple[str, str | None, Month]) -> Principal | None:
        until, principal = self._until.get(cache_key, (0.0, None))
        return principal if time.monotonic() < until else None

    def put(self, cache_key: tuple[str, str | None, Month], principal: Principal) -> None:
        if len(self._until) >= MAX_REMEMBERED:
            self._until.clear()
        self._until[cache_key] = (time.monotonic() + CACHE_SECONDS, principal)

    def forget(self) -> None:
        self.changes += 1
        self._until.clear()


_OF_DATABASE: WeakKeyDictionary[Database, _KeyCache] = WeakKeyDictionary()


async def find_caller(database: Database, text: str, named: str | None, month: Month) -> Principal | None:
    """The bearer of a key, whatever its state; None when there is no such key.

    `named` is the brand that the call names. It counts for the key's own brand, else for that one, if there is one.
    """
    cache_key = (key_hash(text), named, month)
    cache = _OF_DATABASE.setdefault(database, _KeyCache())
    if (known := cache.get(cache_key)) is not None:
        return known
    changes = cache.changes
    values = {"hash": cache_key[0], "guarded": guarded(cache_key[0]), "named": named, "month": month.text}
    query = _BY_TOKEN if is_token(text) else _BY_HASH
    found = await database.lookup(lambda connection: _find(connection, query, values))
    if found is not None and _may_be_cached(found, named) and changes == cache.changes:
        cache.put(cache_key, found)
    return found


async def find_session(
    database: Database, session_id: str, named: str | None, month: Month, now: datetime
) -> Principal | None:
    """The bearer of an open dashboard session, which is never cached."""
    values = {"session": session_id, "named": named, "month": month.text, "now": now}
    return await database.lookup(lambda connection: _find(connection, _BY_SESSION, values))


async def brand_calls(database: Database, refs: Collection[str], month: Month) -> dict[str, BrandCalls]:
    """What counts as a call for each of these brands that exist: their limits, and their calls so far."""
    query = (
        select(
            col(BrandRow.ref),
            col(BrandRow.limits),
            col(ApiCallsRow.calls),
            col(ApiCallsRow.minute),
            col(ApiCallsRow.minute_calls),
        )
        .select_from(BrandRow)
        .join(
            ApiCallsRow,
            and_(col(ApiCallsRow.brand_ref) == col(BrandRow.ref), col(ApiCallsRow.month) == month.text),
            isouter=True,
        )
        .where(col(BrandRow.ref).in_(refs))
    )
    rows = await database.lookup(lambda connection: connection.execute(query).all())
    return {row.ref: _calls_of(row) for row in rows}


async def find_key(database: Database, key_id: str, month: Month) -> Principal | None:
    """The bearer of a key by its id, whatever its state, for what acts for the key later; never cached."""
    values = {"key_id": key_id, "named": None, "month": month.text}
    return await database.lookup(lambda connection: _find(connection, _BY_ID, values))


def forget_callers(database: Database) -> None:
    """Clear the cache of keys. Call this after a key or a brand was changed."""
    if (cache := _OF_DATABASE.get(database)) is not None:
        cache.forget()


def key_hash(text: str) -> str:
    """The hash of a key. A key has 190 random bits, so a plain SHA-256 is as good as a slow hash."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def guarded(hash_: str) -> str:
    """What is stored in place of the hash of a key that has caps, or several brands but not every brand.

    A process of an earlier version, which knows neither and would allow too much, does not find such a key.
    """
    return f"guarded {hash_}"


def _may_be_cached(found: Principal, named: str | None) -> bool:
    if found.revoked_at is not None:
        return False
    if found.calls is None:
        return named is None and found.only_brand is None  # else the brand may be created at any moment
    limits = found.calls.limits
    return limits.api_calls_per_minute is None and limits.api_calls_per_month is None


def _find(connection: Connection, query: Prebuilt, values: Mapping[str, Any]) -> Principal | None:
    found = query.read(connection, values)
    if not found:
        return None
    row = found[0]
    reach = Reach.stored(row.brand_ref, row.brand_refs)
    brand = None
    # A call that names a brand of others counts for none, and is answered as for an unknown one.
    if row.ref is not None and reach.includes(row.ref):
        brand = _calls_of(row)
    lineage = tuple(row.lineage or ())
    return Principal(
        row.id,
        frozenset(row.scopes),
        reach,
        brand,
        _end_of(row),
        row.revoked_at,
        row.expires_at,
        lineage,
        _caps_of(connection, row.id, row.caps, lineage),
    )


def _end_of(row: Any) -> datetime | None:
    """When the text ends that was sent."""
    return min((each for each in (row.expires_at, row.text_ends) if each is not None), default=None)


def _caps_of(
    connection: Connection, key_id: str, own: Mapping[str, Any] | None, lineage: Sequence[str]
) -> tuple[tuple[str, KeyCaps], ...]:
    found = {key_id: own}
    if lineage:
        rows = connection.execute(select(col(KeyRow.id), col(KeyRow.caps)).where(col(KeyRow.id).in_(lineage)))
        found |= {each.id: each.caps for each in rows}
    kept = [(each, KeyCaps.kept(caps)) for each, caps in sorted(found.items())]
    return tuple((each, caps) for each, caps in kept if caps is not None)


def _calls_of(row: Any) -> BrandCalls:
    return BrandCalls(row.ref, BrandLimits.kept(row.limits), row.calls or 0, row.minute, row.minute_calls or 0)
