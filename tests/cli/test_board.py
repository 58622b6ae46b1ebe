"""`munadi contents watch` in a terminal: one board that is redrawn at every event."""

import io
import os
import pty
import re
import select
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from rich.console import Console

from munadi.cli.board import Board, span, watch_on_board
from tests.cli.conftest import content, event, publication
from tests.harness.stack import MUNADI
from tests.support.ports import LOOPBACK, free_port

NOW = datetime(2026, 12, 1, 3, 28, 30, tzinfo=UTC)


def event_of(number: int, kind: str, status: str, **fields: Any) -> dict[str, Any]:
    seen = content(status=status, version=number, publications=[publication(status=status, **fields)])
    data = {"content": seen, "publication": seen["publications"][0]}
    return event(number, kind, sns="bluesky", status=status, data=data)


def test_the_board_shows_the_due_time() -> None:
    lines = Board(content()).draw(NOW)
    assert lines[0].startswith("cnt_1  accepted  due ")
    assert lines[0].endswith("in 1 min 30 s")
    assert re.match(r"bluesky +accepted", lines[2])


def test_an_event_updates_the_board_unless_it_is_older() -> None:
    board = Board(content())
    board.take(event_of(3, "content.publish.succeeded", "published", latenessMs=12, providerUrl="https://bsky.app/1"))
    board.take(event_of(2, "content.publish.started", "publishing"))
    lines = board.draw(NOW)
    assert "published" in lines[0]
    assert "was due" in lines[0]
    assert re.match(r"bluesky +published +12 ms +https://bsky.app/1", lines[2])
    assert any("#3" in line and "published" in line for line in lines)


def test_the_board_shows_a_hold_and_the_latest_events() -> None:
    hold = {"reason": "OUTAGE", "since": "2026-12-01T03:30:00Z", "until": None}
    board = Board(content())
    for number in range(1, 20):
        board.take(event_of(number, "content.publish.held", "queued", hold=hold))
    lines = board.draw(NOW)
    assert "bluesky is waiting: OUTAGE, until a person acts" in lines
    assert sum("#" in line for line in lines) == 8
    assert len(lines) < 24, "it fits a small terminal"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (61, "1 min 1 s"), (7_200, "2 h"), (93_784, "1 d 2 h"), (86_460, "1 d 1 min")]
)
def test_a_span_is_written_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_the_board_redraws_itself_in_place() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, height=30)
    watch_on_board(content(), iter([event_of(2, "content.publish.started", "publishing")]), console)  # type: ignore
    assert "\x1b[2K" in out.getvalue(), "lines are erased"
    assert "publishing" in out.getvalue()


@pytest.fixture
def api() -> Iterator[str]:
    """An API with one post, which is published after two requests."""
    statuses = iter(["queued", "queued", "published"])
    state = {"status": "queued"}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].endswith("/events"):
            body = httpx.Response(200, json={"data": [], "nextCursor": None}).content
        else:
            state["status"] = next(statuses, "published")
            status = state["status"]
            body = httpx.Response(200, json=content(status=status, publications=[publication(status=status)])).content
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://{LOOPBACK}:{port}"
    server.should_exit = True
    thread.join(10)


def _in_a_terminal(argv: list[str], env: dict[str, str]) -> tuple[int, str]:
    """What a person at a terminal sees, escapes and all."""
    leader, follower = pty.openpty()
    child = subprocess.Popen(argv, stdin=follower, stdout=follower, stderr=follower, env=env, close_fds=True)
    os.close(follower)
    seen = b""
    try:
        while child.poll() is None or select.select([leader], [], [], 0.1)[0]:
            if select.select([leader], [], [], 0.1)[0]:
                try:
                    seen += os.read(leader, 65_536)
                except OSError:  # Linux: the other side is closed
                    break
    finally:
        os.close(leader)
    return child.wait(20), seen.decode()


def test_a_terminal_gets_the_board_and_a_pipe_gets_lines(api: str, tmp_path: Path) -> None:
    env = {**os.environ, "MUNADI_URL": api, "MUNADI_API_KEY": "mnd_k", "TERM": "xterm", "COLUMNS": "100"}
    argv = [str(MUNADI), "contents", "watch", "cnt_1"]
    code, seen = _in_a_terminal(argv, env)
    assert code == 0, seen
    assert "\x1b[2K" in seen
    assert "published" in seen
    piped = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
    assert (piped.returncode, "\x1b" in piped.stdout) == (0, False)
