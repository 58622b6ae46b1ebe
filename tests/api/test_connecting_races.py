"""One connect link in two browsers: it connects once, whatever the order in which their exchanges end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from munadi.cli.dev.plan import _towards_the_sandbox
from munadi.config import Settings
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.sandbox.state import NETWORKS
from tests.api.api_process import MUNADI, ApiProcesses, api_processes
from tests.api.harness import ApiHarness
from tests.api.owner import connected_accounts, connection, create_link, form_of, owner_of, path_of
from tests.api.problems import expect_problem
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

TAKEN = "used in another browser or tab"


class Slow:
    """Holds the next exchange with the network until `release`; the ones after it go through."""

    def __init__(self, api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.released = asyncio.Event(), asyncio.Event()
        self._exchange = api.authorizer.exchange
        monkeypatch.setattr(api.authorizer, "exchange", self._held)

    async def _held(self, *arguments: Any) -> Any:
        granted = await self._exchange(*arguments)
        if not self.reached.is_set():
            self.reached.set()
            await self.released.wait()
        return granted


@pytest.fixture
def slow(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(api, monkeypatch)


@pytest.mark.fake_network
@pytest.mark.each_database
async def test_the_browser_that_began_last_connects_and_the_other_gets_a_page(api: ApiHarness, slow: Slow) -> None:
    link = await create_link(api)
    async with owner_of(api) as first, owner_of(api) as second:
        api.authorizer.profiles = ("did:plc:1",)
        waiting = asyncio.create_task(first.come_back(api.authorizer.approve(await first.leave(link))))
        await slow.reached.wait()
        api.authorizer.profiles = ("did:plc:2",)
        assert "Connected" in (await second.consent(link)).text
        slow.released.set()
        answer = await waiting
        assert (answer.status_code, TAKEN in answer.text) == (410, True)
    assert [one["externalId"] for one in await connected_accounts(api)] == ["did:plc:2"]
    found = await connection(api, link)
    assert (found["status"], len(found["accountIds"]), found["failure"]) == ("connected", 1, None)


@pytest.mark.fake_network
async def test_a_late_exchange_neither_connects_nor_ends_the_try_that_counts(api: ApiHarness, slow: Slow) -> None:
    link = await create_link(api)
    async with owner_of(api) as first, owner_of(api) as second:
        waiting = asyncio.create_task(first.come_back(api.authorizer.approve(await first.leave(link))))
        await slow.reached.wait()
        consent = await second.leave(link)
        slow.released.set()
        assert (await waiting).status_code == 410
        assert (await connected_accounts(api), (await connection(api, link))["status"]) == ([], "consenting")
        assert "Connected" in (await second.come_back(api.authorizer.approve(consent))).text


@pytest.mark.fake_network
async def test_a_late_failure_does_not_end_the_try_that_counts(
    api: ApiHarness, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await create_link(api)
    async with owner_of(api) as first, owner_of(api) as second:
        waiting = asyncio.create_task(first.come_back(api.authorizer.approve(await first.leave(link))))
        await slow.reached.wait()
        consent = await second.leave(link)
        api.network.verify_errors.append(ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, "Network: down"))
        slow.released.set()
        assert (await waiting).status_code == 410
        assert (await connection(api, link))["status"] == "consenting"
        assert "Connected" in (await second.come_back(api.authorizer.approve(consent))).text


@pytest.mark.fake_network
async def test_a_late_choice_of_profiles_is_not_offered_to_another_browser(api: ApiHarness, slow: Slow) -> None:
    link = await create_link(api)
    async with owner_of(api) as first, owner_of(api) as second:
        api.authorizer.profiles = ("mine-1", "mine-2")
        waiting = asyncio.create_task(first.come_back(api.authorizer.approve(await first.leave(link))))
        await slow.reached.wait()
        consent = await second.leave(link)
        slow.released.set()
        assert (await waiting).status_code == 410
        assert (await connection(api, link))["choices"] == []
        api.authorizer.profiles = ("did:plc:1",)
        await second.come_back(api.authorizer.approve(consent))
    assert [one["externalId"] for one in await connected_accounts(api)] == ["did:plc:1"]


@pytest.mark.fake_network
@pytest.mark.each_database
async def test_profiles_are_chosen_once(api: ApiHarness) -> None:
    api.authorizer.profiles = ("p1", "p2", "p3")
    link = await create_link(api)
    async with owner_of(api) as owner:
        await owner.choose_path(link)
    select = f"/v1/connections/{link['id']}/select"
    answers = await asyncio.gather(*(api.post(select, {"externalIds": [each]}) for each in api.authorizer.profiles))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    expect_problem(max(answers, key=lambda answer: answer.status_code), 409, "NOTHING_TO_CHOOSE")
    assert len(await connected_accounts(api)) == 1


@pytest.mark.fake_network
async def test_a_link_that_has_connected_does_not_begin_again(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second browser opened the page before the first one was connected, and waits for the network meanwhile."""
    link, begin = await create_link(api), api.authorizer.begin
    reached, released = asyncio.Event(), asyncio.Event()

    async def held(request: Any) -> Any:
        reached.set()
        await released.wait()
        return await begin(request)

    async with owner_of(api) as first, owner_of(api) as second:
        consent, form = await first.leave(link), await form_of(second.client, path_of(link))
        monkeypatch.setattr(api.authorizer, "begin", held)
        waiting = asyncio.create_task(second.client.post(path_of(link), data=form))
        await reached.wait()
        assert "Connected" in (await first.come_back(api.authorizer.approve(consent))).text
        released.set()
        assert (await waiting).status_code == 410
    assert (await connection(api, link))["status"] == "connected"


@contextmanager
def sandbox_process(folder: Path) -> Iterator[str]:
    """The emulated networks as a process."""
    port = free_port()
    with Process([*MUNADI, "sandbox", "--port", str(port)], log=folder / "sandbox.log") as process:
        process.wait_for_port(port, 120)
        yield f"http://{LOOPBACK}:{port}"


@asynccontextmanager
async def browser_at(api: ApiProcesses, at: int) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without redirects, at one of the processes."""
    async with httpx.AsyncClient(base_url=api.urls[at], timeout=30) as client:
        yield client


async def consented(client: httpx.AsyncClient, path: str, profile: str) -> str:
    """Follow a link and approve as a profile; the path and query of the way back."""
    found = re.search(r'name="token" value="([0-9a-f]{64})"', (await client.get(path)).text)
    assert found is not None
    away = await client.post(path, data={"token": found[1]})
    assert away.status_code == 303, away.text
    where = urlsplit(away.headers["location"])
    query = urlencode([*parse_qsl(where.query), ("approve", profile)])
    back = await client.get(where._replace(query=query).geturl())
    target = urlsplit(back.headers["location"])
    return f"{target.path}?{target.query}"


async def test_one_link_two_browsers_and_two_processes_connect_one_profile(tmp_path: Path) -> None:
    """At the emulated network, whose first exchange takes seconds."""
    with sandbox_process(tmp_path) as sandbox:
        network = next(each for each in NETWORKS if each.channel == "x")
        env = _towards_the_sandbox(network, sandbox, Settings(data_dir=tmp_path))
        async with (
            api_processes(tmp_path, 2, env) as api,
            api.client() as client,
            httpx.AsyncClient(base_url=f"{sandbox}/control") as control,
            browser_at(api, 0) as first,
            browser_at(api, 1) as second,
        ):
            for name in ("first", "second"):
                assert (await control.post("/profiles", json={"channel": "x", "name": name})).status_code == 201
            fault = {"channel": "x", "operation": "token", "mode": "delay", "delaySeconds": 4}
            assert (await control.post("/faults", json=fault)).status_code == 201
            made = (await client.post("/v1/brands/acme/accounts/connect", json={"channel": "x"})).json()
            path = urlsplit(made["connectUrl"]).path
            slow = asyncio.create_task(first.get(await consented(first, path, "first")))
            async with asyncio.timeout(20):
                while not any(call["operation"] == "token" for call in (await control.get("/calls")).json()):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            ended = await second.get(await consented(second, path, "second"))
            late = await slow
            assert (ended.status_code, late.status_code, TAKEN in late.text) == (303, 410, True)
            accounts = (await client.get("/v1/accounts", params={"brandRef": "acme", "channel": "x"})).json()["data"]
            assert [account["handle"].removeprefix("@") for account in accounts] == ["second"]
            assert (await first.get(path)).status_code == 410
