"""Builds what the API and the worker both need from the settings: keys, guards, the media store, the channels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from munadi.channels.http import CALL_TIMEOUT, CONNECT_TIMEOUT, ChannelTools
from munadi.channels.registry import build_channels, with_app
from munadi.channels.sandboxing import add_sandbox
from munadi.clock import SystemClock
from munadi.config import Settings
from munadi.crypto import KeyRing, load_or_create_key
from munadi.db.limits import Limits, Pool
from munadi.db.session import Database
from munadi.domain.brand_app import AppCredentials
from munadi.domain.channel import ChannelName
from munadi.media.fetch import FetchLimits, MediaFetcher
from munadi.media.opening import open_store
from munadi.media.reach import PublicAddress
from munadi.media.reader import MEDIA_URL_PURPOSE, StoredMedia
from munadi.media.store import MediaStore
from munadi.media.web_links import WebLinks
from munadi.outbound.guard import Guard
from munadi.outbound.host_calls import HostCalls
from munadi.outbound.private_targets import PrivateTargets
from munadi.outbound.resolver import Resolver, servers_in
from munadi.outbound.transport import guarded_client, network_client
from munadi.ports import AnyChannel, Channels, Clock, MediaReader
from munadi.process.instrument import Instrument, instrument_of
from munadi.telemetry import metrics
from munadi.webhooks.sender import WebhookSender

Port = TypeVar("Port")
# A channel that is an app of a brand is as cheap to make as it is small, so few are kept.
MOST_APPS = 200


class AppChannels:
    """Makes the channels that are apps of brands."""

    def __init__(self, settings: Mapping[str, Mapping[str, Any]], tools: ChannelTools) -> None:
        self._settings, self._tools = settings, tools
        self._made: dict[tuple[ChannelName, AppCredentials], AnyChannel] = {}

    def __call__(self, name: ChannelName, app: AppCredentials) -> AnyChannel:
        """The channel as this app; the same one for the same credentials."""
        key = (name, app)
        if (known := self._made.get(key)) is not None:
            return known
        if len(self._made) >= MOST_APPS:
            self._made.clear()
        given = with_app(name, self._settings.get(name.value, {}), app)
        made = self._made[key] = build_channels({name.value: given}, self._tools, names=[name])[name]
        return made


@dataclass
class Runtime:
    """The ports and resources that the API and the worker share."""

    settings: Settings
    keyring: KeyRing
    guard: Guard
    webhook_guard: Guard
    media_store: MediaStore
    fetcher: MediaFetcher
    sender: WebhookSender
    channels: Channels
    calls: HostCalls
    media: MediaReader
    reach: PublicAddress
    clock: Clock
    instrument: Instrument | None = None

    def around(self, port: Port, name: str) -> Port:
        """Wrap `port` in failpoints, if a fault test has set them."""
        return self.instrument.around(port, name) if self.instrument is not None else port


def open_database(settings: Settings, process: str) -> Database:
    """The database of `process` (`api` or `worker`), with its limits. Close it after use."""
    given = settings.database_timeouts
    statement = given.request if process == "api" else given.work
    limits = Limits(connect=given.connect, statement=statement, pool=given.pool, network=given.network)
    database = Database(settings.database, limits=limits, pool=pool_of(settings))
    metrics.CONNECTIONS.set_function(lambda: database.connections[0])
    metrics.CONNECTIONS_MAX.set_function(lambda: database.connections[1])
    metrics.WRITERS_WAITING.set_function(lambda: database.writers)
    return database


def pool_of(settings: Settings) -> Pool:
    """The connections that this process may have to the database."""
    given = settings.database_pool
    return Pool(given.size, given.overflow, given.transaction_mode)


def keyring_of(settings: Settings) -> KeyRing:
    """The key ring of MUNADI_SECRET_KEYS; development creates its own key. ValueError where a key must be set."""
    if settings.secret_keys is not None:
        given = settings.secret_keys.get_secret_value().split(",")
        return KeyRing([key.strip() for key in given if key.strip()])
    if not settings.is_development:
        raise ValueError("MUNADI_SECRET_KEYS must be set outside development (openssl rand -base64 32)")
    return KeyRing([load_or_create_key(key_file(settings))])


def key_file(settings: Settings) -> Path:
    """The file of the key that development creates."""
    return settings.data_dir / "keys" / "secret.key"


def guard_of(settings: Settings, resolve: Resolver | None = None) -> Guard:
    """The guard of every URL that a user can influence. Development allows loopback."""
    return Guard(allow_loopback=settings.is_development, resolve=resolve)


def webhook_guard_of(settings: Settings, resolve: Resolver | None = None) -> Guard:
    """The guard of webhook receivers, some of which may be private. ValueError for a setting that cannot be read."""
    given = settings.webhooks
    private = PrivateTargets.parse(given.private_networks, given.private_hosts)
    return Guard(allow_loopback=settings.is_development, private=private, resolve=resolve)


@asynccontextmanager
async def open_runtime(settings: Settings, process: str, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """Build the runtime of `process` (`api` or `worker`), and close it when the block ends."""
    instrument = instrument_of(settings, process)
    clock = clock or SystemClock()
    keyring = keyring_of(settings)
    # Posts, media and webhooks wait for name servers apart from each other.
    resolvers = [Resolver(servers_in(settings.dns_servers)) for _ in range(3)]
    guard, media_guard = (guard_of(settings, resolve) for resolve in resolvers[:2])
    webhook_guard = webhook_guard_of(settings, resolvers[2])
    store = open_store(settings)
    store.clear_incoming()
    limits = FetchLimits(max_bytes=settings.media.max_bytes, total=timedelta(seconds=settings.media.fetch_timeout))
    fetcher = MediaFetcher(media_guard, limits, directory=store.incoming)
    proxy = settings.webhooks.proxy
    sender = WebhookSender(webhook_guard, proxy=proxy.get_secret_value() if proxy else None)
    timeout = httpx.Timeout(CALL_TIMEOUT, connect=CONNECT_TIMEOUT)
    client = network_client(timeout)
    guarded = guarded_client(guard, timeout=timeout)
    try:
        media = StoredMedia(store, settings.base_url, keyring.derive(MEDIA_URL_PURPOSE), clock)
        calls = HostCalls()
        tools = ChannelTools(
            client=client,
            guarded=guarded,
            media=media,
            links=WebLinks(fetcher),
            clock=clock,
            derive=keyring.derive,
            calls=calls,
            is_development=settings.is_development,
        )
        reach = PublicAddress(client, media)
        channels = replace(build_channels(settings.channels, tools), rebuild=AppChannels(settings.channels, tools))
        if settings.sandbox_url is not None:
            channels = add_sandbox(channels, settings.sandbox_url, settings.channels, tools)
        if instrument is not None:
            client.event_hooks["request"].append(instrument.watch_request)
            guarded.event_hooks["request"].append(instrument.watch_request)
            watched = {name: instrument.around(each, f"channel.{name}") for name, each in channels.by_name.items()}
            channels = replace(channels, by_name=watched)
        yield Runtime(
            settings=settings,
            keyring=keyring,
            guard=guard,
            webhook_guard=webhook_guard,
            media_store=store,
            fetcher=fetcher,
            sender=sender,
            channels=channels,
            calls=calls,
            media=media,
            reach=reach,
            clock=clock,
            instrument=instrument,
        )
    finally:
        for closing in (fetcher.aclose, sender.aclose, client.aclose, guarded.aclose, *(r.close for r in resolvers)):
            await closing()
