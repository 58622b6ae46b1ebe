"""The page on which a person types the code that a device shows (RFC 8628). The consent page asks the rest.

Codes are short, so tries are counted, for the person and for the address, right ones too.
"""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import HEADERS, PageRoute, render
from api.dashboard.session import check_csrf
from api.deps import TheServices
from api.http.body_kind import form_of
from api.languages.catalogue import N_
from api.oauth.addresses import CONSENT, DEVICE
from api.oauth.pending import PendingRequest, seal_request
from munadi.domain.device import CLIENT

router = APIRouter(route_class=PageRoute)

_UNKNOWN = N_("There is no such code. Codes end after ten minutes: look at the terminal again, or start again there.")
_BRAKED = N_("Too many codes were tried. Wait some minutes, then try again.")


@router.get(DEVICE)
async def show_form(request: Request, reader: TheReader, frame: TheFrame) -> Response:
    """The form that asks for the code."""
    return render(request, "device.html", live=False, problem=None)


@router.post(DEVICE)
async def find_device(request: Request, reader: TheReader, frame: TheFrame, services: TheServices) -> Response:
    """To the consent page of the device whose code was typed."""
    form = form_of(request)
    check_csrf(request, form.get("csrf", ""), reader.viewer.session, services.settings.base_url)
    now, tries = services.clock.monotonic(), services.device_tries
    tried = [
        tries.count(who, now) for who in (reader.viewer.principal.key_id, services.callers.address_of(request.scope))
    ]
    if (seconds := max((each for each in tried if each is not None), default=None)) is not None:
        page = render(request, "device.html", status=429, live=False, problem=_BRAKED)
        page.headers["Retry-After"] = str(seconds)
        return page
    found = await services.devices.find(form.get("code", ""))
    if found is None:
        return render(request, "device.html", status=422, live=False, problem=_UNKNOWN)
    pending = PendingRequest.of_device(
        found.hash, reader.viewer.principal.key_id, int(services.clock.now().timestamp()), CLIENT
    )
    query = urlencode({"request": seal_request(services.keyring, pending)})
    return RedirectResponse(f"{CONSENT}?{query}", 303, HEADERS)
