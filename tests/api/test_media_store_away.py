"""Media in a bucket whose server is killed, silent or strict: 503 in time, nothing half-kept, no keys told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.services import Services
from munadi.db.tables import MediaRow
from munadi.media.reader import MEDIA_URL_PURPOSE
from munadi.media.signing import sign_url
from tests.api.desk import START, Desk, open_desk, picture
from tests.api.test_logs import logging_to_stderr
from tests.api.test_media_api import upload
from tests.support.s3 import S3Server, make_keys

KEYS = {"access_key": "CANARY-ACCESS-7d20", "secret_key": "CANARY-SECRET-a91c"}


@pytest.fixture
async def s3(tmp_path: Path) -> AsyncIterator[S3Server]:
    """A server of the test's own."""
    with S3Server(tmp_path) as server:
        yield server


def in_bucket(s3: S3Server, **media: Any) -> dict[str, Any]:
    return {"url": "s3://media/a/prefix", "endpoint": s3.url, **KEYS, **media}


@pytest.fixture
async def bucket_desk(s3: S3Server, tmp_path: Path) -> AsyncIterator[Desk]:
    s3.make_bucket("media")
    async with open_desk(tmp_path, media=in_bucket(s3)) as opened:
        yield opened


def signed(services: Services, digest: str) -> str:
    key = services.keyring.derive(MEDIA_URL_PURPOSE)[0]
    return sign_url("", digest, "a.jpg", START + timedelta(hours=1), key)


def check_outage(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "MEDIA_STORE_UNAVAILABLE"), answer.text
    assert int(answer.headers["retry-after"]) > 0
    for secret in ("CANARY", "AWS4-HMAC"):
        assert secret not in answer.text


def on_its_way(desk: Desk) -> list[Path]:
    return list(desk.services.media_store.incoming.iterdir())


async def test_what_is_in_a_bucket_is_served_whole_and_in_ranges(bucket_desk: Desk, s3: S3Server) -> None:
    content = picture(640, 480)
    digest = (await upload(bucket_desk, content)).json()["sha256"]
    assert s3.objects("media") == [f"a/prefix/{digest[:2]}/{digest[2:4]}/{digest}"]
    assert on_its_way(bucket_desk) == []
    path, anonymous = signed(bucket_desk.services, digest), {"Authorization": ""}
    whole = await bucket_desk.client.get(path, headers=anonymous)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, content, "image/jpeg")
    for wanted, start, end in (("10-19", 10, 20), ("5-", 5, None), ("-7", -7, None)):
        part = await bucket_desk.client.get(path, headers=anonymous | {"Range": f"bytes={wanted}"})
        assert (part.status_code, part.content) == (206, content[start:end])
    beyond = await bucket_desk.client.get(path, headers=anonymous | {"Range": f"bytes={len(content)}-"})
    assert beyond.status_code == 416


async def test_a_server_that_is_killed_is_a_503_and_all_is_well_when_it_is_back(
    bucket_desk: Desk, s3: S3Server
) -> None:
    desk = bucket_desk
    path = signed(desk.services, (await upload(desk, picture())).json()["sha256"])
    s3.process.kill()
    again = {"Idempotency-Key": "u1"}
    by_url = {"brandRef": "acme", "url": desk.site.url("/a.jpg")}
    check_outage(await upload(desk, picture(80, 80), again))
    check_outage(await desk.client.post("/v1/media", json=by_url))
    check_outage(await desk.client.post("/v1/contents", json=desk.content(media=[{"url": desk.site.url("/b.jpg")}])))
    check_outage(await desk.client.get(path))
    assert (await desk.count(MediaRow), on_its_way(desk), await desk.count()) == (1, [], 0)
    await desk.accept()  # what needs no media is taken
    s3.restart()
    s3.make_bucket("media")
    made = await upload(desk, picture(80, 80), again)
    assert made.status_code == 201
    served = await desk.client.get(signed(desk.services, made.json()["sha256"]))
    assert served.content == picture(80, 80)
    await desk.accept(media=[{"url": desk.site.url("/b.jpg")}])
    assert (await desk.client.get(path)).status_code == 404  # that one was lost with the server
    assert (await upload(desk, picture())).status_code == 201  # and is back once it is uploaded again
    assert (await desk.client.get(path)).content == picture()
    assert await desk.count(MediaRow) == 2


async def test_a_server_that_is_silent_is_a_503_in_time_and_holds_up_nothing_else(
    bucket_desk: Desk, s3: S3Server
) -> None:
    with s3.frozen():
        started = time.monotonic()
        waiting = asyncio.create_task(upload(bucket_desk, picture()))
        await asyncio.sleep(0.5)
        await asyncio.wait_for(bucket_desk.accept(), 5)
        assert not waiting.done()
        check_outage(await waiting)
        assert time.monotonic() - started < 30
        assert (await bucket_desk.count(MediaRow), on_its_way(bucket_desk)) == (0, [])
    assert (await upload(bucket_desk, picture())).status_code == 201


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_keys_are_in_no_log_and_no_problem(
    s3: S3Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    s3.make_bucket("media")
    reader = make_keys(s3, "s3:GetObject", "s3:ListBucket")
    s3.demand_keys()
    with logging_to_stderr(level):
        for keys, told in ((KEYS, "MUNADI_MEDIA__ACCESS_KEY"), (reader, "may not read, write, list and delete")):
            async with open_desk(tmp_path, media=in_bucket(s3, **keys), fresh=keys is KEYS) as desk:
                check_outage(await upload(desk, picture()))
                log = capsys.readouterr().err
                assert "media_store.unavailable" in log
                assert told in log  # whoever runs it learns which setting is wrong
                for secret in (keys["secret_key"], "Credential=", "AWS4-HMAC"):
                    assert secret not in log
