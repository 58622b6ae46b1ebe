"""One try over real sockets: whatever the endpoint does is a result, in bounded time and memory."""

import asyncio
import socket
import struct
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks

from munadi.outbound.guard import Guard
from munadi.webhooks.sender import RESPONSE_HEAD_LIMIT, WebhookSender
from munadi.webhooks.signing import generate_secret

SECRET = generate_secret()
BODY = b'{"type":"webhook.test"}'


@pytest.fixture
async def sender():
    sender = WebhookSender(Guard(allow_loopback=True), timeout=timedelta(seconds=0.5))
    yield sender
    await sender.aclose()


async def post(sender, server, url=None):
    return await sender.send(
        url=f"http://127.0.0.1:{server.port}/hook" if url is None else url,
        message_id="evt_1",
        body=BODY,
        secrets=[SECRET],
        timestamp=datetime.now(UTC),
    )


async def test_a_2xx_is_success_and_the_request_is_a_standard_webhook(sender, server):
    server.answers(b"HTTP/1.1 204 No Content\r\n\r\n")
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.error, result.gone) == (True, 204, None, False)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if not line.startswith("webhook-"))
    signed = dict(line.split(": ", 1) for line in lines[1:] if line.startswith("webhook-"))
    assert lines[0] == "POST /hook HTTP/1.1"
    assert headers["user-agent"] == "munadi/0.1"
    assert headers["content-type"] == "application/json"
    assert standardwebhooks.Webhook(SECRET).verify(body, signed) == {"type": "webhook.test"}


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502, 503])
async def test_any_other_status_is_a_failure_with_its_head(sender, server, status):
    server.answers(b"HTTP/1.1 %d X\r\ncontent-length: 4\r\n\r\noops" % status)
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.response_head) == (False, status, "oops")
    assert result.error_code == "HTTP_STATUS"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_not_followed(sender, server, canary, status):
    location = b"http://127.0.0.1:%d/" % canary.port
    server.answers(b"HTTP/1.1 %d X\r\nlocation: %s\r\ncontent-length: 0\r\n\r\n" % (status, location))
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.error_code) == (False, status, "REDIRECT_REFUSED")
    assert canary.connections == 0


async def test_410_says_gone(sender, server):
    server.answers(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n")
    result = await post(sender, server)
    assert (result.ok, result.gone) == (False, True)


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_in_seconds(sender, server, status):
    server.answers(b"HTTP/1.1 %d X\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n" % status)
    assert (await post(sender, server)).retry_after == timedelta(seconds=120)


async def test_retry_after_as_a_far_date_is_capped(sender, server):
    server.answers(b"HTTP/1.1 429 X\r\nretry-after: Fri, 01 Jan 2100 00:00:00 GMT\r\ncontent-length: 0\r\n\r\n")
    assert (await post(sender, server)).retry_after == timedelta(hours=24)


async def test_a_hanging_endpoint_costs_the_timeout_only(sender, server):
    async def hang(_reader, _writer):
        await asyncio.sleep(30)

    server.behaviour = hang
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.error_code) == (False, None, "TIMEOUT")
    assert 450 <= result.duration_ms < 1500


async def drip(writer, content):
    for byte in content:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def test_slow_headers_cost_the_timeout_only(sender, server):
    server.behaviour = lambda _reader, writer: drip(writer, b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 100)
    result = await post(sender, server)
    assert (result.ok, result.error_code) == (False, "TIMEOUT")
    assert result.duration_ms < 1500


async def test_a_slow_body_costs_the_timeout_only_and_cannot_take_back_a_2xx(sender, server):
    async def slow_loris(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        await drip(writer, b"a" * 1000)

    server.behaviour = slow_loris
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.error) == (True, 200, None)
    assert set(result.response_head) == {"a"}
    assert result.duration_ms < 1500


async def test_a_slow_error_body_still_tells_the_status(sender, server):
    async def slow_error(_reader, writer):
        writer.write(b"HTTP/1.1 500 X\r\ncontent-length: 100000\r\n\r\n")
        await drip(writer, b"a" * 1000)

    server.behaviour = slow_error
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.error_code) == (False, 500, "HTTP_STATUS")


@pytest.mark.parametrize("status", [200, 500])
async def test_ten_megabytes_cost_64_kibibytes(sender, server, status):
    chunk = b"x" * 65536

    async def ten_megabytes(_reader, writer):
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 10485760\r\n\r\n" % status)
        for _ in range(160):
            writer.write(chunk)
            await writer.drain()

    server.behaviour = ten_megabytes
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = await post(sender, server)
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert result.status_code == status
    assert len(result.response_head) == RESPONSE_HEAD_LIMIT
    assert kept < 2_000_000


async def test_endless_headers_are_cut(sender, server):
    server.answers(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 200_000)
    result = await post(sender, server)
    assert (result.ok, result.error_code) == (False, "PROTOCOL_ERROR")


async def test_text_that_is_no_utf8_is_repaired(sender, server):
    server.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na\xffb")
    assert (await post(sender, server)).response_head == "a�b"


async def test_a_compressed_answer_is_not_unfolded(sender, server):
    server.answers(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\njunk")
    result = await post(sender, server)
    assert (result.ok, result.response_head) == (True, "junk")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\x00\xff\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 999999 X\r\n\r\n",
    ],
)
async def test_garbage_is_a_failure(sender, server, garbage):
    server.answers(garbage)
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.error_code) == (False, None, "PROTOCOL_ERROR")


async def test_a_close_without_an_answer_is_a_failure(sender, server):
    server.answers(b"")
    assert (await post(sender, server)).error_code == "CONNECTION_LOST"


async def test_a_reset_is_a_failure(sender, server):
    async def reset(_reader, writer):
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    server.behaviour = reset
    assert (await post(sender, server)).error_code == "CONNECTION_LOST"


async def test_a_refused_connection_is_a_failure(sender):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        result = await post(sender, None, url)
    assert (result.ok, result.status_code, result.error_code) == (False, None, "CONNECT_FAILED")


async def test_a_self_signed_certificate_is_a_failure(sender, certificate, serve_tls):
    async with serve_tls(certificate("localhost")) as server:
        result = await post(sender, server, f"https://localhost:{server.port}/")
        assert (result.ok, result.error_code) == (False, "TLS_FAILED")
        assert server.requests == []


async def test_plain_http_behind_https_is_a_failure(sender, server):
    server.answers(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    result = await post(sender, server, f"https://127.0.0.1:{server.port}/")
    assert not result.ok
    assert result.error_code == "TIMEOUT"
    assert result.duration_ms < 400  # the connect timeout, which closes the socket, came first


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://10.0.0.1/", "URL_SCHEME"),
        ("https://10.0.0.1/", "ADDRESS_NOT_PUBLIC"),
        ("ftp://127.0.0.1/", "URL_SCHEME"),
        ("https://127.0.0.1.evil.invalid/", "NAME_NOT_RESOLVED"),
        ("http://", "URL_HOST"),
        ("", "URL_SCHEME"),
        ("/hook", "URL_SCHEME"),
        ("http://user:secret@127.0.0.1/", "URL_USERINFO"),
    ],
)
async def test_what_the_guard_refuses_is_a_failure_with_its_code(sender, url, code):
    result = await post(sender, None, url)
    assert (result.ok, result.status_code, result.error_code) == (False, None, code)


async def test_each_send_is_one_request(sender, server):
    server.answers(b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n")
    await post(sender, server)
    assert len(server.requests) == server.connections == 1


async def test_cookies_of_one_answer_are_not_sent_with_the_next(sender, server):
    server.answers(b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n")
    await post(sender, server)
    await post(sender, server)
    assert b"cookie:" not in server.requests[1].lower()


async def test_our_own_mistakes_are_raised(sender):
    with pytest.raises(ValueError, match="secret"):
        await sender.send(
            url="https://x.example/", message_id="evt_1", body=b"", secrets=[], timestamp=datetime.now(UTC)
        )


async def test_cancellation_is_not_swallowed(sender, server):
    async def hang(_reader, _writer):
        await asyncio.sleep(30)

    server.behaviour = hang
    task = asyncio.create_task(post(sender, server))
    await asyncio.sleep(0.1)
    task.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 0.3
