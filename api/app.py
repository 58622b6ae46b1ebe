"""The FastAPI application: routes over services that live as long as the process. The rules are in the library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial

from fastapi import APIRouter, Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.routing import BaseRoute

from api.dashboard import routes as dashboard
from api.dashboard.live import Live
from api.doors import ayrshare, postiz
from api.doors.entrance import Entrance
from api.http import problems
from api.http.address import callers_of
from api.http.admission import admit
from api.http.conditional import ConditionalReads
from api.http.cookies import is_https
from api.http.edge import Edge
from api.http.measuring import Measuring
from api.http.queries import check_address
from api.http.request_context import ActorMiddleware, SecurityHeaders
from api.languages.choice import PageLanguage
from api.oauth import routes as oauth
from api.openapi import document as openapi
from api.process.compose import open_services
from api.process.metrics import StateOfWork
from api.process.temporal_watch import TemporalWatch
from api.routes import (
    accounts,
    alerts,
    approvals,
    audit,
    batches,
    brand_apps,
    brandings,
    brands,
    calendar,
    calendar_feeds,
    callbacks,
    changes,
    channels,
    client_metadata,
    connect_pages,
    connections,
    contents,
    docs,
    documentation,
    drafts,
    erasures,
    event_types,
    events,
    health,
    imports,
    insights,
    keys,
    media,
    publication_list,
    publications,
    review_links,
    review_pages,
    series,
    slots,
    usage,
    webhooks,
)
from api.routes.channels import ChannelCatalogue
from munadi import __version__
from munadi.config import Settings
from munadi.domain.door import DoorName
from munadi.ports import Channels, Clock
from munadi.process.monitoring import monitored
from munadi.process.watchdog import hang_watchdog

VERSION = __version__
# FastAPI's own notes paths and what exceptions said, and FASTAPI_OTEL_AUTO_CONFIGURE sends that (decision 46).
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
SUMMARY = "Hand over content once; Munadi owns its publishing from then on."
DESCRIPTION = """
A scheduling API manages the lifecycle of publishing work, not the initial request: **202 means that Munadi has
accepted the work**, durably. The post's status, events and webhooks report whether and when a network published it.

Every error is a problem document (RFC 9457) that names each broken rule with a pointer into the request.
Every POST takes an `Idempotency-Key`; repeating a request with its key is always safe.
"""
ROUTERS: tuple[APIRouter, ...] = (
    batches.router,  # before contents: `batch` is not an id
    contents.router,
    changes.router,
    approvals.router,
    review_links.router,
    review_pages.router,
    drafts.router,
    calendar.router,
    calendar_feeds.router,
    calendar_feeds.public,
    event_types.router,  # before events: `types` is not an id
    events.router,
    publication_list.router,
    publications.router,
    publications.public,
    media.router,
    imports.router,
    channels.router,
    brands.router,
    brand_apps.router,
    brandings.router,
    brandings.public,
    erasures.router,
    connections.router,
    accounts.router,
    webhooks.router,
    alerts.router,
    slots.router,
    series.router,
    keys.router,
    audit.router,
    usage.router,
    insights.router,
    health.router,
    docs.router,
    docs.document,
    documentation.router,
    connect_pages.router,
    client_metadata.router,
    connect_pages.callback,
    callbacks.router,
)


# Of other programs: each is open where the settings name it.
DOORS = {each.DOOR.name: (each.DOOR, each.router) for each in (ayrshare, postiz)}


def create_app(settings: Settings, *, clock: Clock | None = None, channels: Channels | None = None) -> FastAPI:
    """The API with these settings. Tests replace `clock` and `channels`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings, clock, channels) as opened:
            app.state.services = opened
            app.state.live = live = Live(opened.database, opened.clock, of_brand=settings.limits.streams)
            app.state.state_of_work = figures = StateOfWork(opened.database)
            app.state.temporal_watch = TemporalWatch()
            app.state.channel_catalogue = ChannelCatalogue(opened.channels)
            try:
                check = partial(health.check_ready, opened)
                async with monitored(settings, "api", check), hang_watchdog(settings.watchdog):
                    yield
            finally:
                await live.close()
                await figures.close()

    app = FastAPI(
        title="Munadi",
        version=VERSION,
        summary=SUMMARY,
        description=DESCRIPTION,
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        openapi_url=None,  # ours is in api/routes/docs.py
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
        routes=_routes(settings.open_doors),
    )
    problems.install(app, partial(openapi.allowed_methods, app))
    openapi.install(app)
    app.state.api_pages_lock = asyncio.Lock()
    dashboard.install(app)
    app.state.written_out = openapi.written_out(app)
    # The one that is added last is the outermost.
    app.add_middleware(ConditionalReads)
    app.add_middleware(PageLanguage, settings=settings)
    app.add_middleware(ActorMiddleware, callers=callers_of(settings.api.trusted_proxies))
    # The form around an uploaded file has some bytes of its own.
    app.add_middleware(Edge, max_upload=settings.media.max_bytes + 100_000, admit=admit)
    if doors := [DOORS[name][0] for name in settings.open_doors]:
        app.add_middleware(Entrance, doors=doors)
    app.add_middleware(SecurityHeaders, https=is_https(settings))
    app.add_middleware(Measuring, access_log=settings.access_log)
    return app


@cache
def _routes(doors: tuple[DoorName, ...]) -> list[BaseRoute]:
    """Every route, prepared once for all applications of a process with these doors: that takes 0.15 s."""
    served = APIRouter()
    for router in ROUTERS:
        served.include_router(router, dependencies=[Depends(check_address)])
    dashboard.include(served)
    served.include_router(oauth.router, include_in_schema=False)
    for name in doors:
        served.include_router(DOORS[name][1], include_in_schema=False)
    return served.routes
