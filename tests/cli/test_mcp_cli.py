"""`munadi mcp` as a command: how it starts and how it stops."""

import json
import signal
from pathlib import Path

import httpx

from tests.cli.conftest import Munadi
from tests.harness.stack import MUNADI
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process


def _process(folder: Path, *arguments: str) -> Process:
    env = {"MUNADI_API_KEY": "", "XDG_CONFIG_HOME": str(folder)}
    return Process([MUNADI, "mcp", *arguments], log=folder / "mcp.log", env=env, keep_stdin=True)


def test_a_public_bind_needs_an_allowed_host(munadi: Munadi) -> None:
    refused = munadi("mcp", "--http", "--host", "0.0.0.0")
    assert refused.exit_code == 2
    assert "--allowed-host" in refused.stderr


def test_a_taken_port_is_reported(munadi: Munadi, tmp_path: Path) -> None:
    with _process(tmp_path, "--http", "--port", "0", "--json") as first:
        url = json.loads(first.wait_for_line(r"^\{.*\}$").group(0))["url"]
        port = httpx.URL(url).port
        refused = munadi("mcp", "--http", "--port", str(port))
    assert refused.exit_code == 1
    assert f"cannot listen on {LOOPBACK}:{port}" in refused.stderr


def test_over_http_the_server_answers_once_it_prints_its_address_and_stops_on_sigterm(tmp_path: Path) -> None:
    process = _process(tmp_path, "--http", "--port", "0", "--json", "--url", f"http://{LOOPBACK}:{free_port()}")
    with process:
        url = json.loads(process.wait_for_line(r"^\{.*\}$").group(0))["url"]
        assert httpx.get(url.replace("/mcp", "/healthz")).json() == {"status": "ok"}
        assert httpx.post(url, json={}).status_code == 401
        assert process.terminate(10) == 0


def test_ctrl_c_ends_a_server_without_a_client(tmp_path: Path) -> None:
    """Its read of standard input never returns, and must not prevent the exit."""
    with _process(tmp_path) as process:
        process.wait_for_line("no API key is set")
        assert process.terminate(5, first=signal.SIGINT) == -signal.SIGINT


def test_the_server_ends_with_its_client(tmp_path: Path) -> None:
    with _process(tmp_path) as process:
        process.wait_for_line("no API key is set")
        process._close_stdin()
        assert process.wait(10) == 0
