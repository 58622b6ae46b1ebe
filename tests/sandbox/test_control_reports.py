"""The control API's reports, the page, restarts and the program."""

import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from munadi.sandbox import SandboxState
from tests.sandbox.conftest import INSTAGRAM_TOKEN, Bluesky, Instagram, MediaSite, Sandbox, picture, post

RKEY = "3n342ilh4f622"
PROGRAM = """
import sys
from pathlib import Path
from munadi.sandbox import serve
serve("127.0.0.1", int(sys.argv[1]), data_dir=Path(sys.argv[2]))
"""


def test_the_time_of_receipt_is_real_time(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.control("POST", "/clock", {"advanceSeconds": 3600})
    before = datetime.now(UTC)
    bluesky.put(RKEY, post())
    received = datetime.fromisoformat(sandbox.posts("bluesky")[0]["createdAt"])
    assert abs((received - before).total_seconds()) < 5


def test_the_log_names_caller_and_operation_and_no_token(
    sandbox: Sandbox, bluesky: Bluesky, instagram: Instagram
) -> None:
    bluesky.put(RKEY, post())
    instagram.get("v26.0/me")
    calls = sandbox.control("GET", "/calls")
    assert [(call["operation"], call["visible"], call["effect"]) for call in calls] == [
        ("com.atproto.server.createSession", False, True),
        ("com.atproto.repo.putRecord", True, True),
        ("me", False, False),
    ]
    assert {call["profile"] for call in calls} == {bluesky.did, "17841400000000001"}
    text = sandbox.http.get("/control/calls").text
    assert INSTAGRAM_TOKEN not in text
    assert bluesky.session["accessJwt"] not in text


def test_a_new_profile_has_credentials_to_import(sandbox: Sandbox) -> None:
    seeded = sandbox.control("GET", "/profiles")
    bluesky = sandbox.control("POST", "/profiles", {"channel": "bluesky"})
    assert set(bluesky) == {"channel", "did", "handle", "serviceUrl", "identifier", "password"}
    assert bluesky["serviceUrl"] == f"{sandbox.url}/bluesky/pds"
    instagram = sandbox.control("POST", "/profiles", {"channel": "instagram", "name": "cafe.one"})
    assert (set(instagram), instagram["username"]) == (
        {"channel", "externalId", "username", "accessToken", "pageId", "pageToken", "personToken"},
        "cafe.one",
    )
    assert len(sandbox.control("GET", "/profiles")) == len(seeded) + 2
    sandbox.control("POST", "/reset")
    assert sandbox.control("GET", "/profiles") == seeded


def test_the_page_shows_posts_newest_first_and_escapes_them(
    sandbox: Sandbox, bluesky: Bluesky, instagram: Instagram, site: MediaSite
) -> None:
    bluesky.put(RKEY, post("<script>alert(1)</script>"))
    media = instagram.publish(instagram.container(image_url=site.image(), caption="newer")).json()["id"]
    page = sandbox.http.get("/")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text
    assert page.text.index("newer") < page.text.index("&lt;script&gt;")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    permalink = instagram.get(f"v26.0/{media}", fields="permalink").json()["permalink"]
    single = sandbox.http.get(permalink, follow_redirects=True).text
    assert "newer" in single
    assert "&lt;script&gt;" not in single
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


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free: int = probe.getsockname()[1]
        return free


def _start(port: int, folder: Path) -> subprocess.Popen[bytes]:
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


def test_the_program_keeps_its_state_and_ends_quickly_on_sigterm(port: int, tmp_path: Path) -> None:
    process = _start(port, tmp_path)
    try:
        sandbox = Sandbox(f"http://127.0.0.1:{port}")
        bluesky = Bluesky(sandbox)
        blob = bluesky.upload(picture())
        images = {"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": ""}]}
        bluesky.put(RKEY, post("kept", embed=images))
        posts = sandbox.posts("bluesky")
        sandbox.plant("bluesky", "*", "hang")
        held = socket.create_connection(("127.0.0.1", port))
        held.sendall(b"GET /bluesky/pds/xrpc/_health HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=5)
        assert (process.returncode, complaints) == (0, b"")
        assert time.monotonic() - began < 3
        held.close()
        sandbox.http.close()
        process = _start(port, tmp_path)
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
