"""Login Kit at the sandbox: consent, code, both tokens and their end; what is refused, and what it says then."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.tiktok.spec import SPEC
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Authorizer, Channel, Consent, Granted
from tests.channels.conftest import Oracle
from tests.channels.consent import APP, BACK, asking, decide, over
from tests.channels.making import account


class Login:
    def __init__(self, oracle: Oracle, client: httpx.AsyncClient) -> None:
        self.oracle, self.client = oracle, client
        self.profile = oracle.call("POST", "/profiles", channel="tiktok", name="acme")["externalId"]
        hosts = {role: f"{oracle.url}/tiktok/{path}" for role, path in
                 {"api": "api", "auth": "www", "upload": "upload"}.items()}  # fmt: skip
        built: tuple[Channel, Authorizer] = over("tiktok", {"hosts": hosts}, client)
        self.channel, self.server = built
        self.kept: Mapping[str, str] = {}

    async def consent(self) -> Consent:
        consent = await self.server.begin(asking())
        self.kept = consent.kept
        return consent

    async def agreed(self, **decision: str) -> dict[str, str]:
        return await decide(self.client, (await self.consent()).url, approve=self.profile, **decision)

    async def granted(self) -> Granted:
        return await self.server.exchange(asking(), await self.agreed(), self.kept)

    async def connected(self) -> ConnectedAccount:
        connection = await self.channel.verify((await self.granted()).choices[0].given)
        return account("tiktok", self.profile, credentials=connection.credentials)

    async def dead(self, credentials: Credentials) -> bool:
        """Whether neither token does anything any more."""
        one = account("tiktok", self.profile, credentials=credentials)
        with pytest.raises(ChannelError) as refreshing:
            await self.channel.refresh(one)
        token = {"authorization": f"Bearer {credentials.access_token.get_secret_value()}"}
        url = f"{self.oracle.url}/tiktok/api/v2/user/info/"
        answer = await self.client.get(url, params={"fields": "open_id"}, headers=token)
        return refreshing.value.reason is Reason.TOKEN_REVOKED and answer.status_code == 401


@pytest.fixture
async def login(oracle: Oracle) -> AsyncIterator[Login]:
    async with httpx.AsyncClient() as client:
        yield Login(oracle, client)


async def failure(login: Login, answered: dict[str, str], **changes: str) -> ChannelError:
    kept = {"verifier": changes.pop("verifier", login.kept["verifier"])}
    with pytest.raises(ChannelError) as caught:
        await login.server.exchange(asking(**changes), answered, kept)
    told = f"{caught.value} {caught.value.raw} {caught.value.provider_message}"
    assert APP["client_secret"] not in told
    assert answered.get("code", "no code") not in told
    return caught.value


def with_expiry(one: ConnectedAccount, at: datetime) -> ConnectedAccount:
    return one.model_copy(update={"credentials": one.credentials.model_copy(update={"expires_at": at})})


async def test_the_consent_page_is_asked_with_the_hex_challenge_of_what_is_kept(login: Login) -> None:
    consent = await login.consent()
    assert urlsplit(consent.url).path == "/tiktok/www/v2/auth/authorize/"
    assert dict(parse_qsl(urlsplit(consent.url).query)) == {
        "client_key": "app-1",
        "redirect_uri": BACK,
        "scope": "user.info.basic,video.publish",
        "response_type": "code",
        "state": "state-1",
        "disable_auto_auth": "1",
        "code_challenge": hashlib.sha256(consent.kept["verifier"].encode()).hexdigest(),
        "code_challenge_method": "S256",
    }
    assert (await login.consent()).kept != consent.kept


async def test_a_consent_becomes_a_token_and_one_to_renew_it(login: Login) -> None:
    granted = await login.granted()
    assert granted.scopes == SPEC.scopes
    (choice,) = granted.choices
    assert choice.external_id == login.profile
    assert choice.given.expires_at is not None
    assert timedelta(minutes=119) < choice.given.expires_at - datetime.now(UTC) <= timedelta(hours=2)
    connection = await login.channel.verify(choice.given)
    assert (connection.profile.external_id, connection.profile.handle) == (login.profile, "acme")
    fresh = await login.channel.refresh(account("tiktok", login.profile, credentials=connection.credentials))
    assert fresh.access_token != connection.credentials.access_token


@pytest.mark.parametrize("with_200", [False, True], ids=["400", "200"])
async def test_a_code_works_once_whatever_the_status_of_the_refusal(login: Login, with_200: bool) -> None:
    login.oracle.call("PUT", "/switches", channel="tiktok", kind="oauthErrorsWith200", enabled=with_200)
    answered = await login.agreed()
    await login.server.exchange(asking(), answered, login.kept)
    error = await failure(login, answered)
    assert (error.reason, error.provider_code) == (Reason.CONSENT_EXPIRED, "invalid_grant")


async def test_a_code_belongs_to_its_redirect_address(login: Login) -> None:
    error = await failure(login, await login.agreed(), redirect_uri=f"{BACK}/other")
    assert error.reason is Reason.CONSENT_EXPIRED
    assert "Redirect_uri" in (error.provider_message or "")


async def test_a_code_belongs_to_its_verifier(login: Login) -> None:
    error = await failure(login, await login.agreed(), verifier="x" * 64)
    assert error.reason is Reason.CONSENT_EXPIRED
    assert "verifier" in (error.provider_message or "")


async def test_an_owner_may_decline(login: Login) -> None:
    answered = await decide(login.client, (await login.consent()).url, deny="1")
    error = await failure(login, answered)
    assert (error.reason, error.provider_code) == (Reason.CONSENT_DENIED, "access_denied")


@pytest.mark.parametrize(
    ("left", "missing"), [("user.info.basic", "video.publish"), ("none", "user.info.basic, video")]
)
async def test_a_scope_that_was_not_granted_is_named(login: Login, left: str, missing: str) -> None:
    error = await failure(login, await login.agreed(grant=left))
    assert error.reason is Reason.MISSING_SCOPE
    assert f"not granted: {missing}" in str(error)


async def test_an_app_that_tiktok_does_not_know_is_told_as_such(login: Login) -> None:
    login.oracle.plant("tiktok", "token", "error", status=200, body={"error": "invalid_client", "log_id": "1"})
    error = await failure(login, await login.agreed())
    assert (error.reason, error.provider_code) == (Reason.APP_NOT_APPROVED, "invalid_client")


async def test_after_a_revocation_both_tokens_are_dead_and_another_one_finds_it_done(login: Login) -> None:
    one = await login.connected()
    assert await login.server.revoke(one) is True
    assert await login.dead(one.credentials)
    assert await login.server.revoke(one) is True


async def test_a_grant_is_ended_with_a_fresh_token_when_the_old_one_is_over(login: Login) -> None:
    one = with_expiry(await login.connected(), datetime.now(UTC) - timedelta(seconds=1))
    assert await login.server.revoke(one) is True
    assert await login.dead(one.credentials)


async def test_a_refused_access_token_alone_does_not_pass_for_the_end_of_the_grant(login: Login) -> None:
    one = await login.connected()
    other = one.credentials.model_copy(update={"access_token": SecretStr("act.never")})
    assert await login.server.revoke(one.model_copy(update={"credentials": other})) is True
    assert await login.dead(one.credentials)


async def test_a_revocation_that_failed_is_told(login: Login) -> None:
    one = await login.connected()
    for body in ({"error": "server_error"}, "<html>a proxy's page</html>"):
        login.oracle.plant("tiktok", "revoke", "error", status=200, body=body)
        with pytest.raises(ChannelError) as caught:
            await login.server.revoke(one)
        assert caught.value.reason is Reason.PROVIDER_OUTAGE
    assert (await login.channel.refresh(one)).refresh_token != one.credentials.refresh_token


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
async def test_what_is_not_set_is_named(name: str) -> None:
    settings: dict[str, Any] = {name: ""}
    async with httpx.AsyncClient() as client:
        _, server = over("tiktok", settings, client)
    assert server.missing_settings == (f"MUNADI_CHANNELS__TIKTOK__{name.upper()}",)
