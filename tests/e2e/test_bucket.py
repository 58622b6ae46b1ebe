"""Media in a bucket, with whole stacks: two hosts share it, networks get its bytes, posts wait for it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from temporalio.client import Client

from munadi.cli.dev.readiness import worker_polls
from munadi.config import TemporalSettings
from munadi.domain.ids import workflow_id
from tests.e2e.brand import Brand
from tests.e2e.stack import MUNADI, Stack, clip, picture
from tests.support.faultproxy import FaultProxy, Mode
from tests.support.ports import LOOPBACK, free_port
from tests.support.postgres import PostgresServer
from tests.support.processes import Process
from tests.support.s3 import S3Server

PULLS = {"channel": "instagram", "options": {"kind": "reel"}}
SENT = {"channel": "tiktok", "options": {"privacyLevel": "PUBLIC_TO_EVERYONE"}}
SECRET = "CANARY-SECRET-5f0e"


def in_bucket(place: str, endpoint: str) -> dict[str, str]:
    media = {"URL": place, "ENDPOINT": endpoint, "ACCESS_KEY": "k", "SECRET_KEY": SECRET}
    return {f"MUNADI_MEDIA__{name}": value for name, value in media.items()}


class SecondHost:
    """Another API and another worker, with the settings of the first and a data folder of their own."""

    def __init__(self, first: Stack, folder: Path) -> None:
        self.data = folder / "data"
        self._env = psutil.Process(first.pids["worker"]).environ() | {"MUNADI_DATA_DIR": str(self.data)}
        self._folder = folder
        self._running = ExitStack()
        self.url, self.worker_pid = "", 0

    def __enter__(self) -> SecondHost:
        port = free_port()
        api = self._start("api", "--port", str(port))
        worker = self._start("worker")
        api.wait_for_port(port)
        asyncio.run(worker_polls(TemporalSettings(address=self.temporal_address), worker.pid))
        self.url, self.worker_pid = f"http://{LOOPBACK}:{port}", worker.pid
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def temporal_address(self) -> str:
        return self._env["MUNADI_TEMPORAL__ADDRESS"]

    def _start(self, *command: str) -> Process:
        log = self._folder / f"{command[0]}.log"
        return self._running.enter_context(Process([MUNADI, *command], log=log, env=self._env, cwd=self._folder))


@pytest.fixture(scope="module")
def two(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, s3: S3Server
) -> Iterator[tuple[Stack, SecondHost]]:
    url = postgres.create_database()
    env = in_bucket(f"{s3.make_bucket('of-two')}/munadi", s3.url)
    env |= {"MUNADI_DATABASE_URL": url, "MUNADI_SECRET_KEYS": "uV4vJbJ5uWq0o1o2vHn3cE8b3bT5mXy0r1k6q9s2t7A="}
    first = Stack(tmp_path_factory.mktemp("first"), env).start()
    with SecondHost(first, tmp_path_factory.mktemp("second")) as second:
        yield first, second
    assert first.stop() == 0
    postgres.drop_database(url)


async def check_bytes(brand: Brand, text: str, channel: str, content: bytes) -> None:
    """The network holds one post of this text, and in it what was uploaded, byte for byte."""
    (post,) = await brand.posts(text, channel)
    held = await brand.sandbox.get(post["media"][0]["url"])
    assert hashlib.sha256(held.content).hexdigest() == hashlib.sha256(content).hexdigest()


def check_clean(folder: Path) -> None:
    """Nothing is kept on the host, and the key is in none of its logs."""
    assert not (folder / "data" / "media").exists()
    assert list((folder / "data" / "incoming").iterdir()) == []
    logs = [path for path in folder.rglob("*.log") if path.is_file()]
    assert logs
    assert [path.name for path in logs if SECRET in path.read_text(errors="replace")] == []


@pytest.mark.faults
async def test_two_hosts_publish_what_one_stored_byte_for_byte(two: tuple[Stack, SecondHost], s3: S3Server) -> None:
    first, second = two
    async with first.client() as api, first.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "shared", "instagram", "tiktok")
        async with httpx.AsyncClient(base_url=second.url, headers=api.headers, timeout=20) as other:
            video = clip()
            media = await replace(brand, api=other).upload(video, "clip.mp4")
            digest = hashlib.sha256(video).hexdigest()
            assert s3.objects("of-two") == [f"munadi/{digest[:2]}/{digest[2:4]}/{digest}"]
            stills = [picture(f"rgb(20,{shade},90)") for shade in range(0, 240, 24)]
            hosts = (brand, replace(brand, api=other))
            uploaded = [await hosts[number % 2].upload(each) for number, each in enumerate(stills)]
        moving = await brand.submit("Shared clip", media=[media], channels=[PULLS, SENT])
        still = [
            await brand.submit(f"Still {number}", media=[each], channels=["instagram"])
            for number, each in enumerate(uploaded)
        ]
        for content in (moving, *still):
            ended = await brand.ended(content["id"], 120)
            assert ended["status"] == "published", ended
        await check_bytes(brand, "Shared clip", "instagram", video)
        await check_bytes(brand, "Shared clip", "tiktok", video)
        for number, each in enumerate(stills):
            await check_bytes(brand, f"Still {number}", "instagram", each)
        workers = await doers(second.temporal_address, [content["id"] for content in (moving, *still)])
    assert {first.pids["worker"], second.worker_pid} <= workers
    check_clean(first.folder)
    check_clean(second.data.parent)


async def doers(temporal: str, content_ids: list[str]) -> set[int]:
    """The process ids of the workers that ran these contents' activities."""
    client = await Client.connect(temporal)
    found = set()
    for content_id in content_ids:
        async for event in client.get_workflow_handle(workflow_id(content_id)).fetch_history_events():
            if event.HasField("activity_task_started_event_attributes"):
                found.add(int(event.activity_task_started_event_attributes.identity.partition("@")[0]))
    return found


@pytest.fixture
async def cut_off(tmp_path: Path, s3: S3Server) -> AsyncIterator[tuple[Stack, FaultProxy]]:
    """A stack whose way to the bucket can be cut."""
    async with FaultProxy(LOOPBACK, s3.port) as way:
        stack = Stack(tmp_path, in_bucket(s3.make_bucket("cut-off"), way.url))
        await asyncio.to_thread(stack.start)
        yield stack, way
        await way.set_mode(Mode.PASS)
        assert await asyncio.to_thread(stack.stop) == 0


@pytest.mark.faults
async def test_while_the_bucket_is_away_posts_wait_and_none_fails(cut_off: tuple[Stack, FaultProxy]) -> None:
    stack, way = cut_off
    async with stack.client() as api, stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "patient", "instagram", "tiktok", "bluesky")
        video = clip()
        media = await brand.upload(video, "clip.mp4")
        await way.set_mode(Mode.REFUSE)
        waiting = await brand.submit("It waits", media=[media], channels=[PULLS, SENT])
        plain = await brand.submit("No media", channels=["bluesky"])
        assert (await brand.ended(plain["id"]))["status"] == "published"
        held = await all_held(brand, waiting["id"])
        assert {each["hold"]["reason"] for each in held} == {"OUTAGE"}, held
        assert {each["failure"] for each in held} == {None}
        refused = await api.post("/v1/media", files={"file": picture()}, data={"brandRef": "patient"})
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        await way.set_mode(Mode.PASS)
        ended = await brand.ended(waiting["id"], 150)
        assert ended["status"] == "published", ended
        await check_bytes(brand, "It waits", "instagram", video)
        await check_bytes(brand, "It waits", "tiktok", video)


async def all_held(brand: Brand, content_id: str) -> list[dict[str, Any]]:
    """The publications, once each is held; none may end before."""
    deadline = time.monotonic() + 90
    while True:
        publications: list[dict[str, Any]] = (await brand.api.get(f"/v1/contents/{content_id}")).json()["publications"]
        if all(each["hold"] for each in publications):
            return publications
        assert {each["status"] for each in publications} <= {"accepted", "queued", "publishing"}, publications
        assert time.monotonic() < deadline, publications
        await asyncio.sleep(0.2)
