"""Bluesky's OAuth at the sandbox: what it accepts and refuses, as the reference server does, and how a grant ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.bluesky.dpop import DpopKey
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Consent
from tests.channels.bluesky.client_site import ClientSite, client_site
from tests.channels.bluesky.owner import BACK as LOOPBACK
from tests.channels.bluesky.servers import NEXT_SECRET, client_key
from tests.channels.connected import Connected, mp4, new
from tests.channels.consent import asking, decide, over
from tests.channels.making import error_of, video
from tests.channels.servers import Oracle

DAY = 86_400
PUT, TOKEN = "com.atproto.repo.putRecord", "oauth/token"
NEXT_KEY = client_key(NEXT_SECRET)


class Login(Connected):
    """The owner acme.bsky.test and the granted account. `site` serves our metadata and keys."""

    def __init__(self, oracle: Oracle, client: httpx.AsyncClient, site: ClientSite) -> None:
        self.oracle, self.client, self.site = oracle, client, site
        oracle.call("PUT", "/addresses", public="https://munadi.example", local=site.url)
        hosts = {host: f"{oracle.url}/bluesky/{host}" for host in ("entryway", "video", "appview", "plc")}
        super().__init__("bluesky", {"hosts": hosts}, client)
        _, self.server = over("bluesky", {"hosts": hosts}, client)
        self.did: str = oracle.call("POST", "/profiles", channel="bluesky", name="acme")["did"]
        oracle.call("PUT", "/delays", channel="bluesky", kind="video", seconds=0.2)

    async def consent(self, **changes: str) -> Consent:
        return await self.server.begin_consent(asking(hint="acme.bsky.test", **changes))

    async def decided(self, **decision: str) -> tuple[Consent, dict[str, str]]:
        """A consent, and the query of the browser's redirect."""
        consent = await self.consent()
        return consent, await decide(self.client, consent.url, **{"approve": self.did, **decision})

    async def grant(self, **changes: str) -> None:
        consent = await self.consent(**changes)
        answered = await decide(self.client, consent.url, back=changes.get("redirect_uri"), approve=self.did)
        granted = await self.server.exchange(asking(**changes), answered, consent.kept)
        await self.connect(granted.choices[0].given)

    async def not_granted(self, consent: Consent, answered: dict[str, str], **kept: str) -> ChannelError:
        return await error_of(self.server.exchange(asking(), answered, {**consent.kept, **kept}))

    async def refresh(self, days: int = 0) -> None:
        """Renew the tokens some days later."""
        self.oracle.call("POST", "/clock", advanceSeconds=days * DAY)
        fresh = await self.channel.refresh(self.account)
        self.account = self.account.model_copy(update={"credentials": fresh})

    async def not_refreshed(self, days: int = 0) -> ChannelError:
        return await error_of(self.refresh(days))

    async def not_posted(self) -> ChannelError:
        return await error_of(self.post(new("Hello")))

    def account_with(self, **extra: str) -> ConnectedAccount:
        """The account with other keys."""
        credentials = self.account.credentials
        changed = {**credentials.extra, **{name: SecretStr(text) for name, text in extra.items()}}
        known = {name: secret for name, secret in changed.items() if secret.get_secret_value()}
        return self.account.model_copy(update={"credentials": credentials.model_copy(update={"extra": known})})

    @property
    def texts(self) -> list[str]:
        return [post["text"] for post in self.oracle.posts(self.did)]

    def statuses(self, operation: str) -> list[int]:
        calls = self.oracle.call("GET", "/calls?channel=bluesky")
        return [call["status"] for call in calls if call["operation"] == operation]


@pytest.fixture
async def login(oracle: Oracle) -> AsyncIterator[Login]:
    async with httpx.AsyncClient() as client:
        with client_site() as site:
            yield Login(oracle, client, site)


async def test_a_consent_and_what_it_allows(login: Login) -> None:
    await login.grant()
    assert (login.account.external_id, login.account.handle) == (login.did, "acme.bsky.test")
    await login.post(new("By OAuth"))
    await login.refresh()
    login.media.files = {"med_0": mp4(1)}
    await login.post(new("Moving, after a refresh", media=(video(bytes=len(mp4(1))),)))
    assert login.texts == ["By OAuth", "Moving, after a refresh"]
    assert login.statuses("com.atproto.server.getSession") == [401, 200]  # the second has the server's nonce
    assert login.statuses(PUT) == [200, 200]
    assert await login.server.revoke(login.account)
    error = await login.not_posted()
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    assert (await login.not_refreshed()).reason is Reason.TOKEN_REVOKED


async def test_the_expected_account_stands_first(login: Login) -> None:
    page = (await login.client.get((await login.consent()).url)).text
    assert page.index("acme.bsky.test") < page.index("munadi.bsky.test")


async def test_a_replayed_code_ends_the_grant_that_it_gave(login: Login) -> None:
    consent, answered = await login.decided()
    granted = await login.server.exchange(asking(), answered, consent.kept)
    await login.connect(granted.choices[0].given)
    error = await login.not_granted(consent, answered)
    assert (error.reason, error.provider_message) == (Reason.CONSENT_EXPIRED, "Invalid code")
    assert (await login.not_refreshed()).reason is Reason.TOKEN_REVOKED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dpopKey": DpopKey.new().text}, "DPoP proof does not match the expected JKT"),
        ({"clientId": "http://localhost"}, "Token was not issued to this client"),
    ],
)
async def test_a_code_cannot_be_used_by_another_client(login: Login, change: dict[str, Any], message: str) -> None:
    error = await login.not_granted(*await login.decided(), **change)
    assert (error.reason, error.provider_message) == (Reason.CONSENT_EXPIRED, message)


async def test_an_owner_may_grant_too_little(login: Login) -> None:
    short = await login.not_granted(*await login.decided(untick="transition:generic"))
    assert (short.reason, "transition:generic" in str(short)) == (Reason.MISSING_SCOPE, True)


async def test_an_expired_token_sends_nothing_and_is_renewed(login: Login, oracle: Oracle) -> None:
    await login.grant()
    oracle.call("POST", "/tokens/expire", channel="bluesky", profile=login.did)
    error = await login.not_posted()
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    assert (error.provider_code, login.texts) == ("invalid_token", [])
    await login.refresh()
    oracle.plant("bluesky", PUT, "accept_then_reset")
    assert (await login.not_posted()).effect is Effect.UNKNOWN
    assert login.texts == ["Hello"]


@pytest.mark.parametrize(
    ("client", "renewals", "days", "message"),
    [
        ("public", [13], 2, "Session expired"),  # two weeks after its consent
        ("confidential", [80] * 9, 11, "Session expired"),  # two years after its consent
        ("confidential", [], 92, "Refresh token expired"),  # three months without a renewal
    ],
)
async def test_how_long_a_grant_lives(login: Login, client: str, renewals: list[int], days: int, message: str) -> None:
    await login.grant(**({"redirect_uri": LOOPBACK} if client == "public" else {}))
    assert ("clientKey" in login.account.credentials.extra, bool(login.site.read)) == ((client != "public",) * 2)
    for wait in renewals:
        await login.refresh(wait)
    if renewals:
        await login.post(new("Still here"))
    error = await login.not_refreshed(days)
    assert (error.reason, error.provider_message) == (Reason.TOKEN_REVOKED, message)


async def test_a_grant_keeps_its_key_when_the_secret_keys_are_rotated(login: Login) -> None:
    await login.grant()
    login.site.keys = [NEXT_KEY, *login.site.keys]
    await login.refresh()
    assert login.account.credentials.extra["clientKey"].get_secret_value() == client_key().text
    assert await login.server.revoke(login.account)


async def test_another_key_of_ours_ends_the_grant(login: Login) -> None:
    await login.grant()
    login.site.keys = [NEXT_KEY, *login.site.keys]
    right, login.account = login.account, login.account_with(clientKey=NEXT_KEY.text)
    error = await login.not_refreshed()
    assert (error.reason, "different key" in str(error.provider_message)) == (Reason.TOKEN_REVOKED, True)
    login.account = right
    assert (await login.not_refreshed()).provider_message == "Invalid refresh token"


async def test_a_key_that_is_no_longer_served_stops_renewals_but_does_not_end_the_grant(login: Login) -> None:
    await login.grant()
    kept, login.site.keys = login.site.keys, [NEXT_KEY]
    error = await login.not_refreshed()
    assert (error.reason, error.provider_code) == (Reason.APP_NOT_APPROVED, "invalid_client")
    assert "jwks.json" in error.message
    login.site.keys = kept
    await login.refresh()


async def test_a_grant_of_the_public_client_continues_after_the_client_became_confidential(login: Login) -> None:
    confidential = dict(login.site.metadata)
    login.site.metadata["token_endpoint_auth_method"] = "none"
    await login.grant()
    login.account = login.account_with(clientKey="")
    await login.refresh()  # like a server that has not read our new metadata yet
    login.site.metadata = confidential
    await login.refresh()
    await login.refresh(days=30)
    await login.post(new("Still here"))
    assert login.texts == ["Still here"]


async def test_a_refresh_whose_answer_was_lost_ends_the_grant(login: Login, oracle: Oracle) -> None:
    """A refresh token works once, and the server cannot tell our second call from a thief's."""
    await login.grant()
    oracle.plant("bluesky", TOKEN, "accept_then_reset")
    assert (await login.not_refreshed()).reason is Reason.PROVIDER_OUTAGE
    assert (await login.not_refreshed()).provider_message == "Refresh token replayed"
    assert (await login.not_posted()).reason is Reason.TOKEN_EXPIRED


async def test_a_stolen_token_is_refused_without_its_key(login: Login) -> None:
    await login.grant()
    token = login.account.credentials.access_token.get_secret_value()
    url = f"{login.account.service_url}/xrpc/com.atproto.server.getSession"
    for scheme, status, code in (("Bearer", 400, "InvalidToken"), ("DPoP", 401, "invalid_dpop_proof")):
        answer = await login.client.get(url, headers={"authorization": f"{scheme} {token}"})
        assert (answer.status_code, answer.json()["error"]) == (status, code)
    login.account = login.account_with(dpopKey=DpopKey.new().text)
    error = await login.not_posted()
    assert (error.provider_code, error.provider_message) == ("invalid_token", "Invalid DPoP key binding")
    assert login.texts == []
