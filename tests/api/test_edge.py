"""The outermost layer: requests that are refused before a route sees them, and errors that no route expects."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy.exc import IntegrityError, InternalError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from api.http import problems
from api.http.edge import Edge
from munadi.crypto import SealBroken
from tests.api.harness import ApiHarness, open_api
from tests.api.owner import form_of
from tests.api.problems import expect_errors, expect_problem

JSON = {"Content-Type": "application/json"}
POSTS = "/v1/contents"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


async def admit_all(scope: object) -> None:
    """Admits every request."""


async def get_from_route(route: Any) -> httpx.Response:
    """The answer of an application whose only route is this one."""
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Edge, max_upload=10, admit=admit_all)
    app.get("/")(route)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://munadi.test") as client:
        return await client.get("/")


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
async def test_json_that_is_not_strict_is_refused(api: ApiHarness, body: bytes, code: str) -> None:
    expect_problem(await api.post(POSTS, content=body, headers=JSON), 400, code)


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00x", "a\\ud83d"])
async def test_text_that_cannot_be_stored_is_pointed_at(api: ApiHarness, text: str) -> None:
    body = api.body(text="TEXT", channels=[{"channel": "bluesky", "options": {"x": ["TEXT"]}}])
    answer = await api.post(POSTS, content=json.dumps(body).replace("TEXT", text), headers=JSON)
    expect_errors(answer, ("/text", "TEXT_INVALID"), ("/channels/0/options/x/0", "TEXT_INVALID"))


async def test_a_whole_surrogate_pair_is_a_character(api: ApiHarness) -> None:
    raw = json.dumps(api.body(text="TEXT")).replace("TEXT", "\\ud83d\\ude00")
    answer = await api.post(POSTS, content=raw, headers=JSON)
    assert (answer.status_code, answer.json()["text"]) == (202, "😀")


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_body_over_a_megabyte_is_refused_before_it_is_parsed(api: ApiHarness, streamed: bool) -> None:
    body = b'{"text": "' + b"x" * 1_000_000 + b'"}'

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 60_000):
            yield body[start : start + 60_000]

    answer = await api.post(POSTS, content=chunks() if streamed else body, headers=JSON)
    expect_problem(answer, 413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
async def test_another_content_type_is_refused(api: ApiHarness, kind: str) -> None:
    expect_problem(await api.post(POSTS, content=b"{}", headers={"Content-Type": kind}), 415)


async def test_a_405_names_the_methods_of_its_path(api: ApiHarness) -> None:
    served: dict[str, set[str]] = {}
    for route in iter_route_contexts(api.app.routes):
        path = re.sub(r"\{\w+(:path)?\}", "x", route.path or "")
        served.setdefault(path, set()).update(route.methods or ())
    assert served["/v1/contents/validate"] == {"POST"}
    for path, methods in served.items():
        for method in METHODS - methods:
            answer = await api.request(method, path)
            if method != "HEAD":
                expect_problem(answer, 405)
            assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, methods), (method, path)


SECRET = "the password is hunter2"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError(SECRET), 500, "INTERNAL_ERROR"),
        (ExceptionGroup("several", [ValueError(SECRET)]), 500, "INTERNAL_ERROR"),
        (OperationalError("SELECT 1", {"text": SECRET}, Exception("refused")), 503, "DATABASE_UNAVAILABLE"),
        (InternalError("INSERT", {"text": SECRET}, ReadOnlySqlTransaction("standby")), 503, "DATABASE_UNAVAILABLE"),
        (InternalError("INSERT", {"text": SECRET}, Exception("other")), 500, "INTERNAL_ERROR"),
        (IntegrityError("INSERT", {"text": SECRET}, Exception("constraint")), 500, "INTERNAL_ERROR"),
        (SealBroken(SECRET), 500, "INTERNAL_ERROR"),
        (StaleDataError("another was first"), 409, "CONFLICT"),
        (HTTPException(418), 418, "IM_A_TEAPOT"),
    ],
)
async def test_an_exception_of_a_route_is_a_problem_without_its_message(
    error: Exception, status: int, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def route() -> None:
        raise error

    answer = await get_from_route(route)
    expect_problem(answer, status, code)
    assert "hunter2" not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)
    if isinstance(error, IntegrityError):
        assert "hunter2" not in capsys.readouterr().out


async def test_a_client_that_disconnects_in_the_middle_gets_no_answer() -> None:
    sent: list[object] = []

    async def app(*_: object) -> None:
        raise AssertionError("the body never came")

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": POSTS, "headers": [(b"content-length", b"5")]}
    await asyncio.wait_for(Edge(app, max_upload=10, admit=admit_all)(scope, receive, send), 1)  # type: ignore[arg-type]
    assert sent == []


async def test_a_forged_host_is_in_no_answer(tmp_path: Any) -> None:
    """Links for owners and networks come from MUNADI_PUBLIC_URL alone."""
    evil, ours = "evil.example", "http://munadi.acme.example"
    forged = {"Host": evil, "X-Forwarded-Host": evil, "X-Forwarded-Proto": "gopher", "Forwarded": f"host={evil}"}
    answers: list[httpx.Response] = []
    channels = {"threads": {"client_id": "1", "client_secret": "s"}}
    async with open_api(tmp_path, public_url=ours, channels=channels) as api:
        content = await api.submit()
        answers.append(await api.post("/v1/brands/acme/accounts/connect", {"channel": "threads"}, headers=forged))
        assert answers[0].json()["connectUrl"].startswith(f"{ours}/connect/")
        path = answers[0].json()["connectUrl"].removeprefix(ours)
        answers.append(await api.client.get(path, headers=forged))
        answers.append(await api.client.post(path, data=await form_of(api.client, path), headers=forged))
        assert "munadi.acme.example%2Fv1%2Foauth%2Fthreads%2Fcallback" in answers[-1].headers.get("location", "")
        pages = ("attention", "contents", f"contents/{content['id']}", "accounts", "webhooks", "compose", "usage")
        async with api.dashboard(api.admin_key) as dashboard:
            for page in pages:
                answers.append(await dashboard.get(f"/{page}", headers=forged))
                assert answers[-1].status_code == 200, page
        async with api.dashboard() as dashboard:
            answers.append(await dashboard.get("/contents", headers=forged))
        public = ("/docs/", "/docs/api", "/openapi.json", "/v1/oauth/bluesky/client-metadata.json", "/v1/nothing")
        answers += [await api.get(each, headers=forged) for each in public]
    assert not [answer.url for answer in answers if evil in answer.text + str(answer.headers)]
