"""Consent at the reference PDS's own authorization server, given in a browser, and a life of posting with it."""

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
from munadi.channels.http import ChannelTools
from munadi.channels.registry import build_channels
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published
from munadi.ports import Authorizer, Channel, Connection, Consent, PublicationDraft, VisibleStep
from tests.channels.bluesky_owner import back, decide_at_page
from tests.channels.bluesky_real import picture
from tests.channels.connected import new as post
from tests.channels.making import (
    Cards,
    GateThatCounts,
    Saved,
    StoredMedia,
    SystemClock,
    account,
    error_of,
    image,
    visible_step,
)
from tests.support.pds import RealPDS

WRITE = "com.atproto.repo.putRecord"


class Real:
    """The channel and its authorization server on real sockets, without the nonces of anybody before."""

    def __init__(self, pds: RealPDS, client: httpx.AsyncClient) -> None:
        self.pds, self.settings = pds, {"hosts": {"entryway": pds.url, "plc": pds.plc_url}}
        self.media = StoredMedia()
        self.tools = ChannelTools(client, client, self.media, Cards(), SystemClock())
        # Built twice, as in the worker and in the API: they share no nonces.
        self.channel: Channel = build_channels({"bluesky": self.settings}, self.tools)["bluesky"]
        asked = build_channels({"bluesky": self.settings}, self.tools)
        self.server: Authorizer = asked.authorizers[ChannelName.BLUESKY]
        self.answers: list[tuple[str, int]] = []
        client.event_hooks["response"] = [self._note]

    async def _note(self, response: httpx.Response) -> None:
        self.answers.append((response.request.url.path.rpartition("/")[2], response.status_code))

    async def publish(self, given: PublicationDraft, who: ConnectedAccount) -> Published:
        saved = Saved()
        await self.channel.prepare(given, who, None, saved)
        found = await self.channel.publish(given, who, saved.handle, saved, visible_step())
        assert isinstance(found, Published)
        return found


@pytest.fixture
async def real(real_pds: RealPDS) -> AsyncIterator[Real]:
    async with httpx.AsyncClient() as client:
        yield Real(real_pds, client)


def connected(connection: Connection) -> ConnectedAccount:
    profile = connection.profile
    return account(
        "bluesky",
        profile.external_id,
        handle=profile.handle,
        service_url=profile.service_url,
        scopes=profile.scopes,
        credentials=connection.credentials,
    )


def renewed(who: ConnectedAccount, fresh: Credentials) -> ConnectedAccount:
    return who.model_copy(update={"credentials": fresh})


async def refused(real: Real, answered: dict[str, str], consent: Consent, **kept: str) -> ChannelError:
    return await error_of(real.server.exchange(back, answered, {**consent.kept, **kept}))


async def test_a_consent_and_a_life_of_posting_with_it(real: Real, browser: Browser) -> None:
    consent = await real.server.begin(back)
    answered = await decide_at_page(browser, consent.url, real.pds.accounts[0])
    granted = await real.server.exchange(back, answered, consent.kept)
    (choice,) = granted.choices
    assert granted.scopes == ("atproto", "transition:generic")
    assert (choice.external_id, choice.name) == (real.pds.accounts[0].did, "alice.test")
    connection = await real.channel.verify(choice.given)
    who = connected(connection)
    assert (who.external_id, who.handle, who.scopes) == (choice.external_id, "alice.test", granted.scopes)
    ends = who.credentials.expires_at
    assert ends is not None
    assert timedelta(minutes=4) < ends - datetime.now(UTC) <= timedelta(minutes=61)

    await _posts(real, who)
    fresh = await real.channel.refresh(who)
    assert fresh.refresh_token not in (None, who.credentials.refresh_token)
    later = renewed(who, fresh)
    await real.publish(post("After a refresh"), later)
    assert await real.server.revoke(later)
    await _is_dead(real, later)
    assert await real.server.revoke(later)  # gone already is done


async def _posts(real: Real, who: ConnectedAccount) -> None:
    """An image, so that bytes go up with a proof too, and a token for the video service."""
    real.media.files = {"med_0": picture()}
    given = post("By OAuth", media=(image(0, alt="Teal", width=64, height=48),))
    assert await real.channel.find(given, who, None, given.due_at) == Absent()
    published = await real.publish(given, who)
    found = await real.channel.find(given, who, None, given.due_at)
    assert isinstance(found, Published)
    assert found.post_id == published.post_id
    server = Server(Xrpc(Settings.model_validate(real.settings).hosts, real.tools), who)
    ends = datetime.now(UTC) + timedelta(minutes=30)
    claims = _claims(await server.service_token("did:web:video.bsky.app", "app.bsky.video.getUploadLimits", ends))
    assert (claims["iss"], claims["lxm"]) == (who.external_id, "app.bsky.video.getUploadLimits")


async def _is_dead(real: Real, who: ConnectedAccount) -> None:
    given = post("Too late")
    error = await error_of(real.publish(given, who))
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    assert await real.channel.find(given, who, None, given.due_at) == Absent()
    error = await error_of(real.channel.refresh(who))
    assert (error.reason, error.provider_code) == (Reason.TOKEN_REVOKED, "invalid_grant")


async def test_the_first_call_learns_the_nonce_and_writes_once(real: Real, browser: Browser) -> None:
    consent = await real.server.begin(back)
    answered = await decide_at_page(browser, consent.url, real.pds.accounts[0])
    granted = await real.server.exchange(back, answered, consent.kept)
    given = granted.choices[0].given
    assert given.access_token is not None
    who = account("bluesky", granted.choices[0].external_id, service_url=given.service_url)
    who = renewed(who, Credentials(access_token=given.access_token, extra=dict(given.extra)))
    draft, gate, real.answers = post("Once"), GateThatCounts(), []
    published = await real.channel.publish(draft, who, None, Saved(), VisibleStep(gate))
    assert isinstance(published, Published)
    assert real.answers == [(WRITE, 401), (WRITE, 200)]
    assert gate.asked == 2
    await real.channel.publish(post("Twice"), who, None, Saved(), visible_step())
    assert real.answers[2:] == [(WRITE, 200)]


async def test_a_code_works_once_from_its_server_and_with_its_verifier(real: Real, browser: Browser) -> None:
    consent = await real.server.begin(back)
    answered = await decide_at_page(browser, consent.url, real.pds.accounts[0])
    real.answers = []
    foreign = await refused(real, {**answered, "iss": "https://elsewhere.example"}, consent)
    assert (foreign.reason, foreign.provider_code) == (Reason.CONSENT_EXPIRED, "FOREIGN_ISSUER")
    assert real.answers == []
    await real.server.exchange(back, answered, consent.kept)
    again = await refused(real, answered, consent)
    assert (again.reason, again.provider_code) == (Reason.CONSENT_EXPIRED, "invalid_grant")

    consent = await real.server.begin(back)
    answered = await decide_at_page(browser, consent.url, real.pds.accounts[0])
    other = await refused(real, answered, consent, verifier="x" * 64)
    assert (other.reason, other.provider_code) == (Reason.CONSENT_EXPIRED, "invalid_grant")


async def test_an_owner_may_decline(real: Real, browser: Browser) -> None:
    consent = await real.server.begin(back)
    answered = await decide_at_page(browser, consent.url, real.pds.accounts[0], "Deny access")
    error = await refused(real, answered, consent)
    assert (error.reason, error.provider_code) == (Reason.CONSENT_DENIED, "access_denied")


@pytest.mark.parametrize("named", ["alice.test", "@alice.test", "did", "server", None])
async def test_the_server_is_found_by_handle_did_or_address(real: Real, named: str | None) -> None:
    issuer = real.pds.url.replace("127.0.0.1", "localhost")
    hint = {"did": real.pds.accounts[0].did, "server": issuer}.get(named or "", named)
    consent = await real.server.begin(replace(back, hint=hint))
    assert consent.url.startswith(f"{issuer}/oauth/authorize?")
    assert consent.kept["issuer"] == issuer


async def test_an_unknown_handle_is_refused(real: Real) -> None:
    error = await error_of(real.server.begin(replace(back, hint="nobody.test")))
    assert error.reason is Reason.INVALID_FIELD


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    read = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert isinstance(read, dict)
    return read
