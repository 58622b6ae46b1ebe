"""What an unexpected error leaves in the log: one bounded record that says where it happened, and no token."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import structlog

from munadi.process.logs import MAX_TRACEBACK, configure_logging
from tests.api.test_edge import get_from_route

TOKEN = "CANARY-4c1f9f6a"


@contextmanager
def logging_to_stderr(level_name: str = "info") -> Iterator[None]:
    """Logging as a process sets it up. The test runner's logging is restored at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging(level_name)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.reset_defaults()


def raise_from_depth(token: str, depth: int) -> None:
    if depth:
        raise_from_depth(token, depth - 1)
    raise ValueError(f"accessToken={token} cannot be sent: " + "x" * 3 * depth)


async def fail() -> httpx.Response:
    async def route() -> None:
        token = {"access_token": TOKEN}
        try:
            raise_from_depth(token["access_token"], 40)
        except ValueError as error:
            raise RuntimeError("the call failed") from error

    return await get_from_route(route)


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


async def test_the_same_holds_before_logging_is_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.reset_defaults()
    await fail()
    out, err = capsys.readouterr()
    assert "the call failed" in out
    assert TOKEN not in out + err


def test_the_standard_librarys_loggers_show_no_locals_either(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr():
        try:
            raise_from_depth(TOKEN, 2)
        except ValueError:
            logging.getLogger("anything").exception("it failed")
    [record] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert record["exception"].startswith("Traceback")
    assert TOKEN not in str(record)
