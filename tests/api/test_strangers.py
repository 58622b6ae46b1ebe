"""Requests without a key cost the others nothing: what strangers send is refused before anything decodes it.

Over a real process: three connections send what once took the event loop seconds, while another brand's posts are
accepted.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.http.body_kind import LONGEST, MAX_FIELDS
from api.http.edge import MAX_FORM, MAX_HEAD
from tests.api.api_process import ApiProcesses, api_processes
from tests.api.harness import ApiHarness, open_api
from tests.api.owner import create_link, path_of
from tests.api.problems import expect_problem
from tests.harness.times import p95

BOUNDARY = "----stranger"
PAGES = ("/sign-in", "/connect/abc", "/connections/con_01m8ejxcmxerarazfhwp4p2q3q/choose", "/language", "/sign-out")
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
FORM = "application/x-www-form-urlencoded"
SLOW_COOKIE = 'munadi_session="' + "\\\\" * 15_000 + '"'
ACCEPTED_WITHIN, SECONDS = 0.3, 5.0
Sent = tuple[str, dict[str, str], bytes]


def multipart(value: bytes, *, part: str = "", name: str = "key") -> bytes:
    """A form of one part, with further lines in the part's head."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n{part}\r\n'
    return head.encode() + value + f"\r\n--{BOUNDARY}--\r\n".encode()


def kind(charset: str, media_type: str = "multipart/form-data") -> dict[str, str]:
    return {"Content-Type": f"{media_type}; boundary={BOUNDARY}; charset={charset}"}


PUNYCODE = multipart(b"a" * 60_000)
HOSTILE: dict[str, Sent] = {
    "punycode": ("POST", kind("punycode"), PUNYCODE),
    "a charset that decodes nothing": ("POST", kind("undefined"), PUNYCODE),
    "a charset in quotes": ("POST", kind('"punycode"'), PUNYCODE),
    "an encoded charset": (
        "POST",
        {"Content-Type": f"{MULTIPART}; charset*=x''idna"},
        b"x",
    ),
    "a charset of a part": (
        "POST",
        {"Content-Type": MULTIPART},
        multipart(b"a" * 60_000, part="Content-Type: text/plain; charset=punycode\r\n"),
    ),
    "a charset of a form": ("POST", kind("punycode", FORM), b"key=" + b"a" * 60_000),
    "a field that names a charset": ("POST", {"Content-Type": FORM}, b"_charset_=punycode&key=" + b"a" * 60_000),
    "many fields": ("POST", {"Content-Type": FORM}, b"a=1&" * 15_000),
    "nothing but separators": ("POST", {"Content-Type": FORM}, b"&" * 60_000),
    "bytes that are not UTF-8": ("POST", {"Content-Type": FORM}, b"key=%ff%fe"),
    "a long type": ("POST", {"Content-Type": 'multipart/form-data; a="' + ";" * 30_000}, b"x"),
    "a long cookie": ("GET", {"Cookie": SLOW_COOKIE}, b""),
    "a head without end": ("GET", {"X-Long": "a" * 60_000}, b""),
}


@pytest.mark.parametrize("name", [name for name, (method, *_) in HOSTILE.items() if method == "POST"])
async def test_a_hostile_form_is_refused_with_a_clear_problem(api: ApiHarness, name: str) -> None:
    method, headers, body = HOSTILE[name]
    for path in PAGES:
        began = time.process_time()
        answer = await api.client.request(method, path, headers=headers, content=body)
        seconds = time.process_time() - began
        problem = expect_problem(answer, answer.status_code)
        assert answer.status_code in (400, 415), problem
        assert problem["code"] in ("CHARSET_NOT_SUPPORTED", "UNSUPPORTED_MEDIA_TYPE", "FORM_INVALID")
        assert len(problem["detail"]) < 300
        assert seconds < 0.1, f"{path}: {seconds:.2f} s of work"


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
async def test_a_form_in_utf_8_is_read(api: ApiHarness, charset: str) -> None:
    headers = {"Content-Type": f"{FORM}; charset={charset}"}
    answer = await api.client.post("/sign-in", headers=headers, content=f"_charset_=utf-8&key={api.admin_key}")
    assert answer.status_code == 303


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "undefined", "punycode", ""])
async def test_json_in_another_charset_is_refused(api: ApiHarness, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}"}
    answer = await api.post("/v1/contents", content=b"{}", headers=headers)
    expect_problem(answer, 415)


@pytest.mark.parametrize(
    "kinds",
    [
        "json",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=a, text/plain",
        f"{FORM}; x={'y' * LONGEST}",
    ],
)
async def test_a_content_type_is_read_in_one_way_only(api: ApiHarness, kinds: str) -> None:
    answer = await api.client.post("/sign-in", content=b"key=1", headers={"Content-Type": kinds})
    expect_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_page_form_has_bounds(api: ApiHarness) -> None:
    headers = {"Content-Type": FORM}
    fields = "&".join(f"f{number}=1" for number in range(MAX_FIELDS - 1))
    assert (await api.client.post("/sign-in", content=f"{fields}&key=x", headers=headers)).status_code == 401
    problem = expect_problem(await api.client.post("/sign-in", content=f"{fields}&a=1&b=2", headers=headers), 400)
    assert str(MAX_FIELDS) in problem["detail"]
    expect_problem(await api.client.post("/sign-in", content=b"k" * (MAX_FORM + 1), headers=headers), 413)


@pytest.mark.parametrize("path", ["/sign-in", "/v1/contents", "/healthz", "/docs/", "/connect/abc"])
async def test_a_long_head_is_refused(api: ApiHarness, path: str) -> None:
    for extra in ({"X-Long": "a" * MAX_HEAD}, {f"X-{number}": "a" * 3_200 for number in range(10)}):
        expect_problem(await api.get(path, headers=extra), 431, "HEAD_TOO_LARGE")
    expect_problem(await api.get(f"{path}?q={'a' * MAX_HEAD}"), 431, "HEAD_TOO_LARGE")


async def test_cookies_of_others_are_not_read(api: ApiHarness) -> None:
    """Reading such a cookie takes quadratic time in Python's library. Our own still count beside it."""
    async with api.dashboard(api.admin_key) as dashboard:
        sent = f'a="{SLOW_COOKIE[-10_000:]}; munadi_session={dashboard.cookie}; munadi_brand={SLOW_COOKIE[-10_000:]}'
        began = time.process_time()
        answer = await api.client.get("/v1/contents", headers={"Cookie": sent})
        assert (answer.status_code, time.process_time() - began < 0.1) == (200, True)
        began = time.process_time()
        assert (await api.client.get("/sign-in", headers={"Cookie": SLOW_COOKIE[:20_000]})).status_code == 200
        assert time.process_time() - began < 0.1


async def test_an_address_may_send_so_many_forms_and_no_further_one_is_read(tmp_path: Path) -> None:
    async with open_api(tmp_path, api={"forms_per_minute": 3}) as api:
        unread = False

        async def body() -> object:
            nonlocal unread
            unread = True
            yield b"key=1"

        for _ in range(3):
            assert (await api.client.post("/sign-in", data={"key": "x"})).status_code == 401
        for path in PAGES:
            answer = await api.client.post(path, content=body(), headers={"Content-Type": FORM})  # type: ignore[arg-type]
            problem = expect_problem(answer, 429, "TOO_MANY_FORMS")
            assert (1 <= int(answer.headers["retry-after"]) <= 60, "3 forms" in problem["detail"]) == (True, True)
        assert (await api.get("/v1/contents")).status_code == 200, "a key is not braked"
        assert (await api.client.get("/sign-in")).status_code == 200


async def test_a_connect_form_with_a_charset_leaves_its_link_usable(api: ApiHarness) -> None:
    link = await create_link(api, channel="bluesky", hint="acme.example")
    answer = await api.client.post(path_of(link), headers=kind("punycode"), content=PUNYCODE)
    expect_problem(answer, 415, "CHARSET_NOT_SUPPORTED")
    assert (await api.client.get(path_of(link))).status_code == 200


async def _send(url: str, path: str, sent: Sent, ends: float, statuses: set[int]) -> None:
    """The same request over one connection at a time, as often as it is answered."""
    where, (method, headers, body) = urlsplit(url), sent
    headers = {"Host": where.netloc, **headers, "Content-Length": str(len(body))}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    raw = "\r\n".join(lines).encode() + body
    while time.monotonic() < ends:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        try:
            writer.write(raw)
            line = await asyncio.wait_for(reader.readline(), 30)
            statuses.add(int(line.split()[1]) if line else 0)
        except ConnectionError:
            statuses.add(0)  # refused before all of it was sent
        finally:
            writer.close()


async def _accepts(api: ApiProcesses, key: str, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds of each accepted post of a brand, and of each answer of /healthz."""
    accepted, healthy, ends = list[float](), list[float](), time.monotonic() + seconds
    async with api.client(key) as client:
        while time.monotonic() < ends:
            began = time.monotonic()
            body = {
                "brandRef": "rival",
                "text": "hello",
                "channels": ["bluesky"],
                "scheduledAt": "2027-06-01T10:00:00Z",
            }
            answer = await client.post("/v1/contents", json=body)
            accepted.append(time.monotonic() - began)
            assert answer.status_code == 202, answer.text
            began = time.monotonic()
            assert (await client.get("/healthz")).status_code == 200
            healthy.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
    return accepted, healthy


async def test_another_brands_posts_are_accepted_beside_hostile_strangers(tmp_path: Path) -> None:
    async with api_processes(tmp_path, env={"MUNADI_API__FORMS_PER_MINUTE": "1000000"}) as api:
        key = await api.brand_key("rival")
        alone = await _accepts(api, key, 2.0)
        slow: list[str] = []
        for name, sent in HOSTILE.items():
            statuses: set[int] = set()
            ends = time.monotonic() + SECONDS / 2
            attack = [_send(api.urls[0], path, sent, ends, statuses) for path in PAGES[:3]]
            (accepted, healthy), *_ = await asyncio.gather(_accepts(api, key, SECONDS / 2), *attack)
            assert statuses <= {0, 200, 400, 404, 410, 415, 431}, (name, statuses)
            for what, took, without in (("accept", accepted, alone[0]), ("/healthz", healthy, alone[1])):
                if p95(took) > ACCEPTED_WITHIN + p95(without) or max(took) > 1.0 + max(without):
                    slow.append(f"{name}: {what} {p95(took):.2f} s, {max(took):.2f} s; alone {p95(without):.2f} s")
        assert slow == []
