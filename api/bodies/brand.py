"""The brand that a request's body names."""

from __future__ import annotations

from api.process.services import Services
from munadi.db.brands.store import BrandStore
from munadi.db.keys.callers import Principal
from munadi.intake.problems import ProblemCollector


async def named_brand(
    ref: str | None, principal: Principal, services: Services, problems: ProblemCollector
) -> str | None:
    """The brand of a new object: the named one, else the key's own, else None (all brands).

    An unknown brand, and one that the key may not see, are the same problem at /brandRef.
    """
    if ref is None:
        return principal.brand_ref
    if not principal.may_see(ref) or await BrandStore(services.database).get(ref) is None:
        problems.add("/brandRef", "BRAND_UNKNOWN", f"there is no brand {ref[:64]!r}")
    return ref
