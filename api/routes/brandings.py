"""How a brand looks on the pages for owners and reviewers: set, read and remove it, and what these pages load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from api.auth import not_found, require
from api.deps import TheServices
from api.http.media_response import stored_response
from api.openapi.document import error_responses
from api.openapi.examples import shows
from api.pages.look import preview_of, style_of
from api.process.services import Services
from api.routes.brands import Ref, Writer
from munadi.db.keys.callers import Principal
from munadi.domain import branding
from munadi.domain.branding import BrandingPut, BrandingView
from munadi.domain.key import Scope

router = APIRouter(prefix="/v1/brands/{ref}/branding", tags=["brands"])
# What the pages load. Anybody may: no cookie is read, and browsers keep it, since the id is another after each change.
public = APIRouter(prefix="/brandings/{branding_id}", include_in_schema=False)

Reader = Annotated[Principal, Depends(require(Scope.ACCOUNTS_READ, Scope.CONTENTS_READ, Scope.BRANDS_WRITE))]
KEPT = "public, max-age=86400, immutable"

EXAMPLE: dict[str, Any] = {
    "brandRef": "acme",
    **branding.EXAMPLE,
    "logoUrl": "https://munadi.example/brandings/bdg_01kf2v6s3tf0d8m7s0a3x9y5hq/logo",
    "textOnColour": "#ffffff",
    "createdAt": "2026-12-01T09:00:00Z",
    "updatedAt": "2026-12-01T09:00:00Z",
}


@router.put(
    "",
    operation_id="brands.branding.put",
    responses={**shows(200, EXAMPLE), **error_responses(400, 401, 403, 404, 413, 415, 422)},
    summary="Set a brand's look",
)
async def put_branding(ref: Ref, body: BrandingPut, principal: Writer, services: TheServices) -> BrandingView:
    """The pages on which people without an account connect profiles and review posts show this name, logo, colour and
    support address, and so does the consent page of programs. It replaces all that was set.

    Buttons have the colour, with black or white text, whichever contrasts more. Links and marks have it darkened, or
    lightened on a dark ground, until their contrast is 4.5 (WCAG AA).
    """
    return await services.brandings.put(ref, body, principal)


@router.get(
    "",
    operation_id="brands.branding.get",
    responses={**shows(200, EXAMPLE), **error_responses(401, 403, 404, 422)},
    summary="Read a brand's look",
)
async def get_branding(ref: Ref, principal: Reader, services: TheServices) -> BrandingView:
    """How the brand looks on these pages; 404 where nothing is set."""
    return await services.brandings.get(ref, principal)


@router.delete(
    "",
    operation_id="brands.branding.delete",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Remove a brand's look",
)
async def delete_branding(ref: Ref, principal: Writer, services: TheServices) -> None:
    """These pages show the brand's name and the installation's colours again. The logo's file stays among the media."""
    await services.brandings.delete(ref, principal)


@public.api_route("/logo", methods=["GET", "HEAD"])
async def show_logo(branding_id: str, request: Request, services: TheServices) -> Response:
    """The logo: bytes of a tenant under our name, so that nothing in them may run (`api.http.media_response`)."""
    digest = await services.brandings.logo_of(branding_id)
    if digest is None:
        raise not_found("logo of", branding_id)
    try:
        return await stored_response(request, services.media_store, digest)
    except FileNotFoundError:
        raise not_found("logo of", branding_id) from None


@public.get("/style.css")
async def show_style(branding_id: str, services: TheServices) -> Response:
    """The colour as a style sheet, because the policy of these pages allows no styles within them."""
    return await _style(branding_id, style_of, services)


@public.get("/preview.css")
async def show_preview_style(branding_id: str, services: TheServices) -> Response:
    """The same colour for the preview on the brand's page of the dashboard."""
    return await _style(branding_id, preview_of, services)


async def _style(branding_id: str, write: Callable[[str], str], services: Services) -> Response:
    colour = await services.brandings.colour_of(branding_id)
    if colour is None:
        raise not_found("style of", branding_id)
    headers = {"Cache-Control": KEPT, "X-Content-Type-Options": "nosniff"}
    return Response(write(colour), media_type="text/css", headers=headers)
