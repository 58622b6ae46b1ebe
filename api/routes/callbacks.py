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
from api.pages import brand_page
from api.process.services import Services
from munadi.channels.callbacks import Report, ReportRule, Signed
from munadi.channels.registry import channel_reports
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


@router.post("/{channel}")
async def hear(channel: str, request: Request, services: TheServices) -> Response:
    """A network's webhook with a signature over its body: a removed app is acted on; other events are read from the
    network when they are needed."""
    name, rule = _rule(channel, has_header=True)
    report = _read(name, rule, request.scope["state"].get("signed", b""), request, services)
    if report.user_id:
        await services.reports.deauthorized(name, report)
    return JSONResponse({})


@router.get("/deletions/{code}")
async def show_deletion(code: str, request: Request, services: TheServices) -> Response:
    """How far a deletion is. The code is the secret: it shows nothing about anybody."""
    found = await services.reports.deletion(code) if _CODE.fullmatch(code) else None
    if found is None:
        return await brand_page("deletion.html", None, services, 404, found=None, request=request)
    at = _shown(found.requested_at)
    return await brand_page("deletion.html", None, services, found=found, at=at, code=code, request=request)


def _signed(channel: str, request: Request, services: Services) -> tuple[ChannelName, Report]:
    """Whom the signed field of a form is about. 403 if it is not signed with the app's secret."""
    name, rule = _rule(channel, has_header=False)
    sent = str(form_of(request).get(rule.field, "")).encode("latin-1", "replace")
    return name, _read(name, rule, sent, request, services)


def _rule(channel: str, *, has_header: bool) -> tuple[ChannelName, ReportRule]:
    for name, rule in channel_reports().items():
        if name == channel and bool(rule.header) is has_header:
            return name, rule
    raise HTTPException(404)


def _read(name: ChannelName, rule: ReportRule, sent: bytes, request: Request, services: Services) -> Report:
    settings = services.settings.channels.get(name.value, {})
    signed = Signed(sent, request.headers.get(rule.header, "") if rule.header else "", settings)
    report = rule.read(signed, rule.secrets, services.clock.now())
    if report is None:
        raise HTTPException(403)
    return report


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
