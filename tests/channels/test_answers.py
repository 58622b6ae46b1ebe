"""Answers are bounded in memory and time. An answer that breaks a rule leaves the outcome unknown."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from munadi.channels import http
from munadi.channels.answers import MAX_ANSWER, MAX_DEPTH, UnreadableAnswer, parse_json
from munadi.channels.http import ChannelHttp, Request
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import Answer
from tests.channels.calls import GateThatCounts
from tests.channels.making import error_of
from tests.harness.web import Answering, serving
from tests.hostile.servers import drip, drip_head, silence

URL = "https://net.example/post"


def explain(given: Answer) -> ChannelError:
    return ChannelError(Reason.INVALID_FIELD, Effect.REJECTED, "refused", raw=given.text)


def answering(body: bytes, status: int = 200, **headers: str) -> ChannelHttp:
    async def stream() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 4096):
            yield body[start : start + 4096]

    def respond(request: httpx.Request) -> httpx.Response:
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return httpx.Response(status, headers=given, content=stream())

    return ChannelHttp(httpx.AsyncClient(transport=httpx.MockTransport(respond)), explain)


async def failure(network: ChannelHttp, *expected: Any) -> ChannelError:
    return await error_of(network.send(Request("POST", URL), GateThatCounts()), *expected)


async def test_only_gzip_is_requested_and_read() -> None:
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["accept-encoding"])
        return httpx.Response(200)

    await ChannelHttp(httpx.AsyncClient(transport=httpx.MockTransport(respond)), explain).send(Request("GET", URL))
    assert seen == ["gzip"]
    zipped = gzip.compress(json.dumps({"id": "7"}).encode())
    assert (await answering(zipped, content_encoding="gzip").send(Request("GET", URL))).field("id") == "7"
    assert (await answering(b'{"id":"7"}', content_encoding="identity").send(Request("GET", URL))).field("id") == "7"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,gzip,gzip", "br", "deflate", "identity, br", "x" * 5000])
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_another_encoding_is_an_outage_with_an_unknown_outcome(encoding: str, status: int) -> None:
    error = await failure(
        answering(gzip.compress(gzip.compress(b"{}")), status, content_encoding=encoding),
        Reason.PROVIDER_OUTAGE,
        Effect.UNKNOWN,
    )
    assert error.provider_code == "ANSWER_ENCODING"
    assert len(error.message) < 200


@pytest.mark.parametrize(
    "damaged", [gzip.compress(b"{}" * 99)[:-9], b"no gzip", zlib.compress(b"{}")], ids=["cut", "text", "zlib"]
)
async def test_damaged_gzip_is_an_outage(damaged: bytes) -> None:
    assert (await failure(answering(damaged, content_encoding="gzip"))).provider_code == "ANSWER_ENCODING"


@pytest.mark.parametrize("status", [200, 400, 413, 500])
async def test_a_larger_answer_is_an_outage_with_an_unknown_outcome(status: int) -> None:
    network = answering(b'"' + b"x" * MAX_ANSWER + b'"', status)
    await failure(network, Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "ANSWER_TOO_LARGE")


async def test_a_gzip_bomb_is_stopped_at_the_bound() -> None:
    packed = gzip.compress(bytes(200_000_000), mtime=0)
    tracemalloc.start()
    try:
        error = await failure(answering(packed, content_encoding="gzip"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert error.provider_code == "ANSWER_TOO_LARGE"
    assert peak < 5_000_000


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 900, 100_000])
@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
async def test_deep_json_is_an_outage(levels: int, pair: str) -> None:
    opening, closing = pair[:-1], pair[-1]
    body = (opening * levels + "0" + closing * levels).encode()
    assert (await failure(answering(body))).provider_code == "ANSWER_TOO_DEEP"
    assert (await failure(answering(body, 400))).effect is Effect.UNKNOWN


def test_json_is_read_up_to_a_depth() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    wide = b"[" + b"[]," * 1000 + b"[]]"
    assert len(parse_json(wide)) == 1001
    with pytest.raises(UnreadableAnswer):
        parse_json(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "body", [b"NaN", b'{"a":-Infinity}', b"[1e999]", b"9" * 5000, b"\xff\xfe", b"{", b"\xed\xa0\x80"]
)
def test_an_answer_that_is_not_json_has_no_value(body: bytes) -> None:
    assert parse_json(body) is None


async def test_a_kept_answer_has_no_text_that_a_database_cannot_store() -> None:
    body = b'{"id":"a\\u0000b\\ud800c\\ud83d\\ude00","\\udc00":["\\ud800"]}'
    found = await answering(body).send(Request("GET", URL))
    assert found.body == {"id": "a\ufffdb\ufffdc😀", "\ufffd": ["\ufffd"]}
    assert "\0" not in (await answering(b"a\0b").send(Request("GET", URL))).text


@pytest.mark.parametrize("slow", [drip, drip_head, silence])
async def test_a_server_that_drips_is_stopped_at_the_deadline(slow: Answering) -> None:
    async with serving(slow) as base, httpx.AsyncClient(trust_env=False) as client:
        begun = time.monotonic()
        error = await error_of(ChannelHttp(client, explain).send(Request("GET", f"{base}/", timeout=1.2)))
        assert 1 <= time.monotonic() - begun < 4
    assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)
    assert "deadline" in error.message


async def test_a_server_that_does_not_read_is_stopped_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload's deadline grows with its bytes, at 200 kB/s; here at 20 MB/s."""
    monkeypatch.setattr(http, "SLOWEST_UPLINK", 20_000_000)

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        await stopped.wait()
        writer.close()

    stopped = asyncio.Event()
    server = await asyncio.start_server(stall, "127.0.0.1", 0, limit=1024)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, httpx.AsyncClient(trust_env=False) as client:
        begun = time.monotonic()
        error = await error_of(
            ChannelHttp(client, explain).send(Request("POST", url, content=bytes(30_000_000), timeout=0.5))
        )
        waited = time.monotonic() - begun
        stopped.set()
    assert 1.9 <= waited < 5
    assert error.effect is Effect.UNKNOWN
