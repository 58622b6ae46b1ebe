"""Threads Login at the sandbox: consent, code, tokens; what is refused, and what it says then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from munadi.channels.threads.oauth import ASKED
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import Authorizer, Channel, Consent
from tests.channels.conftest import Oracle
from tests.channels.consent import APP, BACK, asking, decide, over


class Login:
    def __init__(self, oracle: Oracle, client: httpx.AsyncClient) -> None:
        self.profile = oracle.call("POST", "/profiles", channel="threads", name="acme")["externalId"]
        self.client = client
        hosts = {role: f"{oracle.url}/threads/{path}" for role, path in
                 {"graph": "graph", "token": "token", "auth": "www"}.items()}  # fmt: skip
        built: tuple[Channel, Authorizer] = over("threads", {"hosts": hosts}, client)
        self.channel, self.server = built

    async def consent(self) -> Consent:
        return await self.server.begin(asking())

    async def agreed(self) -> dict[str, str]:
        return await decide(self.client, (await self.consent()).url, approve=self.profile)


@pytest.fixture
async def login(oracle: Oracle) -> AsyncIterator[Login]:
    async with httpx.AsyncClient() as client:
        yield Login(oracle, client)


async def failure(login: Login, answered: dict[str, str], **changes: str) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await login.server.exchange(asking(**changes), answered, {})
    assert APP["client_secret"] not in str(caught.value)
    return caught.value


async def test_the_consent_page_is_asked_for_every_scope_that_we_can_use(login: Login) -> None:
    consent = await login.consent()
    assert dict(parse_qsl(urlsplit(consent.url).query)) == {
        "client_id": "app-1",
        "redirect_uri": BACK,
        "scope": ",".join(ASKED),
        "response_type": "code",
        "state": "state-1",
    }


async def test_a_consent_becomes_a_token_of_sixty_days(login: Login) -> None:
    granted = await login.server.exchange(asking(), await login.agreed(), {})
    assert granted.scopes == ASKED
    (choice,) = granted.choices
    assert choice.external_id == login.profile
    assert choice.given.expires_at is not None
    assert timedelta(days=59) < choice.given.expires_at - datetime.now(UTC) <= timedelta(days=60)
    connection = await login.channel.verify(choice.given)
    assert (connection.profile.external_id, connection.profile.handle) == (login.profile, "acme")


async def test_a_code_works_once(login: Login) -> None:
    answered = await login.agreed()
    await login.server.exchange(asking(), answered, {})
    assert (await failure(login, answered)).reason is Reason.CONSENT_EXPIRED


async def test_a_code_belongs_to_its_redirect_address(login: Login) -> None:
    answered = await login.agreed()
    error = await failure(login, answered, redirect_uri=f"{BACK}/other")
    assert error.reason is Reason.CONSENT_EXPIRED
    assert "redirect_uri" in (error.provider_message or "")


async def test_an_owner_may_decline(login: Login) -> None:
    answered = await decide(login.client, (await login.consent()).url, deny="1")
    error = await failure(login, answered)
    assert (error.reason, error.provider_code) == (Reason.CONSENT_DENIED, "access_denied")


async def test_a_scope_that_was_not_granted_is_named(login: Login) -> None:
    url = str(httpx.URL((await login.consent()).url).copy_merge_params({"scope": "threads_basic"}))
    answered = await decide(login.client, url, approve=login.profile)
    error = await failure(login, answered)
    assert error.reason is Reason.MISSING_SCOPE
    assert "threads_content_publish" in str(error)


async def test_what_is_not_set_is_named(oracle: Oracle) -> None:
    async with httpx.AsyncClient() as client:
        _, server = over("threads", {"client_secret": ""}, client)
    assert server.missing_settings == ("MUNADI_CHANNELS__THREADS__CLIENT_SECRET",)
