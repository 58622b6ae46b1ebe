"""The caller of a request: its API key, and the brand that the call counts for.

A key sees live brands or test brands, or administers both (decision 58), which `Principal.may_see` judges.

A valid key is cached for a second, so that a client that calls often costs one read a second. Revoking a key or
changing a brand in this process forgets it at once; another process notices within that second. A brand with limits on
its calls is never cached: its counter must be read for each call (docs/limits.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, and_, select
from sqlmodel import col

from munadi.db.keys.cache import CallerCache
from munadi.db.keys.caller_queries import BY_HASH, BY_ID, BY_SESSION, BY_TOKEN
from munadi.db.prebuilt import Prebuilt
from munadi.db.session import Database
from munadi.db.tables import ApiCallsRow, BrandRow, KeyRow
from munadi.domain.brand import BrandLimits, BrandMode
from munadi.domain.key import ADMINISTERING, Scope, allows, is_token
from munadi.domain.key_caps import KeyCaps, strictest
from munadi.domain.reach import Reach
from munadi.domain.usage import BrandCalls, Month


class ScopeMissing(Exception):
    """The caller's key lacks a scope that a field of the request needs."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"the key lacks the scope {scope}")
        self.scope = scope


@dataclass(frozen=True)
class Principal:
    """The bearer of a key. `calls`: the brand that this call counts for.

    `caps` are those of the key and of the keys that it descends from (`lineage`), each with its key's id. `expires_at`
    is the end of the text that was sent, at most `key_ends_at`. `mode`: it sees test brands alone, or live ones alone;
    None: both. `test_brands`: the refs of all, of a key for several brands with a mode; `named_mode`: that of the brand
    which its call names.
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
    mode: BrandMode | None = None
    test_brands: frozenset[str] = frozenset()
    named_mode: BrandMode | None = None

    def may(self, scope: str) -> bool:
        """Whether the key has this scope, by itself or included in another."""
        return allows(self.scopes, scope)

    def require(self, scope: Scope) -> None:
        """ScopeMissing without this scope."""
        if not self.may(scope):
            raise ScopeMissing(scope)

    def may_see(self, brand_ref: str | None) -> bool:
        """Whether the key may see this brand's objects: it works for the brand, and the brand is of its mode. What
        belongs to no brand (None) is seen by a key of every brand, if it is no test key."""
        if not self.reach.includes(brand_ref):
            return False
        if self.mode is None or self.only_brand is not None:
            return True
        return (brand_ref in self.test_brands) is (self.mode is BrandMode.TEST)

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
        """Whether the key works for every brand of its mode, and for what belongs to none."""
        return self.may_see(None)

    @property
    def names_brands(self) -> bool:
        """Whether its calls name a brand wherever one is needed: the key has several, and is not for all."""
        return self.only_brand is None and not self.is_for_all

    @property
    def leaves_out_tests(self) -> bool:
        """Whether a call over all brands must leave test brands out, of which there are some."""
        return self.mode is BrandMode.LIVE and bool(self.test_brands)


_OF_DATABASE: WeakKeyDictionary[Database, CallerCache[Principal]] = WeakKeyDictionary()


async def find_caller(database: Database, text: str, named: str | None, month: Month) -> Principal | None:
    """The bearer of a key, whatever its state; None when there is no such key.

    `named` is the brand that the call names. It counts for the key's own brand, else for that one, if there is one.
    """
    cache_key = (key_hash(text), named, month)
    cache = _cache_of(database)
    if (known := cache.get(cache_key)) is not None:
        return known
    changes = cache.changes
    values = {"hash": cache_key[0], "guarded": guarded(cache_key[0]), "named": named, "month": month.text}
    query = BY_TOKEN if is_token(text) else BY_HASH
    found = await _found(database, query, values)
    if found is not None and _may_be_cached(found, named) and changes == cache.changes:
        cache.put(cache_key, found)
    return found


async def find_session(
    database: Database, session_id: str, named: str | None, month: Month, now: datetime
) -> Principal | None:
    """The bearer of an open dashboard session, which is never cached."""
    values = {"session": session_id, "named": named, "month": month.text, "now": now}
    return await _found(database, BY_SESSION, values)


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
    return await _found(database, BY_ID, values)


def forget_callers(database: Database) -> None:
    """Clear the cache of keys. Call this after a key or a brand was changed."""
    _cache_of(database).forget()


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


def _cache_of(database: Database) -> CallerCache[Principal]:
    return _OF_DATABASE.setdefault(database, CallerCache())


async def _found(database: Database, query: Prebuilt, values: Mapping[str, Any]) -> Principal | None:
    cache = _cache_of(database)
    return await database.lookup(lambda connection: _find(connection, query, values, cache))


def _find(
    connection: Connection, query: Prebuilt, values: Mapping[str, Any], cache: CallerCache[Principal]
) -> Principal | None:
    found = query.read(connection, values)
    if not found:
        return None
    row = found[0]
    reach = Reach.stored(row.brand_ref, row.brand_refs)
    is_within = row.ref is not None and reach.includes(row.ref)
    of_brand = BrandMode(row.mode) if is_within else None
    mode = _mode_of(row.scopes, reach, of_brand)
    # A call that names a brand of others counts for none, and is answered as for an unknown one.
    is_its_own = is_within and mode in (None, of_brand)
    lineage = tuple(row.lineage or ())
    return Principal(
        row.id,
        frozenset(row.scopes),
        reach,
        _calls_of(row) if is_its_own else None,
        _end_of(row),
        row.revoked_at,
        row.expires_at,
        lineage,
        _caps_of(connection, row.id, row.caps, lineage),
        mode,
        frozenset() if mode is None or reach.only is not None else _test_brands(connection, cache, row.ref, of_brand),
        of_brand,
    )


def _mode_of(scopes: Collection[str], reach: Reach, of_brand: BrandMode | None) -> BrandMode | None:
    """The mode of a key: that of its only brand. A key of more brands is a live one, unless it administers brands or
    keys."""
    if reach.only is not None:
        return of_brand or BrandMode.LIVE
    return None if ADMINISTERING.intersection(scopes) else BrandMode.LIVE


def _test_brands(
    connection: Connection, cache: CallerCache[Principal], named: str | None, of_named: BrandMode | None
) -> frozenset[str]:
    """The refs of all test brands. Whether the named brand is one was read with the key, and is no second old."""
    refs = cache.test_brands(connection)
    if named is None or of_named is None:
        return refs
    return refs | {named} if of_named is BrandMode.TEST else refs - {named}


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
