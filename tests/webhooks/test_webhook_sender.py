"""One attempt over real sockets: everything that an endpoint does is a result, in bounded time and memory."""

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


def answer(status: object, head: bytes = b"", body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status} X\r\n".encode() + head + b"content-length: %d\r\n\r\n" % len(body) + body


LOST = (False, None, "CONNECTION_LOST", None)
GARBAGE = (False, None, "PROTOCOL_ERROR", None)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        *(
            (answer(code, body=b"oops"), (False, code, "HTTP_STATUS", "oops"))
            for code in (400, 401, 404, 500, 502, 503)
        ),
        (answer(200, body=b"a\xffb"), (True, 200, None, "a�b")),
        (answer(200, b"content-encoding: gzip\r\n", b"junk"), (True, 200, None, "junk")),
        (b"", LOST),
        (b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 200_000, GARBAGE),
        (b"\x00\xff\x00\xff\r\n\r\n", GARBAGE),
        (b"SSH-2.0-OpenSSH\r\n\r\n", GARBAGE),
        (b"HTTP/1.1 abc\r\n\r\n", GARBAGE),
        (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", GARBAGE),
        (b"HTTP/1.1 999999 X\r\n\r\n", GARBAGE),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_an_answer_and_its_result(sender, server, raw, wanted):
    """Text that is no UTF-8 is repaired, a compressed body is not unpacked, endless headers are cut."""
    server.answers(raw)
    result = await post(sender, server)
    ok, status, code, head = wanted
    assert (result.ok, result.status_code, result.error_code) == (ok, status, code)
    assert head is None or result.response_head == head


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_not_followed(sender, server, canary, status):
    location = b"http://127.0.0.1:%d/" % canary.port
    server.answers(answer(status, b"location: %s\r\n" % location))
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.error_code) == (False, status, "REDIRECT_REFUSED")
    assert canary.connections == 0


async def test_410_means_gone(sender, server):
    server.answers(answer(410))
    result = await post(sender, server)
    assert (result.ok, result.gone) == (False, True)


@pytest.mark.parametrize(
    ("status", "value", "wanted"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, "120", timedelta(seconds=120)),
        (429, "Fri, 01 Jan 2100 00:00:00 GMT", timedelta(hours=24)),
    ],
)
async def test_retry_after_is_read_and_capped_at_a_day(sender, server, status, value, wanted):
    server.answers(answer(status, f"retry-after: {value}\r\n".encode()))
    assert (await post(sender, server)).retry_after == wanted


async def drip(writer, content):
    for byte in content:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def hang(_reader, _writer):
    await asyncio.sleep(30)


async def slow_headers(_reader, writer):
    await drip(writer, b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 100)


def slow_body(status):
    async def behaviour(_reader, writer):
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 100000\r\n\r\n" % status)
        await drip(writer, b"a" * 1000)

    return behaviour


@pytest.mark.parametrize(
    ("behaviour", "wanted"),
    [
        (hang, (False, None, "TIMEOUT")),
        (slow_headers, (False, None, "TIMEOUT")),
        (slow_body(200), (True, 200, None)),
        (slow_body(500), (False, 500, "HTTP_STATUS")),
    ],
    ids=["hang", "slow headers", "slow body", "slow error"],
)
async def test_a_slow_endpoint_costs_the_timeout_only(sender, server, behaviour, wanted):
    """The status is known before a slow body, which cannot undo it."""
    server.behaviour = behaviour
    result = await post(sender, server)
    assert (result.ok, result.status_code, result.error_code) == wanted
    assert 450 <= result.duration_ms < 1500
    assert set(result.response_head or "") == ({"a"} if result.status_code else set())


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
    server.answers(answer(500))
    await post(sender, server)
    assert len(server.requests) == server.connections == 1


async def test_cookies_of_one_answer_are_not_sent_with_the_next(sender, server):
    server.answers(answer(200, b"set-cookie: a=b\r\n"))
    await post(sender, server)
    await post(sender, server)
    assert b"cookie:" not in server.requests[1].lower()


async def test_our_own_mistakes_are_raised(sender):
    given = {"url": "https://x.example/", "message_id": "evt_1", "body": b"", "secrets": []}
    with pytest.raises(ValueError, match="secret"):
        await sender.send(**given, timestamp=datetime.now(UTC))


async def test_cancellation_is_not_swallowed(sender, server):
    server.behaviour = hang
    task = asyncio.create_task(post(sender, server))
    await asyncio.sleep(0.1)
    task.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 0.3
