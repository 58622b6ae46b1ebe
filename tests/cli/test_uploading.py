"""Local media of a payload are uploaded first, with a progress display."""

import io
import json
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from munadi.cli.uploading import bar
from tests.cli.conftest import FakeApi, Munadi, content, problem


@pytest.fixture
def payload(tmp_path: Path, api: FakeApi) -> str:
    (tmp_path / "a.jpg").write_bytes(bytes(300_000))
    file = tmp_path / "payload.json"
    media = [{"path": "a.jpg", "alt": "A"}]
    file.write_text(json.dumps({"text": "x", "brandRef": "acme", "media": media, "channels": ["bluesky"]}))
    api.on("POST /v1/media", httpx.Response(201, json={"id": "med_1"}))
    api.on("POST /v1/contents", httpx.Response(202, json=content()))
    return str(file)


def test_a_pipe_gets_a_line_beside_the_result(munadi: Munadi, api: FakeApi, payload: str) -> None:
    result = munadi("contents", "publish", "--file", payload)
    assert result.exit_code == 0
    assert "uploaded a.jpg as med_1, 300,000 bytes" in result.stderr
    assert api.bodies("POST /v1/contents")[0]["media"] == [{"id": "med_1", "alt": "A"}]
    assert munadi("contents", "publish", "--file", payload, "--json").stderr == ""


def test_the_file_that_is_refused_is_named(munadi: Munadi, api: FakeApi, payload: str) -> None:
    api.on("POST /v1/media", problem(422))
    result = munadi("contents", "publish", "--file", payload)
    assert result.exit_code == 1
    assert "a.jpg was refused" in result.stderr


def test_a_terminal_gets_a_progress_bar() -> None:
    out = io.StringIO()
    with bar("a.jpg", 300_000, Console(file=out, force_terminal=True, width=100)) as tell:
        for sent in (65_536, 300_000):
            tell(sent)
    assert "a.jpg" in out.getvalue()
    assert "300.0/300.0 kB" in out.getvalue()
    assert out.getvalue().rstrip().endswith("\x1b[2K")
