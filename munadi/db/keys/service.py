"""The service for API keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, NotVisible, Service
from munadi.db.brands.limits import require_holding
from munadi.db.brands.service import BrandService
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.keys.store import KeyStore
from munadi.db.tables import KeyRow
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.key_view import KeyCreate, KeyView, KeyWithText
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.shape import ReadBody
from munadi.domain.usage import Limit


@dataclass(frozen=True)
class KeyService(Service):
    """API keys."""

    brands: BrandService

    async def create(self, sent: ReadBody[KeyCreate], caller: Principal, key: IdempotencyKey) -> Answer:
        """Create a key; the answer shows its text. Raises ProblemsFound, QuotaExceeded."""
        now, problems = self.clock.now(), ProblemCollector(sent.problems)
        ends = sent.fields.get("expires_at")
        if ends is not None and ends <= now:
            problems.add("/expiresAt", "TIME_IN_PAST", "the time has passed")
        brand_ref = await self.brands.named(sent.fields.get("brand_ref"), caller, problems)
        problems.raise_if_any()
        wanted = sent.model

        async def work(session: AsyncSession) -> Answer:
            await require_holding(session, brand_ref, Limit.KEYS, self.limits, now)
            row, text = await self._store.create(
                session,
                name=wanted.name,
                scopes=tuple(dict.fromkeys(wanted.scopes)),
                brand_ref=brand_ref,
                expires_at=wanted.expires_at,
                now=now,
            )
            return Answer.of(KeyWithText(**_view(row).model_dump(by_alias=False), key=text))

        record = key.record(self.keyring, brand_ref, "keys.create", only_for=caller.key_id)
        return await self._once(record, work)

    async def list(self, caller: Principal, *, limit: int, after: str | None) -> Sequence[KeyView]:
        """The keys that the caller may see, in order of creation, revoked and expired ones too."""
        rows = await self._store.list(brand_ref=caller.brand_ref, limit=limit, after=after)
        return [_view(row) for row in rows]

    async def get(self, key_id: str, caller: Principal) -> KeyView:
        """A key without its text. Raises NotVisible."""
        row = await self._store.get(key_id) if is_id(key_id, Prefix.KEY) else None
        if row is None or not caller.may_see(row.brand_ref):
            raise NotVisible("key", key_id)
        return _view(row)

    async def revoke(self, key_id: str, caller: Principal) -> None:
        """End a key at once. Repeats change nothing. Raises NotVisible."""
        await self.get(key_id, caller)
        await self._store.revoke(key_id, self.clock.now())

    @property
    def _store(self) -> KeyStore:
        return KeyStore(self.database)


def _view(row: KeyRow) -> KeyView:
    return KeyView(
        id=row.id,
        name=row.name,
        hint=row.hint,
        scopes=tuple(Scope(scope) for scope in row.scopes),
        brand_ref=row.brand_ref,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
