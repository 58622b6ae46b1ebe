"""Real Temporal servers from packages: the dev server with a file, and the time-skipping server.

The flags are those of `munadi dev`. The time-skipping server ignores some retry rules and leaps over years,
so use one environment per test and assert no absolute time.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from tests.support.ports import LOOPBACK, free_ports
from tests.support.processes import Process

SEARCH_ATTRIBUTES = {"BrandRef": "Keyword", "Channels": "KeywordList", "Attention": "Keyword"}
NAMESPACE = "default"


class StrandedRun(Exception):
    """The time-skipping server has lost a workflow task, which it then never offers again.

    Known at temporalio/sdk-java, issues 2606 and 3088. A test that meets it is run again (tests/workflows/conftest.py).
    """


class TemporalDevServer:
    """A server that a test can kill and start again: its port and its file stay the same."""

    def __init__(self, db_file: Path | None = None, *, fair: bool = True) -> None:
        """Without `db_file` the server has everything in memory; without `fair`, the queues of a server's defaults."""
        self.db_file = db_file
        self.fair = fair
        self._folder = tempfile.TemporaryDirectory(prefix="munadi-temporal-", ignore_cleanup_errors=True)
        self._choose_ports()

    def _choose_ports(self) -> None:
        self.port, http_port, metrics_port = free_ports(3)
        log = Path(self._folder.name) / "temporal.log"
        self.process = Process([script("temporal"), *self._flags(http_port, metrics_port)], log=log)

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def start(self, within: float = 30.0) -> Self:
        self.process.start()
        self.process.wait_for_port(self.port, within)
        try:
            _run_apart(wait_until_healthy(self.address, within))
        except BaseException:
            self.process.kill()
            raise
        return self

    def stop(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        """kill -9: what it had not written is gone; its file and port stay reserved."""
        self.process.kill()

    def restart(self, within: float = 30.0) -> None:
        if self.process.running:
            self.stop()
        self.start(within)

    async def connect(self) -> Client:
        return await connect_to(self.address)

    def __enter__(self) -> Self:
        try:
            try:
                return self.start()
            except (TimeoutError, AssertionError):
                # Another process may have taken a port between its choice and the start: once more, with others.
                self._choose_ports()
                return self.start()
        except BaseException:
            self._folder.cleanup()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

    def _flags(self, http_port: int, metrics_port: int) -> list[str]:
        flags = ["server", "start-dev", "--headless", "--ip", LOOPBACK, "--port", str(self.port)]
        flags += ["--http-port", str(http_port), "--metrics-port", str(metrics_port), "--log-level", "warn"]
        if self.db_file is not None:
            flags += ["--db-filename", str(self.db_file)]
            flags += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
        for name, kind in SEARCH_ATTRIBUTES.items():
            flags += ["--search-attribute", f"{name}={kind}"]
        for value in ("enableFairness=true", "numTaskqueueWritePartitions=1") if self.fair else ():
            flags += ["--dynamic-config-value", f"matching.{value}"]
        return flags


async def connect_to(address: str) -> Client:
    """A client of a server that is up."""
    return await Client.connect(address, namespace=NAMESPACE, data_converter=pydantic_data_converter)


async def wait_until_healthy(address: str, within: float = 30.0) -> None:
    """Return once the server answers a gRPC health check and knows the namespace."""
    async with asyncio.timeout(within):
        while True:
            try:
                client = await Client.connect(address, namespace=NAMESPACE)
                if await client.service_client.check_health():
                    await client.count_workflows()
                    return
            except (RPCError, RuntimeError):
                pass  # still starting
            await asyncio.sleep(0.05)


@asynccontextmanager
async def time_skipping_environment() -> AsyncIterator[WorkflowEnvironment]:
    """A server that skips idle time, with our data converter and search attributes."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(script("temporal-test-server")),
        data_converter=pydantic_data_converter,
    )
    async with environment:
        await register_search_attributes(environment.client)
        yield environment


async def result_of(handle: WorkflowHandle[Any, Any], within: float = 90.0) -> Any:
    """The result of a run. StrandedRun when none comes and the server waits for a workflow task, else TimeoutError."""
    try:
        async with asyncio.timeout(within):
            while True:
                try:
                    return await handle.result()
                except RuntimeError as error:
                    # The time-skipping server ends a long poll at times without the event that was waited for.
                    if "No completion event found" not in str(error):
                        raise
    except TimeoutError:
        async with asyncio.timeout(10):
            last = (await handle.fetch_history()).events[-1].event_type
        if last in (EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED):
            raise StrandedRun(f"{handle.id} waits for a workflow task since {within:.0f} s") from None
        raise


async def register_search_attributes(client: Client) -> None:
    kinds = {"Keyword": "INDEXED_VALUE_TYPE_KEYWORD", "KeywordList": "INDEXED_VALUE_TYPE_KEYWORD_LIST"}
    attributes = {name: IndexedValueType.Value(kinds[kind]) for name, kind in SEARCH_ATTRIBUTES.items()}
    request = AddSearchAttributesRequest(search_attributes=attributes, namespace=client.namespace)
    await client.operator_service.add_search_attributes(request)


def script(name: str) -> Path:
    """A program that a package put beside our Python."""
    found = Path(sys.executable).parent / name
    if not found.exists():
        raise RuntimeError(f"{name} is missing beside {sys.executable}: run make setup")
    return found


def _run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a loop of its own, in a thread: callers may or may not be inside a loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
