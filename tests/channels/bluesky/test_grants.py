"""A grant's life after the consent: renewed under its key, checked without being used up, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.bluesky.dpop import DpopKey
from munadi.domain.failure import FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import AccountImport
from tests.channels.bluesky.oauth_network import (
    CLIENT,
    DID,
    GRANT,
    PDS,
    REVOKE,
    TOKENS,
    Scene,
    granted,
    said,
    wants_nonce,
)
from tests.channels.bluesky.test_dpop import read
from tests.channels.making import NOW, REFRESH, TOKEN, account, error_of
from tests.channels.network import answer, ok

LOOK = "/xrpc/com.atproto.server.getSession"
SESSION = {"did": DID, "handle": "acme.example.com", "active": True}
KEY = DpopKey.new()


async def test_a_refresh_brings_the_next_tokens_under_the_same_key() -> None:
    scene, who = Scene(), granted(KEY)
    scene.on("POST", GRANT, wants_nonce(400), ok({**TOKENS, "scope": "atproto transition:generic transition:email"}))
    fresh = await scene.channel.refresh(who)
    first, second = scene.network.requests
    assert said(second) == {"client_id": CLIENT, "grant_type": "refresh_token", "refresh_token": REFRESH}
    assert read(first.headers["dpop"])[0]["jwk"] == read(second.headers["dpop"])[0]["jwk"]
    assert "ath" not in read(second.headers["dpop"])[1]
    assert "authorization" not in second.headers
    assert fresh.refresh_token is not None
    assert (fresh.access_token.get_secret_value(), fresh.refresh_token.get_secret_value()) == ("access-2", "refresh-2")
    assert fresh.expires_at == NOW + timedelta(seconds=1800)
    changed = {name for name in fresh.extra if fresh.extra[name] != who.credentials.extra.get(name)}
    assert changed == {"scope", "clientKey"}  # the public client began this grant, which has a client key from now on


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (answer(400, {"error": "invalid_grant", "error_description": "Session expired"}), Reason.TOKEN_REVOKED),
        (answer(400, {"error": "invalid_client_metadata"}), Reason.APP_NOT_APPROVED),
        (answer(401, {"error": "invalid_client"}), Reason.APP_NOT_APPROVED),
        (answer(401, {"error": "invalid_dpop_proof"}), Reason.PROVIDER_OUTAGE),
        (answer(400, {"error": "invalid_dpop_proof"}), Reason.PROVIDER_OUTAGE),
        (wants_nonce(400), Reason.PROVIDER_OUTAGE),
        (answer(429, {"error": "RateLimitExceeded"}), Reason.RATE_LIMITED),
        (answer(502, "<html>"), Reason.PROVIDER_OUTAGE),
        (httpx.ReadTimeout("slow"), Reason.PROVIDER_OUTAGE),
        (ok({**TOKENS, "sub": "did:plc:somebodyelse"}), Reason.UNKNOWN_PROVIDER_ERROR),
        (ok({**TOKENS, "token_type": "Bearer"}), Reason.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_a_refresh_that_fails_calls_the_grant_dead_only_when_it_is(told: Any, reason: Reason) -> None:
    scene = Scene()
    scene.on("POST", GRANT, told)
    error = await error_of(scene.channel.refresh(granted(KEY)))
    assert error.reason is reason
    assert (REASONS[error.reason].class_ is FailureClass.TOKEN) == (reason is Reason.TOKEN_REVOKED)
    assert REFRESH not in f"{error} {error.raw} {error.provider_message}"


@pytest.mark.parametrize("change", [{"dpopKey": "{}"}, {"dpopKey": "torn"}])
async def test_a_damaged_grant_needs_a_new_consent(change: dict[str, str]) -> None:
    scene, who = Scene(), granted(KEY, **change)
    for call in (scene.channel.refresh(who), scene.channel.verify(given(**change))):
        error = await error_of(call)
        assert error.reason is Reason.TOKEN_REVOKED
    assert scene.network.requests == []


def given(**changes: str) -> AccountImport:
    credentials = granted(KEY, **changes).credentials
    return AccountImport(
        external_id=DID,
        service_url=PDS,
        access_token=credentials.access_token,
        refresh_token=credentials.refresh_token,
        expires_at=NOW,
        extra=credentials.extra,
    )


async def test_a_check_looks_with_a_proof_and_keeps_all_of_the_grant() -> None:
    scene = Scene()
    scene.on("GET", LOOK, wants_nonce(401), ok(SESSION))
    connection = await scene.channel.verify(given())
    request = scene.network.sent(LOOK)[-1]
    assert request.headers["authorization"] == f"DPoP {TOKEN}"
    assert read(request.headers["dpop"])[1]["htu"] == PDS + LOOK
    assert connection.credentials.extra == given().extra
    assert (connection.credentials.expires_at, connection.profile.service_url) == (NOW, PDS)
    assert connection.profile.scopes == ("atproto", "transition:generic")


async def test_a_check_never_uses_up_the_refresh_token() -> None:
    """It works once, and everyone who renews holds the account's lease."""
    scene = Scene()
    scene.on("GET", LOOK, answer(401, {"error": "invalid_token"}))
    error = await error_of(scene.channel.verify(given()))
    assert error.reason is Reason.TOKEN_EXPIRED
    assert [request.url.path for request in scene.network.requests] == [LOOK]


async def test_the_end_of_a_grant_is_sent_to_the_server() -> None:
    scene = Scene()
    assert await scene.server.revoke(granted(KEY))
    (request,) = scene.network.sent(REVOKE)
    assert said(request) == {"client_id": CLIENT, "token": REFRESH}


async def test_without_a_revocation_endpoint_nothing_is_sent() -> None:
    scene = Scene()
    assert not await scene.server.revoke(granted(KEY, revocationEndpoint=""))
    assert not await scene.server.revoke(account("bluesky", DID, service_url=PDS))
    assert scene.network.requests == []
