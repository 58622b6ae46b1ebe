"""A server's claim about an account is accepted only if the DID document and the handle confirm it."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.bluesky.proving import is_same_server
from munadi.domain.account import Profile
from munadi.domain.failure import ChannelError, FieldRefused, Reason
from munadi.domain.redaction import redact
from munadi.ports import AccountImport, Connection
from tests.channels.bluesky.servers import (
    AT_DOMAIN,
    CREATE,
    DID,
    DOCUMENT,
    HANDLE,
    NAME,
    NO_HANDLE,
    OTHER,
    PDS,
    SESSION,
    Servers,
    document,
    session,
)
from tests.channels.making import error_of
from tests.channels.network import answer, ok

LIAR, HERE = "https://liar.example", "http://127.0.0.1:2583"
DOWN = [httpx.ConnectError("no route"), answer(503), answer(429)]


async def imported(servers: Servers, server: str | None = PDS) -> Profile:
    given = AccountImport(service_url=server, identifier=NAME, password=SecretStr("abcd-abcd-abcd-abcd"))
    return (await servers.channel.verify(given)).profile


async def refused(servers: Servers, server: str | None = PDS) -> Any:
    error = await error_of(imported(servers, server))
    assert "abcd-abcd" not in redact(str(error))
    return error


async def checked(servers: Servers, server: str = PDS) -> Connection:
    """Check a stored account."""
    token = SecretStr("t")
    given = AccountImport(external_id=DID, service_url=server, access_token=token, handle="known.example")
    return await servers.channel.verify(given)


@pytest.mark.parametrize(("server", "development"), [(LIAR, False), (LIAR, True), (HERE, True)])
async def test_a_server_that_claims_the_did_of_another_server_is_refused(server: str, development: bool) -> None:
    error = await refused(Servers(development=development), server)
    assert isinstance(error, FieldRefused)
    assert (error.pointer, error.rule) == ("/serviceUrl", "service_url_of_did")
    assert (error.limit, error.actual, PDS in error.message) == (PDS, server, True)


@pytest.mark.parametrize(("server", "pointer"), [(LIAR, "/serviceUrl"), (None, "/credentials")])
@pytest.mark.parametrize(
    "given", [answer(404), ok({"id": OTHER}), document(service=[]), document("ftp://x"), ok("<html>")]
)
async def test_a_did_without_a_document_is_refused(given: httpx.Response, server: str | None, pointer: str) -> None:
    servers = Servers()
    servers.on("GET", DOCUMENT, given)
    error = await refused(servers, server)
    assert isinstance(error, FieldRefused)
    assert (error.pointer, error.rule, error.actual) == (pointer, "did_document", DID)


@pytest.mark.parametrize("given", DOWN)
@pytest.mark.parametrize("server", [PDS, HERE, None])
async def test_in_production_a_directory_that_is_down_is_an_outage(given: Any, server: str | None) -> None:
    servers = Servers()
    servers.on("GET", DOCUMENT, given)
    error = await refused(servers, server)
    assert error.reason in (Reason.NETWORK_UNREACHABLE, Reason.PROVIDER_OUTAGE, Reason.RATE_LIMITED)
    assert not isinstance(error, FieldRefused)


@pytest.mark.parametrize("given", [*DOWN[:2], answer(404)])
async def test_in_development_a_server_on_this_machine_needs_no_directory(
    given: Any, caplog: pytest.LogCaptureFixture
) -> None:
    servers = Servers(development=True)
    servers.on("GET", DOCUMENT, given)
    with caplog.at_level(logging.WARNING):
        profile = await imported(servers, HERE)
    assert (profile.external_id, profile.handle, profile.service_url) == (DID, NAME, HERE)
    assert "without a DID document" in caplog.text
    assert isinstance(await refused(servers, PDS), ChannelError)


@pytest.mark.parametrize("handle", ["<script>alert(1)</script>", "x" * 900_000])
async def test_without_a_directory_a_handle_must_be_well_formed(handle: str) -> None:
    servers = Servers(development=True)
    servers.on("POST", CREATE, session(handle=handle)).on("GET", DOCUMENT, answer(404))
    assert (await imported(servers, HERE)).handle == DID


@pytest.mark.parametrize("development", [True, False])
@pytest.mark.parametrize(
    ("resolved", "at_domain", "shown"),
    [
        (ok({"did": OTHER}), answer(404), DID),
        (NO_HANDLE, answer(404), DID),
        (NO_HANDLE, httpx.Response(200, text=OTHER), DID),
        (NO_HANDLE, httpx.Response(200, text=f"{DID}\n"), NAME),  # the handle's own domain names the DID
        (DOWN[0], httpx.Response(200, text=DID), DID),
        (answer(502), answer(404), DID),
    ],
)
async def test_a_handle_that_does_not_resolve_to_the_account_is_not_shown(
    resolved: Any, at_domain: httpx.Response, shown: str, development: bool
) -> None:
    servers = Servers(development=development)
    servers.on("GET", HANDLE, resolved).on("GET", AT_DOMAIN, at_domain)
    assert (await imported(servers)).handle == shown


@pytest.mark.parametrize(("names", "shown"), [([f"at://{NAME.upper()}"], NAME), ([], DID)])
async def test_the_handle_is_from_the_document_and_not_from_the_server(names: list[str], shown: str) -> None:
    servers = Servers()
    servers.on("POST", CREATE, session(handle="somebody.famous")).on("GET", DOCUMENT, document(alsoKnownAs=names))
    assert (await imported(servers)).handle == shown


async def test_a_check_never_moves_an_account_to_another_did() -> None:
    servers = Servers()
    servers.on("GET", SESSION, session(did=OTHER))
    error: Any = await error_of(checked(servers))
    assert (error.rule, error.limit, error.actual) == ("credentials_of_external_id", DID, OTHER)
    assert servers.paths == [SESSION]


async def test_a_check_reports_that_an_account_has_moved() -> None:
    error = await error_of(checked(Servers(), "https://before.example"))
    assert (error.reason, error.provider_code) == (Reason.TARGET_NOT_ACCESSIBLE, "MOVED")


async def test_a_check_keeps_the_stored_facts_while_no_server_answers() -> None:
    servers = Servers()
    assert (await checked(servers)).profile.handle == NAME
    servers.on("GET", HANDLE, DOWN[0])
    assert (await checked(servers)).profile.handle == "known.example"
    servers.on("GET", DOCUMENT, DOWN[0])
    profile = (await checked(servers)).profile
    assert (profile.handle, profile.service_url) == ("known.example", PDS)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://pds.example", "https://PDS.example:443/", True),
        ("http://127.0.0.1:2583", "http://localhost:2583/x", True),
        ("http://[::1]:2583", "http://localhost:2583", True),
        ("http://127.0.0.1:2583", "http://127.0.0.1:2584", False),
        ("https://pds.example", "http://pds.example", False),
        ("https://pds.example", "https://pds.example.evil", False),
        ("https://pds.example", "https://pds.example:8443", False),
    ],
)
def test_servers_are_the_same_by_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert is_same_server(one, other) is same


@pytest.mark.parametrize("did", ["", "did:plc:" + "a" * 500_000, "did:plc:\0x", "did:web:127.0.0.1/x", "nobody"])
async def test_an_invalid_did_is_refused(did: str) -> None:
    servers = Servers(development=True)
    servers.on("POST", CREATE, session(did=did))
    error = await refused(servers, HERE)
    assert error.reason in (Reason.INVALID_FIELD, Reason.UNKNOWN_PROVIDER_ERROR)
    assert len(str(error)) < 1_000
