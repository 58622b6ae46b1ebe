"""The audit log: who did what, newest first. Only administrators read it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth import require
from api.deps import Page, TheServices
from api.filters import brand_filter, only_visible
from api.http.paging import PagingQuery
from api.openapi.document import error_responses
from api.openapi.examples import shows_page
from munadi.db.audit import AuditFilter, list_entries
from munadi.db.keys.callers import Principal
from munadi.domain.audit import Action, AuditEntry
from munadi.domain.key import Scope
from munadi.domain.time import Instant

router = APIRouter(prefix="/v1/audit", tags=["audit"])

_EXAMPLE = {
    "id": "aud_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "at": "2026-12-01T03:30:01.204Z",
    "keyId": "key_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "action": "content.canceled",
    "target": "cnt_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "requestId": "req_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "address": "203.0.113.7",
    "count": 1,
}

Admin = Annotated[Principal, Depends(require(Scope.ADMIN))]


@router.get(
    "",
    operation_id="audit.list",
    responses={**shows_page(_EXAMPLE), **error_responses(401, 403, 404, 422)},
    summary="Read the audit log",
)
async def list_audit(
    principal: Admin,
    services: TheServices,
    paging: PagingQuery,
    key_id: Annotated[
        str | None, Query(alias="keyId", max_length=40, description="Only what was done with this API key.")
    ] = None,
    action: Annotated[Action | None, Query(description="Only this action, such as `key.created`.")] = None,
    target: Annotated[str | None, Query(max_length=80, description="The id of the changed object.")] = None,
    since: Annotated[Instant | None, Query(description="Only from this time on.")] = None,
    until: Annotated[Instant | None, Query(description="Only before this time.")] = None,
    brand_ref: Annotated[
        str | None, Query(alias="brandRef", description="What belongs to this brand. Absent: the key's brand, or all.")
    ] = None,
) -> Page[AuditEntry]:
    """Who did what, the newest first. An `admin` key for one brand sees that brand's entries only."""
    brand = await brand_filter(brand_ref, principal, services)
    wanted = AuditFilter(key_id=key_id, brand_ref=brand, action=action, target=target, since=since, until=until)
    async with services.database.read() as session:
        rows = await list_entries(session, wanted, limit=paging.reading, before=paging.after)
    return only_visible(paging.page(rows, lambda entry: entry.id), principal, lambda entry: entry.brand_ref)
