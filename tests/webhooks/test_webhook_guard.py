"""Nothing a user can write as a URL makes us connect where it is not public."""

import asyncio
import socket
import ssl
from ipaddress import IPv6Address, ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.webhooks.addresses import why_not_public
from munadi.webhooks.guard import DEFAULT_PORTS, Guard, GuardCode, GuardRefused, guarded_client

PUBLIC = "93.184.215.14"


def words(text):
    return text.split()


FORBIDDEN_ADDRESSES = words(
    """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.1.2.3
    127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255
    192.0.0.1 192.0.0.8 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1
    192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255
    :: ::1 ::2 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:7f00:1 ::ffff:8.8.8.8
    ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 100:0:0:1::1
    2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1
    2620:4f:8000::1 3ffe::1 3fff::1 3fff:fff::1 4000::1 5f00::1 8000::1 fc00::1 fd00:ec2::254 fe80::1 febf::1
    fec0::1 feff::1 ff00::1 ff02::1 ffff::1
"""
)

# What a resolver reads as 127.0.0.1 or 10.0.0.1, and what is not a host at all.
DISGUISED_HOSTS = words(
    """
    2130706433 017700000001 0x7f000001 0x7F000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 0177.0.0.01 127.1 127.0.1
    127.0.0.1. 127.000.000.001 127.0.0.0x1 0 0x0 00 1 256.256.256.256 127.0.0.1.1 4294967295 4294967296
    foo.0x7f foo.1 10.1 012.0.0.1 0xa.1 ①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 ⑩.0.0.1
    [::ffff:127.0.0.1%25lo] [127.0.0.1] [::1
    ::1 [::g] [fe80::1%25eth0] [v1.x] %31%32%37.0.0.1 127%2e0.0.1 a..b -a.example a_.-b %00 a%00b a\\b *.example a,b a;b
    {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}.example
"""
)


def resolves_to(*answers):
    """A resolver that gives one answer per call, the last for ever; `.calls` counts."""

    async def resolve(_host, _port):
        resolve.calls += 1
        return answers[min(resolve.calls, len(answers)) - 1]

    resolve.calls = 0
    return resolve


async def refusal(guard, url):
    with pytest.raises(GuardRefused) as caught:
        await guard.check(url)
    return caught.value.code


@pytest.fixture
def guard():
    return Guard(https_only=False, resolve=resolves_to([PUBLIC]))


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
async def test_a_forbidden_address_is_refused_as_literal_and_as_answer(address):
    host = f"[{address}]" if ":" in address else address
    never = resolves_to([])
    assert await refusal(Guard(https_only=False, resolve=never), f"http://{host}/") == "ADDRESS_NOT_PUBLIC"
    assert never.calls == 0
    mixed = Guard(resolve=resolves_to([PUBLIC, address]))
    assert await refusal(mixed, "https://some.example/") == GuardCode.ADDRESS_NOT_PUBLIC


@pytest.mark.parametrize("host", DISGUISED_HOSTS)
async def test_a_disguised_host_is_refused_before_anyone_resolves_it(host):
    never = resolves_to(["127.0.0.1"])
    guard = Guard(https_only=False, resolve=never)
    assert await refusal(guard, f"http://{host}/") in (GuardCode.URL_HOST, GuardCode.ADDRESS_NOT_PUBLIC)
    assert never.calls == 0


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "URL_SCHEME"),
        ("ftp://a.example/", "URL_SCHEME"),
        ("gopher://a.example:70/", "URL_SCHEME"),
        ("data:text/html,hi", "URL_SCHEME"),
        ("javascript:alert(1)", "URL_SCHEME"),
        ("dict://a.example:11211/", "URL_SCHEME"),
        ("ws://a.example/", "URL_SCHEME"),
        ("//a.example/", "URL_SCHEME"),
        ("a.example", "URL_SCHEME"),
        ("", "URL_SCHEME"),
        ("http:///", "URL_HOST"),
        ("https://", "URL_HOST"),
        ("http://?a", "URL_HOST"),
        ("http:a.example/", "URL_HOST"),
        ("http://user@a.example/", "URL_USERINFO"),
        ("http://user:secret@a.example/", "URL_USERINFO"),
        ("http://@a.example/", "URL_USERINFO"),
        ("http://:@a.example/", "URL_USERINFO"),
        ("http://a.example@127.0.0.1/", "URL_USERINFO"),
        ("http://a.example%40127.0.0.1/", "URL_HOST"),
        ("http://a.example\\@127.0.0.1/", "URL_USERINFO"),
        ("http://127.0.0.1#@a.example/", "ADDRESS_NOT_PUBLIC"),
        ("http://127.0.0.1?@a.example/", "ADDRESS_NOT_PUBLIC"),
        ("http://127.0.0.1;a.example/", "URL_HOST"),
        ("http://a.example:22/", "URL_PORT"),
        ("http://a.example:25/", "URL_PORT"),
        ("http://a.example:6379/", "URL_PORT"),
        ("http://a.example:0/", "URL_PORT"),
        ("http://a.example:65536/", "URL_PORT"),
        ("http://a.example:-1/", "URL_PORT"),
        ("http://a.example:8o/", "URL_HOST"),
        ("http://a.exa mple/", "URL_HOST"),
        ("http://a.example/\r\nX: y", "URL_HOST"),
        ("http://a.example/\x00", "URL_HOST"),
        (" http://a.example/", "URL_SCHEME"),
        ("http://\ud800.example/", "URL_HOST"),
        ("http://a.example/" + "a" * 5000, "URL_HOST"),
    ],
)
async def test_a_url_of_bad_form_is_refused_with_its_code(guard, url, code):
    assert await refusal(guard, url) in (code, "URL_HOST" if code == "URL_SCHEME" else code)


async def test_plain_http_is_refused_where_https_is_asked_for():
    guard = Guard(resolve=resolves_to([PUBLIC]))
    assert await refusal(guard, "http://a.example/") == "URL_SCHEME"
    assert (await guard.check("https://a.example/")).port == 443


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://a.example/", "a.example", 443),
        ("http://A.Example./x", "a.example", 80),
        ("https://a.example:8443/", "a.example", 8443),
        ("https://bücher.example/", "xn--bcher-kva.example", 443),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443),
        ("https://_dmarc.a-b.example/", "_dmarc.a-b.example", 443),
        ("https://1.a2.example/", "1.a2.example", 443),
        (f"https://{PUBLIC}/", PUBLIC, 443),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443),
    ],
)
async def test_a_public_url_is_allowed(guard, url, host, port):
    target = await guard.check(url)
    assert (target.host, target.port) == (host, port)
    assert len(target.addresses) == 1


async def test_ports_are_a_parameter():
    guard = Guard(resolve=resolves_to([PUBLIC]), allowed_ports={*DEFAULT_PORTS, 9000})
    assert (await guard.check("https://a.example:9000/")).port == 9000


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "no"), UnicodeError("label"), TimeoutError()])
async def test_a_name_that_cannot_be_resolved(failure):
    async def resolve(_host, _port):
        raise failure

    assert await refusal(Guard(resolve=resolve), "https://a.example/") == "NAME_NOT_RESOLVED"
    assert await refusal(Guard(resolve=resolves_to([])), "https://a.example/") == "NAME_NOT_RESOLVED"


async def test_a_resolver_that_hangs_is_given_up():
    async def resolve(_host, _port):
        await asyncio.sleep(30)

    guard = Guard(resolve=resolve, resolve_timeout=0.05)
    assert await refusal(guard, "https://a.example/") == "NAME_NOT_RESOLVED"


async def test_the_systems_resolver_is_used_and_localhost_is_refused():
    assert await refusal(Guard(https_only=False), "http://localhost/") == "ADDRESS_NOT_PUBLIC"
    assert await refusal(Guard(), "https://nothing.invalid/") == "NAME_NOT_RESOLVED"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "sandbox.localhost"])
async def test_development_allows_loopback_on_any_port_without_tls(host):
    guard = Guard(allow_loopback=True, resolve=resolves_to(["::1", "127.0.0.1"]))
    assert (await guard.check(f"http://{host}:54321/")).port == 54321
    assert await refusal(guard, f"http://{host}:65536/") == "URL_PORT"


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "64:ff9b::7f00:1"])
async def test_development_allows_nothing_else_that_is_private(address):
    guard = Guard(allow_loopback=True, https_only=False, resolve=resolves_to([address]))
    host = f"[{address}]" if ":" in address else address
    assert await refusal(guard, f"http://{host}/") == "ADDRESS_NOT_PUBLIC"
    assert await refusal(guard, "http://localhost:5000/") == "ADDRESS_NOT_PUBLIC"


@given(st.ip_addresses())
def test_every_public_address_is_global_by_the_standard_library_too(address):
    if why_not_public(address) is None:
        assert address.is_global


@given(st.ip_addresses(v=4))
def test_no_ipv6_spelling_of_an_ipv4_address_is_public(address):
    for prefix in ("::ffff:0:0", "::", "64:ff9b::", "2002::"):
        shift = 80 if prefix == "2002::" else 0
        assert why_not_public(IPv6Address(int(ip_address(prefix)) | int(address) << shift))


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_a_refusal(text):
    codes = set()

    async def check(url):
        try:
            await Guard(https_only=False, resolve=resolves_to([PUBLIC])).check(url)
        except GuardRefused as refused:
            codes.add(refused.code)

    asyncio.run(check(text))
    asyncio.run(check(f"http://{text}/"))
    assert codes <= set(GuardCode)


async def test_no_connection_reaches_a_canary(canary):
    """Real sockets: each spelling of loopback at the canary's port, with every port allowed."""
    hosts = [
        *(host for host in DISGUISED_HOSTS if "%" not in host),
        *(f"[{a}]" if ":" in a else a for a in FORBIDDEN_ADDRESSES),
        "localhost",
        "a.localhost",
        "localhost.",
        socket.gethostname(),
    ]
    guard = Guard(https_only=False, allowed_ports=range(1, 65536))
    async with guarded_client(guard, timeout=0.5) as client:
        for host in hosts:
            with pytest.raises((GuardRefused, httpx.InvalidURL, httpx.UnsupportedProtocol)):
                await client.get(f"http://{host}:{canary.port}/")
    assert len(hosts) >= 120
    assert canary.connections == 0


async def test_rebinding_the_connection_goes_to_the_address_that_was_checked(server, canary):
    """The name is public when checked and loopback ever after; it is asked once, so loopback is never called."""
    resolve = resolves_to([PUBLIC], ["127.0.0.1"])
    guard = Guard(https_only=False, resolve=resolve, allowed_ports=range(1, 65536))
    async with guarded_client(guard, timeout=0.3) as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"http://rebind.example:{canary.port}/")
    assert resolve.calls == 1
    assert canary.connections == 0


async def test_rebinding_after_an_answer_is_checked_again(server):
    server.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    resolve = resolves_to(["127.0.0.1"], ["10.0.0.1"])
    guard = Guard(allow_loopback=True, https_only=False, resolve=resolve, allowed_ports=range(1, 65536))
    async with guarded_client(guard, timeout=1) as client:
        await client.get(f"http://rebind.example:{server.port}/")
        with pytest.raises(GuardRefused):
            await client.get(f"http://rebind.example:{server.port}/")
    assert resolve.calls == 2
    assert server.connections == 1


async def test_a_redirect_is_not_followed_and_where_a_caller_does_it_is_checked(server, canary):
    location = f"http://rebind.example:{canary.port}/".encode()
    server.answers(b"HTTP/1.1 302 Found\r\nlocation: %s\r\ncontent-length: 0\r\n\r\n" % location)
    guard = Guard(
        allow_loopback=True, resolve=resolves_to(["10.0.0.1"]), https_only=False, allowed_ports=range(1, 65536)
    )
    async with guarded_client(guard, timeout=1) as client:
        answer = await client.get(f"http://127.0.0.1:{server.port}/")
        assert answer.status_code == 302
        with pytest.raises(GuardRefused):
            await client.get(f"http://127.0.0.1:{server.port}/", follow_redirects=True)
    assert canary.connections == 0


async def test_a_proxy_of_the_environment_is_not_used(server, canary, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    server.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    async with guarded_client(Guard(allow_loopback=True), timeout=1) as client:
        assert (await client.get(f"http://127.0.0.1:{server.port}/")).status_code == 200
    assert canary.connections == 0


def named(port, *answers):
    return Guard(allow_loopback=True, allowed_ports={port}, resolve=resolves_to(*answers))


async def test_the_certificate_is_checked_against_the_name_and_host_keeps_it(certificate, serve_tls):
    papers = certificate("hooks.example")
    async with serve_tls(papers) as server:
        server.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        guard = named(server.port, ["127.0.0.1"])
        async with guarded_client(guard, timeout=2, verify=papers.trust) as client:
            answer = await client.get(f"https://hooks.example.:{server.port}/")
            assert answer.status_code == 200
            assert f"host: hooks.example.:{server.port}".encode() in server.requests[0].lower()
            with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
                await client.get(f"https://other.example:{server.port}/")
        assert len(server.requests) == 1


async def test_sni_is_the_name(certificate, serve_tls):
    papers, seen = certificate("hooks.example"), []
    papers.server.sni_callback = lambda _socket, name, _context: seen.append(name)
    async with serve_tls(papers) as server:
        server.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        async with guarded_client(named(server.port, ["127.0.0.1"]), timeout=2, verify=papers.trust) as client:
            await client.get(f"https://hooks.example:{server.port}/")
    assert seen == ["hooks.example"]


async def test_two_names_at_one_address_never_share_a_connection(certificate, serve_tls):
    papers = certificate("hooks.example")
    async with serve_tls(papers) as server:
        server.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n")
        guard = named(server.port, ["127.0.0.1"])
        async with guarded_client(guard, timeout=2, verify=papers.trust) as client:
            await client.get(f"https://hooks.example:{server.port}/")
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://evil.example:{server.port}/")


async def test_the_next_address_is_tried_when_one_refuses(server):
    server.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    guard = named(server.port, ["::1", "127.0.0.9", "127.0.0.1"])
    async with guarded_client(guard, timeout=2) as client:
        answer = await client.get(f"http://app.localhost:{server.port}/")
    assert answer.status_code == 200
    assert server.connections == 1


async def test_cancelled_in_a_handshake_the_socket_is_closed():
    closed = asyncio.Event()

    async def silent(reader, writer):
        while await reader.read(4096):
            pass
        closed.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        async with guarded_client(Guard(allow_loopback=True), timeout=5, verify=ssl.create_default_context()) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.get(f"https://localhost:{port}/")
            async with asyncio.timeout(1):
                await closed.wait()
