"""What networks report of their own accord, and the page of a deletion that an owner asked for at a network.

The reports have no key: they are signed with the app's secret (`munadi.channels.callbacks`). What is not signed gets a
403 that says nothing more, whatever is wrong with it. The body and the rate of each address are bounded before
(`api/http/edge.py`, `api/http/admission.py`). An app of a brand's own has addresses of its own, with its id, so that
one secret is tried for each request, however many brands have apps.
"""

from __future__ import annotations

import logging
import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import JSONResponse, Response

from api.deps import TheServices
from api.http.body_kind import form_of
from api.pages import brand_page
from api.process.services import Services
from munadi.channels.callbacks import Report, ReportRule, Signed
from munadi.channels.registry import channel_reports
from munadi.crypto import SealBroken
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix, is_id
from munadi.erasure.reports import ReportedApp

log = logging.getLogger("munadi.callbacks")
router = APIRouter(prefix="/callbacks", include_in_schema=False)

_CODE = re.compile(r"[0-9a-f]{32}")


async def _of_installation(channel: str, services: TheServices) -> ReportedApp:
    """The installation's app at the network of the address."""
    if channel not in channel_reports():
        raise HTTPException(404)
    return ReportedApp(ChannelName(channel), services.settings.channels.get(channel, {}))


async def _of_brand(app_id: str, services: TheServices) -> ReportedApp:
    """The app of a brand that the address names. An unknown one is refused like a wrong signature."""
    try:
        app = await services.reports.app_of_brand(app_id) if is_id(app_id, Prefix.APP) else None
    except SealBroken:
        log.exception("the secret of the app %s cannot be opened, so its network's report was not read", app_id)
        raise HTTPException(503) from None
    if app is None:
        raise HTTPException(403)
    return app


OfInstallation = Annotated[ReportedApp, Depends(_of_installation)]
OfBrand = Annotated[ReportedApp, Depends(_of_brand)]


@router.post("/apps/{app_id}/deauthorize")
async def deauthorize_app_of_brand(app: OfBrand, request: Request, services: TheServices) -> Response:
    """As for the installation's app: an owner removed this app of a brand's own."""
    return await _deauthorize(app, request, services)


@router.post("/apps/{app_id}/data-deletion")
async def delete_data_of_brand(app: OfBrand, request: Request, services: TheServices) -> Response:
    """As for the installation's app: an owner wants the data deleted that this app of a brand's own got."""
    return await _delete_data(app, request, services)


@router.post("/apps/{app_id}")
async def hear_for_brand(app: OfBrand, request: Request, services: TheServices) -> Response:
    """As for the installation's app: a network's webhook to this app of a brand's own."""
    return await _hear(app, request, services)


@router.post("/{channel}/deauthorize")
async def deauthorize(app: OfInstallation, request: Request, services: TheServices) -> Response:
    """An owner removed the app at Facebook, Instagram or Threads: their accounts need to be connected again."""
    return await _deauthorize(app, request, services)


@router.post("/{channel}/data-deletion")
async def delete_data(app: OfInstallation, request: Request, services: TheServices) -> Response:
    """An owner wants their data deleted: their accounts are erased. The answer has the address of a page that says how
    far that is."""
    return await _delete_data(app, request, services)


@router.post("/{channel}")
async def hear(app: OfInstallation, request: Request, services: TheServices) -> Response:
    """A network's webhook with a signature over its body: a removed app is acted on; other events are read from the
    network when they are needed."""
    return await _hear(app, request, services)


@router.get("/deletions/{code}")
async def show_deletion(code: str, request: Request, services: TheServices) -> Response:
    """How far a deletion is. The code is the secret: it shows nothing about anybody."""
    found = await services.reports.deletion(code) if _CODE.fullmatch(code) else None
    if found is None:
        return await brand_page("deletion.html", None, services, 404, found=None, request=request)
    at = _shown(found.requested_at)
    return await brand_page("deletion.html", None, services, found=found, at=at, code=code, request=request)


async def _deauthorize(app: ReportedApp, request: Request, services: Services) -> Response:
    await services.reports.deauthorized(app, _signed(app, request, services))
    return JSONResponse({})


async def _delete_data(app: ReportedApp, request: Request, services: Services) -> Response:
    code = await services.reports.delete_data(app, _signed(app, request, services))
    url = f"{services.settings.base_url}/callbacks/deletions/{code}"
    return JSONResponse({"url": url, "confirmation_code": code})


async def _hear(app: ReportedApp, request: Request, services: Services) -> Response:
    rule = _rule(app, has_header=True)
    report = _read(app, rule, request.scope["state"].get("signed", b""), request, services)
    if report.user_id:
        await services.reports.deauthorized(app, report)
    return JSONResponse({})


def _signed(app: ReportedApp, request: Request, services: Services) -> Report:
    """Whom the signed field of a form is about. 403 if it is not signed with the app's secret."""
    rule = _rule(app, has_header=False)
    sent = str(form_of(request).get(rule.field, "")).encode("latin-1", "replace")
    return _read(app, rule, sent, request, services)


def _rule(app: ReportedApp, *, has_header: bool) -> ReportRule:
    rule = channel_reports().get(app.channel)
    if rule is None or bool(rule.header) is not has_header:
        raise HTTPException(404)
    return rule


def _read(app: ReportedApp, rule: ReportRule, sent: bytes, request: Request, services: Services) -> Report:
    signed = Signed(sent, request.headers.get(rule.header, "") if rule.header else "", app.settings)
    report = rule.read(signed, rule.secrets, services.clock.now())
    if report is None:
        raise HTTPException(403)
    return report


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
