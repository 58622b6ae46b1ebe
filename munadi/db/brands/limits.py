"""Enforces a brand's rules and limits when something new is accepted. What was accepted before is never affected.

A transaction that counts before it adds locks the brand's row first, before any post's. So concurrent additions take
turns and a limit is exact. On SQLite writers take turns anyway. A brand without a limit is neither locked nor counted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.config import LimitSettings
from munadi.db.brands.holdings import KINDS, holdings_of, limit_of
from munadi.db.brands.usage import PublicationCounts, accounts_of, deliveries_of, publications_of
from munadi.db.tables import BrandRow
from munadi.domain.brand import ApprovalRule, BrandLimits, Duplicates
from munadi.domain.usage import Limit, Month, Quota, QuotaExceeded, of_month


@dataclass(frozen=True)
class BrandRules:
    """What a brand allows when a post is accepted or changed."""

    limits: BrandLimits = field(default_factory=BrandLimits)
    duplicates: Duplicates = Duplicates.WARN
    approval: ApprovalRule = ApprovalRule.PROPOSALS

    @property
    def need_a_lock(self) -> bool:
        """Whether other posts of the brand are read before one is written, so that these transactions take turns."""
        is_limited = any(limit.of(self.limits) is not None for limit in POST_LIMITS)
        return is_limited or self.duplicates is Duplicates.REFUSE

    @classmethod
    def kept(cls, columns: tuple[Mapping[str, Any] | None, str | None, str | None] | None) -> Self:
        """From the columns `limits`, `duplicates` and `approval` of a brand; without any rule for an unknown brand."""
        if columns is None:
            return cls()
        limits, duplicates, approval = columns
        approvals = ApprovalRule(approval or ApprovalRule.PROPOSALS)
        return cls(BrandLimits.kept(limits), Duplicates(duplicates or Duplicates.WARN), approvals)


async def rules_of(session: AsyncSession, brand_ref: str) -> BrandRules:
    """A brand's current rules. Its row is locked until the transaction ends, if they need that."""
    query = select(BrandRow.limits, BrandRow.duplicates, BrandRow.approval).where(col(BrandRow.ref) == brand_ref)
    rules = BrandRules.kept((await session.exec(query)).first())
    return await lock_rules(session, brand_ref) if rules.need_a_lock else rules


async def lock_rules(session: AsyncSession, brand_ref: str) -> BrandRules:
    """Lock the brand's row until the transaction ends, and return its rules. Foreign keys to it do not wait."""
    query = select(BrandRow.limits, BrandRow.duplicates, BrandRow.approval).where(col(BrandRow.ref) == brand_ref)
    return BrandRules.kept((await session.exec(query.with_for_update(key_share=True))).first())


async def limits_of(session: AsyncSession, brand_ref: str) -> BrandLimits:
    """A brand's current limits; no limits for an unknown brand."""
    query = select(BrandRow.limits).where(col(BrandRow.ref) == brand_ref)
    return BrandLimits.kept((await session.exec(query)).first())


async def approval_of(session: AsyncSession, brand_ref: str) -> ApprovalRule:
    """Which posts of a brand wait for an approval now."""
    found = (await session.exec(select(BrandRow.approval).where(col(BrandRow.ref) == brand_ref))).first()
    return ApprovalRule(found or ApprovalRule.PROPOSALS)


async def lock_limits(session: AsyncSession, brand_ref: str) -> BrandLimits:
    """Lock the brand's row as `lock_rules` does, and return its limits."""
    return (await lock_rules(session, brand_ref)).limits


async def require_publications(
    session: AsyncSession,
    brand_ref: str,
    limits: BrandLimits,
    month: Month,
    adding: int,
    now: datetime,
    *,
    are_stored: bool = False,
) -> None:
    """QuotaExceeded unless so many more publications fit into a month, beside those published and planned.

    `are_stored`: they are in the database already, in this transaction.
    """
    limit = limits.publications_per_month
    if limit is None:
        return
    counts = (await publications_of(session, [brand_ref], month, now)).get(brand_ref, PublicationCounts())
    planned = counts.planned - (adding if are_stored else 0)
    used = counts.published + planned
    if used + adding <= limit:
        return
    text = (
        f"the brand {brand_ref!r} may publish {limit} posts in {month.text} (UTC): "
        f"{counts.published} are published and {planned} planned, and this would add {adding}"
    )
    quota = of_month(Limit.PUBLICATIONS_PER_MONTH, limit, used, month, now)
    raise QuotaExceeded(text, [quota], used + adding)


async def require_deliveries(session: AsyncSession, brand_ref: str | None, now: datetime) -> None:
    """QuotaExceeded unless the brand may have one more webhook delivery by request: a test, redelivery or replay.

    Posts never come here: no number of deliveries refuses a post. An endpoint of all brands has no limit.
    """
    if brand_ref is None:
        return
    limit = (await limits_of(session, brand_ref)).webhook_deliveries_per_month
    if limit is None:
        return
    month = Month.of(now)
    used = (await deliveries_of(session, [brand_ref], month)).get(brand_ref, 0)
    if used < limit:
        return
    text = f"the brand {brand_ref!r} may have {limit} webhook deliveries in {month.text} (UTC), and has had {used}"
    quota = of_month(Limit.WEBHOOK_DELIVERIES_PER_MONTH, limit, used, month, now)
    raise QuotaExceeded(text, [quota], used + 1)


async def require_room(
    session: AsyncSession, brand_ref: str, limits: BrandLimits, due: datetime, adding: int, now: datetime
) -> None:
    """QuotaExceeded unless a new post with `adding` publications may be accepted."""
    for limit, require in POST_LIMITS.items():
        if limit.of(limits) is not None:
            await require(session, brand_ref, limits, due, adding, now)


async def _require_month(
    session: AsyncSession, brand_ref: str, limits: BrandLimits, due: datetime, adding: int, now: datetime
) -> None:
    # What is due at once may have been read in the month before.
    await require_publications(session, brand_ref, limits, Month.of(max(due, now)), adding, now)


# The limits that a new post counts against, and what requires room: `require_room` for one of them. A post that changes
# counts against them too (`munadi.publishing.limits`).
POST_LIMITS: dict[Limit, Callable[[AsyncSession, str, BrandLimits, datetime, int, datetime], Awaitable[None]]] = {
    Limit.PUBLICATIONS_PER_MONTH: _require_month
}


async def require_accounts(session: AsyncSession, brand_ref: str, limits: BrandLimits, adding: int) -> None:
    """QuotaExceeded unless the brand may connect so many more accounts. Adding none is always possible."""
    limit = limits.accounts
    if limit is None or not adding:
        return
    connected = (await accounts_of(session, [brand_ref])).get(brand_ref, 0)
    if connected + adding <= limit:
        return
    text = f"the brand {brand_ref!r} may connect {limit} accounts and has {connected}"
    raise QuotaExceeded(text, [Quota(Limit.ACCOUNTS, limit, connected)], connected + adding)


async def require_holding(
    session: AsyncSession, brand_ref: str | None, kind: Limit, limits: LimitSettings, now: datetime, *, adding: int = 1
) -> None:
    """QuotaExceeded unless the brand may have so much more. Its row is locked, so that the limit is exact.

    `limits`: those of a brand without its own. What a brand has already it keeps. What belongs to no brand has no
    limit.
    """
    if brand_ref is None or not adding:
        return
    own = await lock_limits(session, brand_ref)
    await require_held(session, brand_ref, kind, limit_of(kind, own, limits.of_brand), now, adding=adding)


async def require_held(
    session: AsyncSession, brand_ref: str, kind: Limit, limit: int | None, now: datetime, *, adding: int = 1
) -> None:
    """As `require_holding`, for a brand whose row is locked and which has this limit; None: any number."""
    if limit is None:
        return
    used = (await holdings_of(session, [brand_ref], kind, now)).get(brand_ref, 0)
    if used + adding > limit:
        text = f"the brand {brand_ref!r} may have {limit} {KINDS[kind][0]} and has {used}"
        raise QuotaExceeded(text, [Quota(kind, limit, used)], used + adding)
