"""No URL of a user makes Munadi connect to an address that is not public."""

import asyncio
import socket
import threading
from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from munadi.outbound.addresses import why_not_public
from munadi.outbound.guard import DEFAULT_PORTS, Guard, GuardCode, GuardRefused
from tests.webhooks.corpus import DISGUISED_HOSTS, FORBIDDEN_ADDRESSES, PUBLIC, resolves_to


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


async def test_a_refusal_does_not_tell_where_a_name_is(caplog):
    """A tenant may name any host, and would learn the addresses of the operator's network. The log has them."""
    caplog.set_level("INFO", "munadi.outbound")
    with pytest.raises(GuardRefused) as refused:
        await Guard(resolve=resolves_to(["10.20.30.40"])).check("https://database.internal/")
    assert refused.value.message == "database.internal has no public address"
    assert "10.20.30.40 (private)" in caplog.text


@pytest.mark.parametrize("host", DISGUISED_HOSTS)
async def test_a_disguised_host_is_refused_before_it_is_resolved(host):
    never = resolves_to(["127.0.0.1"])
    guard = Guard(https_only=False, resolve=never)
    assert await refusal(guard, f"http://{host}/") in (GuardCode.URL_HOST, GuardCode.ADDRESS_NOT_PUBLIC)
    assert never.calls == 0


BAD_URLS = {
    "URL_SCHEME": [
        "file:///etc/passwd", "ftp://a.example/", "gopher://a.example:70/", "data:text/html,hi", "javascript:alert(1)",
        "dict://a.example:11211/", "ws://a.example/", "//a.example/", "a.example", "", " http://a.example/",
    ],
    "URL_HOST": [
        "http:///", "https://", "http://?a", "http:a.example/", "http://a.example%40127.0.0.1/",
        "http://127.0.0.1;a.example/", "http://a.example:8o/", "http://a.exa mple/", "http://a.example/\r\nX: y",
        "http://a.example/\x00", "http://\ud800.example/", "http://a.example/" + "a" * 5000,
    ],
    "URL_USERINFO": [
        "http://user@a.example/", "http://user:secret@a.example/", "http://@a.example/", "http://:@a.example/",
        "http://a.example@127.0.0.1/", "http://a.example\\@127.0.0.1/",
    ],
    "ADDRESS_NOT_PUBLIC": ["http://127.0.0.1#@a.example/", "http://127.0.0.1?@a.example/"],
    "URL_PORT": [f"http://a.example:{port}/" for port in (22, 25, 6379, 0, 65536, -1)],
}  # fmt: skip


@pytest.mark.parametrize(("url", "code"), [(url, code) for code, urls in BAD_URLS.items() for url in urls])
async def test_a_malformed_url_is_refused_with_its_code(guard, url, code):
    assert await refusal(guard, url) in (code, "URL_HOST" if code == "URL_SCHEME" else code)


async def test_plain_http_and_other_ports_are_allowed_by_parameters_only():
    guard = Guard(resolve=resolves_to([PUBLIC]), allowed_ports={*DEFAULT_PORTS, 9000})
    assert await refusal(guard, "http://a.example/") == "URL_SCHEME"
    assert (await guard.check("https://a.example/")).port == 443
    assert (await guard.check("https://a.example:9000/")).port == 9000


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


async def hanging(_host, _port):
    await asyncio.sleep(30)


def failing(error):
    async def resolve(_host, _port):
        raise error

    return resolve


@pytest.mark.parametrize(
    "resolve",
    [*map(failing, (socket.gaierror(-2, "no"), UnicodeError("label"), TimeoutError())), resolves_to([]), hanging],
)
async def test_a_name_that_cannot_be_resolved_is_refused(resolve):
    assert await refusal(Guard(resolve=resolve, resolve_timeout=0.05), "https://a.example/") == "NAME_NOT_RESOLVED"


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


async def test_slow_name_servers_do_not_take_the_loops_own_threads(monkeypatch):
    """Files are written in those; each slow name keeps a thread after the wait for it has ended."""
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(10) and [])
    guard = Guard(resolve_timeout=0.1)
    try:
        names = [guard.check(f"https://slow-{number}.example/") for number in range(40)]
        refused = await asyncio.gather(*names, return_exceptions=True)
        assert {error.code for error in refused} == {"NAME_NOT_RESOLVED"}
        async with asyncio.timeout(1):
            await asyncio.to_thread(len, "")
    finally:
        released.set()
