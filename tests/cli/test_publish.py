"""`munadi contents publish`: accepted is not published, in words and in exit codes. Local media are uploaded first."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import Result

from munadi.cli.uploading import bar
from tests.cli.conftest import FAILURE, FakeApi, Munadi, content, event, problem, publication

PAYLOAD = {"text": "Hello", "channels": ["bluesky"]}
Publish = Callable[..., Result]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], str]:
    """Writes a payload and returns its path."""

    def run(payload: Any) -> str:
        file = tmp_path / "payload.json"
        file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
        return str(file)

    return run


@pytest.fixture
def publish(munadi: Munadi, api: FakeApi, write: Callable[[Any], str]) -> Publish:
    """Publishes a payload for `acme` with these options. The API accepts it unless a test says otherwise."""
    api.on("POST /v1/contents", content())
    return lambda *options: munadi("contents", "publish", "--brand-ref", "acme", "--file", write(PAYLOAD), *options)


def follow(api: FakeApi, ended: dict[str, Any]) -> None:
    """Let the post end so."""
    api.on("GET /v1/contents/cnt_1", ended)
    api.on("GET /v1/contents/cnt_1/events", {"data": [event(1, "content.accepted")], "nextCursor": None})


def test_says_accepted_and_how_to_follow_and_never_published(publish: Publish, api: FakeApi) -> None:
    result = publish()
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first == "accepted cnt_1 — Munadi has stored the post; it is not published yet."
    assert second == "Follow it: munadi contents watch cnt_1"
    assert api.bodies("POST /v1/contents") == [{**PAYLOAD, "brandRef": "acme"}]


def test_publish_sends_the_given_idempotency_key_or_a_new_one(publish: Publish, api: FakeApi) -> None:
    for options in (("--idempotency-key", "k-1"), (), ()):
        publish(*options)
    keys = [request.headers["idempotency-key"] for request in api.requests]
    assert (keys[0], len(set(keys))) == ("k-1", 3)
    # An empty one may be a variable that was never set: a new key each time would make a new post each time.
    assert [publish("--idempotency-key", key).exit_code for key in ("clé", "")] == [2, 2]
    assert len(api.requests) == 3


def test_publish_reports_a_replayed_key(publish: Publish, api: FakeApi) -> None:
    replayed = {"idempotent-replayed": "true"}
    api.on("POST /v1/contents", httpx.Response(202, json=content(), headers=replayed))
    result = publish("--idempotency-key", "k")
    assert (result.exit_code, "no second post was created" in result.stderr) == (0, True)


def test_json_is_the_answer_and_nothing_else(publish: Publish) -> None:
    result = publish("--json")
    assert (json.loads(result.stdout), result.stderr) == (content(), "")


@pytest.mark.parametrize(
    ("payload", "options"),
    [
        ("{", ()),
        ("[]", ()),
        ({**PAYLOAD, "brandRef": "other"}, ("--brand-ref", "acme")),
        ({**PAYLOAD, "media": [{"path": "missing.jpg"}]}, ("--brand-ref", "acme")),
    ],
)
def test_an_unusable_file_is_a_usage_error(
    munadi: Munadi, write: Callable[[Any], str], payload: Any, options: tuple[str, ...]
) -> None:
    assert munadi("contents", "publish", "--file", write(payload), *options).exit_code == 2


@pytest.mark.parametrize("command", ["publish", "publish --file missing.json", "nonsense", "get"])
def test_a_missing_option_or_file_is_a_usage_error(munadi: Munadi, command: str) -> None:
    assert munadi("contents", *command.split()).exit_code == 2


def test_standard_input_is_read(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents", content())
    assert munadi("contents", "publish", "--file", "-", input=json.dumps(PAYLOAD | {"brandRef": "b"})).exit_code == 0
    assert api.bodies("POST /v1/contents")[0]["brandRef"] == "b"
    problems = [{"pointer": "/text", "code": "X", "message": "no"}]
    checked = {"valid": False, "problems": problems, "warnings": [], "publications": []}
    api.on("POST /v1/contents/validate", checked)
    result = munadi("contents", "validate", "--file", "-", input=json.dumps(PAYLOAD))
    assert result.exit_code == 1
    assert "not valid" in result.stdout
    assert "/text" in result.stdout


def test_every_violation_is_explained(publish: Publish, api: FakeApi) -> None:
    violations = [
        {"pointer": "/text", "code": "TEXT_TOO_LONG", "message": "too long", "channel": "bluesky", "limit": 300,
         "actual": 312},
        {"pointer": "/brandRef", "code": "BRAND_UNKNOWN", "message": "there is no brand 'acme'"},
    ]  # fmt: skip
    api.on("POST /v1/contents", problem(422, title="Not valid", errors=violations, requestId="req_1"))
    result = publish()
    assert (result.exit_code, result.stdout) == (1, "")
    for words in ("Not valid", "/text bluesky", "TEXT_TOO_LONG", "limit 300, actual 312", "/brandRef", "req_1"):
        assert words in result.stderr
    machine = publish("--json")
    assert (machine.exit_code, json.loads(machine.stdout)["errors"]) == (1, violations)


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (404, 1), (409, 1), (422, 1), (500, 1), (503, 3)])
def test_the_exit_code_follows_the_status_of_a_refusal(munadi: Munadi, api: FakeApi, status: int, code: int) -> None:
    api.on("GET /v1/contents/cnt_1", problem(status))
    assert munadi("contents", "get", "cnt_1").exit_code == code
    assert munadi("contents", "get", "cnt_1", "--json").exit_code == code


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), *map(httpx.Response, (502, 503, 504))])
def test_an_api_that_is_away_is_exit_code_3_and_names_the_key_to_repeat_with(
    publish: Publish, api: FakeApi, failure: httpx.Response | Exception
) -> None:
    api.on("POST /v1/contents", failure)
    result = publish("--idempotency-key", "k-1")
    assert (result.exit_code, "repeat with --idempotency-key k-1" in result.stderr) == (3, True)


def test_no_answer_is_a_problem_in_json(publish: Publish, api: FakeApi) -> None:
    api.on("POST /v1/contents", httpx.ConnectError("refused"))
    assert json.loads(publish("--json").stdout)["code"] == "NOT_REACHABLE"


def test_wait_follows_and_succeeds_only_if_every_channel_is_published(publish: Publish, api: FakeApi) -> None:
    done = publication(status="published", providerUrl="https://bsky.app/p/1", latenessMs=41)
    follow(api, content(status="published", publications=[done]))
    result = publish("--wait")
    assert result.exit_code == 0
    assert "https://bsky.app/p/1" in result.stdout
    assert "41 ms" in result.stdout


def test_wait_shows_why_a_channel_failed_and_what_to_do(publish: Publish, api: FakeApi) -> None:
    failed = publication("instagram", status="failed", failure=FAILURE)
    partly = content(status="partially_published", publications=[publication(status="published"), failed])
    follow(api, partly)
    result = publish("--wait")
    assert result.exit_code == 1
    for field in ("reason", "remedy", "providerCode"):
        assert str(FAILURE[field]) in result.stdout
    machine = publish("--wait", "--json")
    assert (machine.exit_code, json.loads(machine.stdout)) == (1, partly)


# Local media.


def test_local_media_are_uploaded_once_and_replaced_by_ids(
    munadi: Munadi, api: FakeApi, write: Callable[[Any], str], tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff picture" + bytes(300_000))
    url = {"url": "https://x.example/b.jpg"}
    instagram = {"channel": "instagram", "media": [{"path": "a.jpg"}]}
    post = {"brandRef": "acme", "media": [{"path": "a.jpg", "alt": "A"}, url], "channels": ["bluesky", instagram]}
    api.on("POST /v1/media", {"id": "med_1"})
    api.on("POST /v1/contents", content())
    result = munadi("contents", "publish", "--file", write(post))
    assert result.exit_code == 0
    assert "uploaded a.jpg as med_1, 300,011 bytes" in result.stderr
    [upload] = [request for request in api.requests if request.url.path == "/v1/media"]
    assert b"picture" in upload.content
    assert b'name="brandRef"' in upload.content
    instagram = {"channel": "instagram", "media": [{"id": "med_1"}]}
    sent = post | {"media": [{"alt": "A", "id": "med_1"}, url], "channels": ["bluesky", instagram]}
    assert api.bodies("POST /v1/contents") == [sent]
    assert munadi("contents", "publish", "--file", write(post), "--json").stderr == ""
    api.on("POST /v1/media", problem(422))
    refused = munadi("contents", "publish", "--file", write(post))
    assert (refused.exit_code, "a.jpg was refused" in refused.stderr) == (1, True)


def test_a_terminal_gets_a_progress_bar() -> None:
    out = io.StringIO()
    with bar("a.jpg", 300_000, Console(file=out, force_terminal=True, width=100)) as report:
        for sent in (65_536, 300_000):
            report(sent)
    assert "a.jpg" in out.getvalue()
    assert "300.0/300.0 kB" in out.getvalue()
    assert out.getvalue().rstrip().endswith("\x1b[2K")
