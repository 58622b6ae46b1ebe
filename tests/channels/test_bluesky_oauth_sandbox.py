"""Bluesky's OAuth at the sandbox: what it takes and refuses, as the reference server does, and how a grant ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.bluesky.dpop import DpopKey
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Authorizer, Consent
from tests.channels.bluesky_client import ClientSite, client_site, keys_of
from tests.channels.bluesky_owner import BACK as LOOPBACK
from tests.channels.connected import Connected, mp4, new
from tests.channels.consent import asking, decide, over
from tests.channels.making import video
from tests.channels.servers import Oracle

DAY = 86_400
PUT, TOKEN = "com.atproto.repo.putRecord", "oauth/token"


class Login(Connected):
    """An owner, acme.bsky.test, and what they granted; `site` serves who we are."""

    server: Authorizer

    def __init__(self, oracle: Oracle, client: httpx.AsyncClient, site: ClientSite) -> None:
        self.site = site
        oracle.call("PUT", "/addresses", public="https://munadi.example", local=site.url)
        hosts = {host: f"{oracle.url}/bluesky/{host}" for host in ("entryway", "video", "appview", "plc")}
        super().__init__("bluesky", {"hosts": hosts}, client)
        _, self.server = over("bluesky", {"hosts": hosts}, client)
        self.oracle, self.client = oracle, client
        self.did: str = oracle.call("POST", "/profiles", channel="bluesky", name="acme")["did"]
        oracle.call("PUT", "/delays", channel="bluesky", kind="video", seconds=0.2)

    async def consent(self, **changes: str) -> Consent:
        return await self.server.begin(asking(hint="acme.bsky.test", **changes))

    async def grant(self, **changes: str) -> None:
        consent = await self.consent(**changes)
        answered = await decide(self.client, consent.url, back=changes.get("redirect_uri"), approve=self.did)
        granted = await self.server.exchange(asking(**changes), answered, consent.kept)
        await self.connect(granted.choices[0].given)

    async def refresh(self) -> None:
        fresh = await self.channel.refresh(self.account)
        self.account = self.account.model_copy(update={"credentials": fresh})

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


async def not_granted(login: Login, consent: Consent, answered: dict[str, str], **kept: str) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await login.server.exchange(asking(), answered, {**consent.kept, **kept})
    return caught.value


async def failure(login: Login, text: str = "Hello") -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await login.post(new(text))
    return caught.value


async def not_refreshed(login: Login) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await login.refresh()
    return caught.value


async def test_a_consent_and_what_it_allows(login: Login) -> None:
    await login.grant()
    assert (login.account.external_id, login.account.handle) == (login.did, "acme.bsky.test")
    await login.post(new("By OAuth"))
    await login.refresh()
    await login.post(new("After a refresh"))
    assert login.texts == ["By OAuth", "After a refresh"]
    assert login.statuses("com.atproto.server.getSession") == [401, 200]  # no nonce, and then the one that came
    assert login.statuses(PUT) == [200, 200]
    assert await login.server.revoke(login.account)
    error = await failure(login)
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    assert (await not_refreshed(login)).reason is Reason.TOKEN_REVOKED


async def test_a_video_goes_up_with_tokens_that_the_grant_pays_for(login: Login) -> None:
    await login.grant()
    login.media.files = {"med_0": mp4(1)}
    size = len(login.media.files["med_0"])
    await login.post(new("Moving", media=(video(bytes=size),)))
    assert login.texts == ["Moving"]


async def test_the_expected_account_stands_first(login: Login) -> None:
    page = (await login.client.get((await login.consent()).url)).text
    assert page.index("acme.bsky.test") < page.index("munadi.bsky.test")


async def test_a_loopback_client_names_its_own_metadata(login: Login) -> None:
    asked = asking(redirect_uri=LOOPBACK, hint="acme.bsky.test")
    consent = await login.server.begin(asked)
    url = httpx.URL(consent.url).copy_merge_params({"approve": login.did})
    target = httpx.URL((await login.client.get(url)).headers["location"])
    assert str(target).startswith(LOOPBACK)
    granted = await login.server.exchange(asked, dict(target.params), consent.kept)
    assert granted.choices[0].external_id == login.did


async def test_a_code_works_once_and_its_replay_ends_what_it_gave(login: Login) -> None:
    consent = await login.consent()
    answered = await decide(login.client, consent.url, approve=login.did)
    granted = await login.server.exchange(asking(), answered, consent.kept)
    await login.connect(granted.choices[0].given)
    again = await not_granted(login, consent, answered)
    assert (again.reason, again.provider_message) == (Reason.CONSENT_EXPIRED, "Invalid code")
    assert (await not_refreshed(login)).reason is Reason.TOKEN_REVOKED


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"verifier": "x" * 64}, "Invalid code_verifier"),
        ({"dpopKey": DpopKey.new().text}, "DPoP proof does not match the expected JKT"),
        ({"clientId": "http://localhost"}, "Token was not issued to this client"),
    ],
)
async def test_a_code_is_of_no_use_to_others(login: Login, change: dict[str, Any], told: str) -> None:
    consent = await login.consent()
    answered = await decide(login.client, consent.url, approve=login.did)
    error = await not_granted(login, consent, answered, **change)
    assert (error.reason, error.provider_message) == (Reason.CONSENT_EXPIRED, told)


async def test_an_owner_may_decline_or_grant_too_little(login: Login) -> None:
    consent = await login.consent()
    declined = await not_granted(login, consent, await decide(login.client, consent.url, deny="1"))
    assert declined.reason is Reason.CONSENT_DENIED
    consent = await login.consent()
    answered = await decide(login.client, consent.url, approve=login.did, untick="transition:generic")
    short = await not_granted(login, consent, answered)
    assert short.reason is Reason.MISSING_SCOPE
    assert "transition:generic" in str(short)


async def test_an_expired_token_is_renewed_and_nothing_was_sent(login: Login, oracle: Oracle) -> None:
    await login.grant()
    oracle.call("POST", "/tokens/expire", channel="bluesky", profile=login.did)
    error = await failure(login)
    assert (error.reason, error.effect, error.provider_code) == (
        Reason.TOKEN_EXPIRED,
        Effect.NOT_SENT,
        "invalid_token",
    )
    assert login.texts == []
    await login.refresh()
    await login.post(new("Hello"))
    assert login.texts == ["Hello"]


async def test_a_withdrawn_grant_needs_its_owner(login: Login, oracle: Oracle) -> None:
    await login.grant()
    oracle.call("POST", "/tokens/revoke", channel="bluesky", profile=login.did)
    error = await not_refreshed(login)
    assert (error.reason, error.provider_code) == (Reason.TOKEN_REVOKED, "invalid_grant")


async def test_a_grant_of_the_public_client_ends_two_weeks_after_its_consent(login: Login, oracle: Oracle) -> None:
    await login.grant(redirect_uri=LOOPBACK)
    assert login.site.read == []
    oracle.call("POST", "/clock", advanceSeconds=13 * DAY)
    await login.refresh()
    oracle.call("POST", "/clock", advanceSeconds=2 * DAY)
    assert (await not_refreshed(login)).provider_message == "Session expired"


async def test_a_grant_of_the_confidential_client_lives_two_years_if_it_is_used(login: Login, oracle: Oracle) -> None:
    await login.grant()
    assert login.account.credentials.extra["clientKey"]
    for _ in range(9):
        oracle.call("POST", "/clock", advanceSeconds=80 * DAY)
        await login.refresh()
    await login.post(new("Two years later"))
    oracle.call("POST", "/clock", advanceSeconds=11 * DAY)
    assert (await not_refreshed(login)).provider_message == "Session expired"


async def test_a_grant_of_the_confidential_client_ends_when_it_is_not_used(login: Login, oracle: Oracle) -> None:
    await login.grant()
    oracle.call("POST", "/clock", advanceSeconds=92 * DAY)
    error = await not_refreshed(login)
    assert (error.reason, error.provider_message) == (Reason.TOKEN_REVOKED, "Refresh token expired")


async def test_a_grant_keeps_its_key_when_the_secret_keys_are_rotated(login: Login) -> None:
    await login.grant()
    new_key = keys_of("another-secret-key-of-32-characters").newest
    login.site.keys = [new_key, *login.site.keys]
    await login.refresh()
    used = login.account.credentials.extra["clientKey"].get_secret_value()
    assert used == keys_of().newest.text
    assert await login.server.revoke(login.account)


async def test_another_key_of_ours_ends_the_grant(login: Login) -> None:
    await login.grant()
    other = keys_of("another-secret-key-of-32-characters").newest
    login.site.keys = [other, *login.site.keys]
    credentials = login.account.credentials
    extra = {**credentials.extra, "clientKey": SecretStr(other.text)}
    wrong = login.account.model_copy(update={"credentials": credentials.model_copy(update={"extra": extra})})
    right, login.account = login.account, wrong
    error = await not_refreshed(login)
    assert error.reason is Reason.TOKEN_REVOKED
    assert "different key" in (error.provider_message or "")
    login.account = right
    assert (await not_refreshed(login)).provider_message == "Invalid refresh token"


async def test_a_key_that_is_no_longer_served_stops_renewals_but_does_not_end_the_grant(login: Login) -> None:
    await login.grant()
    kept, login.site.keys = login.site.keys, [keys_of("another-secret-key-of-32-characters").newest]
    error = await not_refreshed(login)
    assert (error.reason, error.provider_code) == (Reason.APP_NOT_APPROVED, "invalid_client")
    assert "jwks.json" in error.message
    login.site.keys = kept
    await login.refresh()


async def test_a_grant_of_the_public_client_continues_after_the_client_became_confidential(
    login: Login, oracle: Oracle
) -> None:
    confidential = dict(login.site.metadata)
    login.site.metadata["token_endpoint_auth_method"] = "none"
    await login.grant()
    extra = {name: text for name, text in login.account.credentials.extra.items() if name != "clientKey"}
    before = login.account.credentials.model_copy(update={"extra": extra})
    login.account = login.account.model_copy(update={"credentials": before})
    await login.refresh()  # as a server does that has not read our metadata again yet
    login.site.metadata = confidential
    await login.refresh()
    oracle.call("POST", "/clock", advanceSeconds=30 * DAY)
    await login.refresh()
    await login.post(new("Still here"))
    assert login.texts == ["Still here"]


async def test_a_refresh_whose_answer_was_lost_ends_the_grant(login: Login, oracle: Oracle) -> None:
    """A refresh token works once, and no one can tell a second try from a thief's."""
    await login.grant()
    oracle.plant("bluesky", TOKEN, "accept_then_reset")
    assert (await not_refreshed(login)).reason is Reason.PROVIDER_OUTAGE
    assert (await not_refreshed(login)).provider_message == "Refresh token replayed"
    assert (await failure(login)).reason is Reason.TOKEN_EXPIRED


async def test_a_lost_answer_to_a_post_is_one_post(login: Login, oracle: Oracle) -> None:
    await login.grant()
    oracle.plant("bluesky", PUT, "accept_then_reset")
    assert (await failure(login)).effect is Effect.UNKNOWN
    assert login.texts == ["Hello"]


async def test_a_stolen_token_is_of_no_use_without_its_key(login: Login) -> None:
    await login.grant()
    credentials = login.account.credentials
    token = credentials.access_token
    url = f"{login.account.service_url}/xrpc/com.atproto.server.getSession"
    bearer = await login.client.get(url, headers={"authorization": f"Bearer {token.get_secret_value()}"})
    assert (bearer.status_code, bearer.json()["error"]) == (400, "InvalidToken")
    bare = await login.client.get(url, headers={"authorization": f"DPoP {token.get_secret_value()}"})
    assert (bare.status_code, bare.json()["error"]) == (401, "invalid_dpop_proof")
    other = {**credentials.extra, "dpopKey": type(token)(DpopKey.new().text)}
    login.account = login.account.model_copy(update={"credentials": credentials.model_copy(update={"extra": other})})
    error = await failure(login)
    assert (error.provider_code, error.provider_message) == ("invalid_token", "Invalid DPoP key binding")
    assert login.texts == []
