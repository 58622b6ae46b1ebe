"""A test brand's account at every network: all its calls reach the sandbox, and none the network's own host.

The network's host is a canary here: a server that counts connections. A live account of the same channel reaches it, so
the canary would have seen a test brand's calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import httpx
import pytest

from munadi.channels.registry import REGISTRY
from munadi.channels.sandboxing import add_sandbox
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.live_edit import Version
from munadi.domain.withdrawal import PostedObject
from munadi.domain.withdrawal_rule import Removal
from munadi.outbound.guard import Guard, GuardCode, GuardRefused
from munadi.outbound.transport import guarded_client, network_client
from munadi.ports import Channels, ConsentRequest
from munadi.ports.calls import calling_only
from munadi.sandbox.state import NETWORKS
from tests.channels.calls import Saved, visible_step
from tests.channels.consent import BACK, decide
from tests.channels.making import SystemClock, error_of, tools
from tests.channels.sandbox import PLACES, WITH_ONE, Acme, draft, imported
from tests.channels.servers import MediaSite, Oracle

ALL = tuple(name.value for name in REGISTRY)
# Networks whose accounts are imported only.
NO_CONSENT = frozenset({"discord", "nostr", "telegram"})
# Those whose tokens are for ever.
NO_RENEWAL = frozenset({"discord", "mastodon", "nostr", "telegram"})
OWN = "the operator's own app"


@dataclass
class Canary:
    """A server in the place of every real host. It counts who connects, and answers nothing."""

    url: str = ""
    seen: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Canary]:
        server = await asyncio.start_server(self._met, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server:
            yield self

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.append((await reader.readline()).decode("ascii", "replace").strip())
        writer.close()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    async with Canary().listening() as canary:
        yield canary


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """The client that the processes use."""
    async with network_client(10.0) as client:
        yield client


@dataclass
class TestBrand:
    """The profile `acme` of a test brand. The channel's own hosts are the canary."""

    __test__ = False
    acme: Acme
    made: dict[str, Any]

    @classmethod
    async def at(cls, name: str, oracle: Oracle, site: MediaSite, canary: Canary, client: httpx.AsyncClient) -> Any:
        place = PLACES[name]
        own = {field: OWN for field in place.settings if field.endswith(("client_id", "client_secret"))}
        settings = {**place.settings, **own, "hosts": dict.fromkeys(place.hosts, f"{canary.url}/{name}")}
        acme = Acme(name, oracle, site, settings, client)
        port_tools = tools(client, SystemClock(), acme.media, acme.cards)
        add_sandbox(Channels({acme.channel.spec.name: acme.channel}), oracle.url, {name: settings}, port_tools)
        acme.set("delays", 0, *place.quick)
        for kind, value in place.limits.items():
            acme.set("limits", value, kind)
        made = oracle.call("POST", "/profiles", channel=name, name="acme")
        await acme.connect(replace(imported(made), is_test=True))
        acme.account = acme.account.model_copy(update={"is_test": True})
        return cls(acme, made)

    async def published(self) -> tuple[Any, Saved, list[PostedObject]]:
        acme, saved = self.acme, Saved()
        given = draft(acme, WITH_ONE.get(acme.name, "text"), "Only a test")
        made = await acme.post(given, saved)
        return given, saved, [PostedObject(id=one.id, version=one.version) for one in made.made]


@pytest.fixture(params=ALL)
async def brand(
    request: pytest.FixtureRequest, oracle: Oracle, site: MediaSite, canary: Canary, client: httpx.AsyncClient
) -> TestBrand:
    found: TestBrand = await TestBrand.at(request.param, oracle, site, canary, client)
    return found


async def test_every_kind_of_call_reaches_the_sandbox_alone(brand: TestBrand, canary: Canary) -> None:
    acme = brand.acme
    given, saved, objects = await brand.published()
    await acme.found(given, saved)
    await acme.channel.look(objects, acme.account)
    await acme.channel.watch(objects, acme.account)
    if acme.name in NO_RENEWAL:
        await error_of(acme.channel.refresh(acme.account), Reason.TOKEN_REVOKED)
    else:
        await acme.refresh()
    edits = acme.channel.live_edit(given, acme.account)
    if "text" in edits.fields:
        new = given.model_copy(update={"text": "Corrected"})
        version = Version(object=objects[0], new=Draft(**new.model_dump(include=set(Draft.model_fields))), old=(given,))
        await acme.channel.edit(version, acme.account, visible_step())
        await acme.channel.read_live(version, acme.account)
    if acme.channel.withdrawal(given, acme.account).kind is Removal.DELETE:
        await acme.channel.withdraw(objects[0], acme.account, visible_step())
        assert acme.posts == []
    else:
        assert [post["text"] for post in acme.posts] == [given.text]
    unused = Saved()
    other = draft(acme, WITH_ONE.get(acme.name, "text"), "Never published")
    await acme.prepare(other, unused)
    if unused.handle is not None:
        await acme.channel.discard(acme.account, unused.handle)
    assert canary.seen == []


@pytest.mark.parametrize("brand", sorted(set(ALL) - NO_CONSENT), indirect=True)
async def test_consent_is_given_and_ended_at_the_sandbox(
    brand: TestBrand, canary: Canary, client: httpx.AsyncClient
) -> None:
    acme = brand.acme
    login = "page" if acme.name == "linkedin" else None
    request = ConsentRequest("state-1", _back(acme), login, brand.made.get("serviceUrl"), is_test=True)
    consent = await acme.channel.begin_consent(request)
    assert consent.url.startswith(acme.oracle.url)
    assert OWN not in httpx.URL(consent.url).params.get("client_id", "")
    answered = await decide(client, consent.url, request.redirect_uri, approve=acme.account.external_id)
    granted = await acme.channel.exchange(request, answered, consent.kept)
    connection = await acme.channel.verify(replace(granted.choices[0].given, is_test=True))
    assert connection.profile.external_id == acme.account.external_id
    account = acme.account.model_copy(update={"credentials": connection.credentials})
    await acme.channel.revoke(account)
    assert canary.seen == []


def _back(acme: Acme) -> str:
    """Bluesky knows a program on this machine without reading its metadata."""
    return "http://127.0.0.1:8080/v1/oauth/bluesky/callback" if acme.name == "bluesky" else BACK


async def test_a_live_account_of_the_same_channel_reaches_the_network(brand: TestBrand, canary: Canary) -> None:
    acme = brand.acme
    live = acme.account.model_copy(
        update={
            "is_test": False,
            "service_url": canary.url if acme.account.service_url else None,
            "facts": {} if acme.name == "nostr" else acme.account.facts,  # its other relays
        }
    )
    given, saved = draft(acme, WITH_ONE.get(acme.name, "text"), "For followers"), Saved()
    publication = acme.port.seen(given, live, saved)

    async def publish() -> None:
        await acme.channel.prepare(publication)
        await acme.channel.publish(publication, visible_step())

    with pytest.raises(ChannelError):
        await publish()
    assert canary.seen != []


@pytest.mark.parametrize("brand", ["bluesky", "mastodon"], indirect=True)
async def test_an_account_that_names_another_server_is_not_called_there(brand: TestBrand, canary: Canary) -> None:
    acme = brand.acme
    given, _, objects = await brand.published()
    acme.account = acme.account.model_copy(update={"service_url": f"{canary.url}/server"})
    for call in (
        acme.channel.look(objects, acme.account),
        acme.channel.withdraw(objects[0], acme.account, visible_step()),
        acme.post(given, Saved()),
        acme.channel.verify(
            replace(imported({**brand.made, "serviceUrl": canary.url}), service_url=canary.url, is_test=True)
        ),
    ):
        with pytest.raises(ChannelError) as refused:
            await call
        assert refused.value.provider_code == GuardCode.NOT_THE_SANDBOX
        assert refused.value.effect is not Effect.UNKNOWN
    assert canary.seen == []


@pytest.mark.parametrize("brand", ["x"], indirect=True)
async def test_without_a_sandbox_nothing_is_called_and_the_setting_is_named(brand: TestBrand, canary: Canary) -> None:
    acme = brand.acme
    acme.channel.sandboxed = None
    with pytest.raises(ChannelError, match="MUNADI_SANDBOX_URL") as refused:
        await acme.refresh()
    assert (refused.value.reason, refused.value.effect) == (Reason.INTERNAL_ERROR, Effect.NOT_SENT)
    assert canary.seen == []


async def test_every_client_refuses_other_servers_also_on_a_connection_that_is_open(
    oracle: Oracle, canary: Canary, client: httpx.AsyncClient
) -> None:
    """A kept connection needs no new one, so the guard looks at each request."""
    other = oracle.url.replace("127.0.0.1", "localhost")
    assert (await client.get(f"{other}/control/health")).status_code == 200
    async with guarded_client(Guard(allow_loopback=True)) as guarded:
        with calling_only(oracle.url):
            for each in (client, guarded):
                assert (await each.get(f"{oracle.url}/control/health")).status_code == 200
                for url in (f"{other}/control/health", canary.url, oracle.url.replace("http:", "https:")):
                    with pytest.raises(GuardRefused, match="NOT_THE_SANDBOX"):
                        await each.get(url)
                with pytest.raises(GuardRefused, match="NOT_THE_SANDBOX"):
                    await asyncio.create_task(each.get(canary.url))
        with pytest.raises(httpx.HTTPError):
            await client.get(canary.url)
    assert len(canary.seen) == 1


def test_the_channels_know_where_the_sandbox_has_their_hosts() -> None:
    for network in NETWORKS:
        spec = import_module(f"munadi.channels.{network.channel}.spec")
        assert dict(spec.SANDBOX.hosts) == {role.lower(): path for role, path in network.hosts.items()}
        assert set(network.app_credentials) <= set(spec.Settings.model_fields)
        if network.hosts:
            assert set(spec.SANDBOX.hosts) == set(spec.Hosts.model_fields)
