"""`munadi contents publish`: accepted is not published, in words and in exit codes."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import FAILURE, FakeApi, Munadi, content, event, problem, publication

PAYLOAD = {"text": "Hello", "channels": ["bluesky"]}


@pytest.fixture
def payload(tmp_path: Path) -> str:
    file = tmp_path / "payload.json"
    file.write_text(json.dumps(PAYLOAD))
    return str(file)


def test_says_accepted_and_how_to_follow_and_never_published(munadi: Munadi, api: FakeApi, payload: str) -> None:
    api.on("POST /v1/contents", httpx.Response(202, json=content()))
    result = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload)
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first == "accepted cnt_1 — Munadi has stored the post; it is not published yet."
    assert second == "Follow it: munadi contents watch cnt_1"
    assert api.bodies("POST /v1/contents") == [{**PAYLOAD, "brandRef": "acme"}]


def test_publish_sends_the_given_idempotency_key_or_a_new_one(munadi: Munadi, api: FakeApi, payload: str) -> None:
    api.on("POST /v1/contents", httpx.Response(202, json=content()))
    munadi("contents", "publish", "--brand-ref", "acme", "--file", payload, "--idempotency-key", "k-1")
    munadi("contents", "publish", "--brand-ref", "acme", "--file", payload)
    munadi("contents", "publish", "--brand-ref", "acme", "--file", payload)
    keys = [request.headers["idempotency-key"] for request in api.requests]
    assert keys[0] == "k-1"
    assert len(set(keys)) == 3


def test_json_is_the_answer_and_nothing_else(munadi: Munadi, api: FakeApi, payload: str) -> None:
    api.on("POST /v1/contents", httpx.Response(202, json=content()))
    result = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload, "--json")
    assert json.loads(result.stdout) == content()
    assert result.stderr == ""


def test_reads_standard_input(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents", httpx.Response(202, json=content()))
    assert munadi("contents", "publish", "--file", "-", input=json.dumps(PAYLOAD | {"brandRef": "b"})).exit_code == 0
    assert api.bodies("POST /v1/contents")[0]["brandRef"] == "b"


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("{", ()),
        ("[]", ()),
        (json.dumps({**PAYLOAD, "brandRef": "other"}), ("--brand-ref", "acme")),
        (json.dumps({**PAYLOAD, "media": [{"path": "missing.jpg"}]}), ("--brand-ref", "acme")),
        (None, ()),
    ],
)
def test_an_unusable_file_is_a_usage_error(
    munadi: Munadi, tmp_path: Path, text: str | None, arguments: tuple[str, ...]
) -> None:
    file = tmp_path / "payload.json"
    if text is not None:
        file.write_text(text)
    assert munadi("contents", "publish", "--file", str(file), *arguments).exit_code == 2


def test_missing_options_are_usage_errors(munadi: Munadi) -> None:
    assert munadi("contents", "publish").exit_code == 2
    assert munadi("contents", "nonsense").exit_code == 2
    assert munadi("contents", "get").exit_code == 2


def test_local_media_are_uploaded_once_and_replaced_by_ids(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff picture")
    sent = {
        "brandRef": "acme",
        "media": [{"path": "a.jpg", "alt": "A"}, {"url": "https://x.example/b.jpg"}],
        "channels": ["bluesky", {"channel": "instagram", "media": [{"path": "a.jpg"}]}],
    }
    (tmp_path / "payload.json").write_text(json.dumps(sent))
    api.on("POST /v1/media", httpx.Response(201, json={"id": "med_1"}))
    api.on("POST /v1/contents", httpx.Response(202, json=content()))
    assert munadi("contents", "publish", "--file", str(tmp_path / "payload.json")).exit_code == 0
    uploads = [request for request in api.requests if request.url.path == "/v1/media"]
    assert len(uploads) == 1
    assert b"picture" in uploads[0].content
    assert b'name="brandRef"' in uploads[0].content
    assert api.bodies("POST /v1/contents") == [
        {
            "brandRef": "acme",
            "media": [{"alt": "A", "id": "med_1"}, {"url": "https://x.example/b.jpg"}],
            "channels": ["bluesky", {"channel": "instagram", "media": [{"id": "med_1"}]}],
        }
    ]


def test_every_violation_is_explained(munadi: Munadi, api: FakeApi, payload: str) -> None:
    violations = [
        {"pointer": "/text", "code": "TEXT_TOO_LONG", "message": "too long", "channel": "bluesky", "limit": 300,
         "actual": 312},
        {"pointer": "/brandRef", "code": "BRAND_UNKNOWN", "message": "there is no brand 'acme'"},
    ]  # fmt: skip
    api.on("POST /v1/contents", problem(422, title="Not valid", errors=violations, requestId="req_1"))
    result = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload)
    assert result.exit_code == 1
    assert result.stdout == ""
    for words in ("Not valid", "/text bluesky", "TEXT_TOO_LONG", "limit 300, actual 312", "/brandRef", "req_1"):
        assert words in result.stderr
    machine = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload, "--json")
    assert machine.exit_code == 1
    assert json.loads(machine.stdout)["errors"] == violations


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (404, 1), (409, 1), (422, 1), (500, 1), (503, 3)])
def test_a_refusal_has_the_exit_code_that_means_it(munadi: Munadi, api: FakeApi, status: int, code: int) -> None:
    api.on("GET /v1/contents/cnt_1", problem(status))
    assert munadi("contents", "get", "cnt_1").exit_code == code
    assert munadi("contents", "get", "cnt_1", "--json").exit_code == code


def test_no_answer_is_exit_code_3_and_names_the_key_to_repeat_with(munadi: Munadi, api: FakeApi, payload: str) -> None:
    api.on("POST /v1/contents", httpx.ConnectError("refused"))
    result = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload, "--idempotency-key", "k-1")
    assert result.exit_code == 3
    assert "repeat with --idempotency-key k-1" in result.stderr
    machine = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload, "--json")
    assert json.loads(machine.stdout)["code"] == "NOT_REACHABLE"


def test_wait_follows_and_succeeds_only_if_all_is_published(munadi: Munadi, api: FakeApi, payload: str) -> None:
    done = publication(status="published", providerUrl="https://bsky.app/p/1", latenessMs=41)
    _follow(api, content(status="published", publications=[done]), event(1, "content.accepted"))
    result = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload, "--wait")
    assert result.exit_code == 0
    assert "https://bsky.app/p/1" in result.stdout
    assert "41 ms" in result.stdout


def test_wait_shows_why_a_channel_failed_and_what_to_do(munadi: Munadi, api: FakeApi, payload: str) -> None:
    failed = publication("instagram", status="failed", failure=FAILURE)
    partly = content(status="partially_published", publications=[publication(status="published"), failed])
    _follow(api, partly, event(1, "content.accepted"))
    result = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload, "--wait")
    assert result.exit_code == 1
    for words in (FAILURE["reason"], FAILURE["remedy"], FAILURE["providerCode"]):
        assert str(words) in result.stdout
    machine = munadi("contents", "publish", "--brand-ref", "acme", "--file", payload, "--wait", "--json")
    assert machine.exit_code == 1
    assert json.loads(machine.stdout) == partly


def _follow(api: FakeApi, ended: dict[str, Any], *events: dict[str, Any]) -> None:
    api.on("POST /v1/contents", httpx.Response(202, json=content()))
    api.on("GET /v1/contents/cnt_1", httpx.Response(200, json=ended))
    api.on("GET /v1/contents/cnt_1/events", httpx.Response(200, json={"data": [*events], "nextCursor": None}))


def test_standard_input_is_read_once(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents/validate", httpx.Response(200, json={
        "valid": False, "problems": [{"pointer": "/text", "code": "X", "message": "no"}], "warnings": [],
        "publications": []}))  # fmt: skip
    result = munadi("contents", "validate", "--file", "-", input=io.StringIO(json.dumps(PAYLOAD)).read())
    assert result.exit_code == 1
    assert "not valid" in result.stdout
    assert "/text" in result.stdout
