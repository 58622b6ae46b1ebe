"""One brand's own look and apps: how it looks on the pages for owners and reviewers, and its apps at networks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import Reader, ReadingFailed, TheReader
from api.dashboard.render import PageRoute, render
from api.deps import TheServices
from api.languages.catalogue import N_
from api.pages.look import brand_look
from munadi.channels.registry import takes_apps
from munadi.domain.brand_app import AppReview
from munadi.domain.branding import LOGO_TYPES, LONGEST_NAME, LONGEST_URL
from munadi.ports import Channels

router = APIRouter(route_class=PageRoute)

# What a network's review of an app is called; no network reports it.
REVIEWS = {
    AppReview.DEVELOPMENT.value: N_("in development"),
    AppReview.SUBMITTED.value: N_("submitted for review"),
    AppReview.APPROVED.value: N_("approved"),
    AppReview.REFUSED.value: N_("refused"),
}


@router.get("/brands/{ref}")
async def show_brand(request: Request, reader: TheReader, services: TheServices, frame: TheFrame, ref: str) -> Response:
    """The brand's look, with a preview, and its apps without their secrets; forms for those who may change them."""
    path = f"/v1/brands/{quote(ref, safe='')}"
    brand = await reader.get(path)
    look, _ = await brand_look(brand["ref"], services)
    return render(
        request,
        "brand.html",
        brand=brand,
        about=brand["ref"],
        zone=frame.choice.zone_of(brand["ref"]),
        branding=await _branding(reader, f"{path}/branding"),
        look=look,
        apps=await reader.get_if_allowed(f"{path}/apps"),
        reviews=REVIEWS,
        networks=_networks(services.channels),
        logo_types=",".join(LOGO_TYPES),
        longest_name=LONGEST_NAME,
        longest_url=LONGEST_URL,
    )


async def _branding(reader: Reader, path: str) -> dict[str, Any] | None:
    try:
        return await reader.get_if_allowed(path)
    except ReadingFailed as error:
        if error.status != 404:
            raise
        return None


def _networks(channels: Channels) -> list[tuple[str, str, str]]:
    """What an app may be for: the network, the log-in that is set (empty for the usual one), and how that is called
    where the network has several."""
    found = []
    for name, channel in channels.by_name.items():
        if takes_apps(name):
            usual, *others = channel.spec.logins or ("",)
            found.append((name.value, "", usual if others and usual != name else ""))
            found.extend((name.value, login, login) for login in others)
    return found
