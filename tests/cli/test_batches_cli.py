"""`munadi contents create-batch`: the posts of a file, in as many requests as needed, each with its result."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import FakeApi, Munadi, content

BATCH = "POST /v1/contents/batch"
POST = {"text": "Hello", "channels": ["bluesky"]}
REFUSED = {
    "title": "The request cannot be accepted",
    "status": 422,
    "code": "INVALID_REQUEST",
    "detail": "too long",
    "errors": [{"pointer": "/text", "code": "TEXT_TOO_LONG", "message": "too long"}],
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes lines, posts as JSON, and returns the path."""

    def run(*lines: Any) -> str:
        file = tmp_path / "posts.ndjson"
        file.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))
        return str(file)

    return run


def accepting(api: FakeApi) -> None:
    """Accept every post but those whose text is `no`."""

    def answer(request: httpx.Request) -> httpx.Response:
        results = []
        for index, post in enumerate(json.loads(request.content)["contents"]):
            is_refused = post["text"] == "no"
            result = {"content": None, "problem": REFUSED} if is_refused else {"content": content(), "problem": None}
            results.append({"index": index, "status": 422 if is_refused else 202, **result})
        return httpx.Response(200, json={"results": results})

    api.on(BATCH, answer)


def test_each_post_is_reported_with_its_line(munadi: Munadi, api: FakeApi, write: Callable[..., str]) -> None:
    accepting(api)
    result = munadi(
        "contents", "create-batch", "--brand-ref", "acme", "--file", write(POST, "", {**POST, "text": "no"})
    )
    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[0], lines[1]) == (
        1, "1: accepted cnt_1", "3: The request cannot be accepted (422, INVALID_REQUEST)",
    )  # fmt: skip
    assert "/text" in result.stdout
    assert "1 of 2 posts were not accepted" in result.stderr
    [body] = api.bodies(BATCH)
    assert body["contents"] == [
        {**POST, "brandRef": "acme"},
        {"text": "no", "channels": ["bluesky"], "brandRef": "acme"},
    ]


def test_json_has_a_line_for_each_post(munadi: Munadi, api: FakeApi, write: Callable[..., str]) -> None:
    accepting(api)
    result = munadi("contents", "create-batch", "--file", write(POST, POST), "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, result.stderr) == (0, "")
    assert [(each["line"], each["status"], each["content"]["id"]) for each in found] == [
        (1, 202, "cnt_1"),
        (2, 202, "cnt_1"),
    ]


def test_many_posts_are_several_requests_with_keys_of_their_own(
    munadi: Munadi, api: FakeApi, write: Callable[..., str]
) -> None:
    accepting(api)
    long = {**POST, "text": "x" * 500_000}
    assert (
        munadi(
            "contents", "create-batch", "--file", write(*[POST] * 101, long, long), "--idempotency-key", "k"
        ).exit_code
        == 0
    )
    assert [len(body["contents"]) for body in api.bodies(BATCH)] == [100, 2, 1]
    assert [request.headers["idempotency-key"] for request in api.requests] == ["k-0", "k-1", "k-2"]


@pytest.mark.parametrize("lines", [("{",), ("[]",), ("",), (POST, {**POST, "brandRef": "other"})])
def test_an_unusable_file_is_a_usage_error_before_anything_is_sent(
    munadi: Munadi, api: FakeApi, write: Callable[..., str], lines: tuple[Any, ...]
) -> None:
    result = munadi("contents", "create-batch", "--brand-ref", "acme", "--file", write(*lines))
    assert (result.exit_code, api.requests) == (2, [])


def test_a_request_without_an_answer_says_how_to_repeat_it(
    munadi: Munadi, api: FakeApi, write: Callable[..., str]
) -> None:
    api.on(BATCH, httpx.ConnectError("down"))
    result = munadi("contents", "create-batch", "--file", write(POST), "--idempotency-key", "k")
    assert (result.exit_code, "--idempotency-key k" in result.stderr) == (3, True)
