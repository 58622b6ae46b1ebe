"""What a list is filtered by must exist: a misspelled name is a 404, not an empty list.

What this key may not see answers exactly like what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from api.auth import not_found
from api.deps import Page
from api.http.problems import refused
from api.process.services import Services
from munadi.db.keys.callers import Principal
from munadi.db.tables import AccountRow, ContentRow, EndpointRow, EventRow, SeriesRow
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem

Listed = TypeVar("Listed", bound=BaseModel)
Owned = AccountRow | ContentRow | EndpointRow | EventRow | SeriesRow
_TABLES: dict[Prefix, type[Owned]] = {
    Prefix.ACCOUNT: AccountRow,
    Prefix.CONTENT: ContentRow,
    Prefix.ENDPOINT: EndpointRow,
    Prefix.EVENT: EventRow,
    Prefix.SERIES: SeriesRow,
}


async def brand_filter(ref: str | None, principal: Principal, services: Services) -> str | None:
    """The brand that a list is filtered by: the named one, else the key's own; None for all. 404 for an unknown one,
    422 for none where the key has several."""
    if ref is None:
        return own_brand(principal)
    # The call counts for the brand that it names, so most often that brand was read together with the key.
    if principal.may_see(ref) and principal.calls is not None and principal.calls.ref == ref:
        return ref
    return (await services.brands.get(ref, principal)).ref


def own_brand(principal: Principal) -> str | None:
    """The brand of a call that names none: the key's own; None for all. ProblemError 422 where the key has several.

    None is also what a live key for all brands gets, which sees no test brand: see `only_visible`.
    """
    if principal.names_brands:
        message = "name a brand with brandRef: this key works for more than one"
        raise refused([Problem(pointer="?brandRef", code="MISSING_FIELD", message=message, rule="missing")])
    return principal.only_brand


def only_visible(found: Page[Listed], principal: Principal, brand_of: Callable[[Listed], str | None]) -> Page[Listed]:
    """A page of a list over all brands, for a key that sees live ones alone without what belongs to test brands.

    Such a page may have fewer entries than the limit, or none, although there are more: it reads no further rows in
    place of those that it leaves out.
    """
    if not principal.leaves_out_tests:
        return found
    kept = tuple(each for each in found.data if principal.may_see(brand_of(each)))
    return found.model_copy(update={"data": kept})


async def object_filter(object_id: str | None, prefix: Prefix, principal: Principal, services: Services) -> str | None:
    """The account, post, series, endpoint or event that a list is filtered by, a disconnected account too. 404 for an
    unknown one."""
    if object_id is None:
        return None
    async with services.database.read() as session:
        row: Owned | None = await session.get(_TABLES[prefix], object_id) if is_id(object_id, prefix) else None
    is_gone = isinstance(row, EndpointRow) and row.deleted_at is not None
    if row is None or is_gone or not principal.may_see(row.brand_ref):
        raise not_found(prefix.name.lower(), object_id)
    return object_id
