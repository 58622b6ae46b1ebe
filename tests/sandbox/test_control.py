"""The control API, planted faults over real connections, the page, restarts and the program."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.sandbox import SandboxState
from tests.sandbox.conftest import Bluesky, MediaSite, Sandbox, picture, post, refusal
from tests.sandbox.containers import Flow

RKEY = "3n342ilh4f622"
PUT = "com.atproto.repo.putRecord"
PROGRAM = """
import sys
from pathlib import Path
from munadi.sandbox import serve
serve("127.0.0.1", int(sys.argv[1]), data_dir=Path(sys.argv[2]))
"""


@pytest.fixture
def instagram(sandbox: Sandbox) -> Flow:
    return Flow(sandbox, "instagram")


def impatient(sandbox: Sandbox, seconds: float, call: Callable[[], Any]) -> None:
    """A call that its client gives up."""
    sandbox.http.timeout = httpx.Timeout(seconds)
    try:
        with pytest.raises(httpx.ReadTimeout):
            call()
    finally:
        sandbox.http.timeout = httpx.Timeout(5)


@pytest.mark.parametrize(
    ("mode", "seen", "effect"),
    [
        ("reset", httpx.ReadError, False),
        ("accept_then_reset", httpx.ReadError, True),
        ("accept_then_half_body", httpx.RemoteProtocolError, True),
        ("hang", httpx.ReadTimeout, False),
        ("accept_then_hang", httpx.ReadTimeout, True),
        ("error", 500, False),
        ("accept_then_502", 502, True),
        ("accept_then_504", 504, True),
        ("live_but_error", 500, True),
    ],
)
def test_what_a_client_sees_of_a_fault_and_what_the_network_did(
    sandbox: Sandbox, bluesky: Bluesky, mode: str, seen: type[Exception] | int, effect: bool
) -> None:
    sandbox.plant("bluesky", PUT, mode)
    if seen is httpx.ReadTimeout:
        impatient(sandbox, 0.2, lambda: bluesky.put(RKEY, post()))
    elif isinstance(seen, int):
        answer = bluesky.put(RKEY, post())
        assert (answer.status_code, "html" in answer.headers["content-type"]) == (seen, "50" in mode)
    else:
        with pytest.raises(seen):
            bluesky.put(RKEY, post())
    (call,) = sandbox.calls(PUT)
    assert (call["status"], call["effect"], call["visible"]) == (seen if isinstance(seen, int) else None, effect, True)
    assert len(sandbox.posts("bluesky")) == int(effect)
    assert bluesky.put(RKEY, post()).status_code == 200  # the fault was for one call
    assert len(sandbox.posts("bluesky")) == 1


def test_an_accepting_fault_waits_for_a_call_that_is_accepted(
    sandbox: Sandbox, instagram: Flow, site: MediaSite
) -> None:
    sandbox.plant("instagram", "media_publish", "accept_then_reset")
    assert instagram.publish("18000000000000000").status_code == 400
    container = instagram.picture(site)
    with pytest.raises(httpx.ReadError):
        instagram.publish(container)
    assert [call["effect"] for call in sandbox.calls("media_publish")] == [False, True]


def test_errors_have_the_network_s_own_form_and_status(sandbox: Sandbox, bluesky: Bluesky, instagram: Flow) -> None:
    sandbox.plant("bluesky", PUT, "error", error={"error": "UpstreamFailure"})
    sandbox.plant("bluesky", PUT, "error", status=429, body={"error": "x"}, headers={"retry-after": "7"})
    first, second = bluesky.put(RKEY, post()), bluesky.put(RKEY, post())
    assert refusal(first) == (502, "UpstreamFailure")
    assert (second.status_code, second.json(), second.headers["retry-after"]) == (429, {"error": "x"}, "7")
    sandbox.plant("instagram", "*", "error", times=None)
    for path in ("me", f"{instagram.id}/media"):
        answer = instagram.get(path)
        assert (answer.status_code, refusal(answer)) == (500, (2, None))
    assert sandbox.posts("bluesky") == []


def test_a_delay_acts_even_when_the_client_has_left(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.plant("bluesky", PUT, "delay", delaySeconds=0.3)
    impatient(sandbox, 0.1, lambda: bluesky.put(RKEY, post()))
    assert bluesky.read(RKEY).status_code == 400
    time.sleep(0.35)
    assert bluesky.read(RKEY).status_code == 200


def test_a_fault_can_be_for_one_profile_and_can_be_removed(sandbox: Sandbox, bluesky: Bluesky) -> None:
    other = sandbox.control("POST", "/profiles", {"channel": "bluesky", "name": "Other One"})
    assert other["handle"] == "other-one.bsky.test"
    sandbox.plant("bluesky", PUT, "error", times=None, profile=other["handle"])
    mine = sandbox.plant("bluesky", PUT, "error", times=None, profile=bluesky.did)
    assert bluesky.put(RKEY, post()).status_code == 500
    sandbox.control("DELETE", f"/faults/{mine}")
    assert bluesky.put(RKEY, post()).status_code == 200
    assert [fault["hits"] for fault in sandbox.control("GET", "/faults")] == [0]
    sandbox.control("DELETE", "/faults")
    assert sandbox.control("GET", "/faults") == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/faults", {"mode": "x"}, 422),
        ("POST", "/faults", {"operation": "puRecord"}, 422),
        ("POST", "/faults", {"channel": "x"}, 422),
        ("POST", "/faults", {"profile": "x"}, 404),
        ("POST", "/faults", {"tims": 2}, 422),
        ("DELETE", "/faults/flt_none", {}, 404),
        ("PUT", "/limits", {"kind": "postsPerYear", "value": 1}, 422),
        ("PUT", "/limits", {"kind": "pointsPerHour", "value": -1}, 422),
        ("PATCH", "/profiles/bluesky/munadi.bsky.test", {"status": "happy"}, 422),
        ("POST", "/profiles", {"channel": "threads", "name": "x", "beside": "munadi.sandbox"}, 422),
    ],
)
def test_a_misspelt_call_is_refused(
    sandbox: Sandbox, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    needed = {"/faults": {"channel": "bluesky", "operation": PUT, "mode": "error"}, "/limits": {"channel": "bluesky"}}
    answer = sandbox.http.request(method, f"/control{path}", json=needed.get(path, {}) | body)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_the_time_of_receipt_is_real_time(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.advance(3600)
    before = datetime.now(UTC)
    bluesky.put(RKEY, post())
    received = datetime.fromisoformat(sandbox.posts("bluesky")[0]["createdAt"])
    assert abs((received - before).total_seconds()) < 5


def test_the_log_names_caller_and_operation_and_no_token(sandbox: Sandbox, bluesky: Bluesky, instagram: Flow) -> None:
    bluesky.put(RKEY, post())
    instagram.get("me", "", access_token=instagram.token)
    calls = sandbox.control("GET", "/calls")
    assert [(call["operation"], call["visible"], call["effect"]) for call in calls] == [
        ("com.atproto.server.createSession", False, True),
        (PUT, True, True),
        ("me", False, False),
    ]
    assert {call["profile"] for call in calls} == {bluesky.did, instagram.id}
    text = sandbox.http.get("/control/calls").text
    assert instagram.token not in text
    assert bluesky.session["accessJwt"] not in text


def test_a_new_profile_has_credentials_to_import(sandbox: Sandbox) -> None:
    seeded = sandbox.control("GET", "/profiles")
    bluesky = sandbox.control("POST", "/profiles", {"channel": "bluesky"})
    assert set(bluesky) == {"channel", "did", "handle", "serviceUrl", "identifier", "password"}
    assert bluesky["serviceUrl"] == f"{sandbox.url}/bluesky/pds"
    instagram = sandbox.control("POST", "/profiles", {"channel": "instagram", "name": "cafe.one"})
    named = {"channel", "externalId", "username", "accessToken", "pageId", "pageToken", "personToken"}
    assert (set(instagram), instagram["username"]) == (named, "cafe.one")
    assert len(sandbox.control("GET", "/profiles")) == len(seeded) + 2
    sandbox.control("POST", "/reset")
    assert sandbox.control("GET", "/profiles") == seeded


def test_the_page_shows_posts_newest_first_and_escapes_them(
    sandbox: Sandbox, bluesky: Bluesky, instagram: Flow, site: MediaSite
) -> None:
    bluesky.put(RKEY, post("<script>alert(1)</script>"))
    media = instagram.published(instagram.picture(site, caption="newer"))
    page = sandbox.http.get("/")
    assert "<script>alert" not in page.text
    assert page.text.index("newer") < page.text.index("&lt;script&gt;alert(1)")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    single = sandbox.http.get(instagram.fields(media, "permalink")["permalink"], follow_redirects=True).text
    assert ("newer" in single, "&lt;script&gt;" in single) == (True, False)
    for asset in ("page.css", "page.js", "icon.svg"):
        assert sandbox.http.get(f"/assets/{asset}").status_code == 200


def test_media_are_served_in_pieces_and_markup_never_as_such(sandbox: Sandbox, bluesky: Bluesky) -> None:
    def served(body: bytes, mime_type: str, **headers: str) -> httpx.Response:
        bluesky.upload(body, mime_type)
        return sandbox.http.get(f"/media/{hashlib.sha256(body).hexdigest()}", headers=headers)

    markup = served(b"<html><script>1</script>", "text/html")
    assert markup.headers["content-type"] == "application/octet-stream"
    assert markup.headers["x-content-type-options"] == "nosniff"
    piece = served(picture(), "image/png", range="bytes=1-3")
    assert (piece.status_code, piece.content) == (206, b"PNG")
    assert piece.headers["content-range"] == f"bytes 1-3/{len(picture())}"
    assert sandbox.http.get("/media/nothing").status_code == 404


def started(port: int, folder: Path) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(port), str(folder)], env=environment, stderr=subprocess.PIPE
    )
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/control/health").raise_for_status()
            return process
        except httpx.TransportError:
            time.sleep(0.05)
    process.kill()
    process.wait()
    raise AssertionError("the sandbox did not start")


def test_the_program_keeps_its_state_and_ends_quickly_on_sigterm(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    process = started(port, tmp_path)
    try:
        sandbox = Sandbox(f"http://127.0.0.1:{port}")
        bluesky = Bluesky(sandbox)
        images = {"$type": "app.bsky.embed.images", "images": [{"image": bluesky.upload(picture()), "alt": ""}]}
        bluesky.put(RKEY, post("kept", embed=images))
        posts = sandbox.posts("bluesky")
        sandbox.plant("bluesky", "*", "hang")
        held = socket.create_connection(("127.0.0.1", port))
        held.sendall(b"GET /bluesky/pds/xrpc/com.atproto.server.describeServer HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=5)
        assert (process.returncode, complaints) == (0, b"")
        assert time.monotonic() - began < 3
        held.close()
        sandbox.http.close()
        process = started(port, tmp_path)
        again = Sandbox(f"http://127.0.0.1:{port}")
        assert again.posts("bluesky") == posts
        assert again.http.get(posts[0]["media"][0]["url"]).content == picture()
        bluesky.sandbox = again
        assert bluesky.put(RKEY, post("kept", embed=images)).json().get("commit") is None
        again.http.close()
    finally:
        process.kill()
        process.communicate()


def test_a_data_folder_of_an_earlier_layout_is_emptied_except_for_its_media(tmp_path: Path) -> None:
    state = SandboxState(tmp_path)
    digest = state.media.keep(picture(), "image/png").digest
    state.networks["threads"].create_profile("mine", "http://x")
    state.close()
    with closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as earlier, earlier:
        earlier.execute("UPDATE sandbox_rows SET body = '{\"old\": 1}' WHERE name = 'threads_profile'")
        earlier.execute("PRAGMA user_version=1")
    again = SandboxState(tmp_path)
    assert [profile.name for profile in again.networks["threads"].profiles()] == ["munadi.sandbox"]
    assert again.media.read(digest) == picture()
    again.close()


def test_the_start_imports_no_library_that_only_media_and_pages_need() -> None:
    heavy = "av", "PIL", "httpx", "jinja2", "fastapi"
    code = f"import sys, munadi.sandbox; print([name for name in {heavy} if name in sys.modules])"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
