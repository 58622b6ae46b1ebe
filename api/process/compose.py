"""Builds the services of the API from the resources of its process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client

from api.http.address import callers_of
from api.http.edge import MAX_BODY
from api.http.shares import UploadShares
from api.http.waiting import ContentWaits
from api.process.refusals import refusal_of_row
from api.process.services import Services
from api.process.starts import Starts
from munadi.accounts.apps import AppService
from munadi.accounts.connecting import ConnectFlow
from munadi.accounts.links import ConnectionService
from munadi.accounts.service import AccountService
from munadi.alerts.sending import AlertSender
from munadi.alerts.service import AlertService
from munadi.channels.registry import app_secrets
from munadi.config import Settings
from munadi.db.brands.branding import BrandingService
from munadi.db.brands.calendar_feeds import FeedService
from munadi.db.brands.service import BrandService
from munadi.db.keys.service import KeyService
from munadi.db.oauth.clients import IN_PROGRESS, MOST_REGISTRATIONS, MOST_TRIES
from munadi.db.oauth.devices import DeviceService
from munadi.db.oauth.service import SignInService
from munadi.db.session import Database
from munadi.doors.service import DoorService
from munadi.erasure.reports import ReportService
from munadi.erasure.service import ErasureService
from munadi.imports.running import ImportRunner
from munadi.imports.service import ImportService
from munadi.intake.checks import PostChecker
from munadi.intake.media import MediaIntake, RequestLimits
from munadi.limits.addresses import AddressLimit
from munadi.limits.calls import CallMeter
from munadi.limits.key_uses import KeyUses
from munadi.limits.wrong_keys import WrongKeys
from munadi.ports import Channels, Clock
from munadi.process.runtime import Runtime, open_database, open_runtime
from munadi.process.temporal import connect
from munadi.process.temporal_key import KeyFollower
from munadi.publishing.batches import BatchService
from munadi.publishing.drafts import DraftService
from munadi.publishing.media_service import MediaService
from munadi.publishing.queues import QueueService
from munadi.publishing.receipts import ReceiptService
from munadi.publishing.review_links import ReviewService
from munadi.publishing.schedule import ScheduleStore
from munadi.publishing.series import SeriesService
from munadi.publishing.service import PostService
from munadi.webhooks.resending import ResendService
from munadi.webhooks.service import EndpointService


@asynccontextmanager
async def open_services(
    settings: Settings, clock: Clock | None = None, channels: Channels | None = None
) -> AsyncIterator[Services]:
    """Everything that the routes need; closed when the block ends."""
    async with open_runtime(settings, "api", clock) as runtime:
        database = open_database(settings, "api")
        try:
            async with _temporal(runtime) as temporal:
                opened = _services(runtime, database, temporal, channels or runtime.channels)
                try:
                    async with (
                        opened.calls.running(),
                        opened.wrong_keys.running(),
                        opened.key_uses.running(),
                        opened.importer.running(),
                    ):
                        yield opened
                finally:
                    await opened.waits.close()
                    await opened.starts.finish()
        finally:
            await database.close()


@asynccontextmanager
async def _temporal(runtime: Runtime) -> AsyncIterator[Client | None]:
    """A client that connects on first use, and gets each new key; None without an address."""
    settings = runtime.settings.temporal
    if settings.address is None:
        yield None
        return
    client = await connect(settings, lazy=True)
    following = asyncio.create_task(KeyFollower(client, settings).run())
    try:
        yield runtime.around(client, "temporal")
    finally:
        following.cancel()
        await asyncio.wait({following})


def _services(runtime: Runtime, database: Database, temporal: Client | None, channels: Channels) -> Services:
    settings, keyring, clock = runtime.settings, runtime.keyring, runtime.clock
    base_url, own = settings.base_url, (database, keyring, clock, settings.limits)
    starts = Starts(temporal, settings.temporal.task_queue, ScheduleStore(database, keyring), clock)
    intake, brands = _media_intake(runtime), BrandService(*own, settings.sandbox_url is not None)
    sign_ins = SignInService(*own)
    accounts = AccountService(*own, channels, brands, starts, runtime.guard)
    connecting = ConnectFlow(*own, channels, starts, base_url)
    checker = PostChecker(database, channels, keyring, intake, clock)
    posts = PostService(*own, channels, starts, checker, runtime.media_store)
    media = MediaService(*own, brands, intake, runtime.media_store)
    return Services(
        settings=settings,
        database=database,
        channels=channels,
        temporal=temporal,
        keyring=keyring,
        media_store=runtime.media_store,
        fetcher=runtime.fetcher,
        guard=runtime.guard,
        webhook_guard=runtime.webhook_guard,
        clock=clock,
        sender=runtime.sender,
        brands=brands,
        brandings=BrandingService(*own, brands, base_url),
        keys=KeyService(*own, brands),
        sign_ins=sign_ins,
        devices=DeviceService(*own, sign_ins),
        feeds=FeedService(*own, brands, base_url),
        endpoints=EndpointService(*own, brands, runtime.webhook_guard, runtime.sender),
        alerts=AlertService(*own, brands, AlertSender.of(runtime.settings)),
        resends=ResendService(*own),
        accounts=accounts,
        connecting=connecting,
        apps=AppService(*own, brands, channels, base_url),
        connections=ConnectionService(*own, accounts, connecting),
        media=media,
        posts=posts,
        batches=BatchService(*own, posts),
        doors=DoorService(*own, posts, base_url),
        queues=QueueService(*own, channels, starts, brands),
        imports=ImportService(*own, brands, media, settings.media.max_bytes),
        importer=ImportRunner(*own, posts, refusal_of_row),
        series=SeriesService(*own, channels, starts, posts),
        reviews=ReviewService(*own, posts, base_url),
        drafts=DraftService(*own, brands, posts, MAX_BODY),
        receipts=ReceiptService(*own, base_url),
        erasures=ErasureService(*own, accounts),
        reports=ReportService(*own, app_secrets(settings.channels)),
        starts=starts,
        calls=CallMeter(database),
        key_uses=KeyUses(database),
        callers=callers_of(settings.api.trusted_proxies),
        wrong_keys=WrongKeys(database, settings.api.wrong_keys_per_minute),
        forms=AddressLimit(settings.api.forms_per_minute),
        device_tries=AddressLimit(MOST_TRIES, seconds=IN_PROGRESS.total_seconds()),
        registrations=AddressLimit(MOST_REGISTRATIONS, seconds=IN_PROGRESS.total_seconds()),
        uploads=UploadShares(settings.media, settings.limits),
        waits=ContentWaits(database, of_brand=settings.limits.waiting),
    )


def _media_intake(runtime: Runtime) -> MediaIntake:
    bounds, limits = runtime.settings.media, runtime.settings.limits
    total = timedelta(seconds=bounds.request_timeout)
    request_limits = RequestLimits(max_bytes=bounds.request_max_bytes, total=total, of_brand=limits)
    return MediaIntake(runtime.fetcher, request_limits)
