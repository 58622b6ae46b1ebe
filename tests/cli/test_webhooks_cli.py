"""`munadi webhooks listen` and `verify`: only signed events are accepted."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from munadi.cli.webhooks.receiver import Received, Receiver, read_headers
from munadi.webhooks.signing import generate_secret, headers
from tests.cli.conftest import FakeApi, Munadi, event

SECRET = generate_secret()
EVENT = event(1, "content.accepted")
BODY = json.dumps(EVENT).encode()


def test_the_receiver_separates_unsigned_and_repeated_events() -> None:
    received: list[Received] = []
    with Receiver(received.append, secret=SECRET) as receiver:
        signed = headers(SECRET, "evt_1", datetime.now(UTC), BODY)
        assert httpx.post(receiver.url, content=BODY, headers=signed).status_code == 204
        assert httpx.post(receiver.url, content=BODY, headers=signed).status_code == 204
        assert httpx.post(receiver.url, content=BODY + b" ", headers=signed).status_code == 401
        assert httpx.post(receiver.url, content=BODY).status_code == 401
    assert [(each.event is not None, each.again) for each in received] == [
        (True, False),
        (True, True),
        (False, False),
        (False, False),
    ]
    assert "no signature matches" in str(received[2].refused)


def test_the_receiver_accepts_an_event_that_another_library_signed() -> None:
    received: list[Received] = []
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign("evt_1", now, BODY.decode())
    sent = {"webhook-id": "evt_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    with Receiver(received.append, secret=SECRET) as receiver:
        assert httpx.post(receiver.url, content=BODY, headers=sent).is_success
    assert received[0].event == EVENT


def test_a_receiver_without_a_secret_accepts_nothing() -> None:
    with Receiver(lambda _: None, secret=None) as receiver:
        signed = headers(SECRET, "evt_1", datetime.now(UTC), BODY)
        assert httpx.post(receiver.url, content=BODY, headers=signed).status_code == 401


def test_listen_makes_an_endpoint_of_its_own_and_deletes_it(munadi: Munadi, api: FakeApi) -> None:
    senders: list[threading.Thread] = []

    def created(request: httpx.Request) -> httpx.Response:
        url = json.loads(request.content)["url"]
        senders.append(threading.Thread(target=_send_soon, args=(url,)))
        senders[0].start()
        return httpx.Response(201, json={"id": "whe_1", "url": url, "secret": SECRET})

    api.on("POST /v1/webhooks/endpoints", created)
    api.on("DELETE /v1/webhooks/endpoints/whe_1", httpx.Response(204))
    result = munadi("webhooks", "listen", "--count", "1", "--json")
    senders[0].join(5)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == EVENT
    assert [request.method for request in api.requests] == ["POST", "DELETE"]


def _send_soon(url: str) -> None:
    # The receiver knows its secret once the answer to its creation is read.
    for _ in range(100):
        signed = headers(SECRET, "evt_1", datetime.now(UTC), BODY)
        if httpx.post(url, content=BODY, headers=signed).is_success:
            return
        time.sleep(0.05)


@pytest.fixture
def message(tmp_path: Path) -> Callable[..., list[str]]:
    def write(body: bytes = BODY, age: timedelta = timedelta(0), as_json: bool = False) -> list[str]:
        signed = headers(SECRET, "evt_1", datetime.now(UTC) - age, BODY)
        lines = "\n".join(f"{name.title()}: {value}" for name, value in signed.items())
        (tmp_path / "body").write_bytes(body)
        (tmp_path / "headers").write_text(json.dumps(signed) if as_json else lines)
        return ["--secret", SECRET, "--file", str(tmp_path / "body"), "--headers", str(tmp_path / "headers")]

    return write


def test_verify_accepts_a_signed_event(munadi: Munadi, message: Callable[..., list[str]]) -> None:
    assert munadi("webhooks", "verify", *message()).exit_code == 0
    result = munadi("webhooks", "verify", *message(as_json=True), "--json")
    assert json.loads(result.stdout) == {"verified": True, "event": EVENT}


def test_verify_refuses_a_changed_or_old_event(munadi: Munadi, message: Callable[..., list[str]]) -> None:
    changed = munadi("webhooks", "verify", *message(body=BODY + b"\n"))
    assert changed.exit_code == 1
    assert "no signature matches" in changed.stderr
    assert munadi("webhooks", "verify", *message(age=timedelta(hours=1))).exit_code == 1
    assert munadi("webhooks", "verify", *message(age=timedelta(hours=1)), "--any-age").exit_code == 0


def test_verify_without_its_files_is_a_usage_error(munadi: Munadi, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    assert munadi("webhooks", "verify", "--secret", SECRET, "--file", missing, "--headers", missing).exit_code == 2


def test_headers_are_lines_or_json() -> None:
    assert read_headers("A: 1\n\nB: 2:3\n") == {"A": "1", "B": "2:3"}
    assert read_headers('{"A": "1"}') == {"A": "1"}
    with pytest.raises(ValueError, match="name: value"):
        read_headers("nonsense")
