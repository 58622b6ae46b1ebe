"""Consent: the requests to each server, and the answers that are refused. `test_oauth_real` runs a whole consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.channels.oauth import challenge_of
from munadi.domain.failure import ChannelError, Effect, Reason
from tests.channels.bluesky.servers import (
    ASKING,
    AT_DOMAIN,
    BACK,
    CLIENT,
    CODE,
    DID,
    DOCUMENT,
    GRANT,
    HANDLE,
    ISSUER,
    METADATA,
    NAME,
    NO_HANDLE,
    OTHER,
    PAR,
    PDS,
    RESOURCE,
    SERVER,
    TOKENS,
    Servers,
    document,
    form_without_assertion,
    refusal,
    wants_nonce,
)
from tests.channels.making import NOW, error_of
from tests.channels.network import answer, form_of, ok

R, ENTRYWAY = Reason, "https://bsky.social"


async def refused(servers: Servers, **changes: Any) -> ChannelError:
    return await error_of(servers.server.begin_consent(replace(ASKING, **changes)))


async def not_granted(servers: Servers, answered: dict[str, str] | None = None) -> ChannelError:
    consent = await servers.server.begin_consent(ASKING)
    error = await error_of(servers.server.exchange(ASKING, answered or CODE, consent.kept))
    assert not {"code-1", "access-2", "refresh-2", consent.kept["verifier"]} & set(f"{error} {error.raw}".split('"'))
    return error


async def test_a_consent_becomes_tokens_that_are_bound_to_its_key() -> None:
    servers = Servers()
    consent = await servers.server.begin_consent(ASKING)
    hosts = [str(request.url).partition("?")[0] for request in servers.network.requests]
    directory = f"https://plc.directory{DOCUMENT}"
    assert hosts == [f"{ENTRYWAY}{HANDLE}", directory, PDS + RESOURCE, ISSUER + SERVER, ISSUER + PAR]
    assert form_without_assertion(servers.network.requests[-1]) == {
        "client_id": CLIENT,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "atproto transition:generic",
        "state": "state-1",
        "code_challenge": challenge_of(consent.kept["verifier"]),
        "code_challenge_method": "S256",
        "login_hint": NAME,
    }
    assert dict(parse_qsl(urlsplit(consent.url).query)) == {"client_id": CLIENT, "request_uri": "urn:req-1"}
    assert consent.url.startswith(f"{ISSUER}/oauth/authorize?")

    (choice,) = (await servers.server.exchange(ASKING, CODE, consent.kept)).choices
    assert form_without_assertion(servers.network.sent(GRANT)[0]) == {
        "client_id": CLIENT,
        "grant_type": "authorization_code",
        "code": "code-1",
        "code_verifier": consent.kept["verifier"],
        "redirect_uri": BACK,
    }
    given = choice.given
    assert (choice.external_id, choice.name, given.service_url) == (DID, NAME, PDS)
    assert given.expires_at == NOW + timedelta(seconds=1800)
    assert given.extra["dpopKey"].get_secret_value() == consent.kept["dpopKey"]
    assert "verifier" not in given.extra

    another = (await servers.server.begin_consent(ASKING)).kept
    assert another["verifier"] != consent.kept["verifier"]
    assert another["dpopKey"] != consent.kept["dpopKey"]


async def test_a_request_is_repeated_with_the_nonce_that_its_server_wants() -> None:
    servers = Servers()
    servers.on("POST", PAR, wants_nonce(400), answer(201, {"request_uri": "urn:req-2"}))
    assert "urn%3Areq-2" in (await servers.server.begin_consent(ASKING)).url


WEB_DID = "did:web:acme.example.com"
AT_ENTRYWAY = {RESOURCE: answer(404), SERVER: ok({**METADATA, "issuer": ENTRYWAY})}


@pytest.mark.parametrize(
    ("hint", "scripted", "number", "asked", "login_hint"),
    [
        (f"{PDS}/", {}, 0, PDS + RESOURCE, None),
        (None, AT_ENTRYWAY, 1, ENTRYWAY + SERVER, None),  # the entryway is its own authorization server
        (
            f"@{NAME}",
            {HANDLE: NO_HANDLE, AT_DOMAIN: httpx.Response(200, text=f"{DID}\n")},
            1,
            f"https://{NAME}{AT_DOMAIN}",
            NAME,
        ),
        (WEB_DID, {"/.well-known/did.json": document(id=WEB_DID)}, 0, f"https://{NAME}/.well-known/did.json", WEB_DID),
    ],
)
async def test_a_hint_leads_to_the_authorization_server(
    hint: str | None, scripted: dict[str, httpx.Response], number: int, asked: str, login_hint: str | None
) -> None:
    servers = Servers()
    for path, answered in scripted.items():
        servers.on("GET", path, answered)
    await servers.server.begin_consent(replace(ASKING, hint=hint))
    assert str(servers.network.requests[number].url) == asked
    assert form_of(servers.network.requests[-1]).get("login_hint") == login_hint


@pytest.mark.parametrize(
    "hint", ["nonsense", "acme.1com", "a b.example.com", "did:key:z6Mk", "did:web:a/b", "did:plc:../x", "ftp://a.dev"]
)
async def test_a_hint_that_names_no_account_is_refused(hint: str) -> None:
    servers = Servers()
    assert ((await refused(servers, hint=hint)).reason, servers.paths) == (R.INVALID_FIELD, [])


@pytest.mark.parametrize(
    ("path", "answered", "reason"),
    [
        (DOCUMENT, answer(404), R.INVALID_FIELD),
        (DOCUMENT, document(id=OTHER), R.INVALID_FIELD),
        (DOCUMENT, document(service=[]), R.INVALID_FIELD),
        (RESOURCE, ok({"authorization_servers": []}), R.INVALID_FIELD),
        (RESOURCE, ok({"authorization_servers": ["javascript:alert(1)"]}), R.INVALID_FIELD),
        (RESOURCE, ok("<html>"), R.INVALID_FIELD),
        (RESOURCE, answer(502, "<html>"), R.PROVIDER_OUTAGE),
        (SERVER, answer(404), R.INVALID_FIELD),
        (SERVER, ok({**METADATA, "issuer": "https://other.example"}), R.INVALID_FIELD),
        (SERVER, ok({**METADATA, "authorization_endpoint": "javascript:alert(1)"}), R.INVALID_FIELD),
        (SERVER, ok({**METADATA, "token_endpoint": "http://as.example/token"}), R.INVALID_FIELD),
        (SERVER, ok({**METADATA, "pushed_authorization_request_endpoint": None}), R.INVALID_FIELD),
    ],
)
async def test_the_servers_answers_are_checked(path: str, answered: httpx.Response, reason: Reason) -> None:
    servers = Servers()
    servers.on("GET", path, answered)
    assert (await refused(servers)).reason is reason
    assert not servers.network.sent(PAR)


async def test_a_server_that_cannot_read_our_metadata_names_the_setting() -> None:
    servers = Servers()
    servers.on("POST", PAR, refusal("invalid_client_metadata"))
    error = await refused(servers)
    assert (error.reason, "MUNADI_PUBLIC_URL" in error.message) == (R.APP_NOT_APPROVED, True)


@pytest.mark.parametrize("back", ["http://localhost:8000/back", "http://munadi.example.com/back"])
async def test_an_address_that_no_server_redirects_to(back: str) -> None:
    error = await refused(Servers(), redirect_uri=back)
    assert (error.reason, error.effect) == (R.APP_NOT_APPROVED, Effect.NOT_SENT)


@pytest.mark.parametrize("iss", [None, "https://elsewhere.example", f"{ISSUER}/"])
async def test_a_code_of_another_server_is_not_sent_anywhere(iss: str | None) -> None:
    servers = Servers()
    error = await not_granted(servers, {"code": "code-1"} | ({"iss": iss} if iss else {}))
    assert (error.reason, servers.network.sent(GRANT)) == (R.CONSENT_EXPIRED, [])


async def test_tokens_for_the_account_of_another_server_are_refused() -> None:
    servers, real = Servers(), "https://real.example"
    servers.on("GET", RESOURCE, *[ok({"authorization_servers": [server]}) for server in (ISSUER, real)])
    servers.on("GET", SERVER, ok(METADATA), ok({**METADATA, "issuer": real}))
    error = await not_granted(servers)
    assert (error.reason, error.provider_code) == (R.CONSENT_EXPIRED, "FOREIGN_ISSUER")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scope": "atproto"}, R.MISSING_SCOPE),
        ({"scope": "transition:generic"}, R.MISSING_SCOPE),
        ({"scope": None}, R.UNKNOWN_PROVIDER_ERROR),
        ({"token_type": "Bearer"}, R.UNKNOWN_PROVIDER_ERROR),
        ({"sub": NAME}, R.INVALID_FIELD),
        ({"sub": None}, R.UNKNOWN_PROVIDER_ERROR),
        ({"access_token": None}, R.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_tokens_that_cannot_be_used_are_refused(change: dict[str, Any], reason: Reason) -> None:
    servers = Servers()
    servers.on("POST", GRANT, ok({**TOKENS, **change}))
    assert (await not_granted(servers)).reason is reason


async def test_a_damaged_consent_is_not_exchanged() -> None:
    servers = Servers()
    await error_of(servers.server.exchange(ASKING, CODE, {"verifier": "x", "dpopKey": "{}"}))
    assert servers.paths == []
