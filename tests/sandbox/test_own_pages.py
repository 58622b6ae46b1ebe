"""A web page in a developer's browser neither reads nor steers the sandbox."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from munadi.sandbox.app import create_app
from munadi.sandbox.state import SandboxState
from tests.sandbox.conftest import Sandbox

EVIL = "evil.example"
FAULT = {"channel": "x", "operation": "create_post", "mode": "error"}


def host_of(sandbox: Sandbox) -> str:
    return sandbox.url.removeprefix("http://")


@pytest.mark.parametrize("host", [EVIL, f"{EVIL}:8090", f"127.0.0.1.{EVIL}", "localhost.evil.example", "[::1"])
@pytest.mark.parametrize("path", ["/", "/control/posts", "/control/calls", "/x/2/users/me", "/media/abc"])
def test_a_name_that_is_not_ours_is_answered_nowhere(sandbox: Sandbox, host: str, path: str) -> None:
    answer = sandbox.http.get(path, headers={"host": host})
    assert (answer.status_code, "--public-host" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/control/faults", FAULT), ("POST", "/control/reset", None), ("POST", "/mishaps", None)],
)
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_a_page_of_another_site_changes_nothing(sandbox: Sandbox, method: str, path: str, body: Any, kind: str) -> None:
    for headers in ({"origin": f"http://{EVIL}"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = sandbox.http.request(method, path, json=body, headers={**headers, "content-type": kind})
        assert (answer.status_code, "another site" in answer.text) == (403, True)
    assert sandbox.control("GET", "/faults") == []


def test_a_page_at_another_port_of_this_machine_changes_nothing(sandbox: Sandbox) -> None:
    answer = sandbox.http.post("/control/faults", json=FAULT, headers={"origin": "http://127.0.0.1:1"})
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_control_takes_json_only(sandbox: Sandbox, kind: str) -> None:
    answer = sandbox.http.post("/control/faults", json=FAULT, headers={"content-type": kind})
    assert (answer.status_code, "application/json" in answer.text) == (415, True)
    assert sandbox.control("GET", "/faults") == []


def test_our_own_page_and_programs_are_served(sandbox: Sandbox) -> None:
    host = host_of(sandbox)
    for name in (host, f"localhost:{host.partition(':')[2]}", "[::1]:8090", "sandbox:8090"):
        origin = {"host": name, "origin": f"http://{name}", "sec-fetch-site": "same-origin"}
        assert sandbox.http.post("/control/faults", json=FAULT, headers=origin).status_code == 201, name
        assert sandbox.http.get("/control/posts", headers={"host": name}).status_code == 200


async def test_a_name_in_the_dns_is_answered_when_it_was_given() -> None:
    app = httpx.ASGITransport(create_app(SandboxState(), hosts=["sandbox.acme.example"]))
    async with httpx.AsyncClient(transport=app, base_url="https://sandbox.acme.example") as client:
        assert (await client.get("/control/health")).status_code == 200
        assert (await client.get("/control/health", headers={"host": EVIL})).status_code == 403
