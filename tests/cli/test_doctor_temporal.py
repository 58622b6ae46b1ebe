"""`munadi doctor` at Temporal: workers, the namespace, encryption, and what the server does with its queues."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.operatorservice.v1 import RemoveSearchAttributesRequest
from temporalio.worker import Worker

from munadi.cli.doctor.engine import Seen, encryption, judge
from munadi.config import Settings
from munadi.domain.ids import posts_queue
from tests.cli.conftest import Doctor
from tests.harness.brand import until
from tests.harness.stack import MUNADI
from tests.support.ports import LOOPBACK, free_port
from tests.support.sleeping_workflow import SleepAMonth
from tests.support.temporal import TemporalDevServer


def test_an_unreachable_temporal_is_reported(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_TEMPORAL__ADDRESS", f"{LOOPBACK}:{free_port()}")
    report = doctor()
    assert (report.exit_code, report.checks["worker"]["ok"]) == (1, False)
    assert "does not answer" in report.checks["worker"]["message"]


def test_a_hanging_temporal_does_not_hang_the_doctor(own_temporal: TemporalDevServer, tmp_path: Path) -> None:
    address = own_temporal.address
    env = {**os.environ, "MUNADI_TEMPORAL__ADDRESS": address, "MUNADI_URL": f"http://{LOOPBACK}:{free_port()}"}
    own_temporal.process.send(signal.SIGSTOP)
    try:
        run = subprocess.run([MUNADI, "doctor"], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    finally:
        own_temporal.process.send(signal.SIGCONT)
    assert run.returncode == 3
    assert f"Temporal at {address} does not answer: no answer within 5 s" in run.stdout


async def test_temporal_without_a_worker_and_with_one(
    doctor: Doctor, temporal: TemporalDevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = f"doctor-{free_port()}"
    monkeypatch.setenv("MUNADI_TEMPORAL__ADDRESS", temporal.address)
    monkeypatch.setenv("MUNADI_TEMPORAL__TASK_QUEUE", queue)
    report = await asyncio.to_thread(doctor)
    assert (report.exit_code, report.checks["worker"]["ok"]) == (1, False)
    assert "no worker" in report.checks["worker"]["message"]
    assert "munadi worker" in report.checks["worker"]["advice"]
    async with _worker(temporal, queue):
        for _ in range(50):
            report = await asyncio.to_thread(doctor)
            if report.checks["worker"]["ok"]:
                break
            await asyncio.sleep(0.1)
    assert report.exit_code == 0, report.output
    assert queue in report.checks["worker"]["message"]
    monkeypatch.setenv("MUNADI_TEMPORAL__NAMESPACE", "nowhere")
    report = await asyncio.to_thread(doctor)
    assert "has no namespace nowhere" in report.checks["worker"]["message"]


async def test_a_worker_that_ended_a_moment_ago_is_missed(
    doctor: Doctor, temporal: TemporalDevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = f"doctor-{free_port()}"
    monkeypatch.setenv("MUNADI_TEMPORAL__ADDRESS", temporal.address)
    monkeypatch.setenv("MUNADI_TEMPORAL__TASK_QUEUE", queue)
    client = await temporal.connect()
    sleeping = await client.start_workflow(SleepAMonth.run, id=queue, task_queue=posts_queue(queue))

    async def is_answered() -> bool:
        found = (await asyncio.to_thread(doctor)).checks["worker"]
        return bool(found["ok"]) and "a worker takes work" in found["message"]

    try:
        async with _worker(temporal, queue):
            # Temporal lists a new workflow a moment later; until then the check has the last poll alone.
            await until(is_answered)
        found = (await asyncio.to_thread(doctor)).checks["worker"]
    finally:
        await sleeping.terminate()
    # Temporal still lists it as one that polled less than a minute ago.
    assert (found["ok"], "no worker answered within 6 s" in found["message"]) == (False, True), found
    assert "last asked for work" in found["message"]
    assert "munadi worker" in found["advice"]


@pytest.mark.parametrize(
    ("fair", "found"),
    [
        (True, {"fairness": "Temporal shares its queues among brands", "partitions": "each queue is one"}),
        (False, {"fairness": "Temporal's fairness is off", "partitions": "splits each queue into 4 partitions"}),
    ],
)
async def test_what_a_server_does_with_its_queues_is_tried(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, fair: bool, found: dict[str, str]
) -> None:
    with TemporalDevServer(fair=fair) as server:
        monkeypatch.setenv("MUNADI_TEMPORAL__ADDRESS", server.address)
        checks = (await asyncio.to_thread(doctor)).checks
        client = await server.connect()
        for name, words in found.items():
            assert words in checks[name]["message"]
            assert (checks[name]["ok"], checks[name]["advice"] is None) == (True, fair), checks[name]
        assert checks["namespace"]["ok"]
        assert checks["temporal tls"] == {
            "name": "temporal tls", "ok": True, "advice": None,
            "message": f"the connection to {server.address} is not encrypted",
        }  # fmt: skip

        async def is_clean() -> bool:
            return not [one async for one in client.list_workflows("ExecutionStatus = 'Running'")]

        await until(is_clean)


async def test_a_namespace_without_the_search_attributes_is_reported(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, own_temporal: TemporalDevServer
) -> None:
    client = await own_temporal.connect()
    request = RemoveSearchAttributesRequest(search_attributes=["BrandRef"], namespace=client.namespace)
    await client.operator_service.remove_search_attributes(request)
    monkeypatch.setenv("MUNADI_TEMPORAL__ADDRESS", own_temporal.address)
    report = await asyncio.to_thread(doctor)
    found = report.checks["namespace"]
    assert (report.exit_code, found["ok"]) == (1, False)
    assert found["message"] == "the namespace default has no search attribute BrandRef (Keyword)"
    assert "munadi temporal setup" in found["advice"]


@pytest.mark.parametrize(
    ("address", "settings", "words", "warns"),
    [
        ("127.0.0.1:7233", {}, "is not encrypted", False),
        ("temporal.internal:7233", {}, "is not encrypted", True),
        ("temporal.internal:7233", {"tls": True}, "is encrypted", False),
        ("temporal.internal:7233", {"api_key": "a-key"}, "is encrypted", False),
    ],
)
def test_a_plain_connection_to_another_machine_is_a_warning(
    address: str, settings: dict[str, Any], words: str, warns: bool
) -> None:
    found = encryption(Settings.model_validate({"temporal": settings}), address)
    assert (found.ok, words in found.message, found.advice is not None) == (True, True, warns)


NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "answers", "ok", "words"),
    [
        (None, None, False, "no worker takes work from the task queue posts"),
        (50.0, None, True, "a worker asked posts at here for work 50 s ago"),
        (91.0, None, False, "the last worker asked posts at here for work 91 s ago"),
        (50.0, True, True, "a worker takes work from posts at here"),
        (600.0, True, True, "a worker takes work from posts at here"),
        (3.0, False, False, "no worker answered within 6 s at here; one last asked for work 3 s ago"),
        (-1.0, None, True, "for work 0 s ago"),
        (-6.0, True, False, "Temporal's clock is 6 s or more ahead"),
    ],
)
def test_a_worker_is_judged_by_its_answer_and_else_by_its_last_poll(
    age: float | None, answers: bool | None, ok: bool, words: str
) -> None:
    seen = Seen(None if age is None else NOON - timedelta(seconds=age), answers)
    found = judge(seen, NOON, "posts", "here")
    assert (found.ok, words in found.message) == (ok, True), found
    assert bool(found.advice) is not ok


@asynccontextmanager
async def _worker(temporal: TemporalDevServer, queue: str) -> AsyncIterator[None]:
    async with Worker(await temporal.connect(), task_queue=posts_queue(queue), workflows=[SleepAMonth]):
        yield
