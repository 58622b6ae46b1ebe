"""Whose a token is, and what a new one costs: the refresh token is the grant, and it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.importing import prove
from munadi.ports import AccountImport
from tests.channels.making import NOW, REFRESH, TOKEN, Bench, account, bench
from tests.channels.network import answer, form_of, ok
from tests.channels.scene_youtube import CHANNEL, UPLOADS, YOUTUBE, refusal

CHANNELS, RENEW = "/youtube/v3/channels", "/token"
APP = {"client_id": "app.apps.googleusercontent.com", "client_secret": "GOCSPX-0123456789"}
WHO = account("youtube", CHANNEL)
GIVEN = AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH))
BARE = AccountImport(access_token=SecretStr(TOKEN))
GRANTED = {"access_token": "fresh-token", "expires_in": 3599, "scope": "x", "token_type": "Bearer"}


def built(settings: dict[str, Any] | None = None) -> Bench:
    made = bench("youtube", APP if settings is None else settings)
    made.network.on("GET", CHANNELS, YOUTUBE.identity[2]).on("POST", RENEW, ok(GRANTED))
    return made


async def error_of(call: Any) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await call
    return caught.value


async def test_a_token_speaks_for_one_channel() -> None:
    made = built()
    connection = await made.channel.verify(BARE)
    request = made.network.requests[0]
    assert dict(request.url.params) == {"part": "id,snippet,contentDetails,status", "mine": "true"}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    profile = connection.profile
    assert (profile.external_id, profile.handle, profile.display_name) == (CHANNEL, "@acme", "Acme")
    assert profile.facts == {"uploads": UPLOADS, "long_uploads_status": "allowed"}
    assert connection.credentials.expires_at is None


@pytest.mark.parametrize(
    ("channel", "handle"),
    [
        ({"id": CHANNEL}, CHANNEL),
        ({"id": CHANNEL, "snippet": {"title": "Acme"}}, "Acme"),
        ({"id": CHANNEL, "snippet": 5}, CHANNEL),
    ],
)
async def test_a_channel_that_says_little(channel: dict[str, Any], handle: str) -> None:
    made = built()
    made.network.on("GET", CHANNELS, ok({"items": [channel]}))
    assert (await made.channel.verify(BARE)).profile.handle == handle


@pytest.mark.parametrize(
    "shown", [ok({"items": []}), ok({"kind": "youtube#channelListResponse"}), ok({"items": [{"id": 5}]})]
)
async def test_a_google_account_may_have_no_channel(shown: httpx.Response) -> None:
    made = built()
    made.network.on("GET", CHANNELS, shown)
    error = await error_of(made.channel.verify(BARE))
    assert (error.reason, error.effect) == (Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (refusal(403, "insufficientPermissions"), Reason.MISSING_SCOPE),  # a token that may only upload
        (refusal(401, "youtubeSignupRequired"), Reason.TARGET_NOT_ACCESSIBLE),
        (refusal(403, "accessNotConfigured"), Reason.APP_NOT_APPROVED),
        (refusal(403, "channelSuspended"), Reason.ACCOUNT_RESTRICTED),
    ],
)
async def test_a_token_that_cannot_be_used(given: httpx.Response, reason: Reason) -> None:
    made = built()
    made.network.on("GET", CHANNELS, given)
    assert (await error_of(made.channel.verify(GIVEN))).reason is reason


async def test_a_token_that_can_be_renewed_lives_an_hour_at_most() -> None:
    assert (await built().channel.verify(GIVEN)).credentials.expires_at == NOW + timedelta(hours=1)


async def test_an_expired_import_is_renewed_on_the_spot() -> None:
    made = built()
    made.network.on("GET", CHANNELS, refusal(401, "authError"), YOUTUBE.identity[2])
    credentials = (await prove(made.channel, GIVEN)).credentials
    assert credentials.access_token.get_secret_value() == "fresh-token"
    assert credentials.refresh_token == SecretStr(REFRESH)
    assert made.network.requests[-1].headers["authorization"] == "Bearer fresh-token"


async def test_an_expired_import_without_a_refresh_token_is_refused() -> None:
    made = built()
    made.network.on("GET", CHANNELS, refusal(401, "authError"))
    assert (await error_of(made.channel.verify(BARE))).reason is Reason.TOKEN_EXPIRED


async def test_a_refresh_keeps_the_grant() -> None:
    made = built()
    fresh = await made.channel.refresh(WHO)
    assert form_of(made.network.requests[0]) == {
        "client_id": APP["client_id"],
        "client_secret": APP["client_secret"],
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
    }
    assert str(made.network.requests[0].url) == "https://oauth2.googleapis.com/token"
    assert fresh.access_token.get_secret_value() == "fresh-token"
    assert fresh.refresh_token == SecretStr(REFRESH)
    assert fresh.expires_at == NOW + timedelta(seconds=3599)


async def test_a_new_grant_replaces_the_old_one() -> None:
    made = built()
    made.network.on("POST", RENEW, ok({**GRANTED, "refresh_token": "another", "expires_in": "soon"}))
    fresh = await made.channel.refresh(WHO)
    assert (fresh.refresh_token, fresh.expires_at) == (SecretStr("another"), None)


@pytest.mark.parametrize(
    ("given", "reason", "effect"),
    [
        (answer(400, {"error": "invalid_grant"}), Reason.TOKEN_REVOKED, Effect.NOT_SENT),
        (answer(401, {"error": "invalid_client"}), Reason.APP_NOT_APPROVED, Effect.REJECTED),
        (answer(401, {"error": "deleted_client"}), Reason.APP_NOT_APPROVED, Effect.REJECTED),
        (answer(401, "<html>"), Reason.APP_NOT_APPROVED, Effect.REJECTED),
        (answer(400, {"error": "new_word"}), Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN),
        (answer(503, "<html>"), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (answer(429, "<html>"), Reason.RATE_LIMITED, Effect.NOT_SENT),
        (ok({"access_token": ""}), Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN),
        (ok([]), Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN),
    ],
)
async def test_a_refresh_that_fails_says_whose_fault_it_is(
    given: httpx.Response, reason: Reason, effect: Effect
) -> None:
    made = built()
    made.network.on("POST", RENEW, given)
    error = await error_of(made.channel.refresh(WHO))
    assert (error.reason, error.effect) == (reason, effect)


@pytest.mark.parametrize("settings", [{}, {"client_id": "x"}, {"client_secret": "x"}])
async def test_without_an_app_no_account_is_lost(settings: dict[str, Any]) -> None:
    made = built(settings)
    error = await error_of(made.channel.refresh(WHO))
    assert (error.reason, error.effect) == (Reason.APP_NOT_APPROVED, Effect.REJECTED)
    assert "CLIENT_ID" in error.message
    assert made.network.requests == []


async def test_without_a_refresh_token_only_a_new_login_helps() -> None:
    made = built()
    bare = WHO.model_copy(update={"credentials": WHO.credentials.model_copy(update={"refresh_token": None})})
    assert (await error_of(made.channel.refresh(bare))).reason is Reason.TOKEN_REVOKED
    assert made.network.requests == []


async def test_no_secret_is_kept_of_a_refusal() -> None:
    made = built()
    echoed = {"error": "invalid_client", "error_description": f"{APP['client_secret']} with {REFRESH}"}
    made.network.on("POST", RENEW, answer(401, echoed))
    error = await error_of(made.channel.refresh(WHO))
    kept = f"{error.raw} {error.provider_message} {error.message}"
    assert APP["client_secret"] not in kept
    assert REFRESH not in kept
