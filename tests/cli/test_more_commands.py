"""Changes to endpoints, publications and posts; events; and rules for every command."""

import json
from typing import Any

import httpx
import pytest
from typer.main import get_command

from munadi.cli.app import app
from tests.cli.conftest import FAILURE, FakeApi, Munadi, event, publication

ENDPOINT = {
    "id": "whe_1",
    "url": "https://a.example/hook",
    "brandRef": None,
    "types": [],
    "channels": [],
    "description": None,
    "enabled": True,
    "disabledReason": None,
    "failingSince": None,
}


def test_replay_continues_until_every_event_is_queued(munadi: Munadi, api: FakeApi) -> None:
    call = "POST /v1/webhooks/endpoints/whe_1/replay"
    first = {"replayed": 1000, "nextSince": "2026-12-01T01:00:00Z"}
    api.on(call, first, {"replayed": 7, "nextSince": None})
    result = munadi("webhooks", "replay", "whe_1", "--since", "2026-12-01T00:00:00Z", "--until", "2026-12-02T00:00:00Z",
                    "--type", "content.completed")  # fmt: skip
    assert result.exit_code == 0
    assert "1007 events are being resent" in result.stdout
    asked = {"until": "2026-12-02T00:00:00Z", "types": ["content.completed"]}
    assert api.bodies(call) == [
        {"since": "2026-12-01T00:00:00Z", **asked},
        {"since": "2026-12-01T01:00:00Z", **asked},
    ]
    keys = [request.headers["idempotency-key"] for request in api.requests]
    assert len(set(keys)) == 2
    api.on(call, {"replayed": 7, "nextSince": None})
    printed = munadi("webhooks", "replay", "whe_1", "--since", "2026-12-01T00:00:00Z", "--json").stdout
    assert json.loads(printed) == {"replayed": 7, "nextSince": None}


def test_an_endpoint_is_enabled_again_and_deleted(munadi: Munadi, api: FakeApi) -> None:
    api.on("PATCH /v1/webhooks/endpoints/whe_1", ENDPOINT)
    api.on("DELETE /v1/webhooks/endpoints/whe_1", httpx.Response(204))
    assert "https://a.example/hook" in munadi("webhooks", "update", "whe_1", "--enable").stdout
    munadi("webhooks", "update", "whe_1", "--disable", "--to", "https://b.example", "--all")
    assert api.bodies("PATCH /v1/webhooks/endpoints/whe_1") == [
        {"enabled": True},
        {"enabled": False, "url": "https://b.example", "types": [], "channels": []},
    ]
    assert munadi("webhooks", "update", "whe_1").exit_code == 2
    assert munadi("webhooks", "delete", "whe_1").exit_code == 0


def test_a_publication_is_shown_with_its_attempts_and_resolved(munadi: Munadi, api: FakeApi) -> None:
    attempt = {"number": 1, "stage": "publish", "intentAt": "2026-12-01T03:30:00Z", "durationMs": 210,
               "outcome": "unknown", "providerCode": "504"}  # fmt: skip
    whole = publication(status="failed", failure=FAILURE, contentId="cnt_1", attemptLog=[attempt])
    api.on("GET /v1/publications/pub_1", whole)
    shown = munadi("publications", "get", "pub_1").stdout
    for expected in ("cnt_1", "210 ms", "unknown", "504", FAILURE["remedy"]):
        assert expected in shown
    api.on("POST /v1/publications/pub_1/resolve", publication(status="published"))
    resolved = munadi("publications", "resolve", "pub_1", "--outcome", "published", "--post-id", "9")
    assert resolved.exit_code == 0
    assert api.bodies("POST /v1/publications/pub_1/resolve") == [{"outcome": "published", "providerPostId": "9"}]
    assert munadi("publications", "resolve", "pub_1", "--outcome", "maybe").exit_code == 2


def test_a_live_publication_is_edited_with_options_of_any_kind(munadi: Munadi, api: FakeApi) -> None:
    call = "POST /v1/publications/pub_1/edit"
    api.on(call, publication(status="published") | {"attemptLog": []})
    options = {"contentWarning": None, "captionAbove": True, "entities": [{"type": "bold", "offset": 0, "length": 4}]}
    given = ("--text", "", "--alt-text", "", "--options", json.dumps(options))
    assert munadi("publications", "edit", "pub_1", *given).exit_code == 0
    assert api.bodies(call) == [{"text": "", "altTexts": [""], "options": options}]
    wrong = munadi("publications", "edit", "pub_1", "--options", "contentWarning=x")
    assert (wrong.exit_code, "--options is not JSON" in wrong.stderr) == (2, True)


def test_a_refusal_shows_where_a_person_finds_the_post(munadi: Munadi, api: FakeApi) -> None:
    refused = {
        "title": "No way to withdraw it",
        "status": 422,
        "code": "WITHDRAWAL_NOT_SUPPORTED",
        "detail": "By hand.",
    }
    problem = httpx.Response(422, json=refused | {"permalink": "https://tiktok.example/1"})
    api.on("POST /v1/publications/pub_1/withdraw", problem)
    shown = munadi("publications", "withdraw", "pub_1")
    assert (shown.exit_code, "Its address: https://tiktok.example/1" in shown.stderr) == (1, True)


def test_the_events_are_followed_from_a_position(munadi: Munadi, api: FakeApi) -> None:
    pages = {"0": [event(1, "content.accepted"), event(2, "content.queued")], "2": [event(3, "content.completed")]}

    def log(request: httpx.Request) -> httpx.Response:
        after = request.url.params["after"]
        if after == "3":
            return httpx.Response(401, json={"title": "No", "code": "X"})
        return httpx.Response(200, json={"data": pages[after], "nextCursor": None})

    api.on("GET /v1/events", log)
    once = munadi("events", "--json", "--type", "content.accepted", "--type", "content.queued")
    assert [each["sequence"] for each in json.loads(once.stdout)["data"]] == [1, 2]
    assert api.requests[0].url.params.get_list("type") == ["content.accepted", "content.queued"]
    followed = munadi("events", "--follow")
    assert followed.exit_code == 4
    assert [word for word in followed.stdout.split() if word.startswith("#")] == ["#1", "#2", "#3"]


COMMANDS: list[Any] = [*get_command(app).commands.values()]  # type: ignore[attr-defined]
LEAVES = [leaf for group in COMMANDS for leaf in getattr(group, "commands", {group.name: group}).values()]
GROUPS = {"contents", "reviews", "publications", "webhooks", "accounts", "channels", "keys", "brands"}


def test_every_option_has_help() -> None:
    assert [f"{leaf.name} {option.opts}" for leaf in LEAVES for option in leaf.params if not option.help] == []


@pytest.mark.parametrize("group", [each for each in COMMANDS if each.name in GROUPS], ids=lambda each: each.name)
def test_every_command_of_a_group_has_json(group: Any) -> None:
    assert group.name in GROUPS
    for command in group.commands.values():
        assert any("--json" in parameter.opts for parameter in command.params), command.name
