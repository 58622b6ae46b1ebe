"""The outermost layer: what is refused before any route sees it, and the framework's own errors."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from api import problems
from api.edge import Edge
from munadi.crypto import SealBroken
from tests.api.desk import Desk
from tests.api.test_bad_input import errors_of

JSON = {"Content-Type": "application/json"}


async def anyone(scope: object) -> None:
    """Admits every request."""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "JSON_INVALID"),
        (b"\xff\xfe{}", "JSON_INVALID"),
        (b'{"brandRef": "a", "brandRef": "b"}', "JSON_DUPLICATE_NAME"),
        (b'{"a": {"b": 1, "b": 2}}', "JSON_DUPLICATE_NAME"),
        (b'{"a": NaN}', "JSON_NOT_FINITE"),
        (b'{"a": -Infinity}', "JSON_NOT_FINITE"),
        (b"[" * 21 + b"]" * 21, "JSON_TOO_DEEP"),
        (b"[" * 100_000 + b"]" * 100_000, "JSON_TOO_DEEP"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "JSON_INVALID"),
        (b'{"a": "x"} trailing', "JSON_INVALID"),
    ],
)
async def test_what_is_not_json_as_we_read_it_is_refused(small_desk: Desk, body: bytes, code: str) -> None:
    answer = await small_desk.client.post("/v1/contents", content=body, headers=JSON)
    errors_of(answer, 400)
    assert answer.json()["code"] == code


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00x", "a\\ud83d"])
async def test_text_that_cannot_be_kept_is_pointed_at_wherever_it_stands(small_desk: Desk, text: str) -> None:
    body = small_desk.content(text="TEXT", channels=[{"channel": "bluesky", "options": {"x": ["TEXT"]}}])
    raw = json.dumps(body).replace("TEXT", text)
    errors = errors_of(await small_desk.client.post("/v1/contents", content=raw, headers=JSON))
    assert [(error["pointer"], error["code"]) for error in errors] == [
        ("/text", "TEXT_INVALID"),
        ("/channels/0/options/x/0", "TEXT_INVALID"),
    ]


async def test_a_whole_surrogate_pair_is_a_character(small_desk: Desk) -> None:
    raw = json.dumps(small_desk.content(text="TEXT")).replace("TEXT", "\\ud83d\\ude00")
    answer = await small_desk.client.post("/v1/contents", content=raw, headers=JSON)
    assert (answer.status_code, answer.json()["text"]) == (202, "😀")


async def test_a_body_over_a_megabyte_is_refused_before_it_is_parsed(small_desk: Desk) -> None:
    body = b'{"text": "' + b"x" * 1_000_000 + b'"}'
    declared = await small_desk.client.post("/v1/contents", content=body, headers=JSON)

    async def chunks():  # type: ignore[no-untyped-def]
        for start in range(0, len(body), 60_000):
            yield body[start : start + 60_000]

    streamed = await small_desk.client.post("/v1/contents", content=chunks(), headers=JSON)
    for answer in (declared, streamed):
        errors_of(answer, 413)
        assert answer.json()["code"] == "BODY_TOO_LARGE"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
async def test_another_type_of_body_is_refused(small_desk: Desk, kind: str) -> None:
    answer = await small_desk.client.post("/v1/contents", content=b"{}", headers={"Content-Type": kind})
    errors_of(answer, 415)


async def test_the_frameworks_own_errors_are_problems_too(small_desk: Desk) -> None:
    unknown = await small_desk.client.get("/v1/nothing")
    errors_of(unknown, 404)
    wrong = await small_desk.client.put("/v1/contents/cnt_x")
    errors_of(wrong, 405)
    assert wrong.headers["allow"] == "GET, PATCH"
    limit = await small_desk.client.get("/v1/contents?limit=0")
    assert [error["pointer"] for error in errors_of(limit)] == ["?limit"]
    assert errors_of(await small_desk.client.get("/v1/contents?cursor=zzz"))[0]["code"] == "CURSOR_INVALID"
    assert errors_of(await small_desk.client.get("/v1/contents?status=sent"))[0]["pointer"] == "?status/0"
    missing = await small_desk.client.post("/v1/contents")
    assert errors_of(missing)[0]["code"] == "MISSING_FIELD"
    for path in ("/v1/contents/cnt_x", "/v1/contents/%00", "/v1/publications/x", "/v1/media/x", "/v1/channels/x"):
        errors_of(await small_desk.client.get(path), 404)


SECRET = "the password is hunter2"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError(SECRET), 500, "INTERNAL_ERROR"),
        (ExceptionGroup("several", [ValueError(SECRET)]), 500, "INTERNAL_ERROR"),
        (OperationalError("SELECT 1", {"text": SECRET}, Exception("refused")), 503, "DATABASE_UNAVAILABLE"),
        (IntegrityError("INSERT", {"text": SECRET}, Exception("constraint")), 500, "INTERNAL_ERROR"),
        (SealBroken(SECRET), 500, "INTERNAL_ERROR"),
        (StaleDataError("another was first"), 409, "CONFLICT"),
        (HTTPException(418), 418, "IM_A_TEAPOT"),
    ],
)
async def test_whatever_a_route_raises_is_a_problem_without_its_words(
    error: Exception, status: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Edge, max_upload=10, admit=anyone)

    @app.get("/")
    async def route() -> None:
        raise error

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://munadi.test") as client:
        answer = await client.get("/")
    errors_of(answer, status)
    assert answer.json()["code"] == code
    assert "hunter2" not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)
    if isinstance(error, IntegrityError):
        assert "hunter2" not in capsys.readouterr().out


async def test_a_client_that_leaves_in_the_middle_breaks_nothing(small_desk: Desk) -> None:
    sent: list[object] = []

    async def app(*_: object) -> None:
        raise AssertionError("the body never came")

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/contents", "headers": [(b"content-length", b"5")]}
    await asyncio.wait_for(Edge(app, max_upload=10, admit=anyone)(scope, receive, send), 1)  # type: ignore[arg-type]
    assert sent == []
