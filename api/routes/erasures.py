"""Erasures: everything that Munadi has of a brand or of an account is deleted, in the background."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.deps import AccountId, TheServices
from api.openapi import examples
from api.openapi.document import error_responses
from api.openapi.examples import shows
from api.routes.brands import Ref, Writer
from munadi.domain.erasure import ErasureView

router = APIRouter(prefix="/v1")

_ERRORS = error_responses(401, 403, 404, 422)


@router.delete(
    "/brands/{ref}",
    operation_id="brands.erase",
    tags=["brands"],
    status_code=202,
    responses={**shows(202, examples.ERASURE), **_ERRORS},
    summary="Erase a brand",
)
async def erase_brand(
    ref: Ref,
    principal: Writer,
    services: TheServices,
    confirm: Annotated[str, Query(max_length=100, description="The brand's `ref` again.", examples=["acme"])],
) -> ErasureView:
    """Delete everything that Munadi has of the brand: posts, drafts, files, accounts with their tokens, events, webhook
    endpoints, keys, workflows. What is due is not published any more. It cannot be undone, and goes on in the
    background: `GET /v1/erasures/{id}` shows how far it is. Posts that are live at their networks stay there; withdraw
    them first. From the first answer on, the brand counts as gone and its keys are revoked."""
    return await services.erasures.erase_brand(ref, confirm, principal)


@router.delete(
    "/accounts/{account_id}/data",
    operation_id="accounts.erase",
    tags=["accounts"],
    status_code=202,
    responses={**shows(202, examples.ERASURE_OF_ACCOUNT), **_ERRORS},
    summary="Erase an account",
)
async def erase_account(
    account_id: AccountId,
    principal: Writer,
    services: TheServices,
    confirm: Annotated[
        str, Query(max_length=100, description="The account's id again.", examples=["acc_01kf2v6s3tf0d8m7s0a3x9y5hq"])
    ],
) -> ErasureView:
    """Disconnect the account and delete everything that Munadi has of it: its tokens, its posts with their events, and
    its part of posts that other accounts publish too. It cannot be undone. Posts that are live at its network stay
    there; withdraw them first."""
    return await services.erasures.erase_account(account_id, confirm, principal)


@router.get(
    "/erasures/{erasure_id}",
    operation_id="erasures.get",
    tags=["brands"],
    responses={**shows(200, examples.ERASURE), **_ERRORS},
    summary="Read an erasure",
)
async def get_erasure(
    erasure_id: Annotated[str, Path(description="The erasure's id.", examples=["ers_01kf2v6s3tf0d8m7s0a3x9y5hq"])],
    principal: Writer,
    services: TheServices,
) -> ErasureView:
    """How far an erasure is, what it waits for, and how much it has erased."""
    return await services.erasures.get(erasure_id, principal)
