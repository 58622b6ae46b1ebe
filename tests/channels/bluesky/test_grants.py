"""A grant after the consent: renewed under its key, checked without a renewal, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.bluesky.dpop import DpopKey
from munadi.domain.failure import FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import AccountImport
from tests.channels.bluesky.servers import (
    CLIENT,
    DID,
    GRANT,
    OTHER,
    PDS,
    REVOKE,
    SESSION,
    TOKENS,
    WHO,
    Servers,
    form_without_assertion,
    granted,
    refusal,
    session,
    wants_nonce,
)
from tests.channels.bluesky.test_dpop import read
from tests.channels.making import NOW, REFRESH, TOKEN, error_of
from tests.channels.network import answer, ok

KEY, R = DpopKey.new(), Reason


def given(**changes: str) -> AccountImport:
    credentials = granted(KEY, **changes).credentials.model_copy(update={"expires_at": NOW})
    return AccountImport.of(credentials, external_id=DID, service_url=PDS)


async def test_a_refresh_returns_new_tokens_under_the_same_key() -> None:
    servers, who = Servers(), granted(KEY)
    servers.on("POST", GRANT, wants_nonce(400), ok({**TOKENS, "scope": "atproto transition:generic transition:email"}))
    fresh = await servers.channel.refresh(who)
    first, second = servers.network.requests
    refresh = {"client_id": CLIENT, "grant_type": "refresh_token", "refresh_token": REFRESH}
    assert form_without_assertion(second) == refresh
    assert read(first.headers["dpop"])[0]["jwk"] == read(second.headers["dpop"])[0]["jwk"]
    assert "ath" not in read(second.headers["dpop"])[1]
    assert "authorization" not in second.headers
    assert fresh.refresh_token is not None
    assert (fresh.access_token.get_secret_value(), fresh.refresh_token.get_secret_value()) == ("access-2", "refresh-2")
    assert fresh.expires_at == NOW + timedelta(seconds=1800)
    changed = {name for name in fresh.extra if fresh.extra[name] != who.credentials.extra.get(name)}
    assert changed == {"scope", "clientKey"}  # the public client began this grant, which has a client key from now on


@pytest.mark.parametrize(
    ("answered", "reason"),
    [
        (refusal("invalid_grant"), R.TOKEN_REVOKED),
        (refusal("invalid_client_metadata"), R.APP_NOT_APPROVED),
        (refusal("invalid_client", 401), R.APP_NOT_APPROVED),
        *((refusal("invalid_dpop_proof", status), R.PROVIDER_OUTAGE) for status in (400, 401)),
        (wants_nonce(400), R.PROVIDER_OUTAGE),
        (refusal("RateLimitExceeded", 429), R.RATE_LIMITED),
        (answer(502, "<html>"), R.PROVIDER_OUTAGE),
        (httpx.ReadTimeout("slow"), R.PROVIDER_OUTAGE),
        (ok({**TOKENS, "sub": OTHER}), R.UNKNOWN_PROVIDER_ERROR),
        (ok({**TOKENS, "token_type": "Bearer"}), R.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_a_failed_refresh_reports_a_dead_grant_only_if_it_is_dead(answered: Any, reason: Reason) -> None:
    servers = Servers()
    servers.on("POST", GRANT, answered)
    error = await error_of(servers.channel.refresh(granted(KEY)))
    assert error.reason is reason
    assert (REASONS[error.reason].class_ is FailureClass.TOKEN) == (reason is R.TOKEN_REVOKED)
    assert REFRESH not in f"{error} {error.raw} {error.provider_message}"


@pytest.mark.parametrize("damaged", ["{}", "torn"])
async def test_a_damaged_grant_needs_a_new_consent(damaged: str) -> None:
    servers = Servers()
    for call in (
        servers.channel.refresh(granted(KEY, dpopKey=damaged)),
        servers.channel.verify(given(dpopKey=damaged)),
    ):
        assert (await error_of(call)).reason is R.TOKEN_REVOKED
    assert servers.paths == []


async def test_a_check_sends_a_proof_and_keeps_the_whole_grant() -> None:
    servers = Servers()
    servers.on("GET", SESSION, wants_nonce(401), session())
    connection = await servers.channel.verify(given())
    request = servers.network.sent(SESSION)[-1]
    assert request.headers["authorization"] == f"DPoP {TOKEN}"
    assert read(request.headers["dpop"])[1]["htu"] == PDS + SESSION
    assert connection.credentials.extra == given().extra
    assert (connection.credentials.expires_at, connection.profile.service_url) == (NOW, PDS)
    assert connection.profile.scopes == ("atproto", "transition:generic")


async def test_a_check_never_uses_the_refresh_token() -> None:
    """It works once, and only a renewal under the account's lease may use it."""
    servers = Servers()
    servers.on("GET", SESSION, refusal("invalid_token", 401))
    error = await error_of(servers.channel.verify(given()))
    assert (error.reason, servers.paths) == (R.TOKEN_EXPIRED, [SESSION])


async def test_a_revocation_is_sent_where_the_server_accepts_it() -> None:
    servers = Servers()
    assert not await servers.server.revoke(granted(KEY, revocationEndpoint=""))
    assert not await servers.server.revoke(WHO)
    assert servers.paths == []
    assert await servers.server.revoke(granted(KEY))
    (request,) = servers.network.sent(REVOKE)
    assert form_without_assertion(request) == {"client_id": CLIENT, "token": REFRESH}
