"""Every page and what belongs to it. A new page is one module with a `router`, one line here, one in `NAVIGATION`."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.dashboard import (
    accounts,
    alerts,
    assets,
    attention,
    audit,
    brand,
    calendar,
    calendar_entry,
    compose,
    consent,
    content,
    contents,
    device,
    editing,
    frame,
    imports,
    insights,
    language,
    live,
    media,
    previews,
    queues,
    selection,
    series,
    settings,
    sign_in,
    usage,
    webhooks,
)
from api.dashboard.render import answer_unknown

PAGES: tuple[APIRouter, ...] = (
    attention.router,
    calendar.router,
    calendar_entry.router,
    queues.router,
    series.router,
    imports.router,
    contents.router,
    selection.router,
    content.router,
    media.router,
    compose.router,
    editing.router,
    accounts.router,
    webhooks.router,
    alerts.router,
    insights.router,
    usage.router,
    audit.router,
    settings.router,
    brand.router,
    consent.router,
    device.router,
)
# What has no header: the sign-in, and what pages load.
PARTS: tuple[APIRouter, ...] = (sign_in.router, language.router, live.router, previews.router, assets.router)


def include(served: APIRouter) -> None:
    """Add the dashboard's pages, each with the frame around it, and the parts that pages load."""
    for router in PAGES:
        served.include_router(router, include_in_schema=False, dependencies=[Depends(frame.frame)])
    for router in PARTS:
        served.include_router(router, include_in_schema=False)


def install(app: FastAPI) -> None:
    """Answer for the dashboard's routes as its pages do."""
    app.add_exception_handler(HTTPException, answer_unknown)
    app.state.pages = frozenset(
        route.path for router in (*PAGES, *PARTS) for route in router.routes if isinstance(route, APIRoute)
    )
