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
from tests.harness.pages import answer, drip_bytes, silent

SECRET = generate_secret()
BODY = b'{"type":"webhook.test"}'


@pytest.fixture
async def sender():
    sender = WebhookSender(Guard(allow_loopback=True), timeout=timedelta(seconds=0.5))
    yield sender
    await sender.aclose()


async def post(sender, url):
    return await sender.send(url=url, message_id="evt_1", body=BODY, secrets=[SECRET], timestamp=datetime.now(UTC))


async def test_a_2xx_is_success_and_the_request_is_a_standard_webhook(sender, server):
    server.answers = b"HTTP/1.1 204 No Content\r\n\r\n"
    result = await post(sender, server.url("/hook"))
    assert (result.ok, result.status_code, result.error, result.gone) == (True, 204, None, False)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert line == "POST /hook HTTP/1.1"
    assert (headers["user-agent"], headers["content-type"]) == ("Munadi/0.1", "application/json")
    assert standardwebhooks.Webhook(SECRET).verify(body, headers) == {"type": "webhook.test"}


async def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


LOST = (False, None, "CONNECTION_LOST", None)
GARBAGE = (False, None, "PROTOCOL_ERROR", None)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        *((answer(code, b"oops"), (False, code, "HTTP_STATUS", "oops")) for code in (400, 401, 404, 500, 502, 503)),
        (answer(200, b"a\xffb"), (True, 200, None, "a�b")),
        (answer(200, b"junk", "content-encoding: gzip"), (True, 200, None, "junk")),
        (b"", LOST),
        (reset, LOST),
        (b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 200_000, GARBAGE),
        (b"\x00\xff\x00\xff\r\n\r\n", GARBAGE),
        (b"SSH-2.0-OpenSSH\r\n\r\n", GARBAGE),
        (b"HTTP/1.1 abc\r\n\r\n", GARBAGE),
        (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", GARBAGE),
        (b"HTTP/1.1 999999 X\r\n\r\n", GARBAGE),
    ],
    ids=lambda value: getattr(value, "__name__", repr(value))[:40],
)
async def test_an_answer_and_its_result(sender, server, given, wanted):
    """Text that is no UTF-8 is repaired, a compressed body is not unpacked, endless headers are cut."""
    server.answers = given
    result = await post(sender, server.url())
    ok, status, code, head = wanted
    assert (result.ok, result.status_code, result.error_code) == (ok, status, code)
    assert head is None or result.response_head == head
    assert len(server.requests) == server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_not_followed(sender, server, canary, status):
    server.redirect("/", canary.url(), status)
    result = await post(sender, server.url())
    assert (result.ok, result.status_code, result.error_code) == (False, status, "REDIRECT_REFUSED")
    assert canary.connections == 0


async def test_410_means_gone(sender, server):
    server.answers = answer(410)
    result = await post(sender, server.url())
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
    server.answers = answer(status, b"", f"retry-after: {value}")
    assert (await post(sender, server.url())).retry_after == wanted


async def slow_headers(writer):
    await drip_bytes(writer, b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 100)


def slow_body(status):
    async def behaviour(writer):
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 100000\r\n\r\n" % status)
        await drip_bytes(writer, b"a" * 1000)

    return behaviour


@pytest.mark.parametrize(
    ("behaviour", "wanted"),
    [
        (silent, (False, None, "TIMEOUT")),
        (slow_headers, (False, None, "TIMEOUT")),
        (slow_body(200), (True, 200, None)),
        (slow_body(500), (False, 500, "HTTP_STATUS")),
    ],
    ids=["silent", "slow headers", "slow body", "slow error"],
)
async def test_a_slow_endpoint_costs_the_timeout_only(sender, server, behaviour, wanted):
    """The status is known before a slow body, which cannot undo it."""
    server.answers = behaviour
    result = await post(sender, server.url())
    assert (result.ok, result.status_code, result.error_code) == wanted
    assert 450 <= result.duration_ms < 1500
    assert set(result.response_head or "") == ({"a"} if result.status_code else set())


@pytest.mark.parametrize("status", [200, 500])
async def test_ten_megabytes_cost_64_kibibytes(sender, server, status):
    async def ten_megabytes(writer):
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 10485760\r\n\r\n" % status)
        for _ in range(160):
            writer.write(b"x" * 65536)
            await writer.drain()

    server.answers = ten_megabytes
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    result = await post(sender, server.url())
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert result.status_code == status
    assert len(result.response_head) == RESPONSE_HEAD_LIMIT
    assert kept < 2_000_000


async def test_a_self_signed_certificate_is_a_failure(sender, certificate, serve_tls):
    async with serve_tls(certificate("localhost")) as server:
        result = await post(sender, f"https://localhost:{server.port}/")
        assert (result.ok, result.error_code) == (False, "TLS_FAILED")
        assert server.requests == []


async def test_plain_http_behind_https_is_a_failure(sender, server):
    result = await post(sender, f"https://127.0.0.1:{server.port}/")
    assert (result.ok, result.error_code) == (False, "TIMEOUT")
    assert result.duration_ms < 400  # the connect timeout, which closes the socket, came first


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:9/", "CONNECT_FAILED"),
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
async def test_an_address_that_cannot_be_called_is_a_failure_with_its_code(sender, url, code):
    result = await post(sender, url)
    assert (result.ok, result.status_code, result.error_code) == (False, None, code)


async def test_cookies_of_one_answer_are_not_sent_with_the_next(sender, server):
    server.answers = answer(200, b"", "set-cookie: a=b")
    for _ in range(2):
        await post(sender, server.url())
    assert b"cookie:" not in server.requests[1].lower()


async def test_our_own_mistakes_are_raised(sender):
    given = {"url": "https://x.example/", "message_id": "evt_1", "body": b"", "secrets": []}
    with pytest.raises(ValueError, match="secret"):
        await sender.send(**given, timestamp=datetime.now(UTC))


async def test_a_send_can_be_cancelled(sender, server):
    server.answers = silent
    task = asyncio.create_task(post(sender, server.url()))
    await asyncio.sleep(0.1)
    task.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 2
