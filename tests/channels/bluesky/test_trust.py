"""Which addresses are trusted: only the hosts of the settings are called without the guard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.bluesky import build
from munadi.channels.bluesky.thread import record_key
from munadi.domain.failure import Effect, FieldRefused, Reason
from munadi.outbound.guard import Guard
from munadi.outbound.transport import guarded_client
from munadi.ports import AccountImport, ConsentRequest
from tests.channels.bluesky.servers import BACK, CREATE, DID, DOCUMENT, MISSING, Servers, document, session, uri
from tests.channels.calls import Calls
from tests.channels.making import FixedClock, account, error_of, publication, tools
from tests.channels.network import Network, ok

ENTRYWAY = "http://10.0.0.7/entry"
DRAFT = publication("Hello")
PASSWORD = SecretStr("abcd-abcd-abcd-abcd")


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
async def test_a_server_outside_the_settings_is_guarded(service_url: str | None, is_guarded: bool) -> None:
    trusted, guarded = Network(), Network()
    for network in (trusted, guarded):
        network.on("POST", "", ok({"uri": uri(record_key(DRAFT))})).on("GET", "", MISSING)
    ours, checked = (httpx.AsyncClient(transport=network) for network in (trusted, guarded))
    built = replace(tools(ours, FixedClock()), guarded=checked)
    channel = Calls(build({"hosts": {"entryway": ENTRYWAY}}, built))
    who = account("bluesky", DID, service_url=service_url)
    await channel.publish(DRAFT, who)
    await channel.find(DRAFT, who)
    assert (len(trusted.requests), len(guarded.requests)) == ((0, 2) if is_guarded else (2, 0))


PRIVATE = ["https://127.0.0.1:9", "https://169.254.169.254", "https://[::1]"]


@pytest.mark.parametrize("address", [*PRIVATE, "http://127.0.0.1:9", "ftp://x.dev"])
async def test_credentials_are_not_sent_to_a_private_server(address: str) -> None:
    async with guarded_client(Guard()) as guarded:
        given = AccountImport(identifier="a.dev", password=PASSWORD, service_url=address)
        error = await error_of(Servers(guarded).channel.verify(given))
    assert (error.reason, error.effect) == (Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED)


@pytest.mark.parametrize("by_directory", [True, False])
@pytest.mark.parametrize("address", PRIVATE)
async def test_a_consent_is_not_begun_at_a_private_server(address: str, by_directory: bool) -> None:
    async with guarded_client(Guard()) as guarded:
        servers = Servers(guarded)
        servers.on("GET", DOCUMENT, document(address))
        error = await error_of(
            servers.server.begin_consent(ConsentRequest("state-1", BACK, hint=DID if by_directory else address))
        )
    assert (error.reason, error.effect) == (Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED)


@pytest.mark.parametrize("did", ["did:web:127.0.0.1", "did:web:localhost%3A8080", "did:web:10.0.0.1"])
async def test_the_document_of_a_did_is_not_read_from_a_private_server(did: str) -> None:
    async with guarded_client(Guard()) as guarded:
        servers: Any = Servers(guarded)
        servers.on("POST", CREATE, session(did=did))
        error = await error_of(servers.channel.verify(AccountImport(identifier="a.dev", password=PASSWORD)))
    assert isinstance(error, FieldRefused)
    assert servers.paths == [CREATE]
