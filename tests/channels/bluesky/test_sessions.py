"""Sessions: whose they are, where they live, how long, and what ends them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.bluesky.accounts import expiry
from munadi.channels.bluesky.identity import pds_of
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.importing import prove
from munadi.ports import AccountImport
from tests.channels.making import REFRESH, TOKEN, Bench, account, bench, error_of
from tests.channels.network import answer, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
CREATE, GET, RENEW = (f"/xrpc/com.atproto.server.{name}Session" for name in ("create", "get", "refresh"))
PASSWORD = "abcd-abcd-abcd-abcd"
LOGIN = AccountImport(identifier="acme.example", password=SecretStr(PASSWORD))
TOKENS = AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH))


def jwt(**claims: Any) -> str:
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims))
        + ".s"
    )


ACCESS = jwt(exp=1_800_000_000)


def session(**changes: Any) -> httpx.Response:
    return ok({"did": DID, "handle": "acme.example", "accessJwt": ACCESS, "refreshJwt": "r2", "active": True} | changes)


def document(*services: Any) -> dict[str, Any]:
    return {"id": DID, "alsoKnownAs": ["at://acme.example"], "service": list(services)}


PDS = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://moved.example/"}


def known(**pds: str) -> Bench:
    """A network whose directory and handles say the same as `session`."""
    built = bench("bluesky")
    built.network.on("GET", f"/{DID}", ok(document({**PDS, **pds})))
    built.network.on("GET", "/xrpc/com.atproto.identity.resolveHandle", ok({"did": DID}))
    return built


async def refused(built: Bench, given: AccountImport) -> ChannelError:
    return await error_of(built.channel.verify(given))


async def test_a_login_gives_a_pair_with_its_expiry() -> None:
    built = known()
    built.network.on("POST", CREATE, session())
    connection = await built.channel.verify(LOGIN)
    request = built.network.requests[0]
    assert str(request.url) == f"https://bsky.social{CREATE}"
    assert json.loads(request.content) == {"identifier": "acme.example", "password": PASSWORD}
    assert connection.credentials.access_token.get_secret_value() == ACCESS
    assert connection.credentials.refresh_token == SecretStr("r2")
    assert connection.credentials.expires_at == datetime.fromtimestamp(1_800_000_000, UTC)
    assert (connection.profile.external_id, connection.profile.handle) == (DID, "acme.example")


async def test_the_pds_behind_the_entryway_is_where_the_directory_says() -> None:
    built = known()
    claimed = document({**PDS, "serviceEndpoint": "https://claimed.example"})
    built.network.on("POST", CREATE, session(didDoc=claimed))
    assert (await built.channel.verify(LOGIN)).profile.service_url == "https://moved.example"


async def test_a_given_server_is_asked_and_kept() -> None:
    built = known(serviceEndpoint="https://own.example")
    built.network.on("GET", GET, session())
    given = AccountImport(access_token=SecretStr(ACCESS), service_url="https://own.example/")
    connection = await built.channel.verify(given)
    assert str(built.network.requests[0].url) == f"https://own.example{GET}"
    assert connection.profile.service_url == "https://own.example"
    assert connection.credentials.refresh_token is None
    assert connection.credentials.expires_at == datetime.fromtimestamp(1_800_000_000, UTC)


async def test_an_expired_import_is_renewed_on_the_spot() -> None:
    built = known()
    built.network.on("GET", GET, answer(400, {"error": "ExpiredToken"}), session()).on("POST", RENEW, session())
    connection = await prove(built.channel, TOKENS)
    assert connection.credentials.access_token.get_secret_value() == ACCESS
    assert connection.credentials.refresh_token == SecretStr("r2")
    [renewal] = built.network.sent(RENEW)
    assert renewal.headers["authorization"] == f"Bearer {REFRESH}"
    assert built.network.sent(GET)[-1].headers["authorization"] == f"Bearer {ACCESS}"


async def test_an_expired_import_without_a_refresh_token_is_refused() -> None:
    built = bench("bluesky")
    built.network.on("GET", GET, answer(400, {"error": "ExpiredToken"}))
    error = await refused(built, AccountImport(access_token=SecretStr(TOKEN)))
    assert error.reason is Reason.TOKEN_EXPIRED


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (answer(401, {"error": "AuthenticationRequired", "message": f"wrong: {PASSWORD}"}), Reason.TOKEN_REVOKED),
        (answer(401, {"error": "AuthFactorTokenRequired"}), Reason.LOGIN_CHECKPOINT),
        (answer(401, {"error": "AccountTakedown"}), Reason.ACCOUNT_RESTRICTED),
        (session(active=False, status="suspended"), Reason.ACCOUNT_RESTRICTED),
        (session(did=None), Reason.UNKNOWN_PROVIDER_ERROR),
        (session(accessJwt=None), Reason.UNKNOWN_PROVIDER_ERROR),
    ],
)
async def test_a_login_that_does_not_work(given: httpx.Response, reason: Reason) -> None:
    built = bench("bluesky")
    built.network.on("POST", CREATE, given)
    error = await refused(built, LOGIN)
    assert error.reason is reason
    assert PASSWORD not in f"{error.raw}{error.provider_message}"


async def test_a_refresh_brings_both_tokens() -> None:
    built = bench("bluesky")
    built.network.on("POST", RENEW, session())
    fresh = await built.channel.refresh(account("bluesky", DID, service_url="https://pds.example"))
    request = built.network.requests[0]
    assert request.headers["authorization"] == f"Bearer {REFRESH}"
    assert request.content == b""
    assert (fresh.access_token.get_secret_value(), fresh.refresh_token) == (ACCESS, SecretStr("r2"))


@pytest.mark.parametrize(
    ("given", "reason", "effect"),
    [
        (answer(400, {"error": "ExpiredToken", "message": "Token has been revoked"}), Reason.TOKEN_REVOKED, "not_sent"),
        (answer(400, {"error": "InvalidToken"}), Reason.TOKEN_REVOKED, "not_sent"),
        (answer(401, {"error": "AccountTakedown"}), Reason.ACCOUNT_RESTRICTED, "rejected"),
        (session(active=False, status="deactivated"), Reason.ACCOUNT_RESTRICTED, "rejected"),
        (answer(502, "<html>"), Reason.PROVIDER_OUTAGE, "unknown"),
        (answer(429, {"error": "RateLimitExceeded"}), Reason.RATE_LIMITED, "not_sent"),
    ],
)
async def test_a_refresh_that_fails_says_whether_the_grant_is_dead(
    given: httpx.Response, reason: Reason, effect: str
) -> None:
    built = bench("bluesky")
    built.network.on("POST", RENEW, given)
    error = await error_of(built.channel.refresh(account("bluesky", DID, service_url="https://pds.example")))
    assert (error.reason, error.effect) == (reason, Effect(effect))


async def test_a_refresh_never_brings_the_session_of_another_account() -> None:
    built = bench("bluesky")
    built.network.on("POST", RENEW, session(did="did:plc:somebodyelse"))
    error = await error_of(built.channel.refresh(account("bluesky", DID, service_url="https://pds.example")))
    assert (error.reason, error.effect) == (Reason.UNKNOWN_PROVIDER_ERROR, Effect.NOT_SENT)


async def test_without_a_refresh_token_only_a_new_login_helps() -> None:
    known = account("bluesky", DID)
    bare = known.model_copy(update={"credentials": known.credentials.model_copy(update={"refresh_token": None})})
    built = bench("bluesky")
    error = await error_of(built.channel.refresh(bare))
    assert error.reason is Reason.TOKEN_REVOKED
    assert built.network.requests == []


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", jwt(), jwt(exp="x"), jwt(exp=10**20), "a.!!.c"])
def test_a_token_without_an_expiry(token: str) -> None:
    assert expiry(token) is None


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"service": "x"},
        document("x"),
        document({"id": "#other", "serviceEndpoint": "https://x"}),
        document({**PDS, "serviceEndpoint": {"a": 1}}),
        document({**PDS, "serviceEndpoint": "ftp://x"}),
    ],
)
def test_a_document_without_a_usable_server(given: Any) -> None:
    assert pds_of(given) is None
