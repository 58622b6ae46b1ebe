"""The endpoints of OAuth 2.1. Programs call them, so their errors are OAuth's JSON, and pages of other sites may too.

The consent is a page of the dashboard (`api/dashboard/consent.py`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from api.dashboard.render import render
from api.deps import TheServices
from api.http.body_kind import form_of
from api.http.problems import request_id_of
from api.languages.catalogue import N_
from api.oauth.addresses import (
    AUTHORIZE,
    CONSENT,
    DEVICE,
    DEVICE_AUTHORIZATION,
    METADATA,
    REGISTER,
    REVOKE,
    TOKEN,
    place_of,
    way_back,
)
from api.process.services import Services
from munadi.config import Settings
from munadi.db.oauth.clients import TooManyClients
from munadi.domain.device import CLIENT, GRANT
from munadi.domain.oauth import GRANTABLE, GrantRefused, is_on_this_machine
from munadi.domain.usage import QuotaExceeded

router = APIRouter()
# Programs in a browser call from their own site. No cookie has a meaning here, so any site may.
ANYONE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "*",
    "Cache-Control": "no-store",
}
UNKNOWN = {
    "title": N_("This program cannot sign in"),
    "detail": N_("Its request names a program or an address that is not registered here. Start again in the program."),
    "errors": (),
}


def metadata_of(settings: Settings) -> dict[str, Any]:
    """The authorization server's metadata (RFC 8414)."""
    base = settings.base_url
    return {
        "issuer": base,
        "authorization_endpoint": base + AUTHORIZE,
        "token_endpoint": base + TOKEN,
        "registration_endpoint": base + REGISTER,
        "revocation_endpoint": base + REVOKE,
        "device_authorization_endpoint": base + DEVICE_AUTHORIZATION,
        "scopes_supported": list(GRANTABLE),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", GRANT],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["en", "hi"],
    }


@router.get(METADATA)
async def show_metadata(services: TheServices) -> Response:
    """Where a program finds the other endpoints."""
    headers = ANYONE | {"Cache-Control": "public, max-age=300"}
    return JSONResponse(metadata_of(services.settings), headers=headers)


@router.options(METADATA)
@router.options(TOKEN)
@router.options(REGISTER)
@router.options(REVOKE)
async def allow_any_site() -> Response:
    """A browser asks whether a page may call."""
    return Response(status_code=204, headers=ANYONE)


@router.get(AUTHORIZE)
async def authorize(request: Request, services: TheServices) -> Response:
    """A program sends a person's browser here. What is wrong with the program or its address is a page; every other
    error goes back to the program: by itself on the person's machine, elsewhere only if the person wants.

    Anyone can register an address, so who follows a link to us must not end there unasked (RFC 9700, 4.11.2).
    """
    if _repeated(request.query_params.multi_items()) is not None:
        return _unknown(request)
    answer: Response = await (await _endpoints()).authorize(request, services)
    location = answer.headers.get("location")
    if location is None:
        return _unknown(request)
    if location.startswith(f"{CONSENT}?"):
        return answer
    # By the issuer a program notices an answer of another server (RFC 9207).
    back = way_back(location, iss=services.settings.base_url)
    if is_on_this_machine(back):
        answer.headers["location"] = back
        return answer
    return render(request, "sign_in_failed.html", status=400, back=back, place=place_of(back))


@router.post(REGISTER)
async def register(request: Request, services: TheServices) -> Response:
    """Register a program (RFC 7591). It may do nothing before a person agrees."""
    address = services.callers.address_of(request.scope)
    if (seconds := services.registrations.count(address, services.clock.monotonic())) is not None:
        detail = f"this address began {services.registrations.most} sign-ins within minutes"
        return _later(429, detail, seconds)
    try:
        answer: Response = await (await _endpoints()).register(request, services)
    except TooManyClients as error:
        return _later(503, str(error), error.seconds)
    return _for_anyone(answer)


@router.post(TOKEN)
async def issue(request: Request, services: TheServices) -> Response:
    """Tokens for a code, or for a refresh token."""
    if (repeated := _repeated(form_of(request).multi_items())) is not None:
        return _refused("invalid_request", f"{repeated[:40]} is given more than once")
    if form_of(request).get("grant_type") == GRANT:
        return await _key_of_device(request, services)
    return _for_anyone(await (await _endpoints()).issue(request, services))


@router.post(DEVICE_AUTHORIZATION)
async def begin_device(request: Request, services: TheServices) -> Response:
    """The codes of a device that has no browser (RFC 8628)."""
    if form_of(request).get("client_id") != CLIENT:
        return _refused("invalid_client", f"only {CLIENT} logs in so", 401)
    address = services.callers.address_of(request.scope)
    if (seconds := services.registrations.count(address, services.clock.monotonic())) is not None:
        return _later(429, f"this address began {services.registrations.most} sign-ins within minutes", seconds)
    try:
        codes = await services.devices.begin(address)
    except TooManyClients as error:
        return _later(503, str(error), error.seconds)
    found = {
        "device_code": codes.device_code,
        "user_code": codes.user_code,
        "verification_uri": services.settings.base_url + DEVICE,
        "expires_in": codes.seconds,
        "interval": codes.poll_seconds,
    }
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


async def _key_of_device(request: Request, services: Services) -> Response:
    form = form_of(request)
    if form.get("client_id") != CLIENT:
        return _refused("invalid_client", f"only {CLIENT} logs in so", 401)
    try:
        key = await services.devices.poll(form.get("device_code", ""))
    except GrantRefused as error:
        return _refused(error.code, str(error))
    except QuotaExceeded as error:
        return _refused("access_denied", str(error))
    found = {
        "access_token": key.access,
        "token_type": "Bearer",
        "expires_in": key.seconds,
        "scope": " ".join(key.scopes),
    }
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


@router.post(REVOKE)
async def revoke(request: Request, services: TheServices) -> Response:
    """End a sign-in by one of its tokens (RFC 7009). An unknown token is no error."""
    form = form_of(request)
    token, client_id = form.get("token"), form.get("client_id")
    if not token or not client_id:
        return _refused("invalid_request", "token and client_id are required")
    await services.sign_ins.revoke(token, client_id)
    return Response(headers=ANYONE)


async def _endpoints() -> Any:
    """The module that needs the `mcp` package, which an API imports when the first program signs in."""
    return await asyncio.to_thread(import_module, "api.oauth.endpoints")


def _repeated(fields: Sequence[tuple[str, str]]) -> str | None:
    """A field that is given twice, which readers understand differently (RFC 6749, 3.1 and 3.2)."""
    names = [name for name, _ in fields]
    return next((name for name, count in Counter(names).items() if count > 1), None)


def _unknown(request: Request) -> Response:
    return render(request, "error.html", status=400, problem=UNKNOWN, request_id=request_id_of(request.scope))


def _later(status: int, description: str, seconds: int) -> Response:
    body = {"error": "temporarily_unavailable", "error_description": description}
    return JSONResponse(body, status, ANYONE | {"Retry-After": str(seconds)})


def _for_anyone(answer: Response) -> Response:
    answer.headers.update(ANYONE)
    return answer


def _refused(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status, ANYONE)
