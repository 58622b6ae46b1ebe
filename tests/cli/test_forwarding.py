"""`munadi webhooks listen --forward-to`: the event log reaches a receiver that Munadi itself cannot call."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from munadi.cli.session import Session
from munadi.cli.webhooks.forwarding import Forwarder, Log, body_of
from munadi.cli.webhooks.receiver import Received, Receiver
from munadi.webhooks.signing import generate_key_pair, generate_secret, verify
from tests.cli.conftest import FakeApi, Munadi, event

SECRET = generate_secret()


def log_of(api: FakeApi, positions: list[int]) -> None:
    """The API has events at these positions."""

    def page(request: httpx.Request) -> httpx.Response:
        after, limit = int(request.url.params["after"]), int(request.url.params.get("limit", 2))
        later = [position for position in positions if position > after]
        events = [{**event(position, "content.accepted"), "position": position} for position in later[:limit]]
        more = str(later[limit - 1]) if len(later) > limit else None
        return httpx.Response(200, json={"data": events, "nextCursor": more})

    api.on("GET /v1/events", page)


def ids(received: list[Received]) -> list[str]:
    return [each.event["id"] for each in received if each.event]


def test_the_events_after_a_position_arrive_signed_as_an_endpoint_signs_them(munadi: Munadi, api: FakeApi) -> None:
    log_of(api, [3, 4, 7, 9])
    received: list[Received] = []
    with Receiver(received.append, secret=SECRET) as receiver:
        arguments = ("--forward-to", receiver.url, "--secret", SECRET, "--after", "3", "--count", "3")
        result = munadi("webhooks", "listen", *arguments)
    assert result.exit_code == 0, result.output
    assert [each.refused for each in received] == [None, None, None]
    assert ids(received) == [event(position, "content.accepted")["id"] for position in (4, 7, 9)]
    assert all("position" not in each.event for each in received if each.event)
    assert "answered 204, position 9" in result.stdout
    assert {request.method for request in api.requests} == {"GET"}


def test_without_a_secret_one_is_made_and_printed(munadi: Munadi, api: FakeApi) -> None:
    log_of(api, [1])
    received: list[Received] = []
    with Receiver(received.append, secret=None) as receiver:
        result = munadi("webhooks", "listen", "--forward-to", receiver.url, "--after", "0", "--count", "1", "--json")
    made, sent = (json.loads(line) for line in result.stdout.splitlines())
    assert made["secret"].startswith("whsec_")
    assert (sent["statusCode"], sent["event"]["position"]) == (401, 1)


@pytest.mark.parametrize("positions", [[], [1], [1, 2, 3], [5, 6, 40], list(range(1, 101)), [2**40]])
def test_the_end_of_the_log_is_found_without_reading_it(api: FakeApi, positions: list[int]) -> None:
    log_of(api, positions)
    session = Session(transport=httpx.MockTransport(api), api_key="mnd_k", url="http://munadi.test")
    assert Log(session, None, None).end() == max(positions, default=0)
    assert len(api.requests) < 2 * 42


def test_a_receiver_that_is_away_gets_every_event_once_it_is_back() -> None:
    calls: list[bytes] = []
    reasons: list[str] = []

    def away(request: httpx.Request) -> httpx.Response:
        calls.append(request.content)
        if len(calls) < 4:
            raise httpx.ConnectError("refused")
        return httpx.Response(204)

    pauses: list[float] = []
    forwarder = Forwarder("http://127.0.0.1/", SECRET, pause=pauses.append, transport=httpx.MockTransport(away))
    assert forwarder.send(event(1, "content.accepted"), reasons.append) == 204
    forwarder.close()
    assert (len(calls), len(set(calls)), len(pauses), reasons) == (4, 1, 3, ["refused"])


def test_an_ed25519_key_signs_too() -> None:
    pair, taken = generate_key_pair(), []

    def receive(request: httpx.Request) -> httpx.Response:
        taken.append(verify(request.content, dict(request.headers), pair.public))
        return httpx.Response(204)

    transport = httpx.MockTransport(receive)
    sent: dict[str, Any] = {**event(1, "content.accepted"), "position": 1}
    assert Forwarder("http://x/", pair.private, pause=lambda _: None, transport=transport).send(sent, print) == 204
    assert taken == [json.loads(body_of(sent))] == [{name: sent[name] for name in sent if name != "position"}]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--forward-to", "localhost:3000"), "http://"),
        (("--forward-to", "http://localhost:3000", "--secret", "whsec_%"), "--secret"),
        (("--after", "3"), "--forward-to"),
        (("--type", "content.accepted"), "--forward-to"),
    ],
)
def test_arguments_that_cannot_work_are_refused(
    munadi: Munadi, api: FakeApi, arguments: tuple[str, ...], words: str
) -> None:
    result = munadi("webhooks", "listen", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert api.requests == []
