"""`munadi contents`: what people and scripts see."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from rich.cells import cell_len

from munadi.cli.content_columns import distance
from munadi.cli.post_output import clock_time
from tests.cli.conftest import FakeApi, Munadi, content, event, problem, publication

POST, EVENTS = "GET /v1/contents/cnt_1", "GET /v1/contents/cnt_1/events"
PUBLISHED = content(status="published", publications=[publication(status="published")])


def test_get_shows_the_text_unchanged(munadi: Munadi, api: FakeApi) -> None:
    api.on(POST, content())
    result = munadi("contents", "get", "cnt_1")
    assert "Hello [bold]world[/bold]" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("verdict", "word", "line"),
    [
        ("live", "", "last seen 2026-01-"),
        ("gone", "RecordNotFound", "gone from the network since 2026-01-"),
        ("limited", "private", "not seen by everybody since 2026-01-"),
        ("unreadable", "no answer", "could not be looked at since 2026-01-"),
    ],
)
def test_get_shows_what_looks_showed(munadi: Munadi, api: FakeApi, verdict: str, word: str, line: str) -> None:
    at = {"since": "2026-01-14T12:00:00Z", "lookedAt": "2026-01-14T12:00:00Z", "nextLookAt": None}
    watched = publication(status="published", liveness={**at, "verdict": verdict, "word": word})
    api.on(POST, content(status="published", publications=[watched]))
    shown = munadi("contents", "get", "cnt_1").stdout
    assert line in shown
    assert (f"({word})" in shown) is bool(word)


def test_lists_are_aligned_and_ids_are_whole(munadi: Munadi, api: FakeApi) -> None:
    long = "cnt_01m888s4e6evs83xx0e5ycxztk"
    rows = [content(id=long, status="partially_published"), content(id="cnt_2")]
    api.on("GET /v1/contents", {"data": rows, "nextCursor": "abc"})
    result = munadi("contents", "list", "--status", "failed", "--brand-ref", "acme")
    head, first, second = result.stdout.splitlines()
    assert long in first
    assert first.index("partially_published") == second.index("accepted") == head.index("status")
    assert "--cursor abc" in result.stderr
    assert dict(api.requests[0].url.params) == {"brandRef": "acme", "status": "failed"}


def test_a_list_shows_the_texts_in_80_columns(munadi: Munadi, api: FakeApi) -> None:
    at = (datetime.now(UTC) + timedelta(days=3, minutes=5)).isoformat()
    long = content(id="cnt_01m888s4e6evs83xx0e5ycxztk", text="Umbrellas\nfor everybody " * 9, scheduledAt=at)
    wide = content(id="cnt_01m888s4e6evs83xx0e5ycxztm", text="雨の日に使う傘" * 9, scheduledAt=at)
    api.on("GET /v1/contents", {"data": [long, wide, content(text=None)], "nextCursor": None})
    lines = munadi("contents", "list").stdout.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert "in 3 d" in lines[1]
    assert "Umbrellas for" in lines[1]
    assert lines[1].endswith("…")
    shown = munadi("contents", "list", "--columns", "brand,channels,text").stdout.splitlines()
    assert shown[0].split() == ["brand", "channels", "text"]
    assert " ".join(long["text"].split()) in shown[1], "chosen columns are whole"
    assert munadi("contents", "list", "--columns", "id,nosuch").exit_code == 2


def test_an_unknown_channel_in_a_filter_is_a_mistake_in_the_command(munadi: Munadi, api: FakeApi) -> None:
    error = {"pointer": "?channel", "code": "INVALID", "message": "must be one of bluesky, instagram"}
    api.on("GET /v1/contents", problem(422, errors=[error]))
    result = munadi("contents", "list", "--channel", "blusky")
    assert (result.exit_code, "must be one of bluesky" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "now"), (59, "in 59 s"), (-60, "1 min ago"), (3_600, "in 1 h"), (-86_400, "1 d ago"), (172_800, "in 2 d")],
)
def test_a_distance_has_its_largest_unit(seconds: int, words: str) -> None:
    now = datetime.now(UTC)
    assert distance((now + timedelta(seconds=seconds)).isoformat(), now) == words


@pytest.mark.parametrize("command", ["--json contents list", "contents list --json"])
def test_json_before_or_after_the_command(munadi: Munadi, api: FakeApi, command: str) -> None:
    page = {"data": [content()], "nextCursor": None}
    api.on("GET /v1/contents", page)
    assert json.loads(munadi(*command.split()).stdout) == page


def test_watch_prints_each_event_once(munadi: Munadi, api: FakeApi) -> None:
    api.on(POST, content(), content(), PUBLISHED)
    pages = {"0": [event(1, "content.accepted")], "1": [event(2, "content.publish.started", sns="bluesky")], "2": []}
    api.on(
        EVENTS,
        lambda request: httpx.Response(200, json={"data": pages[request.url.params["after"]], "nextCursor": None}),
    )
    result = munadi("contents", "watch", "cnt_1")
    assert result.exit_code == 0
    assert re.findall(r"#\d+", result.stdout) == ["#1", "#2"]
    assert "bluesky    publishing" in result.stdout


def test_watch_in_json_prints_one_event_per_line(munadi: Munadi, api: FakeApi) -> None:
    api.on(POST, content(status="canceled"))
    events = [event(1, "content.accepted"), event(2, "content.canceled")]
    api.on(EVENTS, {"data": events, "nextCursor": None})
    result = munadi("contents", "watch", "cnt_1", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == events
    assert result.exit_code == 1, "a canceled post was not published"


def test_watch_continues_after_a_restart_of_the_api(munadi: Munadi, api: FakeApi) -> None:
    api.on(POST, content(), *[httpx.ConnectError("refused")] * 6, PUBLISHED)
    api.on(EVENTS, {"data": [], "nextCursor": None})
    result = munadi("contents", "watch", "cnt_1")
    assert (result.exit_code, "waiting for it" in result.stderr) == (0, True)


def test_retry_of_one_publication_names_it(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents/cnt_1/retry", content(status="queued"))
    result = munadi("contents", "retry", "cnt_1", "--publication", "pub_instagram")
    assert (result.exit_code, "is not published yet" in result.stdout) == (0, True)
    assert api.bodies("POST /v1/contents/cnt_1/retry") == [{"publicationIds": ["pub_instagram"]}]


def test_cancel_and_reschedule(munadi: Munadi, api: FakeApi) -> None:
    reschedule, at = "POST /v1/contents/cnt_1/reschedule", "2026-12-01T09:00:00"
    api.on("POST /v1/contents/cnt_1/cancel", content(status="canceled"))
    api.on(reschedule, content())
    assert "canceled" in munadi("contents", "cancel", "cnt_1").stdout
    local = ("--at", at, "--timezone", "Asia/Kolkata", "--fold", "later")
    assert munadi("contents", "reschedule", "cnt_1", *local).exit_code == 0
    assert api.bodies(reschedule) == [{"scheduledAt": at, "timezone": "Asia/Kolkata", "fold": "later"}]
    assert munadi("contents", "reschedule", "cnt_1", "--at", "x", "--fold", "middle").exit_code == 2


def test_an_edit_requires_the_version_that_was_read(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    file, edit = tmp_path / "changes.json", "PATCH /v1/contents/cnt_1"
    file.write_text(json.dumps({"text": "Another"}))
    api.on(POST, content(version=4))
    api.on(edit, content(version=5))
    for options in ((), ("--version", "3")):
        assert munadi("contents", "edit", "cnt_1", "--file", str(file), *options).exit_code == 0
    sent = [request.headers["if-match"] for request in api.requests if request.method == "PATCH"]
    assert sent == ['"4"', '"3"']
    assert api.bodies(edit) == [{"text": "Another"}] * 2


def test_a_time_to_end_is_set_and_removed(munadi: Munadi, api: FakeApi) -> None:
    edit, end = "PATCH /v1/contents/cnt_1", "2027-01-18T23:00:00+05:30"
    api.on(POST, content(version=4))
    api.on(edit, content(version=5, withdrawAt="2027-01-18T17:30:00Z"))
    shown = munadi("contents", "edit", "cnt_1", "--withdraw-at", end)
    assert "withdraw at" in shown.stdout
    assert munadi("contents", "edit", "cnt_1", "--withdraw-at", "never").exit_code == 0
    assert api.bodies(edit) == [{"withdrawAt": end}, {"withdrawAt": None}]
    assert munadi("contents", "edit", "cnt_1").exit_code == 2


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("zone", "words"),
    [("UTC", "2025-12-01 03:30:00Z"), ("Asia/Kolkata", "2025-12-01 09:00:00+05:30")],
    indirect=["zone"],
)
def test_a_time_shows_its_offset(words: str) -> None:
    assert clock_time("2025-12-01T03:30:00Z") == words
