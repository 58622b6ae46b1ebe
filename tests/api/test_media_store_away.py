"""Media in a bucket whose server is killed, silent or strict: 503 in time, nothing half stored, no key in a log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.db.tables import MediaRow
from tests.api.harness import ApiHarness, open_api
from tests.api.problems import expect_problem
from tests.api.servers import picture
from tests.api.test_logs import logging_to_stderr
from tests.api.test_media_api import MEDIA, signed_path
from tests.support.s3 import S3Server, make_keys

KEYS = {"access_key": "CANARY-ACCESS-7d20", "secret_key": "CANARY-SECRET-a91c"}


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[S3Server]:
    """A server of the test's own, with a bucket."""
    with S3Server(tmp_path) as server:
        server.make_bucket("media")
        yield server


def in_bucket(s3: S3Server, **media: Any) -> dict[str, Any]:
    return {"url": "s3://media/a/prefix", "endpoint": s3.url, **KEYS, **media}


@pytest.fixture
async def api(s3: S3Server, tmp_path: Path) -> AsyncIterator[ApiHarness]:
    """The API with its media in the bucket."""
    async with open_api(tmp_path, media=in_bucket(s3)) as opened:
        yield opened


def expect_outage(answer: httpx.Response) -> None:
    expect_problem(answer, 503, "MEDIA_STORE_UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    assert not [secret for secret in ("CANARY", "AWS4-HMAC") if secret in answer.text]


def incoming(api: ApiHarness) -> list[Path]:
    """Files on their way to the bucket."""
    return list(api.services.media_store.incoming.iterdir())


async def test_a_file_in_a_bucket_is_served_whole_and_in_ranges(api: ApiHarness, s3: S3Server) -> None:
    content = picture(640, 480)
    digest = (await api.upload(content)).json()["sha256"]
    assert s3.objects("media") == [f"a/prefix/{digest[:2]}/{digest[2:4]}/{digest}"]
    assert incoming(api) == []
    path = signed_path(api, digest)
    whole = await api.get(path, key="")
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, content, "image/jpeg")
    for wanted, start, end in (("10-19", 10, 20), ("5-", 5, None), ("-7", -7, None)):
        part = await api.get(path, key="", headers={"Range": f"bytes={wanted}"})
        assert (part.status_code, part.content) == (206, content[start:end])
    assert (await api.get(path, key="", headers={"Range": f"bytes={len(content)}-"})).status_code == 416


async def test_a_killed_server_is_a_503_and_everything_works_when_it_is_back(api: ApiHarness, s3: S3Server) -> None:
    path = signed_path(api, (await api.upload(picture())).json()["sha256"])
    post = {"media": [{"url": api.site.url("/b.jpg")}]}
    s3.process.kill()
    expect_outage(await api.upload(picture(80, 80), idempotency_key="u1"))
    expect_outage(await api.post(MEDIA, {"brandRef": "acme", "url": api.site.url("/a.jpg")}))
    expect_outage(await api.try_submit(**post))
    expect_outage(await api.get(path))
    assert (await api.count(MediaRow), incoming(api), await api.count()) == (1, [], 0)
    await api.submit()  # a post without media is accepted
    s3.restart()
    s3.make_bucket("media")
    made = await api.upload(picture(80, 80), idempotency_key="u1")
    assert made.status_code == 201
    assert (await api.get(signed_path(api, made.json()["sha256"]))).content == picture(80, 80)
    await api.submit(**post)
    assert (await api.get(path)).status_code == 404, "the first file was lost with the server"
    assert (await api.upload(picture())).status_code == 201
    assert (await api.get(path)).content == picture(), "and is back after another upload"
    assert await api.count(MediaRow) == 2


async def test_a_silent_server_is_a_503_in_time_and_blocks_nothing_else(api: ApiHarness, s3: S3Server) -> None:
    with s3.frozen():
        started = time.monotonic()
        waiting = asyncio.create_task(api.upload(picture()))
        await asyncio.sleep(0.5)
        await asyncio.wait_for(api.submit(), 5)
        assert not waiting.done()
        expect_outage(await waiting)
        assert time.monotonic() - started < 30
        assert (await api.count(MediaRow), incoming(api)) == (0, [])
    assert (await api.upload(picture())).status_code == 201


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_keys_are_in_no_log_and_no_problem(
    s3: S3Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    reader = make_keys(s3, "s3:GetObject", "s3:ListBucket")
    s3.demand_keys()
    with logging_to_stderr(level):
        for keys, words in ((KEYS, "MUNADI_MEDIA__ACCESS_KEY"), (reader, "may not read, write, list and delete")):
            async with open_api(tmp_path, media=in_bucket(s3, **keys), fresh=keys is KEYS) as api:
                expect_outage(await api.upload(picture()))
            log = capsys.readouterr().err
            assert "media_store.unavailable" in log
            assert words in log, "the administrator learns which setting is wrong"
            assert not [secret for secret in (keys["secret_key"], "Credential=", "AWS4-HMAC") if secret in log]
