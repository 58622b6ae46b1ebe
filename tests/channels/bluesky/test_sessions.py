"""Sessions of app passwords: their account, their lifetime, and what ends them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.accounts.importing import prove
from munadi.channels.bluesky.accounts import expiry
from munadi.channels.bluesky.identity import pds_of
from munadi.domain.failure import Effect, Reason
from munadi.ports import AccountImport
from tests.channels.bluesky.servers import CREATE, DID, NAME, OTHER, PDS, RENEW, SESSION, WHO, Servers, refusal, session
from tests.channels.making import REFRESH, TOKEN, error_of
from tests.channels.network import answer

PASSWORD = "abcd-abcd-abcd-abcd"
LOGIN = AccountImport(identifier=NAME, password=SecretStr(PASSWORD))


def jwt(**claims: Any) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims))
    return f"{'.'.join(parts)}.s"


ACCESS, ENDS = jwt(exp=1_800_000_000), datetime.fromtimestamp(1_800_000_000, UTC)


async def test_a_login_at_the_entryway_gives_a_pair_with_its_expiry() -> None:
    """The directory names the account's server, not the answer of the entryway."""
    servers = Servers()
    servers.on("POST", CREATE, session(accessJwt=ACCESS, didDoc={"id": DID, "service": []}))
    found = await servers.channel.verify(LOGIN)
    request = servers.network.requests[0]
    assert str(request.url) == f"https://bsky.social{CREATE}"
    assert json.loads(request.content) == {"identifier": NAME, "password": PASSWORD}
    assert found.credentials.access_token.get_secret_value() == ACCESS
    assert (found.credentials.refresh_token, found.credentials.expires_at) == (SecretStr("r2"), ENDS)
    profile = found.profile
    assert (profile.external_id, profile.handle, profile.service_url) == (DID, NAME, PDS)


async def test_an_imported_token_is_checked_at_the_named_server() -> None:
    servers = Servers()
    found = await servers.channel.verify(AccountImport(access_token=SecretStr(ACCESS), service_url=f"{PDS}/"))
    assert str(servers.network.requests[0].url) == f"{PDS}{SESSION}"
    assert found.profile.service_url == PDS
    assert (found.credentials.refresh_token, found.credentials.expires_at) == (None, ENDS)


async def test_an_import_whose_token_has_expired_is_renewed() -> None:
    servers = Servers()
    servers.on("GET", SESSION, refusal("ExpiredToken"), session()).on("POST", RENEW, session(accessJwt=ACCESS))
    given = AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH))
    credentials = (await prove(servers.channel, given)).credentials
    assert (credentials.access_token, credentials.refresh_token) == (SecretStr(ACCESS), SecretStr("r2"))
    (renewal,) = servers.network.sent(RENEW)
    assert (renewal.headers["authorization"], renewal.content) == (f"Bearer {REFRESH}", b"")
    assert servers.network.sent(SESSION)[-1].headers["authorization"] == f"Bearer {ACCESS}"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (refusal("AuthenticationRequired", 401, f"wrong: {PASSWORD}"), Reason.TOKEN_REVOKED),
        (refusal("AuthFactorTokenRequired", 401), Reason.LOGIN_CHECKPOINT),
        (refusal("AccountTakedown", 401), Reason.ACCOUNT_RESTRICTED),
        (session(active=False, status="suspended"), Reason.ACCOUNT_RESTRICTED),
        (session(did=None), Reason.UNKNOWN_PROVIDER_ERROR),
        (session(accessJwt=None), Reason.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_a_login_that_does_not_work(given: httpx.Response, reason: Reason) -> None:
    servers = Servers()
    servers.on("POST", CREATE, given)
    error = await error_of(servers.channel.verify(LOGIN))
    assert error.reason is reason
    assert PASSWORD not in f"{error.raw}{error.provider_message}"


@pytest.mark.parametrize(
    ("given", "reason", "effect"),
    [
        (refusal("ExpiredToken", message="Token has been revoked"), Reason.TOKEN_REVOKED, "not_sent"),
        (refusal("InvalidToken"), Reason.TOKEN_REVOKED, "not_sent"),
        (refusal("AccountTakedown", 401), Reason.ACCOUNT_RESTRICTED, "rejected"),
        (session(active=False, status="deactivated"), Reason.ACCOUNT_RESTRICTED, "rejected"),
        (answer(502, "<html>"), Reason.PROVIDER_OUTAGE, "unknown"),
        (refusal("RateLimitExceeded", 429), Reason.RATE_LIMITED, "not_sent"),
        (session(did=OTHER), Reason.UNKNOWN_PROVIDER_ERROR, "not_sent"),  # the session of another account
    ],
)
async def test_a_failed_refresh_reports_whether_the_grant_is_dead(
    given: httpx.Response, reason: Reason, effect: str
) -> None:
    servers = Servers()
    servers.on("POST", RENEW, given)
    error = await error_of(servers.channel.refresh(WHO))
    assert (error.reason, error.effect) == (reason, Effect(effect))


async def test_without_a_refresh_token_only_a_new_login_helps() -> None:
    servers, without = Servers(), WHO.credentials.model_copy(update={"refresh_token": None})
    error = await error_of(servers.channel.refresh(WHO.model_copy(update={"credentials": without})))
    assert (error.reason, servers.paths) == (Reason.TOKEN_REVOKED, [])


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", jwt(), jwt(exp="x"), jwt(exp=10**20), "a.!!.c"])
def test_a_token_without_an_expiry(token: str) -> None:
    assert expiry(token) is None


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"service": "x"},
        {"service": ["x"]},
        {"service": [{"id": "#other", "serviceEndpoint": "https://x"}]},
        *({"service": [{"id": "#atproto_pds", "serviceEndpoint": odd}]} for odd in ({"a": 1}, "ftp://x", None)),
    ],
)
def test_a_document_without_a_usable_server(document: Any) -> None:
    assert pds_of(document) is None
