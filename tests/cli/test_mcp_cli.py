"""`munadi mcp` as a command: how it begins, and how it ends."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
from typer.testing import Result

from tests.e2e.stack import MUNADI
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

Munadi = Callable[..., Result]


def _process(folder: Path, *arguments: str) -> Process:
    env = {"MUNADI_API_KEY": "", "XDG_CONFIG_HOME": str(folder)}
    return Process([MUNADI, "mcp", *arguments], log=folder / "mcp.log", env=env, keep_stdin=True)


def test_it_is_not_opened_to_the_world_by_accident(munadi: Munadi) -> None:
    refused = munadi("mcp", "--http", "--host", "0.0.0.0")
    assert refused.exit_code == 2
    assert "--allowed-host" in refused.stderr


def test_a_port_that_is_taken_is_said_so(munadi: Munadi, tmp_path: Path) -> None:
    with _process(tmp_path, "--http", "--port", "0", "--json") as first:
        url = json.loads(first.wait_for_line(r"^\{.*\}$").group(0))["url"]
        port = httpx.URL(url).port
        refused = munadi("mcp", "--http", "--port", str(port))
    assert refused.exit_code == 1
    assert f"cannot listen on {LOOPBACK}:{port}" in refused.stderr


def test_over_http_it_answers_as_soon_as_it_says_where_and_ends_when_asked(tmp_path: Path) -> None:
    process = _process(tmp_path, "--http", "--port", "0", "--json", "--url", f"http://{LOOPBACK}:{free_port()}")
    with process:
        url = json.loads(process.wait_for_line(r"^\{.*\}$").group(0))["url"]
        assert httpx.get(url.replace("/mcp", "/healthz")).json() == {"status": "ok"}
        assert httpx.post(url, json={}).status_code == 401
        assert process.terminate(10) == 0


def test_a_person_who_starts_it_by_hand_can_leave(tmp_path: Path) -> None:
    """Nobody writes to it, and a read that nobody answers must not keep it."""
    with _process(tmp_path) as process:
        process.wait_for_line("no API key is set")
        assert process.terminate(5, first=signal.SIGINT) == -signal.SIGINT


def test_it_ends_when_its_client_is_gone(tmp_path: Path) -> None:
    with _process(tmp_path) as process:
        process.wait_for_line("no API key is set")
        process._close_stdin()
        assert process.wait(10) == 0
