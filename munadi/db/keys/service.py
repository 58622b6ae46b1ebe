"""The service for API keys.

A key never makes, changes or rotates a key that may do more than itself: `munadi.db.keys.rights` compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, Conflict, NotPermitted, NotVisible, Service
from munadi.db.brands.limits import require_holding
from munadi.db.brands.service import BrandService
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal, forget_callers
from munadi.db.keys.rights import child_of, filled_caps, require_manageable, require_rotatable, require_within
from munadi.db.keys.store import KeyStore, NewKey, caps_of, change_key, descendants, is_of_tests, reach_of, rotate_key
from munadi.db.tables import KeyRow
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps
from munadi.domain.key_view import KeyChange, KeyCreate, KeyView, KeyWithText
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.reach import EVERY_BRAND, Reach
from munadi.domain.shape import ReadBody
from munadi.domain.usage import Limit


class WrongMode(NotPermitted):
    """A key would change between test and live."""

    code, title = "KEY_MODE", "Test and live"


@dataclass(frozen=True)
class KeyService(Service):
    """API keys."""

    brands: BrandService

    async def create(self, sent: ReadBody[KeyCreate], caller: Principal, key: IdempotencyKey) -> Answer:
        """Create a key; the answer shows its text. Raises ProblemsFound, KeyExceedsOwn, QuotaExceeded."""
        now, problems = self.clock.now(), ProblemCollector(sent.problems)
        ends = sent.fields.get("expires_at")
        if ends is not None and ends <= now:
            problems.add("/expiresAt", "TIME_IN_PAST", "the time has passed")
        reach = await self._reach(sent.fields, caller, problems)
        _check_window(sent.fields.get("caps"), problems)
        problems.raise_if_any()
        new = child_of(caller, sent.model, reach)

        async def work(session: AsyncSession) -> Answer:
            await require_holding(session, reach.only, Limit.KEYS, self.limits, now)
            row, text = await self._store.create(session, new, now)
            return _with_text(row, text)

        record = key.record(self.keyring, reach.only, "keys.create", only_for=caller.key_id)
        return await self._once(record, work)

    async def list(
        self, caller: Principal, *, limit: int, after: str | None, parent_id: str | None = None
    ) -> Sequence[KeyView]:
        """The keys that the caller may see, in order of creation, revoked and expired ones too; those that one key made
        if it is given."""
        rows = await self._store.list(reach=caller.reach, limit=limit, after=after, parent_id=parent_id)
        return [_view(row) for row in rows]

    async def get(self, key_id: str, caller: Principal) -> KeyView:
        """A key without its text. Raises NotVisible."""
        return _view(_visible(await self._store.get(key_id) if is_id(key_id, Prefix.KEY) else None, key_id, caller))

    async def change(self, key_id: str, sent: KeyChange, caller: Principal) -> KeyView:
        """Change the fields that were sent. Raises NotVisible, ProblemsFound, KeyExceedsOwn, QuotaExceeded, and
        Conflict while keys that it made work for brands that it would lose."""
        await self.get(key_id, caller)
        now, problems, reach = self.clock.now(), ProblemCollector(), None
        if "brand_refs" in sent.model_fields_set:
            reach = await self._reach({"brand_refs": sent.brand_refs}, caller, problems)
        _check_window(sent.caps, problems)
        problems.raise_if_any()
        async with self.database.write() as session:
            row = await self._locked(session, key_id, caller)
            require_manageable(row, caller)
            changes = _changes(sent, row, reach, caller)
            if reach is not None and reach.only not in (None, row.brand_ref):
                await require_holding(session, reach.only, Limit.KEYS, self.limits, now)
            if reach is not None:
                await _require_same_mode(session, row, reach)
                await _require_no_wider_children(session, key_id, reach)
            change_key(session, row, changes, now)
            view = _view(row)
        forget_callers(self.database)
        return view

    async def rotate(self, key_id: str, overlap: timedelta, caller: Principal, key: IdempotencyKey) -> Answer:
        """Give a key another text, which the answer shows; the one before is valid until the overlap ends. Raises
        NotVisible, KeyExceedsOwn, and Conflict for a key that has ended."""
        before = await self.get(key_id, caller)

        async def work(session: AsyncSession) -> Answer:
            now, row = self.clock.now(), await self._locked(session, key_id, caller)
            require_rotatable(row, caller)
            if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
                detail = "the key was revoked or has expired; make another one"
                raise Conflict("KEY_ENDED", "The key has ended", detail)
            return _with_text(row, await rotate_key(session, row, overlap, now))

        record = key.record(self.keyring, before.brand_ref, f"keys.rotate {key_id}", only_for=caller.key_id)
        answer = await self._once(record, work)
        forget_callers(self.database)
        return answer

    async def revoke(self, key_id: str, caller: Principal, *, children: bool = False) -> None:
        """End a key at once, with `children` also those that descend from it. Repeats change nothing. Raises
        NotVisible, KeyExceedsOwn."""
        require_manageable(_visible(await self._row(key_id), key_id, caller), caller)
        await self._store.revoke(key_id, self.clock.now(), children=children)

    async def _reach(self, fields: Mapping[str, Any], caller: Principal, problems: ProblemCollector) -> Reach:
        """The brands that a request names, which exist and which the caller may see; else the caller's own."""
        patterns, brand_ref = fields.get("brand_refs"), fields.get("brand_ref")
        if patterns and brand_ref is not None:
            problems.add("/brandRefs", "FIELD_NOT_ALLOWED", "give brandRef or brandRefs, not both")
        if not patterns:
            named = await self.brands.named(brand_ref, caller, problems)
            return EVERY_BRAND if named is None else Reach.of([named])
        for index, pattern in enumerate(patterns):
            if not pattern.endswith("*"):
                await self.brands.require(pattern, f"/brandRefs/{index}", caller, problems)
        return Reach.of(patterns)

    async def _row(self, key_id: str) -> KeyRow | None:
        return await self._store.get(key_id) if is_id(key_id, Prefix.KEY) else None

    async def _locked(self, session: AsyncSession, key_id: str, caller: Principal) -> KeyRow:
        return _visible(await session.get(KeyRow, key_id, with_for_update=True), key_id, caller)

    @property
    def _store(self) -> KeyStore:
        return KeyStore(self.database)


def _visible(row: KeyRow | None, key_id: str, caller: Principal) -> KeyRow:
    """The key, if all its brands are the caller's too, or if it is the caller's own. Raises NotVisible."""
    if row is None or (row.id != caller.key_id and reach_of(row).beyond(caller.reach)):
        raise NotVisible("key", key_id)
    return row


def _changes(sent: KeyChange, row: KeyRow, reach: Reach | None, caller: Principal) -> dict[str, Any]:
    """What changes. Raises KeyExceedsOwn where that would allow more than the caller itself may do."""
    changes: dict[str, Any] = {"name": sent.name} if sent.name is not None else {}
    if "metadata" in sent.model_fields_set:
        changes["metadata"] = sent.metadata
    if reach is not None:
        changes["reach"] = reach
    if "caps" in sent.model_fields_set:
        kept = (caps_of(row) or KeyCaps()) if sent.caps is not None else KeyCaps()
        given = {name: getattr(sent.caps, name) for name in sent.caps.model_fields_set} if sent.caps else {}
        changes["caps"] = filled_caps(kept.model_copy(update=given), caller)
    after = NewKey(row.name, (), changes.get("reach", reach_of(row)), changes.get("caps"))
    require_within(after, caller, with_caps="caps" in changes)
    return changes


async def _require_same_mode(session: AsyncSession, row: KeyRow, reach: Reach) -> None:
    """WrongMode where a test key would become a live one, or the other way round: its prefix says which it is."""
    if await is_of_tests(session, reach_of(row)) != await is_of_tests(session, reach):
        detail = "a test key is for one test brand, and a live key never becomes one; make another key"
        raise WrongMode(detail)


async def _require_no_wider_children(session: AsyncSession, key_id: str, reach: Reach) -> None:
    """Conflict while a key that descends from it works for more than `reach`."""
    wider = [row.id for row in await descendants(session, key_id) if reach_of(row).beyond(reach)]
    if wider:
        named = ", ".join(wider[:5]) + (" and others" if len(wider) > 5 else "")
        detail = f"keys that it made work for brands that it would lose: {named}; change or revoke these first"
        raise Conflict("KEY_HAS_CHILDREN", "Keys that it made reach further", detail)


def _check_window(caps: KeyCaps | None, problems: ProblemCollector) -> None:
    if caps is not None and caps.not_before and caps.not_after and caps.not_after < caps.not_before:
        problems.add("/caps/notAfter", "RANGE_EMPTY", "notAfter is not before notBefore")


def _with_text(row: KeyRow, text: str) -> Answer:
    return Answer.of(KeyWithText(**_view(row).model_dump(by_alias=False), key=text))


def _view(row: KeyRow) -> KeyView:
    reach, previous = reach_of(row), row.previous_ends_at
    return KeyView(
        id=row.id,
        name=row.name,
        hint=row.hint,
        scopes=tuple(Scope(scope) for scope in row.scopes),
        brand_ref=reach.only,
        brand_refs=reach.brands,
        caps=caps_of(row),
        parent_id=row.parent_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        previous_expires_at=previous,
        metadata=row.own_metadata or {},
    )
