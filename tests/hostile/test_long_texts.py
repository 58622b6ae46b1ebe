"""Long texts of one brand beside another brand's calls, in the API's own process; and the end of that process."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from munadi.channels.x.accounts import SUBSCRIPTION
from munadi.channels.x.spec import PREMIUM
from munadi.config import Settings
from munadi.db.ids import new_id
from munadi.db.keys.store import KeyStore, NewKey
from munadi.db.migrate import upgrade
from munadi.db.sealing.secrets import seal_credentials
from munadi.db.session import Database
from munadi.db.tables import AccountRow, BrandRow
from munadi.domain.ids import Prefix
from munadi.domain.key import Scope
from munadi.domain.reach import Reach
from munadi.intake.check_threads import CheckThreads
from munadi.intake.requests import MAX_TEXT
from munadi.process.runtime import keyring_of
from tests.api.servers import picture
from tests.db.seeding import token
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

# What a healthy call may take beside the attack, beyond a multiple of what it takes without, in seconds.
SLOWER, QUIET = 3.0, 0.3
ENDS_WITHIN = 5.0
ATTACKS = 8
BRACKETS = ("https://a.com/((" * MAX_TEXT)[:MAX_TEXT]
# Long texts that are counted to their end, because an account of this kind may publish long ones.
WORDS = ("a.co @b.c \u00e9\U0001f469\u200d " * MAX_TEXT)[:MAX_TEXT]
SCOPES = (Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)


@dataclass
class Running:
    """An API process with two brands. `keys` are theirs."""

    process: Process
    address: str
    keys: dict[str, str]

    def client(self, brand_ref: str) -> httpx.AsyncClient:
        """The client of a brand."""
        headers = {"authorization": f"Bearer {self.keys[brand_ref]}"}
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=60)


@contextmanager
def _started(folder: Path) -> Iterator[Running]:
    """The brand `attacker` has 50 accounts that may publish long texts, the brand `healthy` one."""
    settings, port = Settings(data_dir=folder), free_port()
    keys = asyncio.run(_seed(settings))
    env = {"MUNADI_DATA_DIR": str(folder), "MUNADI_API__PORT": str(port), "MUNADI_LOG_LEVEL": "warning"}
    with Process([sys.executable, "-m", "api"], log=folder / "api.log", env=env) as process:
        process.wait_for_port(port)
        yield Running(process, f"http://{LOOPBACK}:{port}", keys)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for the tests that leave it running: to start it takes longer than an attack."""
    with _started(tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture
def own_api(tmp_path: Path) -> Iterator[Running]:
    """One for a test that ends it."""
    with _started(tmp_path) as running:
        yield running


async def _seed(settings: Settings) -> dict[str, str]:
    await asyncio.to_thread(upgrade, settings.database)
    database, keys, now, keyring = Database(settings.database), {}, datetime.now(UTC), keyring_of(settings)
    for ref, number in (("attacker", 50), ("healthy", 1)):
        async with database.write() as session:
            session.add(BrandRow(ref=ref, created_at=now))
            await session.flush()
            _, keys[ref] = await KeyStore(database).create(session, NewKey(ref, SCOPES, Reach.of([ref])), now)
            for _ in range(number):
                account_id = new_id(Prefix.ACCOUNT)
                columns: dict[str, Any] = {
                    "facts": {SUBSCRIPTION: next(iter(PREMIUM))},
                    "sealed": seal_credentials(keyring, account_id, token("access")),
                    **{"channel": "x", "external_id": account_id, "handle": "acme", "status": "connected"},
                }
                session.add(AccountRow(id=account_id, brand_ref=ref, created_at=now, updated_at=now, **columns))
    await database.close()
    return keys


async def timed(call: Awaitable[httpx.Response], *expected: int) -> float:
    """How many seconds a call takes."""
    begun = time.monotonic()
    answer = await call
    assert answer.status_code in expected, answer.text
    return time.monotonic() - begun


async def healthy_calls(client: httpx.AsyncClient, rounds: int) -> dict[str, float]:
    """The slowest of each call of a brand that does nothing wrong, in seconds."""
    slowest: dict[str, float] = {}
    for number in range(rounds):
        file = {"file": (f"{number}.jpg", picture(64 + number), "image/jpeg")}
        post = {"brandRef": "healthy", "text": f"Post {number} {time.monotonic()}", "channels": ["x"]}
        for name, call, status in (
            ("healthz", client.get("/healthz"), 200),
            ("upload", client.post("/v1/media", files=file), 201),
            ("accept", client.post("/v1/contents", json=post), 202),
        ):
            slowest[name] = max(slowest.get(name, 0.0), await timed(call, status, 200))
    return slowest


async def accounts_of(client: httpx.AsyncClient) -> list[str]:
    listed = (await client.get("/v1/accounts", params={"limit": 100})).json()["data"]
    return [one["id"] for one in listed]


@pytest.mark.parametrize("text", [BRACKETS, WORDS], ids=["brackets", "words"])
@pytest.mark.parametrize("same", [True, False], ids=["one account, 50 times", "50 accounts"])
async def test_long_texts_delay_no_other_brand(api: Running, text: str, same: bool) -> None:
    async with api.client("attacker") as attacker, api.client("healthy") as healthy:
        ids = await accounts_of(attacker)
        channels = [{"channel": "x", "accountId": ids[0 if same else index]} for index in range(50)]
        # New to the process, which keeps the counts of the last texts.
        new = f"{uuid4()} {text}"[:MAX_TEXT]
        body = {"brandRef": "attacker", "text": new, "channels": channels}
        before = await healthy_calls(healthy, 5)
        attacks = [asyncio.create_task(attacker.post("/v1/contents/validate", json=body)) for _ in range(ATTACKS)]
        during = await healthy_calls(healthy, 5)
        for answer in await asyncio.gather(*attacks):
            assert answer.status_code == 200, answer.text
            assert answer.json()["valid"] is False
    assert {name: took for name, took in during.items() if took > QUIET + SLOWER * before[name]} == {}


async def test_a_process_with_long_texts_ends(own_api: Running) -> None:
    async with own_api.client("attacker") as attacker:
        ids = await accounts_of(attacker)
        body = {"brandRef": "attacker", "text": WORDS, "channels": [{"channel": "x", "accountId": id} for id in ids]}
        attacks = [asyncio.create_task(attacker.post("/v1/contents/validate", json=body)) for _ in range(ATTACKS)]
        await attacker.get("/healthz")
        begun = time.monotonic()
        code = await asyncio.to_thread(own_api.process.terminate, 60)
        took = time.monotonic() - begun
        await asyncio.gather(*attacks, return_exceptions=True)
    assert code in (0, -signal.SIGTERM)
    # The answers to running requests are part of the end.
    assert took < 4 * ENDS_WITHIN


def test_a_check_that_never_ends_does_not_keep_its_process(tmp_path: Path) -> None:
    program = (
        "import asyncio, time\n"
        "from munadi.intake.check_threads import CheckThreads\n"
        "async def main():\n"
        "    waiting = asyncio.create_task(CheckThreads().run('acme', time.sleep, 600))\n"
        "    await asyncio.wait([waiting], timeout=0.1)\n"
        "    waiting.cancel()\n"
        "asyncio.run(main())\n"
    )
    with Process([sys.executable, "-c", program], log=tmp_path / "log") as process:
        assert process.wait(30) == 0, process.output


async def test_a_brand_has_one_thread_and_leaves_one_to_others() -> None:
    threads, began, go_on = CheckThreads(), asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def long() -> str:
        loop.call_soon_threadsafe(began.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return "long"

    first = asyncio.create_task(threads.run("attacker", long))
    second = asyncio.create_task(threads.run("attacker", lambda: "second"))
    await began.wait()
    assert await threads.run("healthy", lambda: "quick") == "quick"
    assert not second.done()
    go_on.set()
    assert await first == "long"
    assert await second == "second"


async def test_an_error_of_a_check_reaches_its_caller_and_frees_the_thread() -> None:
    threads = CheckThreads()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await threads.run("acme", lambda: 1 // 0)
