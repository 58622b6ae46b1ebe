"""Consent: what is asked of whom, and what is not believed. The whole way is walked in test_bluesky_oauth_real."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.channels.oauth import challenge_of
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.outbound.guard import Guard, guarded_client
from munadi.ports import Asking
from tests.channels.bluesky.oauth_network import (
    ASKING,
    BACK,
    CLIENT,
    DID,
    DOCUMENT,
    GRANT,
    HANDLE,
    ISSUER,
    METADATA,
    PAR,
    PDS,
    RESOURCE,
    SERVER,
    TOKENS,
    Scene,
    document,
    said,
    wants_nonce,
)
from tests.channels.making import NOW, error_of
from tests.channels.network import answer, form_of, ok

CODE = {"code": "code-1", "state": "state-1", "iss": ISSUER}


async def refused(scene: Scene, hint: str | None = ASKING.hint, back: str = BACK) -> ChannelError:
    return await error_of(scene.server.begin(Asking("state-1", back, hint=hint)))


async def not_granted(scene: Scene, answered: dict[str, str] | None = None) -> ChannelError:
    consent = await scene.server.begin(ASKING)
    error = await error_of(scene.server.exchange(ASKING, answered or CODE, consent.kept))
    assert not {"code-1", "access-2", "refresh-2", consent.kept["verifier"]} & set(f"{error} {error.raw}".split('"'))
    return error


async def test_the_request_is_pushed_to_the_server_of_the_handles_pds() -> None:
    scene = Scene()
    consent = await scene.server.begin(ASKING)
    hosts = [str(request.url).partition("?")[0] for request in scene.network.requests]
    directory = f"https://plc.directory{DOCUMENT}"
    assert hosts == [f"https://bsky.social{HANDLE}", directory, PDS + RESOURCE, ISSUER + SERVER, ISSUER + PAR]
    form = said(scene.network.requests[-1])
    assert form.pop("code_challenge") == challenge_of(consent.kept["verifier"])
    assert form == {
        "client_id": CLIENT,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "atproto transition:generic",
        "state": "state-1",
        "code_challenge_method": "S256",
        "login_hint": "acme.example.com",
    }
    assert dict(parse_qsl(urlsplit(consent.url).query)) == {"client_id": CLIENT, "request_uri": "urn:req-1"}
    assert consent.url.startswith(f"{ISSUER}/oauth/authorize?")


async def test_a_server_that_wants_a_nonce_is_asked_once_more() -> None:
    scene = Scene()
    scene.on("POST", PAR, wants_nonce(400), answer(201, {"request_uri": "urn:req-2"}))
    assert "urn%3Areq-2" in (await scene.server.begin(ASKING)).url


async def test_a_server_address_asks_it_and_names_no_account() -> None:
    scene = Scene()
    await scene.server.begin(replace(ASKING, hint=f"{PDS}/"))
    assert str(scene.network.requests[0].url) == PDS + RESOURCE
    assert "login_hint" not in form_of(scene.network.requests[-1])


async def test_without_a_hint_the_entryway_is_asked_which_may_be_its_own_authorization_server() -> None:
    scene, entryway = Scene(), "https://bsky.social"
    scene.on("GET", RESOURCE, answer(404)).on("GET", SERVER, ok({**METADATA, "issuer": entryway}))
    consent = await scene.server.begin(replace(ASKING, hint=None))
    assert consent.kept["issuer"] == entryway


async def test_a_handle_may_be_known_at_its_own_domain_only() -> None:
    scene = Scene()
    scene.on("GET", HANDLE, answer(400, {"error": "HandleNotFound"}))
    scene.on("GET", "/.well-known/atproto-did", httpx.Response(200, text=f"{DID}\n"))
    await scene.server.begin(ASKING)
    assert str(scene.network.requests[1].url) == "https://acme.example.com/.well-known/atproto-did"


async def test_a_did_of_the_web_is_looked_up_there() -> None:
    scene, did = Scene(), "did:web:acme.example.com"
    scene.on("GET", "/.well-known/did.json", document(id=did))
    await scene.server.begin(replace(ASKING, hint=did))
    assert str(scene.network.requests[0].url) == "https://acme.example.com/.well-known/did.json"


@pytest.mark.parametrize(
    "hint", ["nonsense", "a b.example.com", "did:key:z6Mk", "did:web:a/b", "did:plc:../x", "ftp://a.dev"]
)
async def test_a_hint_that_names_no_account(hint: str) -> None:
    scene = Scene()
    assert (await refused(scene, hint)).reason is Reason.INVALID_FIELD
    assert scene.network.requests == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (DOCUMENT, answer(404)),
        (DOCUMENT, document(id="did:plc:somebodyelse")),
        (DOCUMENT, document(service=[])),
        (RESOURCE, ok({"authorization_servers": []})),
        (RESOURCE, ok({"authorization_servers": ["javascript:alert(1)"]})),
        (RESOURCE, ok("<html>")),
        (SERVER, answer(404)),
        (SERVER, ok({**METADATA, "issuer": "https://other.example"})),
        (SERVER, ok({**METADATA, "authorization_endpoint": "javascript:alert(1)"})),
        (SERVER, ok({**METADATA, "token_endpoint": "http://as.example/token"})),
        (SERVER, ok({**METADATA, "pushed_authorization_request_endpoint": None})),
    ],
)
async def test_what_the_servers_say_is_checked(path: str, told: httpx.Response) -> None:
    scene = Scene()
    scene.on("GET", path, told)
    assert (await refused(scene)).reason is Reason.INVALID_FIELD
    assert not scene.network.sent(PAR)


async def test_a_server_that_is_away_is_an_outage() -> None:
    scene = Scene()
    scene.on("GET", RESOURCE, answer(502, "<html>"))
    assert (await refused(scene)).reason is Reason.PROVIDER_OUTAGE


@pytest.mark.parametrize("by_directory", [True, False])
@pytest.mark.parametrize("inside", ["https://127.0.0.1:9", "https://169.254.169.254", "https://[::1]"])
async def test_no_answer_sends_us_into_our_own_network(by_directory: bool, inside: str) -> None:
    """The directory is ours; what it and the servers name goes through the guard."""
    async with guarded_client(Guard()) as guarded:
        scene = Scene(guarded)
        scene.on("GET", DOCUMENT, document(service=[{"id": "#atproto_pds", "serviceEndpoint": inside}]))
        error = await refused(scene, DID if by_directory else inside)
    assert (error.reason, error.effect) == (Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED)


async def test_a_server_that_cannot_read_who_we_are_names_the_setting() -> None:
    scene = Scene()
    scene.on("POST", PAR, answer(400, {"error": "invalid_client_metadata", "error_description": "Unable to obtain"}))
    error = await refused(scene)
    assert error.reason is Reason.APP_NOT_APPROVED
    assert "MUNADI_PUBLIC_URL" in error.message


async def test_a_consent_becomes_tokens_that_are_bound_to_its_key() -> None:
    scene = Scene()
    consent = await scene.server.begin(ASKING)
    granted = await scene.server.exchange(ASKING, CODE, consent.kept)
    form = said(scene.network.sent(GRANT)[0])
    assert form == {
        "client_id": CLIENT,
        "grant_type": "authorization_code",
        "code": "code-1",
        "code_verifier": consent.kept["verifier"],
        "redirect_uri": BACK,
    }
    (choice,) = granted.choices
    given = choice.given
    assert (choice.external_id, choice.name, given.service_url) == (DID, "acme.example.com", PDS)
    assert given.expires_at == NOW + timedelta(seconds=1800)
    assert given.extra["dpopKey"].get_secret_value() == consent.kept["dpopKey"]
    assert "verifier" not in given.extra


async def test_two_consents_have_nothing_in_common() -> None:
    scene = Scene()
    first, second = [(await scene.server.begin(ASKING)).kept for _ in range(2)]
    assert first["verifier"] != second["verifier"]
    assert first["dpopKey"] != second["dpopKey"]


@pytest.mark.parametrize("iss", [None, "https://elsewhere.example", f"{ISSUER}/"])
async def test_a_code_of_another_server_is_not_sent_anywhere(iss: str | None) -> None:
    scene = Scene()
    answered = {"code": "code-1"} | ({"iss": iss} if iss else {})
    assert (await not_granted(scene, answered)).reason is Reason.CONSENT_EXPIRED
    assert scene.network.sent(GRANT) == []


async def test_a_server_that_does_not_speak_for_the_account_is_not_believed() -> None:
    scene = Scene()
    metadata = [ok({"authorization_servers": [server]}) for server in (ISSUER, "https://real.example")]
    scene.on("GET", RESOURCE, *metadata)
    scene.on("GET", SERVER, ok(METADATA), ok({**METADATA, "issuer": "https://real.example"}))
    error = await not_granted(scene)
    assert (error.reason, error.provider_code) == (Reason.CONSENT_EXPIRED, "FOREIGN_ISSUER")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scope": "atproto"}, Reason.MISSING_SCOPE),
        ({"scope": "transition:generic"}, Reason.MISSING_SCOPE),
        ({"scope": None}, Reason.UNKNOWN_PROVIDER_ERROR),
        ({"token_type": "Bearer"}, Reason.UNKNOWN_PROVIDER_ERROR),
        ({"sub": "acme.example.com"}, Reason.INVALID_FIELD),
        ({"sub": None}, Reason.UNKNOWN_PROVIDER_ERROR),
        ({"access_token": None}, Reason.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_tokens_that_will_not_do(change: dict[str, Any], reason: Reason) -> None:
    scene = Scene()
    scene.on("POST", GRANT, ok({**TOKENS, **change}))
    assert (await not_granted(scene)).reason is reason


async def test_a_damaged_try_is_not_exchanged() -> None:
    scene = Scene()
    await error_of(scene.server.exchange(ASKING, CODE, {"verifier": "x", "dpopKey": "{}"}))
    assert scene.network.requests == []


@pytest.mark.parametrize("back", ["http://localhost:8000/back", "http://munadi.example.com/back"])
async def test_where_a_browser_must_not_be_sent_back(back: str) -> None:
    error = await refused(Scene(), back=back)
    assert (error.reason, error.effect) == (Reason.APP_NOT_APPROVED, Effect.NOT_SENT)
