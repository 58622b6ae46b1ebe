"""`munadi dev` and `munadi demo` as processes: every part starts, is restarted after a kill, and leaves nothing."""

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from munadi.cli.dev.ports import NEVER_CALLED
from munadi.domain.channel import ChannelName
from tests.support.processes import Process
from tests.support.temporal import script

MUNADI = [sys.executable, "-m", "munadi.cli"]


@pytest.fixture
def dev(tmp_path: Path, clean_environment: None) -> Iterator[tuple[Process, Path]]:
    """A process that is not started yet, and its data folder."""
    data = tmp_path / "data"
    argv = [*MUNADI, "dev", "--data-dir", str(data), "--port", "0", "--json"]
    process = Process(argv, log=tmp_path / "dev.log", cwd=tmp_path)
    yield process, data
    process.terminate(60)
    for found in process.left_behind():
        found.kill()


def _begin(process: Process, data: Path) -> tuple[str, dict[str, Any]]:
    """Start it: the line that it prints, and what it records, which is the same and Temporal's address."""
    process.log.unlink(missing_ok=True)
    line = process.start().wait_for_line(r"^\{.*\}$", within=120)[0]
    recorded: dict[str, Any] = json.loads((data / "dev.json").read_text())
    assert recorded == json.loads(line) | {"temporal": recorded["temporal"]}
    return line, recorded


def _until(holds: Callable[[], bool], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.timeout(300)
def test_the_stack_starts_restarts_killed_parts_and_stops(dev: tuple[Process, Path]) -> None:
    process, data = dev
    _, first = _begin(process, data)
    process.kill()
    process.assert_nothing_left()
    line, where = _begin(process, data)
    assert where | {"pids": first["pids"]} == first, "a restart keeps every address and the key"
    assert where.keys() == {"api", "dashboard", "temporal", "temporalUi", "sandbox", "apiKey", "pids"}
    assert where["pids"].keys() == {"api", "worker", "temporal"}
    key = {"authorization": f"Bearer {where['apiKey']}"}
    assert httpx.get(f"{where['api']}/readyz").json()["status"] == "ready"
    assert httpx.get(f"{where['api']}/v1/keys", headers=key).status_code == 200
    assert httpx.get(f"{where['sandbox']}/control/health").status_code == 200
    assert httpx.get(where["temporalUi"], follow_redirects=True).status_code == 200
    assert (data / "dev.json").stat().st_mode & 0o777 == 0o600

    _foreign_hosts_are_refused(where, data)
    _nothing_is_open_to_others(data)
    _second_one_is_refused(data)
    for name in ("worker", "temporal", "api"):
        _comes_back(process, data, name)

    assert process.terminate(60) == 0
    process.assert_nothing_left()
    assert not (data / "dev.json").exists()
    assert [printed for printed in process.output.splitlines() if printed.startswith("{")] == [line]


def _foreign_hosts_are_refused(where: dict[str, Any], data: Path) -> None:
    """A web page whose name its owner points at this machine."""
    evil = {"host": "evil.example"}
    assert httpx.get(f"{where['api']}/metrics").status_code == 200
    assert httpx.get(f"{where['api']}/metrics", headers=evil).status_code == 401
    for path in ("/", "/api/v1/namespaces", "/api/v1/settings"):
        assert httpx.get(f"{where['temporalUi']}{path}").status_code == 200
        assert httpx.get(f"{where['temporalUi']}{path}", headers=evil).status_code == 403
    assert httpx.get(f"{where['sandbox']}/control/posts", headers=evil).status_code == 403
    ports = json.loads((data / "ports.json").read_text())
    _temporals_http_api_answers_nothing(ports["Temporal's HTTP"])
    _temporals_metrics_are_where_no_browser_calls(where["pids"]["temporal"], ports["Temporal's metrics"])


def _temporals_http_api_answers_nothing(address: object) -> None:
    """It knows no origins: a form of any web page could cancel every post."""
    port = str(address).rpartition(":")[2]
    cancel_all = {"visibilityQuery": "WorkflowType='PublishContent'", "reason": "x", "signalOperation": {"signal": "x"}}
    path = f"http://127.0.0.1:{port}/api/v1/namespaces/default"
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "evil.example"):
        headers = {"host": host, "content-type": "text/plain"}
        batch = httpx.post(f"{path}/batch-operations/x", headers=headers, content=json.dumps(cancel_all))
        assert (batch.status_code, httpx.get(path, headers=headers).status_code) == (403, 403), host


def _temporals_metrics_are_where_no_browser_calls(pid: int, metrics: int) -> None:
    """They are shown to every Host; so they are the only thing at a port that is, and that port is one of the few."""
    assert metrics in NEVER_CALLED
    open_to_all = []
    for one in psutil.Process(pid).net_connections():
        if one.status == psutil.CONN_LISTEN and one.laddr.ip == "127.0.0.1":
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(f"http://127.0.0.1:{one.laddr.port}/metrics", headers={"host": "evil.example"})
                open_to_all += [one.laddr.port] if answer.is_success else []
    assert open_to_all == [metrics]


def _nothing_is_open_to_others(data: Path) -> None:
    """The folder is closed, and so is everything in it that would be copied alone, Temporal's database too."""
    made = [data, *data.rglob("*")]
    assert {"munadi.db", "munadi.db-wal", "temporal.db", "secret.key", "media", "dev.key"} <= {one.name for one in made}
    assert [one for one in made if one.stat().st_mode & 0o077] == []


def _second_one_is_refused(data: Path) -> None:
    second = subprocess.run([*MUNADI, "dev", "--data-dir", data], capture_output=True, text=True)
    assert second.returncode == 1
    assert "already runs" in second.stderr


def _comes_back(process: Process, data: Path, name: str) -> None:
    """After SIGKILL it runs again, with another process id and the same address."""
    before = json.loads((data / "dev.json").read_text())
    psutil.Process(before["pids"][name]).kill()
    process.wait_for_line(rf"^{name} ended \(killed by SIGKILL\)")
    process.wait_for_line(rf"^{name} is back", within=60)
    after = json.loads((data / "dev.json").read_text())
    assert after["pids"].pop(name) != before["pids"].pop(name)
    assert after == before
    _until(lambda: httpx.get(f"{before['api']}/readyz").json().get("status") == "ready")


def test_a_part_that_cannot_start_is_reported_with_its_last_output(
    tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUNADI_DATABASE_URL", "postgresql+psycopg://munadi@127.0.0.1:1/munadi")
    process = Process([*MUNADI, "dev", "--data-dir", tmp_path, "--port", "0"], log=tmp_path / "dev.log")
    with process:
        assert process.wait(60) == 1
        process.assert_nothing_left()
    assert "munadi db upgrade failed" in process.output
    assert "MUNADI_DATABASE_URL" in process.output


@pytest.mark.timeout(300)
def test_the_demo_shows_the_main_job_and_leaves_nothing(tmp_path: Path, clean_environment: None) -> None:
    environment = {"TMPDIR": str(tmp_path / "tmp"), "PATH": f"{script('temporal').parent}:/usr/bin:/bin"}
    (tmp_path / "tmp").mkdir()
    with Process([*MUNADI, "demo"], log=tmp_path / "demo.log", env=environment) as process:
        code = process.wait(200)
        process.assert_nothing_left()
    assert code == 0, process.output
    for words in ("It is not published yet", "partially_published", "ACCOUNT_RESTRICTED", "Resolve the restriction",
                  "25/2207050", "every signature verified", "completed: canceled",
                  "Everything is as expected"):  # fmt: skip
        assert words in process.output
    for channel in ChannelName:
        courses = re.findall(rf"^  {channel} +prepared .* visible call .* ms late$", process.output, re.MULTILINE)
        assert len(courses) == 2, f"{channel}: a picture and a video"
    # An address is as long as its network makes it.
    assert max(len(line) for line in process.output.splitlines() if not line.startswith("      url ")) <= 100
    assert list((tmp_path / "tmp").iterdir()) == []
