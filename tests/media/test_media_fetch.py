"""Media are fetched over real sockets, each hop through the guard, and a failure leaves no file."""

import asyncio
import gzip
import hashlib
import time
import zlib
from datetime import timedelta

import pytest

from munadi.domain.media_facts import MediaRefused
from munadi.media.fetch import FetchLimits, MediaFetcher
from munadi.media.transfer import Allowance
from munadi.outbound.guard import Guard, GuardRefused
from tests.harness.pages import answer, drip, drip_bytes, endless, silent

LIMITS = FetchLimits(max_bytes=100_000, total=timedelta(seconds=0.6))


@pytest.fixture
async def fetcher(tmp_path):
    fetcher = MediaFetcher(Guard(allow_loopback=True), LIMITS, directory=tmp_path)
    yield fetcher
    await fetcher.aclose()


async def refusal(fetcher, tmp_path, url):
    with pytest.raises(MediaRefused) as caught:
        await fetcher.fetch(url)
    assert list(tmp_path.iterdir()) == []
    return caught.value


async def test_a_file_is_fetched_whole_with_its_digest(fetcher, web, tmp_path):
    web.ok("/a.jpg", b"x" * 70_000, b"content-type: image/jpeg")
    fetched = await fetcher.fetch(web.url("/a.jpg"))
    assert fetched.path.parent == tmp_path
    assert fetched.path.read_bytes() == b"x" * 70_000
    assert fetched.sha256 == hashlib.sha256(b"x" * 70_000).hexdigest()
    assert (fetched.bytes, fetched.content_type) == (70_000, "image/jpeg")


async def test_an_answer_without_a_length_or_compressed_is_a_file_too(fetcher, web):
    web.pages["/a"] = CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"
    fetched = await fetcher.fetch(web.url("/a"))
    assert (fetched.bytes, fetched.content_type) == (3, None)
    for encoding, content in PACKED.items():
        web.pages["/a"] = packed(content, encoding)
        assert (await fetcher.fetch(web.url("/a"))).path.read_bytes() == b"x" * 70_000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_up_to_three_redirects_are_followed(fetcher, web, status):
    web.redirect("/1", "/2", status)
    web.redirect("/2", web.url("/3"), status)
    web.redirect("/3", "a.jpg", status)
    web.ok("/a.jpg", b"x")
    assert (await fetcher.fetch(web.url("/1"))).bytes == 1


async def test_a_fourth_redirect_is_not_followed(fetcher, web, tmp_path):
    web.redirect("/", "/")
    assert (await refusal(fetcher, tmp_path, web.url("/"))).code == "MEDIA_UNREACHABLE"
    assert len(web.paths) == 4


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("https://10.0.0.1/a.jpg", "ADDRESS_NOT_PUBLIC"),
        ("https://[::ffff:127.0.0.1]/", "ADDRESS_NOT_PUBLIC"),
        ("https://169.254.169.254/latest/meta-data/", "ADDRESS_NOT_PUBLIC"),
        ("file:///etc/passwd", "URL_SCHEME"),
        ("https://user:pw@a.example/", "URL_USERINFO"),
        ("https://a.example:22/", "URL_PORT"),
        ("https://2130706433/", "URL_HOST"),
        ("https://", "URL_HOST"),
    ],
)
async def test_each_hop_passes_the_guard(fetcher, web, location, code):
    web.redirect("/", location)
    with pytest.raises(GuardRefused) as caught:
        await fetcher.fetch(web.url("/"))
    assert caught.value.code == code


async def test_production_refuses_loopback(web, tmp_path):
    fetcher = MediaFetcher(Guard(https_only=False, allowed_ports={web.port}), LIMITS, directory=tmp_path)
    with pytest.raises(GuardRefused):
        await fetcher.fetch(web.url("/"))
    await fetcher.aclose()
    assert web.paths == []


def packed(content: bytes, encoding: bytes) -> bytes:
    return answer(200, content, b"content-encoding: " + encoding)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
PACKED = {b"gzip": gzip.compress(b"x" * 70_000), b"deflate": zlib.compress(b"x" * 70_000)}
UNREACHABLE, TOO_LARGE = "MEDIA_UNREACHABLE", "MEDIA_TOO_LARGE"
REFUSED = {
    **{f"status {code}": (answer(code), UNREACHABLE, None, code) for code in (204, 206, 401, 403, 404, 429, 500, 503)},
    "half a body": (answer(200, b"half").replace(b": 4", b": 1000"), UNREACHABLE, None, None),
    "a declared size over the limit, unread": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 100001\r\n\r\n", TOO_LARGE, 100_000, 100_001,
    ),
    "an endless body": (endless, TOO_LARGE, None, None),
    "nothing": (answer(), "MEDIA_EMPTY", None, None),
    "a gzip bomb": (packed(gzip.compress(bytes(5_000_000)), b"gzip"), TOO_LARGE, None, None),
    "an encoding that was not requested": (packed(b"junk", b"br"), UNREACHABLE, None, None),
    **{f"cut {name.decode()}": (packed(PACKED[name][:-12], name), UNREACHABLE, None, None) for name in PACKED},
    **{f"junk as {name.decode()}": (packed(b"junk", name), UNREACHABLE, None, None) for name in PACKED},
    "a body in crumbs": (CHUNKED + b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n", UNREACHABLE, None, None),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_answer_is_refused_with_its_code(fetcher, web, tmp_path, name):
    web.pages["/"], code, limit, actual = REFUSED[name]
    found = await refusal(fetcher, tmp_path, web.url("/"))
    assert found.code == code
    assert limit is None or found.limit == limit
    assert actual is None or found.actual == actual
    named = {UNREACHABLE: actual or (f"{limit} bytes" if limit else "")}.get(code, "")
    assert str(named) in found.message, "the message names the status, or the limit"


async def test_a_closed_port_is_unreachable(fetcher, tmp_path):
    assert (await refusal(fetcher, tmp_path, "http://127.0.0.1:9/")).code == "MEDIA_UNREACHABLE"


async def slow_start(writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"x" * 5_000)
    await drip_bytes(writer, b"x" * 95_000)


async def crumbs_of_a_head(writer):
    for _ in range(100):
        writer.write(b"x-crumb: 1\r\n")
        await asyncio.sleep(0.05)


PACE = FetchLimits(total=timedelta(seconds=20), slowest=2_000, window=timedelta(seconds=0.5))
SILENCE = FetchLimits(max_bytes=100, total=timedelta(seconds=30), silence=timedelta(seconds=0.4))


@pytest.mark.parametrize(
    ("behaviour", "limits", "limit", "seconds"),
    [
        (drip, LIMITS, None, 4),
        (silent, LIMITS, None, 4),
        (drip, PACE, 2_000, 10),
        (slow_start, PACE, 2_000, 10),
        (crumbs_of_a_head, SILENCE, None, 8),
    ],
)
async def test_a_slow_server_is_given_up(web, tmp_path, behaviour, limits, limit, seconds):
    """After the total time, below the minimum pace, or after one silence before the body."""
    fetcher = MediaFetcher(Guard(allow_loopback=True), limits, directory=tmp_path)
    web.pages["/"] = behaviour
    started = time.monotonic()
    found = await refusal(fetcher, tmp_path, web.url("/"))
    assert (found.code, limit is None or found.limit == limit) == ("MEDIA_TIMEOUT", True)
    assert time.monotonic() - started < seconds
    await fetcher.aclose()


async def test_a_cancelled_fetch_leaves_no_file(fetcher, web, tmp_path):
    web.pages["/"] = drip
    task = asyncio.create_task(fetcher.fetch(web.url("/")))
    await asyncio.sleep(0.15)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Grüße".encode(), b"text/html; charset=utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), b"text/html; charset=iso-8859-1", "Grüße"),
        (b"a\xffb", b"text/html", "a\ufffdb"),
        (b"abc", b"text/html; charset=nonsense", "abc"),
        (b"abc", b"text/html; charset=base64", "abc"),
        (b"", b"text/html", ""),
    ],
)
async def test_a_page_is_read_in_its_charset(fetcher, web, body, content_type, text):
    web.ok("/", body, b"content-type: " + content_type)
    assert await fetcher.fetch_text(web.url("/")) == text


async def test_a_page_is_cut_and_passes_the_guard(fetcher, web):
    web.pages["/"] = endless
    assert await fetcher.fetch_text(web.url("/"), max_bytes=1000) == "x" * 1000
    with pytest.raises(GuardRefused):
        await fetcher.fetch_text("https://10.0.0.1/")


async def test_a_page_in_an_encoding_that_takes_quadratic_time_is_read_as_utf_8(fetcher, web):
    body = b"a" * 40_000 + b"-" + b"zzzzz9" * 10_000
    for charset in (b"punycode", b"idna", b"unicode_escape"):
        web.ok("/", body, b"content-type: text/html; charset=" + charset)
        started = time.process_time()
        assert await fetcher.fetch_text(web.url("/")) == body.decode()
        assert time.process_time() - started < 1


async def test_fetches_that_share_an_allowance_are_bounded_together(fetcher, web, tmp_path):
    web.ok("/a", b"x" * 60_000)
    allowance = Allowance(100_000, timedelta(seconds=0.3))
    (await fetcher.fetch(web.url("/a"), allowance=allowance)).path.unlink()
    with pytest.raises(MediaRefused) as caught:
        await fetcher.fetch(web.url("/a"), allowance=allowance)
    assert (caught.value.code, caught.value.limit, caught.value.actual) == ("MEDIA_TOO_LARGE", 100_000, 120_000)
    await asyncio.sleep(0.3)
    with pytest.raises(MediaRefused) as caught:
        await fetcher.fetch(web.url("/a"), allowance=allowance)
    assert (caught.value.code, caught.value.limit) == ("MEDIA_TIMEOUT", 0.3)
    assert list(tmp_path.iterdir()) == []
