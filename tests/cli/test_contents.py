"""`munadi contents`: what people and scripts see."""

import json
import re
import time
from collections.abc import Iterator

import httpx
import pytest

from munadi.cli.story import clock_time
from tests.cli.conftest import FakeApi, Munadi, content, event, publication


def test_get_shows_text_as_it_is(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/contents/cnt_1", content())
    result = munadi("contents", "get", "cnt_1")
    assert "Hello [bold]world[/bold]" in result.stdout
    assert "\x1b" not in result.stdout


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


def test_json_before_or_after_the_command(munadi: Munadi, api: FakeApi) -> None:
    page = {"data": [content()], "nextCursor": None}
    api.on("GET /v1/contents", page)
    assert json.loads(munadi("--json", "contents", "list").stdout) == page
    assert json.loads(munadi("contents", "list", "--json").stdout) == page


def test_watch_prints_each_event_once_as_it_comes(munadi: Munadi, api: FakeApi) -> None:
    published = content(status="published", publications=[publication(status="published")])
    api.on("GET /v1/contents/cnt_1", content(), content(), published)
    pages = {"0": [event(1, "content.accepted")], "1": [event(2, "content.publish.started", sns="bluesky")], "2": []}

    def events(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": pages[request.url.params["after"]], "nextCursor": None})

    api.on("GET /v1/contents/cnt_1/events", events)
    result = munadi("contents", "watch", "cnt_1")
    assert result.exit_code == 0
    assert re.findall(r"#\d+", result.stdout) == ["#1", "#2"]
    assert "bluesky    publishing" in result.stdout


def test_watch_in_json_is_one_event_per_line(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/contents/cnt_1", content(status="canceled"))
    events = [event(1, "content.accepted"), event(2, "content.canceled")]
    api.on("GET /v1/contents/cnt_1/events", {"data": events, "nextCursor": None})
    result = munadi("contents", "watch", "cnt_1", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == events
    assert result.exit_code == 1, "what was canceled was not published"


def test_watch_continues_after_a_restart_of_the_api(munadi: Munadi, api: FakeApi) -> None:
    outage = [httpx.ConnectError("refused")] * 6
    done = httpx.Response(200, json=content(status="published", publications=[publication(status="published")]))
    api.on("GET /v1/contents/cnt_1", content(), *outage, done)
    api.on("GET /v1/contents/cnt_1/events", {"data": [], "nextCursor": None})
    result = munadi("contents", "watch", "cnt_1")
    assert result.exit_code == 0
    assert "waiting for it" in result.stderr


def test_retry_of_one_publication_names_it(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents/cnt_1/retry", content(status="queued"))
    result = munadi("contents", "retry", "cnt_1", "--publication", "pub_instagram")
    assert result.exit_code == 0
    assert api.bodies("POST /v1/contents/cnt_1/retry") == [{"publicationIds": ["pub_instagram"]}]
    assert "is not published yet" in result.stdout


def test_cancel_and_reschedule(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents/cnt_1/cancel", content(status="canceled"))
    api.on("POST /v1/contents/cnt_1/reschedule", content())
    assert "canceled" in munadi("contents", "cancel", "cnt_1").stdout
    assert munadi("contents", "reschedule", "cnt_1", "--at", "2026-12-01T09:00:00", "--timezone", "Asia/Kolkata",
                  "--fold", "later").exit_code == 0  # fmt: skip
    assert api.bodies("POST /v1/contents/cnt_1/reschedule") == [
        {"scheduledAt": "2026-12-01T09:00:00", "timezone": "Asia/Kolkata", "fold": "later"}
    ]
    assert munadi("contents", "reschedule", "cnt_1", "--at", "x", "--fold", "middle").exit_code == 2


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
    [("UTC", "2026-12-01 03:30:00Z"), ("Asia/Kolkata", "2026-12-01 09:00:00+05:30")],
    indirect=["zone"],
)
def test_a_time_shows_its_offset(words: str) -> None:
    assert clock_time("2026-12-01T03:30:00Z") == words
