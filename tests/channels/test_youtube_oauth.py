"""Google's consent at the sandbox: consent, code, tokens and their end; what is refused, and what it says then."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.channels.youtube.spec import SPEC
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Authorizer, Channel, Consent, Granted
from tests.channels.conftest import Oracle
from tests.channels.consent import APP, BACK, asking, decide, over
from tests.channels.making import account


class Login:
    def __init__(self, oracle: Oracle, client: httpx.AsyncClient) -> None:
        self.oracle, self.client = oracle, client
        self.profile = oracle.call("POST", "/profiles", channel="youtube", name="acme")["externalId"]
        hosts = {role: f"{oracle.url}/youtube/{role}" for role in ("api", "auth", "token")}
        built: tuple[Channel, Authorizer] = over("youtube", {"hosts": hosts}, client)
        self.channel, self.server = built
        self.kept: Mapping[str, str] = {}

    async def consent(self, **changes: str) -> Consent:
        consent = await self.server.begin(asking(**changes))
        self.kept = consent.kept
        return consent

    async def agreed(self, **decision: str) -> dict[str, str]:
        return await decide(self.client, (await self.consent()).url, approve=self.profile, **decision)

    async def granted(self) -> Granted:
        return await self.server.exchange(asking(), await self.agreed(), self.kept)

    async def connected(self) -> ConnectedAccount:
        connection = await self.channel.verify((await self.granted()).choices[0].given)
        return account("youtube", self.profile, credentials=connection.credentials)


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


async def test_the_consent_page_is_asked_for_lasting_access(login: Login) -> None:
    consent = await login.consent()
    assert urlsplit(consent.url).path == "/youtube/auth/o/oauth2/v2/auth"
    digest = hashlib.sha256(consent.kept["verifier"].encode()).digest()
    assert dict(parse_qsl(urlsplit(consent.url).query)) == {
        "client_id": "app-1",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": " ".join(SPEC.scopes),
        "state": "state-1",
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "true",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert (await login.consent()).kept != consent.kept


@pytest.mark.parametrize(("hint", "sent"), [("ann@acme.example", "ann@acme.example"), ("@acme", None), ("acme", None)])
async def test_google_is_told_who_is_expected_by_email_alone(login: Login, hint: str, sent: str | None) -> None:
    consent = await login.consent(hint=hint)
    assert dict(parse_qsl(urlsplit(consent.url).query)).get("login_hint") == sent


async def test_a_consent_becomes_a_grant_for_its_channel(login: Login) -> None:
    granted = await login.granted()
    assert granted.scopes == SPEC.scopes
    (choice,) = granted.choices
    assert choice.external_id == choice.given.external_id == login.profile
    assert choice.given.expires_at is not None
    assert timedelta(minutes=59) < choice.given.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    connection = await login.channel.verify(choice.given)
    assert (connection.profile.external_id, choice.name) == (login.profile, connection.profile.handle)
    fresh = await login.channel.refresh(account("youtube", login.profile, credentials=connection.credentials))
    assert fresh.access_token != connection.credentials.access_token


async def test_a_profile_that_consents_again_gets_another_grant(login: Login) -> None:
    first, second = await login.connected(), await login.connected()
    assert first.credentials.refresh_token != second.credentials.refresh_token


async def test_a_code_works_once(login: Login) -> None:
    answered = await login.agreed()
    await login.server.exchange(asking(), answered, login.kept)
    error = await failure(login, answered)
    assert (error.reason, error.provider_code) == (Reason.CONSENT_EXPIRED, "invalid_grant")


async def test_a_code_belongs_to_its_redirect_address(login: Login) -> None:
    error = await failure(login, await login.agreed(), redirect_uri=f"{BACK}/other")
    assert (error.reason, error.provider_code) == (Reason.CONSENT_EXPIRED, "redirect_uri_mismatch")


async def test_a_code_belongs_to_its_verifier(login: Login) -> None:
    error = await failure(login, await login.agreed(), verifier="x" * 64)
    assert error.reason is Reason.CONSENT_EXPIRED
    assert "verifier" in (error.provider_message or "")


async def test_an_owner_may_decline(login: Login) -> None:
    answered = await decide(login.client, (await login.consent()).url, deny="1")
    error = await failure(login, answered)
    assert (error.reason, error.provider_code) == (Reason.CONSENT_DENIED, "access_denied")


@pytest.mark.parametrize("scope", SPEC.scopes)
async def test_a_box_that_was_unticked_is_named(login: Login, scope: str) -> None:
    error = await failure(login, await login.agreed(untick=scope))
    assert error.reason is Reason.MISSING_SCOPE
    assert f"not granted: {scope}; publishing needs it" in str(error)


async def test_a_grant_without_a_refresh_token_is_refused(login: Login) -> None:
    url = str(httpx.URL((await login.consent()).url).copy_merge_params({"access_type": "online"}))
    answered = await decide(login.client, url, approve=login.profile)
    error = await failure(login, answered)
    assert error.reason is Reason.MISSING_SCOPE
    assert "no refresh token" in str(error)
    assert "myaccount.google.com/permissions" in (error.provider_message or "")


async def test_a_google_account_without_a_channel_is_told_as_such(login: Login) -> None:
    login.oracle.call("PATCH", f"/profiles/youtube/{login.profile}", status="no_channel")
    error = await failure(login, await login.agreed())
    assert error.reason is Reason.TARGET_NOT_ACCESSIBLE
    assert "no channel" in str(error)


@pytest.mark.parametrize("body", [{"error": "deleted_client"}, "nothing to read"])
async def test_an_app_that_google_does_not_know_is_told_as_such(login: Login, body: Any) -> None:
    login.oracle.plant("youtube", "token", "error", status=401, body=body)
    assert (await failure(login, await login.agreed())).reason is Reason.APP_NOT_APPROVED


async def test_after_a_revocation_both_tokens_are_dead_and_another_one_finds_it_done(login: Login) -> None:
    one = await login.connected()
    assert await login.server.revoke(one) is True
    with pytest.raises(ChannelError) as refreshing:
        await login.channel.refresh(one)
    assert refreshing.value.reason is Reason.TOKEN_REVOKED
    token = {"authorization": f"Bearer {one.credentials.access_token.get_secret_value()}"}
    url = f"{login.oracle.url}/youtube/api/youtube/v3/channels"
    assert (await login.client.get(url, params={"part": "id", "mine": "true"}, headers=token)).status_code == 401
    assert await login.server.revoke(one) is True


async def test_an_access_token_ends_the_grant_of_an_account_that_has_no_other(login: Login) -> None:
    one = await login.connected()
    alone = one.credentials.model_copy(update={"refresh_token": None})
    assert await login.server.revoke(one.model_copy(update={"credentials": alone})) is True
    with pytest.raises(ChannelError) as refreshing:
        await login.channel.refresh(one)
    assert refreshing.value.reason is Reason.TOKEN_REVOKED


@pytest.mark.parametrize(
    ("status", "body"), [(503, None), (200, "<html>a proxy's page</html>")], ids=["outage", "somebody else"]
)
async def test_a_revocation_that_failed_is_told(login: Login, status: int, body: Any) -> None:
    one = await login.connected()
    login.oracle.plant("youtube", "revoke_token", "error", status=status, body=body)
    with pytest.raises(ChannelError) as caught:
        await login.server.revoke(one)
    assert caught.value.reason is Reason.PROVIDER_OUTAGE
    assert (await login.channel.refresh(one)).access_token


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
async def test_what_is_not_set_is_named(name: str) -> None:
    settings: dict[str, Any] = {name: ""}
    async with httpx.AsyncClient() as client:
        _, server = over("youtube", settings, client)
    assert server.missing_settings == (f"MUNADI_CHANNELS__YOUTUBE__{name.upper()}",)
