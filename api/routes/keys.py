"""API keys: administrators create, list and revoke them. A key is shown once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found, require
from api.bodies.brand import named_brand
from api.bodies.parsing import described, read_whole
from api.deps import KeyId, Page, TheServices
from api.http.paging import PagingQuery
from api.idempotency import IdempotencyHeader, Success, respond_once, secret_operation
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.process.services import Services
from munadi.db.brands.limits import require_holding
from munadi.db.keys.callers import Principal
from munadi.db.keys.store import KeyStore
from munadi.db.tables import KeyRow
from munadi.domain.brand import BrandRef
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.model import CreatedAt, UniqueId, WireModel
from munadi.domain.time import Instant
from munadi.domain.usage import Limit
from munadi.intake.problems import ProblemCollector

router = APIRouter(prefix="/v1/keys", tags=["keys"])

Admin = Annotated[Principal, Depends(require(Scope.ADMIN))]
AnyKey = Annotated[Principal, Depends(require(*Scope))]


class KeyCreate(WireModel):
    """A new key. `brandRef` restricts it to one brand; without `expiresAt` it lasts until it is revoked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "cms", "scopes": ["contents:read", "contents:write"], "brandRef": "acme"}]
        }
    )

    name: str = Field(min_length=1, max_length=200, description="For people.")
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope), description="What the key may do.")
    brand_ref: BrandRef | None = Field(None, description="The brand it works for; null or absent: every brand.")
    expires_at: Instant | None = Field(None, description="When it ends; null: never.")


class KeyView(WireModel):
    """A key without its secret text; `hint` has its last four characters."""

    id: UniqueId
    name: str = Field(description="For people.")
    hint: str = Field(description="The key's last characters, to recognize it.")
    scopes: tuple[Scope, ...] = Field(description="What the key may do.")
    brand_ref: str | None = Field(description="The brand it works for; null: every brand.")
    created_at: CreatedAt
    expires_at: datetime | None = Field(description="When it ends; null: never.")
    revoked_at: datetime | None = Field(description="When it was revoked; null if it was not.")


class KeyWithText(KeyView):
    """The response to a creation, the only one that shows the key."""

    key: str = Field(description="Store it now: it cannot be read again.", examples=["mnd_client_…"])


@router.post(
    "",
    operation_id="keys.create",
    status_code=201,
    response_model=KeyWithText,
    responses={
        **shows(201, {**examples.KEY, "key": "mnd_brand_…"}),
        **error_responses(400, 401, 403, 413, 415, 422),
    },
    summary="Create a key",
    openapi_extra=described(KeyCreate),
)
async def create_key(
    request: Request, principal: Admin, services: TheServices, idempotency: IdempotencyHeader
) -> Response:
    """The key is shown only in this response. A key for one brand can only create keys for that brand.

    It does not end with the key that made it: each is revoked, or expires, by itself.
    """
    now = services.clock.now()
    body, readable, shape = read_whole(request, KeyCreate)
    problems = ProblemCollector(shape)
    ends = readable.get("expires_at")
    if ends is not None and ends <= now:
        problems.add("/expiresAt", "TIME_IN_PAST", "the time has passed")
    brand_ref = await named_brand(readable.get("brand_ref"), principal, services, problems)
    problems.raise_if_any()
    assert body is not None

    async def create(session: AsyncSession) -> Success:
        await require_holding(session, brand_ref, Limit.KEYS, services.settings.limits.keys, now)
        row, text = await KeyStore(services.database).create(
            session,
            name=body.name,
            scopes=tuple(dict.fromkeys(body.scopes)),
            brand_ref=brand_ref,
            expires_at=body.expires_at,
            now=now,
        )
        made = KeyWithText(**_view(row).model_dump(by_alias=False), key=text)
        return Success(made, 201, {"Location": f"/v1/keys/{row.id}"})

    return await respond_once(
        services, idempotency, brand_ref, secret_operation(principal.key_id, "keys.create"), create
    )


@router.get(
    "",
    operation_id="keys.list",
    responses={**shows_page(examples.KEY), **error_responses(401, 403, 422)},
    summary="List keys",
)
async def list_keys(principal: Admin, services: TheServices, paging: PagingQuery) -> Page[KeyView]:
    """All keys, including revoked and expired ones, in order of creation."""
    store = KeyStore(services.database)
    rows = await store.list(brand_ref=principal.brand_ref, limit=paging.reading, after=paging.after)
    return paging.page([_view(row) for row in rows], lambda key: key.id)


@router.get(
    "/me",
    operation_id="keys.me",
    responses={**shows(200, examples.KEY), **error_responses(401)},
    summary="Read this key",
)
async def get_own_key(principal: AnyKey, services: TheServices) -> KeyView:
    """The key that makes this call: its scopes, its brand and its end. Every key may read itself."""
    return _view(await _visible(principal.key_id, principal, services))


@router.get(
    "/{key_id}",
    operation_id="keys.get",
    responses={**shows(200, examples.KEY), **error_responses(401, 403, 404, 422)},
    summary="Read a key",
)
async def get_key(key_id: KeyId, principal: Admin, services: TheServices) -> KeyView:
    """One key, without its text."""
    return _view(await _visible(key_id, principal, services))


@router.delete(
    "/{key_id}",
    operation_id="keys.revoke",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Revoke a key",
)
async def revoke_key(key_id: KeyId, principal: Admin, services: TheServices) -> None:
    """The key stops working at once; keys that were made with it continue to work. Revoking it again changes nothing.

    The audit log names the keys that it made: `GET /v1/audit?action=key.created&keyId=…`.
    """
    await _visible(key_id, principal, services)
    await KeyStore(services.database).revoke(key_id, services.clock.now())


async def _visible(key_id: str, principal: Principal, services: Services) -> KeyRow:
    row = await KeyStore(services.database).get(key_id) if is_id(key_id, Prefix.KEY) else None
    if row is None or not principal.may_see(row.brand_ref):
        raise not_found("key", key_id)
    return row


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
