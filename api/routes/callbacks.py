"""What networks report of their own accord, and the page of a deletion that an owner asked for at a network.

The reports have no key: they are signed with the app's secret (`munadi.channels.callbacks`). What is not signed gets a
403 that says nothing more, whatever is wrong with it. The body and the rate of each address are bounded before
(`api/http/edge.py`, `api/http/admission.py`).
"""

from __future__ import annotations

import re
from datetime import datetime

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, Response

from api.deps import TheServices
from api.http.body_kind import form_of
from api.pages import page
from api.process.services import Services
from munadi.channels.callbacks import META, Report, read_removal, read_signed_request, secrets_of
from munadi.domain.channel import ChannelName

router = APIRouter(prefix="/callbacks", include_in_schema=False)

_CODE = re.compile(r"[0-9a-f]{32}")


@router.post("/{channel}/deauthorize")
async def deauthorize(channel: str, request: Request, services: TheServices) -> Response:
    """An owner removed the app at Facebook, Instagram or Threads: their accounts need to be connected again."""
    name, report = _signed(channel, request, services)
    await services.reports.deauthorized(name, report)
    return JSONResponse({})


@router.post("/{channel}/data-deletion")
async def delete_data(channel: str, request: Request, services: TheServices) -> Response:
    """An owner wants their data deleted: their accounts are erased. The answer has the address of a page that says how
    far that is."""
    name, report = _signed(channel, request, services)
    code = await services.reports.delete_data(name, report)
    url = f"{services.settings.base_url}/callbacks/deletions/{code}"
    return JSONResponse({"url": url, "confirmation_code": code})


@router.post("/tiktok")
async def hear_tiktok(request: Request, services: TheServices) -> Response:
    """TikTok's webhooks: `authorization.removed` is acted on; the others are read from TikTok when they are needed."""
    body: bytes = request.scope["state"].get("signed", b"")
    settings, header = services.settings.channels, request.headers.get("tiktok-signature", "")
    client_key = str(settings.get("tiktok", {}).get("client_id", ""))
    secrets = secrets_of(settings, ChannelName.TIKTOK)
    report = read_removal(body, header, secrets, client_key, services.clock.now())
    if report is None:
        raise HTTPException(403)
    if report.user_id:
        await services.reports.deauthorized(ChannelName.TIKTOK, report)
    return JSONResponse({})


@router.get("/deletions/{code}")
async def show_deletion(code: str, request: Request, services: TheServices) -> Response:
    """How far a deletion is. The code is the secret: it shows nothing about anybody."""
    found = await services.reports.deletion(code) if _CODE.fullmatch(code) else None
    if found is None:
        return page("deletion.html", 404, found=None, request=request)
    return page("deletion.html", found=found, at=_shown(found.requested_at), code=code, request=request)


def _signed(channel: str, request: Request, services: Services) -> tuple[ChannelName, Report]:
    """Whom Meta's signed request is about. 403 for one that is not signed with the app's secret."""
    name = next((each for each in META if each == channel), None)
    if name is None:
        raise HTTPException(404)
    secrets = secrets_of(services.settings.channels, name)
    sent = str(form_of(request).get("signed_request", ""))
    report = read_signed_request(sent, secrets, services.clock.now())
    if report is None:
        raise HTTPException(403)
    return name, report


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
