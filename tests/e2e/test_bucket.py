"""Media in a bucket, with whole stacks: two hosts share it, networks get its bytes, posts wait for it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from munadi.domain.ids import workflow_id
from tests.harness.brand import UNENDED, Brand, until
from tests.harness.files import clip, picture
from tests.harness.stack import Stack
from tests.support.faultproxy import FaultProxy, Mode
from tests.support.ports import LOOPBACK, free_port
from tests.support.postgres import PostgresServer
from tests.support.s3 import S3Server

PULLS = {"channel": "instagram", "options": {"kind": "reel"}}
SENT = {"channel": "tiktok", "options": {"privacyLevel": "PUBLIC_TO_EVERYONE"}}
SECRET = "CANARY-SECRET-5f0e"


def in_bucket(place: str, endpoint: str) -> dict[str, str]:
    media = {"URL": place, "ENDPOINT": endpoint, "ACCESS_KEY": "k", "SECRET_KEY": SECRET}
    return {f"MUNADI_MEDIA__{name}": value for name, value in media.items()}


@dataclass(frozen=True)
class SecondHost:
    """Another API and another worker, with the settings of the first host and a folder of their own."""

    folder: Path
    url: str
    worker_pid: int

    @classmethod
    @contextmanager
    def beside(cls, first: Stack, folder: Path) -> Iterator[SecondHost]:
        """Both until the block ends."""
        port = free_port()
        env = {"MUNADI_DATA_DIR": str(folder / "data"), "MUNADI_API__PORT": str(port)}
        with first.another("api", folder, "api", env) as api, first.another("worker", folder, "worker", env) as worker:
            api.wait_for_port(port)
            worker.wait_for_line("worker ready", 60)
            yield cls(folder, f"http://{LOOPBACK}:{port}", worker.pid)


@pytest.fixture(scope="module")
def two(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, s3: S3Server
) -> Iterator[tuple[Stack, SecondHost]]:
    url = postgres.create_database()
    env = in_bucket(f"{s3.make_bucket('of-two')}/munadi", s3.url)
    env |= {"MUNADI_DATABASE_URL": url, "MUNADI_SECRET_KEYS": "uV4vJbJ5uWq0o1o2vHn3cE8b3bT5mXy0r1k6q9s2t7A="}
    with (
        Stack(tmp_path_factory.mktemp("first"), env) as first,
        SecondHost.beside(first, tmp_path_factory.mktemp("second")) as second,
    ):
        yield first, second
    postgres.drop_database(url)


async def check_bytes(brand: Brand, text: str, channel: str, content: bytes) -> None:
    """The network holds one post of this text, and in it what was uploaded, byte for byte."""
    (post,) = await brand.posts(text, channel)
    held = await brand.sandbox.get(post["media"][0]["url"])
    assert hashlib.sha256(held.content).hexdigest() == hashlib.sha256(content).hexdigest()


def check_clean(folder: Path) -> None:
    """No media are stored on the host, and the key is in none of its logs."""
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
            await brand.published(content["id"], 120)
        await check_bytes(brand, "Shared clip", "instagram", video)
        await check_bytes(brand, "Shared clip", "tiktok", video)
        for number, each in enumerate(stills):
            await check_bytes(brand, f"Still {number}", "instagram", each)
        workers = await doers(first.temporal, [content["id"] for content in (moving, *still)])
    assert {first.pids["worker"], second.worker_pid} <= workers
    check_clean(first.folder)
    check_clean(second.folder)


async def doers(temporal: str, content_ids: list[str]) -> set[int]:
    """The process ids of the workers that ran the activities of these posts."""
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
    async with (
        FaultProxy(LOOPBACK, s3.port) as way,
        Stack(tmp_path, in_bucket(s3.make_bucket("cut-off"), way.url)) as stack,
    ):
        yield stack, way
        await way.set_mode(Mode.PASS)


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
        await brand.published(plain["id"])
        held = await all_held(brand, waiting["id"])
        assert {each["hold"]["reason"] for each in held} == {"OUTAGE"}, held
        assert {each["failure"] for each in held} == {None}
        refused = await api.post("/v1/media", files={"file": picture()}, data={"brandRef": "patient"})
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        await way.set_mode(Mode.PASS)
        await brand.published(waiting["id"], 150)
        await check_bytes(brand, "It waits", "instagram", video)
        await check_bytes(brand, "It waits", "tiktok", video)


async def all_held(brand: Brand, content_id: str) -> list[dict[str, Any]]:
    """The publications, once each waits; none may end before."""

    async def read() -> list[dict[str, Any]] | None:
        publications: list[dict[str, Any]] = (await brand.content(content_id))["publications"]
        assert {each["status"] for each in publications} <= set(UNENDED), publications
        return publications if all(each["hold"] for each in publications) else None

    found: list[dict[str, Any]] = await until(read, 90)
    return found
