"""Consent in a browser at the reference PDS's authorization server, and posting with the grant."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser

from munadi.channels.bluesky.spec import Settings
from munadi.channels.bluesky.xrpc import Server, Xrpc
from munadi.channels.registry import build_channels
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published
from munadi.ports import Consent, GrantedProfiles
from tests.channels.bluesky.owner import asking_real, decide_at_page
from tests.channels.bluesky.real import Real, picture
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.connected import new as post
from tests.channels.making import SystemClock, account, error_of, image, tools
from tests.support.pds import RealPDS

WRITE = "com.atproto.repo.putRecord"


class Consenting(Real):
    """The channel and its authorization server, built apart as in the worker and in the API: they share no nonces."""

    def __init__(self, pds: RealPDS, client: httpx.AsyncClient) -> None:
        super().__init__(pds, client)
        self.settings = {"hosts": {"entryway": pds.url, "plc": pds.plc_url}}
        self.tools = tools(client, SystemClock())
        self.server = build_channels({"bluesky": self.settings}, self.tools)[ChannelName.BLUESKY]
        self.answers: list[tuple[str, int]] = []
        client.event_hooks["response"] = [self._note]

    async def _note(self, response: httpx.Response) -> None:
        self.answers.append((response.request.url.path.rpartition("/")[2], response.status_code))

    async def decided(self, browser: Browser, button: str = "Authorize") -> tuple[Consent, dict[str, str]]:
        """A consent, and the query of the browser's redirect."""
        consent = await self.server.begin_consent(asking_real)
        return consent, await decide_at_page(browser, consent.url, self.pds.accounts[0], button)

    async def exchange(self, consent: Consent, answered: dict[str, str], **kept: str) -> GrantedProfiles:
        return await self.server.exchange(asking_real, answered, {**consent.kept, **kept})

    async def refused(self, consent: Consent, answered: dict[str, str], **kept: str) -> tuple[Reason, str | None]:
        error = await error_of(self.exchange(consent, answered, **kept))
        return error.reason, error.provider_code


@pytest.fixture
async def real(real_pds: RealPDS) -> AsyncIterator[Consenting]:
    async with httpx.AsyncClient() as client:
        yield Consenting(real_pds, client)


def renewed(who: ConnectedAccount, fresh: Credentials) -> ConnectedAccount:
    return who.model_copy(update={"credentials": fresh})


async def test_a_consent_and_posting_with_it(real: Consenting, browser: Browser) -> None:
    granted = await real.exchange(*await real.decided(browser))
    (choice,) = granted.choices
    assert granted.scopes == ("atproto", "transition:generic")
    assert (choice.external_id, choice.name) == (real.pds.accounts[0].did, "alice.test")
    who = await real.connect(choice.given)
    assert (who.external_id, who.handle, who.scopes) == (choice.external_id, "alice.test", granted.scopes)
    ends = who.credentials.expires_at
    assert ends is not None
    assert timedelta(minutes=4) < ends - datetime.now(UTC) <= timedelta(minutes=61)

    # An image, so that bytes are uploaded with a proof too, and a token for the video service.
    real.media.files = {"med_0": picture()}
    given = post("By OAuth", media=(image(0, alt="Teal", width=64, height=48),))
    assert isinstance(await real.port.find(given, who, None, given.due_at), Absent)
    published = await real.publish_as(given, who)
    found = await real.port.find(given, who, None, given.due_at)
    assert isinstance(found, Published)
    assert found.post_id == published.post_id
    server = Server(Xrpc(Settings.model_validate(real.settings).hosts, real.tools), who)
    until = datetime.now(UTC) + timedelta(minutes=30)
    claims = _claims(await server.service_token("did:web:video.bsky.app", "app.bsky.video.getUploadLimits", until))
    assert (claims["iss"], claims["lxm"]) == (who.external_id, "app.bsky.video.getUploadLimits")

    fresh = await real.channel.refresh(who)
    assert fresh.refresh_token not in (None, who.credentials.refresh_token)
    later = renewed(who, fresh)
    await real.publish_as(post("After a refresh"), later)
    assert await real.server.revoke(later)
    too_late = post("Too late")
    error = await error_of(real.publish_as(too_late, later))
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    assert isinstance(await real.port.find(too_late, later, None, too_late.due_at), Absent)
    error = await error_of(real.channel.refresh(later))
    assert (error.reason, error.provider_code) == (Reason.TOKEN_REVOKED, "invalid_grant")
    assert await real.server.revoke(later)  # a grant that has ended is no error


async def test_the_first_call_learns_the_nonce_and_writes_once(real: Consenting, browser: Browser) -> None:
    choice = (await real.exchange(*await real.decided(browser))).choices[0]
    given = choice.given
    assert given.access_token is not None
    who = account("bluesky", choice.external_id, service_url=given.service_url)
    who = renewed(who, Credentials(access_token=given.access_token, extra=dict(given.extra)))
    draft, gate, real.answers = post("Once"), GateThatCounts(), []
    published = await real.port.publish(draft, who, Saved(), gate=gate)
    assert isinstance(published, Published)
    assert (real.answers, gate.asked) == ([(WRITE, 401), (WRITE, 200)], 2)
    await real.port.publish(post("Twice"), who)
    assert real.answers[2:] == [(WRITE, 200)]


async def test_a_code_works_once_from_its_server_and_with_its_verifier(real: Consenting, browser: Browser) -> None:
    consent, answered = await real.decided(browser)
    real.answers = []
    foreign = {**answered, "iss": "https://elsewhere.example"}
    assert await real.refused(consent, foreign) == (Reason.CONSENT_EXPIRED, "FOREIGN_ISSUER")
    assert real.answers == []
    await real.exchange(consent, answered)
    assert await real.refused(consent, answered) == (Reason.CONSENT_EXPIRED, "invalid_grant")
    consent, answered = await real.decided(browser)
    other = await real.refused(consent, answered, verifier="x" * 64)
    assert other == (Reason.CONSENT_EXPIRED, "invalid_grant")


async def test_an_owner_may_decline(real: Consenting, browser: Browser) -> None:
    refused = await real.refused(*await real.decided(browser, "Deny access"))
    assert refused == (Reason.CONSENT_DENIED, "access_denied")


@pytest.mark.parametrize("named", ["alice.test", "@alice.test", "did", "server", None])
async def test_the_server_is_found_by_handle_did_or_address(real: Consenting, named: str | None) -> None:
    issuer = real.pds.url.replace("127.0.0.1", "localhost")
    hint = {"did": real.pds.accounts[0].did, "server": issuer}.get(named or "", named)
    consent = await real.server.begin_consent(replace(asking_real, hint=hint))
    assert consent.url.startswith(f"{issuer}/oauth/authorize?")
    assert consent.kept["issuer"] == issuer


async def test_an_unknown_handle_is_refused(real: Consenting) -> None:
    error = await error_of(real.server.begin_consent(replace(asking_real, hint="nobody.test")))
    assert error.reason is Reason.INVALID_FIELD


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    read = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert isinstance(read, dict)
    return read
