"""What an unforeseen error leaves in the log: one bounded record that tells where it happened, and no token."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import structlog
from fastapi import FastAPI

from api import problems
from api.edge import Edge
from munadi.logs import MAX_TRACEBACK, configure_logging
from tests.api.test_edge import anyone

TOKEN = "CANARY-4c1f9f6a"


@contextmanager
def logging_to_stderr(level_name: str = "info") -> Iterator[None]:
    """As a process sets it up; what the test runner had is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging(level_name)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.reset_defaults()


def deep(token: str, depth: int) -> None:
    if depth:
        deep(token, depth - 1)
    raise ValueError(f"accessToken={token} cannot be sent: " + "x" * 3 * depth)


async def fail() -> httpx.Response:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Edge, max_upload=10, admit=anyone)

    @app.get("/")
    async def route() -> None:
        token = {"access_token": TOKEN}
        try:
            deep(token["access_token"], 40)
        except ValueError as error:
            raise RuntimeError("the call failed") from error

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://munadi.test") as client:
        return await client.get("/")


async def test_an_error_is_one_record_without_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr():
        answer = await fail()
    out, err = capsys.readouterr()
    assert (answer.status_code, out) == (500, "")
    [record] = [json.loads(line) for line in err.splitlines()]
    assert (record["event"], record["level"], record["error"]) == ("request.failed", "error", "RuntimeError")
    assert record["request_id"] == answer.json()["requestId"]
    assert record["exception"].endswith("RuntimeError: the call failed\n")
    assert len(record["exception"]) <= MAX_TRACEBACK + 3
    assert TOKEN not in err


async def test_it_is_the_same_before_logging_is_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    await fail()
    out, err = capsys.readouterr()
    assert "the call failed" in out
    assert TOKEN not in out + err


def test_the_standard_librarys_loggers_show_no_locals_either(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr():
        try:
            deep(TOKEN, 2)
        except ValueError:
            logging.getLogger("anything").exception("it failed")
    [record] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert record["exception"].startswith("Traceback")
    assert TOKEN not in str(record)
