"""A worker and an API as monitors see them: probes and metrics of the real processes, while posts are published."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.harness.brand import Brand, until
from tests.harness.inbox import Inbox
from tests.harness.stack import Stack
from tests.support.alerts import metrics_in, panels, rules, scalers
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

# Shown once a network with an end to its version is called so, or anything of the kind has happened.
LATER: set[str] = set()
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Watched:
    """A stack whose worker listens for monitors."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.stack = Stack(folder, {"MUNADI_METRICS_LISTEN": f"{LOOPBACK}:{self.port}", "MUNADI_ACCESS_LOG": "true"})

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """What the worker's port answers."""
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{self.port}", timeout=20) as client:
            return await client.get(path, headers=headers)

    async def samples(self) -> Samples:
        """All samples of the worker, by name and labels."""
        return samples_in((await self.get("/metrics")).text)


def samples_in(text: str) -> Samples:
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for each in families for one in each.samples}


def values(samples: Samples, name: str, **labels: str) -> list[float]:
    """The samples of that name which have these labels."""
    return [value for (each, given), value in samples.items() if each == name and labels.items() <= dict(given).items()]


def total(samples: Samples, name: str, **labels: str) -> float:
    """The sum of the samples of that name which have these labels. There is one at least."""
    found = values(samples, name, **labels)
    assert found, f"no {name}{labels or ''}"
    return sum(found)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    watched = Watched(tmp_path_factory.mktemp("watched"))
    with watched.stack:
        yield watched


async def test_a_worker_reports_that_it_lives_and_can_work(watched: Watched) -> None:
    answer = await watched.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    answer = await watched.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "status": "ready",
            "dependencies": {"database": "up", "temporal": "up"},
            "checks": {"polling": {"status": "ok"}},
        },
    )
    assert (await watched.get("/")).status_code == 404


async def test_what_a_post_does_is_counted_where_it_happens(watched: Watched) -> None:
    async with watched.stack.client() as api, watched.stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "watched", "bluesky")
        inbox = Inbox()
        async with inbox.listening(api, brandRef="watched"):
            before = await watched.samples()
            for number in range(3):
                await brand.published((await brand.submit(f"Watched {number}"))["id"])
            await until(lambda: _delivered(inbox), 30)
            after = await watched.samples()
        answered = samples_in((await api.get("/metrics")).text)

    def grown(name: str, **labels: str) -> float:
        return total(after, name, **labels) - sum(values(before, name, **labels))

    assert grown("munadi_publications_ended_total", channel="bluesky", outcome="published") == 3
    assert total(after, "munadi_publications_ended_total", channel="x", outcome="failed") == 0
    assert grown("munadi_publish_lateness_seconds_count", channel="bluesky") == 3
    assert grown("munadi_network_calls_total", channel="bluesky", operation="publish", status="200") == 3
    assert grown("munadi_network_call_seconds_count", channel="bluesky") >= 3
    assert grown("munadi_webhook_attempts_total", outcome="delivered") >= 3
    assert grown("munadi_webhook_wait_seconds_count") >= 3
    assert grown("munadi_event_loop_lag_seconds_count") > 0
    assert grown("temporal_activity_schedule_to_start_latency_count", task_queue="munadi-posts") == 3
    assert total(after, "temporal_worker_task_slots_available", worker_type="ActivityWorker") > 0
    assert total(after, "munadi_build_info", process="worker") == 1
    assert total(answered, "munadi_publications_accepted_total", channel="bluesky") == 3
    assert total(answered, "munadi_http_requests_total", method="POST", route="/v1/contents", status="202") == 3
    text = "".join(dict(labels).get(name, "") for _, labels in {**after, **answered} for name in dict(labels))
    assert "watched" not in text.lower(), "no brand and no text"
    assert "cnt_" not in text


async def test_every_metric_of_the_alerts_exists(watched: Watched) -> None:
    """In what the processes show, by its kind: a histogram exists before its first bucket."""
    async with watched.stack.client() as api:
        shown = (await watched.get("/metrics")).text + (await api.get("/metrics")).text
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", shown, re.MULTILINE))
    known = {f"{name}_bucket" if kind == "histogram" else name for name, kind in kinds.items()}
    sums = {f"{name}_sum" for name, kind in kinds.items() if kind == "histogram"}
    for expression in scalers():
        assert metrics_in(expression)
        assert metrics_in(expression) <= known | sums, expression
    for rule in rules():
        named = metrics_in(rule["expr"])
        assert named - known <= LATER, rule["alert"]
        assert named or "up" in rule["expr"]
    for title, expressions in panels().items():
        assert set().union(*map(metrics_in, expressions)) - known <= LATER, title
        assert all(map(metrics_in, expressions)), title


async def test_prometheus_reads_every_process_and_understands_each_expression(watched: Watched, tmp_path: Path) -> None:
    """Prometheus itself, reading the real processes: what the dashboard asks for, and what the alerts ask for."""
    port = free_port()
    (tmp_path / "prometheus.yml").write_text(scraping(watched))
    argv = ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    argv.append(f"--web.listen-address={LOOPBACK}:{port}")
    with Process(argv, log=tmp_path / "prometheus.log", cwd=tmp_path) as process:
        await asyncio.to_thread(process.wait_for_port, port, 60.0)
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", timeout=20) as prometheus:

            async def asked(expression: str) -> list[Any]:
                answer = await prometheus.get("/api/v1/query", params={"query": expression})
                assert answer.status_code == 200, f"{expression}: {answer.text}"
                return list(answer.json()["data"]["result"])

            async def is_read() -> bool:
                return len(await asked("up == 1")) == 2 and len(await asked("rate(munadi_http_requests_total[1m])")) > 0

            async def is_ready() -> bool:
                return (await prometheus.get("/-/ready")).status_code == 200

            await until(is_ready, 60)
            await until(is_read, 60)
            empty = {title for title, each in panels().items() if not any([await asked(one) for one in each])}
            for rule in rules():
                await asked(rule["expr"])
            # An autoscaler reads a number, also while nothing waits.
            for expression in scalers():
                await until(lambda expression=expression: _has_one(asked, expression), 60)
    assert "Overdue posts" not in empty
    assert len(empty) < len(panels()) / 2, empty


async def _has_one(asked: Callable[[str], Awaitable[list[Any]]], expression: str) -> bool:
    return len(await asked(expression)) == 1


def scraping(watched: Watched) -> str:
    """Prometheus's configuration for the processes of a stack."""
    api = urlsplit(watched.stack.info["api"]).netloc
    jobs = [
        {"job_name": "munadi-api", "static_configs": [{"targets": [api]}]},
        {"job_name": "munadi-worker", "static_configs": [{"targets": [f"{LOOPBACK}:{watched.port}"]}]},
    ]
    jobs[0]["authorization"] = {"credentials": watched.stack.info["apiKey"]}
    return yaml.safe_dump({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs})


@pytest.mark.parametrize("command", [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]])
def test_the_alerts_do_what_their_own_test_says(command: list[str]) -> None:
    """Prometheus's own tool: with the database stopped, without workers, with posts that fail, vanish or are late."""
    folder = Path(__file__).parents[2] / "deploy" / "prometheus"
    done = subprocess.run(["promtool", *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


async def _delivered(inbox: Inbox) -> bool:
    return len([one for one in inbox.events if one["type"] == "content.completed"]) >= 3
