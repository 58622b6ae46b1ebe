"""Planted faults over real connections: what the client sees, and what the network did."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import INSTAGRAM_ID, Bluesky, Instagram, MediaSite, Sandbox, post

RKEY = "3n342ilh4f622"
PUT = "com.atproto.repo.putRecord"


def _cut(call: Callable[[], Any], *errors: type[Exception]) -> None:
    with pytest.raises(errors):
        call()


@pytest.mark.parametrize(
    ("mode", "error", "effect"),
    [
        ("reset", httpx.ReadError, False),
        ("accept_then_reset", httpx.ReadError, True),
        ("accept_then_half_body", httpx.RemoteProtocolError, True),
    ],
)
def test_a_cut_connection_happens_before_or_after_the_effect(
    sandbox: Sandbox, bluesky: Bluesky, mode: str, error: type[Exception], effect: bool
) -> None:
    sandbox.plant("bluesky", PUT, mode)
    _cut(lambda: bluesky.put(RKEY, post()), error)
    assert len(sandbox.posts("bluesky")) == int(effect)
    assert bluesky.put(RKEY, post()).status_code == 200  # the fault was for one call
    assert len(sandbox.posts("bluesky")) == 1


@pytest.mark.parametrize(("mode", "effect"), [("hang", False), ("accept_then_hang", True)])
def test_a_held_connection_times_out_at_the_client(sandbox: Sandbox, bluesky: Bluesky, mode: str, effect: bool) -> None:
    sandbox.plant("bluesky", PUT, mode)
    sandbox.http.timeout = httpx.Timeout(0.2)
    try:
        _cut(lambda: bluesky.put(RKEY, post()), httpx.ReadTimeout)
    finally:
        sandbox.http.timeout = httpx.Timeout(5)
    assert len(sandbox.posts("bluesky")) == int(effect)
    (call,) = sandbox.calls(PUT)
    assert (call["status"], call["effect"], call["visible"]) == (None, effect, True)


@pytest.mark.parametrize(("mode", "status"), [("accept_then_502", 502), ("accept_then_504", 504)])
def test_a_proxy_error_can_hide_a_published_post(sandbox: Sandbox, bluesky: Bluesky, mode: str, status: int) -> None:
    sandbox.plant("bluesky", PUT, mode)
    answer = bluesky.put(RKEY, post())
    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")
    assert len(sandbox.posts("bluesky")) == 1


def test_live_but_error_is_the_spam_answer_of_a_live_post(
    sandbox: Sandbox, instagram: Instagram, site: MediaSite
) -> None:
    container = instagram.container(image_url=site.image())
    sandbox.plant("instagram", "media_publish", "live_but_error", error={"code": 4, "subcode": 2207051})
    error = instagram.publish(container).json()["error"]
    assert (error["code"], error["error_subcode"]) == (4, 2207051)
    assert instagram.status(container)["status_code"] == "PUBLISHED"
    assert len(sandbox.posts("instagram")) == 1


def test_an_accepting_fault_waits_for_a_call_that_is_accepted(
    sandbox: Sandbox, instagram: Instagram, site: MediaSite
) -> None:
    sandbox.plant("instagram", "media_publish", "accept_then_reset")
    assert instagram.publish("18000000000000000").status_code == 400
    container = instagram.container(image_url=site.image())
    _cut(lambda: instagram.publish(container), httpx.ReadError)
    assert [call["effect"] for call in sandbox.calls("media_publish")] == [False, True]


def test_errors_have_the_network_s_own_form_and_status(
    sandbox: Sandbox, bluesky: Bluesky, instagram: Instagram
) -> None:
    sandbox.plant("bluesky", PUT, "error", error={"error": "UpstreamFailure"})
    sandbox.plant("bluesky", PUT, "error", status=429, body={"error": "x"}, headers={"retry-after": "7"})
    first, second = bluesky.put(RKEY, post()), bluesky.put(RKEY, post())
    assert (first.status_code, first.json()["error"]) == (502, "UpstreamFailure")
    assert (second.status_code, second.json(), second.headers["retry-after"]) == (429, {"error": "x"}, "7")
    sandbox.plant("instagram", "*", "error", times=None)
    for path in ("v26.0/me", f"v26.0/{INSTAGRAM_ID}/media"):
        answer = instagram.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, 2)
    assert sandbox.posts("bluesky") == []


def test_a_delay_acts_even_when_the_client_has_left(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.plant("bluesky", PUT, "delay", delaySeconds=0.3)
    sandbox.http.timeout = httpx.Timeout(0.1)
    try:
        _cut(lambda: bluesky.put(RKEY, post()), httpx.ReadTimeout)
    finally:
        sandbox.http.timeout = httpx.Timeout(5)
    assert bluesky.get(RKEY).status_code == 400
    time.sleep(0.35)
    assert bluesky.get(RKEY).status_code == 200


def test_a_fault_can_be_for_one_profile_and_can_be_removed(sandbox: Sandbox, bluesky: Bluesky) -> None:
    other = sandbox.control("POST", "/profiles", {"channel": "bluesky", "name": "Other One"})
    assert other["handle"] == "other-one.bsky.test"
    sandbox.plant("bluesky", PUT, "error", times=None, profile=other["handle"])
    mine = sandbox.plant("bluesky", PUT, "error", times=None, profile=bluesky.did)
    assert bluesky.put(RKEY, post()).status_code == 500
    sandbox.control("DELETE", f"/faults/{mine}")
    assert bluesky.put(RKEY, post()).status_code == 200
    assert [fault["hits"] for fault in sandbox.control("GET", "/faults")] == [0]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"mode": "x"}, 422), ({"operation": "puRecord"}, 422), ({"channel": "x"}, 422), ({"profile": "x"}, 404)],
)
def test_a_misspelt_fault_is_refused(sandbox: Sandbox, change: dict[str, str], status: int) -> None:
    fault = {"channel": "bluesky", "operation": PUT, "mode": "error"}
    assert sandbox.http.post("/control/faults", json=fault | change).status_code == status
