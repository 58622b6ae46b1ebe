"""What the routes work with: one object on the application's state, built once by the lifespan."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from fastapi import Request
from temporalio.client import Client

from api.http.address import Callers
from api.http.shares import UploadShares
from api.http.waiting import ContentWaits
from api.process.starts import Starts
from munadi.accounts.apps import AppService
from munadi.accounts.connecting import ConnectFlow
from munadi.accounts.links import ConnectionService
from munadi.accounts.service import AccountService
from munadi.alerts.service import AlertService
from munadi.config import Settings
from munadi.crypto import KeyRing
from munadi.db.brands.branding import BrandingService
from munadi.db.brands.calendar_feeds import FeedService
from munadi.db.brands.service import BrandService
from munadi.db.keys.service import KeyService
from munadi.db.oauth.devices import DeviceService
from munadi.db.oauth.service import SignInService
from munadi.db.session import Database
from munadi.doors.service import DoorService
from munadi.erasure.reports import ReportService
from munadi.erasure.service import ErasureService
from munadi.imports.running import ImportRunner
from munadi.imports.service import ImportService
from munadi.limits.addresses import AddressLimit
from munadi.limits.calls import CallMeter
from munadi.limits.key_uses import KeyUses
from munadi.limits.wrong_keys import WrongKeys
from munadi.media.fetch import MediaFetcher
from munadi.media.store import MediaStore
from munadi.outbound.guard import Guard
from munadi.ports import Channels, Clock
from munadi.publishing.batches import BatchService
from munadi.publishing.drafts import DraftService
from munadi.publishing.media_service import MediaService
from munadi.publishing.queues import QueueService
from munadi.publishing.receipts import ReceiptService
from munadi.publishing.review_links import ReviewService
from munadi.publishing.series import SeriesService
from munadi.publishing.service import PostService
from munadi.webhooks.resending import ResendService
from munadi.webhooks.sender import WebhookSender
from munadi.webhooks.service import EndpointService


@dataclass
class Services:
    """`temporal` is a lazy client (it connects on first use), or None where no address is set. `documents`: for
    `api.http.turns`."""

    settings: Settings
    database: Database
    channels: Channels
    temporal: Client | None
    keyring: KeyRing
    media_store: MediaStore
    fetcher: MediaFetcher
    guard: Guard
    webhook_guard: Guard
    clock: Clock
    sender: WebhookSender
    brands: BrandService
    brandings: BrandingService
    keys: KeyService
    sign_ins: SignInService
    devices: DeviceService
    feeds: FeedService
    endpoints: EndpointService
    alerts: AlertService
    resends: ResendService
    accounts: AccountService
    apps: AppService
    connecting: ConnectFlow
    connections: ConnectionService
    media: MediaService
    posts: PostService
    batches: BatchService
    doors: DoorService
    queues: QueueService
    imports: ImportService
    importer: ImportRunner
    series: SeriesService
    reviews: ReviewService
    drafts: DraftService
    receipts: ReceiptService
    erasures: ErasureService
    reports: ReportService
    starts: Starts
    calls: CallMeter
    key_uses: KeyUses
    callers: Callers
    wrong_keys: WrongKeys
    forms: AddressLimit
    registrations: AddressLimit
    device_tries: AddressLimit
    uploads: UploadShares
    waits: ContentWaits
    documents: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))


async def services(request: Request) -> Services:
    """The dependency: `Annotated[Services, Depends(services)]`. A plain function would be called in a thread."""
    found: Services = request.app.state.services
    return found
