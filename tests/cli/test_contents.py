"""`munadi contents`: what people and scripts see."""

import json
import re

import httpx

from tests.cli.conftest import FakeApi, Munadi, content, event, publication


def test_get_shows_text_as_it_is(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/contents/cnt_1", httpx.Response(200, json=content()))
    result = munadi("contents", "get", "cnt_1")
    assert "Hello [bold]world[/bold]" in result.stdout
    assert "\x1b" not in result.stdout


def test_lists_are_aligned_and_ids_are_whole(munadi: Munadi, api: FakeApi) -> None:
    long = "cnt_01m888s4e6evs83xx0e5ycxztk"
    rows = [content(id=long, status="partially_published"), content(id="cnt_2")]
    api.on("GET /v1/contents", httpx.Response(200, json={"data": rows, "nextCursor": "abc"}))
    result = munadi("contents", "list", "--status", "failed", "--brand-ref", "acme")
    head, first, second = result.stdout.splitlines()
    assert long in first
    assert first.index("partially_published") == second.index("accepted") == head.index("status")
    assert "--cursor abc" in result.stderr
    assert dict(api.requests[0].url.params) == {"brandRef": "acme", "status": "failed"}


def test_json_before_or_after_the_command(munadi: Munadi, api: FakeApi) -> None:
    page = {"data": [content()], "nextCursor": None}
    api.on("GET /v1/contents", httpx.Response(200, json=page))
    assert json.loads(munadi("--json", "contents", "list").stdout) == page
    assert json.loads(munadi("contents", "list", "--json").stdout) == page


def test_watch_prints_each_event_once_as_it_comes(munadi: Munadi, api: FakeApi) -> None:
    published = content(status="published", publications=[publication(status="published")])
    api.on("GET /v1/contents/cnt_1", *(httpx.Response(200, json=each) for each in (content(), content(), published)))
    pages = {"0": [event(1, "content.accepted")], "1": [event(2, "content.publish.started", sns="bluesky")], "2": []}

    def events(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": pages[request.url.params["after"]], "nextCursor": None})

    api.on("GET /v1/contents/cnt_1/events", events)
    result = munadi("contents", "watch", "cnt_1")
    assert result.exit_code == 0
    assert re.findall(r"#\d+", result.stdout) == ["#1", "#2"]
    assert "bluesky    publishing" in result.stdout


def test_watch_in_json_is_one_event_per_line(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/contents/cnt_1", httpx.Response(200, json=content(status="canceled")))
    events = [event(1, "content.accepted"), event(2, "content.canceled")]
    api.on("GET /v1/contents/cnt_1/events", httpx.Response(200, json={"data": events, "nextCursor": None}))
    result = munadi("contents", "watch", "cnt_1", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == events
    assert result.exit_code == 1, "what was canceled was not published"


def test_watch_continues_after_a_restart_of_the_api(munadi: Munadi, api: FakeApi) -> None:
    away = [httpx.ConnectError("refused")] * 6
    done = httpx.Response(200, json=content(status="published", publications=[publication(status="published")]))
    api.on("GET /v1/contents/cnt_1", httpx.Response(200, json=content()), *away, done)
    api.on("GET /v1/contents/cnt_1/events", httpx.Response(200, json={"data": [], "nextCursor": None}))
    result = munadi("contents", "watch", "cnt_1")
    assert result.exit_code == 0
    assert "waiting for it" in result.stderr


def test_retry_of_one_publication_names_it(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents/cnt_1/retry", httpx.Response(202, json=content(status="queued")))
    result = munadi("contents", "retry", "cnt_1", "--publication", "pub_instagram")
    assert result.exit_code == 0
    assert api.bodies("POST /v1/contents/cnt_1/retry") == [{"publicationIds": ["pub_instagram"]}]
    assert "is not published yet" in result.stdout


def test_cancel_and_reschedule(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents/cnt_1/cancel", httpx.Response(200, json=content(status="canceled")))
    api.on("POST /v1/contents/cnt_1/reschedule", httpx.Response(200, json=content()))
    assert "canceled" in munadi("contents", "cancel", "cnt_1").stdout
    assert munadi("contents", "reschedule", "cnt_1", "--at", "2026-12-01T09:00:00", "--timezone", "Asia/Kolkata",
                  "--fold", "later").exit_code == 0  # fmt: skip
    assert api.bodies("POST /v1/contents/cnt_1/reschedule") == [
        {"scheduledAt": "2026-12-01T09:00:00", "timezone": "Asia/Kolkata", "fold": "later"}
    ]
    assert munadi("contents", "reschedule", "cnt_1", "--at", "x", "--fold", "middle").exit_code == 2
