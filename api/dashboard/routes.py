"""Every page and what belongs to it. A new page is one module with a `router`, one line here, one in `NAVIGATION`."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api.dashboard import (
    accounts,
    assets,
    attention,
    audit,
    calendar,
    compose,
    content,
    contents,
    live,
    sign_in,
    usage,
    webhooks,
)

PAGES: tuple[APIRouter, ...] = (
    attention.router,
    calendar.router,
    contents.router,
    content.router,
    compose.router,
    accounts.router,
    webhooks.router,
    usage.router,
    audit.router,
    sign_in.router,
    live.router,
    assets.router,
)


def install(app: FastAPI) -> None:
    """Serve the dashboard."""
    for router in PAGES:
        app.include_router(router, include_in_schema=False)
    app.state.pages = frozenset(
        route.path for router in PAGES for route in router.routes if isinstance(route, APIRoute)
    )
