"""The service for brands, and which brand a request means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, Conflict, NotPermitted, NotVisible, Service
from munadi.db.brands.store import BrandExists, BrandStore
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.domain.brand import (
    BRAND_REF,
    ApprovalRule,
    BrandLimits,
    BrandMode,
    BrandView,
    Duplicates,
    UnusableAccounts,
)
from munadi.domain.brand_requests import BrandChange, BrandCreate
from munadi.domain.fitting import Fit
from munadi.domain.look_ages import stored_looks
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.reach import Reach
from munadi.ports.sandboxed import SETTING


@dataclass(frozen=True)
class BrandService(Service):
    """Brands. One object per process. `has_sandbox`: whether test brands have a place to publish to."""

    has_sandbox: bool = False

    async def create(self, sent: BrandCreate, caller: Principal, key: IdempotencyKey) -> Answer:
        """Create a brand. Raises NotPermitted, and Conflict where its ref is taken."""
        if not caller.reach.may_create(sent.ref):
            raise NotPermitted(f"this key works for {_named(caller.reach)} and makes no other brand")
        if sent.mode is BrandMode.TEST and not self.has_sandbox:
            message = f"a test brand publishes to the sandbox, and there is none here; its operator sets {SETTING}"
            raise ProblemsFound([Problem(pointer="/mode", code="SANDBOX_MISSING", message=message, rule=SETTING)])

        # Keys of several brands do not see what others made.
        own = None if caller.is_for_all else caller.key_id

        async def work(session: AsyncSession) -> Answer:
            made = await self._store.create(
                session,
                ref=sent.ref,
                name=sent.name,
                timezone=sent.timezone,
                limits=sent.limits or BrandLimits(),
                duplicates=sent.duplicates or Duplicates.WARN,
                unusable_accounts=sent.unusable_accounts or UnusableAccounts.WARN,
                approval=sent.approval or ApprovalRule.PROPOSALS,
                fit=sent.fit or Fit.REFUSE,
                looks=sent.looks,
                metadata=sent.metadata,
                mode=sent.mode,
                now=self.clock.now(),
            )
            return Answer.of(made)

        try:
            return await self._once(key.record(self.keyring, None, "brands.create", only_for=own), work)
        except BrandExists:
            raise Conflict("BRAND_EXISTS", "Exists already", f"there is a brand {sent.ref!r}") from None

    async def change(self, ref: str, sent: BrandChange, caller: Principal) -> BrandView:
        """Change the fields that were sent. Raises NotVisible, and NotPermitted for limits by a key of one brand."""
        before = await self.get(ref, caller)
        changes = {name: getattr(sent, name) for name in sent.model_fields_set}
        if "limits" in changes:
            if caller.only_brand is not None:
                raise NotPermitted("a key for one brand sets no limits")
            changes["limits"] = before.limits.changed_by(sent.limits) if sent.limits else BrandLimits()
        if "duplicates" in changes:
            changes["duplicates"] = (sent.duplicates or Duplicates.WARN).value
        if "unusable_accounts" in changes:
            changes["unusable_accounts"] = (sent.unusable_accounts or UnusableAccounts.WARN).value
        if "approval" in changes:
            changes["approval"] = (sent.approval or ApprovalRule.PROPOSALS).value
        if "fit" in changes:
            changes["fit"] = (sent.fit or Fit.REFUSE).value
        if "looks" in changes:
            changes["looks"] = stored_looks(sent.looks)
        if "metadata" in changes:
            changes["own_metadata"] = changes.pop("metadata")
        changed = await self._store.change(ref, changes, self.clock.now())
        if changed is None:
            raise NotVisible("brand", ref)
        return changed

    async def get(self, ref: str, caller: Principal) -> BrandView:
        """A brand that the caller may see. Raises NotVisible."""
        possible = re.fullmatch(BRAND_REF, ref) is not None and caller.may_see(ref)
        brand = await self._store.get(ref) if possible else None
        if brand is None:
            raise NotVisible("brand", ref)
        return brand

    async def named(self, ref: str | None, caller: Principal, problems: ProblemCollector) -> str | None:
        """The brand of a new object: the named one, else the key's own, else None (all brands).

        An unknown brand, and one that the caller may not see, are the same problem at /brandRef. A key of several
        brands must name one.
        """
        if ref is None:
            if caller.names_brands:
                problems.add("/brandRef", "MISSING_FIELD", "name the brand; this key works for more than one")
            return caller.only_brand
        await self.require(ref, "/brandRef", caller, problems)
        return ref

    async def require(self, ref: str, pointer: str, caller: Principal, problems: ProblemCollector) -> None:
        """A problem there unless it is the ref of a brand that the caller may see."""
        if not caller.may_see(ref) or await self._store.get(ref) is None:
            problems.add(pointer, "BRAND_UNKNOWN", f"there is no brand {ref[:64]!r}")

    @property
    def _store(self) -> BrandStore:
        return BrandStore(self.database)


def _named(reach: Reach) -> str:
    return "one brand" if reach.only is not None else ", ".join(reach.brands or ())
