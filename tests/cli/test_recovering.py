"""`munadi webhooks recover` and `rotate --revoke-previous`: what is asked for, what is shown, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from munadi.cli.webhooks.recovering import STILL_LOOKS
from tests.cli.conftest import FakeApi, Munadi

START, LOOK = "POST /v1/webhooks/endpoints/whe_1/recover", "GET /v1/webhooks/endpoints/whe_1/recoveries/rec_1"
ASKED = ("webhooks", "recover", "whe_1", "--since", "2026-12-01T00:00:00Z")


def recovery(status: str = "running", **numbers: int) -> dict[str, Any]:
    return {"id": "rec_1", "status": status, "total": 3, "sent": 0, "failed": 0, "deferred": 0} | numbers


@pytest.fixture
def started(api: FakeApi) -> FakeApi:
    api.on(START, httpx.Response(202, json=recovery()))
    return api


def test_the_progress_is_shown_until_the_end(munadi: Munadi, started: FakeApi) -> None:
    started.on(LOOK, recovery(sent=1), recovery(sent=1), recovery("done", sent=3))
    result = munadi(*ASKED, "--until", "2026-12-02T00:00:00Z", "--type", "content.completed", "--only", "missed")
    assert result.exit_code == 0
    assert result.stdout == "done: 3 of 3 sent\n"
    assert result.stderr.splitlines() == ["3 events to send, recovery rec_1", "1 of 3 sent", "3 of 3 sent"]
    assert started.bodies(START) == [
        {
            "since": "2026-12-01T00:00:00Z",
            "until": "2026-12-02T00:00:00Z",
            "types": ["content.completed"],
            "only": "missed",
        }
    ]


@pytest.mark.parametrize("end", [recovery("done", sent=2, failed=1), recovery("canceled")])
def test_what_could_not_be_sent_is_a_failure(munadi: Munadi, started: FakeApi, end: dict[str, Any]) -> None:
    started.on(LOOK, end)
    result = munadi(*ASKED, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, end)
    assert ("--status exhausted" in munadi(*ASKED).stderr) is (end["failed"] > 0)


def test_it_does_not_wait_for_a_limit_until_the_next_month(munadi: Munadi, started: FakeApi) -> None:
    started.on(LOOK, recovery(sent=1, deferred=2))
    result = munadi(*ASKED)
    assert result.exit_code == 1
    assert result.stdout == "running: 1 of 3 sent, 2 deferred\n"
    assert "webhookDeliveriesPerMonth: raise it" in result.stderr
    assert len([each for each in started.requests if each.method == "GET"]) == STILL_LOOKS + 1


def test_without_waiting_it_is_only_started(munadi: Munadi, started: FakeApi) -> None:
    result = munadi(*ASKED, "--no-wait", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, recovery())
    assert [each.method for each in started.requests] == ["POST"]


def test_what_is_no_choice_is_a_mistake_in_the_command(munadi: Munadi, api: FakeApi) -> None:
    assert munadi(*ASKED, "--only", "all").exit_code == 2
    assert api.requests == []


@pytest.mark.parametrize("name", ["rotate", "rotate-secret"])
def test_the_previous_secret_ends_at_once_if_asked(munadi: Munadi, api: FakeApi, name: str) -> None:
    call = "POST /v1/webhooks/endpoints/whe_1/rotate-secret"
    api.on(call, {"id": "whe_1", "url": "https://a.example/hook", "secret": "whsec_new"})
    for options in ((), ("--revoke-previous",)):
        assert "whsec_new" in munadi("webhooks", name, "whe_1", *options).stdout
    assert [request.content for request in api.requests] == [b"", b'{"revokePrevious":true}']
