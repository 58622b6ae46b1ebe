"""Addresses that come from users are called through the guard; the operator's own entryway is not."""

from __future__ import annotations

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.bluesky import build
from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.wire import post_uri
from munadi.channels.http import ChannelTools
from munadi.domain.failure import Effect, Reason
from munadi.outbound.guard import Guard, guarded_client
from munadi.ports import AccountImport
from tests.channels.making import NOW, Cards, FixedClock, Saved, StoredMedia, account, error_of, publication, stage
from tests.channels.network import Network, answer, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
ENTRYWAY = "http://10.0.0.7/entry"
DRAFT = publication("Hello")


def tools(trusted: Network, guarded: httpx.AsyncClient) -> ChannelTools:
    client = httpx.AsyncClient(transport=trusted)
    return ChannelTools(client, guarded, StoredMedia(), Cards(), FixedClock())


@pytest.mark.parametrize(
    ("service_url", "is_guarded"),
    [
        (None, False),
        (ENTRYWAY, False),
        (f"{ENTRYWAY}/", False),
        ("https://pds.example", True),
        ("http://10.0.0.7", True),
    ],
)
async def test_which_client_calls(service_url: str | None, is_guarded: bool) -> None:
    trusted, guarded = Network(), Network()
    for network in (trusted, guarded):
        network.on("POST", "", ok({"uri": post_uri(DID, record_key(DRAFT))})).on(
            "GET", "", answer(400, {"error": "RecordNotFound"})
        )
    client = httpx.AsyncClient(transport=guarded)
    channel = build({"hosts": {"entryway": ENTRYWAY}}, tools(trusted, client))
    who = account("bluesky", DID, service_url=service_url)
    await channel.publish(DRAFT, who, None, Saved(), stage())
    await channel.find(DRAFT, who, None, NOW)
    assert (len(trusted.requests), len(guarded.requests)) == ((0, 2) if is_guarded else (2, 0))


@pytest.mark.parametrize(
    "service_url", ["http://127.0.0.1:9", "https://169.254.169.254", "https://[::1]", "ftp://x.dev"]
)
async def test_a_private_server_is_refused_for_good(service_url: str) -> None:
    async with guarded_client(Guard()) as guarded:
        channel = build({}, tools(Network(), guarded))
        given = AccountImport(identifier="a.dev", password=SecretStr("p"), service_url=service_url)
        error = await error_of(channel.verify(given))
    assert (error.reason, error.effect) == (Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED)
